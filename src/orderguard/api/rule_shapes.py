"""Rules, as the API answers with them."""

from typing import Any, Literal

from orderguard.api.shapes import Bilingual, Instant, Page, Shape, Value
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.health import Check, ParameterKind
from orderguard.domain.library import FeatureKind
from orderguard.domain.wording import RuleStatus


class Threshold(Shape):
    name: str
    operator: Literal["<", "<=", "==", "!=", ">=", ">", "in"]
    value: Value | list[Value]


class Feature(Shape):
    id: str
    title: Bilingual
    kind: FeatureKind
    by: list[str]
    window_ms: int
    normal: Value


class Raise(Shape):
    when: str
    to: Severity


class Prior(Shape):
    bad: float
    weight: float
    source: str


class Posterior(Shape):
    """`bad`: the share of the rule's orders believed to turn out bad. Labels fade with time."""

    bad: float
    labels_bad: float
    labels_good: float
    updated_at: Instant | None


class Belief(Shape):
    """What is believed of a rule's hits of one severity."""

    severity: Severity
    prior: Prior
    posterior: Posterior


class HealthParameter(Shape):
    """A limit of a health rule: durations are in ms."""

    name: str
    title: Bilingual
    kind: ParameterKind
    value: Any
    default: Any


class Rule(Shape):
    """`names`: what the values that a hit shows are called, by their name in `when`.

    A health rule has no condition: `watches` names its check, `parameters` are its limits.
    """

    id: str
    pack: str
    version: str
    title: Bilingual
    why: str
    status: RuleStatus
    kind: AlertKind
    severity: Severity
    subject: list[str]
    when: str
    watches: Check | None
    parameters: list[HealthParameter]
    raises: list[Raise]
    thresholds: list[Threshold]
    names: dict[str, Bilingual]
    features: list[Feature]
    beliefs: list[Belief]
    hits: int
    orders: int
    false_alarms: list[str]
    runbook: str


class RulePage(Page):
    items: list[Rule]
