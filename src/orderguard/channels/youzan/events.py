"""What each push, and each answer of the platform, tells as canonical events."""

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from orderguard.channels.youzan import shapes
from orderguard.channels.youzan.orders import CLOSED, CURRENCY, canonical_order, status
from orderguard.channels.youzan.values import (
    Scalar,
    amount,
    identity,
    instant,
    part,
    parts,
    quantity,
    text,
    whole,
)
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
    UnknownData,
)
from orderguard.domain.orders import Order, OrderStatus
from orderguard.errors import MalformedMessage


class Told(Struct, frozen=True):
    """One event; `part` tells apart several of one push or answer."""

    type: EventType
    data: Data
    at: dt.datetime | None
    part: str = ""


_UPDATED = EventType.ORDER_UPDATED
_TRADES: Mapping[str, tuple[EventType, OrderStatus | None]] = {
    "trade_TradeCreate": (EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
    "trade_TradePaid": (EventType.ORDER_PAID, OrderStatus.PAID),
    "trade_TradeBuyerPay": (EventType.ORDER_PAID, OrderStatus.PAID),
    "trade_TradePartlySellerShip": (_UPDATED, OrderStatus.FULFILLING),
    "trade_TradeSellerShip": (_UPDATED, OrderStatus.SHIPPED),
    "trade_TradeSuccess": (EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
    "trade_TradeClose": (EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
    "trade_TradeMemoModified": (_UPDATED, None),
    "trade_MessagesTheChangeAddresses": (_UPDATED, None),
    "youzan_trade_MessagesTheChangeAddressesByBuyer": (_UPDATED, None),
    "TRADE_ORDER_STATE": (_UPDATED, None),
    "TRADE_ORDER_REMARK": (_UPDATED, None),
    "TRADE_ORDER_REFUND": (_UPDATED, None),
    "TRADE_ORDER_EXPRESS": (_UPDATED, None),
}
"""What a push makes of an order. No status: the one that it has."""
_OF_REFUNDS: Mapping[str, EventType] = {
    "youzan_trade_RefundCreated": EventType.REFUND_REQUESTED,
    "youzan_trade_RefundSellerAgree": EventType.REFUND_APPROVED,
    "youzan_trade_RefundSuccess": EventType.REFUND_SUCCEEDED,
    "youzan_trade_RefundClosed": EventType.REFUND_REJECTED,
    "trade_refund_BuyerCreated": EventType.REFUND_REQUESTED,
    "trade_refund_RefundSellerCreated": EventType.REFUND_REQUESTED,
    # The last that is heard of one without goods to return: its detail says that it succeeded.
    "trade_refund_RefundSellerAgree": EventType.REFUND_APPROVED,
    "trade_refund_RefundSellerAgreeReturnGoods": EventType.REFUND_APPROVED,
    "trade_refund_RefundSellerRefuseBuyerReturnGoods": EventType.REFUND_REJECTED,
    "trade_refund_RefundSuccess": EventType.REFUND_SUCCEEDED,
    "trade_refund_RefundClosed": EventType.REFUND_REJECTED,
    "trade_refund_SysRefund": EventType.REFUND_APPROVED,
}
_DISPUTE = "trade_refund_YouzanInterApplied"
_EXCHANGE, _EXCHANGE_DEMAND = "EXCHANGE_GOODS_FLOW", 3
"""Goods for goods: no money goes back."""
_REFUND_STATUSES: Mapping[str, EventType] = {
    "WAIT_SELLER_AGREE": EventType.REFUND_REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": EventType.REFUND_APPROVED,
    "WAIT_SELLER_CONFIRM_GOODS": EventType.REFUND_APPROVED,
    "SELLER_REFUSE_BUYER": EventType.REFUND_REJECTED,
    "SELLER_REFUSE_BUYER_RETURN_GOODS": EventType.REFUND_REJECTED,
    "SUCCESS": EventType.REFUND_SUCCEEDED,
    "CLOSED": EventType.REFUND_REJECTED,
}
COUNTED_MAX = 1000
"""A version below it counts changes; one above is the time of the change."""


def pushed(push: shapes.Push, message: shapes.Bare, trade: shapes.Trade | None) -> list[Told]:
    """What one push tells; `trade` where its `msg` is a whole order."""
    changed_at = _changed_at(push, message, trade)
    if known := _TRADES.get(push.type):
        return [_traded(known, push, message, trade, changed_at)]
    if text(message.refund_type) != _EXCHANGE:
        if kind := _OF_REFUNDS.get(push.type):
            return [_refunded(kind, push, message, changed_at)]
        if push.type == _DISPUTE:
            data = AftersaleData(order_id=_order_id(push, message, None))
            return [Told(EventType.DISPUTE_OPENED, data, changed_at)]
    return [Told(EventType.UNKNOWN, UnknownData(), changed_at)]


def trade_of(trade: shapes.Trade) -> list[Told]:
    """An order as a call answers it, and the parcels that it names."""
    info = trade.full_order_info.order_info
    order = canonical_order(trade, _needed("tid", info.tid))
    at = order.updated_at or order.created_at
    sent_at = instant(info.consign_time) or at
    return [Told(_UPDATED, OrderData(order=order), at), *_parcels(trade, order.order_id, sent_at)]


def refund_of(refund: shapes.Refund, order_id: str) -> Told | None:
    """None for goods that are exchanged, or for a status that is new."""
    kind = _REFUND_STATUSES.get(text(refund.status) or "")
    known_id = identity(refund.tid) or order_id
    if kind is None or not known_id or whole(refund.demand) == _EXCHANGE_DEMAND:
        return None
    data = RefundData(
        order_id=known_id,
        refund_id=_needed("refund_id", refund.refund_id),
        amount=amount(refund.refund_fee),
        currency=CURRENCY,
    )
    times = [refund.modified, refund.version, refund.created]
    if kind is EventType.REFUND_SUCCEEDED:
        times.insert(0, refund.refund_success_time)
    return Told(kind, data, next(filter(None, map(instant, times)), None))


def _traded(
    known: tuple[EventType, OrderStatus | None],
    push: shapes.Push,
    message: shapes.Bare,
    trade: shapes.Trade | None,
    changed_at: dt.datetime | None,
) -> Told:
    kind, means = known
    code = message.status or push.status
    told = status(CLOSED, message.close_type) if means is OrderStatus.CANCELLED else means
    if told is OrderStatus.CLOSED:
        kind = EventType.ORDER_CLOSED
    order_id = _order_id(push, message, trade)
    if trade is None:
        order = Order(order_id=order_id, status=told or status(code), updated_at=changed_at)
        return Told(kind, OrderData(order=order), changed_at)
    order = canonical_order(trade, order_id)
    at = changed_at
    if kind is EventType.ORDER_CREATED:
        at = order.created_at or at
    elif kind is EventType.ORDER_PAID:
        at = order.paid_at or at
    # The version says which of two whole orders is the newer one.
    order = replace(order, updated_at=changed_at, status=told or order.status)
    return Told(kind, OrderData(order=order), at)


def _refunded(
    kind: EventType, push: shapes.Push, message: shapes.Bare, at: dt.datetime | None
) -> Told:
    data = RefundData(
        # `id` is the order's only where it is not the refund's.
        order_id=_needed("tid", _either(message.tid, push.id, message.refund_id)),
        refund_id=_needed("refund_id", message.refund_id),
        amount=amount(message.refunded_fee) or amount(message.refund_fee),
        currency=CURRENCY,
    )
    return Told(kind, data, at)


def _parcels(trade: shapes.Trade, order_id: str, at: dt.datetime | None) -> list[Told]:
    items = {identity(item.oid): item for item in parts(trade.full_order_info.orders, shapes.Item)}
    told = []
    for delivery in parts(trade.delivery_order, shapes.Delivery):
        oids = [identity(one.oid) for one in parts(delivery.oids, shapes.ItemNumber)]
        parcels = parts(delivery.dists, shapes.Parcel)
        # Which of several parcels holds what is not told.
        lines = tuple(_shipped(items[oid]) for oid in oids if oid in items)
        for parcel in parcels:
            express = part(parcel.express_info, shapes.Express) or shapes.Express()
            tracking_no = text(express.express_no)
            shipment_id = identity(parcel.dist_id) or tracking_no
            if shipment_id is None:
                continue
            shipment = ShipmentData(
                order_id=order_id,
                shipment_id=shipment_id,
                carrier=text(express.express_id),
                tracking_no=tracking_no,
                lines=lines if lines and len(parcels) == 1 else None,
            )
            told.append(Told(EventType.SHIPMENT_SHIPPED, shipment, at, part=shipment_id))
    return told


def _shipped(item: shapes.Item) -> ShipmentLine:
    sku = text(item.outer_sku_id) or text(item.outer_item_id)
    return ShipmentLine(sku=sku, quantity=quantity(item.num))


def _changed_at(
    push: shapes.Push, message: shapes.Bare, trade: shapes.Trade | None
) -> dt.datetime | None:
    """When the thing became what the push says: a higher version of the same id is the newer."""
    if versioned := instant(push.version):
        return versioned
    told = instant(message.update_time)
    if told is None and trade is not None:
        told = instant(trade.full_order_info.order_info.update_time)
    count = whole(push.version)
    if told and count is not None and 0 <= count < COUNTED_MAX:
        return told + dt.timedelta(milliseconds=count)
    return told


def _order_id(push: shapes.Push, message: shapes.Bare, trade: shapes.Trade | None) -> str:
    its = trade.full_order_info.order_info.tid if trade else message.tid
    return _needed("tid", its if identity(its) else push.id)


def _either(told: Scalar, instead: Scalar, but: Scalar) -> Scalar:
    return told if identity(told) or text(instead) == text(but) else instead


def _needed(member: str, value: Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known
