"""Cases: alerts that wait for a person's decision, and what people did with them."""

from enum import StrEnum

from msgspec import Struct

from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.entries import CaseAction, CheckKind, Disposition, Inbox
from orderguard.domain.orders import OrderKey


class CaseStatus(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    """For the buyer's answer."""
    CLOSED = "closed"
    MERGED = "merged"
    """It turned out to be of the same cluster as an older case, which has its alerts now."""


class Comment(Struct, frozen=True):
    """`at` in ms since the epoch."""

    by: str
    at: int
    text: str


class Check(Struct, frozen=True):
    """One second identity verification; `at` in ms since the epoch."""

    by: str
    at: int
    kind: CheckKind
    has_passed: bool
    detail: str = ""


class Decision(Struct, frozen=True, kw_only=True):
    """What a person found, and the place in the log where it was said.

    `acts_at`: until then it may be taken back, from then on its action is asked for (`has_acted`).
    `released` are the orders whose hold it ended.
    """

    disposition: Disposition
    action: CaseAction
    comment: str
    by: str
    at: int
    offset: int
    acts_at: int
    has_acted: bool = False
    released: tuple[OrderKey, ...] = ()


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Alerts of one cluster. Instants are ms since the epoch.

    `orders` are all its alerts concern, as far as they are named. `due_at`: when it is overdue;
    `escalations` counts how often it was. `assigned_offset`: the place in the log of the word by
    which the assignee has it. One of health alerts is of one rule at one shop, and closes by itself
    when all that it has is mended.
    """

    case_id: str
    alert_ids: tuple[str, ...]
    orders: tuple[OrderKey, ...]
    severity: Severity
    inbox: Inbox
    created_at: int
    updated_at: int
    due_at: int
    status: CaseStatus = CaseStatus.OPEN
    assignee: str = ""
    assigned_offset: int = 0
    escalations: int = 0
    comments: tuple[Comment, ...] = ()
    checks: tuple[Check, ...] = ()
    decision: Decision | None = None
    merged_into: str | None = None
    kind: AlertKind = AlertKind.RISK

    @property
    def is_open(self) -> bool:
        return self.status in (CaseStatus.OPEN, CaseStatus.WAITING)
