"""A part of the sale on the platforms themselves, each on this machine: pushes, calls, losses.

Plain orders are spread over them, since the scenes of a sale have to be seen in one shop. A
warehouse tells of their parcels, a payment provider of the payments of one of them.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import cycle

from msgspec.structs import replace as replaced

from orderguard.app import channel, channels
from orderguard.commands.demo.deeds import quantile
from orderguard.domain.connecting import ORDERS_OF
from orderguard.domain.events import CanonicalEvent, EventType, ShipmentData
from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.kit.clock import to_ms
from orderguard.simulate.channels import discover
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.channels.postman import Letter, Postman, Troubles, troubled
from orderguard.simulate.channels.tmall import TmallPlatform
from orderguard.simulate.model import SECOND_MS
from orderguard.simulate.sale import PLAIN, Sale
from orderguard.simulate.sender import ATTEMPTS_MAX, NotTaken, Post, Sender
from orderguard.simulate.wire import Json

STANDARD, WAREHOUSE, PAYMENTS = "standard", "wms_qimen", "wechat_pay"
PAID_BY_WECHAT = "wechat"
ORDERS_EACH = 60
"""Of one platform: what can be asked of it one by one while the sale is played."""
TROUBLES = Troubles(lost=0.02, repeated=0.05, reordered=0.05)
PUSH_DELAY_MS = SECOND_MS // 2
WAIT_S = 0.25
_PAID = frozenset({EventType.ORDER_PAID, EventType.REFUND_SUCCEEDED, EventType.REFUND_REJECTED})


@dataclass(frozen=True, slots=True)
class PlatformTold:
    """What a platform sent; `ack_ms` are (p50, p99) of its pushes, None for a connection."""

    channel: str
    shop: str
    orders: int
    pushes: int
    ack_ms: tuple[float, float] | None


def names() -> tuple[str, ...]:
    """The platforms that have orders of their own, in the order of their names."""
    others = {STANDARD, WAREHOUSE, PAYMENTS}
    return tuple(name for name in sorted(discover()) if name not in others)


def spread(sale: Sale) -> Sale:
    """The sale with plain orders moved to platforms, whose name is then the shop of their events.

    A platform knows what happens at once and in its order: delays and losses are those of its
    pushes.
    """
    homes = _homes(sale)
    arrivals: list[tuple[int, Json]] = []
    told: set[str] = set()
    for at_ms, event in sale.arrivals:
        home = homes.get(_order_id(event))
        if home is None:
            arrivals.append((at_ms, event))
        elif event["id"] not in told:
            told.add(event["id"])
            happened_ms = to_ms(datetime.fromisoformat(event["occurred_at"]))
            pushed_ms = max(happened_ms + PUSH_DELAY_MS, sale.opening_ms)
            arrivals.append((pushed_ms, _moved(event, home)))
    arrivals.sort(key=lambda one: one[0])
    return replace(sale, arrivals=arrivals)


def _homes(sale: Sale) -> dict[str, str]:
    """The platform of each order of the sale that is moved; a buyer's are all on one."""
    places, buyers, left = cycle(names()), dict[str, str](), Counter[str]()
    homes: dict[str, str] = {}
    seen: set[str] = set()
    for at_ms, event in sale.arrivals:
        order_id = _order_id(event)
        label = sale.labels.get(order_id)
        is_first = order_id not in seen
        seen.add(order_id)
        if label is None or label.bad or label.kind != PLAIN.name:
            continue
        if at_ms < sale.opening_ms or not is_first:
            continue
        buyer = event["data"].get("order", {}).get("buyer", {}).get("id")
        if buyer is None:
            continue
        home = buyers.setdefault(buyer, next(places))
        if left[home] < ORDERS_EACH:
            left[home] += 1
            homes[order_id] = home
    return homes


def _order_id(event: Json) -> str:
    data = event["data"]
    return str(data.get("order", data).get("order_id") or "")


def _moved(event: Json, home: str) -> Json:
    """Platforms number their goods and refunds."""
    data = event["data"]
    order = data.get("order")
    moved = event | {"shop": home}
    if "refund_id" in data:
        return moved | {"data": data | {"refund_id": _number(data["refund_id"])}}
    if order is None or "lines" not in order:
        return moved
    numbered = ("channel_sku", "product_id")
    lines = [
        line | {name: _number(line[name]) for name in numbered if name in line}
        for line in order["lines"]
    ]
    return moved | {"data": {"order": order | {"lines": lines}}}


def _number(text: str) -> str:
    return str(int.from_bytes(blake2b(text.encode(), digest_size=6).digest()))


