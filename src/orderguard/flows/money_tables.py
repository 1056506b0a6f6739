"""The tables of the orders' money: what each order has, and what each day comes to."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from msgspec import Struct

from orderguard.kit.cache import Drawers, Kept, WriteBack
from orderguard.settlement import DEFAULT_ZONE, OrderMoney, Totals, version

V = TypeVar("V")

CACHED_MAX = 40_000
"""Orders whose money may be held in memory; most are left alone once they are settled."""
SIGN_OFFS_MAX = 20
"""Sign-offs of one day that are kept, the newest."""


class OrderBook(Struct, frozen=True, array_like=True):
    """The money of one order. `posted` is what it adds to each `day/currency`.

    `wake` is when it is to be looked at next (ms), `reported` what each rule has said of it, and
    `is_missed` that a settlement of it was missed.
    """

    money: OrderMoney = OrderMoney()
    posted: dict[str, Totals] = {}
    wake: int = 0
    reported: dict[str, str] = {}
    is_missed: bool = False


class ShopMoney(Struct, frozen=True, array_like=True):
    """What is known of a shop's settlements.

    `first_at` is the first one ever told (ms), `misses` how many orders missed theirs before it.
    A shop `is_silent` when there were many: it tells no settlements. What was paid before
    `expects_from` is not expected to be settled.
    """

    first_at: int | None = None
    misses: int = 0
    is_silent: bool = False
    expects_from: int = 0
    zone: str = DEFAULT_ZONE


class SignOff(Struct, frozen=True, array_like=True):
    """That a person found a day in order: when (ms), and which money the person saw."""

    by: str
    at: int
    comment: str
    version: str
    totals: dict[str, Totals]


class Cached(Protocol):
    def __call__(self, space: str, shape: type[V], most: int = ..., /) -> WriteBack[V]: ...


class Whole(Protocol):
    def __call__(self, space: str, shape: type[V], /) -> Kept[V]: ...


class Sorted(Protocol):
    def __call__(self, space: str, shape: type[V], /) -> Drawers[V]: ...


class MoneyTables:
    """Names are `channel/shop`, `channel/shop/day` and what follows, a day is `2026-11-11`."""

    def __init__(self, cached: Cached, kept: Whole, drawers: Sorted) -> None:
        self.orders: WriteBack[OrderBook] = cached("money", OrderBook, CACHED_MAX)
        self.shops: Kept[ShopMoney] = kept("money_shop", ShopMoney)
        self.days: Kept[Totals] = kept("money_day", Totals)
        """By channel/shop/day/currency."""
        self.differing: Drawers[int] = drawers("money_differing", int)
        """The orders with differences, by channel/shop/day and order_id."""
        self.signed: Kept[tuple[SignOff, ...]] = kept("money_signed", tuple[SignOff, ...])
        """The sign-offs of a day, the newest last, by channel/shop/day."""

    def shop(self, name: str) -> ShopMoney:
        return self.shops.get(name) or ShopMoney()

    def day(self, name: str) -> dict[str, Totals]:
        """What a day comes to, by currency."""
        start = f"{name}/"
        found = {key[len(start) :]: one for key, one in self.days.items() if key.startswith(start)}
        return dict(sorted(found.items()))

    def differing_orders(self, name: str) -> list[str]:
        """The numbers of a day's orders with differences."""
        return sorted(self.differing.of(name))

    def days_of(self, shop: str) -> list[str]:
        """The days of a shop that have money."""
        start = f"{shop}/"
        found = (name[len(start) :] for name in self.days if name.startswith(start))
        return sorted({day.partition("/")[0] for day in found})

    def has_changed(self, name: str, totals: Mapping[str, Totals]) -> bool | None:
        """Whether a day's money is not what was signed last; None where nobody signed."""
        signed = self.signed.get(name)
        return None if not signed else signed[-1].version != version(totals)
