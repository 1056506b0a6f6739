"""The stock ledgers of all SKUs, kept true to the log.

    order event ─► holding ─► claims ─► ledgers        one cell an order
    snapshot ──────────────────────────► ledger        one cell a SKU and warehouse

What an order did is forgotten a while after its last movement; what it did to the stock stays with
the snapshot that does not hold it yet.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from orderguard.domain.events import (
    AftersaleData,
    EventType,
    InventoryData,
    OrderData,
    OrderEvent,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.flows.skus import Skus, cell_name
from orderguard.flows.tables import Tables
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, to_ms
from orderguard.orders import OrderState
from orderguard.stock import (
    Claim,
    HeldLine,
    Holding,
    Ledger,
    Mappings,
    Parcel,
    Repaid,
    Snapshot,
    StockPlace,
    claims,
    first,
    held_lines,
    with_lines,
    with_parcel,
    with_refund,
)

KEPT_MS = 2 * MS_PER_DAY
"""What an order did is kept so long after its last movement, so that late words still fit in."""
OPEN_MS_MAX = 30 * MS_PER_DAY
PAID_MS_MAX = 90 * MS_PER_DAY
"""An order that has neither shipped nor ended by then counts no more; a paid one may be a pre-sale.
"""
BEFORE_US = -1
"""When an order that we know no more was placed and shipped: before any snapshot."""
ALL_UNITS = 10_000_000

_PARCEL_LEFT = frozenset(
    {EventType.SHIPMENT_SHIPPED, EventType.SHIPMENT_IN_TRANSIT, EventType.SHIPMENT_DELIVERED}
)
_DONE = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED})
_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.CLOSED})
_ENDS = frozenset({EventType.ORDER_CANCELLED, EventType.ORDER_CLOSED})


class Book:
    def __init__(self, tables: Tables, skus: Skus) -> None:
        self.tables, self.skus = tables, skus
        self.ledgers: dict[str, Ledger] = {}
        self._claimed: dict[str, tuple[str, ...]] = {}
        """The SKUs that an order claims, by its name."""
        self._naming: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        """The orders that name a channel SKU alone, by channel, shop and channel SKU."""
        self._ends: list[tuple[int, str]] = []
        """When each order is to be looked at, to be forgotten; a heap."""
        for place in tables.stock.places.values():
            self._ledger(place.sku).restore(place.warehouse, place.snapshot)
        for name, holding in tables.stock.holdings.items():
            self._enter(name, holding)

    def ordered(
        self, key: OrderKey, state: OrderState, event: OrderEvent, *, is_first: bool
    ) -> list[str]:
        """The SKUs of which the event moved something; `is_first` of its order."""
        name = str(key)
        former = self.tables.stock.holdings.get(name)
        if former is None:
            former = _begun(key, state) if is_first else _back(key, state, event)
        if former is None:
            return []
        holding = former if former.placed_at == BEFORE_US else _told(_known(former, state), event)
        if holding == self.tables.stock.holdings.get(name):
            return []
        self.tables.stock.holdings.put(name, holding)
        return self._enter(name, holding)

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
        self.tables.stock.places.put(cell_name(sku, warehouse), place)
        return sku

    def mapped(self, mappings: Mappings) -> tuple[list[str], list[str]]:
        """A channel SKU means something else now: the SKUs moved, the orders that name it."""
        where = (mappings.channel, mappings.shop, mappings.channel_sku)
        moved = dict.fromkeys(self._restocked(*where))
        names = sorted(self._naming.get(where, ()))
        for name in names:
            holding = self.tables.stock.holdings.get(name)
            assert holding is not None, "the index follows the table"
            moved |= dict.fromkeys(self._enter(name, holding))
        return list(moved), names

    def naming(self, channel: str, shop: str, channel_sku: str) -> Iterator[Holding]:
        """What the orders hold that name a channel SKU alone and may still move stock."""
        for name in self._naming.get((channel, shop, channel_sku), ()):
            holding = self.tables.stock.holdings.get(name)
            assert holding is not None, "the index follows the table"
            yield holding

    @property
    def next_sweep(self) -> int | None:
        """At which full hour orders are to be forgotten next; ms."""
        return -(-self._ends[0][0] // MS_PER_HOUR) * MS_PER_HOUR if self._ends else None

    def sweep(self, now_ms: int) -> list[str]:
        """Forget the orders that are long over: the SKUs that they had claimed."""
        moved: dict[str, None] = {}
        while self._ends and self._ends[0][0] <= now_ms:
            _, name = heapq.heappop(self._ends)
            holding = self.tables.stock.holdings.get(name)
            if holding is not None and self._end(name, holding) <= now_ms:
                moved |= dict.fromkeys(self._claimed[name])
                if self._is_open(holding):
                    # Whoever has it locked from now on has it locked for nobody.
                    lapsed = replace(holding, ended_at=now_ms)
                    self.tables.stock.holdings.put(name, lapsed)
                    self._enter(name, lapsed)
                else:
                    self._forget(name, holding)
        return list(moved)

    def level_claims(self, sku: str) -> list[Claim]:
        """Who holds units of a SKU, in the order of their numbers."""
        ledger = self.ledgers.get(sku)
        found = () if ledger is None else ledger.claims.values()
        return sorted((one for one in found if one.open_units), key=lambda one: one.number)

    def _ledger(self, sku: str) -> Ledger:
        ledger = self.ledgers.get(sku)
        if ledger is None:
            ledger = self.ledgers[sku] = Ledger()
        return ledger

    def _enter(self, name: str, holding: Holding) -> list[str]:
        """The ledgers after an order's holding changed, or what its lines mean."""
        key, number = holding.key, holding.number
        found = claims(holding, self.skus.resolve(key.channel, key.shop))
        before = self._claimed.get(name, ())
        moved = []
        for sku in dict.fromkeys((*before, *found)):
            ledger, claim = self._ledger(sku), found.get(sku)
            if ledger.claims.get(number) != claim:
                moved.append(sku)
                ledger.drop(number) if claim is None else ledger.put(claim)
        self._claimed[name] = tuple(found)
        for channel_sku in holding.channel_skus:
            self._naming[key.channel, key.shop, channel_sku].add(name)
        heapq.heappush(self._ends, (self._end(name, holding), name))
        return moved

    def _claims(self, name: str, number: int) -> list[Claim]:
        return [self.ledgers[sku].claims[number] for sku in self._claimed.get(name, ())]

    def _is_open(self, holding: Holding) -> bool:
        found = self._claims(str(holding.key), holding.number)
        return any(claim.open_units for claim in found)

    def _end(self, name: str, holding: Holding) -> int:
        """When an order may be forgotten, or is taken to be over."""
        found = self._claims(name, holding.number)
        if not found or any(claim.open_units for claim in found):
            most = OPEN_MS_MAX if holding.paid_at is None else PAID_MS_MAX
            return max(holding.placed_at, holding.lines_at) + most
        return max(claim.last_at for claim in found) + KEPT_MS

    def _forget(self, name: str, holding: Holding) -> None:
        key = holding.key
        for sku in self._claimed.pop(name, ()):
            ledger = self.ledgers[sku]
            for warehouse, snapshot in ledger.settle(holding.number).items():
                cell = cell_name(sku, warehouse)
                place = self.tables.stock.places.get(cell)
                assert place is not None, "a ledger's snapshots are those of the table"
                self.tables.stock.places.put(cell, replace(place, snapshot=snapshot))
            if ledger.is_empty:
                del self.ledgers[sku]
        for channel_sku in holding.channel_skus:
            where = (key.channel, key.shop, channel_sku)
            self._naming[where].discard(name)
            if not self._naming[where]:
                del self._naming[where]
        self.tables.stock.holdings.drop(name)

    def _restocked(self, channel: str, shop: str, code: str) -> list[str]:
        """Put what a warehouse told by this code under the SKU that it means now."""
        moved: list[str] = []
        for cell, place in sorted(self.tables.stock.places.items()):
            if (place.channel, place.shop, place.code) != (channel, shop, code):
                continue
            sku = self.skus.stocked(channel, shop, code, place.snapshot.at)
            if sku != place.sku:
                self.tables.stock.places.drop(cell)
                other = cell_name(sku, place.warehouse)
                standing = self.tables.stock.places.get(other)
                if standing is None or standing.snapshot.at <= place.snapshot.at:
                    fresh = replace(place.snapshot, settled=0, settled_locked=0)
                    self.tables.stock.places.put(other, replace(place, sku=sku, snapshot=fresh))
                moved += [place.sku, sku]
        for sku in dict.fromkeys(moved):
            self._rebuild(sku)
        return moved

    def _rebuild(self, sku: str) -> None:
        former, ledger = self._ledger(sku), Ledger()
        for place in self.tables.stock.places.values():
            if place.sku == sku:
                ledger.restore(place.warehouse, place.snapshot)
        for claim in former.claims.values():
            ledger.put(claim)
        self.ledgers[sku] = ledger


