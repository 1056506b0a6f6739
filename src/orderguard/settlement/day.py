"""What one day has of the orders' money, by currency, and how old its differences are.

An order's money stands on the day of what moved it: a payment, with what was settled of it, on
the day of the payment; a refund on the day of the refund. So a day adds up however late the
settlement comes, and its difference goes to nothing by itself.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.events import SettlementKind
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.settlement.account import OrderMoney
from orderguard.settlement.faults import money_text
from orderguard.settlement.lines import EXACT, Line

DEFAULT_ZONE = "Asia/Shanghai"

QUARTER_MS = 15 * MS_PER_MINUTE

AWAITED = "awaited"
"""Owed, and still within its grace."""
NOT_EXPECTED = "not_expected"
"""Paid back in full before anything was settled, or in a shop that tells no settlements."""
HARMLESS = frozenset({AWAITED, NOT_EXPECTED})

AGES: tuple[tuple[str, int], ...] = (("0-1", 1), ("2-3", 3), ("4-7", 7), ("8-30", 30))
OLDEST = ">30"

_ZERO = Decimal(0)


class Share(Struct, frozen=True, array_like=True):
    """How much of a difference is of one cause: `amount` is how much is wrong by itself.

    `effect` is what the merchant has too much, below zero too little; the effects of a day's
    causes add up to its difference.
    """

    orders: int = 0
    effect: Decimal = _ZERO
    amount: Decimal = _ZERO


class Totals(Struct, frozen=True, array_like=True):
    """Money of one day in one currency: of one order, or of all that the day has."""

    orders: int = 0
    ordered: Decimal = _ZERO
    paid: Decimal = _ZERO
    refunded: Decimal = _ZERO
    settled: Decimal = _ZERO
    settled_refunds: Decimal = _ZERO
    causes: dict[str, Share] = {}

    @property
    def channel_amount(self) -> Decimal:
        """What the orders come to, less what was paid back of them."""
        return EXACT.subtract(self.ordered, self.refunded)

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.paid, self.refunded)

    @property
    def net_settled(self) -> Decimal:
        return EXACT.subtract(self.settled, self.settled_refunds)

    @property
    def difference(self) -> Decimal:
        """What the merchant has too much by this day, below zero too little."""
        return EXACT.subtract(self.net_settled, self.net)

    @property
    def faulty(self) -> Mapping[str, Share]:
        return {name: share for name, share in self.causes.items() if name not in HARMLESS}


Place = tuple[int, str]
"""A day, as its ordinal, and a currency."""


def day_of(at_ms: int, zone: str) -> int:
    """The ordinal of the day in the zone."""
    return _day_of_quarter(at_ms // QUARTER_MS, zone)


def day_text(day: int) -> str:
    return date.fromordinal(day).isoformat()


def posted(money: OrderMoney, lines: Sequence[Line], now_ms: int, zone: str) -> dict[Place, Totals]:
    """What the order adds to each day, as things stand now."""
    payment = money.payment
    if payment is not None and len(lines) == 1 and payment.order_currency == lines[0].currency:
        return _posted_plain(payment.order_amount, lines[0], now_ms, zone)
    found: dict[Place, Totals] = {}
    if payment is not None and payment.order_amount is not None and payment.order_currency:
        place = (day_of(payment.at, zone), payment.order_currency)
        found[place] = Totals(ordered=payment.order_amount)
    for line in lines:
        if line.currency is not None:
            place = (day_of(line.at, zone), line.currency)
            found[place] = plus(found.get(place, Totals()), _of_line(line, now_ms))
    return {place: _once(totals) for place, totals in sorted(found.items())}


def _posted_plain(
    ordered: Decimal | None, line: Line, now_ms: int, zone: str
) -> dict[Place, Totals]:
    """The same for an order whose money is one payment, as most are."""
    if line.currency is None:
        return {}
    totals = replace(_of_line(line, now_ms), orders=1, ordered=ordered or _ZERO)
    return {(day_of(line.at, zone), line.currency): totals}


def plus(one: Totals, other: Totals) -> Totals:
    return _combined(one, other, EXACT.add, 1)


def minus(one: Totals, other: Totals) -> Totals:
    return _combined(one, other, EXACT.subtract, -1)


def version(by_currency: Mapping[str, Totals]) -> str:
    """The same text for the same money, whatever it came by."""
    parts = []
    for currency, totals in sorted(by_currency.items()):
        money = (totals.ordered, totals.paid, totals.refunded, totals.settled)
        parts += [currency, str(totals.orders), *map(money_text, money)]
        parts.append(money_text(totals.settled_refunds))
        for name, share in sorted(totals.causes.items()):
            parts += [name, str(share.orders), money_text(share.effect), money_text(share.amount)]
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def age(day: int, now_ms: int, zone: str) -> str:
    """In which bucket of days the differences of a day are by now."""
    days = day_of(now_ms, zone) - day
    return next((name for name, last in AGES if days <= last), OLDEST)


def _of_line(line: Line, now_ms: int) -> Totals:
    is_payment = line.kind is SettlementKind.PAYMENT
    causes = {}
    if line.cause is not None:
        causes[_named(line, now_ms)] = Share(1, line.effect, line.amount or _ZERO)
    return Totals(
        paid=line.owed if is_payment else _ZERO,
        refunded=_ZERO if is_payment else line.owed,
        settled=line.got if is_payment else _ZERO,
        settled_refunds=_ZERO if is_payment else line.got,
        causes=causes,
    )


def _named(line: Line, now_ms: int) -> str:
    if line.counts_at is None:
        return NOT_EXPECTED
    assert line.cause is not None, "only a line with a cause is named"
    return line.cause if line.counts_at <= now_ms else AWAITED


def _once(totals: Totals) -> Totals:
    """An order counts once, however many of its lines stand on a day."""
    causes = {name: Share(1, *_amounts(share)) for name, share in totals.causes.items()}
    return replace(totals, orders=1, causes=causes)


def _amounts(share: Share) -> tuple[Decimal, Decimal]:
    return share.effect, share.amount


def _combined(
    one: Totals, other: Totals, join: Callable[[Decimal, Decimal], Decimal], sign: int
) -> Totals:
    causes = one.causes
    if other.causes:
        causes = dict(causes)
        for name, share in other.causes.items():
            known = causes.get(name, Share())
            orders = known.orders + sign * share.orders
            if orders:
                effect = join(known.effect, share.effect)
                causes[name] = Share(orders, effect, join(known.amount, share.amount))
            else:
                causes.pop(name, None)
    return Totals(
        orders=one.orders + sign * other.orders,
        ordered=join(one.ordered, other.ordered),
        paid=join(one.paid, other.paid),
        refunded=join(one.refunded, other.refunded),
        settled=join(one.settled, other.settled),
        settled_refunds=join(one.settled_refunds, other.settled_refunds),
        causes=causes,
    )


@lru_cache(maxsize=4096)
def _day_of_quarter(quarter: int, zone: str) -> int:
    """Every zone is a whole number of quarters of an hour from every other one."""
    return datetime.fromtimestamp(quarter * QUARTER_MS // 1000, _zone(zone)).date().toordinal()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
