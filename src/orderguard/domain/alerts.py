"""Hits, alerts and what we think of an order now."""

from enum import StrEnum

from msgspec import Struct

from orderguard.domain.orders import OrderKey


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return SEVERITY_RANK[self]


SEVERITY_RANK: dict[Severity, int] = {severity: rank for rank, severity in enumerate(Severity)}


class AlertKind(StrEnum):
    RISK = "risk"
    HEALTH = "health"


class Subject(Struct, frozen=True):
    """Whom an alert is about. `type` is an entity, or several joined by "+"."""

    type: str
    key: str


class Explanation(Struct, frozen=True):
    zh: str
    en: str


FeatureValue = int | float | str | bool | None


class Hit(Struct, frozen=True, kw_only=True):
    """One rule matched one order: with the features it saw and what is normal for each."""

    rule: str
    version: str
    order_id: str | None
    severity: Severity
    at: int
    features: dict[str, FeatureValue]
    normal: dict[str, FeatureValue]
    explanation: Explanation


class Ending(Struct, frozen=True):
    """When what was wrong was mended, and how long after the alert's deadline; ms."""

    at: int
    late_ms: int


class Alert(Struct, frozen=True, kw_only=True):
    """Hits on one subject that belong together.

    `scope` is (channel, shop) of the orders it concerns; instants are ms since the epoch.
    `orders` are all it concerns, in the order in which they were found to belong.
    `quiet_ms`: a hit later than this after `last_hit_at` opens a new alert.
    """

    alert_id: str
    kind: AlertKind
    subject: Subject
    channel: str
    shop: str
    order: OrderKey | None
    orders: tuple[OrderKey, ...]
    rules: tuple[str, ...]
    hits: tuple[Hit, ...]
    floor: Severity
    severity: Severity
    score: int
    occurred_at: int
    detected_at: int
    updated_at: int
    last_hit_at: int
    quiet_ms: int
    playbook: str | None = None
    closed: bool = False
    ending: Ending | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """What we think of one order now, over all alerts that concern it.

    `hits` has each risk rule that concerns it, with the highest severity at which it does,
    `ailments` the same of health rules; `marks` are tags that no rule gave.
    """

    hits: dict[str, Severity] = {}
    ailments: dict[str, Severity] = {}
    alerts: tuple[str, ...] = ()
    risk_severity: Severity | None = None
    health_severity: Severity | None = None
    score: int = 0
    marks: tuple[str, ...] = ()
    held: bool = False

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(sorted({*self.hits, *self.ailments}))

    @property
    def tags(self) -> tuple[str, ...]:
        """A short word for each rule, and the marks."""
        return tuple(sorted({*(rule.rpartition(".")[2] for rule in self.rules), *self.marks}))
