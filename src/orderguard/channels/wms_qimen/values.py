"""Canonical values of what warehouses write. What cannot be read is unknown, never an error."""

import datetime as dt
import re

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
UNITS_MAX = 1_000_000_000
CHINA = dt.timezone(dt.timedelta(hours=8))
"""The zone of all times that name none."""

_YEARS = range(2000, 2200)
_INSTANT = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})", re.ASCII)
_WHOLE = re.compile(r"(-?[0-9]{1,10})(?:\.0+)?")


def text(value: str | None) -> str | None:
    return value[:TEXT_LENGTH_MAX] if value else None


def identity(value: str | None) -> str | None:
    return value if value and len(value) <= ID_LENGTH_MAX else None


def whole(value: str | None, *, least: int, most: int) -> int | None:
    """A whole number, also where it is written as `2.00`."""
    match = _WHOLE.fullmatch(value or "")
    number = int(match.group(1)) if match else None
    return number if number is not None and least <= number <= most else None


def instant(value: str | None) -> dt.datetime | None:
    """`2026-01-01 12:00:00`, `2016/2/16 10:26:39`, `20260101120000`, with or without a zone."""
    match = _INSTANT.fullmatch(value or "") or _PACKED.fullmatch(value or "")
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, zone = (*match.groups()[6:], None, None)[:2]
    if year not in _YEARS:
        return None
    try:
        return dt.datetime(
            year, month, day, hour, minute, second, int(f"{fraction or 0:0<6}"), _zone(zone)
        )
    except ValueError:
        return None


def written(ms: int) -> str:
    """An instant as Qimen writes it."""
    return dt.datetime.fromtimestamp(ms / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _zone(name: str | None) -> dt.timezone:
    if not name:
        return CHINA
    if name == "Z":
        return dt.UTC
    minutes = int(name[1:3]) * 60 + int(name[-2:])
    return dt.timezone(dt.timedelta(minutes=minutes if name[0] == "+" else -minutes))
