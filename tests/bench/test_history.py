from itertools import islice

from bench.history import START_MS, history

from orderguard.domain.events import OrderData
from orderguard.domain.wire import decode_event
from orderguard.kit.clock import MS_PER_DAY, to_ms

COUNT = 20_000


def test_a_history_is_events_in_the_order_of_their_time() -> None:
    events = [decode_event(message.body).event for message in islice(history(), COUNT)]
    instants = [to_ms(event.occurred_at) for event in events]
    assert instants == sorted(instants)
    assert instants[0] >= START_MS
    assert START_MS + MS_PER_DAY < instants[-1] < START_MS + 3 * MS_PER_DAY
    assert len({event.id for event in events}) == COUNT
    assert {event.type.value for event in events} == {
        "order.created",
        "order.paid",
        "shipment.shipped",
    }


def test_it_has_bursts_gifts_and_new_buyers() -> None:
    events = [decode_event(message.body).event for message in islice(history(), COUNT)]
    placed = [
        event.data.order
        for event in events
        if isinstance(event.data, OrderData) and event.type.value == "order.created"
    ]
    buyers = [order.buyer.id for order in placed if order.buyer]
    assert any(len(set(buyers[at : at + 5])) == 1 for at in range(0, len(buyers), 5))
    names = [(o.buyer.name, o.ship_to.name) for o in placed if o.buyer and o.ship_to]
    gifts = sum(own != receiver for own, receiver in names)
    assert 0.01 < gifts / len(placed) < 0.03
    young = sum(
        order.buyer.registered_at.year == 2026
        for order in placed
        if order.buyer and order.buyer.registered_at
    )
    assert 0.04 < young / len(placed) < 0.08
