"""The shapes of answers, for the API's description. Handlers write the same members directly."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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
from orderguard.domain.library import StepAnswer
from orderguard.domain.locks import LockEnd
from orderguard.domain.orders import OrderStatus
from orderguard.domain.ports import Outcome
from orderguard.flows.screen import Decided
from orderguard.responses import PortionState, StepState

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Value = int | float | str | bool | None


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FaultyMember(Shape):
    where: str
    name: str
    detail: str
    line: int | None = None
    column: int | None = None


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
    kind: AlertKind
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
    """A line of alerts.jsonl. A health alert says when what was wrong was mended, and how late."""

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
    ended_at: Instant | None = None
    late_s: float | None = None


class Page(Shape):
    next_cursor: str | None


class AlertPage(Page):
    items: list[Alert]


class Event(Shape):
    """A stored event, and who told it.

    `contradicts`: facts of the same order that cannot have happened before or after it as told.
    """

    event_id: str
    type: str
    occurred_at: Instant
    received_at: Instant
    witness: Literal["channel", "warehouse", "carrier", "finance", "buyer"]
    contradicts: list[str]


class StepTaken(Shape):
    """A step of a response whose time has come; in shadow mode it says `would_do`."""

    event_id: None
    type: str
    occurred_at: Instant
    received_at: Instant
    alert_id: str
    state: StepState


class Deadline(Shape):
    """The instant by which a health rule expects something: it passed in vain, or is to come."""

    event_id: None
    type: Literal["deadline.passed", "deadline.pending"]
    occurred_at: Instant
    received_at: Instant
    rule: str
    alert_id: str | None


class AlertChange(Shape):
    """An alert that concerns the order opened, or what was wrong is over.

    `late_s`: how long after its deadline it was mended, in seconds.
    """

    event_id: None
    type: Literal["alert.opened", "alert.ended"]
    occurred_at: Instant
    received_at: Instant
    alert_id: str
    kind: AlertKind
    rules: list[str]
    severity: Severity
    late_s: float | None = None


class LockChange(Shape):
    """Stock of the order was set aside, or is no more; `lock` is its number in the ledger."""

    event_id: None
    type: Literal["lock.stands", "lock.ended"]
    occurred_at: Instant
    received_at: Instant
    alert_id: str
    lock: int
    units: int
    shadow: bool
    end: LockEnd | None


class Sent(Shape):
    """What was asked of an action at one go, and what came of it."""

    key: str
    state: PortionState
    outcome: Outcome | None
    answer: StepAnswer | None
    reference: str
    detail: str
    order_ids: list[str]


class Step(Shape):
    """`sent`, `waits_for` and `stopped` are there only where there is something to say."""

    step: str
    action: str
    state: StepState
    due_at: Instant
    order_ids: list[str]
    sent: list[Sent] = []
    waits_for: str = ""
    stopped: str = ""


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


class RuleCount(Shape):
    hits: int
    orders: int


class Day(Shape):
    """A day at +08:00."""

    day: str
    orders: int
    risk_alerts: int
    health_alerts: int


class Counts(Shape):
    """Counts of everything; the table of results comes beside them."""

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


class Challenge(Shape):
    """`url` is a path of this server."""

    id: str
    url: str
    kind: Literal["slider"]


class ChallengeState(Shape):
    """`y` is where the piece of `size` belongs in the picture, `drawn` tells pictures apart."""

    kinds: list[Literal["slider", "work", "code"]]
    width: int
    height: int
    size: int
    y: int
    drawn: int
    guesses_left: int
    left_ms: int


class ChallengeGuess(Shape):
    token: str | None
    guesses_left: int


class ChallengeWork(Shape):
    algorithm: Literal["SHA-256"]
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class ScreenAnswer(Shape):
    decision: Decided
    severity: Severity | None
    score: int
    rules: list[str]
    unchecked: bool
    challenge: Challenge | None
    shadow: bool
