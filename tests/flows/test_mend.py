"""Faults that are mended: runs of the playbooks that health rules name, and who mended what."""

from typing import Any

import pytest
from tests.flows.acting import Acting, Provider
from tests.flows.stories import LIBRARY, START_MS, Story, order_document, published

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import CaseAction, CaseDisposed, Disposition, Inbox, SnoozeSet
from orderguard.domain.ports import AlertQuery, Outcome
from orderguard.errors import LibraryFaults, NotDone
from orderguard.flows.fold import Fold
from orderguard.flows.mend import MendCount, mended_by_rule
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND, ManualClock, rfc3339
from orderguard.kit.days import day_of
from orderguard.responses import Run, StepState
from orderguard.rules import check_library, load_library
from orderguard.stores.memory import MemoryState

HOUR = 3600.0
REQUEST = "lifecycle.paid_not_requested"
HELD = LIBRARY | {
    "lifecycle/paid_not_requested.yaml": LIBRARY["lifecycle/paid_not_requested.yaml"].replace(
        "mend: repush", "mend: split_oversold"
    )
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


def ailing(fold: Fold) -> list[Alert]:
    fold.save()
    return fold.tables.store.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1000))[::-1]


def mending(fold: Fold) -> list[Run]:
    runs = (fold.tables.runs.get(alert.alert_id) for alert in ailing(fold))
    return [run for run in runs if run is not None]


def states(run: Run) -> dict[str, StepState]:
    return {step.step: step.state for step in run.steps}


def watched_until(story: Story, at: float) -> None:
    story.fold.advance(START_MS + round(at * MS_PER_SECOND))


def requested(story: Story, order_id: str, *, at: float, known: float | None = None) -> None:
    story.event("shipment.requested", {"order_id": order_id}, at=at, known=known)


def counts(fold: Fold) -> MendCount:
    return mended_by_rule(fold.mender.counts.items())[REQUEST]


def the_case(story: Story, alert: Alert) -> Case:
    case = story.fold.desk.case_of(alert.alert_id)
    assert case is not None
    return case


def test_a_fault_starts_the_playbook_that_its_rule_names() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    watched_until(story, 2 * HOUR)
    (alert,) = ailing(story.fold)
    (run,) = mending(story.fold)
    assert alert.playbook == run.playbook == "repush"
    assert story.told[-1].playbook == "repush", "who listens hears of it with the alert"
    assert states(run) == {"push": StepState.WOULD_DO, "case": StepState.WAITING}
    assert [step.due_at for step in run.steps] == [
        START_MS + 2 * MS_PER_HOUR,
        START_MS + 4 * MS_PER_HOUR,
    ]
    assert counts(story.fold).unmended == 1


def test_the_run_ends_when_the_fault_does() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    watched_until(story, 2 * HOUR)
    requested(story, "a", at=3 * HOUR)
    (run,) = mending(story.fold)
    assert run.closed
    assert states(run) == {"push": StepState.WOULD_DO, "case": StepState.SKIPPED}
    watched_until(story, 40 * HOUR)
    assert run == story.fold.tables.runs.get(run.alert_id), "nothing of it falls due any more"
    assert counts(story.fold) == MendCount(begun=1, itself=1), "who only watches mends nothing"


def test_what_nothing_mends_in_time_is_a_case_of_its_rule_and_shop() -> None:
    story = Story()
    for number, name in enumerate("abc"):
        story.paid(name, f"buyer-{name}", at=60 * number)
    watched_until(story, 5 * HOUR)
    cases = {the_case(story, alert).case_id for alert in ailing(story.fold)}
    assert len(cases) == 1, "one piece of work"
    case = the_case(story, ailing(story.fold)[0])
    assert [key.order_id for key in case.orders] == ["a", "b", "c"]
    assert (case.kind, case.inbox) == (AlertKind.HEALTH, Inbox.OPERATIONS)
    assert case.due_at == START_MS + (4 + 8) * MS_PER_HOUR, "as the playbook says"
    assert story.fold.tables.progress.cases == 0, "no case of risk"
    assert story.fold.tables.progress.health_cases == 1
    watched_until(story, 13 * HOUR)
    assert the_case(story, ailing(story.fold)[0]).inbox is Inbox.OPERATIONS, "and stays there"


def test_a_case_closes_by_itself_when_all_of_it_is_mended() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    story.paid("b", "wu", at=0)
    watched_until(story, 5 * HOUR)
    (alert, _) = ailing(story.fold)
    requested(story, "a", at=5 * HOUR)
    assert the_case(story, alert).is_open
    requested(story, "b", at=6 * HOUR)
    case = the_case(story, alert)
    assert (case.status, case.decision) == (CaseStatus.CLOSED, None)
    assert counts(story.fold) == MendCount(begun=2, person=2)
    story.paid("c", "he", at=7 * HOUR)
    watched_until(story, 12 * HOUR)
    newest = ailing(story.fold)[-1]
    assert the_case(story, newest).case_id != case.case_id


