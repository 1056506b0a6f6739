"""The ledger of stock locks: who has stock set aside for which order, since when, until when."""

from enum import StrEnum

from msgspec import Struct

from orderguard.domain.alerts import Explanation
from orderguard.domain.facts import FactLine
from orderguard.domain.orders import OrderKey

LOCK = "lock_stock"
"""The action that sets stock aside."""
RESERVE = "reserve_stock"
"""The action that makes a reservation of a lock."""


class LockEnd(StrEnum):
    """Why a lock stands no more."""

    CONFIRMED = "confirmed"
    """The buyer said that it was them: it is a reservation now."""
    PAID = "paid"
    """The buyer said nothing and paid: it is a reservation now."""
    EXPIRED = "expired"
    DENIED = "denied"
    """The buyer said that it was not them."""
    CANCELLED = "cancelled"
    """The order was cancelled or closed, by whomever."""
    RELEASED = "released"
    """A person let the order go on."""
    SHIPPED = "shipped"
    """The parcel left, and the units with it."""


class Lock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Stock set aside for one order; instants are ms since the epoch.

    Its owner is the run of `alert_id`, by the `step` of its playbook, for these `rules`.
    `is_shadow`: it would have been set aside. `ends_at`: when the playbook takes it back unless
    something comes before. `is_confirmed`: the buyer said that the order is theirs. `is_wrong`:
    whether the order is genuine; None while nobody knows.
    """

    number: int
    order: OrderKey
    lines: tuple[FactLine, ...]
    alert_id: str
    playbook: str
    step: str
    rules: tuple[str, ...]
    reason: Explanation
    is_shadow: bool
    locked_at: int
    ends_at: int | None
    ended_at: int | None = None
    end: LockEnd | None = None
    is_confirmed: bool = False
    is_wrong: bool | None = None

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    def is_overdue(self, now_ms: int) -> bool:
        """Whether it still stands after the playbook's own end of it."""
        return self.end is None and self.ends_at is not None and self.ends_at < now_ms
