"""Planted faults among healthy orders are found, told rightly, and nothing else is.

A kind whose rule is not in the library is skipped; as soon as the rule is there, it is judged.
"""

import os
from functools import reduce

import pytest
from bench.health_recognition import judged, side_by_side

from orderguard.simulate.health.score import Score, joined
from orderguard.simulate.health.truth import RULES, Kind

SEEDS, ORDERS = (range(1, 21), 50_000) if os.environ.get("ORDERGUARD_PROVE") else ((1,), 2_500)
RECALL_MIN = 0.99
FALSE_PER_1000_MAX = 1.0
CAUSES_RIGHT_MIN = 0.98


@pytest.fixture(scope="module")
def score() -> Score:
    if len(SEEDS) == 1:
        return judged(ORDERS, SEEDS[0])
    return reduce(joined, side_by_side(SEEDS, ORDERS, jobs=os.cpu_count() or 1))


@pytest.mark.parametrize("kind", Kind)
def test_what_is_wrong_is_found(score: Score, kind: Kind) -> None:
    assert kind in score.kinds, f"the library has no {RULES[kind]}"
    count = score.kinds[kind]
    assert count.planted >= 1
    assert count.recall >= RECALL_MIN, score.notes


def test_healthy_orders_are_left_alone(score: Score) -> None:
    assert score.healthy >= ORDERS * len(SEEDS)
    assert score.false_per_1000 <= FALSE_PER_1000_MAX, (score.false_alarms, score.notes)


def test_causes_are_right(score: Score) -> None:
    assert score.causes_right >= CAUSES_RIGHT_MIN, score.notes


def test_money_is_right_to_the_cent(score: Score) -> None:
    assert score.moneys_right == 1, score.notes
