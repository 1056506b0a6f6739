"""Alerts become cases, people decide them, and the next decision knows."""

import pytest
from tests.flows.stories import LIBRARY, START_MS, Story, everything, ids, published
from tests.flows.test_fold_notes import strangers

from orderguard.cases import DUE_MS, ESCALATIONS_MAX, UNDO_MS
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import (
    CaseAction,
    CaseChanged,
    CaseDisposed,
    CaseReopened,
    Disposition,
    Inbox,
    LabelKind,
    LabelRecorded,
    ModeSet,
)
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import CaseQuery, Outcome
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.responses import StepState
from orderguard.rules import load_library
from orderguard.scoring import Posterior
from orderguard.stores.memory import MemoryState

BURST, PAYER, DEVICE = "velocity.same_item_burst", "payment.shared_account", "device.shared"
HOUR = 3_600.0


def ring(story: Story, device: str, *, at: float, buyers: int = 3, name: str = "") -> list[str]:
    """So many buyers, each with goods of their own, order on one device, ten minutes apart."""
    made = []
    for number in range(1, buyers + 1):
        buyer = f"{name or device}-{number}"
        story.placed(
            buyer,
            buyer,
            at=at + 600 * (number - 1),
            device={"id": device},
            lines=[{"line_id": "1", "sku": f"of-{buyer}", "quantity": 1, "unit_price": "59.00"}],
            ship_to={"country": "CN", "city": "上海市", "street": f"文三路{buyer}号"},
        )
        made.append(buyer)
    return made


def disposed(
    case: Case,
    said: Disposition = Disposition.CONFIRMED,
    action: CaseAction = CaseAction.NONE,
    by: str = "li",
) -> CaseDisposed:
    return CaseDisposed(
        received_ms=0,
        by=by,
        case_id=case.case_id,
        alert_ids=case.alert_ids,
        disposition=said,
        action=action,
    )


def cases(story: Story) -> list[Case]:
    story.fold.save()
    return story.store.cases(CaseQuery())


def names(case: Case) -> set[str]:
    return {key.order_id for key in case.orders}


def posteriors(story: Story) -> dict[str, tuple[float, float]]:
    found = story.fold.tables.posteriors.items()
    rounded = {name: (round(one.bad, 3), round(one.good, 3)) for name, one in found}
    return {name: moved for name, moved in rounded.items() if any(moved)}


def test_a_medium_alert_has_one_case_and_a_low_one_none() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    strangers(story, "couple", at=HOUR, buyers=2)
    (case,) = cases(story)
    assert case.alert_ids == (story.alert(DEVICE).alert_id,)
    assert names(case) == ids(story.alert(DEVICE)) == {"tablet-1", "tablet-2", "tablet-3"}
    assert (case.severity, case.inbox) == (Severity.MEDIUM, Inbox.SERVICE)
    assert (case.status, case.decision) == (CaseStatus.OPEN, None)
    assert story.fold.tables.progress.cases == 1


def test_a_case_grows_with_its_alert() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    story.placed("late", "late", at=HOUR, device={"id": "tablet"})
    (case,) = cases(story)
    assert names(case) == ids(story.alert(DEVICE))
    assert "late" in names(case)


def test_alerts_that_share_an_order_are_one_case() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    strangers(story, "purse", at=HOUR)
    assert len(cases(story)) == 2
    for number in (1, 2):
        story.paid(f"both-{number}", f"both-{number}", at=2 * HOUR + number, account="purse",
                   device={"id": "tablet"})  # fmt: skip
    (case,) = cases(story)
    assert names(case) == {key.order_id for one in story.alerts() for key in one.orders}
    assert case.severity is Severity.HIGH
    assert story.case(DEVICE) == story.case(PAYER) == case
    assert story.fold.tables.progress.cases == 1
    merged = story.store.cases_changed((0, 0), 10)
    younger = next(row.case for row in merged if row.case.status is CaseStatus.MERGED)
    assert story.fold.desk.case(younger.case_id) == case


def test_the_same_subject_after_a_quiet_time_is_the_same_open_case() -> None:
    story = Story(preset="micro")
    story.burst("hoarder", at=0)
    story.burst("hoarder2", at=0)
    for number in range(5):
        story.placed(f"again-{number}", "hoarder", at=3 * HOUR + number)
    assert len(story.alerts(BURST)) == 3
    assert len(cases(story)) == 2
    found = [names(case) for case in cases(story)]
    assert {"hoarder-1", "again-4"} <= max(found, key=len)


