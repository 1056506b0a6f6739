"""What each message, and each answer of the platform, tells as canonical events."""

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct

from orderguard.channels.douyin import shapes
from orderguard.channels.douyin.orders import (
    CASH_ON_DELIVERY,
    CURRENCY,
    buyer,
    canonical_order,
    ship_to,
    status,
)
from orderguard.channels.douyin.values import (
    Scalar,
    identity,
    instant,
    part,
    parts,
    phone,
    plain,
    quantity,
    text,
    whole,
    yuan,
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
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.errors import MalformedMessage

TEST = "0"
"""The tag of what is sent when the address is saved."""


class Told(Struct, frozen=True):
    """One event; `part` tells apart several of one message. No `at`: the message's own time."""

    type: EventType
    data: Data
    at: dt.datetime | None
    name: str = ""
    part: str = ""


class Trade(Struct, frozen=True):
    """What a trade message means. No `status`: the one that its data has."""

    type: EventType
    status: OrderStatus | None = None
    times: tuple[str, ...] = ()
    ships: bool = False


_UPDATED = EventType.ORDER_UPDATED
_TRADES: Mapping[str, Trade] = {
    "100": Trade(EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT, ("create_time",)),
    "101": Trade(EventType.ORDER_PAID, OrderStatus.PAID, ("pay_time",)),
    # Paid, and held by the platform: not to be shipped before 101.
    "110": Trade(EventType.ORDER_PAID, OrderStatus.PAID, ("pay_time",)),
    "102": Trade(_UPDATED, OrderStatus.SHIPPED, ships=True),
    "108": Trade(_UPDATED, OrderStatus.FULFILLING, ships=True),
    "104": Trade(_UPDATED, ships=True),
    "103": Trade(EventType.ORDER_COMPLETED, OrderStatus.COMPLETED, ("complete_time",)),
    "105": Trade(_UPDATED),
    # What the buyer asks for is not yet so: `post_receiver_msg` is passed by.
    "111": Trade(_UPDATED),
    "106": Trade(EventType.ORDER_CANCELLED, OrderStatus.CANCELLED, ("cancel_time",)),
    "109": Trade(_UPDATED),
    "112": Trade(_UPDATED),
    "126": Trade(_UPDATED),
    "113": Trade(_UPDATED),
}
_REFUNDS: Mapping[str, tuple[EventType, str]] = {
    "200": (EventType.REFUND_REQUESTED, "apply_time"),
    "201": (EventType.REFUND_APPROVED, "agree_time"),
    "202": (EventType.REFUND_APPROVED, "agree_time"),
    "204": (EventType.REFUND_REJECTED, "refuse_time"),
    "205": (EventType.REFUND_REJECTED, "refuse_time"),
    "206": (EventType.REFUND_SUCCEEDED, "success_time"),
    "207": (EventType.REFUND_REJECTED, "close_time"),
    "208": (EventType.REFUND_REQUESTED, "modify_time"),
    "224": (EventType.REFUND_REQUESTED, "apply_time"),
    "225": (EventType.REFUND_SUCCEEDED, "success_time"),
}
_DISPUTE = "212"
_NAMES: Mapping[str, str] = {
    "200": "doudian_refund_RefundCreated",
    "201": "doudian_refund_RefundAgreed",
    "202": "doudian_refund_ReturnApplyAgreed",
    "203": "doudian_refund_BuyerReturnGoods",
    "204": "doudian_refund_RefundRefused",
    "205": "doudian_refund_ReturnApplyRefused",
    "206": "doudian_refund_RefundSuccess",
    "207": "doudian_refund_RefundClosed",
    "208": "doudian_refund_RefundModified",
    "209": "doudian_refund_RefundExpirationChange",
    "211": "doudian_refund_ExchangeConfirmed",
    "213": "doudian_refund_ArbitrateSubmiting",
    "214": "doudian_refund_ArbitrateSubmited",
    "215": "doudian_refund_ArbitrateCancelled",
    "216": "doudian_refund_ArbitrateAudited",
    "217": "doudian_refund_ArbitrateServiceIntervene",
    "218": "doudian_refund_ArbitrateDiscussUpload",
    "224": "doudian_refund_SpecialRefund",
    "225": "doudian_refund_SpecialRefundSuccess",
    "226": "doudian_refund_ResendFillLogistics",
    "227": "doudian_refund_AuditAgreeResend",
    "400": "doudian_product_change",
    "417": "doudian_product_content_change",
    "500": "doudian_iop_remark",
    "501": "doudian_iop_distribution",
    "504": "doudian_iop_receiver",
    "505": "doudian_iop_status",
}
"""By what name a message is kept that has no canonical meaning; another one is `tag N`."""
_OF_GOODS = frozenset({3, 7, 8})
"""After-sales of goods for goods: exchanged, sent again, repaired. No money goes back."""
_TIMES = ("update_time", "modify_time")
_AFTER_SALES: Mapping[int, EventType] = {
    6: EventType.REFUND_REQUESTED,
    27: EventType.REFUND_REJECTED,
    28: EventType.REFUND_REJECTED,
    29: EventType.REFUND_REJECTED,
    51: EventType.REFUND_REJECTED,
    7: EventType.REFUND_APPROVED,
    11: EventType.REFUND_APPROVED,
    12: EventType.REFUND_APPROVED,
    53: EventType.REFUND_SUCCEEDED,
}
"""By the status of an after-sale. 12 is agreed; `refund_status` says when the money is back."""
_MONEY_IS_BACK = 3


def pushed(tag: str, data: shapes.Data) -> list[Told]:
    """What one message tells. Its time is that of its data, where that has any."""
    if trade := _TRADES.get(tag):
        return _traded(trade, data)
    at = _time(data, ())
    if whole(data.aftersale_type) not in _OF_GOODS:
        if refund := _REFUNDS.get(tag):
            return [_refund(refund[0], data, _time(data, (refund[1],)))]
        if tag == _DISPUTE:
            order_id = _needed("p_id", data.p_id)
            return [Told(EventType.DISPUTE_OPENED, AftersaleData(order_id=order_id), at)]
    return [Told(EventType.UNKNOWN, UnknownData(), at, name=_NAMES.get(tag, f"tag {tag}"[:128]))]


def order_of(detail: shapes.ShopOrder) -> Told:
    order = canonical_order(detail, _needed("order_id", detail.order_id))
    return Told(
        EventType.ORDER_UPDATED, OrderData(order=order), order.updated_at or order.created_at
    )


def refund_of(found: shapes.AfterSale) -> Told | None:
    """None for goods that are exchanged, or for one whose order is not told."""
    info = found.process_info.after_sale_info if found.process_info else found.aftersale_info
    if info is None or whole(_either(info.after_sale_type, info.aftersale_type)) in _OF_GOODS:
        return None
    order_id = identity(found.order_info.shop_order_id) if found.order_info else None
    kind = _AFTER_SALES.get(whole(_either(info.after_sale_status, info.aftersale_status)) or 0)
    if whole(info.refund_status) == _MONEY_IS_BACK:
        kind = EventType.REFUND_SUCCEEDED
    if order_id is None or kind is None:
        return None
    money = _either(info.refund_total_amount, info.refund_amount)
    if kind is EventType.REFUND_SUCCEEDED and whole(info.real_refund_amount):
        money = info.real_refund_amount
    data = RefundData(
        order_id=order_id,
        refund_id=_needed("after_sale_id", _either(info.after_sale_id, info.aftersale_id)),
        amount=yuan(money),
        currency=CURRENCY,
        reason=text(info.reason),
    )
    return Told(kind, data, instant(info.update_time) or instant(info.apply_time))


def _traded(trade: Trade, data: shapes.Data) -> list[Told]:
    at = _time(data, trade.times)
    is_paid = trade.type is EventType.ORDER_PAID and whole(data.pay_type) != CASH_ON_DELIVERY
    paid_at = instant(data.pay_time) if is_paid else None
    amount = yuan(data.pay_amount)
    receiver = part(data.receiver_msg, shapes.Receiver)
    order = Order(
        order_id=_needed("p_id", data.p_id),
        status=trade.status or status(data.order_status),
        created_at=instant(data.create_time),
        paid_at=paid_at,
        updated_at=at,
        amount=amount,
        freight=yuan(data.post_amount),
        currency=CURRENCY if amount else None,
        payment=Payment(amount=amount, currency=CURRENCY, paid_at=paid_at) if paid_at else None,
        buyer=buyer(None, receiver.encrypt_tel or receiver.tel) if receiver else None,
        ship_to=ship_to(
            part(receiver.addr, shapes.Address),
            name=plain(receiver.name),
            telephone=phone(receiver.tel),
        )
        if receiver
        else None,
    )
    told = [Told(trade.type, OrderData(order=order), at)]
    if trade.ships:
        told += _parcels(data, order.order_id, at)
    return told


def _parcels(data: shapes.Data, order_id: str, at: dt.datetime | None) -> list[Told]:
    """The parcels that a message names. Their SKUs are the channel's: only units are told."""
    told = []
    for number, parcel in enumerate(parts(data.logistics_msg, shapes.Logistics)):
        tracking_no = text(parcel.logistics_code)
        shipment_id = identity(parcel.pack_id) or tracking_no
        if shipment_id is None:
            continue
        lines = tuple(
            ShipmentLine(quantity=quantity(line.shipped_num))
            for line in parts(parcel.shipped_order_info, shapes.ShippedLine)
        )
        shipment = ShipmentData(
            order_id=order_id,
            shipment_id=shipment_id,
            carrier=text(parcel.express_company_id),
            tracking_no=tracking_no,
            lines=lines or None,
        )
        told.append(Told(EventType.SHIPMENT_SHIPPED, shipment, at, part=f"parcel{number}"))
    return told


def _refund(kind: EventType, data: shapes.Data, at: dt.datetime | None) -> Told:
    refund = RefundData(
        order_id=_needed("p_id", data.p_id),
        refund_id=_needed("aftersale_id", data.aftersale_id),
        amount=yuan(data.refund_amount),
        currency=CURRENCY,
    )
    return Told(kind, refund, at)


def _time(data: shapes.Data, first: tuple[str, ...]) -> dt.datetime | None:
    """When it happened: by the member of its own kind, else by any that the message has."""
    for name in (*first, *_TIMES):
        if found := instant(getattr(data, name)):
            return found
    return None


def _either(one: Scalar, other: Scalar) -> Scalar:
    return other if one is None else one


def _needed(member: str, value: Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known
