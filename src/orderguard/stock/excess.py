"""Locks that no order explains: how many, since when, and for which orders they may have been.

A level stands since units beyond it were first locked without need, and falls as soon as a
warehouse says that fewer are: what is left of a shower of short delays is what never goes away.
"""

from msgspec import Struct

STEPS_MAX = 50
ORDERS_MAX = 1_000
"""Orders kept of one step; there may be more of them than the alert shows."""


class Step(Struct, frozen=True, array_like=True):
    """From below up to `level` units too many have been locked since `since`.

    `orders` are the numbers of orders whose locks these may be, the latest first.
    """

    level: int
    since: int
    orders: tuple[int, ...] = ()


class Excess(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps by level, and when there was no excess last."""

    steps: tuple[Step, ...] = ()
    clean_at: int | None = None
    told: int = 0
    """Units that were reported."""

    @property
    def units(self) -> int:
        return self.steps[-1].level if self.steps else 0


def fallen(excess: Excess, units: int, at: int) -> Excess:
    """The steps as they are left where only so many units are too many now."""
    kept = tuple(step for step in excess.steps if step.level <= units)
    if len(kept) < len(excess.steps):
        cut = excess.steps[len(kept)]
        if units > (kept[-1].level if kept else 0):
            kept = (*kept, Step(units, cut.since, cut.orders))
    clean_at = at if units <= 0 else excess.clean_at
    return Excess(steps=kept, clean_at=clean_at, told=excess.told)


def risen(excess: Excess, step: Step) -> Excess:
    """The steps with one more on top; beyond a bound the two highest become one."""
    steps = excess.steps
    if len(steps) >= STEPS_MAX:
        steps = steps[:-1]
    orders = step.orders[:ORDERS_MAX]
    return Excess(
        steps=(*steps, Step(step.level, step.since, orders)),
        clean_at=excess.clean_at,
        told=excess.told,
    )


def standing_for(excess: Excess, limit_ms: int, now_ms: int) -> tuple[Step, ...]:
    """The steps that have stood for longer than the limit."""
    return tuple(step for step in excess.steps if step.since + limit_ms <= now_ms)


def next_due(excess: Excess, limit_ms: int, now_ms: int) -> int | None:
    """When the next step will have stood for as long."""
    due = [step.since + limit_ms for step in excess.steps]
    return min((at for at in due if at > now_ms), default=None)
