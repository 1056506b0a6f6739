"""What one event says of an order, as a flat table of members.

The members are named as the fields of `Fact`; those that only the state needs follow them.
"""

from decimal import Decimal
from typing import TypedDict

from orderguard.domain.events import OrderEvent, Traits
from orderguard.domain.facts import FactLine
from orderguard.domain.orders import Line, Order, OrderStatus
from orderguard.kit.clock import to_ms


class Members(TypedDict, total=False):
    """Members of an order that are known; an absent one is unknown."""

    order_amount: Decimal
    order_discount: Decimal
    order_freight: Decimal
    order_currency: str
    order_coupon_count: int
    order_line_count: int
    order_quantity: int
    lines: tuple[FactLine, ...]
    buyer_id: str
    buyer_registered_at: int
    buyer_phone_token: str
    buyer_phone_segment: str
    buyer_phone_is_virtual: bool
    buyer_email_token: str
    buyer_email_is_disposable: bool
    payment_account: str
    payment_method: str
    payment_amount: Decimal
    device_id: str
    device_ip: str
    device_client: str
    device_segment: str
    device_is_datacenter: bool
    ship_to_country: str
    ship_to_province: str
    ship_to_city: str
    ship_to_district: str
    ship_to_doorstep: str
    ship_to_is_public: bool
    ship_to_place: tuple[float, float]
    ship_to_error_km: float
    attempt_id: str
    status: OrderStatus
    created_at: int
    paid_at: int
    payment_currency: str
    exchange_rate: Decimal


def _line(line: Line) -> FactLine:
    sku = line.sku or line.channel_sku
    return FactLine(
        product=line.product_id or sku,
        sku=sku,
        quantity=1 if line.quantity is None else line.quantity,
        unit_price=None if line.unit_price is None else Decimal(line.unit_price),
    )


def order_members(event: OrderEvent, order: Order) -> Members:
    """The members that a channel's document names; null and absent ones are left out."""
    traits = event.traits
    known: dict[str, object] = {
        "order_currency": order.currency,
        "attempt_id": order.attempt_id,
        "status": None if order.status is OrderStatus.UNKNOWN else order.status,
    }
    for name, amount in (
        ("order_amount", order.amount),
        ("order_discount", order.discount),
        ("order_freight", order.freight),
    ):
        known[name] = None if amount is None else Decimal(amount)
    for name, moment in (("created_at", order.created_at), ("paid_at", order.paid_at)):
        known[name] = None if moment is None else min(to_ms(moment), event.received_ms)
    if order.coupons is not None:
        known["order_coupon_count"] = len(order.coupons)
    if order.lines:
        lines = tuple(_line(line) for line in order.lines)
        known["lines"] = lines
        known["order_line_count"] = len(lines)
        known["order_quantity"] = sum(line.quantity for line in lines)
    if order.buyer is not None:
        known["buyer_id"] = order.buyer.id
        if order.buyer.registered_at is not None:
            known["buyer_registered_at"] = to_ms(order.buyer.registered_at)
    _add_payment(known, order, event.received_ms)
    if order.ship_to is not None:
        known["ship_to_country"] = order.ship_to.country
        known["ship_to_province"] = order.ship_to.province
        known["ship_to_city"] = order.ship_to.city
        known["ship_to_district"] = order.ship_to.district
    if order.device is not None:
        known["device_id"] = order.device.id
        known["device_ip"] = order.device.ip
        known["device_client"] = order.device.user_agent
    known |= trait_members(traits)
    return {name: value for name, value in known.items() if value is not None}  # type: ignore[return-value]  # the table above is the proof


def _add_payment(known: dict[str, object], order: Order, received_ms: int) -> None:
    payment = order.payment
    if payment is None:
        return
    known["payment_account"] = payment.account
    known["payment_method"] = payment.method
    known["payment_currency"] = payment.currency
    if payment.amount is not None:
        known["payment_amount"] = Decimal(payment.amount)
    if payment.exchange_rate is not None:
        known["exchange_rate"] = Decimal(payment.exchange_rate)
    if payment.paid_at is not None and order.paid_at is None:
        known["paid_at"] = min(to_ms(payment.paid_at), received_ms)


def trait_members(traits: Traits) -> dict[str, object]:
    return {
        "buyer_phone_token": traits.phone_token,
        "buyer_phone_segment": traits.phone_segment,
        "buyer_phone_is_virtual": traits.phone_is_virtual,
        "buyer_email_token": traits.email_token,
        "buyer_email_is_disposable": traits.email_is_disposable,
        "ship_to_doorstep": traits.doorstep,
        "ship_to_is_public": traits.doorstep_is_public,
        "ship_to_place": traits.place,
        "ship_to_error_km": traits.place_error_km,
        "device_segment": traits.network,
        "device_is_datacenter": traits.network_is_datacenter,
    }


def in_shop_currency(members: Members, currency: str | None) -> Members:
    """The members with amounts in the shop's currency; without a rate they are unknown.

    `exchange_rate` is units of the shop's currency for one unit of the order's.
    """
    order_currency = members.get("order_currency")
    if currency is None or order_currency is None or order_currency == currency:
        return members
    rate = members.get("exchange_rate")
    converted: dict[str, object] = dict(members)
    for name in ("order_amount", "order_discount", "order_freight", "payment_amount"):
        amount = converted.pop(name, None)
        if isinstance(amount, Decimal) and rate is not None:
            converted[name] = amount * rate
    if "lines" in members:
        converted["lines"] = tuple(_converted(line, rate) for line in members["lines"])
    return converted  # type: ignore[return-value]  # the same names, the same types


def _converted(line: FactLine, rate: Decimal | None) -> FactLine:
    known = rate is not None and line.unit_price is not None
    price = line.unit_price * rate if known else None  # type: ignore[operator]  # known says so
    return FactLine(line.product, line.sku, line.quantity, price)
