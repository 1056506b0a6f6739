"""What each topic, trade and refund tells, as canonical events."""

import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import Struct

from orderguard.channels.tmall import shapes
from orderguard.channels.tmall.orders import (
    CURRENCY,
    buyer,
    canonical_order,
    channel_sku,
    quantity,
    sku,
    status,
    sub_orders,
)
from orderguard.channels.tmall.shapes import Content, Scalar
from orderguard.channels.tmall.values import UNITS_MAX, amount, identity, instant, text, whole
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
    UnknownData,
)
from orderguard.domain.orders import Order, OrderStatus
from orderguard.errors import MalformedMessage
from orderguard.kit.ids import stable_id


class Told(Struct, frozen=True, kw_only=True):
    """One event. No `at`: the message's own time. No `id`: the message's own."""

    type: EventType
    data: Data
    at: dt.datetime | None = None
    id: str = ""
    name: str = ""
    """What an event of unknown type is called, where the topic alone says too little."""


Tell = Callable[[Content], Told]


def _trade(kind: EventType, by_topic: OrderStatus | None = None) -> Tell:
    """`by_topic`: where the trade stands if the message itself does not say it."""

    def tell(content: Content) -> Told:
        told = status(content.status, content.type) or by_topic
        return Told(type=kind, data=OrderData(order=_order(content, told)))

    return tell


def _part(by_topic: OrderStatus | None = None) -> Tell:
    """A topic that speaks of a part of the trade: the status in it may be that of the part."""

    def tell(content: Content) -> Told:
        return Told(type=EventType.ORDER_UPDATED, data=OrderData(order=_order(content, by_topic)))

    return tell


_CLOSED = {
    OrderStatus.CANCELLED: EventType.ORDER_CANCELLED,
    OrderStatus.CLOSED: EventType.ORDER_CLOSED,
}


def _closed(content: Content) -> Told:
    """The status says whether it was closed before or after it was paid."""
    told = status(content.status, content.type)
    kind = _CLOSED.get(told or OrderStatus.UNKNOWN, EventType.ORDER_UPDATED)
    return Told(type=kind, data=OrderData(order=_order(content, told)))


def _order(content: Content, told: OrderStatus | None) -> Order:
    order_id = needed("tid", content.tid)
    # Of a trade with several lines the amounts may be those of one line.
    is_whole = identity(content.oid) in {None, order_id}
    paid = amount(content.payment) if is_whole else None
    return Order(
        order_id=order_id,
        status=told,
        buyer=buyer(content.buyer_open_uid, content.buyer_nick),
        amount=paid,
        freight=amount(content.post_fee) if is_whole else None,
        currency=CURRENCY if paid else None,
    )


def _refund(kind: EventType) -> Tell:
    def tell(content: Content) -> Told:
        fee = amount(content.refund_fee)
        data = RefundData(
            order_id=needed("tid", content.tid),
            refund_id=needed("refund_id", content.refund_id),
            amount=fee,
            currency=CURRENCY if fee else None,
        )
        return Told(type=kind, data=data, at=instant(content.modified))

    return tell


def _dispute(content: Content) -> Told:
    fee = amount(content.refund_fee) or amount(content.buyer_refund_fee)
    data = AftersaleData(
        order_id=needed("tid", content.tid), amount=fee, currency=CURRENCY if fee else None
    )
    return Told(type=EventType.DISPUTE_OPENED, data=data, at=instant(content.modified))


def _stock(content: Content) -> Told:
    """What is left of the SKU; of the goods, where they have no SKUs."""
    has_skus = identity(content.sku_id) is not None
    left = content.sku_num if has_skus else content.num
    return _stocked(content, whole(left, least=-UNITS_MAX, most=UNITS_MAX))


def _sold_out(content: Content) -> Told:
    return _stocked(content, 0)


