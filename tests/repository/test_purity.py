"""What decides, computes only: no I/O, no clock, no chance. Time and chance come as arguments."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.repository.tree import SOURCE, name

PURE_PARTS = (
    "domain",
    "orders",
    "stock",
    "settlement",
    "features",
    "rules",
    "scoring",
    "alerts",
    "responses",
    "cases",
    "profiles",
    "labels",
)

COMPUTES_ONLY = frozenset(
    {
        *("abc", "array", "bisect", "builtins", "collections", "contextlib", "copy"),
        *("dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools"),
        *("graphlib", "hashlib", "heapq", "hmac", "importlib", "itertools", "json", "keyword"),
        *("math", "numbers", "operator", "re", "statistics", "string", "struct", "textwrap"),
        *("types", "typing", "typing_extensions", "unicodedata", "zlib", "zoneinfo"),
        *("msgspec", "orderguard"),
    }
)
"""Modules that touch nothing outside the interpreter; any other is refused until it stands here."""

CALENDARS = {"orders": frozenset({"chinese_calendar", "holidays"})}
"""Public holidays as tables: they read nothing but themselves."""

PARSES = {"rules": frozenset({"celpy", "lark", "pathlib", "yaml"})}
"""What a part may import besides, to read the text that it is given and its own grammar."""

EFFECTS_OF_KIT = frozenset({"SystemClock", "random_token", "Keyring"})
EFFECTFUL_NAMES = frozenset({"breakpoint", "input", "open", "print"})
CLOCKS = frozenset({"now", "today", "utcnow", "time_ns", "monotonic", "perf_counter"})

Place = tuple[int, str]


def _files(part: str) -> list[Path]:
    return sorted(path for path in (SOURCE / part).rglob("*.py") if _is_code(path))


def _is_code(path: Path) -> bool:
    return not path.name.startswith("test_")


def effects(tree: ast.AST, allowed: frozenset[str]) -> Iterator[Place]:
    """Each place in a module that may touch the world, with what it names."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=imported):
                found = [one.name for one in imported if _top(one.name) not in allowed]
            case ast.ImportFrom(module=str(module), level=0, names=imported):
                taken = [one.name for one in imported]
                found = [f"{module}.{one}" for one in taken if one in EFFECTS_OF_KIT]
                found += [module] if _top(module) not in allowed else []
            case ast.Name(id=called) if called in EFFECTFUL_NAMES:
                found = [called]
            case ast.Call(func=ast.Attribute(attr=method)) if method in CLOCKS:
                found = [method]
            case _:
                continue
        yield from ((node.lineno, one) for one in found)


def _top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("part", [part for part in PURE_PARTS if (SOURCE / part).is_dir()])
def test_a_part_that_decides_computes_only(part: str) -> None:
    allowed = COMPUTES_ONLY | PARSES.get(part, frozenset()) | CALENDARS.get(part, frozenset())
    found = [
        f"{name(path)}:{line} {what}"
        for path in _files(part)
        for line, what in effects(ast.parse(path.read_text()), allowed)
    ]
    assert not found, "take it as an argument, or do it in a flow"


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path",
        "from random import choice",
        "def f():\n    import socket",
        "import datetime as dt\nat = dt.datetime.now(dt.UTC)",
        "from datetime import date\nday = date.today()",
        "text = open('x').read()",
        "reader = open",
        "from orderguard.kit.clock import SystemClock",
        "from orderguard.kit.ids import random_token",
    ],
)
def test_an_effect_is_found(text: str) -> None:
    assert list(effects(ast.parse(text), COMPUTES_ONLY))


@pytest.mark.parametrize(
    "text",
    [
        "from orderguard.kit.clock import MS_PER_DAY, to_ms",
        "from datetime import UTC, datetime\nat = datetime.fromtimestamp(0, UTC)",
        "def f(now):\n    return now + 1",
        "import heapq",
    ],
)
def test_a_computation_is_none(text: str) -> None:
    assert not list(effects(ast.parse(text), COMPUTES_ONLY))
