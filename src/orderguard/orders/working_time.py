"""Limits in working hours: opening times, weekends, public holidays, make-up days, cut-offs."""

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays

from orderguard.domain.health import WorkHours
from orderguard.kit.clock import MS_PER_MINUTE, MS_PER_SECOND

DAYS_MAX = 800
"""A limit that is not over by then was no limit for people."""


def after_working(start_ms: int, duration_ms: int, hours: WorkHours | None) -> int:
    """The instant at which so much working time has passed; ms since the epoch."""
    if hours is None:
        return start_ms + duration_ms
    left = duration_ms
    for opens, closes, cutoff in _days(start_ms, hours):
        begins = max(opens, start_ms)
        if cutoff is not None and opens <= start_ms and start_ms > cutoff:
            continue
        if begins >= closes:
            continue
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return start_ms + duration_ms


def _days(start_ms: int, hours: WorkHours) -> Iterator[tuple[int, int, int | None]]:
    """Opening, closing and cut-off of each working day from that of the start on."""
    zone = ZoneInfo(hours.zone)
    day = dt.datetime.fromtimestamp(start_ms / MS_PER_SECOND, zone).date()
    for ahead in range(DAYS_MAX):
        today = day + dt.timedelta(days=ahead)
        if _is_worked(today, hours.weekdays, hours.holidays):
            midnight = dt.datetime.combine(today, dt.time(), zone)
            zero = int(midnight.timestamp()) * MS_PER_SECOND
            cutoff = None if hours.cutoff_min is None else zero + hours.cutoff_min * MS_PER_MINUTE
            yield (
                zero + hours.opens_min * MS_PER_MINUTE,
                zero + hours.closes_min * MS_PER_MINUTE,
                cutoff,
            )


@lru_cache(maxsize=4096)
def _is_worked(day: dt.date, weekdays: tuple[int, ...], country: str | None) -> bool:
    """Whether people work that day; a year that no table knows has its weekends alone."""
    is_usual = day.isoweekday() in weekdays
    if country is None:
        return is_usual
    if country == "CN":
        try:
            if chinese_calendar.is_in_lieu(day):
                return False
            # A Saturday or Sunday on which the country works makes up for a holiday.
            if day.isoweekday() > 5 and chinese_calendar.is_workday(day):
                return True
            is_free, _ = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:  # What the table says of a year that it does not have.
            return is_usual
        else:
            return is_usual and not (is_free and day.isoweekday() <= 5)
    return is_usual and day not in _country(country)


@lru_cache(maxsize=64)
def _country(code: str) -> holidays.HolidayBase:
    return holidays.country_holidays(code)
