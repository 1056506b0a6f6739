import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderguard.kit.clock import ManualClock, SystemClock, from_ms, rfc3339, to_ms

INSTANTS_MS = st.integers(0, 4_102_444_800_000)  # To the year 2100.


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(5)
    assert (clock.now_ms(), clock.now_ms()) == (5, 5)
    clock.advance(10)
    assert clock.now_ms() == 15


def test_the_system_clock_counts_milliseconds_since_the_epoch() -> None:
    assert abs(SystemClock().now_ms() - time.time() * 1_000) < 1_000


@given(INSTANTS_MS)
def test_a_millisecond_survives_the_way_there_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
    assert to_ms(datetime.fromisoformat(rfc3339(ms))) == ms


def test_an_instant_is_the_same_in_every_zone() -> None:
    moment = datetime(2026, 11, 11, 0, 0, 7, 120_000, tzinfo=timezone(timedelta(hours=8)))
    assert to_ms(moment) == to_ms(moment.astimezone(UTC)) == 1_794_326_407_120


@pytest.mark.parametrize(("microsecond", "ms"), [(120_499, 120), (120_501, 121), (999_600, 1_000)])
def test_microseconds_are_rounded(microsecond: int, ms: int) -> None:
    assert to_ms(datetime(1970, 1, 1, microsecond=microsecond, tzinfo=UTC)) == ms


def test_instants_are_shown_at_plus_8_with_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("UTC", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert rfc3339(1_794_326_407_120) == "2026-11-11T00:00:07.120+08:00"
        assert rfc3339(0) == "1970-01-01T08:00:00.000+08:00"
    monkeypatch.undo()
    time.tzset()
