"""What each witness says of an order: the channel, the warehouse, the carrier, finance.

The state merges them; here they stand apart, so that it can be told where they disagree.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.domain.events import EventType, OrderData, OrderEvent, SettlementData
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderStatus
from orderguard.kit.clock import to_ms


class Witness(StrEnum):
    CHANNEL = "channel"
    WAREHOUSE = "warehouse"
    CARRIER = "carrier"
    FINANCE = "finance"


class Word(Struct, frozen=True, array_like=True):
    """How far a witness says that the order has come, and when it said so (ms)."""

    kind: FactKind
    at: int


Words = dict[Witness, Word]

HOW_FAR: dict[FactKind, int] = {
    FactKind.PLACED: 0,
    FactKind.PAID: 1,
    FactKind.REQUESTED: 2,
    FactKind.ACCEPTED: 3,
    FactKind.PICKED: 4,
    FactKind.SHIPPED: 5,
    FactKind.IN_TRANSIT: 6,
    FactKind.DELIVERED: 7,
    FactKind.COMPLETED: 8,
    FactKind.CANCELLED: 9,
    FactKind.CLOSED: 9,
}
"""The order in which an order usually goes; what ended it is the furthest."""

_BY_STATUS: dict[OrderStatus, FactKind] = {
    OrderStatus.PENDING_PAYMENT: FactKind.PLACED,
    OrderStatus.PAID: FactKind.PAID,
    OrderStatus.FULFILLING: FactKind.REQUESTED,
    OrderStatus.SHIPPED: FactKind.SHIPPED,
    OrderStatus.DELIVERED: FactKind.DELIVERED,
    OrderStatus.COMPLETED: FactKind.COMPLETED,
    OrderStatus.CANCELLED: FactKind.CANCELLED,
    OrderStatus.CLOSED: FactKind.CLOSED,
}
_BY_TYPE: dict[EventType, tuple[Witness, FactKind]] = {
    EventType.ORDER_CREATED: (Witness.CHANNEL, FactKind.PLACED),
    EventType.ORDER_PAID: (Witness.CHANNEL, FactKind.PAID),
    EventType.ORDER_CANCELLED: (Witness.CHANNEL, FactKind.CANCELLED),
    EventType.ORDER_CLOSED: (Witness.CHANNEL, FactKind.CLOSED),
    EventType.ORDER_COMPLETED: (Witness.CHANNEL, FactKind.COMPLETED),
    EventType.SHIPMENT_REQUESTED: (Witness.WAREHOUSE, FactKind.REQUESTED),
    EventType.SHIPMENT_ACCEPTED: (Witness.WAREHOUSE, FactKind.ACCEPTED),
    EventType.SHIPMENT_PICKED: (Witness.WAREHOUSE, FactKind.PICKED),
    EventType.SHIPMENT_SHIPPED: (Witness.WAREHOUSE, FactKind.SHIPPED),
    EventType.SHIPMENT_IN_TRANSIT: (Witness.CARRIER, FactKind.IN_TRANSIT),
    EventType.SHIPMENT_DELIVERED: (Witness.CARRIER, FactKind.DELIVERED),
    EventType.SETTLEMENT_RECORDED: (Witness.FINANCE, FactKind.SETTLED),
}


def heard(words: Words, event: OrderEvent) -> Words:
    """The words after one more event.

    A channel takes its word back (an order goes from shipped to closed, or is corrected), so its
    newest document counts; what a warehouse or a carrier did is done, so the furthest counts.
    """
    said = _said(event)
    if said is None:
        return words
    witness, word = said
    known = words.get(witness)
    if known is not None:
        if witness is Witness.CHANNEL:
            newer = (word.at, HOW_FAR[word.kind]) > (known.at, HOW_FAR[known.kind])
        else:
            newer = HOW_FAR.get(word.kind, 0) > HOW_FAR.get(known.kind, 0)
        if not newer:
            return words
    return {**words, witness: word}


def _said(event: OrderEvent) -> tuple[Witness, Word] | None:
    if isinstance(event.data, OrderData):
        order = event.data.order
        at = to_ms(order.updated_at) if order.updated_at else event.occurred_ms
        said = _BY_STATUS.get(order.status) if order.status is not None else None
        by_type = _BY_TYPE.get(event.type)
        # A type says what happened; a status that comes with it may be ahead of it.
        kinds = [kind for kind in (said, by_type and by_type[1]) if kind is not None]
        if not kinds:
            return None
        return Witness.CHANNEL, Word(max(kinds, key=HOW_FAR.__getitem__), at)
    if isinstance(event.data, SettlementData) and event.data.kind != "payment":
        return None
    by_type = _BY_TYPE.get(event.type)
    return None if by_type is None else (by_type[0], Word(by_type[1], event.occurred_ms))


_NEVER_BEFORE: tuple[tuple[FactKind, FactKind], ...] = (
    (FactKind.REQUESTED, FactKind.PICKED),
    (FactKind.REQUESTED, FactKind.SHIPPED),
    (FactKind.PICKED, FactKind.SHIPPED),
    (FactKind.SHIPPED, FactKind.IN_TRANSIT),
    (FactKind.SHIPPED, FactKind.DELIVERED),
    (FactKind.IN_TRANSIT, FactKind.DELIVERED),
    (FactKind.PLACED, FactKind.PAID),
    (FactKind.PLACED, FactKind.SHIPPED),
    (FactKind.PLACED, FactKind.DELIVERED),
    (FactKind.PAID, FactKind.COMPLETED),
)
"""The second never happens before the first. (Goods paid on delivery ship unpaid.)"""

SKEW_MS = 5 * 60_000
"""Clocks of two witnesses may differ by so much."""


def impossible(instants: Mapping[str, int]) -> tuple[FactKind, FactKind] | None:
    """Two facts of which the later one, by nature, is told as the earlier; None where all fit."""
    return next(contradictions(instants), None)


def contradictions(instants: Mapping[str, int]) -> Iterator[tuple[FactKind, FactKind]]:
    """Every such pair."""
    for first, second in _NEVER_BEFORE:
        before, after = instants.get(first), instants.get(second)
        if before is not None and after is not None and after < before - SKEW_MS:
            yield first, second
