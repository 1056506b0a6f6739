"""One order as it truly goes: when what happens; None is what never happens."""

import random
from dataclasses import dataclass, field

from orderguard.simulate.health.shops import Product, Shop
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

NIGHT_FROM_H, NIGHT_TO_H = 22, 8  # Nobody picks or hands over at night.
CHINA_MS = 8 * HOUR_MS

UNPAID_SHARE = 0.06
CANCELLED_EARLY_SHARE = 0.025  # Paid, and cancelled before the warehouse was asked.
CANCELLED_LATE_SHARE = 0.01  # After it was asked, before it picked.
RETURNED_SHARE = 0.05
PARTLY_REFUNDED_SHARE = 0.015
REJECTED_SHARE = 0.06  # Of returns.


@dataclass(frozen=True, slots=True)
class Item:
    product: Product
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was bought. `paid_fen` differs from `amount_fen` in another currency, or by mistake."""

    order_id: str
    shop: Shop
    buyer: str
    items: tuple[Item, ...]
    amount_fen: int
    currency: str
    paid_fen: int
    paid_currency: str
    warehouse: str
    exchange_rate: str | None = None


@dataclass(slots=True)
class Refund:
    refund_id: str
    fen: int
    requested: int
    approved: int | None = None
    rejected: int | None = None
    succeeded: int | None = None
    settled: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Life:
    """Instants in ms. `settled` has (instant, fen) of each payment that finance records.

    `documents` are later words of the channel, (modified, status). `told_late_ms` makes what was
    delivered, shipped or set in motion known so much after its own instant.
    """

    placed: int
    paid: int | None = None
    requested: int | None = None
    accepted: int | None = None
    picked: int | None = None
    shipped: int | None = None
    told_shipped: int | None = None
    moving: int | None = None
    delivered: int | None = None
    completed: int | None = None
    cancelled: int | None = None
    closed: int | None = None
    returned: int | None = None
    settled: list[tuple[int, int]] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    documents: list[tuple[int, str]] = field(default_factory=list)
    told_late_ms: dict[str, int] = field(default_factory=dict)

    def stop_after(self, step: str) -> None:
        """Whatever would come after this step does not."""
        steps = ("paid", "requested", "accepted", "picked", "shipped", "moving", "delivered")
        for name in (*steps[steps.index(step) + 1 :], "completed"):
            setattr(self, name, None)
        if self.shipped is None:
            self.told_shipped = None


class Drawer:
    """Draws lives whose every step comes well within the default deadlines."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def later(self, at: int, shortest_ms: float, longest_ms: float) -> int:
        return at + int(self.rng.uniform(shortest_ms, longest_ms))

    def by_day(self, at: int) -> int:
        """The same instant by day; in the morning of the next where it falls into the night."""
        local = at + CHINA_MS
        midnight, hour = local - local % DAY_MS, local % DAY_MS // HOUR_MS
        if NIGHT_TO_H <= hour < NIGHT_FROM_H:
            return at
        morning = midnight + NIGHT_TO_H * HOUR_MS + (DAY_MS if hour >= NIGHT_FROM_H else 0)
        return self.later(morning, 0, 3 * HOUR_MS) - CHINA_MS

    def pay(self, life: Life, purchase: Purchase, *, at: int | None = None) -> None:
        delay_s = min(max(40 * self.rng.lognormvariate(0, 1.1), 3), 70 * 60)
        life.paid = life.placed + int(delay_s * SECOND_MS) if at is None else at
        settled_at = self.later(life.paid, 0.2 * HOUR_MS, 36 * HOUR_MS)
        life.settled = [(settled_at, purchase.paid_fen)]

    def send(self, life: Life, *, since: str = "paid") -> None:
        """The steps after this one, as far as the buyer's door."""
        if since == "paid":
            assert life.paid is not None, "what is sent was paid"
            life.requested = self.later(life.paid, 2 * MINUTE_MS, HOUR_MS)
            since = "requested"
        if since == "requested":
            assert life.requested is not None, "asked for first"
            life.accepted = self.later(life.requested, MINUTE_MS, 30 * MINUTE_MS)
            since = "accepted"
        if since == "accepted":
            assert life.accepted is not None, "accepted first"
            life.picked = self.by_day(self.later(life.accepted, 0.5 * HOUR_MS, 9 * HOUR_MS))
            since = "picked"
        if since == "picked":
            assert life.picked is not None, "picked first"
            life.shipped = self.by_day(self.later(life.picked, 0.3 * HOUR_MS, 8 * HOUR_MS))
            since = "shipped"
        if since == "shipped":
            self.hand_over(life)
            since = "moving"
        assert life.moving is not None, "in motion before it arrives"
        life.delivered = self.later(life.moving, 10 * HOUR_MS, 4 * DAY_MS)
        life.completed = self.later(life.delivered, DAY_MS, 5 * DAY_MS)

    def hand_over(self, life: Life) -> None:
        """What follows from the parcel being handed over: the channel is told, it moves."""
        assert life.shipped is not None, "handed over first"
        life.told_shipped = self.later(life.shipped, 10 * SECOND_MS, 20 * MINUTE_MS)
        life.moving = self.later(life.shipped, HOUR_MS, 30 * HOUR_MS)

    def refund(self, purchase: Purchase, requested: int, fen: int, number: int = 1) -> Refund:
        """A refund that is answered, paid and settled in time."""
        refund = Refund(f"r{number}-{purchase.order_id}", fen, requested)
        refund.approved = self.later(requested, 10 * MINUTE_MS, 30 * HOUR_MS)
        refund.succeeded = self.later(refund.approved, 5 * MINUTE_MS, 24 * HOUR_MS)
        if purchase.shop.has_finance:
            refund.settled = [self.later(refund.succeeded, 0.2 * HOUR_MS, 36 * HOUR_MS)]
        return refund

    def sent(self, purchase: Purchase, placed: int) -> Life:
        """An order that is paid and sent, and nothing else."""
        life = Life(placed)
        self.pay(life, purchase)
        self.send(life)
        return life

    def unpaid(self, placed: int) -> Life:
        ended = self.later(placed, 15 * MINUTE_MS, 105 * MINUTE_MS)
        if self.rng.random() < 0.5:
            return Life(placed, cancelled=ended)
        return Life(placed, closed=ended)

    def healthy(self, purchase: Purchase, placed: int) -> Life:
        """Any of the lives that are as they should be."""
        draw = self.rng.random()
        if draw < UNPAID_SHARE:
            return self.unpaid(placed)
        draw -= UNPAID_SHARE
        if draw < CANCELLED_EARLY_SHARE + CANCELLED_LATE_SHARE:
            return self.cancelled(purchase, placed, early=draw < CANCELLED_EARLY_SHARE)
        draw -= CANCELLED_EARLY_SHARE + CANCELLED_LATE_SHARE
        life = self.sent(purchase, placed)
        if draw < RETURNED_SHARE:
            self._return(purchase, life)
        elif draw < RETURNED_SHARE + PARTLY_REFUNDED_SHARE:
            self._refund_in_part(purchase, life)
        return life

    def cancelled(self, purchase: Purchase, placed: int, *, early: bool = True) -> Life:
        """Paid, then cancelled: before the warehouse was asked, or before it picked."""
        life = Life(placed)
        self.pay(life, purchase)
        assert life.paid is not None, "just paid"
        if early:
            life.cancelled = self.later(life.paid, MINUTE_MS, 25 * MINUTE_MS)
        else:
            self.send(life)
            life.stop_after("accepted")
            assert life.accepted is not None, "a step that was just drawn"
            life.cancelled = self.later(life.accepted, 5 * MINUTE_MS, 8 * HOUR_MS)
        life.refunds = [self.refund(purchase, life.cancelled - SECOND_MS, purchase.paid_fen)]
        return life

    def _return(self, purchase: Purchase, life: Life) -> None:
        assert life.delivered is not None, "only what arrived comes back"
        requested = self.later(life.delivered, 2 * HOUR_MS, 3 * DAY_MS)
        refund = self.refund(purchase, requested, purchase.paid_fen)
        life.refunds = [refund]
        if self.rng.random() < REJECTED_SHARE:
            refund.approved, refund.rejected = None, refund.approved
            refund.succeeded, refund.settled = None, []
            life.completed = self.later(requested, 2 * DAY_MS, 5 * DAY_MS)
            return
        assert refund.approved is not None, "not rejected"
        life.completed = None
        life.returned = self.later(refund.approved, 2 * HOUR_MS, 3 * DAY_MS)
        refund.succeeded = self.later(life.returned, 5 * MINUTE_MS, 24 * HOUR_MS)
        if refund.settled:
            refund.settled = [self.later(refund.succeeded, 0.2 * HOUR_MS, 36 * HOUR_MS)]
        life.closed = refund.succeeded + SECOND_MS

    def _refund_in_part(self, purchase: Purchase, life: Life) -> None:
        assert life.delivered is not None, "asked for once it arrived"
        fen = max(1, purchase.paid_fen * self.rng.randrange(5, 45) // 100)
        asked = self.later(life.delivered, HOUR_MS, DAY_MS)
        life.refunds = [self.refund(purchase, asked, fen)]
        if self.rng.random() < 0.3:
            again = self.later(asked, HOUR_MS, DAY_MS)
            life.refunds.append(self.refund(purchase, again, max(1, fen // 2), number=2))
