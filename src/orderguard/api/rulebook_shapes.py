"""Rules as people make them: shapes of questions and answers."""

from typing import Annotated, Literal

from pydantic import Field

from orderguard.api.shapes import Bilingual, Instant, Shape
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.library import FeatureKind
from orderguard.domain.wording import RuleStatus
from orderguard.rules import ValueType
from orderguard.rules.syntax import CHARACTERS_MAX
from orderguard.rules.tree import CompareOperator, TextOperator

ITEMS_MAX = 100
LITERALS_MAX = 200
WORDS_MAX = 4_000

Condition = Annotated[str, Field(max_length=CHARACTERS_MAX)]
Words = Annotated[str, Field(max_length=WORDS_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
OutcomeName = Literal["open", "confirmed", "returned", "stopped", "good"]


class Operand(Shape):
    """A value that conditions may name. `by` and `window_ms` are those of a feature.

    `channels` tell what it needs; `unit` is how people read it.
    """

    name: str
    title: Bilingual
    type: ValueType
    unit: Literal["", "currency", "km", "days", "share", "seconds"]
    normal: int | float | str | None
    kind: FeatureKind | None
    by: list[Entity]
    window_ms: int | None
    channels: list[str]
    used_by: list[str]


class EntityTitle(Shape):
    name: Entity
    title: Bilingual


class Catalogue(Shape):
    operands: list[Operand]
    entities: list[EntityTitle]
    channels: list[str]


class TestedCard(Shape):
    kind: Literal["test"]
    name: Name
    operator: (
        CompareOperator | TextOperator | Literal["in", "isTrue", "isFalse", "isKnown", "isMissing"]
    )
    values: Annotated[list[Words], Field(max_length=LITERALS_MAX)] = Field(default_factory=list)
    other: str = ""


class CelCard(Shape):
    kind: Literal["cel"]
    text: Condition


class GroupCard(Shape):
    kind: Literal["group"]
    joiner: Literal["all", "any"]
    is_not: bool = False
    items: Annotated[
        list[Annotated["GroupCard | TestedCard | CelCard", Field(discriminator="kind")]],
        Field(max_length=ITEMS_MAX),
    ]


class CardPair(Shape):
    when: GroupCard
    unless: GroupCard | None


class ProblemAt(Shape):
    line: int
    column: int
    message: str


class Comparison(Shape):
    """A comparison whose threshold may be tuned: `at` is its offset in the text."""

    at: int
    name: str
    operator: CompareOperator
    value: float


class NewValueAsked(Shape):
    """A value that no pack computes yet."""

    kind: Literal["count", "sum", "distinct", "min", "max", "avg"]
    by: Annotated[list[Entity], Field(min_length=1, max_length=3)]
    window_ms: Annotated[int, Field(ge=1_000, le=180 * 86_400_000)]
    of: str | None = None


class NewValueTold(Shape):
    """`lines`: what it is in a file of features."""

    operand: Operand
    lines: str


Features = Annotated[dict[str, Words], Field(max_length=ITEMS_MAX)]


class ParseAsked(Shape):
    """`features`: lines of values that are not in the library yet, by name."""

    text: Condition
    features: Features = Field(default_factory=dict)


class PrintAsked(Shape):
    cards: CardPair


class Parsed(Shape):
    """`cards` null where the form is wrong; `problems` has all that is."""

    text: str
    cards: CardPair | None
    problems: list[ProblemAt]
    comparisons: list[Comparison]


class Prior(Shape):
    bad: Annotated[float, Field(gt=0, lt=1)]
    weight: Annotated[float, Field(gt=0, le=100_000)]
    source: Words


class RaiseText(Shape):
    when: Condition
    to: Severity
    prior: Prior | None = None


class ConcernText(Shape):
    feature: Name
    when: Condition | None = None


class TestText(Shape):
    __test__ = False

    name: Words
    hit: bool
    given: dict[str, int | float | str | bool | None]
    severity: Severity | None = None


class RuleText(Shape):
    """What people say of a rule."""

    title: Bilingual
    why: Words
    severity: Severity
    when: Condition
    subject: Annotated[list[Entity], Field(min_length=1, max_length=3)]
    explanation: Bilingual
    prior: Prior
    false_alarms: Annotated[list[Words], Field(max_length=ITEMS_MAX)]
    runbook: Words
    tests: list[TestText] = Field(default_factory=list, max_length=ITEMS_MAX)
    group: str = ""
    concerns: Annotated[list[ConcernText], Field(max_length=ITEMS_MAX)] = Field(
        default_factory=list
    )
    raises: list[RaiseText] = Field(default_factory=list, max_length=ITEMS_MAX)


class DraftAsked(Shape):
    """A rule as it is proposed. Without `tests`, a hit and a near miss are written for it."""

    text: RuleText
    features: Features = Field(default_factory=dict)


class PublishAsked(Shape):
    """`to`: how the rule judges from here on."""

    to: Literal["shadow", "live", "retired"]


class RollbackAsked(Shape):
    version: int


class Row(Shape):
    """A rule in the list. `is_on`: the preset has it and it judges.

    `draft_severity` and `draft_names`: what its draft would make of `severity` and `names`.
    """

    id: str
    pack: str
    title: Bilingual
    status: RuleStatus
    kind: AlertKind
    severity: Severity
    is_on: bool
    hits: int
    orders: int
    precision: float | None
    false_alarms: int
    draft_by: str | None
    draft_severity: Severity | None
    draft_names: list[str]
    names: list[str]


class Rows(Shape):
    items: list[Row]
    next_cursor: str | None


class Version(Shape):
    """`file` null: the library had the rule no more."""

    number: int
    status: RuleStatus
    author: str
    approved_by: str
    at: Instant
    file: str | None


class Book(Shape):
    """A rule to be worked on: `text` of its draft, else of the library; `file` is it as a file.

    `status` is how it judges now, null where it does not yet. `can` says what the caller may do,
    `why_not` why it cannot be let live by this account.
    """

    id: str
    status: RuleStatus | None
    text: RuleText
    file: str
    features: dict[str, str]
    draft_by: str | None
    draft_at: Instant | None
    author: str | None
    versions: list[Version]
    can: list[Literal["draft", "shadow", "live", "retired", "rollback"]]


class TestResult(Shape):
    __test__ = False

    name: str
    expects_hit: bool
    hit: bool
    severity: Severity | None
    passed: bool


class TestsRun(Shape):
    __test__ = False

    items: list[TestResult]


class PreviewAsked(Shape):
    """`tune`: the offset of the comparison whose thresholds are tried out.

    `rule`: whose condition it is: overlap is told with other rules.
    """

    when: Condition
    subject: list[Entity] = Field(default_factory=lambda: [Entity.ORDER])
    features: Features = Field(default_factory=dict)
    tune: int | None = None
    rule: Annotated[str, Field(max_length=128)] = ""


class DayCount(Shape):
    day: str
    outcomes: dict[OutcomeName, int]
    cases: int


class TopOrder(Shape):
    channel: str
    shop: str
    order_id: str
    at: Instant
    amount: str | None
    outcome: OutcomeName
    values: dict[str, int | float | str | bool | None]


class CurvePoint(Shape):
    value: float
    orders: int
    bad: int
    good: int


class Curve(Shape):
    at: int
    name: str
    operator: CompareOperator
    value: float
    points: list[CurvePoint]


class PreviewResult(Shape):
    """Cases a day are over all days looked at, `new_cases_per_day` without those that come now."""

    judged: int
    orders: int
    outcomes: dict[OutcomeName, int]
    days: list[DayCount]
    top: list[TopOrder]
    overlap: dict[str, int]
    alone: int
    cases_per_day: float
    new_cases_per_day: float
    curves: list[Curve]
    took_ms: float


class Bin(Shape):
    label: str
    orders: int


class Previewed(Shape):
    """`reading`: the log is being read for a value that it was never asked for; ask again.

    `as_of`: how far in the log the answer goes.
    """

    state: Literal["ready", "reading", "empty", "none"]
    done: float
    as_of: Instant | None
    preview: PreviewResult | None
    bins: list[Bin]


class TeamLoad(Shape):
    """Cases over the last `days` days, up to 14. `waiting` for a decision, of the last 28.

    `busiest_day`: the most that were decided on one of them. `people` had a hand in them.
    """

    days: int
    opened_per_day: float
    decided_per_day: float
    busiest_day: int
    people: int
    waiting: int
