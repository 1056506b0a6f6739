"""What events and the state of an order say of the units that it holds."""

from decimal import Decimal

from msgspec.structs import replace

from orderguard.domain.events import (
    AftersaleData,
    EventType,
    OrderData,
    OrderEvent,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.kit.clock import to_ms
from orderguard.orders import OrderState
from orderguard.stock import (
    HeldLine,
    Holding,
    Parcel,
    Repaid,
    first,
    held_lines,
    with_lines,
    with_parcel,
    with_refund,
)

BEFORE_US = -1
"""When an order that we know no more was placed and shipped: before any snapshot."""
ALL_UNITS = 10_000_000

_PARCEL_LEFT = frozenset(
    {EventType.SHIPMENT_SHIPPED, EventType.SHIPMENT_IN_TRANSIT, EventType.SHIPMENT_DELIVERED}
)
_DONE = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED})
_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.CLOSED})
_ENDS = frozenset({EventType.ORDER_CANCELLED, EventType.ORDER_CLOSED})


def begun(key: OrderKey, state: OrderState) -> Holding:
    return Holding(key=key, number=state.number, placed_at=state.first_ms)


def back(key: OrderKey, state: OrderState, event: OrderEvent) -> Holding | None:
    """An order that was forgotten moves stock once more when it comes back; nothing else counts."""
    if event.type is not EventType.RETURN_RECEIVED:
        return None
    lines = tuple(
        HeldLine(None, line.sku, line.quantity) for line in state.members.get("lines", ())
    )
    return Holding(
        key=key,
        number=state.number,
        placed_at=BEFORE_US,
        lines=lines,
        lines_at=event.occurred_ms,
        done_at=BEFORE_US,
        returned_at=event.occurred_ms,
    )


def known(holding: Holding, state: OrderState) -> Holding:
    """What the order's state knows better than one event."""
    members, paid_at = state.members, state.instants.get(FactKind.PAID)
    if paid_at is not None:
        paid_at = members.get("paid_at", paid_at)
    placed_at = members.get("created_at", state.first_ms)
    amount, currency = members.get("order_amount"), members.get("order_currency")
    if (
        placed_at == holding.placed_at
        and paid_at == holding.paid_at
        and amount == holding.amount
        and currency == holding.currency
    ):
        return holding
    return replace(holding, placed_at=placed_at, paid_at=paid_at, amount=amount, currency=currency)


def told(holding: Holding, event: OrderEvent) -> Holding:
    """What one event says of what is held."""
    at = event.occurred_ms
    match event.data:
        case OrderData(order=order):
            if order.lines:
                modified = to_ms(order.updated_at) if order.updated_at else at
                holding = with_lines(holding, held_lines(order.lines), modified, at)
            if order.status in _ENDED or event.type in _ENDS:
                holding = replace(holding, ended_at=first(holding.ended_at, at))
            if order.status in _DONE or event.type is EventType.ORDER_COMPLETED:
                holding = replace(holding, done_at=first(holding.done_at, at))
            elif order.status is OrderStatus.SHIPPED:
                holding = replace(holding, shipped_at=first(holding.shipped_at, at))
        case ShipmentData() as shipment:
            has_left = event.type in _PARCEL_LEFT
            parcel = Parcel(
                warehouse=shipment.warehouse or None,
                warehouse_at=at,
                shipped_at=at if has_left else None,
                lines=_parcel_lines(shipment.lines),
                lines_at=(has_left, at),
            )
            parcel_id = shipment.shipment_id or shipment.tracking_no or ""
            holding = with_parcel(holding, parcel_id, parcel)
        case RefundData() as refund if event.type is EventType.REFUND_SUCCEEDED:
            amount = None if refund.amount is None else Decimal(refund.amount)
            repaid = Repaid(at, at, amount, refund.currency, _parcel_lines(refund.lines))
            holding = with_refund(holding, refund.refund_id, repaid)
        case AftersaleData() if event.type is EventType.RETURN_RECEIVED:
            holding = replace(holding, returned_at=first(holding.returned_at, at))
    return holding


def _parcel_lines(lines: tuple[ShipmentLine, ...] | None) -> tuple[HeldLine, ...] | None:
    """What a parcel holds; without a quantity, all that was ordered of it."""
    if not lines:
        return None
    return tuple(
        HeldLine(None, line.sku, ALL_UNITS if line.quantity is None else line.quantity)
        for line in lines
    )
