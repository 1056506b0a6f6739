"""Limits in working hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from orderguard.domain.health import WorkHours
from orderguard.kit.clock import MS_PER_HOUR, rfc3339, to_ms
from orderguard.orders.working_time import after_working

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = WorkHours(zone="Asia/Shanghai", opens_min=9 * 60, closes_min=18 * 60, holidays="CN")


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-04T10:00", 2, "2026-03-04T12:00"),
        ("2026-03-04T17:00", 2, "2026-03-05T10:00"),
        ("2026-03-04T03:00", 1, "2026-03-04T10:00"),
        # Friday evening to Monday morning.
        ("2026-03-06T17:30", 1, "2026-03-09T09:30"),
        # The National Day week is free, and the Saturday after it is worked.
        ("2026-09-30T17:00", 2, "2026-10-08T10:00"),
        ("2026-10-09T17:00", 2, "2026-10-10T10:00"),
    ],
)
def test_only_working_time_counts(start: str, hours: int, end: str) -> None:
    due = after_working(at(start), hours * MS_PER_HOUR, OFFICE)
    assert rfc3339(due) == rfc3339(at(end))


def test_what_comes_after_the_cut_off_counts_from_the_next_opening() -> None:
    early = WorkHours(zone="Asia/Shanghai", opens_min=540, closes_min=1080, cutoff_min=960)
    assert after_working(at("2026-03-04T15:59"), MS_PER_HOUR, early) == at("2026-03-04T16:59")
    assert after_working(at("2026-03-04T16:01"), MS_PER_HOUR, early) == at("2026-03-05T10:00")


def test_other_countries_have_their_own_holidays() -> None:
    berlin = WorkHours(zone="Europe/Berlin", opens_min=480, closes_min=960, holidays="DE")
    before = to_ms(datetime(2026, 4, 2, 15, tzinfo=ZoneInfo("Europe/Berlin")))
    after = to_ms(datetime(2026, 4, 7, 9, tzinfo=ZoneInfo("Europe/Berlin")))
    assert after_working(before, 2 * MS_PER_HOUR, berlin) == after, (
        "Easter is from Friday to Monday"
    )


def test_a_year_that_no_table_knows_has_its_weekends() -> None:
    assert after_working(at("2033-10-03T10:00"), MS_PER_HOUR, OFFICE) == at("2033-10-03T11:00")


def test_without_hours_all_time_counts() -> None:
    assert after_working(5, 7, None) == 12
