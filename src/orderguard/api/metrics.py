"""What Prometheus reads: counts that the gateway and the fold feed, and the state of both.

What is called for each request or event costs a fraction of a microsecond: all of it happens on
the loop's thread, so nothing is locked, and Prometheus' own types are made only when it reads.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import accumulate
from typing import Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from orderguard.api import families
from orderguard.api.families import Family
from orderguard.api.latencies import Latencies
from orderguard.api.needs import Queue
from orderguard.api.traffic import Traffic
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Clock
from orderguard.flows.fold import Fold
from orderguard.flows.mend import mended_by_rule
from orderguard.flows.screen import Decided
from orderguard.flows.senders import Sender
from orderguard.kit.clock import MS_PER_MINUTE, MS_PER_SECOND
from orderguard.kit.days import day_name
from orderguard.responses import Mended
from orderguard.responses.locks import MODES, mode_of

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values, each with its labels before it."""


LOCK_DAYS_MAX = 7
CODE_OUTCOMES = ("sent", "failed", "limited", "right", "wrong")


class Disk(Struct, frozen=True):
    """What the stores take up, by their name, and what is free beside them, in bytes."""

    stores: Mapping[str, int]
    free: int


class Watched(Protocol):
    """A running fold, as far as its state is measured. `saved_at` is on the monotonic clock."""

    is_ready: bool
    saved_at: float
    log_end: tuple[int, int]
    background_failures: int
    fold: Fold

    @property
    def writer(self) -> Queue: ...


class WatchedSenders(Protocol):
    def all(self) -> Iterable[Sender]: ...


class _Spread:
    """How values spread over the bounds of a histogram."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds, self._counts, self._sum = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def add_to(self, metric: HistogramMetricFamily, labels: tuple[str, ...]) -> None:
        names = [*map(str, self._bounds), "+Inf"]
        counts = accumulate(self._counts)
        metric.add_metric(
            labels, buckets=list(zip(names, counts, strict=True)), sum_value=self._sum
        )


class Metrics:
    """One server's measurements, in a registry of their own."""

    def __init__(self) -> None:
        self.streams = 0
        self.acks, self.alerts, self.traffic = Latencies(), Latencies(), Traffic()
        self._registry = CollectorRegistry()
        self.screened: Counter[str] = Counter()
        """Answers to storefronts, by the decision."""
        self.codes: Counter[str] = Counter()
        """One-time codes, by what came of them."""
        self._answered: dict[tuple[str, int], int] = {}
        self._acks: dict[str, _Spread] = {}
        self._lags: dict[str, _Spread] = {}
        self._alerts = _Spread(families.ALERT.bounds)
        self._commits = _Spread(families.COMMIT.bounds)
        self._registry.register(_Collected(self._counted))
        ProcessCollector(registry=self._registry)

    def webhook_answered(self, route: str, status: int, seconds: float) -> None:
        answered, place = self._answered, (route, status)
        answered[place] = answered.get(place, 0) + 1
        acks = self._acks.get(route)
        if acks is None:
            acks = self._acks[route] = _Spread(families.ACK.bounds)
        acks.observe(seconds)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            self.acks.add(seconds)

    def alert_told(self, seconds: float) -> None:
        self._alerts.observe(seconds)
        self.alerts.add(seconds)

    def event_told(self, event: OrderEvent, *, is_new_order: bool) -> None:
        lags = self._lags.get(event.channel)
        if lags is None:
            lags = self._lags[event.channel] = _Spread(families.LAG.bounds)
        lags.observe(max(0, event.received_ms - event.occurred_ms) / MS_PER_SECOND)
        self.traffic.take(event, is_new_order)

    def committed(self, entries: int) -> None:
        self._commits.observe(entries)

    def watch(
        self, live: Watched, clock: Clock, senders: WatchedSenders, look: Callable[[], Disk]
    ) -> None:
        """Measure their state whenever somebody reads; `look` looks at the disk.

        Nothing is told of a disk that cannot be reached.
        """
        for collect in (
            lambda: self._state(live, clock),
            lambda: _senders(senders),
            lambda: _disk(look),
        ):
            self._registry.register(_Collected(collect))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counted(self) -> Iterator[Metric]:
        answered = {
            (route, str(status)): count for (route, status), count in self._answered.items()
        }
        yield _sampled(families.WEBHOOKS, answered.items())
        yield _spread(families.ACK, [((route,), spread) for route, spread in self._acks.items()])
        yield _spread(families.LAG, [((name,), spread) for name, spread in self._lags.items()])
        yield _spread(families.ALERT, [((), self._alerts)])
        decisions = [((one.value,), self.screened[one]) for one in Decided]
        yield _sampled(families.SCREENED, decisions)
        yield _sampled(families.CODES, [((one,), self.codes[one]) for one in CODE_OUTCOMES])
        yield _spread(families.COMMIT, [((), self._commits)])

    def _state(self, live: Watched, clock: Clock) -> Iterator[Metric]:
        """The fold's state at this moment."""
        tables, (last, received_ms) = live.fold.tables, live.log_end
        progress = tables.progress
        age_ms = max(0, clock.now_ms() - received_ms)
        for family, value in (
            (families.READY, live.is_ready),
            (families.QUEUE, live.writer.in_flight),
            (families.LOG_ENTRIES, last),
            (families.CURSOR, tables.cursor),
            (families.CHECKPOINT_AGE, time.monotonic() - live.saved_at),
            (families.BACKGROUND_FAILURES, live.background_failures),
            (families.EVENTS, progress.events),
            (families.UNKNOWN_EVENTS, progress.unknown),
            (families.FOLD_FAULTS, progress.faults),
            (families.ORDERS, progress.orders),
            (families.STREAMS, self.streams),
        ):
            yield _sampled(family, [((), value)])
        yield _sampled(families.LOG_AGE, [((), age_ms / MS_PER_SECOND)] if last else [])
        counts = tables.rule_counts.items()
        yield _sampled(families.RULE_HITS, [((rule,), count.hits) for rule, count in counts])
        yield _sampled(families.RULE_ORDERS, [((rule,), count.orders) for rule, count in counts])
        yield from _mended(live.fold)
        yield from _locks(live.fold)
        held = tables.held().items()
        yield _sampled(families.CACHED_KEYS, [((table,), count) for table, count in held])


