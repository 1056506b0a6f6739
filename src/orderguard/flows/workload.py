"""What comes to the team a day, and what it decides: more work is held against it.

Both are sums of the results' counts. When a case was decided follows from when it was opened and
the bucket of how long it took, so that a case may be counted a little early or late.
"""

from collections.abc import Generator, Iterator, Mapping

from msgspec import Struct

from orderguard.flows.results import Results
from orderguard.kit.clock import MS_PER_SECOND
from orderguard.kit.days import day_of, day_start
from orderguard.orders.pulse import SLOT_MS
from orderguard.orders.results import Cell, Counted, length_of

DAYS = 14
"""Whole days that are counted, up to yesterday."""
LOOKED_BACK_DAYS = 28
"""A case that was opened before has been decided, or is left alone."""
_HANDLED = f"{Counted.HANDLED}/"


class Workload(Struct, frozen=True, kw_only=True):
    """The cases of `days` days. `waiting`: opened in 28 days and not decided yet.

    `busiest_day`: the most that were decided on one day. `people` had a hand in cases meanwhile.
    """

    days: int
    opened_per_day: float
    decided_per_day: float
    busiest_day: int
    people: int
    waiting: int


def workload(results: Results, now_ms: int) -> Generator[None, None, Workload]:
    """Made in pieces, as a loop that serves others is never kept for long."""
    today = day_of(now_ms)
    opened: dict[int, int] = {}
    decided: dict[int, int] = {}
    for shop, span in list(results.shops.items()):
        for utc_day in range(max(span.first, today - LOOKED_BACK_DAYS), span.last + 1):
            for slot, cell in results.slots(shop, utc_day):
                _add(opened, slot * SLOT_MS, cell.get(Counted.CASES, 0))
                for at_ms, count in _decided(slot, cell):
                    _add(decided, at_ms, count)
            yield
    began = min((day for day, count in opened.items() if count), default=today)
    since = max(began, today - DAYS)
    # On its first day a team is measured by that day, unfinished as it is.
    counted = range(since, today) if since < today else range(today, today + 1)
    return Workload(
        days=len(counted),
        opened_per_day=_mean(opened, counted),
        decided_per_day=_mean(decided, counted),
        busiest_day=max(decided.get(day, 0) for day in counted),
        people=results.people(day_start(counted.start)),
        waiting=max(0, sum(opened.values()) - sum(decided.values())),
    )


def _decided(slot: int, cell: Cell) -> Iterator[tuple[int, int]]:
    """When cases that were opened in a slot were decided, in ms, and how many."""
    for name, count in cell.items():
        if name.startswith(_HANDLED):
            took_s = length_of(int(name.removeprefix(_HANDLED)))
            yield slot * SLOT_MS + SLOT_MS // 2 + round(took_s * MS_PER_SECOND), count


def _add(counts: dict[int, int], at_ms: int, count: int) -> None:
    day = day_of(at_ms)
    counts[day] = counts.get(day, 0) + count


def _mean(counts: Mapping[int, int], days: range) -> float:
    return round(sum(counts.get(day, 0) for day in days) / len(days), 1)
