"""The library: features, rules and playbooks as data, parsed and checked."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entities import Entity
from orderguard.domain.facts import FactKind


class Bilingual(Struct, frozen=True):
    en: Annotated[str, Meta(min_length=1)]
    zh: Annotated[str, Meta(min_length=1)]


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


class RuleStatus(StrEnum):
    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


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


class PlaybookStep(Struct, frozen=True, kw_only=True):
    """One step; `after_ms` counts from the start of the run.

    `only_if` names what must hold of an order when the step is due (`unpaid`, `paid`,
    `not_shipped`, `shipped`); nothing means always.
    """

    step: str
    action: str
    after_ms: int = 0
    only_if: str | None = None


class Playbook(Struct, frozen=True, kw_only=True):
    id: str
    version: str
    title: Bilingual
    severity: Severity
    steps: tuple[PlaybookStep, ...]

    @property
    def holds(self) -> bool:
        return any(step.action == "hold_shipment" for step in self.steps)

    @property
    def challenges(self) -> bool:
        return any(step.action == "challenge" for step in self.steps)


class Library(Struct, frozen=True, kw_only=True):
    """What a log entry publishes: all of it, so that one version judges one event."""

    version: str
    preset: str
    features: tuple[Feature, ...]
    rules: tuple[Rule, ...]
    playbooks: tuple[Playbook, ...]


class LibraryFiles(Struct, frozen=True):
    """A library as text: path below the library folder, to content."""

    files: dict[str, str]
