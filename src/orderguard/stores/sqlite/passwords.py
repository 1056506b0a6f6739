"""How a password is kept: so that each guess is slow, and with what it takes to check it later."""

import base64
import hashlib
import hmac
import os
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

# 19 MiB, two passes, one lane, a tenth of a second a guess (OWASP's first choice): a sign-in fits
# into a small machine beside the engine.
_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
_SALT_BYTES = 16
_HASH_BYTES = 32
_SCRYPT_BYTES_MAX = 64 * 1024 * 1024
_SCRYPT = "scrypt"


def record_of(password: str) -> str:
    """The hash with all it takes to make it again (PHC's form), so that the cost may rise later."""
    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_KIB,
    )
    return kdf.derive_phc_encoded(_secret(password))


def is_password(password: str, record: str) -> bool:
    """Whether the record was made of this password; those of older versions are known too."""
    if record.startswith(_SCRYPT):
        return _is_by_scrypt(password, record)
    try:
        Argon2id.verify_phc_encoded(_secret(password), record)
    except InvalidKey:
        return False
    return True


def _secret(password: str) -> bytes:
    # Keyboards differ in how they compose the same character.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _is_by_scrypt(password: str, record: str) -> bool:
    _, log_n, r, p, salt, derived = record.split("$")
    found = hashlib.scrypt(
        _secret(password),
        salt=base64.b64decode(salt),
        n=1 << int(log_n),
        r=int(r),
        p=int(p),
        maxmem=_SCRYPT_BYTES_MAX,
        dklen=32,
    )
    return hmac.compare_digest(found, base64.b64decode(derived))


NOBODY = (
    f"$argon2id$v=19$m={_KIB},t={_PASSES},p={_LANES}"
    f"${'A' * 22}${'A' * 43}"  # A salt and a hash of zeros.
)
"""No password has this hash; checking against it takes as long as against a person's."""
