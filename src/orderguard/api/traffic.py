"""What comes in, by shop: counted event by event, so that nobody has to look through orders."""

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median

from orderguard.domain.events import OrderEvent
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_MINUTE

MINUTES = 60
"""How far back orders are counted by the minute."""
LAGS_KEPT = 101
"""The newest events of a shop, of whose ages on arrival the median is told."""

_MINUTES_KEPT = 2 * MINUTES

ShopName = tuple[str, str]
"""(channel, shop)"""


class ShopTraffic:
    """One shop; instants are ms since the epoch."""

    __slots__ = ("lags_ms", "last_event_ms", "minutes", "orders")

    def __init__(self) -> None:
        self.orders = 0
        """Orders first heard of since the server started."""
        self.minutes: dict[int, int] = {}
        """Orders by the minute in which the first event of each occurred."""
        self.last_event_ms: int | None = None
        self.lags_ms: deque[int] = deque(maxlen=LAGS_KEPT)

    @property
    def lag_ms(self) -> float | None:
        """How old the newest events were on arrival, their median."""
        return median(self.lags_ms) if self.lags_ms else None

    def per_minute(self, newest: int) -> list[int]:
        """Orders in each of the `MINUTES` that end with this one."""
        counted = self.minutes
        return [counted.get(minute, 0) for minute in range(newest - MINUTES + 1, newest + 1)]

    def count(self, occurred_ms: int, newest: int) -> None:
        """One order more; what is older than the minutes told of is not counted."""
        minute = occurred_ms // MS_PER_MINUTE
        if minute > newest - MINUTES:
            self.minutes[minute] = self.minutes.get(minute, 0) + 1
            if len(self.minutes) > _MINUTES_KEPT:
                kept = (one for one in self.minutes.items() if one[0] > newest - MINUTES)
                self.minutes = dict(kept)


class Traffic:
    """All shops that were heard of since the server started."""

    def __init__(self) -> None:
        self._shops: dict[ShopName, ShopTraffic] = {}

    @property
    def orders(self) -> int:
        """Orders first heard of since the server started."""
        return sum(shop.orders for shop in self._shops.values())

    def take(self, event: OrderEvent, is_new_order: bool) -> None:
        """Called for each event that is folded: it must stay quick."""
        shop = self._shops.get((event.channel, event.shop)) or self.of(event.channel, event.shop)
        shop.last_event_ms = received_ms = event.received_ms
        shop.lags_ms.append(received_ms - event.occurred_ms)
        if is_new_order:
            shop.orders += 1
            shop.count(event.occurred_ms, received_ms // MS_PER_MINUTE)

    def recall(self, order: OrderKey, occurred_ms: int, newest: int) -> None:
        """Count an order that was there before the server started."""
        self.of(order.channel, order.shop).count(occurred_ms, newest)

    def of(self, channel: str, shop: str) -> ShopTraffic:
        return self._shops.setdefault((channel, shop), ShopTraffic())

    def shops(self, known: Iterable[ShopName]) -> Iterator[tuple[ShopName, ShopTraffic]]:
        """Those heard of and those known, by name."""
        for name in sorted({*self._shops, *known}):
            yield name, self.of(*name)
