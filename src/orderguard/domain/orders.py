"""An order as a channel tells of it: contract §1, member for member."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=4096)]
Amount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?\Z")]
"""A decimal number in text; its currency stands beside it."""
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Instant = Annotated[dt.datetime, Meta(tz=True)]
Quantity = Annotated[int, Meta(ge=0, le=10_000_000)]
Units = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class OrderStatus(StrEnum):
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    FULFILLING = "fulfilling"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a canonical event. Absent and null members are the same: not known."""


class Buyer(Part, frozen=True, kw_only=True):
    id: Id | None = None
    registered_at: Instant | None = None
    phone: Text | None = None
    phone_token: Text | None = None
    email: Text | None = None
    name: Text | None = None


class Line(Part, frozen=True, kw_only=True):
    line_id: Text | None = None
    channel_sku: Text | None = None
    sku: Text | None = None
    product_id: Text | None = None
    title: Text | None = None
    quantity: Quantity | None = None
    unit_price: Amount | None = None
    hs_code: Text | None = None


class Coupon(Part, frozen=True, kw_only=True):
    id: Text | None = None
    amount: Amount | None = None


class Payment(Part, frozen=True, kw_only=True):
    id: Text | None = None
    method: Text | None = None
    account: Text | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    paid_at: Instant | None = None
    exchange_rate: Amount | None = None


class ShipTo(Part, frozen=True, kw_only=True):
    country: Text | None = None
    province: Text | None = None
    city: Text | None = None
    district: Text | None = None
    street: Text | None = None
    postcode: Text | None = None
    lat: Latitude | None = None
    lng: Longitude | None = None
    name: Text | None = None
    phone: Text | None = None
    address_token: Text | None = None


class Device(Part, frozen=True, kw_only=True):
    id: Text | None = None
    ip: Text | None = None
    user_agent: Text | None = None


class CustomsDocument(Part, frozen=True, kw_only=True):
    kind: Text | None = None
    number: Text | None = None


class Customs(Part, frozen=True, kw_only=True):
    declared_value: Amount | None = None
    declared_currency: Currency | None = None
    documents: tuple[CustomsDocument, ...] | None = None
    trade_mode: Text | None = None


class Order(Part, frozen=True, kw_only=True):
    order_id: Id
    attempt_id: Id | None = None
    status: OrderStatus | None = None
    created_at: Instant | None = None
    paid_at: Instant | None = None
    updated_at: Instant | None = None
    buyer: Buyer | None = None
    lines: tuple[Line, ...] | None = None
    amount: Amount | None = None
    discount: Amount | None = None
    freight: Amount | None = None
    currency: Currency | None = None
    coupons: tuple[Coupon, ...] | None = None
    payment: Payment | None = None
    ship_to: ShipTo | None = None
    device: Device | None = None
    customs: Customs | None = None
    ship_by: Instant | None = None
    deliver_by: Instant | None = None


class OrderKey(Struct, frozen=True, array_like=True, order=True):
    """An order is identified by (channel, shop, order_id)."""

    channel: str
    shop: str
    order_id: str

    def __str__(self) -> str:
        return f"{self.channel}/{self.shop}/{self.order_id}"
