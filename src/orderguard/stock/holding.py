"""What one order holds: its lines, who shipped or ended it, and from these its claims.

A holding is made of words that may be repeated and come in any order: of each it keeps the newest
or the first by its own instant, so that it depends on what was said and not on when it was heard.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.orders import Line, OrderKey
from orderguard.stock.claim import Claim, Part

PARCELS_MAX = 100
"""Parcels and refunds kept of one order; a broken source that tells of more is not followed."""

Units = tuple[tuple[str, int], ...]
"""(sku, units) of each SKU that something is made of."""


class HeldLine(Struct, frozen=True, array_like=True):
    """One line as the channel names it: by the merchant's SKU, its own, or both."""

    channel_sku: str | None
    sku: str | None
    quantity: int


class Parcel(Struct, frozen=True, array_like=True):
    """One shipment: where from, when it left (None: not yet), what is in it (None: all).

    `warehouse_at` and `lines_at` are the instants of the words that said so; the contents of a
    parcel that left stand above those of one that was asked for.
    """

    warehouse: str | None = None
    warehouse_at: int = -1
    shipped_at: int | None = None
    lines: tuple[HeldLine, ...] | None = None
    lines_at: tuple[bool, int] = (False, -1)


class Repaid(Struct, frozen=True, array_like=True):
    """One refund that succeeded first at `at`, as told last at `told_at`.

    Neither an amount nor lines: all of it.
    """

    at: int
    told_at: int
    amount: Decimal | None = None
    currency: str | None = None
    lines: tuple[HeldLine, ...] | None = None


class Holding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order.

    `lines_ms` is the modification time of the document that named the lines, `lines_at` when it
    occurred. `shipped_at` and `done_at` are the channel's own words for the order as a whole.
    `claimed` are the SKUs of which it has claims, `forget_at` is when it may be forgotten.
    """

    key: OrderKey
    number: int
    placed_at: int
    paid_at: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    lines: tuple[HeldLine, ...] = ()
    lines_ms: int = -1
    lines_at: int = -1
    shipped_at: int | None = None
    done_at: int | None = None
    ended_at: int | None = None
    returned_at: int | None = None
    parcels: dict[str, Parcel] = {}
    refunds: dict[str, Repaid] = {}
    claimed: tuple[str, ...] = ()
    forget_at: int = -1

    @property
    def channel_skus(self) -> list[str]:
        """What the channel calls its lines where it does not name the merchant's SKU."""
        named = [line.channel_sku for line in self.lines if line.sku is None and line.channel_sku]
        return list(dict.fromkeys(named))


Resolve = Callable[[HeldLine, int], Units]
"""Which SKUs a line means, each with its units for one of the line, at an instant."""


def held_lines(lines: Iterable[Line]) -> tuple[HeldLine, ...]:
    return tuple(
        HeldLine(line.channel_sku, line.sku, 1 if line.quantity is None else line.quantity)
        for line in lines
    )


def with_lines(
    holding: Holding, lines: tuple[HeldLine, ...], modified_ms: int, occurred_ms: int
) -> Holding:
    """The newest document that names lines has the word; of two at once the later heard."""
    if not lines or modified_ms < holding.lines_ms:
        return holding
    return replace(holding, lines=lines, lines_ms=modified_ms, lines_at=occurred_ms)


def with_parcel(holding: Holding, parcel_id: str, told: Parcel) -> Holding:
    """What is told of a parcel in several words: its first departure, its newest warehouse."""
    former = holding.parcels.get(parcel_id)
    if former is None:
        if len(holding.parcels) >= PARCELS_MAX:
            return holding
        former = Parcel()
    is_newer = told.warehouse is not None and told.warehouse_at >= former.warehouse_at
    is_fuller = told.lines is not None and told.lines_at >= former.lines_at
    merged = Parcel(
        told.warehouse if is_newer else former.warehouse,
        told.warehouse_at if is_newer else former.warehouse_at,
        first(former.shipped_at, told.shipped_at),
        told.lines if is_fuller else former.lines,
        told.lines_at if is_fuller else former.lines_at,
    )
    if merged == former and parcel_id in holding.parcels:
        return holding
    return replace(holding, parcels={**holding.parcels, parcel_id: merged})


