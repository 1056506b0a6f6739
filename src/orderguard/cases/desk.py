"""How a case comes to be, grows, is worked on and ends."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus, Check, Comment, Decision
from orderguard.domain.entries import CaseChanged, CaseChecked, CaseDisposed, Inbox
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.kit.ids import stable_id

Due = Callable[[Severity], int]
"""How long a case of a severity may wait, in ms."""
Said = TypeVar("Said", bound=Comment | Check)

ALERTS_MAX = 500
"""Alerts of one case; what belongs to a full one opens another."""
ORDERS_MAX = 10_000
"""Orders that a case names, the first that came."""
COMMENTS_MAX = 200
"""Comments and checks kept of a case, the newest."""

DUE_MS: dict[Severity, int] = {
    Severity.INFO: 24 * MS_PER_HOUR,
    Severity.LOW: 24 * MS_PER_HOUR,
    Severity.MEDIUM: 8 * MS_PER_HOUR,
    Severity.HIGH: MS_PER_HOUR,
    Severity.CRITICAL: 15 * MS_PER_MINUTE,
}
"""How long a case of each severity may wait before it is escalated, and between escalations, where
the playbook says nothing else."""
ESCALATIONS_MAX = 3
UNDO_MS = 10 * MS_PER_SECOND
"""How long a disposition may be taken back; its action is asked for after that."""


def opens_case(alert: Alert, *, is_asked_for: bool = False) -> bool:
    """Whether a person has to look at the alert: it is severe, or its run asks for one."""
    is_severe = alert.severity.rank >= Severity.MEDIUM.rank
    return alert.kind is AlertKind.RISK and (is_severe or is_asked_for) and not alert.closed


def open_case(alert: Alert, now_ms: int, due: Due = DUE_MS.__getitem__) -> Case:
    """A case of this alert alone. Its id is made from the alert's, so any run makes the same."""
    return Case(
        case_id=stable_id("case", alert.alert_id),
        alert_ids=(alert.alert_id,),
        orders=(),
        severity=alert.severity,
        inbox=_inbox(alert.severity),
        created_at=now_ms,
        updated_at=now_ms,
        due_at=now_ms + due(alert.severity),
    )


def open_health_case(alert: Alert, inbox: Inbox, now_ms: int, due: Due) -> Case:
    """A case of a fault that nothing has mended in time."""
    return replace(open_case(alert, now_ms, due), inbox=inbox, kind=AlertKind.HEALTH)


def mended(case: Case, now_ms: int) -> Case:
    """The case closed without anybody's decision: what it is about is over."""
    said = _commented(case, "orderguard", now_ms, "mended: what was wrong is over")
    return replace(said, status=CaseStatus.CLOSED, updated_at=now_ms)


def broken_again(case: Case, now_ms: int, due: Due) -> Case:
    """A case that had closed by itself, open once more."""
    due_at = now_ms + due(case.severity)
    return replace(case, status=CaseStatus.OPEN, due_at=due_at, updated_at=now_ms)


def _inbox(severity: Severity) -> Inbox:
    return Inbox.RISK if severity.rank >= Severity.HIGH.rank else Inbox.SERVICE


def has_room(case: Case, alerts: int = 1) -> bool:
    return len(case.alert_ids) + alerts <= ALERTS_MAX


def with_alert(
    case: Case,
    alert: Alert,
    joining: tuple[OrderKey, ...],
    now_ms: int,
    due: Due = DUE_MS.__getitem__,
) -> Case:
    """The case with an alert that is new to it or grew; `joining` are orders it does not have."""
    added = joining[: ORDERS_MAX - len(case.orders)]
    is_known = alert.alert_id in case.alert_ids
    has_risen = alert.severity.rank > case.severity.rank
    if is_known and not added and not has_risen:
        return case
    grown = replace(
        case,
        alert_ids=case.alert_ids if is_known else (*case.alert_ids, alert.alert_id),
        orders=(*case.orders, *added) if added else case.orders,
        updated_at=max(case.updated_at, now_ms),
    )
    return _risen(grown, alert.severity, now_ms, due) if has_risen else grown


def _risen(case: Case, severity: Severity, now_ms: int, due: Due) -> Case:
    """The case at a higher severity: sooner due, and with the risk team once it is high."""
    is_risk = _inbox(severity) is not _inbox(case.severity)
    return replace(
        case,
        severity=severity,
        inbox=Inbox.RISK if is_risk else case.inbox,
        due_at=min(case.due_at, now_ms + due(severity)),
    )


