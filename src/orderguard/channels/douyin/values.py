"""Canonical values of what Douyin writes. What cannot be read is unknown, never an error."""

import datetime as dt
import re
from typing import TypeVar

import msgspec

from orderguard.kit import jsontext

Scalar = str | int | float | bool | None
S = TypeVar("S", bound=msgspec.Struct)

TEXT_LENGTH_MAX = 4096
ID_LENGTH_MAX = 128
QUANTITY_MAX = 10_000_000
FEN_MAX = 10**17
SECONDS_MIN, SECONDS_MAX = 10**9, 10**11
"""Unix seconds since 2001. A 0 says that it has not happened."""
CHINA = dt.timezone(dt.timedelta(hours=8))
NOTHING = msgspec.Raw(b"")

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{4,30}")
_SEARCHABLE = re.compile(r"([$#]{2})([A-Za-z0-9+/=]{1,400})\*[^$#]{1,2000}[$#][0-9]{1,4}\1")
"""A ciphertext that can be searched: `$$index*cipher$1$$` for a telephone, `##index*cipher#1##`
for a text. Only the index is the same for the same plain text."""


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


def yuan(fen: Scalar) -> str | None:
    """An amount in fen as the decimal text of the yuan."""
    known = whole(fen)
    if known is None or abs(known) >= FEN_MAX:
        return None
    sign = "-" if known < 0 else ""
    return f"{sign}{abs(known) // 100}.{abs(known) % 100:02d}"


def instant(value: Scalar) -> dt.datetime | None:
    """Unix seconds; some newer messages have RFC 3339."""
    seconds = whole(value)
    if seconds is not None:
        in_range = SECONDS_MIN <= seconds < SECONDS_MAX
        return dt.datetime.fromtimestamp(seconds, CHINA) if in_range else None
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def phone(value: Scalar) -> str | None:
    """A telephone as a person has it: neither masked nor encrypted."""
    known = text(value)
    return known if known and _PHONE.fullmatch(known) else None


def search_index(value: Scalar) -> str | None:
    """The part of a ciphertext that is the same for the same plain text."""
    found = _SEARCHABLE.fullmatch(value) if isinstance(value, str) else None
    return found.group(2) if found else None


def plain(value: Scalar) -> str | None:
    """Text that is neither masked nor encrypted."""
    known = text(value)
    if known is None or "*" in known or known.startswith(("##", "$$", "#")):
        return None
    return known


def part(raw: msgspec.Raw, shape: type[S]) -> S | None:
    """An object, the text of one, or the first of an array of them; None where it is none."""
    return next(iter(parts(raw, shape)), None)


def parts(raw: msgspec.Raw, shape: type[S]) -> list[S]:
    """The objects of an array, or the one that stands in its place; what is none is passed by."""
    written = _unwrapped(bytes(raw))
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


def _unwrapped(written: bytes) -> bytes:
    """Older and newer documents differ in whether an object comes as the text of one."""
    stripped = written.strip()
    if not stripped.startswith(b'"'):
        return stripped
    try:
        inner = msgspec.json.decode(stripped, type=str).strip().encode()
    except (msgspec.DecodeError, UnicodeEncodeError):
        return b""
    # The depth of the body says nothing of what stands in its texts.
    return b"" if jsontext.fault(inner) else inner
