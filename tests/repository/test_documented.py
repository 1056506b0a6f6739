"""Nothing that people meet is left unexplained, and no explanation outlives what it explains."""

import ast
import inspect
import re
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import FieldInfo, fields
from tests.repository.tree import ROOT, SOURCE, name

from orderguard import errors
from orderguard.domain import ports
from orderguard.domain.entities import Entity
from orderguard.domain.facts import FactKind
from orderguard.domain.library import FeatureKind
from orderguard.settings import Settings

CONCEPTS = (ROOT / "docs" / "concepts.md").read_text()
ADD_A_RULE = (ROOT / "docs" / "howto" / "add-a-rule.md").read_text()


def _classes(module: object) -> list[type]:
    found = inspect.getmembers(module, inspect.isclass)
    return [one for _, one in found if one.__module__ == getattr(module, "__name__", "")]


PORTS = [one for one in _classes(ports) if getattr(one, "_is_protocol", False)]
EXPECTED = [one for one in _classes(errors) if issubclass(one, errors.OrderGuardError)]
FLOWS = [path for path in sorted((SOURCE / "flows").glob("*.py")) if path.stat().st_size]


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_a_port_is_documented(port: type) -> None:
    methods = [one for key, one in vars(port).items() if inspect.isfunction(one) and key[0] != "_"]
    assert port.__doc__ or all(method.__doc__ for method in methods)


@pytest.mark.parametrize("error", EXPECTED, ids=lambda error: error.__name__)
def test_an_expected_failure_says_what_happened(error: type) -> None:
    assert error.__dict__.get("__doc__"), "a sentence for whoever meets it"


@pytest.mark.parametrize("path", FLOWS, ids=name)
def test_a_flow_says_its_story(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("word", [*FeatureKind, *Entity, *FactKind])
def test_a_word_of_the_rule_files_is_explained_to_analysts(word: str) -> None:
    assert f"`{word}`" in ADD_A_RULE


def test_each_word_of_the_glossary_stands_in_both_languages() -> None:
    rows = [row.strip("|").split("|") for row in CONCEPTS.splitlines() if row.startswith("|")]
    words = [cells for cells in rows if not re.fullmatch(r"[\s:-]+", cells[0])]
    assert len(words) > 40
    for word, chinese, *_ in words:
        assert word.strip()
        assert re.search(r"[\u4e00-\u9fff]", chinese), word


@pytest.mark.parametrize("section", fields(Settings), ids=lambda section: section.name)
def test_each_setting_has_a_default_and_says_what_it_does(section: FieldInfo) -> None:
    assert section.type.__doc__
    for field in fields(section.type):
        _, meta = get_args(field.type)
        assert meta.description, field.name
        assert not field.required, field.name
