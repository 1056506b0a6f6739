"""When a step that keeps to hours may be done."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from orderguard.domain.library import Hours
from orderguard.kit.clock import to_ms

_DAY_MIN = 24 * 60


def opening(at_ms: int, hours: Hours | None) -> int:
    """The instant itself within the hours, else when they open next; in ms since the epoch."""
    if hours is None:
        return at_ms
    zone = _zone(hours.zone)
    moment = datetime.fromtimestamp(at_ms / 1000, zone)
    minute = moment.hour * 60 + moment.minute
    if (minute - hours.opens_min) % _DAY_MIN < (hours.closes_min - hours.opens_min) % _DAY_MIN:
        return at_ms
    day = moment.date() + timedelta(days=minute >= hours.opens_min)
    opens = time(hours.opens_min // 60, hours.opens_min % 60, tzinfo=zone)
    return to_ms(datetime.combine(day, opens).astimezone(UTC))


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
