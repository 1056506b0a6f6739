"""What Prometheus reads: counters that the gateway and the fold feed, and the fold's own state."""

import time
from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from orderguard.flows.fold import Fold

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LAG_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 86_400.0)


class Queue(Protocol):
    commits: int

    @property
    def in_flight(self) -> int:
        """Entries that wait for the log."""
        ...


class Watched(Protocol):
    """A running fold, as far as its state is measured. `saved_at` is on the monotonic clock."""

    is_ready: bool
    saved_at: float
    fold: Fold

    @property
    def writer(self) -> Queue: ...


class Metrics:
    """One server's measurements, in a registry of their own."""

    def __init__(self) -> None:
        self.streams = 0
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
        self._lag = Histogram(
            "orderguard_source_lag_seconds",
            "From when something happened at the channel to when it told us.",
            buckets=_LAG_SECONDS,
            registry=self._registry,
        )

    def webhook_answered(self, route: str, status: int, seconds: float) -> None:
        self._webhooks.labels(route, str(status)).inc()
        self._ack.labels(route).observe(seconds)

    def alert_told(self, seconds: float) -> None:
        self._alert.observe(seconds)

    def event_received(self, lag_s: float) -> None:
        """`lag_s`: how old the event was."""
        self._lag.observe(lag_s)

    def watch(self, live: Watched) -> None:
        """Measure this fold's state whenever somebody reads."""
        self._registry.register(_State(live, self))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """The fold's state at the moment of reading."""

    def __init__(self, live: Watched, metrics: Metrics) -> None:
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
        commits = CounterMetricFamily("orderguard_log_commits", "Batches written to the log.")
        commits.add_metric([], live.writer.commits)
        hits = CounterMetricFamily("orderguard_rule_hits", "Hits by rule.", labels=["rule"])
        orders = CounterMetricFamily(
            "orderguard_rule_orders", "Orders that a rule concerned first.", labels=["rule"]
        )
        for rule, count in tables.rule_counts.items():
            hits.add_metric([rule], count.hits)
            orders.add_metric([rule], count.orders)
        yield from (events, commits, hits, orders)
