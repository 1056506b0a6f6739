"""Signatures that wrap a body: the hash of an app's key, the body and the app's secret, in a row.

Chinese platforms sign their pushes and calls so. Lower-case hex, compared as text in constant
time; nothing here raises for what a sender wrote.
"""

import hashlib
import hmac

from orderguard.kit.signing import hmac_sha256


def wrapped(key: str, body: bytes, secret: str) -> bytes:
    """What is hashed."""
    return b"".join((key.encode(), body, secret.encode()))


def md5_hex(text: bytes) -> str:
    """MD5 is weak where an attacker chooses both texts, as none does here."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def hmac_hex(secret: str, text: bytes) -> str:
    return hmac_sha256(secret.encode(), text).hex()


def is_same(expected: str, given: str) -> bool:
    """Whether a given signature is the expected one, to the letter."""
    return given.isascii() and hmac.compare_digest(expected, given)