def test_a_decision_on_a_case_of_health_is_no_label() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    watched_until(story, 5 * HOUR)
    (alert,) = ailing(story.fold)
    case = the_case(story, alert)
    note = CaseDisposed(
        received_ms=0,
        by="op",
        case_id=case.case_id,
        alert_ids=case.alert_ids,
        disposition=Disposition.CONFIRMED,
        action=CaseAction.NONE,
        comment="",
    )
    story.note(note, at=5 * HOUR)
    watched_until(story, 6 * HOUR)
    assert story.fold.tables.labels.get("standard/demo/a") is None
    (run,) = mending(story.fold)
    assert run.closed
    assert not ailing(story.fold)[0].closed, "a word does not mend it"
    requested(story, "a", at=7 * HOUR)
    assert counts(story.fold) == MendCount(begun=1, person=1)
    assert the_case(story, alert).decision is not None


def test_a_snoozed_fault_is_not_mended() -> None:
    story = Story()
    snooze = SnoozeSet(
        received_ms=0,
        by="op",
        rule=REQUEST,
        subject_type="order",
        subject_key="a",
        until_ms=START_MS + 9 * MS_PER_HOUR,
    )
    story.note(snooze)
    story.paid("a", "li", at=0)
    watched_until(story, 8 * HOUR)
    assert ailing(story.fold)
    assert mending(story.fold) == []


def test_a_rule_of_risk_and_its_playbooks_go_on_as_before() -> None:
    story, bare = Story(), Story()
    without = {
        name: "\n".join(line for line in text.split("\n") if not line.startswith("mend:"))
        for name, text in LIBRARY.items()
    }
    bare.note(published(without))
    story.note(published())
    for one in (story, bare):
        one.burst("hoarder", at=0)
        watched_until(one, 30 * HOUR)
    runs = [
        {a.alert_id: one.fold.tables.runs.get(a.alert_id) for a in one.alerts() if a.hits}
        for one in (story, bare)
    ]
    risky = {a.alert_id for a in story.alerts() if a.kind is AlertKind.RISK}
    assert risky
    for alert_id in risky:
        assert runs[0][alert_id] == runs[1][alert_id]
    assert story.fold.tables.progress.cases == bare.fold.tables.progress.cases == 1


def test_a_restart_between_changes_nothing() -> None:
    story, store = Story(), MemoryState()
    for number in range(5):
        story.paid(f"o{number}", f"b{number}", at=600 * number)
    story.paid("late", "li", at=2 * HOUR + 900)
    requested(story, "o1", at=3 * HOUR)
    requested(story, "o2", at=5 * HOUR)
    watched_until(story, 9 * HOUR)
    for place, entry in enumerate(story.entries, 1):
        fold = Fold(store)
        fold.apply(place, entry)
        fold.save()
    fold = Fold(store)
    fold.advance(START_MS + 9 * MS_PER_HOUR)
    assert mending(fold) == mending(story.fold) != []
    assert ailing(fold) == ailing(story.fold)
    assert dict(fold.mender.counts.items()) == dict(story.fold.mender.counts.items())


async def paid(acting: Acting, order_id: str, **members: Any) -> None:
    at_ms = acting.clock.now_ms()
    order = order_document(order_id, "li", at_ms, status="paid", paid_at=rfc3339(at_ms), **members)
    await told(acting, f"paid-{order_id}", "order.paid", {"order": order})


async def told(acting: Acting, event_id: str, kind: str, data: Any, *, at: float = 0) -> None:
    at_ms = START_MS + round(at * MS_PER_SECOND) if at else acting.clock.now_ms()
    document = {"id": event_id, "type": kind, "occurred_at": rfc3339(at_ms), "data": data}
    await acting.tell(document)


async def test_in_live_mode_it_acts_and_what_it_mended_alone_is_counted(clock: ManualClock) -> None:
    push = Provider(clock)
    async with Acting({"request_shipment": push}, clock) as acting:
        await paid(acting, "a")
        await acting.passes(2 * HOUR + 60, step_s=600)
        assert len(push.effects) == 1
        ((doing),) = push.doings.values()
        assert [one.key.order_id for one in doing.orders] == ["a"]
        await told(acting, "requested", "shipment.requested", {"order_id": "a"})
        (run,) = acting.runs(AlertKind.HEALTH)
        assert states(run) == {"push": StepState.DONE, "case": StepState.SKIPPED}
        assert push.undone == [], "there was a fault: what mended it stands"
        assert counts(acting.live.fold) == MendCount(begun=1, alone=1)


