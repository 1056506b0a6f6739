"""The shapes of answers, for the API's description. Handlers write the same members directly."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.pulse import State
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.cases import CaseStatus
from orderguard.domain.entries import (
    CaseAction,
    CheckKind,
    Disposition,
    Inbox,
    ListKind,
    ListName,
)
from orderguard.domain.library import FeatureKind, RuleStatus
from orderguard.domain.orders import OrderStatus
from orderguard.responses import StepState

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Value = int | float | str | bool | None


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultyMember(Shape):
    where: str
    name: str
    detail: str


class Comment(Shape):
    by: str
    at: Instant
    text: str


class Check(Shape):
    """One second identity verification."""

    by: str
    at: Instant
    kind: CheckKind
    has_passed: bool
    detail: str


class Case(Shape):
    """`undo_until`: as long as a disposition may be taken back; its action is asked for then.

    `status` `merged` comes on the stream alone: `merged_into` has its alerts now.
    """

    case_id: str
    alert_ids: list[str]
    order_ids: list[str]
    severity: Severity
    status: CaseStatus
    disposition: Disposition | None
    action: CaseAction | None
    comment: str | None
    created_at: Instant
    updated_at: Instant
    inbox: Inbox
    assignee: str | None
    due_at: Instant
    escalations: int
    decided_by: str | None
    decided_at: Instant | None
    undo_until: Instant | None
    comments: list[Comment]
    checks: list[Check]
    merged_into: str | None


class Problem(Shape):
    """RFC 9457. `standing`: the case as it stands, where a disposition came second."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[FaultyMember] = []
    standing: Case | None = None


class Bilingual(Shape):
    en: str
    zh: str


class Subject(Shape):
    type: str
    key: str


class Hit(Shape):
    rule: str
    version: str
    order_id: str | None
    features: dict[str, Value]
    normal: dict[str, Value]
    explanation: Bilingual


class Alert(Shape):
    """A line of alerts.jsonl."""

    alert_id: str
    kind: AlertKind
    subject: Subject
    order_id: str | None
    order_ids: list[str]
    channel: str
    shop: str
    rules: list[str]
    hits: list[Hit]
    severity: Severity
    score: int
    occurred_at: Instant
    detected_at: Instant
    updated_at: Instant
    playbook: str | None


class Page(Shape):
    next_cursor: str | None


class AlertPage(Page):
    items: list[Alert]


class Event(Shape):
    """A stored event."""

    event_id: str
    type: str
    occurred_at: Instant
    received_at: Instant


class StepTaken(Shape):
    """A step of a response whose time has come; in shadow mode it says `would_do`."""

    event_id: None
    type: str
    occurred_at: Instant
    received_at: Instant
    alert_id: str
    state: StepState


class Step(Shape):
    step: str
    action: str
    state: StepState
    due_at: Instant
    order_ids: list[str]


class Response(Shape):
    """A line of responses.jsonl."""

    alert_id: str
    playbook: str
    version: str
    steps: list[Step]


class Order(Shape):
    """A line of orders.jsonl."""

    order_id: str
    channel: str
    shop: str
    status: OrderStatus
    risk_severity: Severity | None
    health_severity: Severity | None
    score: int
    rules: list[str]
    tags: list[str]
    held: bool


class OrderDetail(Order):
    """`case_id`: the newest case that the order belongs to."""

    case_id: str | None
    timeline: list[Event | StepTaken]
    alerts: list[Alert]
    responses: list[Response]


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


class Rule(Shape):
    """`names`: what the values that a hit shows are called, by their name in `when`."""

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


class Listed(Shape):
    """An entity on a list. Of a phone, an e-mail or an address `value` is a token."""

    list: ListName
    kind: ListKind
    value: str
    shown: str
    reason: str
    until: Instant | None
    by: str
    listed_at: Instant


class ListedPage(Page):
    items: list[Listed]


class Relation(Shape):
    relation_id: str
    channel: str
    shop: str
    buyers: list[str]


class RelationPage(Page):
    items: list[Relation]


class Person(Shape):
    name: str
    role: str


class RuleCount(Shape):
    hits: int
    orders: int


class Day(Shape):
    """A day at +08:00."""

    day: str
    orders: int
    risk_alerts: int
    health_alerts: int


class Summary(Shape):
    as_of: Instant
    orders: int
    events: int
    alerts: dict[AlertKind, dict[Severity, int]]
    risk_orders: int
    health_orders: int
    risk_orders_by_severity: dict[Severity, int]
    risk_share_by_severity: dict[Severity, float]
    rules: dict[str, RuleCount]
    days: list[Day]


class ShopPulse(Shape):
    """One shop in the health.

    `orders` is null where other shops' orders from before the server's start hide it.
    `orders_per_minute` are those of 60 minutes by when the first event of each order occurred: the
    first number is of the minute `minutes_from`, the last one's minute is not over yet.
    `source_lag_ms_p50`: how old the newest events were when they arrived; no share of it is ours.
    """

    channel: str
    shop: str
    orders: int | None
    orders_per_minute: list[int]
    last_event_at: Instant | None
    source_lag_ms_p50: float | None


class ServerPulse(Shape):
    """Our own latency over the last minute, in real time; null where nothing happened.

    `ack`: from a webhook call to its answer. `event_to_alert`: from an event's submission to the
    log until the alerts that it opened or changed are told.
    """

    ack_ms_p50: float | None
    ack_ms_p99: float | None
    event_to_alert_ms_p50: float | None
    event_to_alert_ms_p99: float | None
    queue_entries: int
    checkpoint_age_s: float


class Health(Shape):
    """`event: health` of the stream. Counts are in all, unless they say otherwise.

    `as_of` is the fold's clock. `state` follows from `recent_alerts`: those that are not closed
    and changed within `recent_minutes`; `attack` for a critical one, `attention` for a medium or
    a high one. `held_orders` were asked to be held, or would have been.
    """

    as_of: Instant
    state: State
    orders: int
    events: int
    held_orders: int
    risk_orders_by_severity: dict[Severity, int]
    health_orders_by_severity: dict[Severity, int]
    alerts: dict[AlertKind, dict[Severity, int]]
    recent_alerts: dict[AlertKind, dict[Severity, int]]
    recent_minutes: int
    minutes_from: Instant
    shops: list[ShopPulse]
    server: ServerPulse