class _Collected(Collector):
    """Measurements that are made when somebody reads them."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        return self._collect()


def _mended(fold: Fold) -> Iterator[Metric]:
    by_rule = mended_by_rule(fold.mender.counts.items())
    ended = [
        ((rule, how), getattr(count, how)) for rule, count in by_rule.items() for how in Mended
    ]
    yield _sampled(families.MENDED, ended)
    yield _sampled(families.UNMENDED, [((rule,), one.unmended) for rule, one in by_rule.items()])


def _locks(fold: Fold) -> Iterator[Metric]:
    now_ms, standing = fold.clock_ms, fold.ledger.standing()
    by_mode = Counter(mode_of(is_shadow=lock.is_shadow) for lock in standing)
    overdue = Counter(
        mode_of(is_shadow=lock.is_shadow) for lock in standing if lock.is_overdue(now_ms)
    )
    yield _sampled(families.LOCKS, [((mode,), by_mode[mode]) for mode in MODES])
    yield _sampled(families.OVERDUE_LOCKS, [((mode,), overdue[mode]) for mode in MODES])
    totals = fold.ledger.totals(now_ms)
    days = sorted({place.day for place in totals})[-LOCK_DAYS_MAX:]
    wrong = [
        ((day_name(day), rule, mode_of(is_shadow=is_shadow)), total.wrong_unit_ms / MS_PER_MINUTE)
        for (day, is_shadow, rule), total in totals.items()
        if day in days
    ]
    yield _sampled(families.WRONG_LOCKS, wrong)


def _senders(senders: WatchedSenders) -> Iterator[Metric]:
    known = {(one.record.channel, one.record.shop): one for one in senders.all()}
    failures = {
        (*place, str(fault)): count
        for place, one in known.items()
        for fault, count in one.refusals.items()
    }
    heard = {place: one.event_ms / MS_PER_SECOND for place, one in known.items() if one.event_ms}
    yield _sampled(families.SIGNATURE_FAILURES, failures.items())
    yield _sampled(families.SHOP_EVENTS, [(place, one.events) for place, one in known.items()])
    yield _sampled(families.SHOP_LAST_EVENT, heard.items())


def _disk(look: Callable[[], Disk]) -> Iterator[Metric]:
    try:
        disk = look()
    except OSError:
        return
    yield _sampled(families.STORE_BYTES, [((name,), size) for name, size in disk.stores.items()])
    yield _sampled(families.DISK_FREE, [((), disk.free)])


def _sampled(family: Family, samples: Samples) -> Metric:
    made: CounterMetricFamily | GaugeMetricFamily
    if family.kind == "counter":
        made = CounterMetricFamily(family.name, family.help, labels=family.labels)
    else:
        made = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in samples:
        made.add_metric(labels, value)
    return made


def _spread(family: Family, spreads: Iterable[tuple[tuple[str, ...], _Spread]]) -> Metric:
    made = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    for labels, spread in spreads:
        spread.add_to(made, labels)
    return made
