"""A case by itself: opened, grown, merged, worked on, decided, taken back."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.alerts.findings import finding, key

from orderguard.alerts import open_alert
from orderguard.cases import (
    ALERTS_MAX,
    COMMENTS_MAX,
    DUE_MS,
    ESCALATIONS_MAX,
    ORDERS_MAX,
    UNDO_MS,
    acted,
    changed,
    checked,
    decided,
    escalated,
    gone_into,
    has_room,
    may_reopen,
    merged,
    next_due,
    open_case,
    opens_case,
    reopened,
    with_alert,
)
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import (
    CaseAction,
    CaseChanged,
    CaseChecked,
    CaseDisposed,
    CheckKind,
    Disposition,
    Inbox,
)

SEVERITIES = st.sampled_from([Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL])


def alert(name: str = "evt_1", severity: Severity = Severity.MEDIUM) -> Alert:
    return open_alert(finding([f"{name}-1", f"{name}-2"], event_id=name, severity=severity))


def case(name: str = "evt_1", severity: Severity = Severity.MEDIUM, at: int = 0) -> Case:
    one = alert(name, severity)
    return with_alert(open_case(one, at), one, one.orders, at)


def disposed(said: Disposition = Disposition.CONFIRMED, at: int = 100) -> CaseDisposed:
    return CaseDisposed(
        received_ms=at,
        by="li",
        case_id="",
        alert_ids=(),
        disposition=said,
        action=CaseAction.CANCEL,
    )


def test_a_risk_alert_of_medium_severity_or_more_needs_a_person() -> None:
    assert not opens_case(alert(severity=Severity.LOW))
    assert opens_case(alert())
    assert not opens_case(replace(alert(), closed=True))
    assert not opens_case(replace(alert(), kind=AlertKind.HEALTH))


def test_a_case_waits_with_those_who_can_judge_it_and_is_due_by_its_severity() -> None:
    assert (case().inbox, case().due_at) == (Inbox.SERVICE, DUE_MS[Severity.MEDIUM])
    high = case(severity=Severity.HIGH, at=5)
    assert (high.inbox, high.due_at) == (Inbox.RISK, 5 + DUE_MS[Severity.HIGH])
    assert case().case_id == case(at=77).case_id != case("evt_2").case_id


@given(st.lists(st.tuples(st.integers(0, 5), SEVERITIES), max_size=12))
def test_a_case_is_as_severe_as_its_alerts_and_never_later_due(
    growth: list[tuple[int, Severity]],
) -> None:
    grown = case()
    for at, (number, severity) in enumerate(growth, 1):
        one = alert(f"evt_{number}", severity)
        before = grown
        joining = tuple(order for order in one.orders if order not in grown.orders)
        grown = with_alert(grown, one, joining, at)
        assert grown.due_at <= before.due_at
        assert len(set(grown.orders)) == len(grown.orders)
    highest = max([Severity.MEDIUM, *(one for _, one in growth)], key=lambda one: one.rank)
    assert grown.severity is highest
    assert grown.inbox is (Inbox.SERVICE if highest is Severity.MEDIUM else Inbox.RISK)
    assert set(grown.alert_ids) == {alert(f"evt_{n}").alert_id for n, _ in growth} | {
        alert().alert_id
    }


def test_what_is_known_already_changes_nothing() -> None:
    one = case()
    assert with_alert(one, alert(), (), 9) is one


def test_a_case_is_bounded() -> None:
    orders = tuple(key(f"o{number}") for number in range(ORDERS_MAX + 5))
    assert len(with_alert(case(), alert(), orders, 1).orders) == ORDERS_MAX
    full = replace(case(), alert_ids=("a",) * ALERTS_MAX)
    assert not has_room(full)
    assert has_room(full, 0)
    talk = CaseChanged(received_ms=1, case_id="", comment="again")
    told = case()
    for _ in range(COMMENTS_MAX + 3):
        told = changed(told, talk, 5)
    assert len(told.comments) == COMMENTS_MAX


def test_the_older_case_takes_in_the_younger() -> None:
    younger = changed(
        case("evt_2", Severity.HIGH, at=50),
        CaseChanged(received_ms=60, by="li", case_id="", assignee="li", comment="mine"),
        5,
    )
    whole = merged(case(), younger, younger.orders, 70)
    assert whole.case_id == case().case_id
    assert whole.alert_ids == (*case().alert_ids, *younger.alert_ids)
    assert whole.orders == (*case().orders, *younger.orders)
    assert (whole.severity, whole.inbox, whole.assignee) == (Severity.HIGH, Inbox.RISK, "li")
    assert [comment.text for comment in whole.comments] == ["mine"]
    left = gone_into(younger, whole.case_id, 70)
    assert (left.status, left.merged_into) == (CaseStatus.MERGED, whole.case_id)
    assert (left.alert_ids, left.orders, next_due(left)) == ((), (), None)


def test_the_first_disposition_stands() -> None:
    first = decided(case(), disposed(), 7, ())
    assert first.decision is not None
    assert (first.status, first.decision.offset) == (CaseStatus.CLOSED, 7)
    assert decided(first, disposed(Disposition.FALSE_ALARM), 8, ()) is first
    assert changed(first, CaseChanged(received_ms=101, case_id="", comment="late"), 5) is first


def test_a_disposition_is_taken_back_for_a_few_seconds_and_acts_then() -> None:
    closed = decided(case(), disposed(at=100), 7, ())
    assert next_due(closed) == 100 + UNDO_MS
    assert may_reopen(closed, 99 + UNDO_MS)
    assert not may_reopen(closed, 100 + UNDO_MS)
    assert not may_reopen(acted(closed), 100)
    assert next_due(acted(closed)) is None
    assert not may_reopen(case(), 0)
    again = reopened(closed, "wang", 200)
    assert (again.status, again.decision) == (CaseStatus.OPEN, None)
    assert "confirmed" in again.comments[-1].text


def test_who_comes_second_for_a_free_case_does_not_get_it() -> None:
    take = CaseChanged(received_ms=1, case_id="", assignee="li", if_free=True)
    taken = changed(case(), take, 5)
    assert taken.assignee == "li"
    assert changed(taken, replace(take, assignee="wang"), 5) is taken
    given_back = changed(taken, CaseChanged(received_ms=2, case_id="", assignee=""), 5)
    assert changed(given_back, replace(take, assignee="wang"), 5).assignee == "wang"


def test_a_case_waits_for_an_answer_and_goes_on() -> None:
    waiting = changed(case(), CaseChanged(received_ms=1, case_id="", is_waiting=True), 5)
    assert waiting.status is CaseStatus.WAITING
    assert waiting.is_open
    on = changed(waiting, CaseChanged(received_ms=2, case_id="", is_waiting=False), 5)
    assert on.status is CaseStatus.OPEN


def test_an_overdue_case_is_escalated_so_often() -> None:
    late = changed(case(), CaseChanged(received_ms=1, case_id="", assignee="li"), 5)
    for _ in range(ESCALATIONS_MAX):
        due = next_due(late)
        assert due == late.due_at
        late = escalated(late, due)
        assert (late.inbox, late.assignee) == (Inbox.RISK, "")
    assert late.escalations == ESCALATIONS_MAX
    assert next_due(late) is None


def test_a_second_verification_is_recorded() -> None:
    note = CaseChecked(
        received_ms=3, by="li", case_id="", kind=CheckKind.CALL, has_passed=True, detail="knew it"
    )
    (check,) = checked(case(), note).checks
    assert (check.by, check.kind, check.has_passed) == ("li", CheckKind.CALL, True)
    closed = decided(case(), disposed(), 7, ())
    assert checked(closed, note) is closed
