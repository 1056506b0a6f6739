"""Stock as the warehouse counts it, told by snapshots that agree with the sales."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from orderguard.simulate.journal import Journal
from orderguard.simulate.model import HOUR_MS, MINUTE_MS, Purchase, Shop
from orderguard.simulate.world import World

LOW = 10  # below this each change is told at once


@dataclass(frozen=True, slots=True)
class StockMove:
    at: int
    sku: str
    on_hand: int
    locked: int


@dataclass(frozen=True, slots=True)
class StockLevel:
    at: int
    on_hand: int
    locked: int

    @property
    def available(self) -> int:
        return self.on_hand - self.locked


class Ledger:
    """What placing, cancelling and shipping do to each SKU."""

    def __init__(self) -> None:
        self.moves: dict[str, list[StockMove]] = {}
        self.shops: dict[str, Shop] = {}

    def place(self, purchase: Purchase) -> None:
        self._move(purchase, purchase.placed_at, on_hand=0, locked=1)

    def cancel(self, purchase: Purchase, at: int) -> None:
        self._move(purchase, at, on_hand=0, locked=-1)

    def ship(self, purchase: Purchase, at: int) -> None:
        self._move(purchase, at, on_hand=-1, locked=-1)

    def arrive(self, sku: str, at: int, units: int) -> None:
        """Goods come in, of a SKU that has been sold before."""
        self.moves[sku].append(StockMove(at, sku, units, 0))

    def _move(self, purchase: Purchase, at: int, *, on_hand: int, locked: int) -> None:
        for line in purchase.lines:
            count = line.quantity
            self.shops[line.sku] = purchase.buyer.shop
            self.moves.setdefault(line.sku, []).append(
                StockMove(at, line.sku, on_hand * count, locked * count)
            )


def first_on_hand(world: World, moves: list[StockMove]) -> int:
    """Enough for all that is sold, or just what makes a scarce product scarce at its time."""
    if units := world.stock_firsts.get(moves[0].sku):
        return units
    low_at, available = world.stock_pins.get(moves[0].sku, (None, 0))
    change = lowest = 0
    for move in moves:
        if low_at is not None and move.at > low_at:
            break
        change += move.on_hand - move.locked
        lowest = min(lowest, change)
    if low_at is not None:
        return available - change
    return int(-lowest * world.rng.uniform(1.02, 1.4)) + 2 * LOW


def levels(first: int, moves: list[StockMove]) -> Iterator[StockLevel]:
    """The level after each moment at which something moved."""
    on_hand, wanted = first, 0
    for at, group in groupby(moves, key=attrgetter("at")):
        for move in group:
            on_hand += move.on_hand
            wanted += move.locked
        # Nobody can lock what is not there: the latest orders stay without.
        yield StockLevel(at, on_hand, min(wanted, on_hand))


def tell_stock(world: World, journal: Journal, ledger: Ledger) -> None:
    """Snapshots: every few minutes of the sale, twice a day else, each change when it gets low."""
    sale_pause_ms = int(world.rng.uniform(2, 10) * MINUTE_MS)
    for sku, (told_at, units) in world.stock_arrivals.items():
        ledger.arrive(sku, told_at, units)
    for sku, unsorted in ledger.moves.items():
        moves = sorted(unsorted, key=attrgetter("at"))
        first = first_on_hand(world, moves)
        told = StockLevel(min(world.history_ms, moves[0].at) - HOUR_MS, first, 0)
        _tell_level(journal, ledger.shops[sku], sku, told)
        for level in levels(first, moves):
            in_sale = world.opening_ms - HOUR_MS < level.at < world.closing_ms + HOUR_MS
            pause_ms = sale_pause_ms if in_sale else 12 * HOUR_MS
            if min(level.available, told.available) < LOW or level.at - told.at >= pause_ms:
                _tell_level(journal, ledger.shops[sku], sku, level)
                told = level


def _tell_level(journal: Journal, shop: Shop, sku: str, level: StockLevel) -> None:
    journal.tell(
        shop,
        "inventory.changed",
        # A snapshot is taken just after the change, so it holds what occurred before it.
        level.at + 1,
        {
            "sku": sku,
            "warehouse": f"wh-{shop.name}",
            "available": level.available,
            "on_hand": level.on_hand,
            "locked": level.locked,
        },
    )
