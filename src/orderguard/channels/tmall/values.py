"""Canonical values of what TOP writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from orderguard.channels.tmall.shapes import Scalar

CHINA = dt.timezone(dt.timedelta(hours=8))
"""TOP's times bear no zone: they are of this one."""
TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
UNITS_MAX = 1_000_000_000
MASK = "*"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_EPOCH_MS = re.compile(r"[0-9]{12,14}")
_WHOLE = re.compile(r"-?[0-9]{1,10}")


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def unmasked(value: Scalar) -> str | None:
    """A text that hides nothing: what bears an asterisk is no name, street or nick."""
    known = text(value)
    return known if known and MASK not in known else None


def identity(value: Scalar) -> str | None:
    known = text(value)
    return known if known and len(known) <= ID_LENGTH_MAX and known != "0" else None


def amount(value: Scalar) -> str | None:
    written = str(value)
    return written if _AMOUNT.fullmatch(written) else None


def total(values: Iterable[Scalar]) -> str | None:
    """The sum of the known ones; None where none is known."""
    known = [Decimal(one) for value in values if (one := amount(value)) is not None]
    return amount(str(sum(known, Decimal("0.00")))) if known else None


def whole(value: Scalar, *, least: int, most: int) -> int | None:
    """A whole number, as one or as text."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= most else None


def instant(value: Scalar) -> dt.datetime | None:
    """`yyyy-MM-dd HH:mm:ss` in China's time, or milliseconds since the epoch."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    written = str(value)
    try:
        if _EPOCH_MS.fullmatch(written):
            return dt.datetime.fromtimestamp(int(written) / 1000, CHINA)
        moment = dt.datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def china_time(at_ms: int) -> str:
    """As TOP writes and wants a time."""
    return dt.datetime.fromtimestamp(at_ms / 1000, CHINA).strftime(TIME_FORMAT)
