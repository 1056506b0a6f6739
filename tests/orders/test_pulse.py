"""What is far from usual, by counts alone."""

from math import inf

import pytest

from orderguard.orders.pulse import (
    FINE,
    Known,
    PendingTerms,
    Reading,
    ShippingTerms,
    Slot,
    State,
    SurgeTerms,
    pending,
    read,
    shipping,
    surge,
    surge_limits,
    unlikely,
    unlikely_share,
)

SURGE = SurgeTerms(factor=3, least=15, unlikely=12)
SHIPPING = ShippingTerms(share=0.6, least=20, unlikely=8)
PENDING = PendingTerms(share=0.5, least=10, unlikely=9)


def reading(
    placed: int = 10, shipped: int = 40, work: int = 80, cohort: tuple[int, int] = (40, 38)
) -> Reading:
    """The same in every window."""
    return Reading(0, (placed,) * 3, (shipped,) * 4, work, (work,) * 4, (cohort,) * 4)


def usual(*days: Reading, weekly: tuple[Reading, ...] | None = None) -> Known:
    return Known(days, days[:1] if weekly is None else weekly)


WEEK = usual(*(reading() for _ in range(7)))


def test_chance_makes_what_is_expected_and_hardly_four_times_as_many() -> None:
    assert unlikely(5, 5.0) == 0
    assert unlikely(20, 5.0) > 12 > unlikely(15, 5.0)
    assert unlikely(0, 9.0) == 9
    assert unlikely_share(5, 10, 0.5) == 0
    assert unlikely_share(10, 10, 0.1) == pytest.approx(23.03, abs=0.01)


def test_a_sale_without_figures_has_no_limit_and_one_with_figures_only_over_the_hour() -> None:
    assert [limit for _, limit in surge_limits(SURGE, WEEK, [None] * 3)] == [inf] * 3
    short, half, hour = surge_limits(SURGE, WEEK, [5.0, 10.0, 20.0])
    assert short[1] == half[1] == inf
    assert hour[0] == 30
    assert hour[1] >= 90


def test_the_same_weekday_makes_a_busy_hour_usual() -> None:
    known = usual(*(reading() for _ in range(7)), weekly=(reading(placed=60),))
    limits = surge_limits(SURGE, known, [0.0] * 3)
    assert surge((100,) * 3, limits) is FINE
    alone = surge_limits(SURGE, WEEK, [0.0] * 3)
    assert surge((100,) * 3, alone).state is State.FAULTY


def test_shipping_is_low_by_what_is_usual_and_by_what_there_is_to_ship() -> None:
    assert shipping(SHIPPING, reading(shipped=12), WEEK).state is State.FAULTY
    assert shipping(SHIPPING, reading(shipped=36), WEEK) is FINE
    # Half of the usual, and half as many orders wait.
    assert shipping(SHIPPING, reading(shipped=20, work=40), WEEK) is FINE
    # Ten times as many wait after a sale: the warehouse sends what it can.
    assert shipping(SHIPPING, reading(shipped=40, work=800), WEEK) is FINE


def test_a_day_on_which_the_warehouse_rests_expects_nothing() -> None:
    known = usual(*(reading() for _ in range(6)), weekly=(reading(shipped=0),))
    assert shipping(SHIPPING, reading(shipped=0), known).state is State.UNCLEAR


def test_many_unpaid_orders_count_by_what_is_usual_in_the_shop() -> None:
    assert pending(PENDING, reading(cohort=(40, 10)), WEEK).state is State.FAULTY
    assert pending(PENDING, reading(cohort=(40, 36)), WEEK) is FINE
    on_account = usual(*(reading(cohort=(40, 8)) for _ in range(7)))
    found = pending(PENDING, reading(cohort=(40, 6)), on_account)
    assert found.state is not State.FAULTY


def test_a_reading_adds_up_its_windows_from_the_newest_slot_back() -> None:
    slots = [Slot(number, 1, 1, 2, 3) for number in range(127)]
    found = read(126, slots, 5, (7, -1, 7, 7))
    assert found.placed == (1, 2, 4)
    assert found.shipped == (16, 32, 64, 192)
    assert found.work == (7 + 24, -1, 7 + 96, 7 + 288)
    assert found.cohorts == ((4, 4), (8, 8), (12, 12), (96, 96))
