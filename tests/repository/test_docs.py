"""What the pages promise is there: links, commands, targets, both languages, the reference."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from tests.repository.tree import ROOT, files, name

from orderguard.cli import main as command_line

PAGES = files(".md")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"^(?:\$ )?make ((?:[a-z]+(?:-[a-z]+)*\s?)+)")
ORDERGUARD = re.compile(r"^(?:\$ |\.venv/bin/)?orderguard ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*)\b)?")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _build_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "scripts" / "build_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def _commands(page: Path) -> Iterator[str]:
    """Every line of code in a page."""
    for block, inline in CODE.findall(page.read_text()):
        yield from (block or inline).splitlines()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_commands_exist(page: Path) -> None:
    assert isinstance(command_line, click.Group)
    context = click.Context(command_line)
    missing = []
    for line in _commands(page):
        if named := MAKE.match(line):
            missing += [target for target in named[1].split() if target not in TARGETS]
        if named := ORDERGUARD.match(line):
            command = command_line.get_command(context, named[1])
            if isinstance(command, click.Group) and named[2]:
                command = command.get_command(context, named[2])
            missing += [] if command else [line]
    assert not missing


def test_the_first_two_commands_of_the_readme_are_the_same_in_both_languages() -> None:
    first = [next(iter(CODE.findall(page.read_text())))[0] for page in READMES]
    assert first[0] == first[1]
    assert first[0] == "make demo\nmake test\n"


def test_the_readme_says_the_same_in_both_languages() -> None:
    shapes = [re.findall(r"^(#+ |```|\| ---)", page.read_text(), re.MULTILINE) for page in READMES]
    assert shapes[0] == shapes[1]
    links = [{link.lower() for link in LINK.findall(page.read_text())} for page in READMES]
    assert links[0] ^ links[1] == {"readme.md", "readme.zh-cn.md"}


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_says_why_what_follows_and_what_else_there_was(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert page.read_text().startswith(f"# {page.name[:4]} ")
    assert f"({page.name})" in (page.parent / "README.md").read_text()


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    versions = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", one) for one in versions[1:])


def test_the_reference_is_up_to_date() -> None:
    folder = ROOT / "docs" / "reference"
    build_docs = _build_docs()
    found = {page.name: page.read_text() for page in folder.glob("*.md")}
    by_hand = {name: found.pop(name) for name in build_docs.BY_HAND}
    assert found == build_docs.pages(), "run `make docs`"
    assert all(by_hand.values())


def test_the_pages_that_connect_channels_are_up_to_date() -> None:
    folder = ROOT / "docs" / "howto"
    found = {page.name: page.read_text() for page in folder.glob("connect-*.md")}
    assert found == _build_docs().connect_pages(), "run `make docs`"


def test_each_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    told = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE)) == told
