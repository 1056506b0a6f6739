"""A source that repeats itself without end costs no more than a bounded state."""

from datetime import UTC, datetime

import pytest

from orderguard.domain.events import (
    AftersaleData,
    EventType,
    OrderData,
    OrderEvent,
    ShipmentData,
    Traits,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import Buyer, Line, Order, OrderKey, OrderStatus
from orderguard.orders import OrderState, Told, derive, status_of
from orderguard.orders.state import TOLD_MAX

EMPTY = OrderState(key=OrderKey("standard", "demo", "A1"), number=1, first_ms=0)
PLACED = Order(order_id="A1", buyer=Buyer(id="b1"), lines=(Line(sku="shoe"),))


def event(
    kind: EventType,
    data: OrderData | ShipmentData | AftersaleData,
    at: int,
    door: str | None = None,
) -> OrderEvent:
    return OrderEvent(
        id=f"{kind} at {at}",
        type=kind,
        channel="standard",
        shop="demo",
        occurred_ms=at,
        received_ms=at,
        data=data,
        traits=Traits(doorstep=door),
    )


def enquiries(state: OrderState, count: int) -> tuple[OrderState, int]:
    told = 0
    for at in range(1, count + 1):
        state, new = derive(
            state, event(EventType.ENQUIRY_OPENED, AftersaleData(order_id="A1"), at)
        )
        told += len(new)
    return state, told


@pytest.mark.parametrize("is_placed", [True, False])
def test_facts_that_recur_are_bounded_and_others_are_told_beyond(*, is_placed: bool) -> None:
    state = EMPTY
    if is_placed:
        state, _ = derive(state, event(EventType.ORDER_CREATED, OrderData(order=PLACED), 0))
    state, told = enquiries(state, TOLD_MAX + 50)
    assert len(state.told) + len(state.waiting) == TOLD_MAX
    assert told == (TOLD_MAX - 1 if is_placed else 0)
    state, new = derive(
        state, event(EventType.SHIPMENT_SHIPPED, ShipmentData(order_id="A1"), TOLD_MAX * 2)
    )
    assert status_of(state) is OrderStatus.SHIPPED
    if is_placed:
        assert [one.kind for one in new] == [FactKind.SHIPPED]


def test_an_address_that_changes_without_end_is_bounded() -> None:
    state = EMPTY
    for at in range(TOLD_MAX + 50):
        change = event(EventType.ORDER_UPDATED, OrderData(order=PLACED), at, f"door {at}")
        state, _ = derive(state, change)
    assert len(state.told) == TOLD_MAX
    assert len(state.doorsteps) <= TOLD_MAX
    assert state.members["ship_to_doorstep"] == f"door {TOLD_MAX + 49}", "what is known goes on"


def test_what_follows_from_a_late_member_is_amended_with_it() -> None:
    guest = Order(order_id="A1", buyer=Buyer(), lines=(Line(sku="shoe"),))
    state, _ = derive(EMPTY, event(EventType.ORDER_PAID, OrderData(order=guest), 0))
    named = Order(order_id="A1", buyer=Buyer(id="b1"))
    state, told = derive(state, event(EventType.ORDER_UPDATED, OrderData(order=named), 2))
    amends = frozenset({"buyer_id", "buyer_household", "buyer_is_new"})
    assert told == (Told(FactKind.PLACED, 0, amends), Told(FactKind.PAID, 0, amends))
    registered = Buyer(id="b1", registered_at=datetime(2026, 11, 1, tzinfo=UTC))
    dated = OrderData(order=Order(order_id="A1", buyer=registered))
    _, told = derive(state, event(EventType.ORDER_UPDATED, dated, 3))
    assert {one.amends for one in told} == {
        frozenset({"buyer_registered_at", "buyer_account_age_days", "buyer_is_new"})
    }