def _stocked(content: Content, available: int | None) -> Told:
    """TOP names no SKU of the merchant's here; `sku.mapped` may map the channel's to one."""
    number = needed("num_iid", channel_sku(content.sku_id, content.num_iid))
    data = InventoryData(sku=f"tmall_sku:{number}"[:128], available=available)
    return Told(type=EventType.INVENTORY_CHANGED, data=data)


_STEPS: Mapping[str, EventType] = {
    "CREATE": EventType.SHIPMENT_ACCEPTED,
    "CONSIGN": EventType.SHIPMENT_SHIPPED,
    "GOT": EventType.SHIPMENT_IN_TRANSIT,
    "ARRIVAL": EventType.SHIPMENT_IN_TRANSIT,
    "DEPARTURE": EventType.SHIPMENT_IN_TRANSIT,
    "SENT_CITY": EventType.SHIPMENT_IN_TRANSIT,
    "SENT_SCAN": EventType.SHIPMENT_IN_TRANSIT,
    "TO_EMS": EventType.SHIPMENT_IN_TRANSIT,
    # It was not taken; the parcel is on its way still, or on its way back.
    "FAILED": EventType.SHIPMENT_IN_TRANSIT,
    "SIGNED": EventType.SHIPMENT_DELIVERED,
}
"""A step of a parcel. LOST and OTHER say nothing that a parcel's state has a word for."""


def _traced(content: Content) -> Told:
    order_id = needed("tid", content.tid)
    action = text(content.action) or ""
    kind, at = _STEPS.get(action, EventType.UNKNOWN), instant(content.time)
    if kind is EventType.UNKNOWN:
        return Told(type=kind, data=UnknownData(), at=at, name=f"{TRACE}:{action}")
    data = ShipmentData(
        order_id=order_id, carrier=text(content.company_name), tracking_no=text(content.out_sid)
    )
    return Told(type=kind, data=data, at=at)


