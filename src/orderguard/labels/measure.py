"""How good a rule is, by the orders whose truth is known."""

import math
from collections.abc import Iterable

from msgspec import Struct

LABELLED_MIN = 30
"""Labelled orders that a rule must have before anything is suggested about it."""
LIFT_MIN = 1.25
"""A rule whose orders are bad less than so many times as often as all orders tells nothing."""
Z_95 = 1.959963984540054


class LabelCount(Struct, frozen=True):
    """Orders by their truth, each once."""

    bad: int = 0
    good: int = 0

    @property
    def labelled(self) -> int:
        return self.bad + self.good

    def moved(self, *, bad: bool, by: int) -> "LabelCount":
        return LabelCount(self.bad + by * bad, self.good + by * (not bad))


class Share(Struct, frozen=True):
    """A share with its 95 % interval after Wilson."""

    share: float
    low: float
    high: float


class Performance(Struct, frozen=True):
    """`lift`: how many times as often as of all orders. None where nothing is known."""

    precision: Share | None
    recall: Share | None
    lift: float | None


def wilson(hits: int, of: int) -> Share | None:
    """The share of so many hits, None of nothing."""
    if of <= 0:
        return None
    share, z2 = hits / of, Z_95 * Z_95
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = Z_95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Share(share, max(0.0, centre - spread), min(1.0, centre + spread))


def performance(rule: LabelCount, everything: LabelCount) -> Performance:
    """A rule against all orders whose truth is known."""
    precision = wilson(rule.bad, rule.labelled)
    base = wilson(everything.bad, everything.labelled)
    lift = None
    if precision is not None and base is not None and base.share > 0:
        lift = precision.share / base.share
    return Performance(precision, wilson(rule.bad, everything.bad), lift)


def should_retire(rule: LabelCount, everything: LabelCount) -> bool:
    """Whether the orders that the rule concerns turn out as all orders do."""
    lift = performance(rule, everything).lift
    return lift is not None and rule.labelled >= LABELLED_MIN and lift < LIFT_MIN


def summed(counts: Iterable[LabelCount]) -> LabelCount:
    bad = good = 0
    for count in counts:
        bad, good = bad + count.bad, good + count.good
    return LabelCount(bad, good)
