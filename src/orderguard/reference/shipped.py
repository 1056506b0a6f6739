"""The files in `data/`."""

from pathlib import Path

REMEMBERED_MAX = 2**15
"""How many answers a look-up keeps: the same people and doors come back again and again."""

_DATA = Path(__file__).with_name("data")


def read_bytes(name: str) -> bytes:
    return (_DATA / name).read_bytes()


def read_lines(name: str) -> list[str]:
    return (_DATA / name).read_text(encoding="utf-8").splitlines()
