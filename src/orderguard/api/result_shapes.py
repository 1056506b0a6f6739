"""The shapes of results and planned sales, for the API's description."""

from typing import Annotated

from pydantic import Field

from orderguard.api.shapes import Bilingual, Counts, Instant, Page, Shape
from orderguard.flows.results_view import By
from orderguard.orders.goals import Source, Unit

Share = Annotated[float | None, Field(description="From 0 to 1; null where nothing is known")]
Sums = Annotated[dict[str, str], Field(description="Amounts by currency")]


class ResultFigures(Shape):
    """What `docs/howto/results.md` defines, measure by measure."""

    orders: int
    flagged: int
    anomaly_share: Share
    held: int
    bad_known: int
    bad_flagged: int
    recognised: Share
    orders_in_cases: int
    person_share: Share
    cases: int
    cases_decided: int
    handling_median_s: float | None
    handling_mean_s: float | None
    complaints: int
    complaint_share: Share
    complaints_reached: int
    good_reached: int
    enquiries: int
    repeat_enquiries: int
    repeats_per_100_orders: float | None
    orders_judged: int
    orders_wrong: int
    wrong_share: Share
    person_hours: float
    cases_per_person_hour: float | None
    orders_per_person_hour: float | None
    loss_avoided: Sums
    loss_suffered: Sums
    held_genuine: Sums
    locks: int
    wrong_locks: int
    wrong_lock_minutes: float
    actions: int
    action_ms_p50: float | None
    action_ms_p95: float | None
    faults: int
    mended_alone: int
    mended_person: int
    mended_itself: int
    unmended: int


class ResultAttack(Shape):
    """A script attack. `accepted`: orders that were in when the challenge stood."""

    alert_id: str
    channel: str
    shop: str
    at: Instant
    orders: int
    held: int
    accepted: int | None
    is_shadow: bool


class ResultSettlement(Shape):
    """Of the days that are touched, as whole days."""

    days: int
    differing: int
    signed_days: int


class ResultRow(Shape):
    """`name` is a day, a sale or `channel/shop`, and empty for all together."""

    name: str
    since: Instant
    until: Instant
    shops: list[str]
    figures: ResultFigures
    attacks: list[ResultAttack]
    settlement: ResultSettlement


class Compared(Shape):
    """A measure before and after. `difference` is a part of before, such as -0.7."""

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


class Results(Shape):
    """The table of results. `live_since`: when the installation began to act."""

    by: By
    since: Instant
    until: Instant
    shop: str | None
    live_since: Instant | None
    rows: list[ResultRow]
    total: ResultRow
    measured_before: ResultRow | None
    compared: list[Compared]


class Summary(Counts):
    """`days` are at +08:00 by when an order was first heard of, `results` as they are asked for."""

    results: Results


class Sale(Shape):
    """A planned sale. Without `orders_per_minute` no surge is an alarm while it runs."""

    name: str
    channel: str
    shop: str
    since: Annotated[Instant, Field(alias="from")]
    until: Instant
    products: list[str]
    orders_per_minute: Annotated[dict[str, float], Field(description="By product")]
    by: str


class SalePage(Page):
    items: list[Sale]
