"""The table of results: for each day, planned sale or shop, and before against after.

Reading is done in pieces: a generator that yields between them, so that a loop that serves others
is never kept for long.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from functools import reduce
from itertools import chain
from zoneinfo import ZoneInfo

from msgspec import Struct

from orderguard.domain.library import HOLD
from orderguard.domain.orders import OrderKey
from orderguard.flows.ledger import Ledger
from orderguard.flows.planned_sales import sales
from orderguard.flows.results import Attack, Results
from orderguard.flows.tables import Tables
from orderguard.kit.clock import MS_PER_DAY, from_ms, to_ms
from orderguard.orders.goals import Compared, Seen, compare
from orderguard.orders.pulse import SLOT_MS
from orderguard.orders.results import Cell, Counted, Figures, figures_of, post
from orderguard.responses.locks import wrong_unit_ms

BEFORE_DAYS_MAX = 92
"""Days of only watching that say how things were before."""

Pieces = Generator[None, None, "Report"]


class By(StrEnum):
    DAY = "day"
    SALE = "sale"
    SHOP = "shop"


class Asked(Struct, frozen=True, kw_only=True):
    """Orders placed from `since_ms` to before `until_ms`; of one shop (`channel/shop`), or all."""

    since_ms: int
    until_ms: int
    by: By = By.DAY
    shop: str | None = None


class SeenAttack(Struct, frozen=True, kw_only=True):
    """A script attack as it stands now. `alert_id` is its first alert.

    `accepted` are its orders that were in when the challenge stood.
    """

    alert_id: str
    channel: str
    shop: str
    at: int
    orders: int
    held: int
    accepted: int | None
    is_shadow: bool


class Settled(Struct, frozen=True):
    """Days with money: how many orders differ from what was settled, how many days are signed."""

    days: int = 0
    differing: int = 0
    signed_days: int = 0


class Row(Struct, frozen=True, kw_only=True):
    """The results under one name: a day (2026-11-11), a sale, or `channel/shop`."""

    name: str
    since_ms: int
    until_ms: int
    shops: tuple[str, ...]
    figures: Figures
    attacks: tuple[SeenAttack, ...]
    settled: Settled

    @property
    def seen(self) -> Seen:
        accepted = [one.accepted for one in self.attacks if one.accepted is not None]
        return Seen(
            figures=self.figures,
            attack_orders=sum(one.orders for one in self.attacks),
            attack_held=sum(one.held for one in self.attacks),
            accepted=max(accepted, default=None),
        )


class Report(Struct, frozen=True, kw_only=True):
    """`live_since`: when the installation began to act (ms), None while it only ever watched.

    `measured_before` is from days of only watching.
    """

    as_of_ms: int
    asked: Asked
    rows: tuple[Row, ...]
    total: Row
    live_since: int | None
    measured_before: Row | None
    compared: tuple[Compared, ...]


class _Window(Struct, frozen=True):
    """A stretch of time of one shop that is counted under a name."""

    name: str
    shop: str
    since_ms: int
    until_ms: int

    def has(self, slot: int) -> bool:
        return slot * SLOT_MS < self.until_ms and (slot + 1) * SLOT_MS > self.since_ms

    def meets(self, asked: Asked) -> bool:
        return self.since_ms < asked.until_ms and self.until_ms > asked.since_ms

    @property
    def days(self) -> range:
        """In UTC."""
        return range(self.since_ms // MS_PER_DAY, (self.until_ms - 1) // MS_PER_DAY + 1)


class _Found(Struct, frozen=True):
    """One attack, of one alert or of several."""

    first: Attack
    orders: frozenset[OrderKey]
    held: frozenset[OrderKey]
    accepted: tuple[int, ...]

    def joined(self, other: "_Found") -> "_Found":
        return _Found(
            min(self.first, other.first, key=lambda one: (one.at, one.alert_id)),
            self.orders | other.orders,
            self.held | other.held,
            (*self.accepted, *other.accepted),
        )

    def seen(self) -> SeenAttack:
        return SeenAttack(
            alert_id=self.first.alert_id,
            channel=self.first.channel,
            shop=self.first.shop,
            at=self.first.at,
            orders=len(self.orders),
            held=len(self.held),
            accepted=min(self.accepted, default=None),
            is_shadow=self.first.is_shadow,
        )


class Reader:
    """Makes reports of what is counted; it changes nothing."""

    def __init__(self, tables: Tables, results: Results, given: Mapping[str, float]) -> None:
        self._tables, self._results, self._given = tables, results, given
        self._ledger = Ledger(tables)

    def report(self, asked: Asked) -> Pieces:
        """The report, made in pieces."""
        shops = sorted(self._results.shops)
        if asked.shop is not None:
            shops = [shop for shop in shops if shop == asked.shop]
        live_since = next((at for at, live in self._results.modes if live), None)
        running = self._running()
        whole = [_Window("", shop, asked.since_ms, asked.until_ms) for shop in shops]
        named = list(self._named(asked, shops))
        rows = yield from self._rows(named, running)
        (total,) = yield from self._rows(whole, running, always=True)
        measured = after = None
        if live_since is None:
            after = total
        else:
            start = live_since - BEFORE_DAYS_MAX * MS_PER_DAY
            past = [_Window("", shop, start, live_since) for shop in shops]
            (measured,) = yield from self._rows(past, running, always=True)
            measured = measured if measured.figures.orders else None
            if asked.until_ms > live_since:
                since = max(asked.since_ms, live_since)
                later = [_Window("", shop, since, asked.until_ms) for shop in shops]
                (after,) = yield from self._rows(later, running, always=True)
        return Report(
            as_of_ms=self._tables.progress.clock_ms,
            asked=asked,
            rows=tuple(rows),
            total=total,
            live_since=live_since,
            measured_before=measured,
            compared=compare(
                None if after is None else after.seen,
                None if measured is None else measured.seen,
                self._given,
            ),
        )

    def _named(self, asked: Asked, shops: list[str]) -> Iterator[_Window]:
        match asked.by:
            case By.SHOP:
                for shop in shops:
                    yield _Window(shop, shop, asked.since_ms, asked.until_ms)
            case By.SALE:
                for sale in sales(self._tables):
                    shop = f"{sale.channel}/{sale.shop}"
                    window = _Window(sale.campaign_id, shop, sale.starts_ms, sale.ends_ms)
                    if asked.shop in (None, shop) and window.meets(asked):
                        yield window
            case By.DAY:
                for shop in shops:
                    yield from self._days_of(shop, asked)

    def _days_of(self, shop: str, asked: Asked) -> Iterator[_Window]:
        zone = self._zone(shop)
        first = from_ms(asked.since_ms).astimezone(zone).date()
        last = from_ms(asked.until_ms - 1).astimezone(zone).date()
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            since, until = day_bounds(day, zone)
            since, until = max(since, asked.since_ms), min(until, asked.until_ms)
            yield _Window(day.isoformat(), shop, since, until)

    def _rows(
        self,
        windows: list[_Window],
        running: Mapping[tuple[str, int], int],
        *,
        always: bool = False,
    ) -> Generator[None, None, list[Row]]:
        """A row for each name that has anything; with `always` one of nothing in any case."""
        cells: dict[str, Cell] = {window.name: {} for window in windows}
        if always and not windows:
            cells[""] = {}
        for window in windows:
            yield from self._sum(window, cells[window.name])
            for (shop, slot), unit_ms in running.items():
                if shop == window.shop and window.has(slot):
                    post(cells[window.name], {Counted.WRONG_LOCK_MS.value: unit_ms})
        money = self._money()
        rows = []
        for name, cell in sorted(cells.items()):
            own = [window for window in windows if window.name == name]
            rows.append(self._row(name, own, cell, money))
        return rows

    def _sum(self, window: _Window, total: Cell) -> Generator[None, None, None]:
        """Add up the slots of a window."""
        span, days = self._results.shops.get(window.shop), window.days
        if span is not None:
            days = range(max(days.start, span.first), min(days.stop, span.last + 1))
        for day in days:
            for slot, cell in self._results.slots(window.shop, day):
                if window.has(slot):
                    post(total, cell)
            yield

    def _row(
        self,
        name: str,
        windows: list[_Window],
        cell: Cell,
        money: Mapping[tuple[str, str], Settled],
    ) -> Row:
        settled = [money[place] for place in self._days_in(windows) if place in money]
        return Row(
            name=name,
            since_ms=min((window.since_ms for window in windows), default=0),
            until_ms=max((window.until_ms for window in windows), default=0),
            shops=tuple(sorted({window.shop for window in windows})),
            figures=figures_of(cell),
            attacks=tuple(self._attacks(windows)),
            settled=Settled(
                days=len(settled),
                differing=sum(one.differing for one in settled),
                signed_days=sum(one.signed_days for one in settled),
            ),
        )

    def _attacks(self, windows: list[_Window]) -> Iterator[SeenAttack]:
        """Alerts that have orders in common are of one attack."""
        found: list[_Found] = []
        for attack in self._results.attacks:
            shop, slot = f"{attack.channel}/{attack.shop}", attack.at // SLOT_MS
            if any(window.shop == shop and window.has(slot) for window in windows):
                one = self._found(attack)
                same = [other for other in found if not other.orders.isdisjoint(one.orders)]
                found = [other for other in found if other not in same]
                found.append(reduce(_Found.joined, same, one))
        for one in sorted(found, key=lambda one: (one.first.at, one.first.alert_id)):
            yield one.seen()

    def _found(self, attack: Attack) -> "_Found":
        alert = self._tables.alerts.get(attack.alert_id)
        run = self._tables.runs.get(attack.alert_id)
        holds = [step for step in run.steps if step.action == HOLD] if run is not None else []
        held = (step.orders[part.first : part.end] for step in holds for part in step.portions)
        orders = frozenset(() if alert is None else alert.orders)
        accepted = () if attack.accepted is None else (attack.accepted,)
        return _Found(attack, orders, frozenset(chain.from_iterable(held)) & orders, accepted)

    def _running(self) -> dict[tuple[str, int], int]:
        """The time of wrong locks that still stand, by shop and slot."""
        found: dict[tuple[str, int], int] = {}
        now_ms = self._tables.progress.clock_ms
        for lock in self._ledger.standing():
            unit_ms = 0 if lock.is_shadow else wrong_unit_ms(lock, now_ms)
            if unit_ms:
                place = (f"{lock.order.channel}/{lock.order.shop}", lock.locked_at // SLOT_MS)
                found[place] = found.get(place, 0) + unit_ms
        return found

    def _money(self) -> dict[tuple[str, str], Settled]:
        """How each day's money stands, by shop and day."""
        differing: dict[tuple[str, str], int] = {}
        for name, totals in self._tables.money.days.items():
            shop, day, _ = name.rsplit("/", 2)
            orders = sum(share.orders for share in totals.faulty.values())
            differing[shop, day] = differing.get((shop, day), 0) + orders
        signed = self._tables.money.signed
        return {
            (shop, day): Settled(1, orders, int(bool(signed.get(f"{shop}/{day}"))))
            for (shop, day), orders in differing.items()
        }

    def _days_in(self, windows: Iterable[_Window]) -> Iterator[tuple[str, str]]:
        """The days, each once, that the windows touch, by shop."""
        found: dict[tuple[str, str], None] = {}
        for window in windows:
            zone = self._zone(window.shop)
            first = from_ms(window.since_ms).astimezone(zone).date().toordinal()
            last = from_ms(window.until_ms - 1).astimezone(zone).date().toordinal()
            for ordinal in range(first, last + 1):
                found[window.shop, date.fromordinal(ordinal).isoformat()] = None
        return iter(found)

    def _zone(self, shop: str) -> ZoneInfo:
        return ZoneInfo(self._tables.money.shop(shop).zone)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """A day's beginning and end in a zone, ms."""
    start = to_ms(datetime.combine(day, time(), zone))
    return start, to_ms(datetime.combine(date.fromordinal(day.toordinal() + 1), time(), zone))


def at_once(pieces: Pieces) -> Report:
    """The report, where nobody waits meanwhile."""
    while True:
        try:
            next(pieces)
        except StopIteration as made:
            report: Report = made.value
            return report
