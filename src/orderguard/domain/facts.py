"""Facts: what the engine knows to have happened, each exactly once.

A fact is flat: every member that features and rules may name is a field of its own, `order.amount`
is `order_amount`. None means unknown, and a condition over it does not hold.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class FactKind(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    ADDRESS_CHANGED = "address_changed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    COMPLETED = "completed"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    PICKED = "picked"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    HELD = "held"
    RELEASED = "released"
    REFUND_REQUESTED = "refund_requested"
    REFUND_APPROVED = "refund_approved"
    REFUND_REJECTED = "refund_rejected"
    REFUND_SUCCEEDED = "refund_succeeded"
    RETURN_RECEIVED = "return_received"
    DISPUTE_OPENED = "dispute_opened"
    COMPLAINT_OPENED = "complaint_opened"
    ENQUIRY_OPENED = "enquiry_opened"
    SETTLED = "settled"
    REGISTERED = "registered"
    ATTEMPTED = "attempted"
    BEHAVED = "behaved"
    STOCK_CHANGED = "stock_changed"


class FactLine(Struct, frozen=True, array_like=True):
    """One line of an order; `product` is the merchant's model, its SKU where no model is given."""

    product: str | None
    sku: str | None
    quantity: int
    unit_price: Decimal | None


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened.

    `at` is when it happened, `known_at` when we learned of it, both in ms since the epoch.
    `number` is the order's running number in this log, None where no order is concerned; that of
    an attempt at the checkout is below -1.
    `amends`: the fact was told before; the members named here were unknown then.
    """

    kind: FactKind
    at: int
    known_at: int
    event_id: str
    channel: str
    shop: str
    number: int | None = None
    amends: frozenset[str] | None = None

    order_id: str | None = None
    order_amount: Decimal | None = None
    order_discount: Decimal | None = None
    order_freight: Decimal | None = None
    order_currency: str | None = None
    order_coupon_count: int | None = None
    order_line_count: int | None = None
    order_quantity: int | None = None
    lines: tuple[FactLine, ...] = ()

    buyer_id: str | None = None
    buyer_household: str | None = None
    buyer_registered_at: int | None = None
    buyer_account_age_days: float | None = None
    buyer_is_new: bool | None = None
    buyer_phone_token: str | None = None
    buyer_phone_segment: str | None = None
    buyer_phone_is_virtual: bool | None = None
    buyer_email_token: str | None = None
    buyer_email_is_disposable: bool | None = None

    payment_account: str | None = None
    payment_method: str | None = None
    payment_amount: Decimal | None = None
    payment_currency: str | None = None
    payment_rate: Decimal | None = None
    payment_rate_error: float | None = None

    customs_trade_mode: str | None = None
    customs_declared_currency: str | None = None
    customs_declared_share: float | None = None
    customs_document_count: int | None = None
    customs_has_invoice: bool | None = None
    customs_has_declaration: bool | None = None
    customs_has_identity: bool | None = None
    customs_bad_hs_codes: int | None = None
    customs_worst_hs_code: str | None = None

    device_id: str | None = None
    device_ip: str | None = None
    device_client: str | None = None
    device_segment: str | None = None
    device_is_datacenter: bool | None = None

    ship_to_country: str | None = None
    ship_to_province: str | None = None
    ship_to_city: str | None = None
    ship_to_district: str | None = None
    ship_to_doorstep: str | None = None
    ship_to_is_public: bool | None = None
    ship_to_place: tuple[float, float] | None = None
    ship_to_error_km: float | None = None

    stock_sku: str | None = None
    stock_warehouse: str | None = None
    stock_available: int | None = None

    refund_amount: Decimal | None = None
    behaviour_action: str | None = None
    attempt_id: str | None = None
    attempt_is_open: bool | None = None

    lists_allowed: frozenset[str] = frozenset()
    lists_watched: frozenset[str] = frozenset()
    lists_blocked: bool = False

    buyer_confirmed_bad: int = 0
    payer_confirmed_bad: int = 0
    device_confirmed_bad: int = 0
    doorstep_confirmed_bad: int = 0
    phone_confirmed_bad: int = 0
    segment_confirmed_bad: int = 0
    profiles_good: dict[str, int] | None = None
    """Orders of each kind of entity that were found good; None where nothing is remembered."""
