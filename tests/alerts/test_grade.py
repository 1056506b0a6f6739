from hypothesis import given
from hypothesis import strategies as st

from orderguard.alerts import band, grade
from orderguard.domain.alerts import Severity

scores = st.integers(0, 100)
severities = st.sampled_from(list(Severity))


def test_the_bands_are_those_of_the_handbook() -> None:
    edges = {0: "info", 14: "info", 15: "low", 59: "low", 60: "medium", 89: "medium", 90: "high"}
    assert {score: str(band(score)) for score in edges} == edges
    assert band(100) is Severity.HIGH, "critical is never a matter of score"


@given(severities, scores, scores)
def test_a_grade_is_the_greater_of_both_and_rises_with_the_score(
    floor: Severity, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    assert grade(floor, low).rank == max(floor.rank, band(low).rank)
    assert grade(floor, low).rank <= grade(floor, high).rank
