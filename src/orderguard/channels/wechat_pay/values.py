"""Canonical values of what WeChat Pay writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
FEN_DIGITS_MAX = 15
CURRENCY = "CNY"

Scalar = str | int | float | bool | None
_CURRENCY = re.compile(r"[A-Z]{3}")


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def identity(value: Scalar) -> str | None:
    known = text(value)
    return known if known and len(known) <= ID_LENGTH_MAX else None


def yuan(fen: Scalar) -> str | None:
    """An amount in the currency's main unit from one in its hundredths."""
    if not isinstance(fen, int) or isinstance(fen, bool):
        return None
    return f"{fen // 100}.{fen % 100:02d}" if 0 <= fen < 10**FEN_DIGITS_MAX else None


def currency(value: Scalar) -> str:
    """A refund's notification names none: it is in yuan."""
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else CURRENCY


def instant(value: Scalar) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
