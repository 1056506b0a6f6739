"""Faults of single orders: what never comes, comes too late, disagrees, or cannot be."""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from orderguard.domain.orders import OrderKey
from orderguard.simulate.health.life import Life, Purchase
from orderguard.simulate.health.shops import Shop
from orderguard.simulate.health.truth import LIMITS_MS, RULES, Fault, Kind
from orderguard.simulate.health.world import World
from orderguard.simulate.model import HOUR_MS, MINUTE_MS, SECOND_MS

FOR_EVER_SHARE = 0.4  # Of what is stuck; the rest goes on once the deadline has passed.


def _fault(kind: Kind, key: OrderKey, since: int, *, is_absence: bool = True) -> Fault:
    due = since + LIMITS_MS[RULES[kind]] if is_absence else None
    return Fault(kind=kind, shop=f"{key.channel}/{key.shop}", since=since, due=due, orders=(key,))


def _cents(fen: int) -> Decimal:
    return Decimal(fen) / 100


class OrderFaults:
    """One planter for each kind; each leaves one order, or two, and one fault."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._impossible = 0  # How many, so that all forms of it take turns.

    def _draw(self, last_day: float, *, with_finance: bool = False) -> tuple[Shop, Purchase, Life]:
        world = self.world
        shop, at = world.shop(with_finance=with_finance), world.when(1, last_day)
        purchase = world.buy(shop, at)
        return shop, purchase, world.drawer.sent(purchase, at)

    def _quiet(self, last_day: float, *, with_finance: bool = False) -> tuple[Purchase, Life]:
        """An order of goods whose stock nobody tells, for what would confuse a count."""
        world = self.world
        shop, at = world.shop(with_finance=with_finance), world.when(1, last_day)
        items = (world.item(world.rng.choice(world.quiet[shop.name]), at),)
        purchase = world.buy(shop, at, items=items)
        return purchase, world.drawer.sent(purchase, at)

    def _goes_on(self) -> bool:
        return self.world.rng.random() >= FOR_EVER_SHARE

    def _stuck(self, kind: Kind, since: int, purchase: Purchase, life: Life) -> None:
        self.world.faults.append(_fault(kind, self.world.live(purchase, life), since))

    def payment_pending(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(13)
        life.stop_after("paid")
        life.settled, life.paid = [], None
        if self._goes_on():
            drawer.pay(life, purchase, at=drawer.later(life.placed, 2.2 * HOUR_MS, 20 * HOUR_MS))
            drawer.send(life)
        else:
            life.cancelled = drawer.later(life.placed, 2.2 * HOUR_MS, 20 * HOUR_MS)
        self._stuck(Kind.PAYMENT_PENDING, life.placed, purchase, life)

    def request_late(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(13)
        assert life.paid is not None, "it was sent"
        life.requested = drawer.later(life.paid, 2.2 * HOUR_MS, 30 * HOUR_MS)
        drawer.send(life, since="requested")
        self._stuck(Kind.REQUEST_LATE, life.paid, purchase, life)

    def request_missing(self) -> None:
        _, purchase, life = self._draw(13)
        life.stop_after("paid")
        assert life.paid is not None, "it was sent"
        self._stuck(Kind.REQUEST_MISSING, life.paid, purchase, life)

    def not_picked(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(12)
        since = life.accepted
        if self.world.rng.random() < 0.3:
            life.accepted, since = None, life.requested
        assert since is not None, "it was sent"
        if self._goes_on():
            life.picked = drawer.later(since, 24.5 * HOUR_MS, 60 * HOUR_MS)
            drawer.send(life, since="picked")
        else:
            accepted = life.accepted
            life.stop_after("requested")
            life.accepted = accepted
        self._stuck(Kind.NOT_PICKED, since, purchase, life)

    def not_shipped(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(11)
        assert life.picked is not None, "it was sent"
        if self._goes_on():
            life.shipped = drawer.later(life.picked, 24.5 * HOUR_MS, 60 * HOUR_MS)
            drawer.send(life, since="shipped")
        else:
            life.stop_after("picked")
        self._stuck(Kind.NOT_SHIPPED, life.picked, purchase, life)

    def no_trace(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(10)
        assert life.shipped is not None, "it was sent"
        # The warehouse is heard first, so that it is known from which word the time counts.
        told = drawer.later(life.shipped, 8 * MINUTE_MS, 20 * MINUTE_MS)
        if self._goes_on():
            life.moving = drawer.later(life.shipped, 48.5 * HOUR_MS, 90 * HOUR_MS)
            drawer.send(life, since="moving")
        else:
            life.stop_after("shipped")
        life.told_shipped = told
        self._stuck(Kind.NO_TRACE, life.shipped, purchase, life)

    def refund_unanswered(self) -> None:
        drawer = self.world.drawer
        _, purchase, life = self._draw(4)
        assert life.delivered is not None, "it was sent"
        asked = drawer.later(life.delivered, HOUR_MS, 12 * HOUR_MS)
        refund = drawer.refund(purchase, asked, purchase.paid_fen // 2)
        life.refunds, life.completed = [refund], None
        if self._goes_on():
            refund.approved = drawer.later(asked, 48.5 * HOUR_MS, 80 * HOUR_MS)
            refund.succeeded = drawer.later(refund.approved, HOUR_MS, 20 * HOUR_MS)
            if refund.settled:
                refund.settled = [drawer.later(refund.succeeded, HOUR_MS, 20 * HOUR_MS)]
        else:
            refund.approved, refund.succeeded, refund.settled = None, None, []
        self._stuck(Kind.REFUND_UNANSWERED, asked, purchase, life)

    def cancelled_but_sent(self) -> None:
        drawer = self.world.drawer
        purchase, life = self._quiet(9)
        assert life.accepted is not None, "it was sent"
        assert life.shipped is not None, "it was sent"
        life.cancelled = drawer.later(life.accepted, MINUTE_MS, 20 * MINUTE_MS)
        life.told_shipped, life.completed = None, None
        asked = life.cancelled - SECOND_MS
        life.refunds = [drawer.refund(purchase, asked, purchase.paid_fen)]
        key = self.world.live(purchase, life)
        kind = Kind.CANCELLED_BUT_SENT
        found = _fault(kind, key, life.cancelled, is_absence=False)
        self.world.faults.append(replace(found, cause=kind.value))

    def shipped_but_not_sent(self) -> None:
        drawer = self.world.drawer
        purchase, life = self._quiet(11)
        assert life.picked is not None, "it was sent"
        told = drawer.later(life.picked, HOUR_MS, 8 * HOUR_MS)
        life.stop_after("picked")
        life.told_shipped = told
        kind = Kind.SHIPPED_BUT_NOT_SENT
        found = _fault(kind, self.world.live(purchase, life), told)
        self.world.faults.append(replace(found, cause=kind.value, also=("lifecycle.no_trace",)))

    def sent_but_not_shipped(self) -> None:
        """The channel is asked again and again after the parcel left, and says: paid."""
        drawer = self.world.drawer
        _, purchase, life = self._draw(9)
        assert life.moving is not None, "it was sent"
        assert life.delivered is not None, "it was sent"
        life.told_shipped, life.completed = None, None
        first = drawer.later(life.moving, HOUR_MS, 2 * HOUR_MS)
        life.documents = [(first, "paid"), (life.delivered + 2 * HOUR_MS, "paid")]
        kind = Kind.SENT_BUT_NOT_SHIPPED
        found = _fault(kind, self.world.live(purchase, life), first, is_absence=False)
        self.world.faults.append(replace(found, cause=kind.value))

    def settled_but_pending(self) -> None:
        drawer = self.world.drawer
        purchase, life = self._quiet(12, with_finance=True)
        life.stop_after("paid")
        life.paid = None
        settled = drawer.later(life.placed, 10 * MINUTE_MS, 8 * HOUR_MS)
        life.settled = [(settled, purchase.paid_fen)]
        kind = Kind.SETTLED_BUT_PENDING
        found = _fault(kind, self.world.live(purchase, life), settled, is_absence=False)
        also = ("lifecycle.payment_pending", "settlement.unreconciled")
        self.world.faults.append(replace(found, also=also))

    def amount_mismatch(self) -> None:
        world = self.world
        shop, at = world.shop(), world.when(1, 13)
        difference = world.rng.choice((-1, 1)) * world.rng.choice((1, 100, 999, 1_800))
        items = (world.item(world.rng.choice(world.products[shop.name]), at),)
        purchase = world.buy(shop, at, items=items, paid_by_fen=difference)
        life = world.drawer.sent(purchase, at)
        assert life.paid is not None, "it was sent"
        key = world.live(purchase, life)
        found = _fault(Kind.AMOUNT_MISMATCH, key, life.paid, is_absence=False)
        world.faults.append(replace(found, money=_cents(difference)))

    def paid_twice(self) -> None:
        world, drawer = self.world, self.world.drawer
        shop, at = world.shop(), world.when(1, 13)
        chosen = world.rng.sample(world.products[shop.name], world.rng.choice((1, 1, 2)))
        items = tuple(world.item(product, at, world.rng.choice((1, 2))) for product in chosen)
        first = world.buy(shop, at, items=items)
        again = world.buy(shop, at, items=items[::-1], buyer=first.buyer)
        lives = [Life(at), Life(drawer.later(at, 20 * SECOND_MS, 30 * MINUTE_MS))]
        for life, purchase in zip(lives, (first, again), strict=True):
            paid = drawer.later(life.placed, 5 * SECOND_MS, 10 * MINUTE_MS)
            drawer.pay(life, purchase, at=paid)
            drawer.send(life)
        keys = (world.live(first, lives[0]), world.live(again, lives[1]))
        since = max(life.paid or 0 for life in lives)
        found = _fault(Kind.PAID_TWICE, keys[1], since, is_absence=False)
        world.faults.append(replace(found, orders=keys, money=_cents(again.amount_fen)))

    def settlement_missing(self) -> None:
        _, purchase, life = self._draw(10, with_finance=True)
        assert life.paid is not None, "it was sent"
        life.settled = []
        self._unreconciled(Kind.SETTLEMENT_MISSING, purchase, life, life.paid, purchase.paid_fen)

    def settlement_short(self) -> None:
        _, purchase, life = self._draw(11, with_finance=True)
        [(at, fen)] = life.settled
        short = self.world.rng.choice((1, 30, 500, 1_234))
        life.settled = [(at, fen - short)]
        self._unreconciled(Kind.SETTLEMENT_SHORT, purchase, life, at, short, is_absence=False)

    def settlement_double(self) -> None:
        _, purchase, life = self._draw(10, with_finance=True)
        [(at, fen)] = life.settled
        again = self.world.drawer.later(at, HOUR_MS, 30 * HOUR_MS)
        life.settled = [(at, fen), (again, fen)]
        self._unreconciled(Kind.SETTLEMENT_DOUBLE, purchase, life, again, fen, is_absence=False)

    def _refunded(self) -> tuple[Purchase, Life]:
        world = self.world
        shop, at = world.shop(with_finance=True), world.when(1, 7)
        purchase = world.buy(shop, at)
        life = world.drawer.cancelled(purchase, at)
        assert life.paid is not None, "paid before it was cancelled"
        # The payment is settled, for what is neither paid nor settled is owed by nobody.
        life.settled = [(world.drawer.later(life.paid, HOUR_MS, 20 * HOUR_MS), purchase.paid_fen)]
        return purchase, life

    def refund_missing(self) -> None:
        purchase, life = self._refunded()
        [refund] = life.refunds
        refund.settled = []
        assert refund.succeeded is not None, "answered and paid"
        self._unreconciled(Kind.REFUND_MISSING, purchase, life, refund.succeeded, refund.fen)

    def refund_double(self) -> None:
        purchase, life = self._refunded()
        [refund] = life.refunds
        again = self.world.drawer.later(refund.settled[0], HOUR_MS, 20 * HOUR_MS)
        refund.settled.append(again)
        self._unreconciled(Kind.REFUND_DOUBLE, purchase, life, again, refund.fen, is_absence=False)

    def _unreconciled(
        self,
        kind: Kind,
        purchase: Purchase,
        life: Life,
        since: int,
        fen: int,
        *,
        is_absence: bool = True,
    ) -> None:
        key = self.world.live(purchase, life)
        found = _fault(kind, key, since, is_absence=is_absence)
        self.world.faults.append(replace(found, money=_cents(fen)))

    def impossible_order(self) -> None:
        """Times that contradict: told when they happened, with an instant that cannot be."""
        purchase, life = self._quiet(6)
        hours_ms = self.world.rng.randrange(HOUR_MS, 6 * HOUR_MS)
        assert life.shipped is not None, "it was sent"
        self._impossible += 1
        also: tuple[str, ...] = ()
        match self._impossible % 3:
            case 0:
                name, wrong = "delivered", life.shipped - hours_ms
            case 1:
                name, wrong = "moving", life.shipped - hours_ms
            case _:  # The channel says "paid" after the parcel was gone, by its word.
                name, wrong = "shipped", life.placed - hours_ms
                # The warehouse is heard first, for who is heard first dates the parcel.
                told_ms = self.world.rng.randrange(8 * MINUTE_MS, 20 * MINUTE_MS)
                life.told_shipped = life.shipped + told_ms
                also = ("sync.status_mismatch", "lifecycle.no_trace")
        true: int = getattr(life, name)
        life.told_late_ms[name] = true - wrong
        setattr(life, name, wrong)
        found = _fault(
            Kind.IMPOSSIBLE_ORDER, self.world.live(purchase, life), wrong, is_absence=False
        )
        self.world.faults.append(replace(found, cause=name, also=also))

    def paid_after_completed(self) -> None:
        """Nobody knew of a payment until the order was completed."""
        purchase, life = self._quiet(4)
        assert life.delivered is not None, "it was sent"
        life.told_shipped = None
        life.completed = self.world.drawer.later(life.delivered, HOUR_MS, 24 * HOUR_MS)
        life.paid = life.completed + self.world.rng.randrange(HOUR_MS, 6 * HOUR_MS)
        life.settled = []
        kind = Kind.PAID_AFTER_COMPLETED
        found = _fault(kind, self.world.live(purchase, life), life.paid, is_absence=False)
        also = ("lifecycle.payment_pending", "sync.status_mismatch", "settlement.unreconciled")
        self.world.faults.append(replace(found, also=also))

    def planters(self) -> dict[Kind, Callable[[], None]]:
        """Of the kinds that concern single orders."""
        return {kind: getattr(self, kind.value) for kind in Kind if hasattr(self, kind.value)}
