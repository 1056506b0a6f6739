"""Youzan's order as the canonical order."""

from collections.abc import Mapping

from orderguard.channels.youzan import shapes
from orderguard.channels.youzan.values import (
    Scalar,
    amount,
    cipher,
    identity,
    instant,
    part,
    parts,
    phone,
    plain,
    quantity,
    text,
    total,
    whole,
)
from orderguard.domain.connecting import TokenScope
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.kit.ids import stable_id

SUPPLIES = frozenset(
    {
        *("order_id", "status", "created_at", "paid_at", "updated_at"),
        *("amount", "discount", "freight", "currency"),
        *("buyer", "buyer.id", "buyer.phone", "buyer.phone_token"),
        *("lines", "lines.line_id", "lines.channel_sku", "lines.sku", "lines.product_id"),
        *("lines.title", "lines.quantity", "lines.unit_price"),
        *("payment", "payment.id", "payment.method", "payment.amount", "payment.currency"),
        "payment.paid_at",
        *("ship_to", "ship_to.country", "ship_to.province", "ship_to.city", "ship_to.district"),
        *("ship_to.street", "ship_to.postcode", "ship_to.name", "ship_to.phone"),
        "ship_to.address_token",
    }
)
TOKENS = {
    "buyer.phone_token": TokenScope(within="shop"),
    "ship_to.address_token": TokenScope(within="shop"),
}

CLOSED = "TRADE_CLOSED"
STATUSES: Mapping[str, OrderStatus] = {
    "WAIT_BUYER_PAY": OrderStatus.PENDING_PAYMENT,
    "TRADE_NO_CREATE_PAY": OrderStatus.PENDING_PAYMENT,
    "WAIT_PAY_RETURN": OrderStatus.PENDING_PAYMENT,
    "TRADE_PAID": OrderStatus.PAID,
    # A group still forms, or the shop has still to accept: the money is there.
    "WAIT_CONFIRM": OrderStatus.PAID,
    "WAIT_GROUP": OrderStatus.PAID,
    "WAIT_SELLER_SEND_GOODS": OrderStatus.PAID,
    "WAIT_BUYER_CONFIRM_GOODS": OrderStatus.SHIPPED,
    "TRADE_BUYER_SIGNED": OrderStatus.COMPLETED,
    "TRADE_SUCCESS": OrderStatus.COMPLETED,
    CLOSED: OrderStatus.CANCELLED,
    "TRADE_CLOSED_BY_USER": OrderStatus.CANCELLED,
}
REFUNDED = frozenset({2, 6})
"""Values of `close_type` that say that the money went back, in whole or in the last part."""
METHODS: Mapping[int, str] = {
    1: "wechat",
    2: "alipay",
    3: "alipay",
    9: "cash_on_delivery",
    10: "wechat",
}
CURRENCY, COUNTRY = "CNY", "CN"
SENT = 1


def status(code: Scalar, close_type: Scalar = None, *, is_paid: bool = False) -> OrderStatus | None:
    """None where none is told, unknown for one that is new."""
    name = text(code)
    if name is None:
        return None
    known = STATUSES.get(name, OrderStatus.UNKNOWN)
    # One that had been paid was not cancelled by its buyer: the money went back.
    if known is OrderStatus.CANCELLED and (is_paid or whole(close_type) in REFUNDED):
        return OrderStatus.CLOSED
    return known


def canonical_order(trade: shapes.Trade, order_id: str) -> Order:
    full = trade.full_order_info
    info = full.order_info
    money = part(full.pay_info, shapes.PayInfo) or shapes.PayInfo()
    address = part(full.address_info, shapes.AddressInfo)
    promotion = part(trade.order_promotion, shapes.Promotion) or shapes.Promotion()
    discounts = (promotion.item_discount_fee, promotion.order_discount_fee)
    paid_at = instant(info.pay_time)
    return Order(
        order_id=order_id,
        status=_status(trade),
        created_at=instant(info.created),
        paid_at=paid_at,
        updated_at=instant(info.update_time),
        buyer=_buyer(part(full.buyer_info, shapes.BuyerInfo), address),
        lines=_lines(full),
        amount=amount(money.payment),
        discount=total([known for one in discounts if (known := amount(one))]),
        freight=amount(money.post_fee),
        currency=CURRENCY,
        payment=_payment(info, money) if paid_at else None,
        ship_to=_ship_to(address) if address else None,
    )


def _status(trade: shapes.Trade) -> OrderStatus | None:
    info = trade.full_order_info.order_info
    known = status(info.status, info.close_type, is_paid=instant(info.pay_time) is not None)
    deliveries = parts(trade.delivery_order, shapes.Delivery)
    if known is OrderStatus.PAID and any(whole(one.express_state) == SENT for one in deliveries):
        return OrderStatus.FULFILLING
    return known


def _buyer(buyer: shapes.BuyerInfo | None, address: shapes.AddressInfo | None) -> Buyer | None:
    """Without a telephone of the buyer, that of the parcel stands for it."""
    buyer, address = buyer or shapes.BuyerInfo(), address or shapes.AddressInfo()
    known = Buyer(
        id=identity(buyer.yz_open_id),
        phone=phone(buyer.buyer_phone),
        phone_token=cipher(buyer.buyer_phone) or cipher(address.receiver_tel),
    )
    return known if known != Buyer() else None


def _lines(full: shapes.FullOrderInfo) -> tuple[Line, ...] | None:
    lines = tuple(
        Line(
            line_id=identity(item.oid),
            channel_sku=identity(item.sku_id),
            sku=text(item.outer_sku_id) or text(item.outer_item_id),
            product_id=identity(item.item_id),
            title=text(item.title),
            quantity=quantity(item.num),
            unit_price=amount(item.price),
        )
        for item in parts(full.orders, shapes.Item)
    )
    return lines or None


def _payment(info: shapes.OrderInfo, money: shapes.PayInfo) -> Payment:
    # The numbers of several payments of one order stand in a row: the last one paid the rest.
    numbers = [*(money.outer_transactions or ()), *(money.transaction or ())]
    way, name = whole(info.pay_type), text(info.pay_type_str)
    method = METHODS.get(way) if way is not None else None
    return Payment(
        id=text(numbers[-1]) if numbers else None,
        method=method or (name.lower() if name else text(info.pay_type)),
        amount=amount(money.payment),
        currency=CURRENCY,
        paid_at=instant(info.pay_time),
    )


def _ship_to(address: shapes.AddressInfo) -> ShipTo | None:
    regions = (
        text(address.delivery_province),
        text(address.delivery_city),
        text(address.delivery_district),
    )
    door = cipher(address.delivery_address)
    known = ShipTo(
        country=COUNTRY if regions[0] else None,
        province=regions[0],
        city=regions[1],
        district=regions[2],
        street=plain(address.delivery_address),
        postcode=plain(address.delivery_postal_code),
        name=plain(address.receiver_name),
        phone=phone(address.receiver_tel),
        # The same street is there in many towns.
        address_token=stable_id("yz", *(one or "" for one in regions), door) if door else None,
    )
    return known if known != ShipTo() else None
