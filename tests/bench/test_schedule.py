from itertools import pairwise

from bench.schedule import NS_PER_S, at_random, evenly


def test_arrivals_at_equal_distances_do_not_drift() -> None:
    arrivals = evenly(3_000, 10)
    assert len(arrivals) == 30_000
    assert arrivals[0] == 0
    assert arrivals[3_000] == NS_PER_S
    assert arrivals[-1] < 10 * NS_PER_S
    steps = {after - before for before, after in pairwise(arrivals)}
    assert steps == {333_333, 333_334}


def test_random_arrivals_keep_their_rate_and_are_the_same_in_any_run() -> None:
    arrivals = at_random(2_000, 20, seed=1)
    assert arrivals == at_random(2_000, 20, seed=1) != at_random(2_000, 20, seed=2)
    assert list(arrivals) == sorted(arrivals)
    assert arrivals[0] > 0
    assert arrivals[-1] < 20 * NS_PER_S
    assert abs(len(arrivals) - 40_000) < 5 * 200  # Five standard deviations.
