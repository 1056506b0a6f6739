"""The canonical order event: what channels produce, the log keeps and `replay` reads.

The member names are those of contract §1. `data` is one struct a family of types.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from orderguard.domain.orders import (
    Amount,
    Buyer,
    Currency,
    Device,
    Id,
    Instant,
    Line,
    Order,
    Part,
    ShipTo,
    Text,
    Units,
)


class EventType(StrEnum):
    ORDER_CREATED = "order.created"
    ORDER_PAID = "order.paid"
    ORDER_UPDATED = "order.updated"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_CLOSED = "order.closed"
    ORDER_COMPLETED = "order.completed"
    SHIPMENT_REQUESTED = "shipment.requested"
    SHIPMENT_ACCEPTED = "shipment.accepted"
    SHIPMENT_PICKED = "shipment.picked"
    SHIPMENT_SHIPPED = "shipment.shipped"
    SHIPMENT_IN_TRANSIT = "shipment.in_transit"
    SHIPMENT_DELIVERED = "shipment.delivered"
    SHIPMENT_HELD = "shipment.held"
    SHIPMENT_RELEASED = "shipment.released"
    REFUND_REQUESTED = "refund.requested"
    REFUND_APPROVED = "refund.approved"
    REFUND_REJECTED = "refund.rejected"
    REFUND_SUCCEEDED = "refund.succeeded"
    RETURN_RECEIVED = "return.received"
    DISPUTE_OPENED = "dispute.opened"
    COMPLAINT_OPENED = "complaint.opened"
    ENQUIRY_OPENED = "enquiry.opened"
    INVENTORY_CHANGED = "inventory.changed"
    SETTLEMENT_RECORDED = "settlement.recorded"
    BUYER_REGISTERED = "buyer.registered"
    CHECKOUT_ATTEMPTED = "checkout.attempted"
    BEHAVIOUR_RECORDED = "behaviour.recorded"
    SKU_MAPPED = "sku.mapped"
    UNKNOWN = "unknown"


class OrderData(Part, frozen=True, kw_only=True):
    order: Order


class ShipmentLine(Part, frozen=True, kw_only=True):
    sku: Text | None = None
    quantity: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None


class ShipmentData(Part, frozen=True, kw_only=True):
    order_id: Id
    shipment_id: Text | None = None
    warehouse: Text | None = None
    carrier: Text | None = None
    tracking_no: Text | None = None
    lines: tuple[ShipmentLine, ...] | None = None


class RefundData(Part, frozen=True, kw_only=True):
    order_id: Id
    refund_id: Id
    amount: Amount | None = None
    currency: Currency | None = None
    reason: Text | None = None
    lines: tuple[ShipmentLine, ...] | None = None


class AftersaleData(Part, frozen=True, kw_only=True):
    """Returns, disputes, complaints and enquiries."""

    order_id: Id
    reason: Text | None = None
    amount: Amount | None = None
    currency: Currency | None = None


class InventoryData(Part, frozen=True, kw_only=True):
    sku: Id
    warehouse: Text | None = None
    available: Units | None = None
    on_hand: Units | None = None
    locked: Units | None = None


class SettlementKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


class SettlementData(Part, frozen=True, kw_only=True):
    order_id: Id
    kind: SettlementKind | None = None
    amount: Amount
    currency: Currency
    settlement_id: Text | None = None


class RegistrationData(Part, frozen=True, kw_only=True):
    buyer: Buyer | None = None
    device: Device | None = None
    channel_user_id: Text | None = None


class CheckoutData(Part, frozen=True, kw_only=True):
    attempt_id: Id
    buyer: Buyer | None = None
    device: Device | None = None
    lines: tuple[Line, ...] | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    ship_to: ShipTo | None = None


class BehaviourAction(StrEnum):
    VIEW = "view"
    CART = "cart"
    FAVOURITE = "favourite"
    BUY = "buy"
    LOGIN = "login"
    SEARCH = "search"


class BehaviourData(Part, frozen=True, kw_only=True):
    buyer: Buyer | None = None
    device: Device | None = None
    action: BehaviourAction | None = None
    sku: Text | None = None
    category: Text | None = None


class BundlePart(Part, frozen=True, kw_only=True):
    sku: Id
    quantity: Annotated[int, Meta(ge=1, le=10_000)] = 1


class MappingData(Part, frozen=True, kw_only=True):
    """`bundle` takes the place of `sku` where one channel SKU is several, or several of one.

    Neither removes all mappings of the channel SKU.
    """

    channel_sku: Id
    sku: Text | None = None
    shop: Text | None = None
    bundle: Annotated[tuple[BundlePart, ...], Meta(min_length=1, max_length=100)] | None = None


class UnknownData(Part, frozen=True, kw_only=True):
    """Data of a type that this version does not know: stored and counted."""


Data = (
    OrderData
    | ShipmentData
    | RefundData
    | AftersaleData
    | InventoryData
    | SettlementData
    | RegistrationData
    | CheckoutData
    | BehaviourData
    | MappingData
    | UnknownData
)

_FAMILIES: dict[str, type[Data]] = {
    "order": OrderData,
    "shipment": ShipmentData,
    "refund": RefundData,
    "return": AftersaleData,
    "dispute": AftersaleData,
    "complaint": AftersaleData,
    "enquiry": AftersaleData,
    "inventory": InventoryData,
    "settlement": SettlementData,
    "buyer": RegistrationData,
    "checkout": CheckoutData,
    "behaviour": BehaviourData,
    "sku": MappingData,
    "unknown": UnknownData,
}

DATA_TYPES: dict[EventType, type[Data]] = {
    kind: _FAMILIES[kind.partition(".")[0]] for kind in EventType
}


class CanonicalEvent(Part, frozen=True, kw_only=True):
    """One event as a channel adapter hands it over: typed, personal members still in it.

    `type_name` keeps the text of a type that this version does not know.
    """

    id: Id
    type: EventType
    type_name: str
    occurred_at: Instant
    data: Data


class Traits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is derived from personal and reference data on receipt, so that it never changes after.

    Tokens are equality tokens (keyed HMAC); segments are "1.2.3.0/24" and 7-digit phone prefixes;
    a place is (latitude, longitude) in degrees to 3 decimals, its error in km.
    """

    phone_token: str | None = None
    phone_segment: str | None = None
    phone_is_virtual: bool | None = None
    email_token: str | None = None
    email_is_disposable: bool | None = None
    doorstep: str | None = None
    doorstep_is_public: bool | None = None
    place: tuple[float, float] | None = None
    place_error_km: float | None = None
    network: str | None = None
    network_is_datacenter: bool | None = None


class OrderEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as the log keeps it in the open: no personal member, its traits beside it.

    `occurred_ms` and `received_ms` are milliseconds since the epoch; `clamped` says that the
    channel's clock ran more than 5 minutes ahead of ours and was set back to `received_ms`.
    """

    id: str
    type: EventType
    type_name: str | None = None
    channel: str
    shop: str
    occurred_ms: int
    received_ms: int
    clamped: bool = False
    data: Data
    traits: Traits = Traits()
