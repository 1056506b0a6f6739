"""The `wechat_pay` channel: notifications signed with RSA, their content encrypted."""

import base64
import binascii
import json

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orderguard.bilingual import Bilingual
from orderguard.channels.wechat_pay import shapes
from orderguard.channels.wechat_pay.events import SUPPLIES, Told, tell
from orderguard.channels.wechat_pay.keys import PlatformKey, keys_of
from orderguard.channels.wechat_pay.resource import KEY_BYTES, opened
from orderguard.channels.wechat_pay.settings import SETTINGS, are_readable, orders_of
from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit import jsontext
from orderguard.kit.ids import stable_id
from orderguard.kit.signing import is_fresh, timestamp_skew_ms

HEADERS = ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial")
PROBE = "WECHATPAY/SIGNTEST/"
"""How the platform begins a signature that it made wrong on purpose, to see it refused."""
KEY_BITS = 2048

_decode = msgspec.json.Decoder(shapes.Notification).decode


class WechatPayChannel(Channel):
    name = "wechat_pay"
    title = "微信支付"
    supplies = SUPPLIES
    settings = SETTINGS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:
        timestamp, nonce, claimed, serial = (message.headers.get(name, "") for name in HEADERS)
        if not (timestamp and nonce and claimed and serial):
            raise SignatureMismatch(
                f"One of the headers {', '.join(HEADERS)} is missing.",
                hint="Let what stands before this server pass them on.",
                fault=SignatureFault.MISSING,
            )
        if claimed.startswith(PROBE):
            raise SignatureMismatch(
                "The signature is wrong on purpose: the platform tries whether it is looked at.",
                hint="Nothing is to be done.",
            )
        keys = [key for text in shop.secrets for key in keys_of(text) if key.is_named(serial)]
        if not keys:
            raise SignatureMismatch(
                f"The shop has no key with the number {serial[:64]!r}.",
                hint="Add the platform's new public key or certificate beside the former one.",
            )
        signature = _signature(claimed)
        signed = f"{timestamp}\n{nonce}\n".encode("latin-1", "replace") + message.body + b"\n"
        if signature is None or not _is_signed(keys, signed, signature, now_ms):
            raise SignatureMismatch(
                "The signature is not made with the platform's key of that number.",
                hint="Pass the body on as it comes: every byte of it is signed.",
            )
        if not is_fresh(timestamp, now_ms):
            raise _stale(timestamp, now_ms)

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:
        return self.reread(opened(message.body, shop.settings.get("api_v3_key", "")), shop)

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """What is kept is the notification with its resource in the open."""
        if fault := jsontext.fault(raw):
            raise MalformedMessage(f"Not a notification: {fault}.")
        try:
            notification = _decode(raw)
        except msgspec.DecodeError as error:
            raise MalformedMessage(f"Not a notification: {error}.") from error
        told = tell(notification, shop.settings.get("mchid", ""))
        about = orders_of(shop)
        return tuple(Parsed(_event(one), raw, about) for one in told)

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        # 200 alone will do; the body is what older pages ask for.
        return Answer(200, b'{"code":"SUCCESS","message":"OK"}')

    def refuse(self, status: int, reason: str) -> Answer:
        body = json.dumps({"code": "FAIL", "message": reason}, ensure_ascii=False)
        return Answer(status, body.encode("utf-8", "replace"))

    def new_secret(self) -> str:
        """Only the platform makes its keys: this one has the form, and nobody can sign with it."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()

    def fault(self, shop: ShopConfig) -> Bilingual | None:
        if not all(map(keys_of, shop.secrets)):
            return Bilingual(
                "public_key has no public key and no certificate with an RSA key (PEM).",
                "`public_key` 里没有 RSA 公钥，也没有带 RSA 公钥的证书（PEM 格式）。",
            )
        if len(shop.settings.get("api_v3_key", "").encode()) != KEY_BYTES:
            return Bilingual(
                f"api_v3_key has to be {KEY_BYTES} characters.",
                f"`api_v3_key` 应为 {KEY_BYTES} 个字符。",
            )
        if not are_readable(shop):
            return Bilingual(
                "orders_of has to be channel/shop, or several of them with commas between them.",
                "`orders_of` 应写成“渠道/店铺”，多个用逗号隔开。",
            )
        return None


def _event(told: Told) -> CanonicalEvent:
    is_known = told.type is not EventType.UNKNOWN
    return CanonicalEvent(
        id=stable_id("wechat_pay", *told.parts),
        type=told.type,
        type_name=told.type.value if is_known else told.type_name,
        occurred_at=told.at,
        data=told.data,
    )


def _signature(claimed: str) -> bytes | None:
    """Its bytes, where it is spelt as a signer spells it: base64 has several ways."""
    try:
        signature = binascii.a2b_base64(claimed, strict_mode=True)
    except ValueError:  # binascii.Error is one; text beyond ASCII raises another.
        return None
    return signature if base64.b64encode(signature).decode() == claimed else None


def _is_signed(keys: list[PlatformKey], signed: bytes, signature: bytes, now_ms: int) -> bool:
    return any(
        key.from_ms <= now_ms <= key.until_ms and key.signed(signed, signature) for key in keys
    )


def _stale(timestamp: str, now_ms: int) -> SignatureMismatch:
    """What is wrong with the time of a message that the platform did sign."""
    skew_ms = timestamp_skew_ms(timestamp, now_ms)
    fault = SignatureFault.WRONG
    if skew_ms is not None:
        fault = SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD
    return SignatureMismatch(
        "The header Wechatpay-Timestamp is unreadable or more than 5 minutes off.",
        hint="Set this server's clock.",
        fault=fault,
        skew_ms=skew_ms,
    )
