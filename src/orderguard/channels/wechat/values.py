"""Canonical values of what WeChat writes. What cannot be read is unknown, never an error."""

import datetime as dt

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
UNITS_MAX = 1_000_000_000
FEN_DIGITS_MAX = 15
SECONDS_MAX = 99_999_999_999
CHINA = dt.timezone(dt.timedelta(hours=8))
CURRENCY = "CNY"
MASK = "*"

Scalar = str | int | float | bool | None


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def shown(value: Scalar) -> str | None:
    """Text that the platform has not masked."""
    known = text(value)
    return None if known is None or MASK in known else known


def identity(value: Scalar) -> str | None:
    """An id as text; 0 is how some events write that there is none."""
    known = text(value)
    return known if known and known != "0" and len(known) <= ID_LENGTH_MAX else None


def whole(value: Scalar, *, most: int) -> int | None:
    """A whole number from 0 up, written as one or as its digits."""
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) <= len(str(most))
    ):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= most else None


def yuan(fen: Scalar) -> str | None:
    """An amount in yuan from one in fen."""
    known = whole(fen, most=10**FEN_DIGITS_MAX - 1)
    return None if known is None else f"{known // 100}.{known % 100:02d}"


def instant(seconds: Scalar) -> dt.datetime | None:
    """A time from Unix seconds; 0 is how an unset one is written."""
    known = whole(seconds, most=SECONDS_MAX)
    return dt.datetime.fromtimestamp(known, CHINA) if known else None