class Platforms:
    """All of them, each with one shop. `happened` says what they push of an event."""

    def __init__(self, now_ms: Callable[[], int], seed: int) -> None:
        self._seed = seed
        kinds, known = discover(), channels()
        self.all: dict[str, Platform] = {
            name: kinds[name](now_ms=now_ms) for name in (*names(), WAREHOUSE, PAYMENTS)
        }
        for name, platform in self.all.items():
            platform.shop = replaced(platform.shop, shop=known[name].title.split(" ")[0])
        self._speaks_of(WAREHOUSE, names())
        self._speaks_of(PAYMENTS, (PAID_BY_WECHAT,))
        self._standard = channel(STANDARD)
        self._tmc = [one for one in self.all.values() if isinstance(one, TmallPlatform)]
        for platform in self._tmc:
            platform.tmc.trouble(TROUBLES, seed)
        self._orders: dict[str, set[str]] = defaultdict(set)
        self._pushes: Counter[str] = Counter()
        self._ack_ms: dict[str, list[float]] = defaultdict(list)
        self._batches = 0

    def spread(self, sale: Sale) -> Sale:
        return spread(sale)

    def beside(self, sender: Sender, base: str) -> "SpreadSender":
        return SpreadSender(sender, self, base)

    def shops(self) -> tuple[ShopConfig, ...]:
        """With their calls led here."""
        return tuple(platform.connected() for platform in self.all.values())

    def happened(self, home: str, event: CanonicalEvent) -> list[Letter]:
        """What is pushed of it; what goes by a connection is on its way at once."""
        if isinstance(event.data, ShipmentData):
            self._orders[WAREHOUSE].add(event.data.order_id)
            return self._letters(WAREHOUSE, event)
        letters = self._letters(home, event)
        order_id = getattr(getattr(event.data, "order", event.data), "order_id", "")
        self._orders[home].add(order_id)
        if home == PAID_BY_WECHAT and event.type in _PAID:
            self._orders[PAYMENTS].add(order_id)
            letters += self._letters(PAYMENTS, event)
        return letters

    def read(self, post: Post) -> list[CanonicalEvent]:
        """The events that the sale tells of a platform."""
        shop = ShopConfig(channel=STANDARD, shop=post.shop, secrets=())
        return [one.event for one in self._standard.parse(RawMessage({}, "", post.body), shop)]

    def bring(self, postman: Postman, letters: Sequence[Letter]) -> None:
        """Some are lost, repeated, reordered; each until it is acknowledged. Raise NotTaken."""
        self._batches += 1
        for letter in troubled(letters, TROUBLES, self._seed + self._batches):
            for _ in range(ATTEMPTS_MAX):
                began_s = time.monotonic()
                status, body = postman.post(letter)
                if letter.platform.is_acknowledged(status, body):
                    took_ms = (time.monotonic() - began_s) * SECOND_MS
                    self._ack_ms[letter.platform.channel].append(took_ms)
                    break
                time.sleep(WAIT_S)
            else:
                raise NotTaken(f"{letter.platform.channel}: {status} {body[:200]!r}")

    def told(self) -> tuple[PlatformTold, ...]:
        return tuple(
            PlatformTold(name, one.shop.shop, len(self._orders[name]), self._pushes[name], ack)
            for name, one in self.all.items()
            for ack in [_quantiles(self._ack_ms[name])]
        )

    def close(self) -> None:
        for platform in self.all.values():
            platform.close()

    def _speaks_of(self, name: str, homes: Sequence[str]) -> None:
        of = ",".join(f"{home}/{self.all[home].shop.shop}" for home in homes)
        shop = self.all[name].shop
        self.all[name].shop = replaced(shop, settings={**shop.settings, ORDERS_OF: of})

    def _letters(self, name: str, event: CanonicalEvent) -> list[Letter]:
        platform = self.all[name]
        messages = platform.happened(event)
        self._pushes[name] += len(messages)
        if isinstance(platform, TmallPlatform):
            platform.tmc.publish(messages)
            return []
        return [Letter(platform, message) for message in messages]


class SpreadSender:
    """Sends what shops tell as it is, and lets the platforms push what is told of them."""

    def __init__(self, sender: Sender, platforms: Platforms, base: str) -> None:
        self._sender, self._platforms = sender, platforms
        self._postman = Postman(base)

    def send(self, posts: Sequence[Post]) -> None:
        """Raise NotTaken as `Sender.send` does."""
        known = self._platforms.all.keys()
        self._sender.send([post for post in posts if post.shop not in known])
        letters = [
            letter
            for post in posts
            if post.shop in known
            for event in self._platforms.read(post)
            for letter in self._platforms.happened(post.shop, event)
        ]
        self._platforms.bring(self._postman, letters)

    def close(self) -> None:
        self._postman.close()


def _quantiles(values: Sequence[float]) -> tuple[float, float] | None:
    p50, p99 = quantile(values, 0.5), quantile(values, 0.99)
    return None if p50 is None or p99 is None else (round(p50, 2), round(p99, 2))
