"""Live runs: what is sent, what comes back, and the steps that follow from it."""

import datetime as dt

import pytest
from msgspec.structs import replace
from tests.responses.test_run import HOUR, Orders, order_ids, playbook

from orderguard.domain.library import Branch, Hours, Playbook, PlaybookStep, StepAnswer
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Outcome
from orderguard.kit.clock import to_ms
from orderguard.responses import (
    APPROVED,
    SENDING,
    Portion,
    PortionState,
    Run,
    RunStep,
    StepState,
    advance,
    close,
    opening,
    receive,
    take_over,
)

DONE, FAILED = Outcome.DONE.value, Outcome.REFUSED.value
CONFIRMED, DENIED = StepAnswer.CONFIRMED, StepAnswer.DENIED


def branch(step: str, *answers: StepAnswer) -> Branch:
    return Branch(step, answers)


LOW = playbook(
    "low",
    PlaybookStep(step="ask", action="sms", is_each=True, wait_ms=2 * HOUR),
    PlaybookStep(step="lock", action="lock_stock", is_each=True),
    PlaybookStep(step="go_on", action="reserve_stock", on=branch("ask", CONFIRMED)),
    PlaybookStep(step="back", action="unlock_stock", undoes="lock", on=branch("ask", DENIED)),
    PlaybookStep(step="remark", action="remark_order", on=branch("ask", StepAnswer.FAILED)),
    PlaybookStep(
        step="unlock",
        action="unlock_stock",
        undoes="lock",
        after_ms=2 * HOUR,
        only_if="unpaid",
        unless=branch("ask", CONFIRMED, DENIED),
    ),
    PlaybookStep(step="silent", action="notify", on=branch("ask", StepAnswer.TIMEOUT)),
)
HIGH = playbook(
    "high",
    PlaybookStep(step="hold", action="hold_shipment", only_if="not_shipped"),
    PlaybookStep(step="chase", action="intercept_parcel", on=branch("hold", StepAnswer.TOO_LATE)),
    PlaybookStep(step="case", action="open_case"),
    PlaybookStep(step="remind", action="notify", after_step="hold", after_ms=HOUR),
)


class LiveRun:
    """A run that acts, over orders of a test."""

    def __init__(self, plan: Playbook, *order_ids: str, stopped: str = "") -> None:
        self.orders = Orders(*order_ids)
        self.now_ms = 0
        self.stopped = stopped
        self.run = replace(self.orders.begun(plan), acts=True)
        self.move()

    def move(self, now_ms: int | None = None) -> None:
        self.now_ms = self.now_ms if now_ms is None else now_ms
        self.run = advance(
            self.run,
            self.orders.keys,
            self.orders.status,
            self.now_ms,
            stopped=lambda _action: self.stopped,
            is_live=True,
        )

    def step(self, name: str) -> RunStep:
        (found,) = (one for one in self.run.steps if one.step == name and not one.off)
        return found

    def portion(self, name: str, order_id: str | None = None) -> Portion:
        step = self.step(name)
        (found,) = (
            one
            for one in step.portions
            if order_id is None
            or order_id in [key.order_id for key in step.orders[one.first : one.end]]
        )
        return found

    def told(self, name: str, outcome: str, order_id: str | None = None) -> None:
        key = self.portion(name, order_id).key if outcome != APPROVED else ""
        self.run = receive(
            self.run, step=name, key=key, outcome=outcome, reference="", detail="",
            at_ms=self.now_ms,
        )  # fmt: skip
        self.move()

    @property
    def unsent(self) -> list[str]:
        return [step.step for step, _ in self.run.unsent]


def test_each_buyer_is_asked_by_itself_and_what_is_due_is_unsent() -> None:
    live = LiveRun(LOW, "a", "b")
    assert live.unsent == ["ask", "ask", "lock", "lock"]
    assert live.step("ask").state is StepState.DUE
    keys = {portion.key for step in live.run.steps for portion in step.portions}
    assert len(keys) == 4
    assert keys == {p.key for s in LiveRun(LOW, "a", "b").run.steps for p in s.portions}


