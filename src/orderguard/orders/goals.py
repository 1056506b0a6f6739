"""The results that a merchant asks of it: each with what it was before, what it is, and its goal.

The goals are those of the original deployments or better. What has no fixed goal is held against
what the merchant had before.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.orders.results import Figures


class Unit(StrEnum):
    """A share is from 0 to 1."""

    SHARE = "share"
    SECONDS = "s"
    MS = "ms"
    PER_HOUR = "per_hour"
    PER_100_ORDERS = "per_100_orders"
    MINUTES_PER_100_ORDERS = "min_per_100_orders"
    ORDERS = "orders"


class Source(StrEnum):
    """Where it is known from how things were before."""

    GIVEN = "given"
    """The merchant says it, in `[results]` of the settings."""
    MEASURED = "measured"
    """Counted while the installation only watched."""


class Goal(Struct, frozen=True):
    """`is_more`: more is better. `value` is a number, or `times` what it was before."""

    is_more: bool
    value: float | None = None
    times: float | None = None
    or_equal: bool = False

    def against(self, before: float | None) -> float | None:
        """The number to reach, None where that depends on what nobody knows."""
        if self.times is not None and before is not None:
            return round(self.times * before, 6)
        return self.value

    def is_met(self, reached: float | None, before: float | None) -> bool | None:
        wanted = self.against(before)
        if reached is None or wanted is None:
            return None
        is_beyond = reached > wanted if self.is_more else reached < wanted
        return is_beyond or (self.or_equal and reached == wanted)


class Seen(Struct, frozen=True, kw_only=True):
    """What measures are made of: figures, and all attacks together.

    `accepted` is the largest number of orders that one attack had placed when it was challenged.
    """

    figures: Figures
    attack_orders: int = 0
    attack_held: int = 0
    accepted: int | None = None


def _told(en: str, zh: str = "") -> Bilingual:
    return Bilingual(en=en, zh=zh or en)


class Measure(Struct, frozen=True, kw_only=True):
    """`original` is what the original deployments had, before and after, as they tell it."""

    name: str
    unit: Unit
    value: Callable[[Seen], float | None]
    goal: Goal | None = None
    original: tuple[Bilingual | None, Bilingual | None] = (None, None)


class Compared(Struct, frozen=True, kw_only=True):
    """One measure, before and after; `difference` is what it changed by, as a part of before."""

    name: str
    unit: Unit
    before: float | None
    before_from: Source | None
    after: float | None
    difference: float | None
    goal: float | None
    is_more_better: bool | None
    is_met: bool | None
    original_before: Bilingual | None
    original_after: Bilingual | None


def _wrong_locks(seen: Seen) -> float | None:
    figures = seen.figures
    if not figures.orders:
        return None
    return round(100 * figures.wrong_lock_minutes / figures.orders, 4)


def _attack_held(seen: Seen) -> float | None:
    return round(seen.attack_held / seen.attack_orders, 6) if seen.attack_orders else None


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="recognised",
        unit=Unit.SHARE,
        value=lambda seen: seen.figures.recognised,
        goal=Goal(is_more=True, value=0.96),
        original=(_told("57 %"), _told("96 %")),
    ),
    Measure(
        name="person",
        unit=Unit.SHARE,
        value=lambda seen: seen.figures.person_share,
        goal=Goal(is_more=False, value=0.09),
        original=(_told("31 %"), _told("9 %")),
    ),
    Measure(
        name="handling",
        unit=Unit.SECONDS,
        value=lambda seen: seen.figures.handling_median_s,
        goal=Goal(is_more=False, value=38 * 60),
        original=(_told("4.2 h", "4.2 小时"), _told("38 min", "38 分钟")),
    ),
    Measure(
        name="complaints",
        unit=Unit.SHARE,
        value=lambda seen: seen.figures.complaint_share,
        goal=Goal(is_more=False, value=0.011),
        original=(_told("6.3 %"), _told("1.1 %")),
    ),
    Measure(
        name="attack_held",
        unit=Unit.SHARE,
        value=_attack_held,
        goal=Goal(is_more=True, value=1, or_equal=True),
        original=(None, _told("45 / 47")),
    ),
    Measure(
        name="attack_accepted",
        unit=Unit.ORDERS,
        value=lambda seen: seen.accepted,
        goal=Goal(is_more=False, value=4),
    ),
    Measure(
        name="anomalies",
        unit=Unit.SHARE,
        value=lambda seen: seen.figures.anomaly_share,
        original=(None, _told("2.3 %")),
    ),
    Measure(
        name="action",
        unit=Unit.MS,
        value=lambda seen: seen.figures.action_ms_p50,
        goal=Goal(is_more=False, value=10),
        original=(_told("15 min", "15 分钟"), _told("800 ms", "800 毫秒")),
    ),
    Measure(
        name="repeats",
        unit=Unit.PER_100_ORDERS,
        value=lambda seen: seen.figures.repeats_per_100_orders,
        goal=Goal(is_more=False, times=0.3),
        original=(None, _told("−70 %")),
    ),
    Measure(
        name="pace",
        unit=Unit.PER_HOUR,
        value=lambda seen: seen.figures.orders_per_person_hour,
        goal=Goal(is_more=True, value=450, times=5, or_equal=True),
        original=(_told("80–100"), None),
    ),
    Measure(
        name="wrong",
        unit=Unit.SHARE,
        value=lambda seen: seen.figures.wrong_share,
        goal=Goal(is_more=False, value=0.01),
        original=(_told("7 %"), None),
    ),
    Measure(
        name="wrong_locks",
        unit=Unit.MINUTES_PER_100_ORDERS,
        value=_wrong_locks,
        goal=Goal(is_more=False, times=0.56),
        original=(None, _told("−44 %")),
    ),
)


def compare(
    after: Seen | None, measured: Seen | None, given: Mapping[str, float]
) -> tuple[Compared, ...]:
    """Each measure; what the merchant says of before goes before what was measured."""
    found = []
    for measure in MEASURES:
        reached = None if after is None else measure.value(after)
        before = given.get(measure.name)
        source = None if before is None else Source.GIVEN
        if before is None and measured is not None:
            before = measure.value(measured)
            source = None if before is None else Source.MEASURED
        change = None
        if before and reached is not None:
            change = round((reached - before) / before, 6)
        goal = measure.goal
        found.append(
            Compared(
                name=measure.name,
                unit=measure.unit,
                before=before,
                before_from=source,
                after=reached,
                difference=change,
                goal=None if goal is None else goal.against(before),
                is_more_better=None if goal is None else goal.is_more,
                is_met=None if goal is None else goal.is_met(reached, before),
                original_before=measure.original[0],
                original_after=measure.original[1],
            )
        )
    return tuple(found)
