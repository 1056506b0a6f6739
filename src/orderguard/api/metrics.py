"""What Prometheus reads: counters that the gateway and the fold feed, and the fold's own state."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from http import HTTPStatus
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from orderguard.api.latencies import Latencies
from orderguard.api.needs import LiveView
from orderguard.api.traffic import Traffic
from orderguard.domain.events import OrderEvent

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LAG_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 86_400.0)
_LAG_MS = [int(seconds * 1000) for seconds in _LAG_SECONDS]


class Lags:
    """How old events were on arrival. The library's histogram takes four times as long for one."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_LAG_SECONDS) + 1)
        self._sum_ms = 0

    def add(self, lag_ms: int) -> None:
        self._counts[bisect_left(_LAG_MS, lag_ms)] += 1
        self._sum_ms += lag_ms

    def collect(self) -> Metric:
        bounds = [*map(floatToGoString, _LAG_SECONDS), "+Inf"]
        return HistogramMetricFamily(
            "orderguard_source_lag_seconds",
            "From when something happened at the channel to when it told us.",
            buckets=list(zip(bounds, accumulate(self._counts), strict=True)),
            sum_value=self._sum_ms / 1000,
        )


class Metrics:
    """One server's measurements: for Prometheus, and what people see of the last minute."""

    def __init__(self) -> None:
        self.streams = 0
        self.acks, self.alerts, self.traffic = Latencies(), Latencies(), Traffic()
        self._registry = CollectorRegistry()
        self._webhooks = Counter(
            "orderguard_webhook_requests",
            "Webhook calls by route and the status they were answered with.",
            ("route", "status"),
            registry=self._registry,
        )
        self._ack = Histogram(
            "orderguard_webhook_ack_seconds",
            "From a webhook call to its answer, which is sent once its events are durable.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._alert = Histogram(
            "orderguard_event_to_alert_seconds",
            "From the receipt of an event to the alert that it opened or changed.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.lags = Lags()

    def webhook_answered(self, route: str, status: int, seconds: float) -> None:
        self._webhooks.labels(route, str(status)).inc()
        self._ack.labels(route).observe(seconds)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            self.acks.add(seconds)

    def alert_told(self, seconds: float) -> None:
        self._alert.observe(seconds)
        self.alerts.add(seconds)

    def event_received(self, event: OrderEvent, is_new_order: bool) -> None:
        self.lags.add(event.received_ms - event.occurred_ms)
        self.traffic.take(event, is_new_order)

    def watch(self, live: LiveView) -> None:
        """Measure this fold's state whenever somebody reads."""
        self._registry.register(_State(live, self))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """The fold's state at the moment of reading."""

    def __init__(self, live: LiveView, metrics: Metrics) -> None:
        self._live, self._metrics = live, metrics

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        live = self._live
        tables = live.fold.tables
        gauges = {
            "ready": ("1 once the log is folded and traffic is taken.", live.is_ready),
            "cursor": ("The log's offset up to which everything is folded.", tables.cursor),
            "queue_entries": ("Entries that wait for the log.", live.writer.in_flight),
            "checkpoint_age_seconds": ("Since the last save.", time.monotonic() - live.saved_at),
            "orders": ("Orders known.", tables.progress.orders),
            "streams": ("Listeners on the event stream.", self._metrics.streams),
        }
        for name, (help_text, value) in gauges.items():
            yield GaugeMetricFamily(f"orderguard_{name}", help_text, value=float(value))
        events = CounterMetricFamily("orderguard_events", "Events folded.")
        events.add_metric([], tables.progress.events)
        hits = CounterMetricFamily("orderguard_rule_hits", "Hits by rule.", labels=["rule"])
        orders = CounterMetricFamily(
            "orderguard_rule_orders", "Orders that a rule concerned first.", labels=["rule"]
        )
        for rule, count in tables.rule_counts.items():
            hits.add_metric([rule], count.hits)
            orders.add_metric([rule], count.orders)
        yield from (events, hits, orders, self._metrics.lags.collect())
