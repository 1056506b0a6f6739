"""WeChat's order and after-sale order, as a call answers them, as canonical events."""

import datetime as dt
from collections.abc import Mapping

from orderguard.channels.wechat import shapes
from orderguard.channels.wechat.events import ANSWERED, Told, needed, refund_stage
from orderguard.channels.wechat.values import (
    CURRENCY,
    QUANTITY_MAX,
    identity,
    instant,
    shown,
    text,
    whole,
    yuan,
)
from orderguard.domain.connecting import TokenScope
from orderguard.domain.events import (
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
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
from orderguard.errors import MalformedMessage

SUPPLIES = frozenset(
    {
        *("order_id", "status", "created_at", "paid_at", "updated_at"),
        *("amount", "discount", "freight", "currency"),
        *("buyer", "buyer.id"),
        *("lines", "lines.channel_sku", "lines.sku", "lines.product_id", "lines.title"),
        *("lines.quantity", "lines.unit_price"),
        *("coupons", "coupons.id"),
        *("payment", "payment.id", "payment.method", "payment.amount", "payment.currency"),
        "payment.paid_at",
        *("ship_to", "ship_to.province", "ship_to.city", "ship_to.district", "ship_to.street"),
        *("ship_to.postcode", "ship_to.name", "ship_to.phone", "ship_to.address_token"),
    }
)
TOKENS = {"ship_to.address_token": TokenScope(within="shop")}
"""`hash_code` stands for one address within a shop, however much of it is masked."""

_STATUSES: Mapping[str, OrderStatus] = {
    "10": OrderStatus.PENDING_PAYMENT,
    # A gift that waits to be accepted and a group that forms are paid already.
    "12": OrderStatus.PAID,
    "13": OrderStatus.PAID,
    "17": OrderStatus.PAID,
    "20": OrderStatus.PAID,
    "21": OrderStatus.FULFILLING,
    "30": OrderStatus.SHIPPED,
    "100": OrderStatus.COMPLETED,
    "200": OrderStatus.CLOSED,
    "250": OrderStatus.CANCELLED,
}
_METHODS: Mapping[str, str] = {
    "1": "wechat",
    "2": "pay_later",
    "3": "lottery",
    "4": "points",
}


def tell_answer(answer: shapes.Answer) -> list[Told]:
    """What the detail of an order or of an after-sale order tells; nothing of other answers."""
    if answer.order is not None:
        return tell_order(answer.order)
    if answer.after_sale_order is not None:
        return tell_refund(answer.after_sale_order)
    return []


def tell_order(order: shapes.Order) -> list[Told]:
    """The order as it stands, and each of its parcels that has left."""
    told = canonical_order(order)
    at = told.updated_at or told.created_at
    if at is None:
        raise MalformedMessage("The order says neither `update_time` nor `create_time`.")
    parts = (told.order_id, _seconds(at), text(order.status) or "")
    whole_order = Told(EventType.ORDER_UPDATED, OrderData(order=told), at, parts, source=ANSWERED)
    return [whole_order, *_parcels(order, told, at)]


def tell_refund(aftersale: shapes.AftersaleOrder, order_id: str = "") -> list[Told]:
    """How far a refund is; nothing where its status is in no table."""
    stage = refund_stage(aftersale.status)
    at = instant(aftersale.update_time) or instant(aftersale.create_time)
    if at is None:
        raise MalformedMessage("The after-sale order says no time.")
    if stage is None:
        return []
    data = RefundData(
        order_id=needed("order_id", aftersale.order_id or order_id),
        refund_id=needed("after_sale_order_id", aftersale.after_sale_order_id),
        amount=yuan(aftersale.refund_info.amount) if aftersale.refund_info else None,
        currency=CURRENCY,
        reason=text(aftersale.reason_text) or text(aftersale.reason),
    )
    parts = (data.refund_id, _seconds(at), text(aftersale.status) or "")
    return [Told(stage, data, at, parts, source=ANSWERED)]


def canonical_order(order: shapes.Order) -> Order:
    detail = order.order_detail or shapes.OrderDetail()
    price = detail.price_info or shapes.PriceInfo()
    payment = _payment(detail.pay_info, price)
    openid = identity(order.openid)
    return Order(
        order_id=needed("order.order_id", order.order_id),
        status=_STATUSES.get(text(order.status) or "", OrderStatus.UNKNOWN),
        created_at=instant(order.create_time),
        paid_at=payment.paid_at if payment else None,
        updated_at=instant(order.update_time),
        buyer=Buyer(id=openid) if openid else None,
        lines=_lines(detail.product_infos),
        amount=yuan(price.order_price),
        discount=yuan(price.discounted_price),
        freight=yuan(price.freight),
        currency=CURRENCY,
        coupons=_coupons(detail.coupon_info),
        payment=payment,
        ship_to=_ship_to(detail.delivery_info),
    )


def _lines(products: list[shapes.ProductInfo] | None) -> tuple[Line, ...] | None:
    if products is None:
        return None
    return tuple(
        Line(
            channel_sku=identity(product.sku_id),
            sku=text(product.sku_code) or text(product.out_sku_id),
            product_id=identity(product.product_id),
            title=text(product.title),
            quantity=whole(product.sku_cnt, most=QUANTITY_MAX),
            unit_price=yuan(product.sale_price),
        )
        for product in products
    )


def _coupons(info: shapes.CouponInfo | None) -> tuple[Coupon, ...] | None:
    known = identity(info.user_coupon_id) if info else None
    return (Coupon(id=known),) if known else None


def _payment(info: shapes.PayInfo | None, price: shapes.PriceInfo) -> Payment | None:
    """None until it is paid: an order has a prepaid number before that."""
    paid_at = instant(info.pay_time) if info else None
    if info is None or paid_at is None:
        return None
    return Payment(
        id=identity(info.transaction_id),
        method=_METHODS.get(text(info.payment_method) or "", text(info.payment_method)),
        amount=yuan(price.order_price),
        currency=CURRENCY,
        paid_at=paid_at,
    )


def _ship_to(info: shapes.DeliveryInfo | None) -> ShipTo | None:
    """Name, street and telephone are mostly masked, and then not told."""
    address = info.address_info if info else None
    if address is None:
        return None
    return ShipTo(
        province=shown(address.province_name),
        city=shown(address.city_name),
        district=shown(address.county_name),
        street=shown(address.detail_info),
        postcode=shown(address.postal_code),
        name=shown(address.user_name),
        phone=shown(address.tel_number),
        address_token=text(address.hash_code),
    )


def _parcels(order: shapes.Order, told: Order, at: dt.datetime) -> list[Told]:
    detail = order.order_detail or shapes.OrderDetail()
    parcels = detail.delivery_info.delivery_product_info if detail.delivery_info else None
    skus = {line.channel_sku: line.sku for line in told.lines or ()}
    return [
        _parcel(parcel, number, told.order_id, skus, at)
        for number, parcel in enumerate(parcels or ())
    ]


def _parcel(
    parcel: shapes.Parcel,
    number: int,
    order_id: str,
    skus: Mapping[str | None, str | None],
    at: dt.datetime,
) -> Told:
    """Once for each parcel, however often the order is asked for."""
    waybill = text(parcel.waybill_id)
    lines = tuple(
        ShipmentLine(
            sku=skus.get(identity(product.sku_id)),
            quantity=whole(product.product_cnt, most=QUANTITY_MAX),
        )
        for product in parcel.product_infos or ()
    )
    data = ShipmentData(
        order_id=order_id,
        shipment_id=waybill,
        carrier=text(parcel.delivery_id),
        tracking_no=waybill,
        lines=lines or None,
    )
    parts = ("parcel", order_id, waybill or str(number))
    left_at = instant(parcel.delivery_time) or at
    return Told(EventType.SHIPMENT_SHIPPED, data, left_at, parts, source=ANSWERED)


def _seconds(at: dt.datetime) -> str:
    return str(int(at.timestamp()))
