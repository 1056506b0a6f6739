"""Mainland mobile numbers: their segment, whether a virtual operator runs it, and equality.

Numbers come as buyers and channels write them: with +86, 0086 or 86, with spaces, dashes or
full-width digits, and with `*` or `x` for what a channel hides.
"""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache

from orderguard.reference.shipped import REMEMBERED_MAX, read_lines

# Issued to virtual operators as a whole, although the table types most of 162, 165 and 167 as
# their parent carrier.
VIRTUAL_PREFIXES = frozenset({"162", "165", "167", "170", "171"})

_SEPARATORS = dict.fromkeys(map(ord, " \t().-\u2010\u2012\u2013\u2014\u2015\u2212\u200b"))
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9][0-9*xX]{8})")
_OTHER = re.compile(r"(\+|00)?([0-9]{7,15})")


@lru_cache(REMEMBERED_MAX)
def segment(phone: str) -> str | None:
    """The first 7 digits of a mainland mobile number, where none of them is hidden."""
    mobile = _MOBILE.fullmatch(_compact(phone))
    return _segment(mobile[1]) if mobile else None


@lru_cache(REMEMBERED_MAX)
def is_virtual(phone: str) -> bool | None:
    """Whether the visible digits show a virtual operator; None for what is no mainland mobile.

    Where only 3 digits are visible, False means that they do not show one: a few segments of
    prefixes such as 134 are virtual too.
    """
    mobile = _MOBILE.fullmatch(_compact(phone))
    if not mobile:
        return None
    if mobile[1][:3] in VIRTUAL_PREFIXES:
        return True
    known = _segment(mobile[1])
    return known is not None and bisect_right(_virtual_bounds(), int(known)) % 2 == 1


@lru_cache(REMEMBERED_MAX)
def normalise(phone: str) -> str | None:
    """The number as digits that are equal when the numbers are; None if hidden or no number.

    A foreign number keeps a `+`, for +1 415 555 2671 has the digits of a mainland mobile.
    """
    compact = _compact(phone)
    if mobile := _MOBILE.fullmatch(compact):
        return mobile[1] if mobile[1].isdigit() else None
    if other := _OTHER.fullmatch(compact):
        return f"+{other[2]}" if other[1] else other[2]
    return None


def _compact(phone: str) -> str:
    text = phone if phone.isascii() else unicodedata.normalize("NFKC", phone)
    return text.translate(_SEPARATORS)


def _segment(mobile: str) -> str | None:
    prefix = mobile[:7]
    return prefix if prefix.isdigit() else None


@cache
def _virtual_bounds() -> Sequence[int]:
    """First, last + 1, first, last + 1 … : an odd place in it is inside a range."""
    bounds = array("I")
    for line in read_lines("virtual_segments.txt"):
        first, last = line.split("-")
        bounds.extend((int(first), int(last) + 1))
    return bounds
