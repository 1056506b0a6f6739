"""What people ask of the orders' money: days, how old their differences are, whose they are.

The totals of days are kept as they stand (`flows/settlement.py`); here they are only read.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

from orderguard.domain.orders import OrderKey
from orderguard.flows.money_tables import SignOff
from orderguard.flows.settlement import Reconciler
from orderguard.settlement import (
    AGES,
    EXACT,
    OLDEST,
    Line,
    Totals,
    age,
    day_of,
    day_text,
    faults,
    version,
)

AGE_NAMES = (*(name for name, _ in AGES), OLDEST)


class DayRow(Struct, frozen=True, kw_only=True):
    """A shop's money of one day in one currency. `age` is that of its differences, in days."""

    channel: str
    shop: str
    day: str
    currency: str
    totals: Totals
    age: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        return (self.day, self.channel, self.shop, self.currency)


class Bucket(Struct, frozen=True):
    """Differences of one age in one currency: of how many orders, and how much is wrong."""

    currency: str
    age: str
    orders: int
    amount: Decimal


class WrongOrder(Struct, frozen=True):
    """An order with differences on a day, and the lines of its money that differ there."""

    key: OrderKey
    lines: tuple[Line, ...]


class Reconciliation:
    """Reads the fold's tables as they stand at `now_ms`, the fold's clock."""

    def __init__(self, reconciler: Reconciler, now_ms: int) -> None:
        self._reconciler, self._now_ms = reconciler, now_ms
        self._money = reconciler.money

    def days(self, first: date, last: date, channel: str | None, shop: str | None) -> list[DayRow]:
        """From the first day to the last, both among them, the newest first."""
        rows = [
            row
            for row in self._rows()
            if first.isoformat() <= row.day <= last.isoformat()
            and channel in {None, row.channel}
            and shop in {None, row.shop}
        ]
        return sorted(rows, key=lambda row: row.place, reverse=True)

    def day(self, channel: str, shop: str, day: str) -> dict[str, Totals]:
        """A day by currency; nothing where it had no money."""
        return self._money.day(f"{channel}/{shop}/{day}")

    def version(self, channel: str, shop: str, day: str) -> str:
        return version(self.day(channel, shop, day))

    def age(self, channel: str, shop: str, day: str) -> str:
        return age(date.fromisoformat(day).toordinal(), self._now_ms, self.zone(channel, shop))

    def zone(self, channel: str, shop: str) -> str:
        return self._money.shop(f"{channel}/{shop}").zone

    def sign_offs(self, channel: str, shop: str, day: str) -> tuple[SignOff, ...]:
        """The newest last."""
        return self._money.signed.get(f"{channel}/{shop}/{day}") or ()

    def wrong_orders(
        self, channel: str, shop: str, day: str, *, after: str = "", limit: int
    ) -> list[WrongOrder]:
        """The orders with differences on a day, by their numbers."""
        found: list[WrongOrder] = []
        for order_id in self._money.differing_orders(f"{channel}/{shop}/{day}"):
            if order_id > after and len(found) < limit:
                key = OrderKey(channel, shop, order_id)
                found.append(WrongOrder(key, self._wrong_lines(key, day)))
        return found

    def _wrong_lines(self, key: OrderKey, day: str) -> tuple[Line, ...]:
        zone = self.zone(key.channel, key.shop)
        wrong = faults(self._reconciler.lines(key), self._now_ms)
        return tuple(line for line in wrong if day_text(day_of(line.at, zone)) == day)

    def _rows(self) -> Iterator[DayRow]:
        for name, totals in self._money.days.items():
            channel, shop, day, currency = name.split("/")
            yield DayRow(
                channel=channel,
                shop=shop,
                day=day,
                currency=currency,
                totals=totals,
                age=self.age(channel, shop, day),
            )


def ageing(rows: list[DayRow]) -> list[Bucket]:
    """The differences of these days by currency and age, every age of a currency that has some."""
    sums: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in rows:
        for share in row.totals.faulty.values():
            orders, amount = sums.get((row.currency, row.age), (0, Decimal(0)))
            both = EXACT.add(amount, share.amount)
            sums[(row.currency, row.age)] = (orders + share.orders, both)
    currencies = sorted({currency for currency, _ in sums})
    return [
        Bucket(currency, name, *sums.get((currency, name), (0, Decimal(0))))
        for currency in currencies
        for name in AGE_NAMES
    ]
