"""The files of the repository, as every test here looks at them."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "orderguard"

CODE = frozenset({".css", ".js", ".py", ".sh", ".ts", ".tsx"})


def _ignored() -> frozenset[str]:
    """Folders that .gitignore names; it names nothing else that could matter here."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    return frozenset(line.rstrip("/") for line in lines if line.endswith("/"))


def files(*suffixes: str) -> list[Path]:
    """Every file that git keeps or would keep, sorted; those with one of the suffixes if given."""
    return sorted(path for path in _walk() if not suffixes or path.suffix in suffixes)


def name(path: Path) -> str:
    """The path as people write it, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def _walk() -> Iterator[Path]:
    ignored = _ignored() | {".git"}
    for folder, folders, found in os.walk(ROOT):
        folders[:] = [one for one in folders if one not in ignored]
        yield from (Path(folder, one) for one in found)