def _begun(key: OrderKey, state: OrderState) -> Holding:
    return Holding(key=key, number=state.number, placed_at=state.first_ms)


def _back(key: OrderKey, state: OrderState, event: OrderEvent) -> Holding | None:
    """An order that was forgotten moves stock once more when it comes back; nothing else counts."""
    if event.type is not EventType.RETURN_RECEIVED:
        return None
    lines = tuple(
        HeldLine(None, line.sku, line.quantity) for line in state.members.get("lines", ())
    )
    return Holding(
        key=key,
        number=state.number,
        placed_at=BEFORE_US,
        lines=lines,
        lines_at=event.occurred_ms,
        done_at=BEFORE_US,
        returned_at=event.occurred_ms,
    )


def _known(holding: Holding, state: OrderState) -> Holding:
    """What the order's state knows better than one event."""
    members, paid_at = state.members, state.instants.get(FactKind.PAID)
    if paid_at is not None:
        paid_at = members.get("paid_at", paid_at)
    placed_at = members.get("created_at", state.first_ms)
    amount, currency = members.get("order_amount"), members.get("order_currency")
    if (
        placed_at == holding.placed_at
        and paid_at == holding.paid_at
        and amount == holding.amount
        and currency == holding.currency
    ):
        return holding
    return replace(holding, placed_at=placed_at, paid_at=paid_at, amount=amount, currency=currency)


