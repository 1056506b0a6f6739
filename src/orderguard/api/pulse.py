"""The health of the whole installation, told about once a second to whoever listens.

It is measured once for all listeners, and not at all while nobody listens. What is told of orders
and shops is by the fold's clock, which a played sale may drive; what is told of the server is in
real seconds.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import msgspec

from orderguard.api.metrics import Metrics
from orderguard.api.needs import LiveView
from orderguard.api.tally import RECENT_MS, Tally
from orderguard.api.traffic import MINUTES, ShopName, ShopTraffic
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.flows.present import Json
from orderguard.kit.clock import MS_PER_MINUTE, rfc3339

EVERY_S = 1.0
SHOPS_MAX = 100
"""Shops told of: those with the most orders in the last hour."""
RECALLED_ORDERS_MAX = 20_000
"""Orders of the hour before the server started that are looked up, the newest."""
RECALLED_AT_ONCE = 50
"""Orders looked up at a stretch; other tasks run in between."""

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode

ByKind = Counter[tuple[AlertKind, Severity]]


class State(StrEnum):
    """How the installation stands, by the alerts of the last minutes that are not closed.

    `attack`: one is critical. `attention`: one is medium or high. `quiet`: none is.
    """

    QUIET = "quiet"
    ATTENTION = "attention"
    ATTACK = "attack"


class Hearing:
    """One who hears the health. Its bell is rung whenever there may be something to take."""

    def __init__(self, bell: asyncio.Event) -> None:
        self.bell = bell
        self._newest: str | None = None

    def put(self, health: str) -> None:
        self._newest = health

    def take(self) -> str | None:
        """The newest as JSON, None where it was taken already."""
        newest, self._newest = self._newest, None
        return newest


class Pulse:
    def __init__(self, live: LiveView, tally: Tally, metrics: Metrics) -> None:
        self._live, self._tally, self._metrics = live, tally, metrics
        self._health: str | None = None
        self._listeners: dict[Hearing, None] = {}
        self._telling: asyncio.Task[None] | None = None
        self._is_recalled = False

    @contextmanager
    def listening(self, bell: asyncio.Event) -> Iterator[Hearing]:
        """Hear the health, now and about each second; who is slow to take one misses others."""
        hearing = Hearing(bell)
        self._listeners[hearing] = None
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())
        elif self._health is not None:
            self._tell_one(hearing, self._health)
        try:
            yield hearing
        finally:
            del self._listeners[hearing]
            self._live.bells.forget(bell)
            if not self._listeners:
                self._telling.cancel()
                # Nobody will be told again what was told to listeners who have gone.
                self._telling = self._health = None

    async def _tell(self) -> None:
        while True:
            try:
                health = _encode(await self.health()).decode()
            except Exception:
                log.exception("the health could not be told; it is tried again")
            else:
                self._health = health
                for hearing in self._listeners:
                    self._tell_one(hearing, health)
            await asyncio.sleep(EVERY_S)

    def _tell_one(self, hearing: Hearing, health: str) -> None:
        hearing.put(health)
        self._live.bells.ring(hearing.bell)

    async def health(self) -> Json:
        """What is told: see the shape `Health`."""
        await self._recall()
        await self._tally.catch_up()
        tally, fold = self._tally, self._live.fold
        recent, progress, newest = tally.recent(), fold.tables.progress, self._newest_minute()
        return {
            "as_of": rfc3339(fold.clock_ms),
            "state": _state(recent),
            "orders": progress.orders,
            "events": progress.events,
            "held_orders": len(tally.held),
            "risk_orders_by_severity": _by_severity(tally.orders, AlertKind.RISK),
            "health_orders_by_severity": _by_severity(tally.orders, AlertKind.HEALTH),
            "alerts": _by_kind(tally.alerts),
            "recent_alerts": _by_kind(recent),
            "recent_minutes": RECENT_MS // MS_PER_MINUTE,
            "minutes_from": rfc3339((newest - MINUTES + 1) * MS_PER_MINUTE),
            "shops": self._shops(newest),
            "server": self._server(),
        }

    def _newest_minute(self) -> int:
        return self._live.fold.clock_ms // MS_PER_MINUTE

    def _shops(self, newest: int) -> list[Json]:
        tables, traffic = self._live.fold.tables, self._metrics.traffic
        known = [_shop_name(name) for name in tables.shops]
        shops = [(name, shop, shop.per_minute(newest)) for name, shop in traffic.shops(known)]
        before = tables.progress.orders - traffic.orders
        if len(shops) > SHOPS_MAX:
            shops = sorted(shops, key=lambda one: sum(one[2]))[-SHOPS_MAX:]
        return [
            {
                "channel": channel,
                "shop": name,
                "orders": _orders_in_all(shop, before, is_alone=len(shops) == 1),
                "orders_per_minute": per_minute,
                "last_event_at": None
                if shop.last_event_ms is None
                else rfc3339(shop.last_event_ms),
                "source_lag_ms_p50": shop.lag_ms,
            }
            for (channel, name), shop, per_minute in shops
        ]

    def _server(self) -> Json:
        live = self._live
        acks = self._metrics.acks.quantiles_ms(0.5, 0.99)
        alerts = self._metrics.alerts.quantiles_ms(0.5, 0.99)
        return {
            "ack_ms_p50": acks[0],
            "ack_ms_p99": acks[1],
            "event_to_alert_ms_p50": alerts[0],
            "event_to_alert_ms_p99": alerts[1],
            "queue_entries": live.writer.in_flight,
            "checkpoint_age_s": round(time.monotonic() - live.saved_at, 1),
        }

    async def _recall(self) -> None:
        """Once, count the orders of the last hour that came before the server began to count."""
        if self._is_recalled:
            return
        self._is_recalled = True
        tables, traffic = self._live.fold.tables, self._metrics.traffic
        newest = self._newest_minute()
        last = tables.progress.orders - traffic.orders
        first = self._tally.first_number_since((newest - MINUTES + 1) * MS_PER_MINUTE)
        for number in range(max(first, last - RECALLED_ORDERS_MAX + 1), last + 1):
            key = tables.keys.get(str(number))
            if key is not None:
                # Its events, and not the order itself, which is large; all but the newest saved.
                events = tables.store.timeline(key) or self._live.timeline(key)
                traffic.recall(key, events[0].occurred_ms, newest)
            if number % RECALLED_AT_ONCE == 0:
                await asyncio.sleep(0)


def _state(recent: ByKind) -> State:
    worst = max((severity.rank for (_, severity), count in recent.items() if count), default=0)
    if worst >= Severity.CRITICAL.rank:
        return State.ATTACK
    return State.ATTENTION if worst >= Severity.MEDIUM.rank else State.QUIET


def _orders_in_all(shop: ShopTraffic, before: int, *, is_alone: bool) -> int | None:
    """`before` orders came before the server began to count; of several shops, whose is unknown."""
    if before == 0:
        return shop.orders
    return before + shop.orders if is_alone else None


def _shop_name(name: str) -> ShopName:
    channel, _, shop = name.partition("/")
    return channel, shop


def _by_kind(counts: ByKind) -> dict[AlertKind, Json]:
    return {kind: _by_severity(counts, kind) for kind in AlertKind}


def _by_severity(counts: ByKind, kind: AlertKind) -> Json:
    return {severity: counts[kind, severity] for severity in Severity}
