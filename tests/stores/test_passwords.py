import base64
import hashlib

import pytest

from orderguard.stores.sqlite.passwords import NOBODY, is_password, record_of

PASSWORD = "correct horse ①"  # noqa: S105 - of nobody.


def by_scrypt(password: str) -> str:
    """A record as earlier versions wrote it."""
    salt = b"0123456789abcdef"
    derived = hashlib.scrypt(
        password.encode(), salt=salt, n=1 << 14, r=8, p=5, maxmem=64 << 20, dklen=32
    )
    texts = (base64.b64encode(part).decode() for part in (salt, derived))
    return "$".join(("scrypt", "14", "8", "5", *texts))


def test_a_record_is_argon2id_and_salted() -> None:
    record = record_of(PASSWORD)
    assert record.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert record != record_of(PASSWORD)
    assert is_password(PASSWORD, record)
    assert not is_password(f"{PASSWORD} ", record)


def test_the_same_character_may_be_composed_otherwise() -> None:
    assert is_password("correct horse 1", record_of(PASSWORD))


def test_records_of_earlier_versions_are_known() -> None:
    record = by_scrypt("correct horse 1")
    assert is_password(PASSWORD, record)
    assert not is_password("another", record)


@pytest.mark.parametrize("password", ["", "nobody", PASSWORD])
def test_nobody_has_no_password(password: str) -> None:
    assert not is_password(password, NOBODY)
