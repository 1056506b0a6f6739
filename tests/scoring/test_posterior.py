"""What labels make of a belief."""

import math

from hypothesis import given
from hypothesis import strategies as st

from orderguard.domain.library import Prior
from orderguard.kit.clock import MS_PER_DAY
from orderguard.scoring import Posterior, observe, probability
from orderguard.scoring.posterior import HALF_LIFE_MS

START_MS = 1_794_326_400_000
PRIOR = Prior(bad=0.2, weight=20, source="a test")

labels = st.lists(
    st.tuples(st.booleans(), st.integers(START_MS, START_MS + 900 * MS_PER_DAY)), max_size=30
)


def after(some: list[tuple[bool, int]], posterior: Posterior | None = None) -> Posterior:
    posterior = posterior or Posterior()
    for bad, at in some:
        posterior = observe(posterior, bad=bad, at=at)
    return posterior


def test_without_labels_the_prior_stands() -> None:
    assert probability(PRIOR, None) == 0.2
    assert probability(PRIOR, Posterior()) == 0.2


def test_labels_count_as_many_as_the_weight_of_the_prior() -> None:
    twenty_bad = after([(True, START_MS)] * 20)
    assert probability(PRIOR, twenty_bad) == (4 + 20) / 40


def test_a_label_loses_half_its_weight_in_a_half_life() -> None:
    posterior = after([(True, START_MS), (False, START_MS + HALF_LIFE_MS)])
    assert (posterior.bad, posterior.good) == (0.5, 1.0)


def test_a_late_label_weighs_as_if_it_had_come_in_time() -> None:
    early, late = (True, START_MS), (False, START_MS + HALF_LIFE_MS)
    in_time, reversed_ = after([early, late]), after([late, early])
    assert reversed_ == in_time
    assert reversed_.at == START_MS + HALF_LIFE_MS, "time never goes back"


@given(labels, st.randoms(use_true_random=False))
def test_labels_in_any_order_tell_the_same(some: list[tuple[bool, int]], rng: object) -> None:
    mixed = list(some)
    rng.shuffle(mixed)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random.
    one, other = after(some), after(mixed)
    assert one.at == other.at
    assert math.isclose(one.bad, other.bad, abs_tol=1e-9)
    assert math.isclose(one.good, other.good, abs_tol=1e-9)


@given(labels, st.floats(0.001, 0.999), st.floats(0.1, 1000))
def test_a_belief_is_never_certain(some: list[tuple[bool, int]], bad: float, weight: float) -> None:
    prior = Prior(bad=bad, weight=weight, source="a test")
    assert 0 < probability(prior, after(some)) < 1


@given(labels, st.integers(START_MS, START_MS + 900 * MS_PER_DAY))
def test_a_bad_label_raises_a_belief_and_a_good_one_lowers_it(
    some: list[tuple[bool, int]], at: int
) -> None:
    now = max([at, *(label_at for _, label_at in some)])
    posterior = after(some)
    # Time alone moves a belief back to its prior, so both are compared at one instant.
    bad, good = (observe(posterior, bad=is_bad, at=now) for is_bad in (True, False))
    assert probability(PRIOR, bad) > probability(PRIOR, good)


@given(st.integers(1, 9))
def test_a_belief_converges_to_what_is_observed(tenths: int) -> None:
    daily = [(number % 10 < tenths, START_MS + number * 60_000) for number in range(5_000)]
    assert math.isclose(probability(PRIOR, after(daily)), tenths / 10, abs_tol=0.01)


def test_a_rule_is_judged_by_what_it_did_lately() -> None:
    once_bad = [(True, START_MS)] * 1_000
    lately_good = [(False, START_MS + 10 * HALF_LIFE_MS)] * 100
    assert probability(PRIOR, after(once_bad)) > 0.9
    assert probability(PRIOR, after([*once_bad, *lately_good])) < 0.1
