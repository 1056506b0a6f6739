"""A trade of TOP as the canonical order. What TOP calls an order is a line of it."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from orderguard.channels.tmall import shapes
from orderguard.channels.tmall.shapes import Scalar
from orderguard.channels.tmall.values import (
    QUANTITY_MAX,
    amount,
    identity,
    instant,
    text,
    total,
    unmasked,
    whole,
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

CURRENCY = "CNY"
SUPPLIES = frozenset(
    {
        *("order_id", "status", "created_at", "paid_at", "updated_at"),
        *("amount", "discount", "freight", "currency"),
        *("buyer", "buyer.id"),
        *("lines", "lines.line_id", "lines.channel_sku", "lines.sku", "lines.product_id"),
        *("lines.title", "lines.quantity", "lines.unit_price"),
        *("coupons", "coupons.id", "coupons.amount"),
        *("payment", "payment.amount", "payment.currency", "payment.paid_at"),
        *("ship_to", "ship_to.province", "ship_to.city", "ship_to.district"),
        *("ship_to.postcode", "ship_to.address_token"),
    }
)
STATUSES: Mapping[str, OrderStatus] = {
    "TRADE_NO_CREATE_PAY": OrderStatus.PENDING_PAYMENT,
    "WAIT_BUYER_PAY": OrderStatus.PENDING_PAYMENT,
    "PAY_PENDING": OrderStatus.PENDING_PAYMENT,
    # Bought for nothing now, and paid by contract: no money has come.
    "WAIT_PRE_AUTH_CONFIRM": OrderStatus.PENDING_PAYMENT,
    "WAIT_SELLER_SEND_GOODS": OrderStatus.PAID,
    # Paid, and not to be sent yet: a group that is not complete.
    "PAID_FORBID_CONSIGN": OrderStatus.PAID,
    "SELLER_CONSIGNED_PART": OrderStatus.FULFILLING,
    "WAIT_BUYER_CONFIRM_GOODS": OrderStatus.SHIPPED,
    "TRADE_BUYER_SIGNED": OrderStatus.DELIVERED,
    "TRADE_FINISHED": OrderStatus.COMPLETED,
    "TRADE_CLOSED": OrderStatus.CLOSED,
    "TRADE_CLOSED_BY_TAOBAO": OrderStatus.CANCELLED,
}
CASH_ON_DELIVERY = "cod"
CLOSED_UNPAID = "TRADE_CLOSED_BY_TAOBAO"
NO_POSTCODE = "000000"

T = TypeVar("T")


def status(word: Scalar, trade_type: Scalar) -> OrderStatus | None:
    """Where it stands; None where nothing is said."""
    if text(word) is None:
        return None
    known = STATUSES.get(str(word), OrderStatus.UNKNOWN)
    if known is OrderStatus.PAID and trade_type == CASH_ON_DELIVERY:
        # Waits to be sent like a paid one, and no money has come.
        return OrderStatus.FULFILLING
    return known


def buyer(open_uid: Scalar, nick: Scalar) -> Buyer | None:
    """The uid that stays the same for this shop; an old message has the nick alone."""
    known = identity(open_uid) or identity(unmasked(nick))
    return Buyer(id=known) if known else None


def canonical_order(trade: shapes.Trade, order_id: str, app_key: str) -> Order:
    lines = sub_orders(trade)
    paid_at = instant(trade.pay_time)
    paid = amount(trade.payment)
    return Order(
        order_id=order_id,
        status=status(trade.status, trade.type),
        created_at=instant(trade.created),
        paid_at=paid_at,
        updated_at=instant(trade.modified),
        buyer=buyer(trade.buyer_open_uid, trade.buyer_nick),
        lines=tuple(_line(one) for one in _standing(lines)),
        amount=paid,
        discount=total([trade.discount_fee, *(one.discount_fee for one in lines)]),
        freight=amount(trade.post_fee),
        currency=CURRENCY,
        coupons=_coupons(trade),
        payment=Payment(amount=paid, currency=CURRENCY, paid_at=paid_at) if paid_at else None,
        ship_to=_ship_to(trade, app_key),
    )


def sub_orders(trade: shapes.Trade) -> list[shapes.SubOrder]:
    orders = trade.orders
    return listed(orders.order if isinstance(orders, shapes.SubOrderList) else orders)


def listed(value: list[T] | T | None) -> list[T]:
    """A list, be it one, one element alone, or nothing."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def sku(line: shapes.SubOrder) -> str | None:
    """The merchant's own code: of the SKU, else of the goods."""
    return text(line.outer_sku_id) or text(line.outer_iid)


def channel_sku(sku_id: Scalar, num_iid: Scalar) -> str | None:
    """Goods without SKUs are sold by the goods' own number."""
    return identity(sku_id) or identity(num_iid)


def quantity(value: Scalar) -> int | None:
    return whole(value, least=0, most=QUANTITY_MAX)


def _standing(lines: list[shapes.SubOrder]) -> Iterable[shapes.SubOrder]:
    """Without those that were closed before payment, unless the whole trade was."""
    open_ones = [one for one in lines if one.status != CLOSED_UNPAID]
    return open_ones or lines


def _line(line: shapes.SubOrder) -> Line:
    return Line(
        line_id=text(line.oid),
        channel_sku=channel_sku(line.sku_id, line.num_iid),
        sku=sku(line),
        product_id=text(line.num_iid),
        title=text(line.title),
        quantity=quantity(line.num),
        unit_price=amount(line.price),
    )


def _coupons(trade: shapes.Trade) -> tuple[Coupon, ...] | None:
    """None where there are none: TOP leaves out empty lists, and what the app may not see."""
    details = trade.promotion_details
    promotions = listed(
        details.promotion_detail if isinstance(details, shapes.PromotionList) else details
    )
    return (
        tuple(
            Coupon(id=text(one.promotion_id), amount=amount(one.discount_fee)) for one in promotions
        )
        or None
    )


def _ship_to(trade: shapes.Trade, app_key: str) -> ShipTo | None:
    postcode = unmasked(trade.receiver_zip)
    oaid = text(trade.oaid)
    ship_to = ShipTo(
        province=unmasked(trade.receiver_state),
        city=unmasked(trade.receiver_city),
        district=unmasked(trade.receiver_district),
        postcode=postcode if postcode != NO_POSTCODE else None,
        # The same addressee has another one in another app.
        address_token=f"{app_key}:{oaid}" if oaid else None,
    )
    return ship_to if ship_to != ShipTo() else None
