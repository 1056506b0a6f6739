"""The order state machine: facts each once, whatever mix of events arrives."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from orderguard.domain.events import (
    EventType,
    OrderData,
    OrderEvent,
    RefundData,
    ShipmentData,
    Traits,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Device,
    Line,
    Order,
    OrderKey,
    OrderStatus,
    Payment,
)
from orderguard.orders import OrderState, Told, derive, order_fields, order_key, status_of

PROVE = os.environ.get("ORDERGUARD_PROVE") == "1"
T0 = datetime(2026, 11, 11, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
NO_TRAITS = Traits()
KEY = OrderKey("standard", "demo", "A1")


def event(
    kind: EventType,
    data: OrderData | ShipmentData | RefundData,
    minute: float,
    *,
    event_id: str = "",
    traits: Traits = NO_TRAITS,
) -> OrderEvent:
    at = T0_MS + round(minute * 60_000)
    return OrderEvent(
        id=event_id or f"{kind}@{minute}",
        type=kind,
        channel="standard",
        shop="demo",
        occurred_ms=at,
        received_ms=T0_MS + 86_400_000,
        data=data,
        traits=traits,
    )


def order(minute: float | None = None, **members: object) -> OrderData:
    updated = None if minute is None else T0 + timedelta(minutes=minute)
    return OrderData(order=Order(order_id="A1", updated_at=updated, **members))  # type: ignore[arg-type]


def run(events: list[OrderEvent]) -> tuple[OrderState, list[Told]]:
    state = OrderState(key=KEY, number=1, first_ms=events[0].occurred_ms)
    told: list[Told] = []
    for one in events:
        state, new = derive(state, one)
        told += new
    return state, told


def first_told(told: list[Told]) -> list[tuple[FactKind, int]]:
    return sorted((one.kind, one.at) for one in told if one.amends is None)


FULL = {
    "created_at": T0,
    "buyer": Buyer(id="b1", registered_at=T0 - timedelta(days=3)),
    "lines": (Line(sku="SKU-1", quantity=2, unit_price="10.00"),),
    "amount": "20.00",
    "currency": "CNY",
    "coupons": (Coupon(id="c"),),
    "device": Device(id="d1", ip="1.2.3.4"),
}
PAID_AT = T0 + timedelta(minutes=3)
LIFE = [
    event(EventType.ORDER_CREATED, order(0, **FULL), 0),
    event(
        EventType.ORDER_PAID,
        order(3, status=OrderStatus.PAID, paid_at=PAID_AT, payment=Payment(account="p1"), **FULL),
        3,
    ),
    event(
        EventType.ORDER_UPDATED,
        order(5, status=OrderStatus.SHIPPED, paid_at=PAID_AT, **FULL),
        5,
    ),
    event(EventType.SHIPMENT_REQUESTED, ShipmentData(order_id="A1"), 4),
    event(EventType.SHIPMENT_SHIPPED, ShipmentData(order_id="A1"), 5),
    event(EventType.REFUND_REQUESTED, RefundData(order_id="A1", refund_id="r1"), 9),
    event(EventType.REFUND_REQUESTED, RefundData(order_id="A1", refund_id="r2"), 10),
]


def test_a_plain_life_tells_each_fact_once_in_order() -> None:
    state, told = run(LIFE)
    kinds = [one.kind for one in told if one.amends is None]
    assert kinds == [
        FactKind.PLACED,
        FactKind.PAID,
        FactKind.SHIPPED,
        FactKind.REQUESTED,
        FactKind.REFUND_REQUESTED,
        FactKind.REFUND_REQUESTED,
    ]
    assert status_of(state) is OrderStatus.SHIPPED
    assert order_key(LIFE[0]) == KEY


def test_repeats_tell_nothing_new() -> None:
    _, told = run([*LIFE, *LIFE, *reversed(LIFE)])
    assert first_told(told) == first_told(run(LIFE)[1])


def test_ids_only_wait_until_the_order_is_known() -> None:
    ids_only = event(EventType.ORDER_PAID, order(), 3, event_id="ids")
    state, told = run([ids_only])
    assert told == []
    assert status_of(state) is OrderStatus.PAID
    _, told = run([ids_only, event(EventType.ORDER_UPDATED, order(4, **FULL), 4)])
    assert [one.kind for one in told] == [FactKind.PLACED, FactKind.PAID]
    assert told[0].at == T0_MS


def test_a_guest_without_buyer_id_is_placed_by_its_payment() -> None:
    guest = {name: value for name, value in FULL.items() if name != "buyer"}
    created = event(EventType.ORDER_CREATED, order(0, **guest), 0)
    paid = event(EventType.ORDER_PAID, order(3, **guest), 3)
    assert run([created])[1] == []
    assert [one.kind for one in run([created, paid])[1]] == [FactKind.PLACED, FactKind.PAID]


def test_a_member_that_comes_late_amends_the_facts_it_was_missing_in() -> None:
    short = {name: value for name, value in FULL.items() if name != "device"}
    _, told = run(
        [
            event(EventType.ORDER_CREATED, order(0, **short), 0),
            event(EventType.ORDER_UPDATED, order(1, **FULL), 1),
            event(EventType.ORDER_UPDATED, order(2, **FULL), 2),
        ]
    )
    amended = [one for one in told if one.amends is not None]
    assert amended == [Told(FactKind.PLACED, T0_MS, frozenset({"device_id", "device_ip"}))]


def test_the_newest_document_has_the_word_whenever_it_arrives() -> None:
    old = event(EventType.ORDER_UPDATED, order(1, **{**FULL, "amount": "10.00"}), 1)
    new = event(EventType.ORDER_UPDATED, order(2, amount="30.00"), 2)
    for events in ([old, new], [new, old]):
        state, _ = run(events)
        assert state.members["order_amount"] == Decimal("30.00")
        assert state.members["buyer_id"] == "b1"


def test_a_changed_address_is_told_once_for_each_new_doorstep() -> None:
    def at(minute: float, door: str) -> OrderEvent:
        traits = Traits(doorstep=door)
        return event(
            EventType.ORDER_UPDATED,
            order(minute, **FULL),
            minute,
            event_id=f"{door}{minute}",
            traits=traits,
        )

    _, told = run([at(0, "x"), at(1, "y"), at(2, "y"), at(3, "x"), at(4, "z")])
    changed = [one.at for one in told if one.kind is FactKind.ADDRESS_CHANGED]
    assert changed == [T0_MS + 60_000, T0_MS + 240_000]


def test_amounts_in_a_foreign_currency_are_unknown_without_a_rate() -> None:
    state, told = run(LIFE[:1])

    def amount(currency: str, **members: object) -> Decimal | None:
        known = {**state.members, **members}
        fields = order_fields(
            KEY,
            1,
            known,  # type: ignore[arg-type]  # members of the right names
            told[0],
            currency,
        )
        found: Decimal | None = fields.get("order_amount")
        return found

    assert amount("CNY") == Decimal("20.00")
    assert amount("USD") is None
    assert amount("USD", exchange_rate=Decimal("0.14")) == Decimal("2.8000")


def test_account_age_is_counted_to_the_fact() -> None:
    state, told = run(LIFE[:1])
    fields = order_fields(KEY, 1, state.members, told[0], None)
    assert fields["buyer_account_age_days"] == 3.0
    assert fields["order_coupon_count"] == 1
    assert fields["order_quantity"] == 2


def test_every_order_of_arrival_of_a_short_life_tells_the_same() -> None:
    expected = first_told(run(LIFE[:5])[1])
    for arrival in permutations(LIFE[:5]):
        assert first_told(run(list(arrival))[1]) == expected


def test_without_instants_in_the_documents_the_facts_are_still_the_same() -> None:
    bare = {name: value for name, value in FULL.items() if name != "created_at"}
    life = [
        event(EventType.ORDER_CREATED, order(0, **bare), 0),
        event(EventType.ORDER_PAID, order(3, **bare), 3),
        event(EventType.ORDER_UPDATED, order(5, status=OrderStatus.DELIVERED), 5),
        event(EventType.ORDER_CANCELLED, order(7), 7),
    ]
    kinds = {kind for kind, _ in first_told(run(life)[1])}
    for arrival in permutations(life):
        told = [kind for kind, _ in first_told(run(list(arrival))[1])]
        assert set(told) == kinds
        assert len(told) == len(kinds)


@settings(max_examples=2000 if PROVE else 100, deadline=None)
@given(st.data())
def test_any_mix_order_and_repetition_tells_the_same_facts(data: st.DataObject) -> None:
    """Documents carry their own instants; parts of them may be missing in some repetition."""
    ids_only = event(EventType.ORDER_UPDATED, order(), 2, event_id="ids")
    paid_short = event(
        EventType.ORDER_PAID,
        order(3, status=OrderStatus.PAID, paid_at=PAID_AT),
        3,
        event_id="short",
    )
    pool = [*LIFE, ids_only, paid_short]
    extra = data.draw(st.lists(st.sampled_from(pool), max_size=10))
    arrival = data.draw(st.permutations([*LIFE, *extra]))
    state, told = run(list(arrival))
    expected_state, expected = run(LIFE)
    assert first_told(told) == first_told(expected)
    assert status_of(state) == status_of(expected_state)
    assert dict(state.members) == dict(expected_state.members)
