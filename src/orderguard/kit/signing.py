"""Signatures of pushed messages: Standard Webhooks, and a plain HMAC of the body.

Header values are text as HTTP carries it: one character a byte (Latin-1). Signatures are compared
as text in constant time, never decoded: base64 has several spellings of the same bytes, and only
the one that a signer writes is taken. Nothing here raises for what a sender wrote.
"""

import base64
import binascii
import hmac

SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a secret, it is none.
TOLERANCE_MS = 300_000
SIGNATURES_MAX = 16
"""Signatures looked at in one header: during a rotation a sender signs with several secrets."""

_TIMESTAMP_DIGITS_MAX = 12


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


def hmac_base64(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, body, "sha256")).decode()


def verify_hmac_base64(key: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature is the base64 HMAC-SHA256 of the body; never with an empty key."""
    if not (key and signature.isascii()):
        return False
    return hmac.compare_digest(hmac_base64(key, body), signature)
