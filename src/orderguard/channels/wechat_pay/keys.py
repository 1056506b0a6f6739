"""The keys that the platform signs with: its certificates, and its bare public key.

A certificate bears the number by which a notification names it (`Wechatpay-Serial`). A bare key
bears none: its id, `PUB_KEY_ID_…`, may stand in the line above it.
"""

import base64
import re
from collections.abc import Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_der_x509_certificate
from msgspec import Struct

KEYS_MAX = 16
TEXTS_REMEMBERED_MAX = 256
PUBLIC_KEY_ID = "PUB_KEY_ID_"
_BLOCK = re.compile(
    rf"(?:({PUBLIC_KEY_ID}\w+)\s*)?"
    r"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----([A-Za-z0-9+/=\s]*)-----END \2-----",
    re.ASCII,
)


class PlatformKey(Struct, frozen=True):
    """`names`: how a notification names it; None for a bare key that came without its id.

    `from_ms`, `until_ms`: when a certificate is valid; a bare key is valid always.
    """

    key: RSAPublicKey
    names: frozenset[str] | None
    from_ms: float = float("-inf")
    until_ms: float = float("inf")

    def is_named(self, serial: str) -> bool:
        return serial.startswith(PUBLIC_KEY_ID) if self.names is None else serial in self.names

    def signed(self, text: bytes, signature: bytes) -> bool:
        try:
            self.key.verify(signature, text, PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


@lru_cache(TEXTS_REMEMBERED_MAX)
def keys_of(text: str) -> tuple[PlatformKey, ...]:
    """All keys in a text of PEM blocks, one after the other; what is no key is passed by."""
    return tuple(_keys(text))[:KEYS_MAX]


def _keys(text: str) -> Iterator[PlatformKey]:
    for found in _BLOCK.finditer(text):
        name, kind, encoded = found.groups()
        try:
            der = base64.b64decode(encoded)
            if kind == "CERTIFICATE":
                yield _of_certificate(der)
                continue
            key = load_der_public_key(der)
        except ValueError:
            continue
        if isinstance(key, RSAPublicKey):
            yield PlatformKey(key, frozenset({name}) if name else None)


def _of_certificate(der: bytes) -> PlatformKey:
    certificate = load_der_x509_certificate(der)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("no RSA key")  # noqa: TRY004 - it is what was given that is wrong.
    number = f"{certificate.serial_number:X}"
    return PlatformKey(
        key,
        frozenset({number, number.zfill(len(number) + len(number) % 2)}),
        certificate.not_valid_before_utc.timestamp() * 1000,
        certificate.not_valid_after_utc.timestamp() * 1000,
    )
