"""What WeChat Pay does: for tests and simulations. Its keys are made anew in each process."""

import base64
import datetime as dt
import hashlib
from functools import lru_cache

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from orderguard.channels.wechat_pay.keys import keys_of
from orderguard.channels.wechat_pay.resource import sealed
from orderguard.domain.ports import RawMessage, ShopConfig

SIGNED_HEADERS = (
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-signature",
    "wechatpay-serial",
)
SIGNED_PARAMETERS: tuple[str, ...] = ()
MCHID = "1230000109"
SHOPS_MAX = 16
NONCE = "EzwR2fVDqYWYNc5lSWL2Ac1ZfUyQqaGw"
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
_SERIAL = 0x5157F09EFDC096DE15EBE81A47057A7232F1B800
_FROM, _UNTIL = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2020, 2100))
_PEM, _KEY_BITS = Encoding.PEM, 2048

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def shop(number: int) -> ShopConfig:
    """A shop with a key of its own, of which it knows the platform's certificate."""
    return ShopConfig(
        channel="wechat_pay",
        shop="demo",
        secrets=(certificate(number).public_bytes(_PEM).decode().strip(),),
        settings={
            "api_v3_key": f"{number:032d}",
            "mchid": MCHID,
            "orders_of": "standard/demo",
        },
    )


@lru_cache(SHOPS_MAX)
def private_key(number: int) -> rsa.RSAPrivateKey:  # noqa: ARG001 - each number has one.
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


@lru_cache(SHOPS_MAX)
def certificate(number: int) -> x509.Certificate:
    """What the platform signs with, as merchants download it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
    key = private_key(number)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(_SERIAL + number)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, hashes.SHA256())
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent: `resource` encrypted, the whole body signed."""
    body = encrypted(message.body, shop)
    number = _number(shop)
    headers = {**message.headers, **sign(body, number, now_ms)}
    return RawMessage(headers, message.query, body)


def encrypted(body: bytes, shop: ShopConfig) -> bytes:
    """The body with what is in `resource` encrypted; as it is where there is none."""
    try:
        members = _decode_members(body)
        plain = members["resource"]
    except (ValueError, msgspec.DecodeError, RecursionError, KeyError):
        return body
    # Theirs is random; the same message shall be sent in the same way here.
    nonce = hashlib.sha256(body).hexdigest()[:12]
    kind = "refund" if b"REFUND" in bytes(members.get("event_type", b"")) else "transaction"
    resource = sealed(bytes(plain), shop.settings["api_v3_key"], nonce, kind)
    return msgspec.json.encode({**members, "resource": resource})


def sign(body: bytes, number: int, now_ms: int) -> dict[str, str]:
    """The headers of a notification with this body."""
    timestamp = str(now_ms // 1000)
    text = f"{timestamp}\n{NONCE}\n".encode() + body + b"\n"
    signature = private_key(number).sign(text, PKCS1v15(), hashes.SHA256())
    return {
        "wechatpay-timestamp": timestamp,
        "wechatpay-nonce": NONCE,
        "wechatpay-signature": base64.b64encode(signature).decode(),
        "wechatpay-serial": f"{certificate(number).serial_number:X}",
        "wechatpay-signature-type": SIGNATURE_TYPE,
    }


def _number(shop: ShopConfig) -> int:
    """Which of the shops it is: its key bears the number."""
    (key,) = keys_of(shop.secrets[0])
    assert key.names is not None
    return int(min(key.names), 16) - _SERIAL
