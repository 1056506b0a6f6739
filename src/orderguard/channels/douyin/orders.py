"""Douyin's order as the canonical order: of a detail the whole, of a push what it tells."""

from msgspec import Raw

from orderguard.channels.douyin import shapes
from orderguard.channels.douyin.values import (
    Scalar,
    identity,
    instant,
    part,
    parts,
    phone,
    plain,
    quantity,
    search_index,
    text,
    whole,
    yuan,
)
from orderguard.domain.connecting import TokenScope
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)

SUPPLIES = frozenset(
    {
        *("order_id", "status", "created_at", "paid_at", "updated_at", "ship_by"),
        *("amount", "discount", "freight", "currency"),
        *("buyer", "buyer.id", "buyer.phone", "buyer.phone_token"),
        *("lines", "lines.line_id", "lines.channel_sku", "lines.sku", "lines.product_id"),
        *("lines.title", "lines.quantity", "lines.unit_price"),
        *("coupons", "coupons.id", "coupons.amount"),
        *("payment", "payment.id", "payment.method", "payment.amount", "payment.currency"),
        "payment.paid_at",
        *("ship_to", "ship_to.country", "ship_to.province", "ship_to.city", "ship_to.district"),
        *("ship_to.street", "ship_to.name", "ship_to.phone", "ship_to.address_token"),
    }
)
TOKENS = {
    "buyer.phone_token": TokenScope(within="shop"),
    # The platform lets parcels of one day go together by it, and says nothing of two days.
    "ship_to.address_token": TokenScope(within="shop", days=1),
}

STATUSES = {
    1: OrderStatus.PENDING_PAYMENT,
    103: OrderStatus.PENDING_PAYMENT,
    105: OrderStatus.PAID,
    2: OrderStatus.PAID,
    101: OrderStatus.FULFILLING,
    3: OrderStatus.SHIPPED,
    5: OrderStatus.COMPLETED,
    4: OrderStatus.CANCELLED,
    21: OrderStatus.CLOSED,
    22: OrderStatus.CLOSED,
    39: OrderStatus.CLOSED,
}
"""By `main_status`, which tells more, or `order_status`."""
CASH_ON_DELIVERY = 0
METHODS = {
    CASH_ON_DELIVERY: "cash_on_delivery",
    1: "wechat",
    2: "alipay",
    3: "mini_app",
    4: "bank_card",
    5: "balance",
    7: "nothing_to_pay",
    8: "dou_instalment",
    9: "new_card",
    12: "pay_later",
    16: "cashier",
}
CURRENCY, COUNTRY = "CNY", "CN"


def status(code: Scalar) -> OrderStatus | None:
    """None where none is told, unknown for one that is new."""
    known = whole(code)
    return None if known is None else STATUSES.get(known, OrderStatus.UNKNOWN)


def canonical_order(order: shapes.ShopOrder, order_id: str) -> Order:
    """What `order.orderDetail` and the list tell: all that there is."""
    paid_at = instant(order.pay_time)
    return Order(
        order_id=order_id,
        status=_status(order),
        created_at=instant(order.create_time),
        paid_at=paid_at,
        updated_at=instant(order.update_time),
        ship_by=instant(order.exp_ship_time),
        buyer=buyer(order.doudian_open_id, order.encrypt_post_tel),
        lines=_lines(order),
        amount=yuan(order.pay_amount),
        discount=yuan(order.promotion_amount),
        freight=yuan(order.post_amount),
        currency=CURRENCY,
        coupons=_coupons(order),
        payment=_payment(order) if paid_at else None,
        ship_to=ship_to(
            part(order.post_addr, shapes.Address),
            token=text(order.open_address_id),
            name=plain(order.encrypt_post_receiver),
            telephone=phone(order.encrypt_post_tel),
        ),
    )


def buyer(open_id: Scalar, telephone: Scalar) -> Buyer | None:
    """The telephone is that of the parcel, in place of the buyer's own, which is never told."""
    known = Buyer(id=identity(open_id), phone=phone(telephone), phone_token=search_index(telephone))
    return known if known != Buyer() else None


def ship_to(
    address: shapes.Address | None,
    *,
    token: str | None = None,
    name: str | None = None,
    telephone: str | None = None,
) -> ShipTo | None:
    if address is None and token is None:
        return None
    address = address or shapes.Address()
    return ShipTo(
        country=COUNTRY,
        province=_region(address.province),
        city=_region(address.city),
        district=_region(address.town),
        street=plain(address.detail) or plain(address.encrypt_detail),
        name=name,
        phone=telephone,
        address_token=token,
    )


def _region(raw: Raw) -> str | None:
    region = part(raw, shapes.Region)
    return text(region.name) if region else None


def _status(order: shapes.ShopOrder) -> OrderStatus | None:
    known = status(order.main_status)
    if known in {None, OrderStatus.UNKNOWN}:
        known = status(order.order_status)
    # One that had been paid was not cancelled by its buyer: the money went back.
    if known is OrderStatus.CANCELLED and instant(order.pay_time):
        return OrderStatus.CLOSED
    return known


def _lines(order: shapes.ShopOrder) -> tuple[Line, ...] | None:
    lines = tuple(
        Line(
            line_id=identity(sku.order_id),
            channel_sku=identity(sku.sku_id),
            sku=text(sku.code) or text(sku.out_sku_id),
            product_id=identity(sku.product_id),
            title=text(sku.product_name),
            quantity=quantity(sku.item_num),
            unit_price=yuan(sku.origin_amount),
        )
        for sku in parts(order.sku_order_list, shapes.SkuOrder)
    )
    return lines or None


def _coupons(order: shapes.ShopOrder) -> tuple[Coupon, ...] | None:
    promotion = part(order.promotion_detail, shapes.Promotion)
    if promotion is None:
        return None
    discounts = (
        promotion.shop_discount_detail,
        promotion.platform_discount_detail,
        promotion.kol_discount_detail,
    )
    return tuple(
        Coupon(id=identity(coupon.coupon_id), amount=yuan(coupon.coupon_amount))
        for raw in discounts
        for discount in parts(raw, shapes.Discount)
        for coupon in parts(discount.coupon_info, shapes.CouponInfo)
    )


def _payment(order: shapes.ShopOrder) -> Payment:
    way = whole(order.pay_type)
    return Payment(
        id=text(order.channel_payment_no),
        method=None if way is None else METHODS.get(way, str(way)),
        amount=yuan(order.pay_amount),
        currency=CURRENCY,
        paid_at=instant(order.pay_time),
    )
