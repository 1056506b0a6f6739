import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orderguard.errors import BadInstallation, DamagedRecord, KeyErased
from orderguard.kit.sealing import Keyring


def keyring(active: int = 1, **keys: bytes) -> Keyring:
    data_keys = {int(name.removeprefix("k")): key for name, key in keys.items()}
    return Keyring(active=active, data_keys=data_keys or {1: b"1" * 32}, token_key=b"t" * 32)


def test_what_was_sealed_is_opened() -> None:
    keys = Keyring.create()
    for plain in (b"", b"x", bytes(100_000)):
        assert keys.unseal(keys.active, keys.seal(plain, b"aad"), b"aad") == plain


def test_sealing_is_aes_256_gcm_with_the_nonce_before() -> None:
    sealed = keyring().seal(b"plain", b"aad")
    assert AESGCM(b"1" * 32).decrypt(sealed[:12], sealed[12:], b"aad") == b"plain"


def test_no_two_seals_are_alike() -> None:
    keys = keyring()
    assert len({keys.seal(b"plain", b"") for _ in range(100)}) == 100


def test_any_change_is_noticed() -> None:
    keys = keyring()
    sealed = keys.seal(b"plain", b"aad")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(DamagedRecord):
            keys.unseal(1, bytes(changed), b"aad")
    for length in range(len(sealed)):
        with pytest.raises(DamagedRecord):
            keys.unseal(1, sealed[:length], b"aad")
    with pytest.raises(DamagedRecord):
        keys.unseal(1, sealed, b"other")


def test_an_older_key_still_opens_and_an_erased_one_is_named() -> None:
    sealed = keyring(1).seal(b"plain", b"")
    rotated = keyring(2, k1=b"1" * 32, k2=b"2" * 32)
    assert rotated.unseal(1, sealed, b"") == b"plain"
    with pytest.raises(KeyErased, match="key 1 was erased"):
        keyring(2, k2=b"2" * 32).unseal(1, sealed, b"")


def test_a_token_is_keyed_and_tells_kinds_apart() -> None:
    keys = keyring()
    digest = hmac.new(b"t" * 32, b"phone\x0013800001234", hashlib.sha256).digest()
    token = keys.token("phone", "13800001234")
    assert token == base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
    assert len(token) == 22
    assert token != keys.token("address", "13800001234")
    assert token != Keyring.create().token("phone", "13800001234")


def test_a_token_is_made_of_any_text() -> None:
    assert len(keyring().token("name", "张三 \ud800")) == 22


def test_the_replay_keyring_is_the_same_everywhere() -> None:
    assert Keyring.for_replay() == Keyring.for_replay()
    assert Keyring.for_replay().token("phone", "13800001234") == "G0jv5JrZhoikAcVMb6xDcQ"


def test_no_key_is_shown() -> None:
    assert repr(keyring()) == "Keyring(active=1)"


def test_a_saved_keyring_is_loaded_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    (tmp_path / "keys.json.tmp").touch(mode=0o666)  # Left over from a crash.
    keys = keyring(7, k1=b"\xff" * 32, k7=bytes(range(32)))
    keys.save(path)
    assert Keyring.load(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_keyring_saved_again_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.create().save(path)
    newer = Keyring.create()
    newer.save(path)
    assert Keyring.load(path) == newer


def test_a_missing_keyring_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInstallation, match=r"keys\.json: No such file"):
        Keyring.load(tmp_path / "keys.json")
    with pytest.raises(BadInstallation, match="cannot be written"):
        Keyring.create().save(tmp_path / "absent" / "keys.json")


KEY = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        json.dumps({"active": 1, "data_keys": {"1": KEY}}).encode(),
        json.dumps({"active": 1, "data_keys": {"1": "AAAA"}, "token_key": KEY}).encode(),
        json.dumps({"active": 1, "data_keys": {"1": KEY}, "token_key": "AAAA"}).encode(),
        json.dumps({"active": 2, "data_keys": {"1": KEY}, "token_key": KEY}).encode(),
        json.dumps({"active": -1, "data_keys": {"-1": KEY}, "token_key": KEY}).encode(),
        json.dumps({"active": 1, "data_keys": {"1": "?"}, "token_key": KEY}).encode(),
    ],
)
def test_an_unusable_keyring_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(BadInstallation):
        Keyring.load(path)
