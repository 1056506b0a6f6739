"""The platform's signature and cipher: SHA-1 over sorted texts, AES-256-CBC around the AppID.

key = base64(EncodingAESKey + "="), 32 bytes; IV = its first 16
plain = 16 random bytes + length (4 bytes, big-endian) + message + AppID, padded to 32 by PKCS#7
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ENCODED_KEY_LENGTH = 43
HEAD_BYTES = 16
KEYS_REMEMBERED_MAX = 1024
_KEY_BYTES, _BLOCK_BYTES, _IV_BYTES, _LENGTH_BYTES = 32, 32, 16, 4


class NotOpened(ValueError):
    """A cipher text that this key does not open, or that was made for another app."""


def signature(token: str, *parts: str) -> str:
    """The lower hex digest of the token and the parts, sorted as texts."""
    joined = "".join(sorted((token, *parts)))
    return hashlib.sha1(joined.encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - theirs.


def is_signature(given: str, token: str, *parts: str) -> bool:
    """In constant time; never with an empty token, whose signature anybody can make."""
    if not (token and given.isascii()):
        return False
    return hmac.compare_digest(signature(token, *parts), given)


@lru_cache(KEYS_REMEMBERED_MAX)
def key_of(encoding_aes_key: str) -> bytes | None:
    """The 32 bytes in an EncodingAESKey of 43 letters and digits; None where there are none."""
    if len(encoding_aes_key) != ENCODED_KEY_LENGTH:
        return None
    try:
        # Not strict: the last character may carry bits that the platform throws away.
        key = base64.b64decode(f"{encoding_aes_key}=", validate=True)
    except ValueError:  # binascii.Error is one; text beyond ASCII raises another.
        return None
    return key if len(key) == _KEY_BYTES else None


def opened(key: bytes | None, text: str, app_id: str) -> bytes:
    """The message in an `Encrypt` text. Raise NotOpened unless it was made for this app."""
    try:
        sealed = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise NotOpened("The text is no base64.") from error
    if key is None or not sealed or len(sealed) % _IV_BYTES:
        raise NotOpened("There is no such key, or the text has no whole blocks.")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_IV_BYTES])).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    count = padded[-1]
    if not 1 <= count <= _BLOCK_BYTES or padded[-count:] != bytes([count]) * count:
        raise NotOpened("The key is another one.")
    plain = padded[HEAD_BYTES:-count]
    length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
    message, made_for = plain[_LENGTH_BYTES:][:length], plain[_LENGTH_BYTES:][length:]
    if len(plain) < _LENGTH_BYTES + length or not hmac.compare_digest(made_for, app_id.encode()):
        raise NotOpened("It was made for another app.")
    return message


def sealed(key: bytes, message: bytes, app_id: str, head: bytes) -> str:
    """What `opened` opens; `head` are 16 bytes that nobody can foresee."""
    plain = head + len(message).to_bytes(_LENGTH_BYTES, "big") + message + app_id.encode()
    count = _BLOCK_BYTES - len(plain) % _BLOCK_BYTES
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_IV_BYTES])).encryptor()
    padded = plain + bytes([count]) * count
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
