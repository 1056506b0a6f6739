"""Whether what a list or a detail tells is news, by the very state machine that the fold runs."""

from collections.abc import Callable
from enum import IntEnum

from orderguard.domain.events import EventType, OrderData, OrderEvent, ShipmentData
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Clock, Parsed, ShopConfig
from orderguard.errors import MalformedMessage
from orderguard.flows.protect import Tokens, protect
from orderguard.flows.tables import OrderRecord
from orderguard.orders import derive, order_key


class News(IntEnum):
    """What an event would change of the order as it is known."""

    NOTHING = 0
    DETAILS = 1
    """A member has another value: an address, a remark's time."""
    FACTS = 2
    """Something happened that nobody has told us of: a push was lost, or is late."""


_BEYOND_PAID = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED})


def is_skipped(event: OrderEvent, order: Callable[[OrderKey], OrderRecord | None]) -> bool:
    """Whether an event that is folded was the first to say that its order is paid, and is later.

    Then the push of the payment was lost, or will come late.
    """
    match event.data:
        case OrderData():
            is_later = event.data.order.status in _BEYOND_PAID
        case ShipmentData():
            is_later = event.type is EventType.SHIPMENT_SHIPPED
        case _:
            return False
    key = order_key(event) if is_later else None
    record = order(key) if key else None
    if record is None:
        return False
    return record.state.instants.get(FactKind.PAID, event.occurred_ms) == event.occurred_ms


class Gaps:
    """Compares; reads the fold and changes nothing."""

    def __init__(
        self, order: Callable[[OrderKey], OrderRecord | None], tokens: Tokens, clock: Clock
    ) -> None:
        self._order, self._tokens, self._clock = order, tokens, clock

    def news(self, shop: ShopConfig, parsed: Parsed) -> News:
        try:
            event = protect(
                parsed.event,
                channel=shop.channel,
                shop=shop.shop,
                received_ms=self._clock.now_ms(),
                tokens=self._tokens,
            )
        except MalformedMessage:
            return News.NOTHING  # It can never stand in the log.
        key = order_key(event)
        if key is None:
            return News.DETAILS  # Not of an order: the log's own deduplication decides.
        record = self._order(key)
        if record is None:
            return News.FACTS
        after, _ = derive(record.state, event)
        if after.instants.keys() - record.state.instants.keys():
            return News.FACTS
        return News.NOTHING if after.members == record.state.members else News.DETAILS
