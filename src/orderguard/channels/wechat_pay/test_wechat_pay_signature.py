import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace
from tests.contracts.channel_contract import read_call
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import aes_decrypt, rsa_sign

from orderguard.channels.wechat_pay import CHANNEL
from orderguard.channels.wechat_pay.keys import KEYS_MAX, keys_of
from orderguard.channels.wechat_pay.signer import certificate, private_key, shop, signed
from orderguard.domain.ports import Parsed, RawMessage
from orderguard.errors import SignatureFault, SignatureMismatch

NOW_MS = 1_794_355_210_000
SHOP = shop(1)
KEY = SHOP.settings["api_v3_key"]
FIXTURES = Path(__file__).parent / "fixtures"
PUBLIC_KEY_ID = "PUB_KEY_ID_0112300001092024111100000000000001"


def take(message: RawMessage) -> tuple[Parsed, ...]:
    CHANNEL.verify(message, SHOP, NOW_MS)
    return CHANNEL.parse(message, SHOP)


def bare_key(number: int) -> str:
    key = private_key(number).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def named(serial: str) -> RawMessage:
    """A payment whose key is named like this."""
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    return replace(message, headers={**message.headers, "wechatpay-serial": serial})


@pytest.mark.parametrize(
    "text",
    [
        bare_key(1),
        bare_key(1).replace("\n", " "),
        f"{PUBLIC_KEY_ID}\n{bare_key(1)}",
        bare_key(2) + bare_key(1),
        SHOP.secrets[0] + "\n" + bare_key(1),
    ],
)
def test_a_bare_key_is_named_by_its_id(text: str) -> None:
    CHANNEL.verify(named(PUBLIC_KEY_ID), replace(SHOP, secrets=(text,)), NOW_MS)


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        (bare_key(1), f"{certificate(1).serial_number:X}"),
        (SHOP.secrets[0], PUBLIC_KEY_ID),
        (f"PUB_KEY_ID_2\n{bare_key(1)}", PUBLIC_KEY_ID),
        (bare_key(2), PUBLIC_KEY_ID),
        (shop(2).secrets[0], f"{certificate(2).serial_number:X}"),
    ],
)
def test_a_key_of_another_number_or_another_key_is_refused(text: str, serial: str) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(named(serial), replace(SHOP, secrets=(text,)), NOW_MS)
    assert caught.value.fault is SignatureFault.WRONG


def test_two_certificates_count_while_the_platform_changes_over() -> None:
    both = replace(SHOP, secrets=(f"{shop(2).secrets[0]}\n{SHOP.secrets[0]}",))
    for number in (1, 2):
        message = signed(read_call(FIXTURES / "paid.http"), shop(number), NOW_MS)
        CHANNEL.verify(message, both, NOW_MS)


def test_a_certificate_counts_while_it_is_valid() -> None:
    after_ms = int(certificate(1).not_valid_after_utc.timestamp() * 1000) + 1000
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, after_ms)
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(message, SHOP, after_ms)


@pytest.mark.parametrize(
    ("ahead_ms", "fault"),
    [
        (-300_001, SignatureFault.TOO_OLD),
        (301_000, SignatureFault.TOO_NEW),
        (-300_000, None),
        (300_000, None),
    ],
)
def test_a_signature_is_good_for_five_minutes(ahead_ms: int, fault: SignatureFault | None) -> None:
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    if fault is None:
        CHANNEL.verify(message, SHOP, NOW_MS - ahead_ms)
        return
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(message, SHOP, NOW_MS - ahead_ms)
    assert caught.value.fault is fault


def test_a_signature_that_is_wrong_on_purpose_is_refused() -> None:
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    probe = {**message.headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/" + "A" * 325}
    with pytest.raises(SignatureMismatch, match="on purpose"):
        CHANNEL.verify(replace(message, headers=probe), SHOP, NOW_MS)


def test_texts_that_are_no_keys() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).public_key()
    elliptic = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
    for text in ("", "no key", elliptic, broken, "-----BEGIN PUBLIC KEY-----", "\x00é"):
        assert keys_of(text) == ()
        assert CHANNEL.fault(replace(SHOP, secrets=(text,))) is not None
    assert len(keys_of(bare_key(1) * 30)) == KEYS_MAX
    assert CHANNEL.fault(replace(SHOP, secrets=(CHANNEL.new_secret(),))) is None


# Code that others wrote, at the other end


def test_what_wechatpayv3_signs_is_taken() -> None:
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    timestamp, nonce = str(NOW_MS // 1000), "abcdef"
    headers = {
        "wechatpay-timestamp": timestamp,
        "wechatpay-nonce": nonce,
        "wechatpay-serial": message.headers["wechatpay-serial"],
        "wechatpay-signature": rsa_sign(
            private_key(1), f"{timestamp}\n{nonce}\n{message.body.decode()}\n"
        ),
    }
    assert take(replace(message, headers=headers)) == take(message)


@pytest.mark.parametrize("situation", sorted(path.stem for path in FIXTURES.glob("*.http")))
def test_wechatpayv3_takes_what_our_signer_sends(situation: str, tmp_path: Path) -> None:
    """Its verifier, which asks for certificates in a folder, and its cipher."""
    (tmp_path / "platform.pem").write_text(SHOP.secrets[0])
    merchant = private_key(2).private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    peer = WeChatPay(
        WeChatPayType.JSAPI,
        mchid=SHOP.settings["mchid"],
        private_key=merchant.decode(),
        cert_serial_no="1",
        apiv3_key=KEY,
        appid="wxd678efh567hg6787",
        notify_url="https://shop.example.com/",
        cert_dir=str(tmp_path),
    )
    call = read_call(FIXTURES / f"{situation}.http")
    message = signed(call, SHOP, NOW_MS)
    assert peer.callback(dict(message.headers), message.body) == json.loads(call.body)
    forged = replace(message, body=message.body.replace(b"EV-", b"EW-"))
    assert not peer.callback(dict(forged.headers), forged.body)
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(forged, SHOP, NOW_MS)


def test_wechatpayv3_opens_what_we_keep() -> None:
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    resource = json.loads(message.body)["resource"]
    plain = aes_decrypt(resource["nonce"], resource["ciphertext"], resource["associated_data"], KEY)
    (one,) = take(message)
    assert json.loads(one.raw)["resource"] == json.loads(plain)


def test_the_test_certificate_is_one() -> None:
    """What the sender signs with here is what a merchant would download."""
    read = x509.load_pem_x509_certificate(SHOP.secrets[0].encode())
    read.verify_directly_issued_by(read)
    assert isinstance(read.signature_hash_algorithm, hashes.SHA256)
