"""Phone numbers as buyers and channels write them."""

import pytest

from orderguard.reference import phones


@pytest.mark.parametrize(
    ("phone", "segment"),
    [
        ("13800138000", "1380013"),
        ("+86 138-0013-8000", "1380013"),
        ("(+86) 138 0013 8000", "1380013"),
        ("008613800138000", "1380013"),
        ("8613800138000", "1380013"),
        ("１３８００１３８０００", "1380013"),
        ("＋８６　138\u20110013\u20118000", "1380013"),
        ("1700012****", "1700012"),
        ("+86 1700012xxxx", "1700012"),
        ("１７０００１２＊＊＊＊", "1700012"),
        ("138****1234", None),
        ("138001*8000", None),
        ("12800138000", None),
        ("1380013800", None),
        ("138001380001", None),
        ("010-12345678", None),
        ("+1 415 555 2671", None),
        ("١٣٨٠٠١٣٨٠٠٠", None),
        ("***********", None),
        ("no phone", None),
        ("", None),
    ],
)
def test_segment(phone: str, segment: str | None) -> None:
    assert phones.segment(phone) == segment


@pytest.mark.parametrize(
    ("phone", "virtual"),
    [
        ("170****1234", True),
        ("171****1234", True),
        ("+86 165 **** 1234", True),
        ("16200001234", True),
        ("1700012****", True),
        ("13490001234", True),
        ("13499991234", True),
        ("13489991234", False),
        ("15519951234", True),
        ("15519941234", False),
        ("15519961234", False),
        ("13800138000", False),
        ("138****1234", False),
        ("134****1234", False),
        ("010-12345678", None),
        ("+44 20 7946 0958", None),
        ("", None),
    ],
)
def test_virtual_operators(phone: str, virtual: bool | None) -> None:
    assert phones.is_virtual(phone) is virtual


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("010-12345678", "01012345678"),
        ("+1 415 555 2671", "+14155552671"),
        ("001 415 555 2671", "+14155552671"),
        ("14155552671", "14155552671"),
        ("138****1234", None),
        ("1380013800*", None),
        ("13800138000-1234", "138001380001234"),
        ("123", None),
        ("1" * 16, None),
        ("call me", None),
        ("", None),
    ],
)
def test_normalise(phone: str, digits: str | None) -> None:
    assert phones.normalise(phone) == digits
