"""What is remembered of an entity, and how it grades the next hit."""

from hypothesis import given
from hypothesis import strategies as st

from orderguard.domain.alerts import Severity
from orderguard.profiles import LINKS_MAX, Outcome, ProfileKind, forgotten, graded, remembered

OUTCOMES = st.builds(
    Outcome,
    bad=st.booleans(),
    source=st.sampled_from(["case", "dispute", "return"]),
    first_at=st.integers(0, 500),
    last_at=st.integers(500, 1_000),
)
BAD = Outcome(bad=True, source="case", first_at=10, last_at=20)
GOOD = Outcome(bad=False, source="case", first_at=5, last_at=30)


def test_a_profile_counts_what_came_of_its_orders() -> None:
    first = remembered(None, BAD, {ProfileKind.DEVICE: "d1"})
    both = remembered(first, GOOD, {ProfileKind.DEVICE: "d2", ProfileKind.PAYER: "p"})
    assert (both.orders, both.confirmed_bad, both.confirmed_good) == (2, 1, 1)
    assert (both.first_seen, both.last_seen) == (5, 30)
    assert both.sources == {"case": 2}
    assert both.links == {"device": ("d1", "d2"), "payer": ("p",)}


def test_links_are_the_newest() -> None:
    profile = remembered(None, BAD, {})
    for number in range(LINKS_MAX + 5):
        profile = remembered(profile, BAD, {ProfileKind.BUYER: f"b{number}"})
    profile = remembered(profile, BAD, {ProfileKind.BUYER: "b10"})
    assert len(profile.links["buyer"]) == LINKS_MAX
    assert profile.links["buyer"][-2:] == (f"b{LINKS_MAX + 4}", "b10")


@given(st.lists(OUTCOMES, min_size=1, max_size=6), OUTCOMES)
def test_what_is_taken_back_leaves_the_counts_as_they_were(
    outcomes: list[Outcome], taken_back: Outcome
) -> None:
    profile = None
    for outcome in outcomes:
        profile = remembered(profile, outcome, {})
    assert profile is not None
    after = forgotten(remembered(profile, taken_back, {}), taken_back)
    assert after is not None
    assert (after.orders, after.confirmed_bad, after.confirmed_good, after.sources) == (
        profile.orders,
        profile.confirmed_bad,
        profile.confirmed_good,
        profile.sources,
    )


@given(OUTCOMES)
def test_nothing_is_left_of_a_profile_without_orders(outcome: Outcome) -> None:
    assert forgotten(remembered(None, outcome, {}), outcome) is None


def test_a_bad_past_grades_up_to_high_at_most() -> None:
    bad = {ProfileKind.DEVICE: 1}
    assert graded(Severity.LOW, bad, {}, ["buyer"]) is Severity.MEDIUM
    assert graded(Severity.HIGH, bad, {}, ["buyer"]) is Severity.HIGH
    assert graded(Severity.CRITICAL, bad, {}, ["buyer"]) is Severity.CRITICAL
    assert graded(Severity.LOW, bad, {ProfileKind.DEVICE: 2}, ["buyer"]) is Severity.LOW


def test_a_good_past_of_whom_it_is_about_grades_down_to_low_at_least() -> None:
    good = {ProfileKind.DEVICE: 3}
    assert graded(Severity.HIGH, {}, good, ["device"]) is Severity.MEDIUM
    assert graded(Severity.LOW, {}, good, ["device"]) is Severity.LOW
    assert graded(Severity.HIGH, {}, good, ["payer"]) is Severity.HIGH, "somebody else's past"
    assert graded(Severity.CRITICAL, {}, good, ["device"]) is Severity.CRITICAL
    assert graded(Severity.HIGH, {ProfileKind.BUYER: 1}, good, ["device"]) is Severity.HIGH


def test_a_network_segment_speaks_for_nobody() -> None:
    segment = {ProfileKind.SEGMENT: 4}
    assert graded(Severity.LOW, segment, {}, ["segment"]) is Severity.LOW
    assert graded(Severity.HIGH, {}, segment, ["segment"]) is Severity.HIGH
