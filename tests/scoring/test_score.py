"""The algebra of scores."""

from hypothesis import assume, given
from hypothesis import strategies as st

from orderguard.scoring import BASE_RATE, Evidence, score

groups = st.sampled_from(["velocity", "identity", "payment", "device", "script"])
chances = st.floats(0, 1, allow_nan=False)
evidence = st.builds(Evidence, groups, chances)
speaking_against = st.builds(Evidence, groups, st.floats(BASE_RATE, 1))
evidences = st.lists(evidence, max_size=12)


def test_no_evidence_is_no_risk() -> None:
    assert score([]) == 0


@given(st.floats(0.0, 1.0))
def test_one_word_is_its_own_probability(chance: float) -> None:
    assert abs(score([Evidence("one", chance)]) - 100 * chance) <= 0.5 + 1e-3


@given(st.lists(evidence, max_size=400))
def test_a_score_lies_between_0_and_100(some: list[Evidence]) -> None:
    assert 0 <= score(some) <= 100


@given(chances)
def test_hundreds_of_groups_that_agree_do_not_overflow(chance: float) -> None:
    many = [Evidence(str(number), chance) for number in range(500)]
    assert 0 <= score(many) <= 100


@given(evidences, st.randoms(use_true_random=False))
def test_the_order_of_the_words_does_not_count(some: list[Evidence], rng: object) -> None:
    mixed = list(some)
    rng.shuffle(mixed)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random.
    assert score(mixed) == score(some)


@given(evidences, evidence)
def test_within_a_group_the_strongest_counts(some: list[Evidence], one: Evidence) -> None:
    weaker = Evidence(one.group, one.probability / 2)
    assert score([*some, one, weaker]) == score([*some, one])
    assert score([*some, one, one]) == score([*some, one])


@given(evidences, speaking_against)
def test_what_speaks_against_an_order_never_lowers_its_score(
    some: list[Evidence], one: Evidence
) -> None:
    assert score([*some, one]) >= score(some)


@given(evidences, evidence, chances)
def test_stronger_words_never_lower_a_score(
    some: list[Evidence], one: Evidence, chance: float
) -> None:
    assume(chance >= one.probability)
    assert score([*some, Evidence(one.group, chance)]) >= score([*some, one])


def test_a_group_that_turns_out_better_than_the_average_speaks_for_the_order() -> None:
    doubtful, harmless = Evidence("payment", 0.4), Evidence("amount", 0.01)
    assert score([doubtful, harmless]) < score([doubtful])
    assert score([doubtful, Evidence("amount", BASE_RATE)]) == score([doubtful])


def test_two_groups_tell_more_than_one() -> None:
    low, far = Evidence("amount", 0.15), Evidence("identity", 0.2)
    assert score([low]) == 15
    assert score([far]) == 20
    # Odds 0.15/0.85 and 0.2/0.8 against 0.05/0.95 multiply: 0.838 to 1.
    assert score([low, far]) == 46
