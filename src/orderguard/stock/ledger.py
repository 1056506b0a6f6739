"""The ledger of one SKU: what its warehouses said last, and what orders have moved since.

How a snapshot and unshipped orders combine is told in docs/decisions/0015-stock-ledger.md.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR
from orderguard.stock.claim import Claim, Part
from orderguard.stock.place import Place
from orderguard.stock.placeless import Placeless
from orderguard.stock.running import BEFORE_ALL, Amounts, Running, alter

_Entry = TypeVar("_Entry", tuple[int, int, int], tuple[int, int, int, int])

SOLD_WITHIN_MS = MS_PER_HOUR
"""Over how long the rate of sales is taken."""
APART_MS_MAX = MS_PER_DAY
"""Snapshots of several warehouses that lie further apart say nothing of one another."""


class Snapshot(Struct, frozen=True, array_like=True):
    """What a warehouse said at `at`; None where it did not. It holds what occurred before `at`.

    Of orders no longer kept: `settled` are the units that left since (negative) or came back,
    `settled_locked` those that were locked at `at`.
    """

    at: int
    available: int | None = None
    on_hand: int | None = None
    locked: int | None = None
    settled: int = 0
    settled_locked: int = 0

    @property
    def tells_stock(self) -> bool:
        return self.available is not None or self.on_hand is not None

    @property
    def physical(self) -> int | None:
        """Units that lie there."""
        if self.on_hand is not None or self.available is None or self.locked is None:
            return self.on_hand
        return self.available + self.locked

    @property
    def free(self) -> int | None:
        """Units that a new order may take."""
        if self.available is not None or self.on_hand is None or self.locked is None:
            return self.available
        return self.on_hand - self.locked

    @property
    def told_locked(self) -> int | None:
        if self.locked is not None or self.on_hand is None or self.available is None:
            return self.locked
        return self.on_hand - self.available


class Level(Struct, frozen=True, kw_only=True):
    """How one SKU stands now, over all warehouses, in units.

    `shippable` is what can ship, `paid` what was paid and has not shipped, `held` that and what
    unpaid orders hold; `available` what a new order may take. None: no warehouse has told.
    `sold` are the units paid for within the last hour.
    """

    shippable: int | None
    paid: int
    held: int
    sold: int

    @property
    def available(self) -> int | None:
        return None if self.shippable is None else self.shippable - self.held

    @property
    def short(self) -> int:
        """Paid units that cannot ship."""
        if self.shippable is None:
            return 0
        return max(0, self.paid - max(0, self.shippable))

    @property
    def zero_in_ms(self) -> int | None:
        """How long what is available lasts at the rate of the last hour; None: it does not sell."""
        if self.available is None or self.sold <= 0:
            return None
        return max(0, self.available) * SOLD_WITHIN_MS // self.sold


class Ledger:
    """Kept up to date by differences: no change looks at all orders."""

    def __init__(self) -> None:
        self.snapshots: dict[str | None, Snapshot] = {}
        self.claims: dict[int, Claim] = {}
        self._places: dict[str | None, Place] = {}
        self._placeless = Placeless(BEFORE_ALL, BEFORE_ALL)
        self._newest = BEFORE_ALL
        self._sales = Running()
        self._paid = self._held = 0
        self._waiting: list[tuple[int, int, int, int]] = []
        """Paid and not shipped, by payment: (paid_at, placed_at, number, units)."""
        self._freed: list[tuple[int, int, int]] = []
        """Locks that ended without shipping: (freed_at, number, units)."""

    @property
    def is_empty(self) -> bool:
        return not self.claims and not self.snapshots

    @property
    def newest_at(self) -> int:
        """When a warehouse told last."""
        return self._newest

    def put(self, claim: Claim) -> None:
        """A claim that is new, or stands in place of the order's former one."""
        former = self.claims.get(claim.number)
        self.claims[claim.number] = claim
        # Most words about an order move none of its units.
        is_moved = former is None or former.parts != claim.parts
        if former is not None:
            self._count(former, -1, is_moved=is_moved)
        self._count(claim, 1, is_moved=is_moved)

    def drop(self, number: int) -> None:
        """As if the order had never wanted any."""
        former = self.claims.pop(number, None)
        if former is not None:
            self._count(former, -1)

    def settle(self, number: int) -> dict[str | None, Snapshot]:
        """Forget a claim and keep what it did to the stock: the snapshots that tell of it now."""
        changed: dict[str | None, Snapshot] = {}
        for part in self.claims[number].parts:
            name = self._snapshot_of(part.warehouse)
            snapshot = self.snapshots.get(name)
            if snapshot is None:
                continue
            after = replace(
                snapshot,
                settled=snapshot.settled + _moved_since(part, snapshot.at),
                settled_locked=snapshot.settled_locked + _locked_at(part, snapshot.at),
            )
            if after != snapshot:
                self.snapshots[name] = changed[name] = after
        self.drop(number)
        return changed

    def take(self, warehouse: str | None, snapshot: Snapshot) -> bool:
        """Whether it is the newest of its warehouse, and so stands; of two at once the later.

        The same once more changes nothing.
        """
        former = self.snapshots.get(warehouse)
        if former is not None and snapshot.at < former.at:
            return False
        if former is not None and replace(former, settled=0, settled_locked=0) == snapshot:
            return False
        self.snapshots[warehouse] = snapshot
        self._newest = max(self._newest, snapshot.at)
        place = self._places.get(warehouse)
        is_older = place is not None and place.cut > snapshot.at
        if is_older or self._oldest < self._placeless.oldest:
            self._rebuild()
            return True
        self._placeless.advance(self._oldest, self._newest)
        for name, one in self._places.items():
            one.advance(self._cut(name))
        return True

    def restore(self, warehouse: str | None, snapshot: Snapshot) -> None:
        """Put a snapshot in its place before any claim."""
        self.snapshots[warehouse] = snapshot
        self._newest = max(self._newest, snapshot.at)
        self._placeless = Placeless(self._oldest, self._newest)

    def level(self, now_ms: int) -> Level:
        self._sales.advance(now_ms - SOLD_WITHIN_MS + 1)
        return Level(
            shippable=self._shippable(),
            paid=self._paid,
            held=self._held,
            sold=self._sales.since,
        )

    def short(self, now_ms: int) -> int:
        """The same level's units that are short, for less."""
        self._sales.advance(now_ms - SOLD_WITHIN_MS + 1)
        shippable = self._shippable() if self._paid else None
        return 0 if shippable is None else max(0, self._paid - max(0, shippable))

    def unfulfilled(self, short: int) -> Iterator[int]:
        """The numbers of the orders that must go without, latest paid first."""
        rest = short
        for _, _, number, units in reversed(self._waiting):
            if rest <= 0:
                return
            yield number
            rest -= units

    def excess(self) -> tuple[int, int] | None:
        """Units locked, as the warehouses say, beyond what orders explain; None: none says.

        At least and at most: which snapshot has to hold a lock of an unknown warehouse is not sure.
        """
        beyond, silent = 0, set[str | None]()
        for name, one in self.snapshots.items():
            units = one.told_locked
            if units is None:
                silent.add(name)
            else:
                beyond += units - one.settled_locked
        if len(silent) == len(self.snapshots):
            return None
        is_placed = None in self.snapshots
        for name, place in self._places.items():
            if name not in silent and (is_placed or name is not None):
                beyond -= place.locked.before
        if is_placed:
            return beyond, beyond
        return beyond - self._placeless.most, beyond - self._placeless.least

    def freed(self, after: int, before: int) -> Iterator[tuple[int, int, int]]:
        """Locks that ended unshipped in [after, before), latest first: (instant, number, units)."""
        first, end = bisect_left(self._freed, (after,)), bisect_left(self._freed, (before,))
        yield from reversed(self._freed[first:end])

    @property
    def told_locked(self) -> int:
        """Units locked, as those warehouses say that tell of it."""
        return sum(one.told_locked or 0 for one in self.snapshots.values())

    def warehouses(self) -> Iterator[tuple[str | None, Snapshot | None, int, int]]:
        """(warehouse, what it said last, units orders hold there, units moved since) of each."""
        for name in sorted({*self.snapshots, *self._places}, key=lambda one: (one or "",)):
            place, snapshot = self._places.get(name), self.snapshots.get(name)
            held = 0 if place is None else place.locked.before + place.locked.since
            moved = 0 if place is None else place.moved.since
            yield name, snapshot, held, moved + (0 if snapshot is None else snapshot.settled)

    def _snapshot_of(self, warehouse: str | None) -> str | None:
        """Whose snapshot it is that holds, or does not hold yet, what is moved at a warehouse."""
        if warehouse in self.snapshots or not self.snapshots:
            return warehouse
        return max(self.snapshots, key=lambda name: (self.snapshots[name].at, name or ""))

    @property
    def _oldest(self) -> int:
        """The oldest snapshot that still says something of now."""
        oldest = min((one.at for one in self.snapshots.values()), default=BEFORE_ALL)
        return max(oldest, self._newest - APART_MS_MAX)

    def _cut(self, warehouse: str | None) -> int:
        """Where the warehouse is unknown, or told nothing, the newest snapshot of all counts."""
        snapshot = self.snapshots.get(warehouse)
        return self._newest if snapshot is None else snapshot.at

    def _rebuild(self) -> None:
        """A warehouse's first snapshot is older than the one that counted for it until now."""
        claims = list(self.claims.values())
        self._places = {}
        self._placeless = Placeless(self._oldest, self._newest)
        self._sales = Running(self._sales.cut)
        self._paid = self._held = 0
        self._waiting, self._freed = [], []
        self.fill(claims)

    def fill(self, claims: Iterable[Claim]) -> None:
        """Put many claims at once where none has been counted; as `put` of each, for far less."""
        sales, waiting, freed = Amounts(), self._waiting, self._freed
        parts = defaultdict[str | None, list[Part]](list)
        for claim in claims:
            number, paid_at, units, held = claim.number, claim.paid_at, 0, 0
            self.claims[number] = claim
            for part in claim.parts:
                parts[part.warehouse].append(part)
                units += part.units
                if part.is_open:
                    held += part.units
                elif part.shipped_at is None and part.freed_at is not None:
                    freed.append((part.freed_at, number, part.units))
            self._held += held
            if paid_at is not None:
                sales.append((paid_at, units))
                if held:
                    self._paid += held
                    waiting.append((paid_at, claim.placed_at, number, held))
        waiting.sort()
        freed.sort()
        self._sales.fill(sales)
        for warehouse, found in parts.items():
            place = self._places[warehouse] = Place(self._cut(warehouse))
            place.fill(found)
        self._placeless.fill(parts.get(None, []))

    def _count(self, claim: Claim, sign: int, *, is_moved: bool = True) -> None:
        held = claim.open_units
        self._held += sign * held
        if claim.paid_at is not None:
            alter(self._sales, claim.paid_at, claim.units, sign)
            if held:
                self._paid += sign * held
                entry = (claim.paid_at, claim.placed_at, claim.number, held)
                _change(self._waiting, entry, sign)
        for part in claim.parts if is_moved else ():
            self._count_part(claim.number, part, sign)

    def _count_part(self, number: int, part: Part, sign: int) -> None:
        place = self._places.get(part.warehouse)
        if place is None:
            place = self._places[part.warehouse] = Place(self._cut(part.warehouse))
        if part.warehouse is None:
            self._placeless.count(part, sign)
        alter(place.locked, part.locked_at, part.units, sign)
        if (unlocked_at := part.unlocked_at) is not None:
            alter(place.locked, unlocked_at, -part.units, sign)
        if part.shipped_at is not None:
            alter(place.moved, part.shipped_at, -part.units, sign)
            if part.returned_at is not None:
                alter(place.moved, part.returned_at, part.units, sign)
        elif part.freed_at is not None:
            _change(self._freed, (part.freed_at, number, part.units), sign)

    def _shippable(self) -> int | None:
        """The least of what lies there, and of what may be taken with what orders hold already."""
        told, moved = list[tuple[str | None, Snapshot, int | None, int | None]](), 0
        for name, one in self.snapshots.items():
            if one.available is not None or one.on_hand is not None:
                told.append((name, one, one.physical, one.free))
                moved += one.settled
        if not told:
            return None
        for place in self._places.values():
            moved += place.moved.since
        lying = self._bound(told, is_lying=True)
        return min(lying, self._bound(told, is_lying=False)) + moved

    def _bound(
        self, told: list[tuple[str | None, Snapshot, int | None, int | None]], *, is_lying: bool
    ) -> int:
        """Units in all, by (warehouse, snapshot, units that lie there, units that are free).

        What lies there goes first, or else what is free. Where the free are taken, those come on
        top that orders held when they were told; orders of an unknown warehouse with them.
        """
        units, lying = 0, list[str | None]()
        for name, snapshot, physical, free in told:
            if physical is not None and (is_lying or free is None):
                lying.append(name)
                units += physical
            else:
                units += (free or 0) + snapshot.settled_locked
        if len(lying) < len(told):
            for name, place in self._places.items():
                if name not in lying:
                    units += place.locked.before
        return units


def _moved_since(part: Part, cut: int) -> int:
    moved = 0
    if part.shipped_at is not None and part.shipped_at >= cut:
        moved -= part.units
    if part.shipped_at is not None and part.returned_at is not None and part.returned_at >= cut:
        moved += part.units
    return moved


def _locked_at(part: Part, cut: int) -> int:
    is_locked = part.locked_at < cut and (part.unlocked_at is None or part.unlocked_at >= cut)
    return part.units if is_locked else 0


def _change(ordered: list[_Entry], entry: _Entry, sign: int) -> None:
    if sign > 0:
        insort(ordered, entry)
    else:
        del ordered[bisect_left(ordered, entry)]
