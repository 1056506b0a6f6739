"""Signatures of pushed messages: Standard Webhooks, and a plain HMAC of the body.

Header values are text as HTTP carries it: one character a byte (Latin-1). Signatures are compared
as text in constant time, never decoded: base64 has several spellings of the same bytes, and only
the one that a signer writes is taken. Nothing here raises for what a sender wrote.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a secret, it is none.
TOLERANCE_MS = 300_000
SIGNATURES_MAX = 16
"""Signatures looked at in one header: during a rotation a sender signs with several secrets."""

KEYS_REMEMBERED_MAX = 1024

_TIMESTAMP_DIGITS_MAX = 12
_BLOCK_BYTES, _INNER_PAD, _OUTER_PAD = 64, 0x36, 0x5C


@lru_cache(KEYS_REMEMBERED_MAX)
def webhook_key(secret: str) -> bytes:
    """The key in a Standard Webhooks secret, padded or not; empty where there is none."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError:  # binascii.Error is one; text beyond ASCII raises another.
        return b""


def sign_webhook(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The `webhook-signature` of a message."""
    signed = f"{message_id}.{timestamp}.".encode("latin-1") + body
    return f"v1,{hmac_base64(key, signed)}"


def verify_webhook(
    key: bytes, *, message_id: str, timestamp: str, body: bytes, signatures: str
) -> bool:
    """Whether one of the space-separated signatures fits; unknown versions are passed by."""
    if not (key and message_id and timestamp):
        return False
    try:
        expected = sign_webhook(key, message_id, timestamp, body).encode()
        given = signatures.encode("latin-1")
    except UnicodeEncodeError:
        return False
    found = False
    for signature in given.split(b" ")[:SIGNATURES_MAX]:
        found |= hmac.compare_digest(expected, signature)
    return found


def is_fresh(timestamp: str, now_ms: int) -> bool:
    """Whether a Unix time in seconds is at most 5 minutes off."""
    skew_ms = timestamp_skew_ms(timestamp, now_ms)
    return skew_ms is not None and abs(skew_ms) <= TOLERANCE_MS


def timestamp_skew_ms(timestamp: str, now_ms: int) -> int | None:
    """How far a Unix time in seconds is ahead of now; None where it is no such time."""
    if not (timestamp.isascii() and timestamp.isdigit()):
        return None
    if len(timestamp) > _TIMESTAMP_DIGITS_MAX:
        return None
    return int(timestamp) * 1000 - now_ms


def hmac_sha256(key: bytes, body: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104) from hashes that have begun with the key.

    `hmac.digest` lets go of the interpreter for every message, however short: on a busy server
    another thread takes it, and to get it back costs far more than the digest.
    """
    inner, outer = (begun.copy() for begun in _begun(key))
    inner.update(body)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(KEYS_REMEMBERED_MAX)
def _begun(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(
        _BLOCK_BYTES, b"\0"
    )
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (_INNER_PAD, _OUTER_PAD))
    return hashlib.sha256(inner), hashlib.sha256(outer)


def hmac_base64(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac_sha256(key, body)).decode()


def verify_hmac_base64(key: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature is the base64 HMAC-SHA256 of the body; never with an empty key."""
    if not (key and signature.isascii()):
        return False
    return hmac.compare_digest(hmac_base64(key, body), signature)
