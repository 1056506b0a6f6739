"""What people read of the server is made in both languages, where it is made."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from tests.repository.tree import SOURCE, name

from orderguard import errors
from orderguard.api.problems import status_of

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_REFUSALS = frozenset(
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and status_of(one) is not None
)
"""Failures that the API answers in words; what a provider says to an action stays its own."""
_ANSWERED = ("api", "flows", "settlement", "stores")
"""Folders whose refusals reach people by the API."""
_CONFIGURED = ("actions", "channels", "kit")
"""Folders that find settings wrong; what they say at work is another's, or the log's."""


def _code() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if not path.name.startswith("test_")]


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call of something that has a name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def _pair(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """English and Chinese of a call of Bilingual; None where it is made of other values."""
    named = {one.arg: one.value for one in call.keywords}
    if not call.args and "en" not in named:
        return None
    en, zh = call.args or (named["en"], named["zh"])
    return (en, zh) if _words(en) + _words(zh) else None


def _words(text: ast.expr) -> str:
    """What stands there itself, without the values that are filled in."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(str(one.value) for one in parts if isinstance(one, ast.Constant))


def _filled(text: ast.expr) -> list[ast.expr]:
    if isinstance(text, ast.Constant):
        return []
    parts = text.values if isinstance(text, ast.JoinedStr) else [ast.FormattedValue(text, -1)]
    return [one.value for one in parts if isinstance(one, ast.FormattedValue)]


def _names(text: ast.expr) -> set[str]:
    nodes = [node for value in _filled(text) for node in ast.walk(value)]
    names = (node.id for node in nodes if isinstance(node, ast.Name))
    return {re.sub("_(en|zh)$", "", one, flags=re.IGNORECASE) for one in names}


def _languages(text: ast.expr) -> set[str]:
    nodes = [node for value in _filled(text) for node in ast.walk(value)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} & {"en", "zh"}


_PAIRS = [
    (f"{name(path)}:{call.lineno}", *pair)
    for path in _code()
    for called, call in _calls(path)
    if called == "Bilingual" and (pair := _pair(call)) is not None
]


def test_both_texts_of_a_pair_say_the_same_in_their_language() -> None:
    assert len(_PAIRS) > 400, "this test has lost sight of them"
    for place, en, zh in _PAIRS:
        assert not _CHINESE.search(_words(en)), f"{place}: Chinese in the English"
        if _LETTERS.search(_words(en)):
            assert _CHINESE.search(_words(zh)), f"{place}: no Chinese"
        assert _names(en) == _names(zh), f"{place}: one language is told more than the other"
        assert "zh" not in _languages(en), f"{place}: the Chinese of a part in the English"
        assert "en" not in _languages(zh), f"{place}: the English of a part in the Chinese"


@pytest.mark.parametrize("folder", _ANSWERED)
def test_who_is_refused_is_told_in_both_languages(folder: str) -> None:
    _check_told(folder, _REFUSALS, at_least=10)


@pytest.mark.parametrize("folder", _CONFIGURED)
def test_settings_that_cannot_work_are_told_in_both_languages(folder: str) -> None:
    _check_told(folder, {"BadInput"}, at_least=8)


def _check_told(folder: str, refusals: Collection[str], *, at_least: int) -> None:
    told = 0
    for path in _code():
        for called, call in _calls(path) if path.is_relative_to(SOURCE / folder) else ():
            if called not in refusals:
                continue
            for text in (*call.args, *(one.value for one in call.keywords if one.arg == "hint")):
                told += 1
                is_plain = isinstance(text, ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp)
                assert not is_plain, f"{name(path)}:{text.lineno}: make it Bilingual"
    assert told > at_least, "this test has lost sight of them"
