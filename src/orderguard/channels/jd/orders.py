"""Orders and refunds of POP shops, as JOS tells them, in canonical form."""

import datetime as dt
import re

import msgspec

from orderguard.channels.jd import shapes
from orderguard.channels.jd.values import (
    amount,
    identity,
    instant,
    phone,
    shown,
    text,
    whole,
    yuan,
)
from orderguard.domain.events import (
    CanonicalEvent,
    Data,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.domain.ports import Parsed
from orderguard.errors import MalformedMessage
from orderguard.kit.ids import stable_id

SUPPLIES = frozenset(
    {
        *("order_id", "status", "created_at", "paid_at", "updated_at"),
        *("amount", "discount", "freight", "currency"),
        *("buyer", "buyer.id"),
        *("lines", "lines.channel_sku", "lines.sku", "lines.product_id", "lines.title"),
        *("lines.quantity", "lines.unit_price", "coupons", "coupons.amount"),
        *("payment", "payment.method", "payment.paid_at"),
        *("ship_to", "ship_to.province", "ship_to.city", "ship_to.district"),
        *("ship_to.street", "ship_to.name", "ship_to.phone"),
    }
)

STATES = {
    "NOT_PAY": OrderStatus.PENDING_PAYMENT,
    "WAIT_SELLER_STOCK_OUT": OrderStatus.PAID,
    "WAIT_SELLER_DELIVERY": OrderStatus.FULFILLING,
    "SEND_TO_DISTRIBUTION_CENER": OrderStatus.FULFILLING,
    "DISTRIBUTION_CENTER_RECEIVED": OrderStatus.FULFILLING,
    "RECEIPTS_CONFIRM": OrderStatus.FULFILLING,
    "WAIT_GOODS_RECEIVE_CONFIRM": OrderStatus.SHIPPED,
    "FINISHED_L": OrderStatus.COMPLETED,
    "TRADE_CANCELED": OrderStatus.CANCELLED,
}
"""LOCKED, PAUSE and POP_ORDER_PAUSE are not here: they say not to ship, not how far it is."""
LOCKED = frozenset({"LOCKED", "TRADE_CANCELED"})
"""States in which there may be a request for a refund."""

_TYPES = {
    OrderStatus.PENDING_PAYMENT: EventType.ORDER_CREATED,
    OrderStatus.COMPLETED: EventType.ORDER_COMPLETED,
    OrderStatus.CANCELLED: EventType.ORDER_CANCELLED,
    OrderStatus.CLOSED: EventType.ORDER_CLOSED,
}
_METHODS = {
    "1": "cash_on_delivery",
    "2": "post",
    "3": "pick_up",
    "4": "online",
    "5": "company_transfer",
    "6": "bank_card",
}
_REFUNDS = {
    "0": EventType.REFUND_REQUESTED,
    "1": EventType.REFUND_APPROVED,
    "2": EventType.REFUND_REJECTED,
    "3": EventType.REFUND_APPROVED,
    "4": EventType.REFUND_REJECTED,
    "5": EventType.REFUND_APPROVED,
    "6": EventType.REFUND_APPROVED,
    "7": EventType.REFUND_APPROVED,
    "9": EventType.REFUND_APPROVED,
}
"""8 (the parcel could not be stopped) and 10 (the carrier is asked) leave it open.

3 is a clerk's yes at JD: that the money is back is told nowhere.
"""
_SEVERAL = re.compile(r"[,|;，\s]+")
_NUMBER = re.compile(r"[0-9]+")

_decode_order = msgspec.json.Decoder(shapes.Order).decode
_decode_refund = msgspec.json.Decoder(shapes.Refund).decode


def order_events(raw: bytes) -> tuple[Parsed, ...]:
    """The order as it stands, and its parcels while they are under way."""
    try:
        order = _decode_order(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"Not an order of JOS: {error}.") from error
    order_id = identity(order.order_id)
    occurred_at = instant(order.modified) or instant(order.order_start_time)
    if order_id is None or occurred_at is None:
        raise MalformedMessage("An order of JOS has neither an id nor a time.")
    told = canonical_order(order, order_id)
    kind = _TYPES.get(told.status or OrderStatus.UNKNOWN, EventType.ORDER_UPDATED)
    state = text(order.order_state) or ""
    changed = text(order.modified) or raw.decode("utf-8", "replace")
    event_id = stable_id("jd", "order", order_id, changed, state)
    order_event = _event(event_id, kind, occurred_at, OrderData(order=told))
    parcels = _parcels(order, order_id) if told.status is OrderStatus.SHIPPED else ()
    return tuple(
        Parsed(one, raw)
        for one in (
            order_event,
            *(
                _event(
                    stable_id("jd", "parcel", order_id, parcel.shipment_id or ""),
                    EventType.SHIPMENT_SHIPPED,
                    occurred_at,
                    parcel,
                )
                for parcel in parcels
            ),
        )
    )


def refund_events(raw: bytes) -> tuple[Parsed, ...]:
    """A request for a refund as it stands; nothing where it is open without a word for it."""
    try:
        refund = _decode_refund(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"Not a refund of JOS: {error}.") from error
    refund_id, order_id = identity(refund.id), identity(refund.order_id)
    status = text(refund.status) or ""
    kind = _REFUNDS.get(status)
    asked_at = instant(refund.apply_time)
    checked_at = instant(refund.check_time)
    at = asked_at if kind is EventType.REFUND_REQUESTED else checked_at or asked_at
    if refund_id is None or order_id is None or at is None:
        raise MalformedMessage("A refund of JOS lacks its id, its order or its time.")
    if kind is None:
        return ()
    data = RefundData(
        order_id=order_id,
        refund_id=refund_id,
        amount=yuan(refund.apply_refund_sum),
        currency="CNY",
        reason=text(refund.reason),
    )
    event_id = stable_id("jd", "refund", refund_id, status)
    return (Parsed(_event(event_id, kind, at, data), raw),)


def is_locked(raw: bytes) -> str | None:
    """The order's id where there may be a request for a refund."""
    order = _decode_order(raw)
    return identity(order.order_id) if text(order.order_state) in LOCKED else None


def canonical_order(order: shapes.Order, order_id: str) -> Order:
    paid_at = instant(order.payment_confirm_time)
    status = STATES.get(text(order.order_state) or "", OrderStatus.UNKNOWN)
    if status is OrderStatus.CANCELLED and paid_at is not None:
        status = OrderStatus.CLOSED
    return Order(
        order_id=order_id,
        status=status,
        created_at=instant(order.order_start_time),
        paid_at=paid_at,
        updated_at=instant(order.modified),
        buyer=_buyer(order),
        lines=_lines(order.item_info_list),
        amount=amount(order.order_payment),
        discount=amount(order.seller_discount),
        freight=amount(order.freight_price),
        currency="CNY",
        coupons=_coupons(order.coupon_detail_list),
        payment=_payment(order),
        ship_to=_ship_to(order.consignee_info),
    )


def _event(event_id: str, kind: EventType, at: dt.datetime, data: Data) -> CanonicalEvent:
    return CanonicalEvent(id=event_id, type=kind, type_name=kind.value, occurred_at=at, data=data)


def _buyer(order: shapes.Order) -> Buyer | None:
    # The same buyer has one open id within an app; an account's name is shown to some apps alone.
    for value in (order.buyer_open_id, order.open_id_buyer, order.buyer_xid, shown(order.pin)):
        if known := identity(value):
            return Buyer(id=known)
    return None


def _lines(items: list[shapes.Item] | None) -> tuple[Line, ...] | None:
    if items is None:
        return None
    return tuple(
        Line(
            channel_sku=text(item.sku_id),
            sku=text(item.outer_sku_id),
            product_id=text(item.ware_id),
            title=text(item.sku_name),
            quantity=whole(item.item_total),
            unit_price=amount(item.jd_price),
        )
        for item in items
    )


def _coupons(coupons: list[shapes.Coupon] | None) -> tuple[Coupon, ...] | None:
    if coupons is None:
        return None
    return tuple(Coupon(amount=amount(coupon.coupon_price)) for coupon in coupons)


def _payment(order: shapes.Order) -> Payment | None:
    """`4`, or `4-在线支付`."""
    written, paid_at = text(order.pay_type), instant(order.payment_confirm_time)
    number = _NUMBER.match(written or "")
    method = _METHODS.get(number.group(), written) if number else written
    if method is None and paid_at is None:
        return None
    return Payment(method=method, paid_at=paid_at)


def _ship_to(consignee: shapes.Consignee | None) -> ShipTo | None:
    if consignee is None:
        return None
    regions = [shown(one) for one in (consignee.province, consignee.city, consignee.county)]
    street = shown(consignee.full_address)
    for region in (*regions, shown(consignee.town)):
        street = street.removeprefix(region) if street and region else street
    ship_to = ShipTo(
        province=regions[0],
        city=regions[1],
        district=regions[2],
        street=text(street),
        name=shown(consignee.fullname),
        phone=phone(consignee.mobile) or phone(consignee.telephone),
    )
    return ship_to if ship_to != ShipTo() else None


def _parcels(order: shapes.Order, order_id: str) -> tuple[ShipmentData, ...]:
    """One for each number; several of one carrier, or of several, are written as one text."""
    numbers = [number for number in _SEVERAL.split(text(order.waybill) or "") if number]
    return tuple(
        ShipmentData(
            order_id=order_id,
            shipment_id=number,
            carrier=text(order.logistics_id),
            tracking_no=number,
        )
        for number in dict.fromkeys(numbers)
    )
