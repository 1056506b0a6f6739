"""Collects what the channels send, and loses time and repeats itself as webhooks do."""

from math import exp, log

from orderguard.simulate.model import MINUTE_MS, SECOND_MS, Shop
from orderguard.simulate.wire import Json, rfc3339
from orderguard.simulate.world import World


class Journal:
    """Every event with its time of receipt; `in_order` gives them as they arrived.

    What arrives after `until_ms` is left out, which changes nothing of what arrives before.
    """

    def __init__(self, world: World, until_ms: int | None = None) -> None:
        rng = world.rng
        self.world = world
        self.latency_log_ms = log(rng.uniform(80, 400))
        self.late_share = rng.uniform(0.03, 0.05)
        self.twice_share = rng.uniform(0.02, 0.04)
        self.arrivals: list[tuple[int, int, Json]] = []
        self._until_ms = until_ms

    def tell(self, shop: Shop, event_type: str, occurred_at: int, data: Json) -> None:
        world, rng = self.world, self.world.rng
        event_id = f"evt_{world.number()}"
        latency_ms = exp(rng.gauss(self.latency_log_ms, 0.5))
        if world.chance(self.late_share):
            latency_ms = rng.uniform(2 * SECOND_MS, 2 * MINUTE_MS)
        moments = [occurred_at + int(latency_ms)]
        if world.chance(self.twice_share):
            repeat_ms = rng.choice((SECOND_MS, 30 * SECOND_MS, 5 * MINUTE_MS))
            latency_ms += rng.uniform(0.1, 1) * repeat_ms
            moments.append(occurred_at + int(latency_ms))
        for received_at in moments:
            if self._until_ms is not None and received_at > self._until_ms:
                continue
            event = {
                "id": event_id,
                "type": event_type,
                "occurred_at": rfc3339(occurred_at),
                "channel": "standard",
                "shop": shop.name,
                "data": {"order": data} if event_type.startswith("order.") else data,
            }
            self.arrivals.append((received_at, len(self.arrivals), event))

    def in_order(self) -> list[tuple[int, Json]]:
        """(time of receipt, the event as the channel sends it) of each."""
        # The count breaks ties, so that events themselves are never compared.
        return [(received_at, event) for received_at, _, event in sorted(self.arrivals)]