def merged(
    case: Case,
    younger: Case,
    orders: tuple[OrderKey, ...],
    now_ms: int,
    due: Due = DUE_MS.__getitem__,
) -> Case:
    """The case with all that a younger one of the same cluster had.

    `orders` are those of the younger that the case does not have yet. Whoever works on either
    goes on with this one.
    """
    added = orders[: ORDERS_MAX - len(case.orders)]
    whole = replace(
        case,
        alert_ids=(*case.alert_ids, *younger.alert_ids),
        orders=(*case.orders, *added),
        assignee=case.assignee or younger.assignee,
        comments=_newest(case.comments, younger.comments),
        checks=_newest(case.checks, younger.checks),
        due_at=min(case.due_at, younger.due_at),
        updated_at=now_ms,
    )
    if younger.severity.rank > case.severity.rank:
        return _risen(whole, younger.severity, now_ms, due)
    return whole


def _newest(one: tuple[Said, ...], other: tuple[Said, ...]) -> tuple[Said, ...]:
    return tuple(sorted((*one, *other), key=lambda said: said.at))[-COMMENTS_MAX:]


def gone_into(younger: Case, case_id: str, now_ms: int) -> Case:
    """What is left of a case that another one has taken in."""
    return replace(
        younger,
        alert_ids=(),
        orders=(),
        comments=(),
        checks=(),
        status=CaseStatus.MERGED,
        merged_into=case_id,
        updated_at=now_ms,
    )


def changed(case: Case, note: CaseChanged, offset: int) -> Case:
    """The case after work that decides nothing; the same when it is closed or somebody has it."""
    if not case.is_open or (note.if_free and case.assignee):
        return case
    status = case.status
    if note.is_waiting is not None:
        status = CaseStatus.WAITING if note.is_waiting else CaseStatus.OPEN
    return replace(
        _commented(case, note.by, note.received_ms, note.comment),
        assignee=case.assignee if note.assignee is None else note.assignee,
        assigned_offset=case.assigned_offset if note.assignee is None else offset,
        inbox=note.inbox or case.inbox,
        status=status,
        updated_at=note.received_ms,
    )


def checked(case: Case, note: CaseChecked) -> Case:
    """The case with one more second identity verification."""
    if not case.is_open:
        return case
    check = Check(note.by, note.received_ms, note.kind, note.has_passed, note.detail)
    return replace(case, checks=(*case.checks, check)[-COMMENTS_MAX:], updated_at=note.received_ms)


def decided(case: Case, note: CaseDisposed, offset: int, released: tuple[OrderKey, ...]) -> Case:
    """The case closed by the disposition that stands at this offset of the log.

    The same case when it is closed already: the first in the log decides.
    """
    if not case.is_open:
        return case
    decision = Decision(
        disposition=note.disposition,
        action=note.action,
        comment=note.comment,
        by=note.by,
        at=note.received_ms,
        offset=offset,
        acts_at=note.received_ms + UNDO_MS,
        released=released,
    )
    return replace(case, decision=decision, status=CaseStatus.CLOSED, updated_at=note.received_ms)


def may_reopen(case: Case, now_ms: int) -> bool:
    """Whether the disposition can still be taken back."""
    decision = case.decision
    return decision is not None and not decision.has_acted and now_ms < decision.acts_at


def reopened(case: Case, by: str, now_ms: int) -> Case:
    """The case before it was decided; that it was stays as a comment."""
    decision = case.decision
    assert decision is not None, "may_reopen says so"
    text = f"took back {decision.disposition} of {decision.by}"
    return replace(
        _commented(case, by, now_ms, text),
        decision=None,
        status=CaseStatus.OPEN,
        updated_at=now_ms,
        due_at=max(case.due_at, now_ms + UNDO_MS),
    )


def next_due(case: Case) -> int | None:
    """When the case has to be looked at again without anybody's word, None when never."""
    if case.decision is not None:
        return None if case.decision.has_acted else case.decision.acts_at
    if not case.is_open or case.escalations >= ESCALATIONS_MAX:
        return None
    return case.due_at


def acted(case: Case) -> Case:
    """The case once its disposition can no longer be taken back: its action is asked for."""
    decision = case.decision
    assert decision is not None, "only a decided case acts"
    return replace(case, decision=replace(decision, has_acted=True))


def escalated(case: Case, due_ms: int, due: Due = DUE_MS.__getitem__) -> Case:
    """An overdue case goes to the risk team, free for anybody, and gets a new due time.

    One of order health stays with those who can mend it.
    """
    return replace(
        case,
        inbox=Inbox.RISK if case.kind is AlertKind.RISK else case.inbox,
        assignee="",
        escalations=case.escalations + 1,
        due_at=due_ms + due(case.severity),
        updated_at=max(case.updated_at, due_ms),
    )


def _commented(case: Case, by: str, at: int, text: str) -> Case:
    if not text:
        return case
    return replace(case, comments=(*case.comments, Comment(by, at, text))[-COMMENTS_MAX:])
