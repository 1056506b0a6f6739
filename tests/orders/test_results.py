"""Counts and the figures made of them."""

from decimal import Decimal

import pytest

from orderguard.orders.goals import MEASURES, Goal
from orderguard.orders.results import (
    Counted,
    Known,
    added_by_order,
    bucket_of,
    difference,
    figures_of,
    length_of,
    money_of,
    post,
    quantile,
    result_slot,
    units_of,
)


def test_lengths_are_told_within_six_percent() -> None:
    buckets = [bucket_of(length) for length in range(200_000)]
    assert buckets == sorted(buckets)
    for length in (*range(20), 100, 999, 86_400, 1_000_000_007):
        assert length_of(bucket_of(length)) == pytest.approx(length, rel=0.0625)


def test_a_median_is_that_of_the_counts() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({bucket_of(3): 1, bucket_of(5): 2}, 0.5) == 5.0
    assert quantile({bucket_of(3): 2, bucket_of(5): 1}, 0.5) == 3.0
    assert quantile({bucket_of(3): 99, bucket_of(7): 1}, 0.95) == 3.0


@pytest.mark.parametrize("text", ["0.00", "999.00", "0.01", "123456789012.34"])
def test_money_survives_being_counted(text: str) -> None:
    assert money_of(units_of(Decimal(text))) == Decimal(text)


def test_what_changes_is_posted_and_what_comes_to_nothing_is_gone() -> None:
    cell = {"a": 1, "b": 2}
    change = difference({"a": 1, "b": 2}, {"b": 5, "c": 1})
    assert change == {"a": -1, "b": 3, "c": 1}
    post(cell, change)
    assert cell == {"b": 5, "c": 1}
    assert difference(cell, cell) == {}


def test_that_an_order_was_held_stays_true() -> None:
    held = added_by_order(Known(is_flagged=True, is_held=True), {})
    assert held[Counted.HELD] == 1
    assert added_by_order(Known(is_flagged=True), held)[Counted.HELD] == 1
    assert Counted.HELD not in added_by_order(Known(is_flagged=True), {})


def test_an_order_counts_where_it_was_placed_but_not_in_the_future() -> None:
    quarter = 900_000
    assert result_slot(5 * quarter, 7 * quarter) == 5
    assert result_slot(9 * quarter, 7 * quarter + 1) == 7


def test_nothing_has_no_shares() -> None:
    nothing = figures_of({})
    assert (nothing.orders, nothing.recognised, nothing.complaint_share) == (0, None, None)
    assert nothing.loss_avoided == {}


def test_a_goal_is_met_by_its_own_sense() -> None:
    more, less = Goal(is_more=True, value=0.96), Goal(is_more=False, value=0.09)
    assert [more.is_met(value, None) for value in (0.97, 0.96, None)] == [True, False, None]
    assert [less.is_met(value, None) for value in (0.08, 0.09)] == [True, False]
    third = Goal(is_more=False, times=0.3)
    assert (third.is_met(2.0, None), third.is_met(2.0, 10.0)) == (None, True)


def test_each_metric_has_a_name_of_its_own() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
