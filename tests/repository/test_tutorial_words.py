"""The tutorial names what the page says: each word in bold is one of the workbench's own."""

import re

import pytest
from tests.browser.words import all_texts
from tests.repository.tree import ROOT

TUTORIAL = ROOT / "docs" / "tutorial" / "first-case-and-rule.md"
BOLD = re.compile(r"\*\*([^*]+)\*\*")
PLACE = re.compile(r" ?\(?\{\{\w+\}\}\)?")


@pytest.mark.parametrize("said", sorted(set(BOLD.findall(TUTORIAL.read_text("utf-8")))))
def test_what_the_tutorial_points_at_is_there(said: str) -> None:
    texts = {PLACE.sub("", text).casefold() for text in all_texts("en")}
    assert said.casefold() in texts
