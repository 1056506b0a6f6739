"""What one event says of an order, as a flat table of members.

The members are named as the fields of `Fact`; those that only the state needs follow them.
"""

from decimal import Decimal
from operator import attrgetter
from typing import TypedDict, cast

from orderguard.domain.events import OrderEvent, Traits
from orderguard.domain.facts import FactLine
from orderguard.domain.orders import Line, Order, OrderStatus, Payment
from orderguard.kit.clock import to_ms
from orderguard.orders.customs import customs_members


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
    ship_by: int
    customs_declared_value: Decimal
    customs_declared_currency: str
    customs_trade_mode: str
    customs_document_count: int
    customs_has_invoice: bool
    customs_has_declaration: bool
    customs_has_identity: bool
    customs_bad_hs_codes: int
    customs_worst_hs_code: str
    deliver_by: int


def _line(line: Line) -> FactLine:
    sku = line.sku or line.channel_sku
    return FactLine(
        product=line.product_id or sku,
        sku=sku,
        quantity=1 if line.quantity is None else line.quantity,
        unit_price=None if line.unit_price is None else Decimal(line.unit_price),
    )


_NAMED: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("buyer", (("buyer_id", "id"),)),
    (
        "ship_to",
        (
            ("ship_to_country", "country"),
            ("ship_to_province", "province"),
            ("ship_to_city", "city"),
            ("ship_to_district", "district"),
        ),
    ),
    (
        "device",
        (("device_id", "id"), ("device_ip", "ip"), ("device_client", "user_agent")),
    ),
)
"""Members taken as they are from a part of the document."""
_AMOUNTS = (
    ("order_amount", "amount"),
    ("order_discount", "discount"),
    ("order_freight", "freight"),
)


def order_members(event: OrderEvent, order: Order) -> Members:
    """The members that a channel's document names; null and absent ones are left out."""
    received_ms = event.received_ms
    members = trait_members(event.traits)
    known = cast("dict[str, object]", members)
    for member, text in (("order_currency", order.currency), ("attempt_id", order.attempt_id)):
        if text is not None:
            known[member] = text
    if order.status is not None and order.status is not OrderStatus.UNKNOWN:
        known["status"] = order.status
    amounts = [(member, getattr(order, name)) for member, name in _AMOUNTS]
    known |= {member: Decimal(amount) for member, amount in amounts if amount is not None}
    for member, moment in (("created_at", order.created_at), ("paid_at", order.paid_at)):
        if moment is not None:
            known[member] = min(to_ms(moment), received_ms)
    if order.coupons is not None:
        known["order_coupon_count"] = len(order.coupons)
    if order.lines:
        _add_lines(members, order.lines)
    _add_parts(known, order)
    if order.lines or order.customs is not None:
        known |= customs_members(order)
    if order.payment is not None:
        _add_payment(members, order.payment, received_ms)
    return members


def _add_lines(known: Members, told: tuple[Line, ...]) -> None:
    lines = tuple([_line(line) for line in told])
    known["lines"] = lines
    known["order_line_count"] = len(lines)
    known["order_quantity"] = sum([line.quantity for line in lines])


def _add_parts(known: dict[str, object], order: Order) -> None:
    """Who bought, where the parcel goes and by when, and on which device."""
    for member, moment in (("ship_by", order.ship_by), ("deliver_by", order.deliver_by)):
        if moment is not None:
            known[member] = to_ms(moment)
    for part_name, members in _NAMED:
        part = getattr(order, part_name)
        if part is not None:
            for member, name in members:
                value = getattr(part, name)
                if value is not None:
                    known[member] = value
    if order.buyer is not None and order.buyer.registered_at is not None:
        known["buyer_registered_at"] = to_ms(order.buyer.registered_at)


def _add_payment(known: Members, payment: Payment, received_ms: int) -> None:
    if payment.account is not None:
        known["payment_account"] = payment.account
    if payment.method is not None:
        known["payment_method"] = payment.method
    if payment.currency is not None:
        known["payment_currency"] = payment.currency
    if payment.amount is not None:
        known["payment_amount"] = Decimal(payment.amount)
    if payment.exchange_rate is not None:
        known["exchange_rate"] = Decimal(payment.exchange_rate)
    if payment.paid_at is not None and "paid_at" not in known:
        known["paid_at"] = min(to_ms(payment.paid_at), received_ms)


_OF_TRAITS: tuple[tuple[str, str], ...] = (
    ("buyer_phone_token", "phone_token"),
    ("buyer_phone_segment", "phone_segment"),
    ("buyer_phone_is_virtual", "phone_is_virtual"),
    ("buyer_email_token", "email_token"),
    ("buyer_email_is_disposable", "email_is_disposable"),
    ("ship_to_doorstep", "doorstep"),
    ("ship_to_is_public", "doorstep_is_public"),
    ("ship_to_place", "place"),
    ("ship_to_error_km", "place_error_km"),
    ("device_segment", "network"),
    ("device_is_datacenter", "network_is_datacenter"),
)
_NO_TRAITS = Traits()
_all_traits = attrgetter(*(trait for _, trait in _OF_TRAITS))
_TRAIT_MEMBERS = tuple(member for member, _ in _OF_TRAITS)


def trait_members(traits: Traits) -> Members:
    """The traits that are known, under the names of their members."""
    if traits == _NO_TRAITS:
        return {}
    told = zip(_TRAIT_MEMBERS, _all_traits(traits), strict=True)
    return {  # type: ignore[return-value]  # the table above is the proof
        member: value for member, value in told if value is not None
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