def test_who_confirms_goes_on_at_once_and_is_not_unlocked_later() -> None:
    live = LiveRun(LOW, "a", "b")
    for order in ("a", "b"):
        live.told("ask", DONE, order)
        live.told("lock", DONE, order)
    live.told("ask", "confirmed", "a")
    assert order_ids(live.step("go_on")) == ["a"]
    live.move(2 * HOUR)
    assert order_ids(live.step("unlock")) == ["b"]
    assert live.portion("unlock").undoes == live.portion("lock", "b").key
    assert order_ids(live.step("silent")) == ["b"]
    live.told("ask", "denied", "b")
    assert live.step("back").state is StepState.SKIPPED, "an answer after the time is none"


def test_who_denies_has_the_lock_taken_back_once() -> None:
    live = LiveRun(LOW, "a")
    live.told("ask", DONE)
    live.told("lock", DONE)
    live.told("ask", "denied")
    assert live.portion("back").undoes == live.portion("lock").key
    live.move(3 * HOUR)
    assert live.step("unlock").portions == ()
    live.told("back", DONE)
    assert live.unsent == []
    assert live.step("back").state is StepState.DONE


def test_a_lock_that_was_never_begun_is_not_begun_after_its_time() -> None:
    live = LiveRun(LOW, "a")
    live.move(2 * HOUR)
    assert live.portion("lock").outcome is Outcome.TOO_LATE
    assert live.unsent == ["ask"]
    assert live.step("unlock").state is StepState.SKIPPED


def test_a_lock_that_is_being_sent_is_taken_back_when_it_is_known() -> None:
    live = LiveRun(LOW, "a")
    live.told("lock", SENDING)
    live.move(2 * HOUR)
    assert "unlock" not in live.unsent
    live.told("lock", Outcome.MAYBE_DONE.value)
    assert "unlock" in live.unsent, "it may have been done"


def test_a_failed_step_has_its_own_branch() -> None:
    live = LiveRun(LOW, "a")
    live.told("ask", FAILED)
    assert live.unsent == ["lock", "remark"]
    assert live.step("ask").state is StepState.SKIPPED
    assert live.step("go_on").state is StepState.SKIPPED


def test_a_hold_that_comes_too_late_asks_for_an_interception() -> None:
    live = LiveRun(HIGH, "a")
    live.told("hold", SENDING)
    live.told("hold", Outcome.TOO_LATE.value)
    assert order_ids(live.step("chase")) == ["a"]
    assert live.step("case").state is StepState.DONE, "recording it is doing it"


def test_a_step_after_another_counts_from_its_end() -> None:
    live = LiveRun(HIGH, "a")
    assert live.run.next_due is None, "nobody knows when the hold will be done"
    live.move(5 * HOUR)
    live.told("hold", DONE)
    assert live.run.next_due == 6 * HOUR
    live.move(6 * HOUR)
    assert live.unsent == ["remind"]


def test_orders_that_join_before_it_is_sent_go_with_it_and_later_ones_by_themselves() -> None:
    live = LiveRun(HIGH, "a")
    live.orders.joined_by("b")
    live.move()
    assert len(live.step("hold").portions) == 1
    live.told("hold", SENDING)
    for order_id in ("c", "d"):
        live.orders.joined_by(order_id)
        live.move()
    first, second = live.step("hold").portions
    assert (first.first, first.end, first.state) == (0, 2, PortionState.SENDING)
    assert (second.first, second.end, second.state) == (2, 4, PortionState.DUE)


def test_a_receipt_counts_once_and_an_unknown_key_not_at_all() -> None:
    live = LiveRun(HIGH, "a")
    live.told("hold", DONE)
    before = live.run
    for outcome in (FAILED, SENDING, "nonsense"):
        live.told("hold", outcome)
        assert live.run == before
    other = receive(
        before, step="hold", key="stp_x", outcome=DONE, reference="", detail="", at_ms=0
    )
    assert other == before


def test_what_is_stopped_is_skipped_and_says_why() -> None:
    live = LiveRun(LOW, "a")
    live.told("lock", DONE)
    live.stopped = "shop/standard/demo"
    live.orders.joined_by("b")
    live.move(2 * HOUR)
    assert "unlock" in live.unsent, "what was done is taken back"
    assert len(live.step("lock").portions) == 1
    fresh = LiveRun(HIGH, "a", stopped="action/hold_shipment")
    assert (fresh.step("hold").state, fresh.step("hold").stopped) == (
        StepState.SKIPPED,
        "action/hold_shipment",
    )
    assert fresh.unsent == []


