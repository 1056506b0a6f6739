"""The signature of Qimen's calls, both ways: MD5 between two secrets.

    MD5(secret, then name and value of each parameter by name, then the body, then the secret)

All of it is bytes: values as they are once percent-decoded, the body as it is.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

PARAMETERS_MAX = 64
SIGN = b"sign"

_SIGNED_HEADERS = "top-sign-list"


def parameters(query: str) -> dict[bytes, bytes] | None:
    """The parameters of a query, percent-decoded; None where there are too many.

    Of one that comes twice the last counts, here and for whoever reads it afterwards.
    """
    pieces = [piece for piece in query.encode("latin-1", "replace").split(b"&") if piece]
    if len(pieces) > PARAMETERS_MAX:
        return None
    pairs = (piece.partition(b"=") for piece in pieces)
    return {_decoded(name): _decoded(value) for name, _, value in pairs}


def signed_headers(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """The headers that the sender has signed as well: it lists their names in one of them."""
    names = [name.strip() for name in headers.get(_SIGNED_HEADERS, "").split(",")]
    named = [name for name in names[:PARAMETERS_MAX] if name]
    return {
        name.encode("latin-1", "replace"): _decoded(
            headers.get(name.lower(), "").encode("latin-1", "replace")
        )
        for name in named
    }


def sign(
    given: Mapping[bytes, bytes], body: bytes, secret: str, *, keeps_empty: bool = True
) -> bytes:
    """The signature, in capital hexadecimals. `keeps_empty`: empty values have their place in it.

    MD5 is what the platform prescribes: between two secrets it cannot be lengthened.
    """
    key = secret.encode()
    pairs = sorted((name, value) for name, value in given.items() if name != SIGN)
    middle = b"".join(name + value for name, value in pairs if value or keeps_empty)
    digest = hashlib.md5(key + middle + body + key, usedforsecurity=False)
    return digest.hexdigest().upper().encode()


def is_signed(given: Mapping[bytes, bytes], body: bytes, secret: str, *, keeps_empty: bool) -> bool:
    """Whether the parameters bear the signature of this secret; never with an empty one."""
    if not secret:
        return False
    expected = sign(given, body, secret, keeps_empty=keeps_empty)
    return hmac.compare_digest(expected, given.get(SIGN, b""))


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))
