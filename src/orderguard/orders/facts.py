"""Facts from an order's state, and from events that speak of no order."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from orderguard.domain.events import (
    BehaviourData,
    CheckoutData,
    InventoryData,
    OrderEvent,
    RegistrationData,
)
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.orders import Order, OrderKey
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders.members import Members, in_shop_currency, order_members, trait_members

_STATE_ONLY = ("status", "created_at", "paid_at", "payment_currency", "exchange_rate")


class Told(Struct, frozen=True):
    """A fact's kind and instant, and what had been unknown where it was told before."""

    kind: FactKind
    at: int
    amends: frozenset[str] | None = None


def order_fact(
    key: OrderKey,
    number: int,
    members: Members,
    told: Told,
    *,
    known_at: int,
    event_id: str,
    currency: str | None,
    extras: Mapping[str, Any],
) -> Fact:
    """The fact with all that is known of its order now.

    `event_id` is the event that told it, `extras` are further fields of Fact.
    """
    known: dict[str, Any] = dict(in_shop_currency(members, currency))
    for name in _STATE_ONLY:
        known.pop(name, None)
    registered_at = known.get("buyer_registered_at")
    if registered_at is not None:
        known["buyer_account_age_days"] = max(0, told.at - registered_at) / MS_PER_DAY
    return Fact(
        kind=told.kind,
        at=told.at,
        known_at=known_at,
        event_id=event_id,
        channel=key.channel,
        shop=key.shop,
        number=number,
        amends=told.amends,
        order_id=key.order_id,
        **known,
        **extras,
    )


def direct_fact(event: OrderEvent) -> Fact | None:
    """The fact of an event that speaks of no order, None where it tells none."""
    fields: dict[str, Any] = {
        name: value for name, value in trait_members(event.traits).items() if value is not None
    }
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
    return Fact(
        kind=kind,
        at=event.occurred_ms,
        known_at=event.received_ms,
        event_id=event.id,
        channel=event.channel,
        shop=event.shop,
        **fields,
    )


def _who(event: OrderEvent, order: Order) -> dict[str, Any]:
    known: dict[str, Any] = dict(order_members(event, order))
    for name in _STATE_ONLY:
        known.pop(name, None)
    return known
