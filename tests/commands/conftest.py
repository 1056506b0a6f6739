from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result

from orderguard.cli import main


class Command(Protocol):
    def __call__(self, *args: str, stdin: str | bytes = "", status: int = 0) -> Result: ...


@pytest.fixture
def og() -> Command:
    """The command line: a run that has to end with this status."""

    def run(*args: str, stdin: str | bytes = "", status: int = 0) -> Result:
        result = CliRunner().invoke(main, args, input=stdin)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        if status == 2:
            assert result.stdout == ""
            assert result.stderr.startswith("orderguard: ")
            assert result.stderr.count("\n") == 1, "one line"
        return result

    return run


@pytest.fixture
def folder(tmp_path: Path, og: Command) -> Path:
    """A fresh installation."""
    path = tmp_path / "data"
    og("init", "--data", str(path))
    return path
