"""What a notification is about is encrypted within it, with the merchant's APIv3 key."""

import base64

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from orderguard.errors import MalformedMessage
from orderguard.kit import jsontext

KEY_BYTES = 32
ALGORITHM = "AEAD_AES_256_GCM"

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_check_json = msgspec.json.Decoder(msgspec.Raw).decode


class Encrypted(Struct, frozen=True):
    """`ciphertext` is base64 and ends with the tag; `nonce` and `associated_data` are text."""

    algorithm: str
    ciphertext: str
    nonce: str
    associated_data: str | None = None
    original_type: str | None = None


_decode_encrypted = msgspec.json.Decoder(Encrypted).decode


def opened(body: bytes, api_v3_key: str) -> bytes:
    """The notification with its resource in the open, as it is kept and read."""
    if fault := jsontext.fault(body):
        raise MalformedMessage(f"Not a notification: {fault}.")
    try:
        members = _decode_members(body)
        plain = _decrypted(_decode_encrypted(members["resource"]), api_v3_key)
        if fault := jsontext.fault(plain):
            raise MalformedMessage(f"Not a notification's resource: {fault}.")
        _check_json(plain)
    except KeyError as error:
        raise MalformedMessage("The member `resource` is missing.") from error
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not a notification: {error}.") from error
    return msgspec.json.encode({**members, "resource": msgspec.Raw(plain)})


def _decrypted(resource: Encrypted, api_v3_key: str) -> bytes:
    if resource.algorithm != ALGORITHM:
        raise MalformedMessage(f"The resource is not encrypted by {ALGORITHM}.")
    try:
        return AESGCM(api_v3_key.encode()).decrypt(
            resource.nonce.encode(),
            base64.b64decode(resource.ciphertext, validate=True),
            (resource.associated_data or "").encode(),
        )
    except (InvalidTag, ValueError) as error:
        raise MalformedMessage(
            "The resource does not open.",
            hint="Give the shop the APIv3 key (APIv3密钥) of the same merchant.",
        ) from error


def sealed(plain: bytes, api_v3_key: str, nonce: str, original_type: str) -> Encrypted:
    """What `opened` opens."""
    cipher = AESGCM(api_v3_key.encode())
    data = cipher.encrypt(nonce.encode(), plain, original_type.encode())
    return Encrypted(
        algorithm=ALGORITHM,
        ciphertext=base64.b64encode(data).decode(),
        nonce=nonce,
        associated_data=original_type,
        original_type=original_type,
    )
