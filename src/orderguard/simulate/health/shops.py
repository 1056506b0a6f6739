"""The merchant whose orders are watched: shops, goods, and how orders spread over a day."""

import random
from dataclasses import dataclass

from orderguard.simulate.model import DAY_MS, HOUR_MS

DAYS = 14
"""A history is so long; it ends in the middle of life, not when everything has come to rest."""

_HOURLY = (
    *(0.40, 0.25, 0.15, 0.10, 0.10, 0.20, 0.50, 1.00, 1.40, 1.60, 1.70, 1.60),
    *(1.50, 1.40, 1.40, 1.50, 1.50, 1.50, 1.60, 1.90, 2.20, 2.30, 1.70, 0.90),
)
_WEEKEND = 1.15


@dataclass(frozen=True, slots=True)
class Product:
    """`sku` is the merchant's own; from `remapped_at` on the channel's name means `later_sku`."""

    channel_sku: str
    sku: str
    price_fen: int
    remapped_at: int | None = None
    later_sku: str = ""

    def sku_at(self, at: int) -> str:
        return (
            self.later_sku if self.remapped_at is not None and at >= self.remapped_at else self.sku
        )


@dataclass(frozen=True, slots=True)
class Shop:
    """`tells_sku`: its lines name the merchant's SKU; else only a mapping does."""

    channel: str
    name: str
    share: float
    currency: str
    warehouses: tuple[str, ...]
    tells_sku: bool = True
    has_finance: bool = True

    @property
    def key(self) -> str:
        return f"{self.channel}/{self.name}"


SHOPS = (
    Shop("standard", "flagship", 0.55, "CNY", ("wh-east", "wh-south")),
    Shop("tmall", "brand", 0.20, "CNY", ("wh-east",), tells_sku=False),
    Shop("shopify", "abroad", 0.15, "USD", ("wh-west", "wh-gulf")),
    Shop("standard", "outlet", 0.10, "CNY", ("wh-north",), has_finance=False),
)
LARGEST = SHOPS[0]


def make_products(rng: random.Random, shop: Shop, count: int, start_ms: int) -> list[Product]:
    """What a shop sells; the first of a mapped shop changes its mapping once, properly."""
    products = []
    for number in range(count):
        sku = f"{shop.name}-{1000 + number}"
        remapped_at = start_ms + 5 * DAY_MS + 3 * HOUR_MS
        remaps = number == 0 and not shop.tells_sku
        products.append(
            Product(
                channel_sku=f"c-{sku}",
                sku=sku,
                price_fen=rng.randrange(1_900, 39_900, 10),
                remapped_at=remapped_at if remaps else None,
                later_sku=f"{sku}-new",
            )
        )
    return products


class DayCurve:
    """Draws instants as orders come: by the hour of the day, and more at weekends.

    `start_ms` is a Monday's midnight; `boosts` are hours (from the start) with a factor each.
    """

    def __init__(self, start_ms: int, days: int, boosts: dict[int, float] | None = None) -> None:
        self._start_ms = start_ms
        boosts = boosts or {}
        total = 0.0
        self._cumulative = []
        for hour in range(days * 24):
            weight = _HOURLY[hour % 24] * (_WEEKEND if hour // 24 % 7 >= 5 else 1.0)
            total += weight * boosts.get(hour, 1.0)
            self._cumulative.append(total)

    def instants(self, rng: random.Random, count: int) -> list[int]:
        hours = rng.choices(range(len(self._cumulative)), cum_weights=self._cumulative, k=count)
        return [self._start_ms + hour * HOUR_MS + rng.randrange(HOUR_MS) for hour in hours]

    def expected(self, hour: int, count: int) -> float:
        """How many of `count` orders an hour (from the start) has."""
        before = self._cumulative[hour - 1] if hour else 0.0
        return (self._cumulative[hour] - before) / self._cumulative[-1] * count
