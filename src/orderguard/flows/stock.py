"""Stock that does not add up: more paid for than can ship, and locks that nobody gives back.

    order, snapshot, mapping ─► stock book ─► ledgers that moved ─► oversold?  locked for nobody?

What is oversold is told at once; beyond a hundred orders of one SKU, once a second.
"""

from collections.abc import Iterable
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Subject
from orderguard.domain.events import InventoryData, MappingData, OrderEvent
from orderguard.domain.health import Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.catalog import Catalog
from orderguard.flows.health import Change, Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.skus import Skus, cell_name
from orderguard.flows.stock_book import Book
from orderguard.flows.suspects import Suspects
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.stock import (
    Excess,
    Ledger,
    Shortage,
    fallen,
    next_due,
    risen,
    standing_for,
)

KEEPER = "stock"
ORDERS_MAX = 10_000
"""Orders that one alert names."""
SETTLING_MS = 5 * MS_PER_MINUTE
"""How long the word of a parcel that left may come after a snapshot without it."""
AT_ONCE_MAX = 100
"""With more orders than these an alert that stands is told anew once a second."""

LOCKS_MS_MAX = 30 * MS_PER_DAY
"""How long before it was noticed an order may have left its lock behind."""

_NO_EXCESS = Excess()
_SWEEP, _SHORT, _LOCKS, _SKU = "sweep", "short/", "locks/", "sku/"


class Occasion(Struct, frozen=True, kw_only=True):
    """Why a ledger is looked at: an event of a shop, maybe about an order, or a deadline."""

    now_ms: int
    at: int
    cause: str
    channel: str
    shop: str
    order: OrderKey | None = None
    is_deadline: bool = False


