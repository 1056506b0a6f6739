"""What a playbook would have come to for a past alert."""

from msgspec.structs import replace
from tests.alerts.findings import finding
from tests.responses.test_answers import HIGH, LOW
from tests.responses.test_run import HOUR

from orderguard.alerts import open_alert
from orderguard.domain.library import Playbook, StepAnswer
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.responses import Run, StepState, dry_run


def status(at_ms: int, key: OrderKey) -> OrderStatus:
    """One order is paid for within an hour, the other never."""
    if key.order_id == "o2" and at_ms >= HOUR:
        return OrderStatus.PAID
    return OrderStatus.PENDING_PAYMENT


def tried(playbook: Playbook, *, stopped: str = "", **answers: StepAnswer) -> Run:
    alert = replace(open_alert(finding(["o1", "o2"])), detected_at=0)
    return dry_run(
        alert, playbook, status, answers, stopped=lambda action: "stop" if action == stopped else ""
    )


def told(run: Run) -> dict[str, tuple[StepState, int | None, list[str]]]:
    """(state, begun at, for whom) of each step."""
    return {
        step.step: (
            step.state,
            min((one.due_at for one in step.portions), default=None),
            [key.order_id for key in step.orders] if step.portions else [],
        )
        for step in run.steps
    }


def test_nobody_answers_and_what_is_not_paid_by_then_is_given_back() -> None:
    found = told(tried(LOW))
    assert found["ask"] == (StepState.DONE, 0, ["o1", "o2"])
    assert found["lock"] == (StepState.DONE, 0, ["o1", "o2"])
    assert found["unlock"] == (StepState.DONE, 2 * HOUR, ["o1"])
    assert found["silent"] == (StepState.DONE, 2 * HOUR, ["o1", "o2"])
    assert {found[name][0] for name in ("go_on", "back", "remark")} == {StepState.SKIPPED}


def test_an_answer_takes_its_branch() -> None:
    confirmed = told(tried(LOW, ask=StepAnswer.CONFIRMED))
    assert confirmed["go_on"] == (StepState.DONE, 0, ["o1", "o2"])
    assert confirmed["unlock"][0] is confirmed["silent"][0] is StepState.SKIPPED
    denied = told(tried(LOW, ask=StepAnswer.DENIED))
    assert denied["back"] == (StepState.DONE, 0, ["o1", "o2"])
    failed = told(tried(LOW, ask=StepAnswer.FAILED))
    assert failed["remark"] == (StepState.DONE, 0, ["o1", "o2"])


def test_a_hold_that_comes_too_late_is_chased() -> None:
    assert told(tried(HIGH))["chase"][0] is StepState.SKIPPED
    late = told(tried(HIGH, hold=StepAnswer.TOO_LATE))
    assert late["chase"] == (StepState.DONE, 0, ["o1", "o2"])
    assert late["remind"][1] == HOUR


def test_what_a_person_has_stopped_is_told() -> None:
    (hold, *_) = tried(HIGH, stopped="hold_shipment").steps
    assert (hold.state, hold.stopped) == (StepState.SKIPPED, "stop")
