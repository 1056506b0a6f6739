"""The stock ledgers of all SKUs, kept true to the log.

    order event ─► holding ─► claims ─► ledgers        one cell an order, one a claim
    snapshot ──────────────────────────► ledger        one cell a SKU and warehouse

What an order did is forgotten a while after its last movement; what it did to the stock stays with
the snapshot that does not hold it yet.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from orderguard.domain.events import (
    InventoryData,
    OrderEvent,
)
from orderguard.domain.orders import OrderKey
from orderguard.flows.skus import Skus, cell_name
from orderguard.flows.stock_words import BEFORE_US, back, begun, known, told
from orderguard.flows.tables import Tables
from orderguard.kit.cache import Kept
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR
from orderguard.orders import OrderState
from orderguard.stock import (
    Claim,
    Holding,
    Ledger,
    Mappings,
    Snapshot,
    StockPlace,
    claims,
    takes_the_same,
)

KEPT_MS = 2 * MS_PER_DAY
"""What an order did is kept so long after its last movement, so that late words still fit in."""
OPEN_MS_MAX = 30 * MS_PER_DAY
PAID_MS_MAX = 90 * MS_PER_DAY
"""An order that has neither shipped nor ended by then counts no more; a paid one may be a pre-sale.
"""
SWEPT_MAX = 1_000
"""Orders forgotten at a stretch."""


class Book:
    """Ledgers are in memory as far as there is room, and made anew of their claims when needed.

    Those of SKUs of which no warehouse has told say nothing: they are made when somebody asks.
    """

    def __init__(self, tables: Tables, skus: Skus) -> None:
        self.tables, self.skus = tables, skus
        self._ledgers: OrderedDict[str, Ledger] = OrderedDict()
        """Those in memory, the one used last at the end."""
        self._room = tables.stock.claims_max
        self._told: defaultdict[str, set[str | None]] = defaultdict(set)
        """The warehouses that told of a SKU."""
        for place in tables.stock.places.values():
            self._told[place.sku].add(place.warehouse)

    def ordered(
        self, key: OrderKey, state: OrderState, event: OrderEvent, *, is_first: bool
    ) -> list[str]:
        """The SKUs of which the event moved something; `is_first` of its order."""
        kept = self.tables.stock.holdings.get(str(state.number))
        former = kept
        if former is None:
            former = begun(key, state) if is_first else back(key, state, event)
        if former is None:
            return []
        holding = former if former.placed_at == BEFORE_US else told(known(former, state), event)
        if holding is kept or holding == kept:
            return []
        if kept is not None and takes_the_same(kept, holding):
            self.tables.stock.holdings.put(str(holding.number), holding)
            return []
        self._name(holding, () if kept is None else kept.channel_skus, holding.channel_skus)
        return self._enter(holding)

    def holding(self, key: OrderKey) -> Holding | None:
        """What an order holds, None where it holds nothing or is forgotten."""
        record = self.tables.orders.get(str(key))
        number = None if record is None else str(record.state.number)
        return None if number is None else self.tables.stock.holdings.get(number)

    def stocked(self, event: OrderEvent, data: InventoryData) -> str | None:
        """A warehouse told its stock: the SKU, None where a newer word stands already."""
        if data.available is None and data.on_hand is None and data.locked is None:
            return None
        channel, shop, at = event.channel, event.shop, event.occurred_ms
        sku = self.skus.stocked(channel, shop, data.sku, at)
        snapshot = Snapshot(at, data.available, data.on_hand, data.locked)
        warehouse = data.warehouse or None
        if not self._ledger(sku).take(warehouse, snapshot):
            return None
        place = StockPlace(
            channel=channel,
            shop=shop,
            code=data.sku,
            sku=sku,
            warehouse=warehouse,
            snapshot=snapshot,
        )
        self._put_place(place)
        return sku

    def mapped(self, mappings: Mappings) -> tuple[list[str], list[Holding]]:
        """A channel SKU means something else now: the SKUs moved, who names it, oldest first."""
        where = (mappings.channel, mappings.shop, mappings.channel_sku)
        moved = dict.fromkeys(self._restocked(*where))
        naming = list[Holding]()
        for number in sorted(self.tables.stock.naming.of(cell_name(*where)), key=int):
            holding = self.tables.stock.holdings.get(number)
            assert holding is not None, "the index follows the table"
            moved |= dict.fromkeys(self._enter(holding))
            naming.append(holding)
        return list(moved), naming

    def ledger(self, sku: str) -> Ledger | None:
        """The ledger of a SKU, None where nobody told of it and no order claims it."""
        known = sku in self._ledgers or sku in self._told or self.tables.stock.claimed.get(sku)
        return self._ledger(sku) if known else None

    def skus_known(self) -> set[str]:
        """Every SKU that has a ledger."""
        return {*self._told, *self.tables.stock.claimed}

    def naming(self, channel: str, shop: str, channel_sku: str) -> Iterator[Holding]:
        """What the orders hold that name a channel SKU alone and may still move stock."""
        where = cell_name(channel, shop, channel_sku)
        for number in sorted(self.tables.stock.naming.of(where), key=int):
            holding = self.tables.stock.holdings.get(number)
            assert holding is not None, "the index follows the table"
            yield holding

    @property
    def next_sweep(self) -> int | None:
        """At which full hour orders are to be forgotten next; ms."""
        due = self.tables.stock.ends.next_due
        return None if due is None else -(-due // MS_PER_HOUR) * MS_PER_HOUR

    def sweep(self, now_ms: int) -> list[str]:
        """Forget orders that are long over: the SKUs that they had claimed.

        Those that were over at the full hour, so that it matters to nobody when this is called;
        and only so many, so that nobody waits for it.
        """
        until, forgotten = now_ms // MS_PER_HOUR * MS_PER_HOUR, 0
        moved: dict[str, None] = {}
        stock = self.tables.stock
        while forgotten < SWEPT_MAX and (due := stock.ends.pop_due(until)) is not None:
            holding = stock.holdings.get(str(due[1]))
            if holding is not None and holding.forget_at <= until:
                moved |= dict.fromkeys(sku for sku in holding.claimed if sku in self._told)
                forgotten += 1
                if self._is_open(holding):
                    # Whoever has it locked from now on has it locked for nobody.
                    self._enter(replace(holding, ended_at=until))
                else:
                    self._forget(holding)
        return list(moved)

    def level_claims(self, sku: str) -> list[Claim]:
        """Who holds units of a SKU, in the order of their numbers."""
        ledger = self.ledger(sku)
        found = () if ledger is None else ledger.claims.values()
        return sorted((one for one in found if one.open_units), key=_number)

    def _ledger(self, sku: str) -> Ledger:
        ledger = self._ledgers.get(sku)
        if ledger is not None:
            self._ledgers.move_to_end(sku)
            return ledger
        ledger = self._ledgers[sku] = self._made_anew(sku)
        self._make_room(len(ledger.claims) + 1)
        return ledger

    def _made_anew(self, sku: str) -> Ledger:
        ledger = Ledger()
        for warehouse in self._told.get(sku, ()):
            place = self.tables.stock.places.get(cell_name(sku, warehouse))
            assert place is not None, "the index follows the table"
            ledger.restore(warehouse, place.snapshot)
        if self.tables.stock.claimed.get(sku):
            # By number is by time: what is kept in order grows at its end.
            ledger.fill(sorted(self.tables.stock.claims.of(sku).values(), key=_number))
        return ledger

    def _make_room(self, claims_more: int) -> None:
        """Let go of the ledgers least recently used: what they hold is safe in the tables."""
        self._room -= claims_more
        while self._room < 0 and len(self._ledgers) > 1:
            _, ledger = self._ledgers.popitem(last=False)
            self._room += len(ledger.claims) + 1

    def _let_go(self, sku: str) -> None:
        ledger = self._ledgers.pop(sku, None)
        if ledger is not None:
            self._room += len(ledger.claims) + 1

    def _enter(self, holding: Holding) -> list[str]:
        """The ledgers after an order's holding changed, or what its lines mean."""
        found = self._claims(holding)
        wanted = dict.fromkeys((*holding.claimed, *found))
        moved = [sku for sku in wanted if self._claim(sku, holding, found.get(sku))]
        forget_at = _forget_at(holding, found.values())
        if forget_at != holding.forget_at:
            self.tables.stock.ends.put(forget_at, holding.number)
        entered = replace(holding, claimed=tuple(found), forget_at=forget_at)
        self.tables.stock.holdings.put(str(holding.number), entered)
        return moved

    def _claims(self, holding: Holding) -> dict[str, Claim]:
        return claims(holding, self.skus.resolve(holding.key.channel, holding.key.shop))

    def _claim(self, sku: str, holding: Holding, claim: Claim | None) -> bool:
        """Put an order's claim in the place of its former one; whether that moves any stock."""
        stock, number = self.tables.stock, holding.number
        is_told, was_there = sku in self._told, sku in holding.claimed
        ledger = self._ledger(sku) if is_told else self._ledgers.get(sku)
        if ledger is not None:
            if ledger.claims.get(number) == claim:
                return False
            ledger.drop(number) if claim is None else ledger.put(claim)
            self._make_room((claim is not None) - was_there)
        if claim is None:
            stock.claims.drop(sku, str(number))
        else:
            stock.claims.put(sku, str(number), claim)
        if (claim is not None) is not was_there:
            _count(stock.claimed, sku, -1 if was_there else 1)
        return is_told

    def _is_open(self, holding: Holding) -> bool:
        """Whether it holds units that have neither shipped nor been given back."""
        return any(claim.open_units for claim in self._claims(holding).values())

    def _name(self, holding: Holding, before: Sequence[str], after: Sequence[str]) -> None:
        """Keep which orders name a channel SKU alone."""
        channel, shop = holding.key.channel, holding.key.shop
        stock, number = self.tables.stock, str(holding.number)
        for channel_sku in after:
            if channel_sku not in before:
                name = cell_name(channel, shop, channel_sku)
                stock.naming.put(name, number, 1)
                _count(stock.named, name, 1)
        for channel_sku in before:
            if channel_sku not in after:
                name = cell_name(channel, shop, channel_sku)
                stock.naming.drop(name, number)
                _count(stock.named, name, -1)

    def _forget(self, holding: Holding) -> None:
        number, stock = holding.number, self.tables.stock
        for sku in holding.claimed:
            ledger = self._ledger(sku) if sku in self._told else self._ledgers.get(sku)
            changed = {} if ledger is None else ledger.settle(number)
            stock.claims.drop(sku, str(number))
            _count(stock.claimed, sku, -1)
            if ledger is None:
                continue
            self._make_room(-1)
            for warehouse, snapshot in changed.items():
                place = stock.places.get(cell_name(sku, warehouse))
                assert place is not None, "a ledger's snapshots are those of the table"
                self._put_place(replace(place, snapshot=snapshot))
            if ledger.is_empty:
                self._let_go(sku)
        self._name(holding, holding.channel_skus, ())
        stock.holdings.drop(str(number))

    def _put_place(self, place: StockPlace) -> None:
        self.tables.stock.places.put(cell_name(place.sku, place.warehouse), place)
        self._told[place.sku].add(place.warehouse)

    def _drop_place(self, place: StockPlace) -> None:
        self.tables.stock.places.drop(cell_name(place.sku, place.warehouse))
        self._told[place.sku].discard(place.warehouse)
        if not self._told[place.sku]:
            del self._told[place.sku]

    def _restocked(self, channel: str, shop: str, code: str) -> list[str]:
        """Put what a warehouse told by this code under the SKU that it means now."""
        moved: list[str] = []
        for _, place in sorted(self.tables.stock.places.items()):
            if (place.channel, place.shop, place.code) != (channel, shop, code):
                continue
            sku = self.skus.stocked(channel, shop, code, place.snapshot.at)
            if sku != place.sku:
                self._drop_place(place)
                other = cell_name(sku, place.warehouse)
                standing = self.tables.stock.places.get(other)
                if standing is None or standing.snapshot.at <= place.snapshot.at:
                    fresh = replace(place.snapshot, settled=0, settled_locked=0)
                    self._put_place(replace(place, sku=sku, snapshot=fresh))
                moved += [place.sku, sku]
        for sku in dict.fromkeys(moved):
            self._let_go(sku)
        return moved


def _number(claim: Claim) -> int:
    return claim.number


def _count(counts: Kept[int], name: str, more: int) -> None:
    count = (counts.get(name) or 0) + more
    counts.put(name, count) if count else counts.drop(name)


def _forget_at(holding: Holding, found: Collection[Claim]) -> int:
    """When an order may be forgotten."""
    if not found or any(claim.open_units for claim in found):
        most = OPEN_MS_MAX if holding.paid_at is None else PAID_MS_MAX
        return max(holding.placed_at, holding.lines_at) + most
    return max(claim.last_at for claim in found) + KEPT_MS
