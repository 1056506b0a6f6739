"""Facts from an order's state, and from events that speak of no order: their fields."""

from typing import Any

from msgspec import Struct

from orderguard.domain.events import (
    BehaviourData,
    CheckoutData,
    InventoryData,
    OrderEvent,
    RegistrationData,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import Order, OrderKey
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders.customs import money_fields
from orderguard.orders.members import Members, in_shop_currency, order_members, trait_members

_STATE_ONLY = (
    "status",
    "created_at",
    "paid_at",
    "payment_currency",
    "exchange_rate",
    "ship_by",
    "deliver_by",
    "customs_declared_value",
)


class Told(Struct, frozen=True):
    """A fact's kind and instant, and what had been unknown where it was told before."""

    kind: FactKind
    at: int
    amends: frozenset[str] | None = None


Fields = dict[str, Any]
"""Fields of Fact by their name."""


def order_fields(
    key: OrderKey, number: int, members: Members, told: Told, currency: str | None
) -> Fields:
    """The fact with all that is known of its order now, in the shop's currency."""
    known: Fields = dict(in_shop_currency(members, currency))
    for name in _STATE_ONLY:
        known.pop(name, None)
    if "payment_currency" in members or "customs_declared_value" in members:
        known |= money_fields(members)
    registered_at = known.get("buyer_registered_at")
    if registered_at is not None:
        known["buyer_account_age_days"] = max(0, told.at - registered_at) / MS_PER_DAY
    known["kind"] = told.kind
    known["at"] = told.at
    known["channel"] = key.channel
    known["shop"] = key.shop
    known["number"] = number
    known["amends"] = told.amends
    known["order_id"] = key.order_id
    return known


def direct_fields(event: OrderEvent) -> Fields | None:
    """The fact of an event that speaks of no order, None where it tells none."""
    fields: Fields = dict(trait_members(event.traits))
    match event.data:
        case InventoryData(sku=sku, warehouse=warehouse, available=available):
            kind = FactKind.STOCK_CHANGED
            fields |= {
                "stock_sku": sku,
                "stock_warehouse": warehouse,
                "stock_available": available,
            }
        case RegistrationData(buyer=buyer, device=device):
            kind = FactKind.REGISTERED
            fields |= _who(event, Order(order_id="-", buyer=buyer, device=device))
            fields.setdefault("buyer_registered_at", event.occurred_ms)
        case CheckoutData() as attempt:
            kind = FactKind.ATTEMPTED
            fields |= _who(
                event,
                Order(
                    order_id="-",
                    attempt_id=attempt.attempt_id,
                    buyer=attempt.buyer,
                    device=attempt.device,
                    lines=attempt.lines,
                    amount=attempt.amount,
                    currency=attempt.currency,
                    ship_to=attempt.ship_to,
                ),
            )
        case BehaviourData(buyer=buyer, device=device, action=action):
            kind = FactKind.BEHAVED
            fields |= _who(event, Order(order_id="-", buyer=buyer, device=device))
            fields["behaviour_action"] = action
        case _:
            return None
    registered_at = fields.get("buyer_registered_at")
    if registered_at is not None:
        fields["buyer_account_age_days"] = max(0, event.occurred_ms - registered_at) / MS_PER_DAY
    fields["kind"] = kind
    fields["at"] = event.occurred_ms
    fields["channel"] = event.channel
    fields["shop"] = event.shop
    return fields


def _who(event: OrderEvent, order: Order) -> dict[str, Any]:
    known: dict[str, Any] = dict(order_members(event, order))
    for name in _STATE_ONLY:
        known.pop(name, None)
    return known