def with_refund(holding: Holding, refund_id: str, told: Repaid) -> Holding:
    """The last word on a refund counts, from the first instant at which it had succeeded."""
    former = holding.refunds.get(refund_id)
    if former is None and len(holding.refunds) >= PARCELS_MAX:
        return holding
    if former is not None:
        newest = told if told.told_at >= former.told_at else former
        told = replace(newest, at=min(former.at, told.at))
    return replace(holding, refunds={**holding.refunds, refund_id: told})


def first(one: int | None, other: int | None) -> int | None:
    """The earlier instant, where there is one."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def claims(holding: Holding, resolve: Resolve) -> dict[str, Claim]:
    """What the order takes of each SKU."""
    wanted = _units(holding.lines, holding.lines_at, resolve)
    if min(wanted.values(), default=1) <= 0:
        wanted = {sku: units for sku, units in wanted.items() if units > 0}
    if not holding.parcels and not holding.refunds:
        return _whole(holding, wanted)
    inside = _Inside(holding, resolve, wanted)
    shipped, left_at, left_from = inside.shipped()
    freed = inside.refunded()
    ended_at = first(holding.ended_at, _repaid_at(holding))
    warehouse = _warehouse(holding)
    found: dict[str, Claim] = {}
    for sku, units in wanted.items():
        fates = [Fate(count, at, whence) for at, whence, count in shipped.get(sku, ())]
        repaid = [Fate(count, None, warehouse, at) for at, count in freed.get(sku, ())]
        if left_at is not None:
            fates += [fate for fate in repaid if (fate.freed_at or 0) < left_at]
            fates.append(Fate(units, left_at, left_from or warehouse))
        fates += [*repaid, Fate(units, None, warehouse)]
        parts = tuple(_parts(holding, units, fates, ended_at))
        if parts:
            found[sku] = Claim(holding.number, holding.placed_at, holding.paid_at, parts)
    return found


def takes_the_same(former: Holding, holding: Holding) -> bool:
    """Whether it is sure, without reckoning, that an order takes what it took before.

    Most words about a parcel say again where it is from, or that it has left.
    """
    if (
        former.placed_at != holding.placed_at
        or former.paid_at != holding.paid_at
        or former.done_at != holding.done_at
        or former.shipped_at != holding.shipped_at
        or former.ended_at != holding.ended_at
        or former.returned_at != holding.returned_at
        or former.lines_at != holding.lines_at
        or former.lines != holding.lines
        or holding.refunds
        or len(holding.parcels) != 1
        or former.parcels.keys() != holding.parcels.keys()
    ):
        return False
    [before], [parcel] = former.parcels.values(), holding.parcels.values()
    return (
        before.shipped_at == parcel.shipped_at
        and before.warehouse == parcel.warehouse
        and before.lines == parcel.lines
        # What else is in it may mean something else by now.
        and all(line.sku in holding.claimed for line in parcel.lines or ())
    )


def _whole(holding: Holding, wanted: dict[str, int]) -> dict[str, Claim]:
    """The same for an order of which nothing went a way of its own: nearly all of them."""
    at, freed_at = first(holding.done_at, holding.shipped_at), holding.ended_at
    returned_at = holding.returned_at
    if at is not None:
        freed_at = freed_at if freed_at is not None and freed_at < at else None
        returned_at = None if returned_at is None else max(returned_at, at)
    else:
        returned_at = None
    placed_at, number, paid_at = holding.placed_at, holding.number, holding.paid_at
    return {
        sku: Claim(
            number, placed_at, paid_at, (Part(units, placed_at, None, freed_at, at, returned_at),)
        )
        for sku, units in wanted.items()
    }


class Fate(Struct, frozen=True):
    """What becomes of up to so many units."""

    units: int
    shipped_at: int | None
    warehouse: str | None
    freed_at: int | None = None


def _parts(holding: Holding, units: int, fates: list[Fate], ended_at: int | None) -> Iterator[Part]:
    """The units dealt out to their fates, in this order; an order that ended frees all."""
    rest = units
    for fate in fates:
        taken = min(rest, fate.units)
        if taken <= 0:
            continue
        rest -= taken
        at, freed_at, returned_at = fate.shipped_at, first(fate.freed_at, ended_at), None
        if at is not None:
            # What was freed before it shipped was locked no longer than that.
            freed_at = freed_at if freed_at is not None and freed_at < at else None
            if holding.returned_at is not None:
                returned_at = max(holding.returned_at, at)
        yield Part(taken, holding.placed_at, fate.warehouse, freed_at, at, returned_at)


def _units(lines: Iterable[HeldLine], at: int, resolve: Resolve) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        for sku, count in resolve(line, at):
            units[sku] = units.get(sku, 0) + count * line.quantity
    return units


class _Inside:
    """What is in an order's parcels and refunds, of the SKUs that it wants.

    A parcel names what is in it by the merchant's SKU or as the channel does. One that names
    nothing of what was ordered is taken for all of it: that the wrong goods were sent, or are
    called otherwise there, does not leave the order to be shipped.
    """

    def __init__(self, holding: Holding, resolve: Resolve, wanted: dict[str, int]) -> None:
        self._holding, self._resolve, self._wanted = holding, resolve, wanted

    def shipped(
        self,
    ) -> tuple[dict[str, list[tuple[int, str | None, int]]], int | None, str | None]:
        """(instant, warehouse, units) of the parcels of which is known what is in them, by SKU.

        With when, and from where, all else left. Where contents are known, the channel's word that
        the order shipped may mean the first parcel alone.
        """
        found: dict[str, list[tuple[int, str | None, int]]] = {}
        whole = list[tuple[int, str]]()
        for parcel in self._holding.parcels.values():
            if parcel.shipped_at is None:
                continue
            units = self._units(parcel.lines)
            if not units:
                whole.append((parcel.shipped_at, parcel.warehouse or ""))
            for sku, count in units.items():
                entry = (parcel.shipped_at, parcel.warehouse, count)
                found.setdefault(sku, []).append(entry)
        for entries in found.values():
            entries.sort(key=lambda entry: (entry[0], entry[1] or "", entry[2]))
        left_at = self._holding.done_at
        if not found:
            left_at = first(left_at, self._holding.shipped_at)
        if not whole:
            return found, left_at, None
        shipped_at, warehouse = min(whole)
        return found, first(left_at, shipped_at), warehouse or None

    def refunded(self) -> dict[str, list[tuple[int, int]]]:
        """(instant, units) of each refund that names its lines, by SKU."""
        found: dict[str, list[tuple[int, int]]] = {}
        for refund in self._holding.refunds.values():
            for sku, units in self._units(refund.lines).items():
                found.setdefault(sku, []).append((refund.at, units))
        for entries in found.values():
            entries.sort()
        return found

    def _units(self, lines: tuple[HeldLine, ...] | None) -> dict[str, int]:
        units: dict[str, int] = {}
        for line in lines or ():
            made_of = ((line.sku, 1),) if line.sku in self._wanted else self._meant(line)
            for sku, count in made_of:
                if sku is not None and sku in self._wanted:
                    units[sku] = units.get(sku, 0) + count * line.quantity
        return units

    def _meant(self, line: HeldLine) -> Units:
        return self._resolve(HeldLine(line.sku, None, line.quantity), self._holding.lines_at)


def _warehouse(holding: Holding) -> str | None:
    """Where what has not left lies: at the warehouse that was named last."""
    named = [
        (parcel.warehouse_at, parcel.warehouse)
        for parcel in holding.parcels.values()
        if parcel.warehouse is not None
    ]
    return max(named)[1] if named else None


def _repaid_at(holding: Holding) -> int | None:
    """When all of it had been paid back."""
    total = Decimal(0)
    for refund in sorted(holding.refunds.values(), key=lambda one: one.at):
        if refund.amount is None:
            if refund.lines is None:
                return refund.at
        elif holding.currency in (None, refund.currency) or refund.currency is None:
            total += refund.amount
            if holding.amount is not None and 0 < holding.amount <= total:
                return refund.at
    return None
