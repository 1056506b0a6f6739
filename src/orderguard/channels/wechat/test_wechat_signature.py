import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from tests.contracts.channel_contract import read_call
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from orderguard.channels.wechat import CHANNEL
from orderguard.channels.wechat.crypt import NotOpened, key_of, opened, sealed, signature
from orderguard.channels.wechat.signer import greeting, shop, signed
from orderguard.channels.wechat.values import CHINA
from orderguard.domain.events import EventType
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import SignatureFault, SignatureMismatch

NOW_MS = 1_794_355_210_000
SHOP = shop(1)
PLAIN = msgspec.structs.replace(SHOP, settings={**SHOP.settings, "mode": "plain"})
FIXTURES = Path(__file__).parent / "fixtures"
ORDER_ID = "3705115058471208928"
AT = dt.datetime(2026, 11, 11, 7, 58, 20, tzinfo=CHINA)

# The platform's own sample of an encrypted message.
TOKEN, APP_ID = "QDG6eK", "wx5823bf96d3bd56c7"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ENCRYPTED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3Qczcd"
    "CUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd"
    "4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2"
    "r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Nc"
    "x4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uy"
    "PIGHBZZIs2pDBS8R07+qN+E7Q=="
)


def fixture(situation: str) -> RawMessage:
    return read_call(FIXTURES / f"{situation}.http")


def take(message: RawMessage, at: ShopConfig = SHOP) -> tuple[Parsed, ...]:
    CHANNEL.verify(message, at, NOW_MS)
    return CHANNEL.parse(message, at)


def parse(situation: str) -> tuple[Parsed, ...]:
    return take(signed(fixture(situation), SHOP, NOW_MS))


@pytest.mark.parametrize(
    ("timestamp", "nonce", "digest"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
    ],
)
def test_the_published_signatures(timestamp: str, nonce: str, digest: str) -> None:
    query = {"signature": digest, "timestamp": timestamp, "nonce": nonce, "echostr": "43751209"}
    message = RawMessage({}, urlencode(query), b"", method="GET")
    at = msgspec.structs.replace(SHOP, secrets=("AAAAA",))
    CHANNEL.verify(message, at, NOW_MS)
    assert CHANNEL.greet(message, at).body == b"43751209"


def test_the_published_message_is_opened() -> None:
    query = {
        "msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6",
        "timestamp": "1409659813",
        "nonce": "1372623149",
    }
    at = ShopConfig(
        channel="wechat",
        shop="demo",
        secrets=(TOKEN,),
        settings={"app_id": APP_ID, "encoding_aes_key": AES_KEY},
    )
    body = f"<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[{ENCRYPTED}]]></Encrypt></xml>"
    assert take(RawMessage({}, urlencode(query), body.encode()), at) == ()
    plain = opened(key_of(AES_KEY), ENCRYPTED, APP_ID)
    assert b"<Content><![CDATA[hello]]></Content>" in plain
    assert b"<MsgId>4561255354251345929</MsgId>" in plain


def test_another_apps_message_is_refused_though_it_is_signed() -> None:
    other = {**SHOP.settings, "app_id": "wxother"}
    message = signed(fixture("paid"), msgspec.structs.replace(SHOP, settings=other), NOW_MS)
    with pytest.raises(SignatureMismatch, match="AppID"):
        CHANNEL.verify(message, SHOP, NOW_MS)
    other = {**SHOP.settings, "encoding_aes_key": AES_KEY}
    with pytest.raises(SignatureMismatch, match="EncodingAESKey"):
        CHANNEL.verify(
            signed(fixture("paid"), SHOP, NOW_MS),
            msgspec.structs.replace(SHOP, settings=other),
            NOW_MS,
        )


def test_nothing_is_opened_before_its_signature_is_seen() -> None:
    """A forged text that would open is refused for its signature, not for its content."""
    message = signed(fixture("paid"), SHOP, NOW_MS)
    with pytest.raises(SignatureMismatch, match="msg_signature"):
        CHANNEL.verify(message, msgspec.structs.replace(SHOP, secrets=("another",)), NOW_MS)


@pytest.mark.parametrize("text", ["", "AAAA", "no base64", "A" * 43 + "=", "é" * 44])
def test_a_text_that_is_no_cipher(text: str) -> None:
    with pytest.raises(NotOpened):
        opened(key_of(AES_KEY), text, APP_ID)


def test_a_length_beyond_the_text_is_refused() -> None:
    key = key_of(AES_KEY)
    assert key is not None
    text = sealed(key, b"", "", b"0" * 16)
    assert opened(key, text, "") == b""
    # The message's first bytes stand where the length would: it is longer than all there is.
    moved = sealed(key, b"\xff" * 8, "", b"0" * 12)
    with pytest.raises(NotOpened):
        opened(key, moved, "")


