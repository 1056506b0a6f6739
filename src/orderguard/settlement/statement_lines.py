"""The lines of a settlement file: its text, its header, and the cells of its rows."""

import csv
import io
from collections.abc import Iterator, Sequence

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput
from orderguard.settlement.statement_format import StatementFormat

HEADER_LINES_MAX = 100
"""How far down the header may stand."""
SPACES = " \t\r\n\u3000\ufeff"


def decoded(content: bytes, how: StatementFormat) -> str:
    """The text of a file. Raise BadInput where it is in none of the format's encodings."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = how.encodings
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(
        Bilingual(
            f"The file is in none of the encodings {', '.join(encodings)}.",
            f"文件的编码不是 {'、'.join(encodings)} 中的任何一种。",
        ),
        hint=Bilingual("Save it as UTF-8, or unpack it first.", "请存为 UTF-8，或先解压。"),
    )


def lines_of(content: bytes, how: StatementFormat) -> list[str]:
    """The text of a file, line by line; refused as `decoded` does."""
    text = decoded(content, how)
    return [line.strip("\r") for line in text.split("\n")]


def cells_of(
    lines: Sequence[str], how: StatementFormat, before: int
) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, cells) of each row.

    A marked row is split at its marks alone, so that a comma within a name stands; a quoted cell
    may go over several lines.
    """
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        first = number
        stripped = line.strip(SPACES)
        if not stripped or (how.comment and stripped.startswith(how.comment)):
            continue
        if how.cell_mark and stripped.startswith(how.cell_mark):
            cells = stripped[len(how.cell_mark) :].split(how.delimiter + how.cell_mark)
        else:
            while line.count('"') % 2 and number < len(lines) and number - first < HEADER_LINES_MAX:
                line += "\n" + lines[number]
                number += 1
            cells = next(csv.reader(io.StringIO(line, newline=""), delimiter=how.delimiter), [])
        if cells:
            yield before + first, [cell.strip(SPACES).lstrip(how.cell_mark) for cell in cells]


def header_of(lines: Sequence[str], how: StatementFormat) -> tuple[int, list[str]] | None:
    """The header's line, from 0, and its columns."""
    for place, line in enumerate(lines[:HEADER_LINES_MAX]):
        for _, cells in cells_of([line], how, place):
            named = {*cells}
            if all(named & {*column.split("|")} for column in how.header):
                return place, cells
    return None


def told_count(after: Sequence[str], cells: list[str], how: StatementFormat) -> int | None:
    """How many rows the summary tells of, where it does."""
    if how.count not in cells:
        return None
    for _, values in cells_of(after, how, 0):
        place = cells.index(how.count)
        text = values[place] if place < len(values) else ""
        return int(text) if text.isdecimal() else None
    return None
