"""Several witnesses, one order state, and facts from it, each once."""

from orderguard.orders.facts import Fields, Told, direct_fields, order_fields
from orderguard.orders.members import in_shop_currency
from orderguard.orders.state import OrderState, derive, order_key, status_at, status_of

__all__ = [
    "Fields",
    "OrderState",
    "Told",
    "derive",
    "direct_fields",
    "in_shop_currency",
    "order_fields",
    "order_key",
    "status_at",
    "status_of",
]
