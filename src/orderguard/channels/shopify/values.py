"""Canonical values of what Shopify writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re
from decimal import Decimal

from orderguard.channels.shopify.shapes import Scalar

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
UNITS_MAX = 1_000_000_000

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def joined(*values: Scalar) -> str | None:
    """The known ones of several texts as one."""
    return text(" ".join(filter(None, map(text, values))))


def identity(value: Scalar) -> str | None:
    known = text(value)
    return known if known and len(known) <= ID_LENGTH_MAX else None


def amount(value: Scalar) -> str | None:
    written = str(value)
    return written if _AMOUNT.fullmatch(written) else None


def total(amounts: list[str]) -> str | None:
    return amount(str(sum(map(Decimal, amounts)))) if amounts else None


def currency(value: Scalar) -> str | None:
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def whole(value: Scalar, *, least: int, most: int) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= most else None


def degrees(value: Scalar, *, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None


def instant(value: Scalar) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
