import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from orderguard.kit.signing import (
    hmac_base64,
    is_fresh,
    sign_webhook,
    verify_hmac_base64,
    verify_webhook,
    webhook_key,
)

# The vector in the tests of the Standard Webhooks libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published.
KEY = webhook_key(SECRET)
MESSAGE_ID, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def verify(signatures: str, *, key: bytes = KEY, message_id: str = MESSAGE_ID) -> bool:
    return verify_webhook(
        key, message_id=message_id, timestamp=TIMESTAMP, body=BODY, signatures=signatures
    )


def test_the_published_vector() -> None:
    assert sign_webhook(KEY, MESSAGE_ID, TIMESTAMP, BODY) == SIGNATURE
    assert verify(SIGNATURE)


@given(
    st.binary(min_size=24, max_size=64),
    st.text(st.characters(max_codepoint=127, categories=["L", "N"]), min_size=1),
    st.text(),
)
def test_the_reference_library_signs_alike(key: bytes, message_id: str, body: str) -> None:
    signature = sign_webhook(key, message_id, TIMESTAMP, body.encode())
    moment = dt.datetime.fromtimestamp(int(TIMESTAMP), dt.UTC)
    assert signature == Webhook(key).sign(message_id, moment, body)


@pytest.mark.parametrize(
    "signatures",
    [
        "",
        " ",
        ",",
        "v1,",
        "v1,%%%",
        "v1,é",
        "v1,中",
        "v1," * 3000,
        SIGNATURE.replace("v1,", "v2,"),
        SIGNATURE.replace("v1,", "v1 "),
        SIGNATURE.removeprefix("v1,"),
        SIGNATURE.rstrip("="),
        SIGNATURE.replace("OE=", "OF="),  # The same bytes in another spelling.
        " ".join(["v1,AAAA"] * 100 + [SIGNATURE]),
    ],
)
def test_no_other_text_is_the_signature(signatures: str) -> None:
    assert not verify(signatures)


@pytest.mark.parametrize("others", ["v1a,BBBB", "v1,AAAA v9", "  "])
def test_one_of_several_is_enough(others: str) -> None:
    assert verify(f"{others} {SIGNATURE}")
    assert verify(f"{SIGNATURE} {others}")


@pytest.mark.parametrize("message_id", ["", "é", "中", "\x00"])
def test_another_id_is_another_message(message_id: str) -> None:
    assert not verify(SIGNATURE, message_id=message_id)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "é", "whsec_中", "a"])
def test_no_secret_verifies_nothing(secret: str) -> None:
    key = webhook_key(secret)
    assert key == b""
    assert not verify(sign_webhook(key, MESSAGE_ID, TIMESTAMP, BODY), key=key)


def test_a_secret_may_come_without_prefix_and_padding() -> None:
    assert webhook_key(SECRET.removeprefix("whsec_")) == KEY
    assert webhook_key("whsec_QUI") == webhook_key("whsec_QUI=") == b"AB"


@pytest.mark.parametrize(
    ("timestamp", "fresh"),
    [
        ("1614265330", True),
        ("1614265030", True),
        ("1614265630", True),
        ("1614265029", False),
        ("1614265631", False),
        ("", False),
        ("-1", False),
        ("+1614265330", False),
        (" 1614265330", False),
        ("1_614_265_330", False),
        ("1614265330.0", False),
        ("NaN", False),
        ("inf", False),
        ("１６１４２６５３３０", False),
        ("²", False),
        ("9" * 5000, False),
    ],
)
def test_freshness(timestamp: str, *, fresh: bool) -> None:
    assert is_fresh(timestamp, 1_614_265_330_000) is fresh


def test_a_plain_hmac() -> None:
    signature = "A971iWIMgT8Zj9A9eWfikrFj7wQ16/Qwcc4OlRl2PLc="
    assert hmac_base64(b"secret", b'{"id":1}') == signature
    assert verify_hmac_base64(b"secret", b'{"id":1}', signature)
    for wrong in ("", "%%%", "AAAA", "é", "中", "a" * 9000, signature.rstrip("="), f" {signature}"):
        assert not verify_hmac_base64(b"secret", b'{"id":1}', wrong)
    assert not verify_hmac_base64(b"", b"", hmac_base64(b"", b""))