class StockKeeper:
    def __init__(self, health: Health) -> None:
        self._health, self._tables = health, health.tables
        self.skus = Skus(self._tables)
        self.book = Book(self._tables, self.skus)
        self._catalog = Catalog(health, self.book, KEEPER, _SKU)
        self._suspects = Suspects(health, self.book)

    def ordered(self, change: Change) -> None:
        event, key = change.event, change.key
        moved = self.book.ordered(key, change.state, event, is_first=change.before is None)
        self._catalog.ordered(key, event)
        self._suspects.ordered(key, event)
        self._look(moved, _occasion(event, key))

    def saw(self, event: OrderEvent) -> None:
        match event.data:
            case InventoryData() as data:
                sku = self.book.stocked(event, data)
                self._look([] if sku is None else [sku], _occasion(event))
            case MappingData() as data:
                mappings = self.skus.take(event, data)
                if mappings is not None:
                    moved, naming = self.book.mapped(mappings)
                    self._catalog.mapped(mappings, naming, event)
                    self._suspects.mapped(mappings, event)
                    self._look(moved, _occasion(event))

    def look(self, key: OrderKey, due_ms: int) -> None:
        """What an order holds does not change by itself."""

    def fire(self, name: str, due_ms: int) -> None:
        occasion = Occasion(
            now_ms=due_ms,
            at=due_ms,
            cause=f"{name}@{due_ms}",
            channel="",
            shop="",
            is_deadline=True,
        )
        if name == _SWEEP:
            self._look(self.book.sweep(due_ms), occasion)
        elif name.startswith(_SHORT):
            self._look_short(name.removeprefix(_SHORT), occasion)
        elif name.startswith(_LOCKS):
            self._look_locks(name.removeprefix(_LOCKS), occasion)
        elif name.startswith(_SKU):
            self._catalog.fire(name.removeprefix(_SKU), due_ms)

    def _look(self, skus: Iterable[str], occasion: Occasion) -> None:
        for sku in skus:
            self._look_short(sku, occasion)
            self._look_locks(sku, occasion)
        due = self.book.next_sweep
        if due is None:
            return
        if due <= occasion.now_ms:  # More than are forgotten at a stretch.
            due = occasion.now_ms + MS_PER_SECOND
        standing = self._health.woken_at(KEEPER, _SWEEP)
        if standing is None or due < standing:
            self._health.wake(due, KEEPER, _SWEEP)

    def _look_short(self, sku: str, occasion: Occasion) -> None:
        """Tell, tell anew, or take back that more was paid for than can ship."""
        known, ledger = self._tables.stock.shortages.get(sku), self.book.ledger(sku)
        short = 0 if ledger is None else ledger.short(occasion.now_ms)
        if ledger is None or short <= 0:
            if known is not None:
                self._tables.stock.shortages.drop(sku)
                for rule in self._health.rules(Check.OVERSOLD) if known.is_told else ():
                    self._settle(rule, sku, (known.channel, known.shop), occasion)
            return
        orders = tuple(islice(ledger.unfulfilled(short), ORDERS_MAX))
        if known is not None and known.is_told and (known.units, known.orders) == (short, orders):
            return
        shortage = known or Shortage(
            at=occasion.at,
            cause=occasion.cause,
            channel=occasion.channel,
            shop=occasion.shop,
            units=short,
            is_told=False,
        )
        due = self._put_off(shortage, len(orders), ledger, occasion)
        if due is not None:
            if shortage.due is None:
                self._tables.stock.shortages.put(sku, replace(shortage, due=due))
                self._health.wake(due, KEEPER, f"{_SHORT}{sku}")
            return
        shortage = replace(shortage, units=short, orders=orders, is_told=True, due=None)
        self._tables.stock.shortages.put(sku, shortage)
        self._tell_short(sku, ledger, shortage, occasion)

    def _put_off(
        self, shortage: Shortage, orders: int, ledger: Ledger, occasion: Occasion
    ) -> int | None:
        """When to tell of a shortage, if not now.

        A payment is told of at once. A snapshot often comes before the word that what is missing
        in it has shipped, and late words of orders before those of what became of them.
        """
        if occasion.is_deadline:
            return None
        is_payment = occasion.order is not None and occasion.at >= ledger.newest_at
        is_more = not shortage.is_told or orders > len(shortage.orders)
        if is_more and not is_payment:
            return occasion.now_ms + SETTLING_MS
        if shortage.is_told and orders > AT_ONCE_MAX:
            return (occasion.now_ms // MS_PER_SECOND + 1) * MS_PER_SECOND
        return None

    def _tell_short(self, sku: str, ledger: Ledger, shortage: Shortage, occasion: Occasion) -> None:
        level, orders = ledger.level(occasion.now_ms), self._keys(shortage.orders)
        for rule in self._health.rules(Check.OVERSOLD):
            least = rule.parameters["least"]
            assert isinstance(least, int)
            if shortage.units < least:
                self._settle(rule, sku, (shortage.channel, shortage.shop), occasion)
                continue
            fault = Fault(
                subject=Subject("sku", sku),
                channel=shortage.channel,
                shop=shortage.shop,
                order=occasion.order if occasion.order in orders else orders[0],
                orders=orders,
                at=shortage.at,
                cause=shortage.cause,
                values={
                    "short": shortage.units,
                    "paid": level.paid,
                    "shippable": level.shippable,
                    "orders": len(orders),
                },
                is_exact=True,
            )
            self._health.alerts.report(rule, fault, occasion.now_ms)

    def _look_locks(self, sku: str, occasion: Occasion) -> None:
        """Keep how many units are locked for nobody, and tell of those that stay so."""
        ledger = self.book.ledger(sku)
        bounds = None if ledger is None else ledger.excess()
        if ledger is None or bounds is None:
            return
        known = self._tables.stock.excess.get(sku) or _NO_EXCESS
        (units, most), at, now_ms = bounds, ledger.newest_at, occasion.now_ms
        after = fallen(known, units, at, most=most, now_ms=now_ms)
        if units > after.units:
            since = at - LOCKS_MS_MAX if after.clean_at is None else after.clean_at
            after = risen(after, units, at, occasion.now_ms, ledger.freed(since, at))
        if after is not known and after != known:
            self._tables.stock.excess.put(sku, after)
        if after.steps or after.told is not None:
            self._tell_locks(sku, ledger, after, occasion)

    def _tell_locks(self, sku: str, ledger: Ledger, excess: Excess, occasion: Occasion) -> None:
        told = excess.told
        where = told or self._where(sku, ledger) or (occasion.channel, occasion.shop)
        for rule in self._health.rules(Check.PHANTOM_LOCK):
            limit_ms, least = rule.duration("within"), rule.parameters["least"]
            assert isinstance(least, int)
            standing = standing_for(excess, limit_ms, occasion.now_ms)
            if not standing or standing[-1].level < least:
                if excess.told is not None:
                    self._settle(rule, sku, where, occasion)
                    told = None
            else:
                told = where
                numbers = [number for step in reversed(standing) for number in step.orders]
                orders = self._keys(numbers[:ORDERS_MAX])
                fault = Fault(
                    subject=Subject("sku", sku),
                    channel=where[0],
                    shop=where[1],
                    order=orders[0] if orders else None,
                    orders=orders,
                    at=standing[0].since + limit_ms,
                    cause=f"{sku}@{standing[0].since}",
                    values={
                        "units": standing[-1].level,
                        "locked": ledger.told_locked,
                        "hours": (occasion.now_ms - standing[0].since) // MS_PER_HOUR,
                    },
                    is_exact=True,
                )
                self._health.alerts.report(rule, fault, occasion.now_ms)
            due = next_due(excess, limit_ms, occasion.now_ms)
            if due is not None:
                self._health.wake(due, KEEPER, f"{_LOCKS}{sku}")
        if told != excess.told:
            self._tables.stock.excess.put(sku, replace(excess, told=told))

    def _where(self, sku: str, ledger: Ledger) -> tuple[str, str] | None:
        """Who told of the stock of a SKU: the first by name."""
        found = [
            (place.channel, place.shop)
            for warehouse in ledger.snapshots
            if (place := self._tables.stock.places.get(cell_name(sku, warehouse))) is not None
        ]
        return min(found, default=None)

    def _settle(
        self, rule: HealthRule, sku: str, where: tuple[str, str], occasion: Occasion
    ) -> None:
        channel, shop = where
        subject = Subject("sku", sku)
        self._health.alerts.settle(rule, subject, channel, shop, occasion.now_ms, occasion.at)

    def _keys(self, numbers: Iterable[int]) -> tuple[OrderKey, ...]:
        found = (self._tables.keys.get(str(number)) for number in numbers)
        return tuple(key for key in found if key is not None)


def _occasion(event: OrderEvent, order: OrderKey | None = None) -> Occasion:
    return Occasion(
        now_ms=event.received_ms,
        at=event.occurred_ms,
        cause=event.id,
        channel=event.channel,
        shop=event.shop,
        order=order,
    )
