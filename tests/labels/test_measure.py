"""Shares with their intervals, and what they say of a rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderguard.labels import (
    LABELLED_MIN,
    LabelCount,
    performance,
    should_retire,
    summed,
    wilson,
)

COUNTS = st.builds(LabelCount, st.integers(0, 500), st.integers(0, 500))


def test_the_interval_is_wilsons() -> None:
    found = wilson(10, 50)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.1124375, 0.3303708), abs=1e-6)
    assert wilson(0, 0) is None


@given(st.integers(0, 400), st.integers(1, 400))
def test_a_share_lies_within_its_interval(hits: int, of: int) -> None:
    found = wilson(min(hits, of), of)
    assert found is not None
    assert 0 <= found.low <= found.share + 1e-12
    assert found.share - 1e-12 <= found.high <= 1


def test_a_rule_that_finds_the_bad_is_many_times_better_than_chance() -> None:
    """The field's figures: 83 % of the orders under a shared payer came back, 12 % of all."""
    found = performance(LabelCount(83, 17), LabelCount(1_200, 8_800))
    assert found.precision is not None
    assert found.recall is not None
    assert found.lift is not None
    assert (found.precision.share, found.recall.share) == pytest.approx((0.83, 83 / 1_200))
    assert found.lift == pytest.approx(0.83 / 0.12)


def test_a_rule_whose_orders_turn_out_as_all_do_is_to_be_retired() -> None:
    everything = LabelCount(120, 880)
    assert should_retire(LabelCount(4, LABELLED_MIN), everything)
    assert not should_retire(LabelCount(0, LABELLED_MIN - 1), everything), "too few to tell"
    assert not should_retire(LabelCount(LABELLED_MIN, 4), everything)
    assert not should_retire(LabelCount(LABELLED_MIN, 4), LabelCount())


@given(st.lists(st.booleans(), max_size=20), COUNTS)
def test_what_is_counted_and_taken_back_leaves_nothing(
    moves: list[bool], start: LabelCount
) -> None:
    count = start
    for bad in moves:
        count = count.moved(bad=bad, by=1)
    for bad in moves:
        count = count.moved(bad=bad, by=-1)
    assert count == start
    assert summed([start, LabelCount(1, 2)]).labelled == start.labelled + 3
