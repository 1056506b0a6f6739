"""What each event of the platform tells, as canonical events."""

import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import Struct

from orderguard.channels.wechat.reading import inner
from orderguard.channels.wechat.shapes import (
    AftersaleInfo,
    Complaint,
    OrderInfo,
    Push,
    Stock,
)
from orderguard.channels.wechat.values import (
    UNITS_MAX,
    Scalar,
    identity,
    instant,
    text,
    whole,
)
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    UnknownData,
)
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.errors import MalformedMessage

TYPE_NAME_LENGTH_MAX = 128
PUSHED, SHIPPING, ANSWERED = "wechat_push", "wechat_shipping", "wechat_answer"
"""How ids begin, by where an event comes from: a shop's push, one of mini-program shipping, or an
answer. Of the first alone something is left to be asked for."""

REFUND_STAGES: Mapping[str, EventType] = {
    "MERCHANT_PROCESSING": EventType.REFUND_REQUESTED,
    # The merchant has proposed something and the buyer is to say yes or no.
    "USER_WAIT_CONFIRM": EventType.REFUND_REQUESTED,
    "USER_WAIT_RETURN": EventType.REFUND_APPROVED,
    "MERCHANT_WAIT_RECEIPT": EventType.REFUND_APPROVED,
    "PLATFORM_REFUNDING": EventType.REFUND_APPROVED,
    # Agreed to, and the money has not come: late, or tried in vain.
    "MERCHANT_OVERDUE_REFUND": EventType.REFUND_APPROVED,
    "PLATFORM_REFUND_FAIL": EventType.REFUND_APPROVED,
    "MERCHANT_REFUND_RETRY_FAIL": EventType.REFUND_APPROVED,
    "MERCHANT_REFUND_SUCCESS": EventType.REFUND_SUCCEEDED,
    "MERCHANT_RETURN_SUCCESS": EventType.REFUND_SUCCEEDED,
    "USER_CANCELD": EventType.REFUND_REJECTED,
    "RETURN_CLOSED": EventType.REFUND_REJECTED,
    "MERCHANT_FAIL": EventType.REFUND_REJECTED,
    "MERCHANT_REJECT_REFUND": EventType.REFUND_REJECTED,
    "MERCHANT_REJECT_RETURN": EventType.REFUND_REJECTED,
    "MERCHANT_REJECT_RESHIP": EventType.REFUND_REJECTED,
}
_ALL_REFUNDED = "3"
_ALL_SHIPPED = "1"
_URGED = "7"
URGED = "The buyer urges the shipment."


class Told(Struct, frozen=True):
    """One event. Its id is made of `source` and `parts`, so that a repeat has the same."""

    type: EventType
    data: Data
    at: dt.datetime
    parts: tuple[str, ...]
    source: str = PUSHED
    type_name: str = ""
    """The platform's own, where the type is unknown."""


Tell = Callable[[Push, str, dt.datetime], list[Told]]
"""From a push, its event's name and its time."""


def tell(push: Push) -> list[Told]:
    """Nothing for what is no event: a buyer who writes to the shop's assistant is none."""
    name, kind = text(push.event), text(push.kind)
    if name is None or kind not in {None, "event"}:
        return []
    at = instant(push.created)
    teller = _TELLERS.get(name)
    if at is None:
        if teller is None:
            return []
        raise MalformedMessage("The member `CreateTime` is missing or no time.")
    return teller(push, name, at) if teller else [_unknown(name, at)]


def refund_stage(status: Scalar) -> EventType | None:
    """None for a status that is in no table."""
    return REFUND_STAGES.get(text(status) or "")


