"""Stock counted anew from all that was ever told, unit by unit: slow, and with nothing in common.

The recount keeps no totals. It sorts the events by when they occurred, gives every single unit its
own life, and asks of each unit what it did to each warehouse.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from orderguard.domain.events import (
    EventType,
    InventoryData,
    MappingData,
    OrderData,
    OrderEvent,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import Line, Order, OrderStatus

HOUR = 3_600_000


@dataclass
class Unit:
    """One piece of one SKU of one order."""

    sku: str
    order: tuple[int, int, int]
    """Paid at, placed at, number; what decides who goes without."""
    number: int
    placed: int
    paid: int | None
    freed: int | None = None
    shipped: int | None = None
    returned: int | None = None
    warehouse: str | None = None

    @property
    def is_open(self) -> bool:
        return self.freed is None and self.shipped is None

    def locked_at(self, moment: int) -> bool:
        ends = [at for at in (self.freed, self.shipped) if at is not None]
        return self.placed < moment and not (ends and max(min(ends), self.placed) < moment)


Moment = Callable[[Unit], int]
"""Up to when the stock that counts for a unit holds what occurred."""


@dataclass
class Told:
    at: int
    available: int | None
    on_hand: int | None
    locked: int | None


@dataclass
class Count:
    """What the recount found of one SKU."""

    shippable: int | None
    paid: int
    held: int
    sold: int
    excess: tuple[int, int] | None
    losers: list[int] = field(default_factory=list)


def recount(heard: Iterable[OrderEvent], numbers: dict[str, int], now: int) -> dict[str, Count]:
    """By SKU, from the events as they arrived; repeats of an id count once."""
    events: dict[str, OrderEvent] = {}
    for event in heard:
        events.setdefault(event.id, event)
    ordered = sorted(events.values(), key=lambda event: event.occurred_ms)
    meanings = [event for event in ordered if isinstance(event.data, MappingData)]
    units: list[Unit] = []
    for order_id, number in numbers.items():
        own = [event for event in ordered if _order_id(event) == order_id]
        units += _units(own, number, meanings)
    places: dict[str, dict[str | None, Told]] = {}
    for event in ordered:
        if isinstance(event.data, InventoryData):
            told = Told(
                event.occurred_ms, event.data.available, event.data.on_hand, event.data.locked
            )
            if (told.available, told.on_hand, told.locked) != (None, None, None):
                places.setdefault(event.data.sku, {})[event.data.warehouse] = told
    skus = {*places, *(unit.sku for unit in units)}
    return {
        sku: _count([unit for unit in units if unit.sku == sku], places.get(sku, {}), now)
        for sku in skus
    }


def _order_id(event: OrderEvent) -> str | None:
    if isinstance(event.data, OrderData):
        return event.data.order.order_id
    return getattr(event.data, "order_id", None)


def _sku(line: Line, at: int, meanings: list[OrderEvent]) -> str:
    if line.sku is not None:
        return line.sku

    def standing(until: float) -> set[str]:
        stands: set[str] = set()
        for event in meanings:
            assert isinstance(event.data, MappingData)
            if event.data.channel_sku == line.channel_sku and event.occurred_ms <= until:
                stands = stands | {event.data.sku} if event.data.sku else set()
        return stands

    assert line.channel_sku is not None
    for found in (standing(at), standing(float("inf"))):
        if len(found) == 1:
            return found.pop()
    return line.channel_sku


def _units(events: list[OrderEvent], number: int, meanings: list[OrderEvent]) -> list[Unit]:
    documents = [event for event in events if isinstance(event.data, OrderData)]
    orders = [(event, event.data.order) for event in documents if isinstance(event.data, OrderData)]
    with_lines = [(event, order) for event, order in orders if order.lines]
    if not with_lines:
        return []
    newest, order = with_lines[-1]
    created = [one.created_at for _, one in orders if one.created_at is not None]
    placed = int(created[-1].timestamp() * 1000) if created else events[0].occurred_ms
    paid_at = [one.paid_at for _, one in orders if one.paid_at is not None]
    paid = int(paid_at[-1].timestamp() * 1000) if paid_at else None
    ends = [
        event.occurred_ms
        for event in documents
        if event.type in (EventType.ORDER_CANCELLED, EventType.ORDER_CLOSED)
    ]
    ends += _repaid(events, orders)
    freed = min(ends) if ends else None
    back = [event.occurred_ms for event in events if event.type is EventType.RETURN_RECEIVED]
    units = [
        Unit(
            sku=_sku(line, newest.occurred_ms, meanings),
            order=(paid or 0, placed, number),
            number=number,
            placed=placed,
            paid=paid,
            freed=freed,
        )
        for line in order.lines or ()
        for _ in range(line.quantity or 0)
    ]
    _send(units, events)
    for unit in units:
        if unit.shipped is not None:
            if unit.freed is not None and unit.freed >= unit.shipped:
                unit.freed = None
            unit.returned = max(min(back), unit.shipped) if back else None
    return units


def _repaid(events: list[OrderEvent], orders: list[tuple[OrderEvent, Order]]) -> list[int]:
    amounts = [order.amount for _, order in orders if order.amount is not None]
    total = Fraction(amounts[-1]) if amounts else None
    seen: dict[str, Fraction] = {}
    for event in events:
        if isinstance(event.data, RefundData) and event.type is EventType.REFUND_SUCCEEDED:
            seen[event.data.refund_id] = Fraction(event.data.amount or "0")
            if total is not None and sum(seen.values()) >= total:
                return [event.occurred_ms]
    return []


@dataclass
class Parcel:
    warehouse: str | None = None
    named: int = -1
    left: int | None = None
    lines: tuple[ShipmentLine, ...] = ()


def _parcels(events: list[OrderEvent]) -> list[Parcel]:
    parcels: dict[str, Parcel] = {}
    for event in events:
        if isinstance(event.data, ShipmentData):
            parcel = parcels.setdefault(event.data.shipment_id or "", Parcel())
            if event.data.warehouse is not None:
                parcel.warehouse, parcel.named = event.data.warehouse, event.occurred_ms
            parcel.lines = event.data.lines or parcel.lines
            if event.type is EventType.SHIPMENT_SHIPPED and parcel.left is None:
                parcel.left = event.occurred_ms
    return list(parcels.values())


def _send(units: list[Unit], events: list[OrderEvent]) -> None:
    """Give each unit the parcel it left in, and the rest the warehouse where they wait."""
    parcels = _parcels(events)
    named = [(one.named, one.warehouse or "") for one in parcels if one.named >= 0]
    waiting = max(named)[1] if named else None
    for unit in units:
        unit.warehouse = waiting
    left = sorted(
        ((one.left, one.warehouse or "", one) for one in parcels if one.left is not None),
        key=lambda one: one[:2],
    )
    is_split = False
    for at, warehouse, parcel in left:
        for line in parcel.lines:
            fits = [unit for unit in units if unit.sku == line.sku]
            is_split = is_split or bool(fits)
            for unit in [one for one in fits if one.shipped is None][: line.quantity]:
                unit.shipped, unit.warehouse = at, warehouse or None
    whole = [
        (at, warehouse)
        for at, warehouse, parcel in left
        if not any(unit.sku == line.sku for line in parcel.lines for unit in units)
    ]
    ways = [OrderStatus.COMPLETED] if is_split else [OrderStatus.COMPLETED, OrderStatus.SHIPPED]
    done = [
        event.occurred_ms
        for event in events
        if isinstance(event.data, OrderData) and event.data.order.status in ways
    ]
    if whole or done:
        for unit in [one for one in units if one.shipped is None]:
            unit.shipped = min([*done, *(at for at, _ in whole)])
            unit.warehouse = (min(whole)[1] if whole else None) or waiting


def _count(units: list[Unit], told: dict[str | None, Told], now: int) -> Count:
    newest = max((one.at for one in told.values()), default=None)

    def moment(unit: Unit) -> int:
        found = told[unit.warehouse].at if unit.warehouse in told else newest
        assert found is not None, "asked only where a warehouse has told"
        return found

    open_paid = [unit for unit in units if unit.is_open and unit.paid is not None]
    count = Count(
        shippable=_shippable(units, told, moment) if newest is not None else None,
        paid=len(open_paid),
        held=sum(unit.is_open for unit in units),
        sold=sum(unit.paid is not None and now - HOUR < unit.paid for unit in units),
        excess=_excess(units, told, moment, newest),
    )
    if count.shippable is not None:
        _name(count, open_paid)
    return count


def _name(count: Count, open_paid: list[Unit]) -> None:
    """Who pays first is served first; who is not served whole goes without."""
    rest = max(0, count.shippable or 0)
    by_order: dict[tuple[int, int, int], int] = {}
    for unit in open_paid:
        by_order[unit.order] = by_order.get(unit.order, 0) + 1
    reached = 0
    for order in sorted(by_order):
        reached += by_order[order]
        if reached > rest:
            count.losers.insert(0, order[2])


def _both(one: Told) -> tuple[int | None, int | None]:
    """Units that lie there and units that are free, each from the others where it is not told."""
    hand, free = one.on_hand, one.available
    if hand is None and one.locked is not None and free is not None:
        hand = free + one.locked
    if free is None and one.locked is not None and hand is not None:
        free = hand - one.locked
    return hand, free


def _shippable(units: list[Unit], told: dict[str | None, Told], moment: Moment) -> int | None:
    stocked = {
        name: _both(one)
        for name, one in told.items()
        if one.available is not None or one.on_hand is not None
    }
    if not stocked:
        return None
    by_hand = {name for name, (hand, _) in stocked.items() if hand is not None}
    not_free = {name for name, (_, free) in stocked.items() if free is None}
    bounds = []
    for lying in (by_hand, not_free):
        bound = sum(
            (hand if name in lying else free) or 0 for name, (hand, free) in stocked.items()
        )
        if lying != set(stocked):
            bound += sum(
                unit.warehouse not in lying and unit.locked_at(moment(unit)) for unit in units
            )
        bounds.append(bound)
    left = sum(unit.shipped is not None and unit.shipped >= moment(unit) for unit in units)
    back = sum(unit.returned is not None and unit.returned >= moment(unit) for unit in units)
    return min(bounds) - left + back


def _excess(
    units: list[Unit], told: dict[str | None, Told], moment: Moment, newest: int | None
) -> tuple[int, int] | None:
    """At least and at most: a unit of an unknown warehouse may be in any snapshot of the day."""
    locked: dict[str | None, int] = {}
    for name, one in told.items():
        hand, free = one.on_hand, one.available
        if one.locked is not None:
            locked[name] = one.locked
        elif hand is not None and free is not None:
            locked[name] = hand - free
    if not locked or newest is None:
        return None
    silent = set(told) - set(locked)
    oldest = max(newest - 24 * HOUR, min(one.at for one in told.values()))
    least = most = 0
    for unit in units:
        if unit.warehouse is None and None not in told:
            # Ended before the first of them, or begun after the last, it is in none.
            began, ended = unit.placed, None if unit.is_open else _ended(unit)
            least += began < newest and (ended is None or ended >= oldest)
            most += began < oldest and ended is None
        elif unit.warehouse not in silent and unit.locked_at(moment(unit)):
            least, most = least + 1, most + 1
    beyond = sum(locked.values())
    return beyond - least, beyond - most


def _ended(unit: Unit) -> int:
    return max(unit.placed, min(at for at in (unit.freed, unit.shipped) if at is not None))
