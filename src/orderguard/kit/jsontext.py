"""What a JSON decoder that skips unknown members does not look at: their UTF-8, and the depth."""

import re
from itertools import accumulate

DEPTH_MAX = 64

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_OTHERS = bytes(set(range(256)) - set(b"[{]}"))


def fault(text: bytes) -> str | None:
    """What forbids decoding this text; None where nothing does."""
    try:
        str(text, "utf-8")
    except UnicodeDecodeError as error:
        return f"invalid UTF-8 at byte {error.start}"
    if _is_too_deep(text):
        return f"nested deeper than {DEPTH_MAX}"
    return None


def _is_too_deep(text: bytes) -> bool:
    # A text cannot be deeper than it has opening brackets; most have a dozen, so most end here.
    if text.count(b"[") + text.count(b"{") <= DEPTH_MAX:
        return False
    steps = _STRING.sub(b"", text).translate(_STEPS, _OTHERS)
    return max(accumulate(memoryview(steps).cast("b"))) > DEPTH_MAX