async def test_what_was_done_for_no_fault_is_taken_back(clock: ManualClock) -> None:
    push = Provider(clock)
    async with Acting({"request_shipment": push}, clock) as acting:
        await paid(acting, "a")
        await acting.passes(2 * HOUR + 60, step_s=600)
        await told(acting, "late", "shipment.requested", {"order_id": "a"}, at=HOUR)
        await acting.passes(60)
        (run,) = acting.runs(AlertKind.HEALTH)
        assert states(run)["ended_push"] is StepState.DONE
        assert push.undone == [f"ref {next(iter(push.doings))}"]


async def test_what_was_not_sent_when_the_fault_ended_is_never_sent(clock: ManualClock) -> None:
    push = Provider(clock, fails=lambda: NotDone("down"))
    async with Acting({"request_shipment": push}, clock) as acting:
        await paid(acting, "a")
        clock.advance(2 * MS_PER_HOUR)
        acting.live.fold.advance(clock.now_ms())
        (run,) = acting.runs(AlertKind.HEALTH)
        assert states(run)["push"] is StepState.DUE
        await told(acting, "requested", "shipment.requested", {"order_id": "a"})
        await acting.passes(600)
        (run,) = acting.runs(AlertKind.HEALTH)
        (portion,) = run.steps[0].portions
        assert portion.outcome is Outcome.TOO_LATE or push.calls == []
        assert not push.effects
        assert counts(acting.live.fold) == MendCount(begun=1, itself=1)


async def test_a_hold_lasts_as_long_as_the_fault(clock: ManualClock) -> None:
    hold = Provider(clock)
    async with Acting({"hold_shipment": hold}, clock, library=HELD) as acting:
        await paid(acting, "a")
        await acting.passes(2 * HOUR + 60, step_s=600)
        record = acting.live.fold.tables.orders.get("standard/demo/a")
        assert record is not None
        assert record.standing.held
        await told(acting, "requested", "shipment.requested", {"order_id": "a"})
        await acting.passes(60)
        assert len(hold.undone) == 1
        record = acting.live.fold.tables.orders.get("standard/demo/a")
        assert record is not None
        assert not record.standing.held


def test_a_fault_that_comes_back_is_mended_anew_and_goes_to_its_case() -> None:
    """The channel says that it is shipped, and takes it back, and says so again."""
    story = Story()
    story.paid("a", "li", at=0)
    requested(story, "a", at=60)
    for turn in range(5):
        at = 2 * HOUR * (turn + 1)
        document = order_document("a", "li", START_MS, status="shipped")
        document["updated_at"] = rfc3339(START_MS + round(at * MS_PER_SECOND))
        story.event("order.updated", {"order": document}, at=at)
        watched_until(story, at + HOUR + 60)
        document = {**document, "status": "paid"}
        document["updated_at"] = rfc3339(START_MS + round((at + HOUR + 120) * MS_PER_SECOND))
        story.event("order.updated", {"order": document}, at=at + HOUR + 120)
    (alert,) = [one for one in ailing(story.fold) if "sync.status_mismatch" in one.rules]
    run = story.fold.tables.runs.get(alert.alert_id)
    assert run is not None
    names = [step.step for step in run.steps if step.action == "refetch_order"]
    assert names == ["refetch", "refetch_2", "refetch_3", "refetch_4"], "and no more"
    assert run.closed


def test_a_playbook_mends_or_answers_risk_and_not_both() -> None:
    rule = "lifecycle/not_picked.yaml"
    for text, said in (
        ("mend: low", "it answers risk of low severity: name a playbook that has none"),
        ("mend: refech", "no playbook `refech`"),
    ):
        files = LIBRARY | {rule: LIBRARY[rule].replace("mend: ask_warehouse", text)}
        (fault,) = check_library(files)
        assert said in fault.message.en
    files = LIBRARY | {
        "presets/micro.yaml": LIBRARY["presets/micro.yaml"].replace("[low,", "[refetch, low,")
    }
    with pytest.raises(LibraryFaults, match="no severity"):
        load_library(files, preset="standard")


def test_a_library_publishes_the_playbooks_that_its_rules_name() -> None:
    library = load_library(LIBRARY, preset="standard")
    assert {one.id for one in library.mending} == {rule.mend for rule in library.health}
    assert all(one.severity is None for one in library.mending)
    assert all(rule.mend for rule in library.health), "each fault proposes its mend"
    assert load_library(LIBRARY, preset="micro").mending == ()
    for playbook in library.mending:
        assert any(step.action == "open_case" and step.after_ms for step in playbook.steps)


def test_counts_are_of_days() -> None:
    today = day_of(START_MS)
    told = [(f"{today}/a.b", MendCount(begun=2, alone=1)), (f"{today - 1}/a.b", MendCount(begun=1))]
    assert mended_by_rule(told) == {"a.b": MendCount(begun=3, alone=1)}
    assert mended_by_rule(told, range(today, today + 1)) == {"a.b": MendCount(begun=2, alone=1)}
