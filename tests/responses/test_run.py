"""Playbook runs: what is due, for which orders, and what a more severe playbook makes of it."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.findings import finding, key

from orderguard.alerts import open_alert
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.library import Playbook, PlaybookStep
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.responses import Run, RunStep, StepState, advance, start, take_over
from orderguard.responses.run import ONLY_IF

HOUR = 3_600_000

WAITING, SKIPPED, WOULD_DO = StepState.WAITING, StepState.SKIPPED, StepState.WOULD_DO


def playbook(name: str, *steps: PlaybookStep, version: str = "1") -> Playbook:
    return Playbook(
        id=name,
        version=version,
        title=Bilingual(en=name, zh=name),
        severity=Severity(name),
        steps=steps,
    )


def step(name: str, *, after_ms: int = 0, only_if: str | None = None) -> PlaybookStep:
    return PlaybookStep(step=name, action=f"do_{name}", after_ms=after_ms, only_if=only_if)


LOW = playbook(
    "low",
    step("ask", only_if="not_shipped"),
    step("lock", only_if="not_shipped"),
    step("unlock", after_ms=2 * HOUR, only_if="unpaid"),
    step("reserve", after_ms=2 * HOUR, only_if="paid"),
)
HIGH = playbook(
    "high",
    step("hold", only_if="not_shipped"),
    step("intercept", only_if="shipped"),
    step("case"),
    step("remind", after_ms=4 * HOUR),
)
CRITICAL = playbook(
    "critical",
    step("challenge"),
    step("hold", only_if="not_shipped"),
    step("intercept", only_if="shipped"),
    step("case"),
)


class Orders:
    """The orders of an alert, each in its status; all unpaid unless said."""

    def __init__(self, *order_ids: str) -> None:
        self.keys = tuple(key(order_id) for order_id in order_ids)
        self._statuses: dict[OrderKey, OrderStatus] = {}

    def becomes(self, order_id: str, status: OrderStatus) -> None:
        self._statuses[key(order_id)] = status

    def joined_by(self, order_id: str) -> None:
        self.keys = (*self.keys, key(order_id))

    def status(self, order: OrderKey) -> OrderStatus:
        return self._statuses.get(order, OrderStatus.PENDING_PAYMENT)

    def begun(self, plan: Playbook, now_ms: int = 0) -> Run:
        alert = open_alert(finding([order.order_id for order in self.keys]))
        return start(alert, plan, now_ms)

    def advanced(self, run: Run, now_ms: int) -> Run:
        return advance(run, self.keys, self.status, now_ms)


def states(run: Run) -> list[tuple[str, StepState]]:
    return [(one.step, one.state) for one in run.steps]


def of(run: Run, name: str) -> RunStep:
    (found,) = (one for one in run.steps if one.step == name and not one.off)
    return found


def order_ids(one: RunStep) -> list[str]:
    return [order.order_id for order in one.orders]


def test_a_run_begins_with_everything_to_come() -> None:
    run = Orders("a").begun(LOW, now_ms=5)
    assert {one.state for one in run.steps} == {WAITING}
    assert [one.due_at for one in run.steps] == [5, 5, 5 + 2 * HOUR, 5 + 2 * HOUR]
    assert (run.playbook, run.version, run.started_at, run.next_due) == ("low", "1", 5, 5)


def test_what_is_due_would_be_done_and_the_rest_waits() -> None:
    orders = Orders("a")
    run = orders.advanced(orders.begun(LOW), 0)
    assert states(run) == [
        ("ask", WOULD_DO),
        ("lock", WOULD_DO),
        ("unlock", WAITING),
        ("reserve", WAITING),
    ]
    assert run.next_due == 2 * HOUR
    assert states(orders.advanced(run, 2 * HOUR - 1)) == states(run)
    after = orders.advanced(run, 2 * HOUR)
    assert states(after)[2:] == [("unlock", WOULD_DO), ("reserve", SKIPPED)]
    assert after.next_due is None


def test_each_condition_by_the_status_of_the_order() -> None:
    fits = {name: {str(s) for s in OrderStatus if holds(s)} for name, holds in ONLY_IF.items()}
    assert fits == {
        "unpaid": {"pending_payment", "unknown", "cancelled", "closed"},
        "paid": {"paid", "fulfilling", "shipped", "delivered", "completed"},
        "shipped": {"shipped", "delivered", "completed"},
        "not_shipped": {"pending_payment", "unknown", "paid", "fulfilling"},
    }


def test_a_step_is_for_the_orders_that_it_fits() -> None:
    orders = Orders("unpaid", "paid", "gone", "cancelled")
    orders.becomes("paid", OrderStatus.PAID)
    orders.becomes("gone", OrderStatus.SHIPPED)
    orders.becomes("cancelled", OrderStatus.CANCELLED)
    run = orders.advanced(orders.begun(HIGH), 0)
    assert order_ids(of(run, "hold")) == ["unpaid", "paid"]
    assert order_ids(of(run, "intercept")) == ["gone"]
    assert order_ids(of(run, "case")) == ["unpaid", "paid", "gone", "cancelled"]


def test_a_step_that_fits_nobody_is_skipped_until_somebody_joins() -> None:
    orders = Orders("a")
    run = orders.advanced(orders.begun(HIGH), 0)
    assert (of(run, "intercept").state, of(run, "intercept").orders) == (SKIPPED, ())
    orders.becomes("b", OrderStatus.SHIPPED)
    orders.joined_by("b")
    run = orders.advanced(run, 1)
    assert (of(run, "intercept").state, order_ids(of(run, "intercept"))) == (WOULD_DO, ["b"])
    assert order_ids(of(run, "hold")) == ["a"]
    assert order_ids(of(run, "case")) == ["a", "b"]
    assert order_ids(of(run, "remind")) == ["a", "b"], "what waits is for all of them too"


def test_a_step_looks_at_an_order_once() -> None:
    """An order that is paid after its lock has ended is not reserved when another one joins."""
    orders = Orders("a")
    run = orders.advanced(orders.begun(LOW), 2 * HOUR)
    orders.becomes("a", OrderStatus.PAID)
    orders.joined_by("b")
    run = orders.advanced(run, 3 * HOUR)
    assert order_ids(of(run, "unlock")) == ["a", "b"]
    assert of(run, "reserve").orders == ()


def test_a_status_counts_as_it_is_when_the_step_is_due() -> None:
    orders = Orders("a", "b")
    run = orders.advanced(orders.begun(LOW), 0)
    orders.becomes("b", OrderStatus.PAID)
    run = orders.advanced(run, 2 * HOUR)
    assert (order_ids(of(run, "unlock")), order_ids(of(run, "reserve"))) == (["a"], ["b"])


def test_the_stock_of_an_order_that_ended_meanwhile_is_unlocked() -> None:
    orders = Orders("a", "b")
    run = orders.advanced(orders.begun(LOW), 0)
    orders.becomes("a", OrderStatus.CANCELLED)
    orders.becomes("b", OrderStatus.CLOSED)
    run = orders.advanced(run, 2 * HOUR)
    assert (order_ids(of(run, "unlock")), of(run, "reserve").orders) == (["a", "b"], ())


def test_an_alert_without_orders_has_its_steps_done_once() -> None:
    orders = Orders()
    run = orders.advanced(orders.begun(HIGH), 0)
    assert {one.state for one in run.steps if one.step != "remind"} == {WOULD_DO}


def test_a_more_severe_playbook_takes_over() -> None:
    orders = Orders("a")
    low = orders.advanced(orders.begun(LOW), 0)
    run = orders.advanced(take_over(low, orders.begun(HIGH, HOUR)), HOUR)
    assert (run.playbook, run.started_at, run.next_due) == ("high", HOUR, 5 * HOUR)
    assert states(run) == [
        ("ask", WOULD_DO),
        ("lock", WOULD_DO),
        ("unlock", SKIPPED),
        ("reserve", SKIPPED),
        ("hold", WOULD_DO),
        ("intercept", SKIPPED),
        ("case", WOULD_DO),
        ("remind", WAITING),
    ]
    orders.joined_by("b")
    later = orders.advanced(run, 3 * HOUR)
    assert later.steps[:4] == run.steps[:4], "what was taken over changes no more"
    assert order_ids(of(later, "hold")) == ["a", "b"]


def test_what_was_done_is_not_done_again_by_the_more_severe_one() -> None:
    orders = Orders("a")
    orders.becomes("gone", OrderStatus.SHIPPED)
    high = orders.advanced(orders.begun(HIGH), 0)
    orders.joined_by("gone")
    run = orders.advanced(take_over(high, orders.begun(CRITICAL, HOUR)), HOUR)
    assert states(run) == [
        ("intercept", SKIPPED),
        ("remind", SKIPPED),
        ("challenge", WOULD_DO),
        ("hold", WOULD_DO),
        ("intercept", WOULD_DO),
        ("case", WOULD_DO),
    ]
    assert of(run, "hold").due_at == 0, "when it was done"
    assert order_ids(of(run, "hold")) == ["a"]
    assert order_ids(of(run, "case")) == ["a", "gone"]
    assert order_ids(of(run, "intercept")) == ["gone"]


def test_an_alert_that_grows_long_asks_for_each_status_once() -> None:
    """Else the ten thousandth order of an attack would cost ten thousand looks."""
    orders, asked = Orders("o"), 0

    def status(_order: OrderKey) -> OrderStatus:
        nonlocal asked
        asked += 1
        return OrderStatus.PAID

    run = orders.begun(HIGH)
    for number in range(300):
        run = advance(run, orders.keys, status, number)
        orders.joined_by(f"o{number}")
    assert asked == 300 * sum(one.only_if is not None for one in HIGH.steps)
    assert of(run, "hold").orders is of(run, "case").orders, "a step for all shares their tuple"


statuses = st.sampled_from(list(OrderStatus))
moves = st.lists(
    st.one_of(
        st.tuples(st.just("join"), statuses),
        st.tuples(st.just("wait"), st.integers(0, 3 * HOUR)),
    ),
    max_size=12,
)


@given(moves)
def test_advancing_again_changes_nothing_and_nobody_is_forgotten(
    some: Sequence[tuple[str, OrderStatus | int]],
) -> None:
    for plan in (LOW, HIGH, CRITICAL):
        orders, now_ms = Orders("o"), 0
        run = orders.begun(plan)
        for number, (move, value) in enumerate(some):
            if isinstance(value, OrderStatus):
                orders.becomes(f"o{number}", value)
                orders.joined_by(f"o{number}")
            else:
                now_ms += value
            before = run
            run = orders.advanced(run, now_ms)
            assert orders.advanced(run, now_ms) is run, move
            for old, new in zip(before.steps, run.steps, strict=True):
                assert old.state is WAITING or set(old.orders) <= set(new.orders)
                assert new.state is not WAITING or new.due_at > now_ms
                assert len(set(new.orders)) == len(new.orders)
        for one in run.steps:
            holds = ONLY_IF[one.only_if] if one.only_if else None
            fitting = [o for o in orders.keys if holds is None or holds(orders.status(o))]
            assert list(one.orders) == (list(orders.keys) if one.state is WAITING else fitting)
