"""What WeChat does in safe mode: for tests and simulations."""

import base64
import hashlib
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from orderguard.channels.wechat.crypt import HEAD_BYTES, key_of, sealed, signature
from orderguard.domain.ports import RawMessage, ShopConfig

SIGNED_HEADERS: tuple[str, ...] = ()
SIGNED_PARAMETERS = ("msg_signature", "timestamp", "nonce")
SIGNED_GREETING = ("signature", "timestamp", "nonce")
RECEIVER = "gh_000000000000"
NONCE = "1372623149"


class _Envelope(Struct):
    receiver: str = field(name="ToUserName")
    encrypt: str = field(name="Encrypt")


def shop(number: int) -> ShopConfig:
    """A shop with secrets of its own."""
    key = hashlib.sha256(f"wechat {number}".encode()).digest()
    return ShopConfig(
        channel="wechat",
        shop="demo",
        secrets=(f"{number:032x}",),
        settings={
            "app_id": f"wx{number:016x}",
            "encoding_aes_key": base64.b64encode(key).decode().rstrip("="),
        },
    )


def signed(message: RawMessage, shop: ShopConfig, now_ms: int) -> RawMessage:
    """The call as it is sent: encrypted, in an envelope of the message's own form."""
    key = key_of(shop.settings["encoding_aes_key"])
    assert key is not None
    # Theirs is random; the same message shall be sent in the same way here.
    head = hashlib.sha256(message.body).digest()[:HEAD_BYTES]
    text = sealed(key, message.body, shop.settings["app_id"], head)
    timestamp = str(now_ms // 1000)
    query = {
        "signature": signature(shop.secrets[0], timestamp, NONCE),
        "timestamp": timestamp,
        "nonce": NONCE,
        "encrypt_type": "aes",
        "msg_signature": signature(shop.secrets[0], timestamp, NONCE, text),
    }
    is_xml = message.body.lstrip().startswith(b"<")
    body = _xml(text) if is_xml else msgspec.json.encode(_Envelope(RECEIVER, text))
    return RawMessage(message.headers, urlencode(query), body)


def signed_span(body: bytes) -> range:
    """The places of the `Encrypt` text: nothing else in the body is signed."""
    before, after = (b"<Encrypt><![CDATA[", b"]]>") if body[:1] == b"<" else (b'"Encrypt":"', b'"')
    start = body.index(before) + len(before)
    return range(start, body.index(after, start))


def greeting(shop: ShopConfig, now_ms: int) -> tuple[RawMessage, bytes]:
    """How an address is checked, and what the answer has to be."""
    timestamp, echo = str(now_ms // 1000), "4375120948345356249"
    query = {
        "signature": signature(shop.secrets[0], timestamp, NONCE),
        "timestamp": timestamp,
        "nonce": NONCE,
        "echostr": echo,
    }
    return RawMessage({}, urlencode(query), b"", method="GET"), echo.encode()


def _xml(text: str) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{RECEIVER}]]></ToUserName>"
        f"<Encrypt><![CDATA[{text}]]></Encrypt></xml>"
    ).encode()