def test_of_two_dispositions_the_first_in_the_log_decides() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    case = story.case(DEVICE)
    story.note(disposed(case, Disposition.FALSE_ALARM, by="li"), at=2 * HOUR)
    told = posteriors(story)
    story.note(disposed(case, Disposition.CONFIRMED, by="wang"), at=2 * HOUR)
    decision = story.case(DEVICE).decision
    assert decision is not None
    assert (decision.disposition, decision.by) == (Disposition.FALSE_ALARM, "li")
    assert decision.offset == len(story.entries) - 1
    assert posteriors(story) == told
    assert story.alert(DEVICE).closed


def test_a_hit_after_a_disposition_opens_another_case() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    first = story.case(DEVICE)
    story.note(disposed(first), at=HOUR)
    ring(story, "tablet", at=2 * HOUR, name="others")
    assert len(story.alerts(DEVICE)) == 2
    second, closed = cases(story)
    assert closed.case_id == first.case_id
    assert second.case_id != first.case_id
    assert second.is_open
    assert not closed.is_open


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        (Disposition.CONFIRMED, (3.0, 0.0)),
        (Disposition.FALSE_ALARM, (0.0, 3.0)),
        (Disposition.INCONCLUSIVE, None),
    ],
)
def test_a_disposition_moves_each_rule_once_for_each_order(
    said: Disposition, moved: tuple[float, float] | None
) -> None:
    story = Story()
    orders = ring(story, "tablet", at=0)
    story.note(disposed(story.case(DEVICE), said), at=HOUR)
    expected = {} if moved is None else {f"{DEVICE}/medium": moved}
    assert posteriors(story) == expected
    for order_id in orders:
        key = OrderKey("standard", "demo", order_id)
        label = LabelRecorded(received_ms=0, order=key, label=LabelKind.BAD, source="return")
        story.note(label, at=2 * HOUR)
    if moved is not None:
        assert posteriors(story) == expected, "a person's word counts before it"
    else:
        assert posteriors(story) == {f"{DEVICE}/medium": (1.8, 0.0)}


def test_the_next_decision_knows_a_confirmed_device() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    assert story.alert(DEVICE).severity is Severity.MEDIUM
    story.note(disposed(story.case(DEVICE)), at=HOUR)
    story.placed("next", "next", at=HOUR + 1, device={"id": "tablet"})
    alert = story.alerts(DEVICE)[-1]
    assert alert.severity is Severity.HIGH
    assert alert.hits[0].features["device.confirmed_bad"] == 3
    assert story.standing("next").held


def test_the_next_decision_knows_a_cleared_device() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    case = story.case(DEVICE)
    story.note(disposed(case, Disposition.FALSE_ALARM), at=HOUR)
    story.placed("next", "next", at=HOUR + 1, device={"id": "tablet"})
    alert = story.alerts(DEVICE)[-1]
    assert alert.severity is Severity.LOW
    assert story.fold.desk.case_of(alert.alert_id) is None


def test_a_disposition_taken_back_was_never_said() -> None:
    story = Story()
    ring(story, "purse", at=0)
    strangers(story, "purse", at=HOUR)
    case = story.case(PAYER)
    assert story.standing("purse-1").held
    before = posteriors(story)
    story.note(disposed(case, action=CaseAction.RELEASE), at=2 * HOUR)
    assert not story.standing("purse-1").held
    assert len(story.fold.tables.profiles)
    story.note(CaseReopened(received_ms=0, by="wang", case_id=case.case_id), at=2 * HOUR + 5)
    again = story.case(PAYER)
    assert (again.status, again.decision) == (CaseStatus.OPEN, None)
    assert story.standing("purse-1").held
    assert posteriors(story) == before == {}
    assert not len(story.fold.tables.profiles)
    assert not story.alert(PAYER).closed
    story.note(disposed(case, Disposition.FALSE_ALARM), at=2 * HOUR + 6)
    assert not story.case(PAYER).is_open


def test_a_disposition_stands_after_its_time() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    case = story.case(DEVICE)
    story.note(disposed(case, action=CaseAction.CANCEL), at=HOUR)
    decision = story.case(DEVICE).decision
    assert decision is not None
    assert not decision.has_acted
    assert story.fold.next_due == decision.acts_at == decision.at + UNDO_MS
    story.fold.advance(decision.acts_at)
    story.note(CaseReopened(received_ms=0, case_id=case.case_id), at=HOUR + 11)
    decision = story.case(DEVICE).decision
    assert decision is not None
    assert decision.has_acted


