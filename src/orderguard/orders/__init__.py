"""Several witnesses, one order state, and facts from it, each once."""

from orderguard.orders.facts import Told, direct_fact, order_fact
from orderguard.orders.state import OrderState, derive, order_key, status_of

__all__ = [
    "OrderState",
    "Told",
    "derive",
    "direct_fact",
    "order_fact",
    "order_key",
    "status_of",
]
