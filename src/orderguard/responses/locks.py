"""What a run does to stock locks, and what wrong ones cost.

A lock is wrong when its order turns out genuine. Its wrong-lock time is units times the time that
it stood, from when it was set aside until it ended or became a reservation.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.library import StepAnswer
from orderguard.domain.locks import Lock, LockEnd
from orderguard.domain.orders import OrderKey
from orderguard.kit.days import day_of
from orderguard.responses.steps import Portion, PortionState, Run, RunStep

ALL = "all"
"""The name under which locks of all rules are counted."""
MODES = LIVE, SHADOW = "live", "shadow"


class LockTotal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Locks set aside on one day under one rule; `wrong_unit_ms` of those that have ended."""

    locks: int = 0
    units: int = 0
    wrong: int = 0
    wrong_unit_ms: int = 0

    def plus(self, other: "LockTotal", sign: int = 1) -> "LockTotal":
        return LockTotal(
            locks=self.locks + sign * other.locks,
            units=self.units + sign * other.units,
            wrong=self.wrong + sign * other.wrong,
            wrong_unit_ms=self.wrong_unit_ms + sign * other.wrong_unit_ms,
        )


class LockDay(NamedTuple):
    """What is counted together: a day at +08:00, live or would-be locks, and a rule or all."""

    day: int
    is_shadow: bool
    rule: str

    @property
    def name(self) -> str:
        return f"{self.day}/{mode_of(is_shadow=self.is_shadow)}/{self.rule}"

    @classmethod
    def named(cls, name: str) -> "LockDay":
        day, mode, rule = name.split("/", 2)
        return cls(int(day), mode == SHADOW, rule)


def mode_of(*, is_shadow: bool) -> str:
    return SHADOW if is_shadow else LIVE


def news(before: Run | None, after: Run) -> Iterator[tuple[RunStep, Portion, tuple[OrderKey, ...]]]:
    """Portions that ended or were answered since, with the orders for which that is new."""
    known = {} if before is None else {_name(step): step.portions for step in before.steps}
    for step in after.steps:
        former = {portion.first: portion for portion in known.get(_name(step), ())}
        for portion in step.portions:
            old = former.get(portion.first)
            if portion.state is not PortionState.ENDED or old == portion:
                continue
            is_longer = old is not None and replace(old, end=portion.end) == portion
            first = old.end if old is not None and is_longer else portion.first
            yield step, portion, step.orders[first : portion.end]


def _name(step: RunStep) -> tuple[str, str, str | None]:
    return step.step, step.action, step.only_if


def was_done(portion: Portion, *, is_shadow: bool) -> bool:
    """Whether it was done, or in shadow would have been."""
    return portion.outcome is None if is_shadow else portion.has_acted


def ends_at(run: Run, step: RunStep) -> int | None:
    """When the run takes a step back by itself, None where it does so on an answer alone."""
    return min(
        (one.due_at for one in run.steps if takes_back_in_time(one, step.step)), default=None
    )


def takes_back_in_time(step: RunStep, name: str) -> bool:
    branch = step.plan.on
    is_timed = branch is None or StepAnswer.TIMEOUT in branch.answers
    return step.plan.undoes == name and is_timed and not step.off


def answer_of(run: Run, order: OrderKey) -> StepAnswer | None:
    """What the buyer of an order said, who was asked in this run."""
    for step in run.steps:
        if step.plan.wait_ms:
            for portion in step.portions:
                if order in step.orders[portion.first : portion.end]:
                    return portion.answer
    return None


def changed(lock: Lock, *, at_ms: int, end: LockEnd) -> Lock:
    """The lock when it ends; the first end stands."""
    return lock if lock.end is not None else replace(lock, ended_at=at_ms, end=end)


def counted(lock: Lock) -> LockTotal:
    """What one lock adds to its totals, as far as that is settled."""
    is_over = lock.is_wrong and lock.ended_at is not None
    return LockTotal(
        locks=1,
        units=lock.units,
        wrong=int(lock.is_wrong is True),
        wrong_unit_ms=wrong_unit_ms(lock, 0) if is_over else 0,
    )


def wrong_unit_ms(lock: Lock, now_ms: int) -> int:
    """Units times ms that a wrong lock has stood by now; 0 for one that is not known as wrong."""
    if not lock.is_wrong:
        return 0
    ended = now_ms if lock.ended_at is None else lock.ended_at
    return lock.units * max(0, ended - lock.locked_at)


def places(lock: Lock) -> Iterator[LockDay]:
    """Where a lock is counted: on the day on which it was set aside."""
    for rule in dict.fromkeys((ALL, *lock.rules)):
        yield LockDay(day_of(lock.locked_at), lock.is_shadow, rule)


def lock_totals(
    settled: Mapping[LockDay, LockTotal], standing: Iterable[Lock], now_ms: int
) -> dict[LockDay, LockTotal]:
    """The totals at this instant, the time of wrong locks that still stand included."""
    found = dict(settled)
    for lock in standing:
        running = LockTotal(wrong_unit_ms=wrong_unit_ms(lock, now_ms))
        if running.wrong_unit_ms:
            for place in places(lock):
                found[place] = found.get(place, LockTotal()).plus(running)
    return dict(sorted(found.items()))
