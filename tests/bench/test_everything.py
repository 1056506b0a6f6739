"""The page of results, and the list of scripts."""

import importlib
import re

import pytest
from bench.everything import SCRIPTS, page
from bench.figures import ROOT, Budget, Figure, Line, Plot, Report, Table

ABOUT_FINDING = ("recognition", "live_streams", "health_recognition")
"""They measure what is recognised; docs/reference/recognition.md has their figures."""
FIGURE = Figure(name="cost", unit="us", values=(1, 2, 3))
PLOT = Plot(
    name="cost",
    title="Cost",
    x_label="events",
    y_label="us",
    lines=(Line(name="all", x=(1, 2), y=(1, 2), colour=0),),
)


def test_the_page_names_each_budget_and_leads_to_its_section() -> None:
    reports = [
        Report(
            script=f"script_{number}",
            title=f"Memory of {number},000 (key, feature)",
            when="Measured now.",
            budgets=(Budget(what="a pair", figure=FIGURE, limit=number),),
            figures=(FIGURE,),
            tables=(Table(title="By kind:", head=("kind", "us"), rows=(("count", "1"),)),),
            plots=(PLOT,),
        )
        for number in (1, 2)
    ]
    text = page(reports, is_quick=True)
    assert "1 of 2 budgets are met" in text
    assert "first look" in text
    assert "first look" not in page(reports, is_quick=False)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [report.title for report in reports]
    anchors = {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert set(links) == anchors
    assert text.count("![Cost](cost.svg)") == 2
    assert text.count("- Measured now.") == 2


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_is_there_and_on_the_page_of_the_folder(script: str) -> None:
    module = importlib.import_module(f"bench.{script}")
    assert callable(module.main)
    assert module.__doc__
    assert f"-m bench.{script} " in (ROOT / "bench" / "README.md").read_text()


def test_all_scripts_with_budgets_are_run() -> None:
    own = {"everything", "echo", "crowd", *ABOUT_FINDING}
    found = {
        path.stem
        for path in (ROOT / "bench").glob("*.py")
        if "def main()" in path.read_text() and path.stem not in own
    }
    assert found == set(SCRIPTS)
