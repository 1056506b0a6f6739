"""Addresses of the internet: their segment, and whether servers rather than homes use them."""

import sys
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from orderguard.reference.shipped import REMEMBERED_MAX, read_bytes

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96 carries IPv4 addresses.


@lru_cache(REMEMBERED_MAX)
def segment(ip: str) -> str | None:
    """The /24 of an IPv4 address, also of a mapped one, or the /48 of an IPv6 address."""
    packed = _packed(ip)
    if packed is None:
        return None
    if len(packed) == 4:
        return f"{packed[0]}.{packed[1]}.{packed[2]}.0/24"
    return inet_ntop(AF_INET6, packed[:6] + bytes(10)) + "/48"


@lru_cache(REMEMBERED_MAX)
def is_datacenter(ip: str) -> bool | None:
    """Whether an IPv4 address belongs to a data centre or a VPN; None for any other text."""
    packed = _packed(ip)
    if packed is None or len(packed) != 4:
        return None
    return bisect_right(_datacenter_bounds(), int.from_bytes(packed, "big")) % 2 == 1


def _packed(ip: str) -> bytes | None:
    """The 4 bytes of an IPv4 address, the 16 of an IPv6 one; far sooner than `ipaddress` does."""
    try:
        if ":" not in ip:
            return inet_pton(AF_INET, ip)
        packed = inet_pton(AF_INET6, ip)
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(_MAPPED) else packed


@cache
def _datacenter_bounds() -> Sequence[int]:
    """First, last + 1, first, last + 1 … : an odd place in it is inside a range."""
    bounds = array("I", read_bytes("datacenter_ranges.bin"))
    if sys.byteorder == "big":
        bounds.byteswap()
    return bounds
