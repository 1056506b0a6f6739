"""How Douyin signs what it pushes, and what it is asked.

A push: md5(app_key + body + app_secret). A call: HMAC-SHA256, by the secret, of the secret, five
parameters with their names in the order of the alphabet, and the secret again.
"""

from collections.abc import Callable, Mapping

from orderguard.kit.envelopes import hmac_hex, md5_hex, wrapped

PUSH_SIGN = "push_sign"
MD5, HMAC, EITHER = "md5", "hmac-sha256", "either"
VERSION = "2"
CALL_SIGN = "hmac-sha256"


def _push_md5(app_key: str, body: bytes, secret: str) -> str:
    return md5_hex(wrapped(app_key, body, secret))


def _push_hmac(app_key: str, body: bytes, secret: str) -> str:
    return hmac_hex(secret, wrapped(app_key, body, secret))


PUSH_SIGNERS: Mapping[str, tuple[Callable[[str, bytes, str], str], ...]] = {
    MD5: (_push_md5,),
    HMAC: (_push_hmac,),
    EITHER: (_push_md5, _push_hmac),
}
"""By the setting `push_sign`: what may have made the header `event-sign`."""


def sign_call(app_key: str, secret: str, *, method: str, timestamp: str, body: bytes) -> str:
    """`timestamp` as it stands in the address."""
    text = b"".join(
        (
            f"{secret}app_key{app_key}method{method}param_json".encode(),
            body,
            f"timestamp{timestamp}v{VERSION}{secret}".encode(),
        )
    )
    return hmac_hex(secret, text)