@pytest.mark.parametrize("key", ["", "short", "A" * 42, "A" * 44, "!" * 43, "é" * 43])
def test_a_key_that_can_never_work_is_told(key: str) -> None:
    at = msgspec.structs.replace(SHOP, settings={**SHOP.settings, "encoding_aes_key": key})
    assert CHANNEL.fault(at) is not None
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(signed(fixture("paid"), SHOP, NOW_MS), at, NOW_MS)


def plainly(message: RawMessage) -> RawMessage:
    query = {
        "signature": signature(SHOP.secrets[0], "1794355210", "1"),
        "timestamp": "1794355210",
        "nonce": "1",
    }
    return msgspec.structs.replace(message, query=urlencode(query))


def test_a_message_in_the_open_is_taken_in_plain_mode_alone() -> None:
    message = plainly(fixture("paid"))
    with pytest.raises(SignatureMismatch, match="安全模式") as caught:
        CHANNEL.verify(message, SHOP, NOW_MS)
    assert caught.value.fault is SignatureFault.MISSING
    assert take(message, PLAIN)[0].event == parse("paid")[0].event
    forged = msgspec.structs.replace(message, query=message.query.replace("nonce=1", "nonce=2"))
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(forged, PLAIN, NOW_MS)


@pytest.mark.parametrize("at", [SHOP, PLAIN])
def test_of_a_compatible_message_the_encrypted_half_counts(at: ShopConfig) -> None:
    message = signed(fixture("paid"), SHOP, NOW_MS)
    lie = json.loads(fixture("confirmed").body)
    both = json.dumps({**lie, **json.loads(message.body)}).encode()
    (one,) = take(msgspec.structs.replace(message, body=both), at)
    assert one.event.type is EventType.ORDER_PAID


def test_a_greeting_with_too_many_parameters_is_refused() -> None:
    message, _ = greeting(SHOP, NOW_MS)
    many = msgspec.structs.replace(message, query=message.query + "&a=1" * 99)
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(many, SHOP, NOW_MS)
    assert caught.value.fault is SignatureFault.MISSING


def test_it_hears_success_and_nothing_else() -> None:
    answer = CHANNEL.acknowledge(1, 0)
    assert (answer.status, answer.body) == (200, b"success")
    assert CHANNEL.new_secret().isalnum()
    assert len(CHANNEL.new_secret()) == 32


# Code that others wrote, at the other end


@pytest.fixture
def peer() -> Any:
    return WeChatCrypto(SHOP.secrets[0], SHOP.settings["encoding_aes_key"], SHOP.settings["app_id"])


@pytest.mark.parametrize("situation", sorted(path.stem for path in FIXTURES.glob("*.http")))
def test_what_wechatpy_encrypts_and_signs_is_taken(peer: Any, situation: str) -> None:
    text = fixture(situation).body.decode()
    envelope = peer.encrypt_message(text, "n1", "1794355210")
    given = {
        name: envelope.split(f"<{name}><![CDATA[")[1].split("]]>")[0]
        for name in ("MsgSignature", "Nonce")
    }
    query = {
        "msg_signature": given["MsgSignature"],
        "timestamp": "1794355210",
        "nonce": given["Nonce"],
    }
    message = RawMessage({}, urlencode(query), envelope.encode())
    assert [one.event for one in take(message)] == [one.event for one in parse(situation)]


def test_wechatpy_opens_what_our_signer_sends(peer: Any) -> None:
    for situation in ("paid", "paid_as_xml"):
        call = fixture(situation)
        message = signed(call, SHOP, NOW_MS)
        given = dict(pair.split("=") for pair in message.query.split("&"))
        body = message.body.decode()
        document = body if body.startswith("<") else json.loads(body)
        plain = peer.decrypt_message(
            document, given["msg_signature"], given["timestamp"], given["nonce"]
        )
        assert plain.encode() == call.body


def test_a_greeting_that_wechatpy_signs_is_answered() -> None:
    signer = WeChatSigner()
    signer.add_data(SHOP.secrets[0], "1794355210", "abc")
    query = {
        "signature": signer.signature,
        "timestamp": "1794355210",
        "nonce": "abc",
        "echostr": "回声 &",
    }
    message = RawMessage({}, urlencode(query), b"", method="GET")
    CHANNEL.verify(message, SHOP, NOW_MS)
    assert CHANNEL.greet(message, SHOP).body.decode() == "回声 &"


def test_base64_of_a_text_has_one_spelling() -> None:
    """The signature covers the text, so that no other spelling of its bytes is ever looked at."""
    message = signed(fixture("paid"), SHOP, NOW_MS)
    text = json.loads(message.body)["Encrypt"]
    spelt = base64.b64encode(base64.b64decode(text)).decode()
    assert spelt == text
    body = message.body.replace(text.encode(), f"{text}\\n".encode())
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(msgspec.structs.replace(message, body=body), SHOP, NOW_MS)
