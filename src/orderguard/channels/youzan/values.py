"""Canonical values of what Youzan writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re
from decimal import Decimal
from typing import TypeVar

import msgspec

Scalar = str | int | float | bool | None
S = TypeVar("S", bound=msgspec.Struct)

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
SECONDS_MIN, SECONDS_MAX = 10**9, 10**11
"""A number between them is Unix seconds, a thousand times as much milliseconds."""
CHINA = dt.timezone(dt.timedelta(hours=8))
NOTHING = msgspec.Raw(b"")

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{4,30}")
_ENCRYPTED = re.compile(r"\$[A-Za-z0-9+/=]{8,4000}\$[0-9]{1,4}\$")
_LOCAL = "%Y-%m-%d %H:%M:%S"


def text(value: Scalar) -> str | None:
    """Text as it is, a whole number as its digits; an empty text says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) and value else None


def identity(value: Scalar) -> str | None:
    """An id. 0 is none: it fills what is empty."""
    known = text(value)
    return known if known and len(known) <= ID_LENGTH_MAX and known != "0" else None


def whole(value: Scalar) -> int | None:
    """A whole number, or the text of one."""
    if isinstance(value, bool | float):
        return None
    written = str(value).strip()
    return int(written) if _WHOLE.fullmatch(written) else None


def quantity(value: Scalar) -> int | None:
    known = whole(value)
    return known if known is not None and 0 <= known <= QUANTITY_MAX else None


def amount(value: Scalar) -> str | None:
    """Yuan as decimal text; a float is no amount."""
    known = text(value)
    return known if known and _AMOUNT.fullmatch(known) else None


def total(amounts: list[str]) -> str | None:
    return amount(str(sum(map(Decimal, amounts)))) if amounts else None


def instant(value: Scalar) -> dt.datetime | None:
    """A local time of China without its zone; some members have Unix seconds or milliseconds."""
    number = whole(value)
    if number is not None:
        if number >= SECONDS_MAX:
            seconds, milliseconds = divmod(number, 1000)
        else:
            seconds, milliseconds = number, 0
        if not SECONDS_MIN <= seconds < SECONDS_MAX:
            return None
        return dt.datetime.fromtimestamp(seconds, CHINA).replace(microsecond=milliseconds * 1000)
    if not isinstance(value, str):
        return None
    try:
        return dt.datetime.strptime(value, _LOCAL).replace(tzinfo=CHINA)
    except ValueError:
        return None


def phone(value: Scalar) -> str | None:
    """A telephone as a person has it: neither masked nor encrypted."""
    known = text(value)
    return known if known and _PHONE.fullmatch(known) else None


def cipher(value: Scalar) -> str | None:
    """A ciphertext, `$…$1$`: the same for the same plain text of one shop."""
    return value if isinstance(value, str) and _ENCRYPTED.fullmatch(value) else None


def plain(value: Scalar) -> str | None:
    """Text that is neither masked nor encrypted."""
    known = text(value)
    return None if known is None or "*" in known or _ENCRYPTED.fullmatch(known) else known


def part(raw: msgspec.Raw, shape: type[S]) -> S | None:
    """An object; None where it is none."""
    return next(iter(parts(raw, shape)), None)


def parts(raw: msgspec.Raw, shape: type[S]) -> list[S]:
    """The objects of an array, or the one that stands in its place; what is none is passed by."""
    written = bytes(raw).strip()
    try:
        elements = (
            msgspec.json.decode(written, type=list[msgspec.Raw])
            if written.startswith(b"[")
            else [msgspec.Raw(written)]
        )
    except msgspec.DecodeError:
        return []
    found = []
    for element in elements:
        try:
            found.append(msgspec.json.decode(element, type=shape))
        except msgspec.DecodeError:
            continue
    return found