@pytest.mark.parametrize("action", ["release", "cancel", "none"])
def test_a_decided_case_ends_what_waits_and_does_what_was_decided(action: str) -> None:
    live = LiveRun(HIGH, "a")
    live.told("hold", DONE)
    live.run = close(live.run, action, 1)
    live.move(1)
    expected = {"release": ["release_hold"], "cancel": ["cancel"], "none": []}
    assert live.unsent == expected[action]
    live.move(9 * HOUR)
    assert live.unsent == expected[action]
    if action == "release":
        assert live.portion("release_hold").undoes == live.portion("hold").key
    assert close(live.run, "release", 2) is live.run, "a case is decided once"


def test_a_more_severe_playbook_still_takes_back_the_locks() -> None:
    live = LiveRun(LOW, "a")
    live.told("lock", DONE)
    live.run = take_over(live.run, live.orders.begun(HIGH, HOUR))
    live.move(HOUR)
    assert "unlock" not in live.unsent
    live.move(2 * HOUR)
    (unlock,) = (step for step in live.run.steps if step.step == "unlock")
    assert unlock.portions[0].undoes


def test_a_hold_over_its_budget_waits_for_a_person() -> None:
    live = LiveRun(HIGH, "a")
    waiting = tuple(
        RunStep(plan=step.plan, state=StepState.WAITING, due_at=0, orders=(), waits_for="person")
        if step.step == "hold"
        else step
        for step in live.orders.begun(HIGH).steps
    )
    live.run = Run(
        alert_id="alt", playbook="high", version="1", started_at=0, steps=waiting, acts=True
    )
    live.move(HOUR)
    assert live.unsent == []
    live.told("hold", APPROVED)
    assert live.unsent == ["hold"]


def test_a_run_that_began_by_watching_goes_on_watching() -> None:
    orders = Orders("a")
    run = advance(orders.begun(HIGH), orders.keys, orders.status, 0, is_live=True)
    assert run.unsent == ()
    assert {step.state for step in run.steps} <= {
        StepState.WOULD_DO,
        StepState.WAITING,
        StepState.SKIPPED,
    }


def test_in_shadow_the_silence_of_those_asked_goes_its_way() -> None:
    orders = Orders("a")
    run = orders.advanced(orders.begun(LOW), 0)
    assert run.next_due == 2 * HOUR
    run = orders.advanced(run, 2 * HOUR)
    states = {step.step: step.state for step in run.steps}
    assert states["silent"] is StepState.WOULD_DO
    assert states["unlock"] is StepState.WOULD_DO
    assert states["go_on"] is states["back"] is states["remark"] is StepState.SKIPPED
    assert orders.advanced(run, 9 * HOUR) is run


@pytest.mark.parametrize(
    ("at", "hours", "opens"),
    [
        ("2026-11-11T09:00:00+08:00", (480, 1260), "2026-11-11T09:00:00+08:00"),
        ("2026-11-11T21:00:00+08:00", (480, 1260), "2026-11-12T08:00:00+08:00"),
        ("2026-11-11T00:10:00+08:00", (480, 1260), "2026-11-11T08:00:00+08:00"),
        ("2026-11-11T23:00:00+08:00", (1320, 120), "2026-11-11T23:00:00+08:00"),
        ("2026-11-11T01:59:00+08:00", (1320, 120), "2026-11-11T01:59:00+08:00"),
        ("2026-11-11T12:00:00+08:00", (1320, 120), "2026-11-11T22:00:00+08:00"),
    ],
)
def test_quiet_hours(at: str, hours: tuple[int, int], opens: str) -> None:
    def ms(text: str) -> int:
        return to_ms(dt.datetime.fromisoformat(text))

    assert opening(ms(at), Hours(*hours, "Asia/Shanghai")) == ms(opens)
    assert opening(ms(at), None) == ms(at)


def test_a_paid_order_keeps_its_lock() -> None:
    live = LiveRun(LOW, "a", "b")
    live.told("lock", DONE, "a")
    live.told("lock", DONE, "b")
    live.orders.becomes("a", OrderStatus.PAID)
    live.move(2 * HOUR)
    assert [key.order_id for key in live.step("unlock").orders] == ["b"]
    assert isinstance(live.step("unlock").orders[0], OrderKey)