@pytest.mark.parametrize("is_live", [False, True])
def test_a_release_ends_the_runs_once_it_can_no_longer_be_taken_back(*, is_live: bool) -> None:
    story = Story()
    story.note(ModeSet(received_ms=0, live=is_live))
    strangers(story, "purse", at=0)
    alert, case = story.alert(PAYER), story.case(PAYER)
    story.note(disposed(case, Disposition.FALSE_ALARM, CaseAction.RELEASE), at=HOUR)
    run = story.fold.tables.runs.get(alert.alert_id)
    assert run is not None
    assert not run.closed
    decision = story.case(PAYER).decision
    assert decision is not None
    story.fold.advance(decision.acts_at)
    run = story.fold.tables.runs.get(alert.alert_id)
    assert run is not None
    assert run.closed
    (hold,) = (step for step in run.steps if step.action == "hold_shipment")
    if is_live:  # Nobody was asked to hold yet, so nobody has to let go.
        assert [portion.outcome for portion in hold.portions] == [Outcome.TOO_LATE]
        assert not [step for step in run.unsent if step[0].action == "hold_shipment"]
    else:
        (let_go,) = (step for step in run.steps if step.action == "release_shipment")
        assert (hold.state, let_go.state) == (StepState.WOULD_DO, StepState.WOULD_DO)
        assert let_go.orders == hold.orders == alert.orders


def test_an_overdue_case_is_escalated_by_the_clock_and_told() -> None:
    story = Story()
    told: list[tuple[Case, tuple[int, int]]] = []

    def take(case: Case, place: tuple[int, int]) -> None:
        if case.kind is AlertKind.RISK:
            told.append((case, place))

    fold = Fold(MemoryState(), on_case=take)
    ring(story, "tablet", at=0)
    for offset, entry in enumerate(story.entries, 1):
        fold.apply(offset, entry)
    (opened, place), *_ = told
    due = opened.due_at
    assert due == opened.created_at + DUE_MS[Severity.MEDIUM]
    told.clear()
    fold.advance(due - 1)
    assert told == []
    for _ in range(ESCALATIONS_MAX + 2):
        fold.advance(due)
        due += DUE_MS[Severity.MEDIUM]
    assert [case.escalations for case, _ in told] == list(range(1, ESCALATIONS_MAX + 1))
    places = [place, *(where for _, where in told)]
    assert places == sorted(set(places))
    assert told[0][0].inbox is Inbox.RISK


def test_a_case_is_due_when_the_playbook_of_its_severity_says() -> None:
    story = Story()
    medium = LIBRARY["playbooks/medium.yaml"]
    for said, due_ms in (("due: 30m", 30 * MS_PER_MINUTE), ("", DUE_MS[Severity.MEDIUM])):
        text = medium.replace(", due: 8h", f", {said}" if said else "")
        assert text != medium
        story.note(published({**LIBRARY, "playbooks/medium.yaml": text}))
        ring(story, f"tablet-{due_ms}", at=(story.fold.clock_ms - START_MS) / 1000)
    found = sorted(cases(story), key=lambda case: case.created_at)
    waits = [case.due_at - case.created_at for case in found]
    assert waits == [30 * MS_PER_MINUTE, DUE_MS[Severity.MEDIUM]]
    overdue = found[0].due_at
    story.fold.advance(overdue)
    (escalated,) = [case for case in cases(story) if case.escalations]
    assert escalated.due_at == overdue + DUE_MS[Severity.MEDIUM], "by what is in force then"


def test_the_due_times_of_the_library_are_those_of_the_code() -> None:
    playbooks = load_library(LIBRARY, preset="standard").playbooks
    assert {one.severity: one.case_due_ms for one in playbooks if one.severity} == {
        one.severity: DUE_MS[one.severity] for one in playbooks if one.severity
    }


def test_work_on_a_case_is_kept() -> None:
    story = Story()
    ring(story, "tablet", at=0)
    case = story.case(DEVICE)
    note = CaseChanged(received_ms=0, by="li", case_id=case.case_id, assignee="li", comment="asks")
    story.note(note, at=HOUR)
    told = everything(story.fold)
    again = Fold(MemoryState())
    for offset, entry in enumerate(story.entries, 1):
        again.apply(offset, entry)
    assert everything(again) == told
    worked = again.desk.case(case.case_id)
    assert worked is not None
    assert worked.comments[0].at == START_MS + HOUR * 1_000
    story.note(CaseChanged(received_ms=0, case_id="case_nobody", comment="?"), at=HOUR)
    assert story.faults == 0


def test_what_comes_later_moves_no_rule_twice() -> None:
    story = Story()
    orders = ring(story, "tablet", at=0)
    key = OrderKey("standard", "demo", orders[0])
    for label, source in (
        (LabelKind.BAD, "return"),
        (LabelKind.GOOD, "kept"),
        (LabelKind.BAD, "return"),
        (LabelKind.BAD, "dispute"),
    ):
        note = LabelRecorded(received_ms=0, order=key, label=label, source=source)
        story.note(note, at=HOUR)
    posterior = story.fold.tables.posteriors.get(f"{DEVICE}/medium")
    assert isinstance(posterior, Posterior)
    assert (posterior.bad, posterior.good) == pytest.approx((0.9, 0.0))
    assert not len(story.fold.tables.profiles), "only a person's word makes a profile"