def needed(member: str, value: Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known


def _unknown(name: str, at: dt.datetime, *parts: str) -> Told:
    """Kept with its name."""
    short = name[:TYPE_NAME_LENGTH_MAX]
    return Told(
        EventType.UNKNOWN, UnknownData(), at, (short, _seconds(at), *parts), type_name=short
    )


def _order(kind: EventType, status: OrderStatus | None) -> Tell:
    """The order and its status; all else is asked for."""

    def told(push: Push, name: str, at: dt.datetime) -> list[Told]:
        order = Order(order_id=_order_id(push), status=status)
        return [_of_order(kind, order, name, at)]

    return told


def _paid(push: Push, name: str, at: dt.datetime) -> list[Told]:
    info = inner(push.order_info, OrderInfo)
    order_id, paid_at = _order_id(push), instant(info.pay_time) if info else None
    payment = Payment(paid_at=paid_at) if paid_at else None
    order = Order(order_id=order_id, status=OrderStatus.PAID, paid_at=paid_at, payment=payment)
    return [_of_order(EventType.ORDER_PAID, order, name, at)]


def _cancelled(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """An order whose goods were all refunded ends in the same event as one that was never paid."""
    info = inner(push.order_info, OrderInfo)
    kind, status = EventType.ORDER_CANCELLED, OrderStatus.CANCELLED
    if info and text(info.cancel_type) == _ALL_REFUNDED:
        kind, status = EventType.ORDER_CLOSED, OrderStatus.CLOSED
    return [_of_order(kind, Order(order_id=_order_id(push), status=status), name, at)]


def _delivered(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """That a parcel has left; which one it is has to be asked for."""
    info = inner(push.order_info, OrderInfo)
    is_whole = info is not None and text(info.finish_delivery) == _ALL_SHIPPED
    status = OrderStatus.SHIPPED if is_whole else OrderStatus.FULFILLING
    order = Order(order_id=_order_id(push), status=status)
    return [_of_order(EventType.ORDER_UPDATED, order, name, at, status.value)]


def _changed(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """A remark, an address, a buyer in a hurry: `type` says which."""
    info = inner(push.order_info, OrderInfo)
    order_id, what = _order_id(push), (info and text(info.type)) or ""
    if what == _URGED:
        data = AftersaleData(order_id=order_id, reason=URGED)
        parts = (name, order_id, _seconds(at), what)
        return [Told(EventType.ENQUIRY_OPENED, data, at, parts)]
    return [_of_order(EventType.ORDER_UPDATED, Order(order_id=order_id), name, at, what)]


def _aftersale(push: Push, name: str, at: dt.datetime) -> list[Told]:
    info = inner(push.aftersale or push.gift_aftersale, AftersaleInfo) or AftersaleInfo()
    data = RefundData(
        order_id=needed("order_id", info.order_id),
        refund_id=needed("after_sale_order_id", info.after_sale_order_id),
    )
    status = text(info.status) or ""
    stage = refund_stage(status)
    parts = (data.refund_id, status[:TYPE_NAME_LENGTH_MAX])
    if stage is None:
        return [_unknown(name, at, *parts)]
    return [Told(stage, data, at, (name, _seconds(at), *parts))]


def _complained(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """Every step of a complaint comes as the same event; it was opened once."""
    complaint = inner(push.complaint, Complaint) or Complaint()
    data = AftersaleData(order_id=needed("order_id", complaint.order_id))
    number = needed("complaint_id", complaint.complaint_id)
    return [Told(EventType.COMPLAINT_OPENED, data, at, (name, number))]


def _stocked(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """By the platform's SKU: what `sku.mapped` says of an order's lines holds here too."""
    stock = inner(push.stock, Stock) or Stock()
    sku, left = identity(stock.sku_id), whole(stock.remaining_stock_amount, most=UNITS_MAX)
    if sku is None or left is None:
        return [_unknown(name, at)]
    data = InventoryData(sku=sku, available=left)
    return [Told(EventType.INVENTORY_CHANGED, data, at, (name, sku, _seconds(at), str(left)))]


def _to_ship(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """A mini-program's order that is paid, and not yet reported as shipped."""
    paid_at = instant(push.pay_time)
    transaction = identity(push.transaction_id)
    order = Order(
        order_id=needed("merchant_trade_no", push.merchant_trade_no),
        status=OrderStatus.PAID,
        paid_at=paid_at,
        payment=Payment(id=transaction, method="wechat", paid_at=paid_at),
    )
    return [_of_shipping(EventType.ORDER_UPDATED, order, name, at)]


def _to_settle(push: Push, name: str, at: dt.datetime) -> list[Told]:
    """Comes when its money is about to be settled, and again once it is: then it is finished."""
    is_over = instant(push.confirm_receive_time) or instant(push.settlement_time)
    kind = EventType.ORDER_COMPLETED if is_over else EventType.ORDER_UPDATED
    order = Order(
        order_id=needed("merchant_trade_no", push.merchant_trade_no),
        status=OrderStatus.COMPLETED if is_over else OrderStatus.SHIPPED,
    )
    return [_of_shipping(kind, order, name, at)]


def _of_order(kind: EventType, order: Order, name: str, at: dt.datetime, *parts: str) -> Told:
    return Told(kind, OrderData(order=order), at, (name, order.order_id, _seconds(at), *parts))


def _of_shipping(kind: EventType, order: Order, name: str, at: dt.datetime) -> Told:
    parts = (name, order.order_id, _seconds(at), kind.value)
    return Told(kind, OrderData(order=order), at, parts, source=SHIPPING)


def _order_id(push: Push) -> str:
    info = inner(push.order_info, OrderInfo)
    return needed("order_info.order_id", info.order_id if info else None)


def _seconds(at: dt.datetime) -> str:
    return str(int(at.timestamp()))


_TELLERS: Mapping[str, Tell] = {
    "channels_ec_order_new": _order(EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
    "channels_ec_order_cancel": _cancelled,
    "channels_ec_order_pay": _paid,
    "channels_ec_order_wait_shipping": _order(EventType.ORDER_UPDATED, OrderStatus.PAID),
    "channels_ec_order_deliver": _delivered,
    "channels_ec_order_confirm": _order(EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
    "channels_ec_order_settle": _order(EventType.ORDER_UPDATED, None),
    "channels_ec_order_ext_info_update": _changed,
    "channels_ec_aftersale_update": _aftersale,
    "channels_ec_present_aftersale_update": _aftersale,
    "channels_ec_complaint_update": _complained,
    "channels_ec_stock_no_enough": _stocked,
    "trade_manage_remind_shipping": _to_ship,
    "trade_manage_order_settlement": _to_settle,
}
"""All others are kept as unknown with their name: `product_spu_…`, `dropship_order_…`,
`channels_ec_guarantee_update`, `trade_manage_remind_access_api`."""
