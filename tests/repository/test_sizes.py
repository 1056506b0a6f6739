"""Nothing is too long to read: files, functions, lines, and what git has to carry."""

import ast
import re
from pathlib import Path

import pytest
from tests.repository.tree import CODE, files, name

LINES_MAX = {".py": 400, ".tsx": 250}
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
BYTES_MAX = 1024 * 1024

GENERATED = {"workbench/src/api/schema.d.ts"}
"""Files that nobody writes."""

PRAGMA = re.compile(r"\s+# (?:noqa|type: ignore)\b.*")
"""Words to a tool: the linter does not count them either."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_is_too_long() -> None:
    long = {
        name(path): count
        for path in files(*LINES_MAX)
        if (count := len(path.read_text().splitlines())) > LINES_MAX[path.suffix]
    }
    assert not long, "split by what the parts are for, not by size"


def test_no_function_is_too_long() -> None:
    long = {
        f"{name(path)}:{function.lineno} {function.name}": count
        for path in files(".py")
        for function in _functions(path)
        if (count := _lines(function)) > FUNCTION_LINES_MAX
    }
    assert not long


def test_no_line_is_too_long() -> None:
    long = [
        f"{name(path)}:{number}"
        for path in files(*CODE)
        if name(path) not in GENERATED
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(PRAGMA.sub("", line)) > COLUMNS_MAX
    ]
    assert not long


def test_no_file_is_too_heavy() -> None:
    heavy = {name(path): size for path in files() if (size := path.stat().st_size) > BYTES_MAX}
    assert not heavy, "data is read where it lies, not committed"


@pytest.mark.parametrize(("text", "lines"), [("def f(): ...", 1), ("@a\ndef f():\n    pass", 3)])
def test_a_function_is_measured_with_its_decorators(text: str, lines: int) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert _lines(function) == lines


def _functions(path: Path) -> list[Function]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _lines(function: Function) -> int:
    first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return (function.end_lineno or first) - first + 1
