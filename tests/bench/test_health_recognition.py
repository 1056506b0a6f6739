from pathlib import Path

import pytest
from bench.health_recognition import BEGIN, END, PAGE, limits, text_of, write_between

from orderguard.simulate.health.score import Count, Score
from orderguard.simulate.health.truth import Kind


def score(count: Count, false: int = 0) -> Score:
    kinds = {Kind.NO_TRACE: Count(100, 100, 100, 100), Kind.SETTLEMENT_SHORT: count}
    false_alarms = {"sync.status_mismatch": false} if false else {}
    return Score(kinds=kinds, false_alarms=false_alarms, healthy=1_000, notes=[])


RIGHT = Count(100, 99, 99, 97, 99, 99)


def test_all_limits_are_met() -> None:
    assert all(limit.is_met for limit in limits(score(RIGHT, false=1)))


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        (score(Count(100, 98, 98, 98, 98, 98)), "found, of the kind that is found least"),
        (score(RIGHT, false=2), "false alarms for a healthy order"),
        (score(Count(100, 99, 99, 94, 99, 99)), "causes right"),
        (score(Count(100, 99, 99, 99, 99, 98)), "money right to the cent"),
    ],
)
def test_each_limit_can_fail(found: Score, broken: str) -> None:
    assert [limit.what for limit in limits(found) if not limit.is_met] == [broken]
    assert text_of(found, 1, 1_000).count("NOT MET") == 1


def test_the_tables_tell_every_kind() -> None:
    text = text_of(score(RIGHT, false=1), 1, 1_000)
    assert all(f"`{kind}`" in text for kind in Kind)
    assert text.count("no such rule") == len(Kind) - 2
    assert "1.000" in text


def test_a_page_keeps_all_but_what_is_between(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_between(page, BEGIN, END, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert BEGIN in PAGE.read_text()
    assert END in PAGE.read_text()
