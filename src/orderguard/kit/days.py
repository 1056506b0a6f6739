"""Days as merchants count them: at +08:00."""

from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, rfc3339

_ZONE_MS = 8 * MS_PER_HOUR


def day_of(ms: int) -> int:
    """The number of the day at +08:00."""
    return (ms + _ZONE_MS) // MS_PER_DAY


def day_start(day: int) -> int:
    return day * MS_PER_DAY - _ZONE_MS


def day_name(day: int) -> str:
    return rfc3339(day_start(day))[:10]
