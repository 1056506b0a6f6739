"""What was planted, and what has to be said of it."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from orderguard.domain.orders import OrderKey
from orderguard.simulate.model import HOUR_MS

IMPOSSIBLE_TAG = "impossible_order"
"""What an order bears whose times contradict each other."""


class Kind(StrEnum):
    """What can be wrong, as planted."""

    PAYMENT_PENDING = "payment_pending"
    REQUEST_LATE = "request_late"
    REQUEST_MISSING = "request_missing"
    NOT_PICKED = "not_picked"
    NOT_SHIPPED = "not_shipped"
    NO_TRACE = "no_trace"
    REFUND_UNANSWERED = "refund_unanswered"
    CANCELLED_BUT_SENT = "cancelled_but_sent"
    SHIPPED_BUT_NOT_SENT = "shipped_but_not_sent"
    SENT_BUT_NOT_SHIPPED = "sent_but_not_shipped"
    SETTLED_BUT_PENDING = "settled_but_pending"
    AMOUNT_MISMATCH = "amount_mismatch"
    PAID_TWICE = "paid_twice"
    SETTLEMENT_MISSING = "settlement_missing"
    SETTLEMENT_SHORT = "settlement_short"
    SETTLEMENT_DOUBLE = "settlement_double"
    REFUND_MISSING = "refund_missing"
    REFUND_DOUBLE = "refund_double"
    OVERSOLD = "oversold"
    PHANTOM_LOCK = "phantom_lock"
    SKU_UNMAPPED = "sku_unmapped"
    SKU_AMBIGUOUS = "sku_ambiguous"
    SKU_SUSPECT = "sku_suspect"
    VOLUME_SURGE = "volume_surge"
    SHIPPING_RATE_LOW = "shipping_rate_low"
    PAYMENT_PENDING_SHARE = "payment_pending_share"
    IMPOSSIBLE_ORDER = "impossible_order"
    PAID_AFTER_COMPLETED = "paid_after_completed"


RULES: dict[Kind, str] = {
    Kind.PAYMENT_PENDING: "lifecycle.payment_pending",
    Kind.REQUEST_LATE: "lifecycle.paid_not_requested",
    Kind.REQUEST_MISSING: "lifecycle.paid_not_requested",
    Kind.NOT_PICKED: "lifecycle.not_picked",
    Kind.NOT_SHIPPED: "lifecycle.not_shipped",
    Kind.NO_TRACE: "lifecycle.no_trace",
    Kind.REFUND_UNANSWERED: "lifecycle.refund_unanswered",
    Kind.CANCELLED_BUT_SENT: "sync.status_mismatch",
    Kind.SHIPPED_BUT_NOT_SENT: "sync.status_mismatch",
    Kind.SENT_BUT_NOT_SHIPPED: "sync.status_mismatch",
    Kind.SETTLED_BUT_PENDING: "sync.status_mismatch",
    Kind.AMOUNT_MISMATCH: "sync.amount_mismatch",
    Kind.PAID_TWICE: "duplicate.paid_twice",
    Kind.SETTLEMENT_MISSING: "settlement.unreconciled",
    Kind.SETTLEMENT_SHORT: "settlement.unreconciled",
    Kind.SETTLEMENT_DOUBLE: "settlement.unreconciled",
    Kind.REFUND_MISSING: "settlement.unreconciled",
    Kind.REFUND_DOUBLE: "settlement.unreconciled",
    Kind.OVERSOLD: "stock.oversold",
    Kind.PHANTOM_LOCK: "stock.phantom_lock",
    Kind.SKU_UNMAPPED: "catalog.sku_unmapped",
    Kind.SKU_AMBIGUOUS: "catalog.sku_ambiguous",
    Kind.SKU_SUSPECT: "catalog.sku_suspect",
    Kind.VOLUME_SURGE: "shop.volume_surge",
    Kind.SHIPPING_RATE_LOW: "shop.shipping_rate_low",
    Kind.PAYMENT_PENDING_SHARE: "shop.payment_pending_share",
    # Not an alert but a tag, which comes with the rules on single orders.
    Kind.IMPOSSIBLE_ORDER: "lifecycle.payment_pending",
    Kind.PAID_AFTER_COMPLETED: "lifecycle.payment_pending",
}

TAGGED = frozenset({Kind.IMPOSSIBLE_ORDER, Kind.PAID_AFTER_COMPLETED})
"""Kinds of which the order's tag tells, not an alert."""

LIMITS_MS: dict[str, int] = {
    "lifecycle.payment_pending": 2 * HOUR_MS,
    "lifecycle.paid_not_requested": 2 * HOUR_MS,
    "lifecycle.not_picked": 24 * HOUR_MS,
    "lifecycle.not_shipped": 24 * HOUR_MS,
    "lifecycle.no_trace": 48 * HOUR_MS,
    "lifecycle.refund_unanswered": 48 * HOUR_MS,
    "settlement.unreconciled": 72 * HOUR_MS,
    "sync.status_mismatch": HOUR_MS,
}
"""Time allowed by the rules as they are shipped (contract section 4)."""


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    `since` is when it began and `due`, of what did not happen, its deadline, in ms; `until` is when
    a fault of a whole shop or SKU was over. `also` are rules that may speak of the same orders with
    reason. `money` is what it is about, to the cent.
    """

    kind: Kind
    shop: str
    since: int
    due: int | None = None
    until: int | None = None
    orders: tuple[OrderKey, ...] = ()
    skus: tuple[str, ...] = ()
    cause: str | None = None
    money: Decimal | None = None
    also: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        return RULES[self.kind]