def _told(holding: Holding, event: OrderEvent) -> Holding:
    """What one event says of what is held."""
    at = event.occurred_ms
    match event.data:
        case OrderData(order=order):
            if order.lines:
                modified = to_ms(order.updated_at) if order.updated_at else at
                holding = with_lines(holding, held_lines(order.lines), modified, at)
            if order.status in _ENDED or event.type in _ENDS:
                holding = replace(holding, ended_at=first(holding.ended_at, at))
            if order.status in _DONE or event.type is EventType.ORDER_COMPLETED:
                holding = replace(holding, done_at=first(holding.done_at, at))
            elif order.status is OrderStatus.SHIPPED:
                holding = replace(holding, shipped_at=first(holding.shipped_at, at))
        case ShipmentData() as shipment:
            has_left = event.type in _PARCEL_LEFT
            parcel = Parcel(
                warehouse=shipment.warehouse or None,
                warehouse_at=at,
                shipped_at=at if has_left else None,
                lines=_parcel_lines(shipment.lines),
                lines_at=(has_left, at),
            )
            parcel_id = shipment.shipment_id or shipment.tracking_no or ""
            holding = with_parcel(holding, parcel_id, parcel)
        case RefundData() as refund if event.type is EventType.REFUND_SUCCEEDED:
            amount = None if refund.amount is None else Decimal(refund.amount)
            repaid = Repaid(at, at, amount, refund.currency, _parcel_lines(refund.lines))
            holding = with_refund(holding, refund.refund_id, repaid)
        case AftersaleData() if event.type is EventType.RETURN_RECEIVED:
            holding = replace(holding, returned_at=first(holding.returned_at, at))
    return holding


def _parcel_lines(lines: tuple[ShipmentLine, ...] | None) -> tuple[HeldLine, ...] | None:
    """What a parcel holds; without a quantity, all that was ordered of it."""
    if not lines:
        return None
    return tuple(
        HeldLine(None, line.sku, ALL_UNITS if line.quantity is None else line.quantity)
        for line in lines
    )
