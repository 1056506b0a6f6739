"""A condition and its form cards say the same; the workbench prints cards exactly as we do."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderguard.app import PACKAGED_LIBRARY, read_library
from orderguard.rules import Cards, CardTest, Cel, cards, load_library, printed
from orderguard.rules.syntax import parse

SHARED = Path(__file__).parents[2] / "workbench/src/features/rules/fixtures/cards.json"
PAIRS: list[dict[str, Any]] = json.loads(SHARED.read_text("utf-8"))


def meaning(text: str) -> str:
    """The tree of a condition, wherever its parts stand and however its literals are written."""
    return re.sub(r"at=\d+, |, written=('[^']*'|\"[^\"]*\")", "", repr(parse(text).tree))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["text"][:40])
def test_what_the_workbench_is_held_to_is_what_we_do(pair: dict[str, Any]) -> None:
    shown = cards(pair["text"])
    assert json.loads(msgspec.json.encode(shown)) == pair["cards"]
    assert printed(msgspec.convert(pair["cards"], Cards)) == pair["text"]


def test_nothing_of_any_condition_is_lost() -> None:
    rules = load_library(read_library(PACKAGED_LIBRARY)).rules
    for text in (condition for rule in rules for condition in rule.conditions):
        shown = cards(text)
        assert shown is not None
        assert meaning(printed(shown)) == meaning(text)


def test_what_no_card_can_show_stays_text() -> None:
    shown = cards("order.discount > 0.5 * order.amount && buyer.is_new")
    assert shown is not None
    assert shown.when.items == (
        Cel("order.discount > (0.5 * order.amount)"),
        CardTest("buyer.is_new", "isTrue"),
    )


def test_what_cannot_be_read_has_no_cards() -> None:
    assert cards("order.amount >") is None


def test_a_last_exception_is_told_apart() -> None:
    shown = cards("order.amount > 5.0 && !(lists.blocked || buyer.is_new)")
    assert shown is not None
    assert shown.unless is not None
    assert (shown.unless.joiner, len(shown.unless.items)) == ("any", 2)
    assert len(shown.when.items) == 1
