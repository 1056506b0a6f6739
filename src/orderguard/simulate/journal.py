"""Collects what the channels send, and loses time and repeats itself as webhooks do."""

from math import log

from orderguard.simulate.model import MINUTE_MS, SECOND_MS, Shop
from orderguard.simulate.wire import Json, rfc3339
from orderguard.simulate.world import World


class Journal:
    """Every event with its time of receipt; `in_order` gives them as they arrived."""

    def __init__(self, world: World) -> None:
        rng = world.rng
        self.world = world
        self.latency_ms_median = rng.uniform(80, 400)
        self.late_share = rng.uniform(0.03, 0.05)
        self.twice_share = rng.uniform(0.02, 0.04)
        self.arrivals: list[tuple[int, int, Json]] = []

    def tell(self, shop: Shop, event_type: str, occurred_at: int, data: Json) -> None:
        world, rng = self.world, self.world.rng
        event: Json = {
            "id": f"evt_{world.number()}",
            "type": event_type,
            "occurred_at": rfc3339(occurred_at),
            "received_at": "",
            "channel": "standard",
            "shop": shop.name,
            "data": {"order": data} if event_type.startswith("order.") else data,
        }
        latency_ms = rng.lognormvariate(log(self.latency_ms_median), 0.5)
        if world.chance(self.late_share):
            latency_ms = rng.uniform(2 * SECOND_MS, 2 * MINUTE_MS)
        self._receive(event, occurred_at + int(latency_ms))
        if world.chance(self.twice_share):
            repeat_ms = rng.choice((SECOND_MS, 30 * SECOND_MS, 5 * MINUTE_MS))
            latency_ms += rng.uniform(0.1, 1) * repeat_ms
            self._receive(dict(event), occurred_at + int(latency_ms))

    def _receive(self, event: Json, received_at: int) -> None:
        event["received_at"] = rfc3339(received_at)
        self.arrivals.append((received_at, len(self.arrivals), event))

    def in_order(self) -> list[Json]:
        # The count breaks ties, so that events themselves are never compared.
        return [event for _, _, event in sorted(self.arrivals)]
