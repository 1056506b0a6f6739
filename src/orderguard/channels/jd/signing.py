"""JD's signature, of its pushes and of calls to it: MD5 between two secrets, in capitals."""

import hashlib
import hmac
from collections.abc import Mapping

SIGN = "sign"


def sign(given: Mapping[str, str], secret: str) -> str:
    """Over names and values by name, all but `sign`; MD5 is what the platform prescribes."""
    middle = "".join(name + given[name] for name in sorted(given) if name != SIGN)
    signed = f"{secret}{middle}{secret}".encode("utf-8", "surrogateescape")
    return hashlib.md5(signed, usedforsecurity=False).hexdigest().upper()


def is_signed(given: Mapping[str, str], secret: str) -> bool:
    """Whether the parameters bear the signature of this secret; never with an empty one.

    The page does not say whether parameters without a value have their place in it: either is
    taken, since both need the secret.
    """
    made = given.get(SIGN, "").encode("utf-8", "surrogateescape")
    if not (secret and made):
        return False
    valued = {name: value for name, value in given.items() if value}
    found = False
    for signed in (given, valued):
        found |= hmac.compare_digest(sign(signed, secret).encode(), made)
    return found
