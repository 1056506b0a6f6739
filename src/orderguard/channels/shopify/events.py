"""What the body of each topic tells, as canonical events."""

import datetime as dt
from collections.abc import Callable, Iterable

from msgspec import Struct

from orderguard.channels.shopify import shapes
from orderguard.channels.shopify.orders import canonical_order
from orderguard.channels.shopify.values import (
    QUANTITY_MAX,
    UNITS_MAX,
    amount,
    currency,
    identity,
    instant,
    text,
    total,
    whole,
)
from orderguard.domain.events import (
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import Order, OrderStatus
from orderguard.errors import MalformedMessage


class Told(Struct, frozen=True):
    """One event; `part` tells apart several of one webhook. No `at`: the webhook's own time."""

    type: EventType
    data: Data
    at: dt.datetime | None
    part: str = ""


def order_event(kind: EventType) -> Callable[[shapes.Order], list[Told]]:
    """The order as it stands now, under the topic's own name."""

    def tell(order: shapes.Order) -> list[Told]:
        data = OrderData(order=canonical_order(order, _needed("id", order.id)))
        return [Told(kind, data, instant(order.updated_at) or instant(order.created_at))]

    return tell


def fulfilled(order: shapes.Order) -> list[Told]:
    """The order, and what was sent of it: a shop may not subscribe to `fulfillments/…`."""
    told = order_event(EventType.ORDER_UPDATED)(order)
    for fulfillment in order.fulfillments or ():
        told += shipment(fulfillment, part=f"fulfillment:{_needed('id', fulfillment.id)}")
    return told


def edited(edit: shapes.OrderEdited) -> list[Told]:
    """Only which order: its new lines come with `orders/updated`."""
    order_id = _needed("order_edit.order_id", edit.order_edit.order_id)
    data = OrderData(order=Order(order_id=order_id))
    return [Told(EventType.ORDER_UPDATED, data, instant(edit.order_edit.created_at))]


def deleted(order: shapes.Order) -> list[Told]:
    """Only `id` is left of it."""
    data = OrderData(order=Order(order_id=_needed("id", order.id), status=OrderStatus.CLOSED))
    return [Told(EventType.ORDER_CLOSED, data, None)]


_SHIPMENTS = {
    "confirmed": EventType.SHIPMENT_SHIPPED,
    "in_transit": EventType.SHIPMENT_IN_TRANSIT,
    "out_for_delivery": EventType.SHIPMENT_IN_TRANSIT,
    "attempted_delivery": EventType.SHIPMENT_IN_TRANSIT,
    "ready_for_pickup": EventType.SHIPMENT_IN_TRANSIT,
    "delayed": EventType.SHIPMENT_IN_TRANSIT,
    "delivered": EventType.SHIPMENT_DELIVERED,
    "picked_up": EventType.SHIPMENT_DELIVERED,
}
_FULFILLMENTS = {
    "pending": EventType.SHIPMENT_ACCEPTED,
    "open": EventType.SHIPMENT_ACCEPTED,
    "success": EventType.SHIPMENT_SHIPPED,
}


def shipment(fulfillment: shapes.Fulfillment, part: str = "") -> list[Told]:
    """How far the parcel is where the carrier says so, else how far the fulfilment is.

    One that was cancelled or failed is not told: the order's own state says what became of it.
    """
    by_fulfillment = _FULFILLMENTS.get(str(fulfillment.status))
    kind = by_fulfillment and _SHIPMENTS.get(str(fulfillment.shipment_status), by_fulfillment)
    if kind is None:
        return []
    data = ShipmentData(
        order_id=_needed("order_id", fulfillment.order_id),
        shipment_id=text(fulfillment.id),
        warehouse=text(fulfillment.location_id),
        carrier=text(fulfillment.tracking_company),
        tracking_no=text(fulfillment.tracking_number),
        lines=_lines((item, item.quantity) for item in fulfillment.line_items or ()),
    )
    return [Told(kind, data, instant(fulfillment.updated_at), part)]


_REFUNDS = {
    "success": EventType.REFUND_SUCCEEDED,
    "pending": EventType.REFUND_APPROVED,
    "failure": EventType.REFUND_REJECTED,
    "error": EventType.REFUND_REJECTED,
}
_OUTCOMES = (
    EventType.REFUND_SUCCEEDED,
    EventType.REFUND_APPROVED,
    EventType.REFUND_REJECTED,
)


def refunded(refund: shapes.Refund) -> list[Told]:
    """The best outcome of its transactions; one without any, as in an exchange, is done."""
    outcomes = [
        (_REFUNDS.get(str(transaction.status)), transaction)
        for transaction in refund.transactions or ()
        if transaction.kind == "refund"
    ]
    kinds = {kind for kind, _ in outcomes}
    best = next((kind for kind in _OUTCOMES if kind in kinds), EventType.REFUND_SUCCEEDED)
    counted = [transaction for kind, transaction in outcomes if kind is best]
    amounts = [known for transaction in counted if (known := amount(transaction.amount))]
    data = RefundData(
        order_id=_needed("order_id", refund.order_id),
        refund_id=_needed("id", refund.id),
        amount=total(amounts),
        currency=currency(counted[0].currency) if counted else None,
        reason=text(refund.note),
        lines=_lines((line.line_item, line.quantity) for line in refund.refund_line_items or ()),
    )
    return [Told(best, data, instant(refund.created_at))]


def stocked(level: shapes.InventoryLevel) -> list[Told]:
    """Shopify names no SKU here; `sku.mapped` events may map `inventory_item:…` to one."""
    data = InventoryData(
        sku=f"inventory_item:{_needed('inventory_item_id', level.inventory_item_id)}"[:128],
        warehouse=text(level.location_id),
        available=whole(level.available, least=-UNITS_MAX, most=UNITS_MAX),
    )
    return [Told(EventType.INVENTORY_CHANGED, data, instant(level.updated_at))]


def _lines(
    items: Iterable[tuple[shapes.LineItem | None, shapes.Scalar]],
) -> tuple[ShipmentLine, ...] | None:
    lines = tuple(
        ShipmentLine(sku=text(item.sku), quantity=whole(quantity, least=0, most=QUANTITY_MAX))
        for item, quantity in items
        if item
    )
    return lines or None


def _needed(member: str, value: shapes.Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known
