"""Locks that no order explains: how many, since when, and for which orders they may have been.

A level stands since units beyond it were first locked without need, and falls as soon as a
warehouse says that fewer are: what is left of a shower of short delays is what never goes away.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from orderguard.kit.clock import MS_PER_MINUTE

SETTLING_MS = 10 * MS_PER_MINUTE
SURE_MS = 30 * MS_PER_MINUTE
"""What comes to light late, and would explain a lock, has come by then."""
STEPS_MAX = 50
ORDERS_MAX = 1_000
"""Orders kept of one step; there may be more of them than the alert shows."""


class Step(Struct, frozen=True, array_like=True):
    """From below up to `level` units too many have been locked since `since`.

    It came to light at `noticed`, by our clock. `orders` are the numbers of orders whose locks
    these may be, the latest first.
    """

    level: int
    since: int
    noticed: int
    orders: tuple[int, ...] = ()


class Excess(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps by level, and when there was no excess last."""

    steps: tuple[Step, ...] = ()
    clean_at: int | None = None
    told: tuple[str, str] | None = None
    """Under which channel and shop it was reported, while it is."""

    @property
    def units(self) -> int:
        return self.steps[-1].level if self.steps else 0


def fallen(excess: Excess, units: int, at: int, *, most: int, now_ms: int) -> Excess:
    """The steps as they are left where only so many units, or maybe `most`, are too many now.

    What has just come to light falls as soon as it may; what was sure once, when it has to.
    """
    if not excess.steps:
        is_clean = max(units, min(most, 0)) <= 0 and at != excess.clean_at
        return Excess(clean_at=at, told=excess.told) if is_clean else excess
    sure = [step for step in excess.steps if step.noticed + SURE_MS <= now_ms]
    left = max(units, min(most, sure[-1].level if sure else 0))
    kept = tuple(step for step in excess.steps if step.level <= left)
    if len(kept) < len(excess.steps):
        cut = excess.steps[len(kept)]
        if left > (kept[-1].level if kept else 0):
            kept = (*kept, Step(left, cut.since, cut.noticed, cut.orders))
    clean_at = at if left <= 0 else excess.clean_at
    return replace(excess, steps=kept, clean_at=clean_at)


def risen(
    excess: Excess, units: int, at: int, now_ms: int, locks: Iterable[tuple[int, int, int]]
) -> Excess:
    """The steps up to so many units, each since the end of an order whose lock it may be.

    `locks` are (since when, number, units) of such orders, the likeliest first; what none of them
    explains is too many since `at`. Beyond a bound the highest steps become one.
    """
    known = {number for step in excess.steps for number in step.orders}
    missing, likely = units - excess.units, list[tuple[int, int | None, int]]()
    for since, number, count in locks:
        if missing <= 0 or len(likely) >= ORDERS_MAX:
            break
        if number not in known:
            likely.append((min(since, at), number, min(count, missing)))
            missing -= count
    steps = list(excess.steps)
    likely.sort(key=lambda lock: (lock[0], lock[1] or 0))
    if missing > 0:
        likely.append((at, None, missing))
    for since, owner, count in likely:
        top = steps[-1] if steps else Step(0, since, now_ms)
        orders = () if owner is None else (owner,)
        step = Step(top.level + count, max(since, top.since), now_ms, orders)
        if steps and (len(steps) >= STEPS_MAX or step.since == top.since):
            step = replace(step, orders=(*orders, *top.orders)[:ORDERS_MAX])
            steps.pop()
        steps.append(step)
    return replace(excess, steps=tuple(steps))


def standing_for(excess: Excess, limit_ms: int, now_ms: int) -> tuple[Step, ...]:
    """The steps that have stood for longer than the limit, and are not just noticed."""
    return tuple(step for step in excess.steps if _due(step, limit_ms) <= now_ms)


def next_due(excess: Excess, limit_ms: int, now_ms: int) -> int | None:
    """When the next step will have stood for as long."""
    due = [_due(step, limit_ms) for step in excess.steps]
    return min((at for at in due if at > now_ms), default=None)


def _due(step: Step, limit_ms: int) -> int:
    """What explains a lock may be on its way for a while longer than the lock itself."""
    return max(step.since + limit_ms, step.noticed + SETTLING_MS)
