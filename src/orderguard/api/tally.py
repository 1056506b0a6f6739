"""Counts over everything, kept up to date by what changed since the last look.

Nothing is scanned twice. Alerts are read in the order of their changes, from where the last look
ended. Orders are numbered in the order in which the log first told of them, so the first order of
a day is found by bisection, and once a day is over its bounds stand.
"""

import asyncio
from collections import Counter
from itertools import pairwise

from orderguard.api.needs import LiveView, Place
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, rfc3339

DAYS_MAX = 92
ALERTS_AT_ONCE = 50
"""Alerts read at a stretch; other tasks run in between."""

_ZONE_MS = 8 * MS_PER_HOUR


def day_of(ms: int) -> int:
    """The number of the day at +08:00."""
    return (ms + _ZONE_MS) // MS_PER_DAY


def day_start(day: int) -> int:
    return day * MS_PER_DAY - _ZONE_MS


def day_name(day: int) -> str:
    return rfc3339(day_start(day))[:10]


class Tally:
    """Alerts by kind, severity and day; orders by their severity, and by day."""

    def __init__(self, live: LiveView) -> None:
        self._live = live
        self._turn = asyncio.Lock()
        self._since: Place = (0, 0)
        self._alerts: dict[str, tuple[AlertKind, Severity]] = {}
        self._orders: dict[AlertKind, dict[OrderKey, Severity]] = {kind: {} for kind in AlertKind}
        self._first_of_day: dict[int, int] = {}
        self.alerts: Counter[tuple[AlertKind, Severity]] = Counter()
        self.alerts_of_day: Counter[tuple[AlertKind, int]] = Counter()
        self.orders: Counter[tuple[AlertKind, Severity]] = Counter()

    async def catch_up(self) -> None:
        """Take in every alert that changed since the last call, saved or not."""
        tables = self._live.fold.tables
        async with self._turn:
            while rows := tables.store.alerts_changed(self._since, ALERTS_AT_ONCE):
                for row in rows:
                    self._count(row.alert)
                self._since = rows[-1].changed
                await asyncio.sleep(0)
            for alert in tables.alerts.recent().values():
                self._count(alert)

    async def orders_of_days(self, days: range) -> list[int]:
        """How many orders were first heard of on each of these days."""
        firsts: list[int] = []
        for day in (*days, days.stop):
            firsts.append(self._first_number(day, low=firsts[-1] if firsts else 1))
            await asyncio.sleep(0)
        return [after - first for first, after in pairwise(firsts)]

    def _count(self, alert: Alert) -> None:
        """Counting one again, in the same state or a later one, puts it in its new place."""
        former = self._alerts.get(alert.alert_id)
        kind = alert.kind
        if former is None:
            self.alerts_of_day[kind, day_of(alert.detected_at)] += 1
        else:
            self.alerts[former] -= 1
        self._alerts[alert.alert_id] = (kind, alert.severity)
        self.alerts[kind, alert.severity] += 1
        standing = self._orders[kind]
        for key in alert.orders:
            known = standing.get(key)
            if known is None or known.rank < alert.severity.rank:
                if known is not None:
                    self.orders[kind, known] -= 1
                standing[key] = alert.severity
                self.orders[kind, alert.severity] += 1

    def _first_number(self, day: int, *, low: int) -> int:
        """The number of the first order that the log told of on this day or later.

        `low` is one that does not come later.
        """
        fold = self._live.fold
        start, high = day_start(day), fold.tables.progress.orders + 1
        if fold.clock_ms < start:
            return high
        if day not in self._first_of_day:
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if self._told_at(middle) >= start else (middle + 1, high)
            self._first_of_day[day] = low
        return self._first_of_day[day]

    def _told_at(self, number: int) -> int:
        key = self._live.fold.tables.keys.get(str(number))
        assert key is not None, "every number was given to an order"
        return self._live.timeline(key)[0].received_ms