TRACE = "taobao_logistics_LogsticDetailTrace"
_changed = _trade(EventType.ORDER_UPDATED)
_TRADES: Mapping[str, Tell] = {
    "TradeCreate": _trade(EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
    "TradeAlipayCreate": _changed,
    "TradeModifyFee": _changed,
    "TradeCloseAndModifyDetailOrder": _part(),
    "TradeClose": _closed,
    "TradeBuyerPay": _trade(EventType.ORDER_PAID, OrderStatus.PAID),
    # The deposit or the balance of a presale: the status says which.
    "TradeBuyerStepPay": _changed,
    "TradeBuyerPaySubOut": _part(),
    "TradeSellerShip": _trade(EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
    "TradePartlySellerShip": _part(OrderStatus.FULFILLING),
    "TradeDelayConfirmPay": _changed,
    "TradePartlyConfirmPay": _part(),
    "TradePartlyRefund": _part(),
    "TradeSuccess": _trade(EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
    "TradeTimeoutRemind": _changed,
    "TradeRated": _changed,
    "TradeMemoModified": _changed,
    "TradeLogisticsAddressChanged": _changed,
    "TradeChanged": _changed,
    "OrderSkuChanged": _part(),
}
_REFUNDS: Mapping[str, Tell] = {
    "RefundCreated": _refund(EventType.REFUND_REQUESTED),
    "RefundBuyerModifyAgreement": _refund(EventType.REFUND_REQUESTED),
    "RefundSellerAgreeAgreement": _refund(EventType.REFUND_APPROVED),
    # The goods are on their way back: agreed before, and not paid back yet.
    "RefundBuyerReturnGoods": _refund(EventType.REFUND_APPROVED),
    "RefundSellerRefuseAgreement": _refund(EventType.REFUND_REJECTED),
    "RefundClosed": _refund(EventType.REFUND_REJECTED),
    "RefundSuccess": _refund(EventType.REFUND_SUCCEEDED),
    "TaobaoInterApplied": _dispute,
    "TaobaoIntervened": _dispute,
}
TOPICS: Mapping[str, Tell] = {
    **{f"taobao_trade_{name}": tell for name, tell in _TRADES.items()},
    **{f"taobao_refund_{name}": tell for name, tell in _REFUNDS.items()},
    "taobao_oc_TradeTagChanged": _part(),
    "taobao_item_ItemStockChanged": _stock,
    "taobao_item_ItemZeroStock": _sold_out,
    "taobao_item_ItemSkuZeroStock": _sold_out,
    TRACE: _traced,
}
"""Any other topic, such as a rating or a message left, is kept as unknown under its name."""

_STAGES: Mapping[str, EventType] = {
    "WAIT_SELLER_AGREE": EventType.REFUND_REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": EventType.REFUND_APPROVED,
    "WAIT_SELLER_CONFIRM_GOODS": EventType.REFUND_APPROVED,
    "SELLER_REFUSE_BUYER": EventType.REFUND_REJECTED,
    "CLOSED": EventType.REFUND_REJECTED,
    "SUCCESS": EventType.REFUND_SUCCEEDED,
}


def trade_told(trade: shapes.Trade, app_key: str) -> list[Told]:
    """A whole trade as it stands, and its parcels."""
    order_id = needed("tid", identity(trade.tid_str) or identity(trade.tid))
    order = canonical_order(trade, order_id, app_key)
    at = order.updated_at or order.created_at
    if at is None:
        raise MalformedMessage("A trade says neither when it was made nor when it changed.")
    words = (order_id, str(trade.modified), str(trade.status))
    whole_order = Told(
        type=EventType.ORDER_UPDATED,
        data=OrderData(order=order),
        at=at,
        id=stable_id("tmall", "trade", *words),
    )
    return [whole_order, *_parcels(trade, order_id, at)]


def _parcels(trade: shapes.Trade, order_id: str, at: dt.datetime) -> list[Told]:
    """Each waybill number once, with the lines that go under it.

    No `shipment_id`: a trace names none, and a warehouse has numbers of its own for the same
    parcel.
    """
    by_number: dict[str, list[shapes.SubOrder]] = {}
    for line in sub_orders(trade):
        if number := text(line.invoice_no):
            by_number.setdefault(number, []).append(line)
    return [
        Told(
            type=EventType.SHIPMENT_SHIPPED,
            data=ShipmentData(
                order_id=order_id,
                carrier=text(lines[0].logistics_company),
                tracking_no=number,
                lines=tuple(
                    ShipmentLine(sku=sku(line), quantity=quantity(line.num)) for line in lines
                ),
            ),
            at=instant(lines[0].consign_time) or instant(trade.consign_time) or at,
            id=stable_id("tmall", "parcel", order_id, number),
        )
        for number, lines in by_number.items()
    ]


def refund_told(refund: shapes.Refund, order_id: str = "") -> Told:
    """A refund as it stands. An empty `reason` says that none was given."""
    refund_id = needed("refund_id", refund.refund_id)
    at = instant(refund.modified) or instant(refund.created)
    if at is None:
        raise MalformedMessage("A refund says neither when it was made nor when it changed.")
    fee, units = amount(refund.refund_fee), quantity(refund.num)
    line = ShipmentLine(sku=text(refund.outer_id), quantity=units)
    kind = _STAGES.get(str(refund.status), EventType.UNKNOWN)
    data: Data = UnknownData()
    if kind is not EventType.UNKNOWN:
        data = RefundData(
            order_id=needed("tid", identity(refund.tid) or order_id),
            refund_id=refund_id,
            amount=fee,
            currency=CURRENCY if fee else None,
            reason=text(refund.reason) or "",
            lines=(line,) if line != ShipmentLine() else None,
        )
    return Told(
        type=kind,
        data=data,
        at=at,
        id=stable_id("tmall", "refund", refund_id, str(refund.modified), str(refund.status)),
        name=f"refund:{refund.status}",
    )


def needed(member: str, value: Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known
