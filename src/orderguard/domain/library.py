"""The library: features, rules and playbooks as data, parsed and checked."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.health import HealthRule
from orderguard.domain.wording import RuleStatus


class FeatureKind(StrEnum):
    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    LAST = "last"
    GAP = "gap"
    SHARE = "share"
    DISTANCE = "distance"
    STOCK = "stock"
    PREFIX = "prefix"
    SPACING = "spacing"


class Feature(Struct, frozen=True, kw_only=True):
    """A named value over the facts under one key within (t - window, t].

    `of` names the fact member that is summed, compared or told apart; `where` narrows the facts
    by a condition over members and features declared earlier in the same library; `at` names the
    member whose instant is the fact's place in the window (its own time by default).
    """

    id: str
    title: Bilingual
    kind: FeatureKind
    by: tuple[Entity, ...]
    on: tuple[FactKind, ...]
    window_ms: int
    of: str | None = None
    where: str | None = None
    at: str | None = None
    length: int | None = None
    least: int = 1
    normal: int | float | str | None = None


class Prior(Struct, frozen=True, kw_only=True):
    """What is believed before labels.

    `bad` of the orders it concerns turn out bad, as if `weight` labelled orders had said so;
    `source` says where that comes from.
    """

    bad: Annotated[float, Meta(gt=0, lt=1)]
    weight: Annotated[float, Meta(gt=0, le=100_000)]
    source: str


class Raise(Struct, frozen=True, kw_only=True):
    """A second condition under which the rule is more severe, and believed as `prior` says."""

    when: str
    to: Severity
    prior: Prior | None = None


class Concern(Struct, frozen=True, kw_only=True):
    """A feature whose window holds orders of the pattern: always, or when its condition holds."""

    feature: str
    when: str | None = None


class RuleTest(Struct, frozen=True, kw_only=True):
    name: str
    hit: bool
    given: dict[str, int | float | str | bool | None]
    severity: Severity | None = None


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. `version` is made from its text, so equal rules have equal versions.

    `subject` is whom its alerts are about; `concerns` names the features whose windows hold the
    orders of the pattern (none: the current order alone). `group` is the kind of evidence: within
    a group only the strongest hit counts towards the score.
    """

    id: str
    pack: str
    version: str
    title: Bilingual
    why: str
    status: RuleStatus
    kind: AlertKind
    severity: Severity
    group: str
    when: str
    subject: tuple[Entity, ...]
    explanation: Bilingual
    prior: Prior
    false_alarms: tuple[str, ...]
    runbook: str
    tests: tuple[RuleTest, ...]
    concerns: tuple[Concern, ...] = ()
    raises: tuple[Raise, ...] = ()

    def prior_at(self, severity: Severity) -> Prior:
        """What is believed of a hit this severe."""
        steps = [step for step in self.raises if step.prior and step.to.rank <= severity.rank]
        return (
            max(steps, key=lambda step: step.to.rank).prior or self.prior if steps else self.prior
        )

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every condition in it, its own first."""
        concerned = (concern.when for concern in self.concerns if concern.when is not None)
        return (self.when, *(step.when for step in self.raises), *concerned)


class RuleVersion(Struct, frozen=True, kw_only=True):
    """The file of a rule as it was published; `text` None: the library had the rule no more.

    `author` wrote it, `approved_by` let it in; `at` in ms since the epoch.
    """

    number: int
    text: str | None
    author: str
    approved_by: str
    at: int


class StepAnswer(StrEnum):
    """What a step came to, as later steps may ask.

    `done`, `too_late`, `failed` and `not_connected` say whether the action did it; a step that
    waits for people ends with what they said, or with `timeout`.
    """

    DONE = "done"
    TOO_LATE = "too_late"
    FAILED = "failed"
    NOT_CONNECTED = "not_connected"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    TIMEOUT = "timeout"


class Branch(Struct, frozen=True):
    """An earlier step, and the answers of it that count."""

    step: str
    answers: tuple[StepAnswer, ...]


class Hours(Struct, frozen=True):
    """From one minute of the day to another, in a zone of the IANA data base.

    Where the first is later than the second, it is over midnight.
    """

    opens_min: int
    closes_min: int
    zone: str


class PlaybookStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step. `after_ms` counts from the start of the run, the end of `after_step`, or an answer.

    `only_if` names what must hold of an order when the step is due (`unpaid`, `paid`,
    `not_shipped`, `shipped`); nothing means always. `on`: it is done for the orders of an earlier
    step that had such an answer, `unless` keeps it from those. `wait_ms`: how long people may take
    to answer. `give_up_ms`: not begun later than this after it was due. `undoes`: it takes an
    earlier step back. `within`: it is due in these hours only. `is_each`: done for each order by
    itself. `values`: what the action is told besides. `due_ms`: how long the case that it opens may
    wait, where that is said.
    """

    step: str
    action: str
    after_ms: int = 0
    after_step: str | None = None
    only_if: str | None = None
    on: Branch | None = None
    unless: Branch | None = None
    wait_ms: int = 0
    give_up_ms: int | None = None
    undoes: str | None = None
    within: Hours | None = None
    is_each: bool = False
    values: dict[str, str] = {}
    due_ms: int | None = None


CHALLENGE = "challenge"
"""The action that asks who buys for a proof."""
HOLD = "hold_shipment"
"""The action that stops parcels: an order for which it was asked stands as held."""


OPEN_CASE = "open_case"
"""The action that lets a person look."""
TELLING = frozenset({"notify", "meeting", "sms"})
"""Actions that make a person do something: what is mended after them is mended by a person."""


class Playbook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`holds_per_hour`: alerts of one rule that it holds by itself within an hour.

    Beyond them the hold waits for a person; None is no limit. It answers risk alerts of its
    `severity`; one without mends what health rules name it for.
    """

    id: str
    version: str
    title: Bilingual
    severity: Severity | None = None
    steps: tuple[PlaybookStep, ...]
    holds_per_hour: int | None = None

    @property
    def holds(self) -> bool:
        return any(step.action == HOLD for step in self.steps)

    @property
    def challenges(self) -> bool:
        return any(step.action == CHALLENGE for step in self.steps)

    @property
    def case_due_ms(self) -> int | None:
        """How long its cases may wait, None where it does not say."""
        said = (step.due_ms for step in self.steps if step.due_ms is not None)
        return min(said, default=None)


class Library(Struct, frozen=True, kw_only=True):
    """What a log entry publishes: all of it, so that one version judges one event.

    `playbooks` has one for each severity of risk, `mending` those that its health rules name.
    """

    version: str
    preset: str
    features: tuple[Feature, ...]
    rules: tuple[Rule, ...]
    playbooks: tuple[Playbook, ...]
    health: tuple[HealthRule, ...] = ()
    mending: tuple[Playbook, ...] = ()


class LibraryFiles(Struct, frozen=True):
    """A library as text: path below the library folder, to content."""

    files: dict[str, str]
