"""Shopify's order as the canonical order."""

from orderguard.channels.shopify import shapes
from orderguard.channels.shopify.values import (
    QUANTITY_MAX,
    amount,
    currency,
    degrees,
    identity,
    instant,
    joined,
    text,
    total,
    whole,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Device,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)

SUPPLIES = frozenset(
    {
        "order_id",
        "attempt_id",
        "status",
        "created_at",
        "updated_at",
        "amount",
        "discount",
        "freight",
        "currency",
        *("buyer", "buyer.id", "buyer.registered_at", "buyer.phone", "buyer.email", "buyer.name"),
        *("lines", "lines.line_id", "lines.channel_sku", "lines.sku", "lines.product_id"),
        *("lines.title", "lines.quantity", "lines.unit_price"),
        *("coupons", "coupons.id", "coupons.amount"),
        *("payment", "payment.method"),
        *("ship_to", "ship_to.country", "ship_to.province", "ship_to.city", "ship_to.street"),
        *("ship_to.postcode", "ship_to.lat", "ship_to.lng", "ship_to.name", "ship_to.phone"),
        *("device", "device.ip", "device.user_agent"),
    }
)

_SHIPPED = {"fulfilled": OrderStatus.SHIPPED, "partial": OrderStatus.FULFILLING}
_PAID = {
    "pending": OrderStatus.PENDING_PAYMENT,
    # The money is reserved, not taken.
    "authorized": OrderStatus.PENDING_PAYMENT,
    "partially_paid": OrderStatus.PENDING_PAYMENT,
    "paid": OrderStatus.PAID,
    "partially_refunded": OrderStatus.PAID,
    "refunded": OrderStatus.CLOSED,
    # An unpaid order was cancelled.
    "voided": OrderStatus.CANCELLED,
}


def canonical_order(order: shapes.Order, order_id: str) -> Order:
    return Order(
        order_id=order_id,
        attempt_id=identity(order.checkout_token),
        status=status(order),
        created_at=instant(order.created_at),
        updated_at=instant(order.updated_at),
        buyer=_buyer(order),
        lines=_lines(order.line_items),
        amount=amount(order.total_price),
        discount=amount(order.total_discounts),
        freight=_freight(order),
        currency=currency(order.currency),
        coupons=_coupons(order.discount_codes),
        payment=_payment(order.payment_gateway_names),
        ship_to=_ship_to(order.shipping_address),
        device=_device(order),
    )


def status(order: shapes.Order) -> OrderStatus:
    """Where the order stands: `orders/updated` comes with nearly every change, so states tell."""
    if order.cancelled_at:
        return OrderStatus.CANCELLED
    paid = _PAID.get(str(order.financial_status), OrderStatus.UNKNOWN)
    if paid in {OrderStatus.CANCELLED, OrderStatus.CLOSED}:
        return paid
    return _SHIPPED.get(str(order.fulfillment_status), paid)


def _buyer(order: shapes.Order) -> Buyer | None:
    customer = order.customer or shapes.Customer()
    buyer = Buyer(
        id=identity(customer.id),
        registered_at=instant(customer.created_at),
        phone=text(order.phone) or text(customer.phone),
        email=text(order.email) or text(customer.email),
        name=joined(customer.first_name, customer.last_name),
    )
    return buyer if buyer != Buyer() else None


def _lines(items: list[shapes.LineItem] | None) -> tuple[Line, ...] | None:
    if items is None:
        return None
    return tuple(
        Line(
            line_id=text(item.id),
            channel_sku=text(item.variant_id),
            sku=text(item.sku),
            product_id=text(item.product_id),
            title=text(item.title),
            quantity=whole(item.quantity, least=0, most=QUANTITY_MAX),
            unit_price=amount(item.price),
        )
        for item in items
    )


def _freight(order: shapes.Order) -> str | None:
    prices = order.total_shipping_price_set
    if prices and prices.shop_money:
        return amount(prices.shop_money.amount)
    return total([known for line in order.shipping_lines or () if (known := amount(line.price))])


def _coupons(codes: list[shapes.DiscountCode] | None) -> tuple[Coupon, ...] | None:
    if codes is None:
        return None
    return tuple(Coupon(id=text(code.code), amount=amount(code.amount)) for code in codes)


def _payment(gateways: list[shapes.Scalar] | None) -> Payment | None:
    # Several gateways are a payment in parts: a gift card first, then what paid for the rest.
    return Payment(method=text(gateways[-1])) if gateways else None


def _ship_to(address: shapes.Address | None) -> ShipTo | None:
    if address is None:
        return None
    return ShipTo(
        country=text(address.country_code) or text(address.country),
        province=text(address.province),
        city=text(address.city),
        street=joined(address.address1, address.address2),
        postcode=text(address.zip),
        lat=degrees(address.latitude, most=90),
        lng=degrees(address.longitude, most=180),
        name=text(address.name) or joined(address.first_name, address.last_name),
        phone=text(address.phone),
    )


def _device(order: shapes.Order) -> Device | None:
    client = order.client_details or shapes.ClientDetails()
    ip, user_agent = text(order.browser_ip) or text(client.browser_ip), text(client.user_agent)
    return Device(ip=ip, user_agent=user_agent) if ip or user_agent else None
