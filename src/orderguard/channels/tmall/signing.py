"""The three signatures of TOP: of our calls, of its calls to us, and of a long connection."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from orderguard.kit.signing import hmac_sha256

SIGN = "sign"


def _md5(secret: bytes, signed: bytes) -> bytes:
    # MD5 is TOP's choice for this method, not ours.
    return hashlib.md5(secret + signed + secret, usedforsecurity=False).digest()


def _hmac_md5(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, signed, "md5").digest()


METHODS: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "hmac-sha256": hmac_sha256,
    "hmac": _hmac_md5,
    "md5": _md5,
}


def request_sign(parameters: Mapping[str, str], secret: str, method: str) -> str:
    """The `sign` of a call to TOP: all parameters but empty ones, sorted by name."""
    signed = "".join(
        name + value
        for name, value in sorted(parameters.items())
        if name and value and name != SIGN
    )
    return METHODS[method](secret.encode(), signed.encode()).hex().upper()


def spi_sign(parameters: Mapping[str, str], body: bytes, secret: str, charset: str) -> str:
    """The `sign` of a call that TOP makes to us; empty values count, the body is as it came.

    Raise UnicodeEncodeError for parameters that the charset cannot write.
    """
    signed = "".join(
        name + value for name, value in sorted(parameters.items()) if name != SIGN
    ).encode(charset)
    return _md5(secret.encode(charset), signed + body).hex().upper()


def connect_sign(app_key: str, group_name: str, timestamp: str, secret: str) -> str:
    """The `sign` of the first frame of a long connection; `timestamp` in ms since the epoch."""
    parameters = {"app_key": app_key, "group_name": group_name, "timestamp": timestamp}
    return request_sign(parameters, secret, "md5")
