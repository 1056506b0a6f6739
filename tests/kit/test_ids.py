import re

from hypothesis import given
from hypothesis import strategies as st

from orderguard.kit.ids import digest16, random_token, stable_id

PARTS = st.lists(st.text(max_size=5), max_size=4)


def test_ids_are_the_same_for_ever() -> None:
    """They stand in logs and files: another value would make every old event new."""
    assert digest16("standard", "demo", "evt_1").hex() == "26f4355f7092f0ac078b45e871c52122"
    assert stable_id("alert", "velocity.same_item_burst", "b1") == "alert_zwd50kg3vn31a59h2xv3"


@given(PARTS, PARTS)
def test_the_boundaries_of_parts_count(one: list[str], other: list[str]) -> None:
    assert (digest16(*one) == digest16(*other)) == (one == other)


def test_any_text_has_a_digest() -> None:
    assert len(digest16("\x1f", "\ud800", "张三")) == 16


@given(PARTS)
def test_a_stable_id_is_a_prefix_and_20_letters(parts: list[str]) -> None:
    assert re.fullmatch(r"alert_[0-9a-hjkmnp-tv-z]{20}", stable_id("alert", *parts))


def test_a_random_token_is_new_each_time_and_safe_in_a_url() -> None:
    tokens = {random_token("og") for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"og_[A-Za-z0-9_-]{43}", token) for token in tokens)
