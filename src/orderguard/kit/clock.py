"""Instants. Inside the engine an instant is an integer: milliseconds since the Unix epoch."""

import time
from datetime import UTC, datetime, timedelta, timezone

MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60 * MS_PER_SECOND
MS_PER_HOUR = 60 * MS_PER_MINUTE
MS_PER_DAY = 24 * MS_PER_HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHINA = timezone(timedelta(hours=8))


class SystemClock:
    """The machine's clock; the one place that reads it."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until it is moved; for tests and simulations."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        self._now_ms += ms


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, rounded to the nearest."""
    since = moment - _EPOCH
    return since.days * MS_PER_DAY + since.seconds * 1000 + (since.microseconds + 500) // 1000


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def rfc3339(ms: int) -> str:
    """RFC 3339 with milliseconds at +08:00, whatever the machine's own zone."""
    return datetime.fromtimestamp(ms / 1000, _CHINA).isoformat(timespec="milliseconds")
