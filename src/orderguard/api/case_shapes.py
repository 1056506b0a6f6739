"""The shapes of answers about cases, and of what is learned from them."""

from typing import Literal

from orderguard.api.shapes import Alert, Bilingual, Case, Instant, Page, Shape
from orderguard.domain.alerts import Severity
from orderguard.domain.entries import ListKind
from orderguard.profiles import ProfileKind


class CasePage(Page):
    items: list[Case]


class Proposal(Shape):
    """An entry of the allow list, or a relation between `buyers`."""

    proposal_id: str
    what: Literal["allow", "relation"]
    kind: ListKind | None
    value: str
    channel: str
    shop: str
    buyers: list[str]
    is_accepted: bool


class Profile(Shape):
    """What is remembered of an entity. `orders` are those of which the outcome is known."""

    kind: ProfileKind
    key: str
    first_seen: Instant
    last_seen: Instant
    orders: int
    confirmed_bad: int
    confirmed_good: int
    sources: dict[str, int]
    links: dict[str, list[str]]


class CaseOrder(Shape):
    channel: str
    shop: str
    order_id: str


class CaseDetail(Case):
    """`profiles` are those of the entities of its orders, of which anything is remembered."""

    orders: list[CaseOrder]
    alerts: list[Alert]
    proposals: list[Proposal]
    profiles: list[Profile]


class Question(Shape):
    """`answer` is what the order says: for the agent alone."""

    zh: str
    en: str
    answer: str


class CallScript(Shape):
    zh: list[str]
    en: list[str]


class Verification(Shape):
    """How to check the identity of one order's buyer a second time."""

    order: CaseOrder
    questions: list[Question]
    script: CallScript


class Share(Shape):
    """A share with its 95 % interval after Wilson."""

    share: float
    low: float
    high: float


class RulePerformance(Shape):
    """A rule by the orders whose truth is known, each once.

    `lift`: how many times as often its orders are bad as all orders. `recall`: its share of all bad
    orders. `believed`: what its next hit of this severity counts for.
    """

    rule: str
    severity: Severity
    bad: int
    good: int
    precision: Share | None
    recall: Share | None
    lift: float | None
    believed: float | None


class Calibration(Shape):
    """Orders of known truth with scores in a tenth: those from `score` on."""

    score: int
    orders: int
    bad: Share


class Backtest(Shape):
    """Orders of known truth that the rule concerns; without it some would not have been found.

    `bad_missed` and `good_spared` are concerned by no other risk rule.
    """

    bad: int
    good: int
    bad_missed: int
    good_spared: int


class Suggestion(Shape):
    """What to do about a rule, why, and what it would have changed."""

    rule: str
    what: Literal["retire"]
    why: Bilingual
    backtest: Backtest


class Learning(Shape):
    """`base`: the share of all orders of known truth that are bad."""

    orders: int
    base: Share | None
    rules: list[RulePerformance]
    calibration: list[Calibration]
    suggestions: list[Suggestion]


class BulkResult(Shape):
    """What came of one case: the status as if it had been asked for alone."""

    case_id: str
    status: int
    detail: str = ""


class BulkAnswer(Shape):
    items: list[BulkResult]
