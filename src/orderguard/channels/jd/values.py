"""Canonical values of what JD writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re

Scalar = str | int | float | bool | None

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
CHINA = dt.timezone(dt.timedelta(hours=8))
"""The zone of all its times."""

_YEARS = range(2000, 2200)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_FEN = re.compile(r"([0-9]{1,17})(?:\.0+)?", re.ASCII)
_WHOLE = re.compile(r"([0-9]{1,10})(?:\.0+)?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,30}", re.ASCII)
_SEALED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}", re.ASCII)
"""How an encrypted member looks: one long word of base64, which no name or address is."""


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def identity(value: Scalar) -> str | None:
    known = text(value)
    return known if known and len(known) <= ID_LENGTH_MAX else None


def shown(value: Scalar) -> str | None:
    """A personal text that is neither masked nor encrypted."""
    known = text(value)
    return known if known and "*" not in known and not _SEALED.fullmatch(known) else None


def phone(value: Scalar) -> str | None:
    known = text(value)
    return known if known and _PHONE.fullmatch(known) else None


def amount(value: Scalar) -> str | None:
    """Yuan."""
    written = "" if isinstance(value, bool) else str(value)
    return written if _AMOUNT.fullmatch(written) else None


def yuan(fen: Scalar) -> str | None:
    match = _FEN.fullmatch("" if isinstance(fen, bool) else str(fen))
    if match is None:
        return None
    number = int(match.group(1))
    return f"{number // 100}.{number % 100:02d}"


def whole(value: Scalar) -> int | None:
    match = _WHOLE.fullmatch("" if isinstance(value, bool) else str(value))
    number = int(match.group(1)) if match else None
    return number if number is not None and number <= QUANTITY_MAX else None


def instant(value: Scalar) -> dt.datetime | None:
    """`2026-01-01 12:00:00`, or milliseconds since the epoch."""
    if isinstance(value, int) and not isinstance(value, bool):
        fits = 946_684_800_000 <= value < 7_258_118_400_000
        return dt.datetime.fromtimestamp(value / 1000, CHINA) if fits else None
    if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return None
    try:
        moment = dt.datetime.fromisoformat(value).replace(tzinfo=CHINA)
    except ValueError:
        return None
    return moment if moment.year in _YEARS else None


def written(ms: int) -> str:
    """An instant as JD writes it."""
    return dt.datetime.fromtimestamp(ms / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")
