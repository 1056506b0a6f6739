import math
from pathlib import Path

import pytest
from bench.figures import Budget, Figure, Report, finish, kept, percentile, shown, text_of
from msgspec.structs import replace

from bench import figures


def figure(*values: float) -> Figure:
    return Figure(name="cost", unit="us", values=values)


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_nothing_measured_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_a_budget_is_judged_by_its_median() -> None:
    most = Budget(what="cost", figure=figure(1, 3, 100), limit=3)
    assert most.is_met
    assert most.ratio == 1
    assert not Budget(what="cost", figure=figure(1, 4, 4), limit=3).is_met
    assert Budget(what="rate", figure=figure(9, 2, 2), limit=2, at_least=True).is_met
    assert not Budget(what="rate", figure=figure(9, 1, 1), limit=2, at_least=True).is_met


def test_nothing_measured_meets_no_budget() -> None:
    nothing = figure(math.nan)
    assert not Budget(what="cost", figure=nothing, limit=3).is_met
    assert not Budget(what="rate", figure=nothing, limit=3, at_least=True).is_met


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01234, "0.0123"), (1.5, "1.5"), (99.94, "99.9"), (150.4, "150"), (12345.6, "12,346")],
)
def test_numbers_are_shown_with_the_digits_that_count(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_report_is_printed_kept_and_strict_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(figures, "RESULTS", tmp_path / "results")
    missed = Budget(what="cost", figure=figure(4), limit=3)
    report = Report(script="one", title="One", budgets=(missed,), figures=(figure(4, 5),))
    finish(report, strict=False)
    found = kept("one")
    assert found is not None
    assert found.when.startswith("Measured 20")
    assert replace(found, when="") == report
    assert text_of(found) in capsys.readouterr().out
    assert kept("another") is None
    with pytest.raises(SystemExit) as left:
        finish(report, strict=True)
    assert left.value.code == 1


def test_what_could_not_be_measured_is_kept_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    finish(Report(script="one", title="One", figures=(figure(math.nan),)), strict=True)
    found = kept("one")
    assert found is not None
    assert math.isnan(found.figures[0].median)
    assert "none us" in text_of(found)
