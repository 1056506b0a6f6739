import random

import pytest

from orderguard.api.latencies import SLOT_S, SLOTS, Latencies


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, to be moved."""
    now = [1_000.0]
    monkeypatch.setattr("orderguard.api.latencies.time.monotonic", lambda: now[0])
    return now


def test_nothing_has_no_quantiles() -> None:
    assert Latencies().quantiles_ms(0.5, 0.99) == [None, None]


@pytest.mark.parametrize("seconds", [1e-9, 1e-5, 0.00049, 0.001, 0.8, 1.0, 12.5, 4_000.0])
def test_one_is_told_to_within_a_bucket(seconds: float) -> None:
    kept = Latencies()
    kept.add(seconds)
    (found,) = kept.quantiles_ms(0.5)
    assert found is not None
    assert max(seconds, 1e-6) * 1000 * 0.999 <= found + 0.001
    assert found <= max(seconds, 1e-6) * 1000 * 1.07 + 0.001


def test_quantiles_are_those_of_all_that_was_counted() -> None:
    kept, drawn = Latencies(), [random.Random(7).lognormvariate(-6, 1) for _ in range(5_000)]
    for seconds in drawn:
        kept.add(seconds)
    drawn.sort()
    for share, found in zip((0.5, 0.99), kept.quantiles_ms(0.5, 0.99), strict=True):
        assert found == pytest.approx(drawn[int(share * len(drawn))] * 1000, rel=0.08)


def test_what_is_over_a_minute_old_is_forgotten(at: list[float]) -> None:
    kept = Latencies()
    kept.add(5.0)
    at[0] += SLOT_S * (SLOTS - 1)
    kept.add(0.001)
    assert kept.quantiles_ms(1.0)[0] == pytest.approx(5_000, rel=0.07)
    at[0] += SLOT_S
    assert kept.quantiles_ms(1.0)[0] == pytest.approx(1, rel=0.07)
    at[0] += SLOT_S * SLOTS
    assert kept.quantiles_ms(1.0) == [None]
