import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderguard.kit.jsontext import DEPTH_MAX, fault

DOCUMENTS = st.recursive(
    st.none() | st.text(alphabet='[]{}"\\,: a中'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[{"\\'), inner),
    max_leaves=40,
)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def depth_of(document: Any) -> int:
    if isinstance(document, dict):
        return 1 + max(map(depth_of, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(depth_of, document), default=0)
    return 0


def test_the_depth_has_a_bound() -> None:
    assert fault(nested(DEPTH_MAX)) is None
    assert fault(nested(DEPTH_MAX + 1)) == "nested deeper than 64"
    assert fault(b'{"a":' * 65 + b"1" + b"}" * 65) == "nested deeper than 64"
    assert fault(b"[" * 500_000) == "nested deeper than 64"


def test_width_has_none() -> None:
    assert fault(b"[" + b"[]," * 100_000 + b"1]") is None


@pytest.mark.parametrize("text", [b'["' + b"[" * 100 + b'"]', b'["\\"' + b"[" * 100 + b'"]'])
def test_brackets_in_texts_are_not_nested(text: bytes) -> None:
    assert fault(text) is None


@pytest.mark.parametrize("text", [b"\xff", b'"\xe4\xb8"', "上海".encode("gbk"), b"\xed\xa0\x80"])
def test_what_is_not_utf_8(text: bytes) -> None:
    found = fault(text)
    assert found
    assert found.startswith("invalid UTF-8 at byte")


@given(DOCUMENTS, st.integers(0, 70))
def test_any_document(document: Any, deeper: int) -> None:
    text = b"[" * deeper + json.dumps(document).encode() + b"]" * deeper
    padded = b"[" + b"[]," * DEPTH_MAX + text + b"]"
    assert (fault(padded) is not None) is (1 + deeper + depth_of(document) > DEPTH_MAX)
