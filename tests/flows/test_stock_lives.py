"""Stock and mappings as real shops tell of them, as files through a replay."""

from pathlib import Path

import pytest
from tests.flows.life_files import AMBIGUOUS, LOCKED, SHORT, UNMAPPED, File, at_ms, ids


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


# --- stock and mappings ---


def test_each_warehouse_counts_for_itself(file: File) -> None:
    file.stock(0, warehouse="east", available=1, on_hand=1, locked=0)
    file.stock(0, warehouse="west", available=1, on_hand=1, locked=0)
    file.paid(0.1, "1")
    file.paid(0.2, "2")
    file.paid(0.3, "3")
    result = file.until(0.5)
    assert ids(result.of(SHORT)) == ["3"]


def test_what_is_available_may_be_negative(file: File) -> None:
    for number in range(4):
        file.paid(0.1 + number / 10, str(number))
    file.stock(1, available=-1)
    result = file.until(1.5)
    assert ids(result.of(SHORT)) == ["3"]


def test_stock_told_by_what_lies_there_and_is_locked(file: File) -> None:
    file.stock(0, on_hand=2, locked=0)
    for number in range(3):
        file.paid(0.1 + number / 10, str(number))
    file.parcel("shipped", 0.5, "0")
    file.stock(0.6, on_hand=1, locked=2)
    result = file.until(0.8)
    assert ids(result.of(SHORT)) == ["2"]


def test_only_the_locks_are_told(file: File) -> None:
    file.paid(0, "1")
    file.stock(0.5, locked=1)
    file.order("cancelled", 1, "1", status="cancelled")
    file.stock(1.5, locked=1)
    file.stock(20, locked=1)
    result = file.until(30)
    assert ids(result.of(LOCKED)) == ["1"]


def test_lines_by_the_channels_own_names_take_the_mapped_stock(file: File) -> None:
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.stock(0.1, available=1)
    for number in range(2):
        file.paid(1 + number / 10, str(number), lines=[{"channel_sku": "c1", "quantity": 1}])
    result = file.until(1.5)
    assert result.rules == [SHORT]
    assert result.of(SHORT).subject.key == "shoe"


def test_a_mapping_that_is_removed_and_comes_back(file: File) -> None:
    line = {"lines": [{"channel_sku": "c1", "quantity": 1}]}
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.paid(0.1, "before", **line)
    file.tell("sku.mapped", 0.2, {"channel_sku": "c1", "sku": None})
    file.paid(0.5, "without", **line)
    file.tell("sku.mapped", 1, {"channel_sku": "c1", "sku": "shoe"})
    file.paid(1.2, "after", **line)
    result = file.until(1.5)
    assert result.rules == [UNMAPPED]
    assert result.open() == []
    assert ids(result.of(UNMAPPED)) == ["without"]


def test_two_mappings_removed_and_none_put_in_their_place(file: File) -> None:
    line = {"lines": [{"channel_sku": "c1", "quantity": 1}]}
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.tell("sku.mapped", 0.1, {"channel_sku": "c1", "sku": "boot"})
    file.paid(0.5, "a", **line)
    file.tell("sku.mapped", 1, {"channel_sku": "c1", "sku": None})
    result = file.until(1.5)
    assert result.rules == [AMBIGUOUS, UNMAPPED]
    assert result.open() == [UNMAPPED]
    assert ids(result.of(UNMAPPED)) == ["a"]


def test_the_lock_of_an_order_that_nobody_ever_ended(file: File) -> None:
    file.stock(0, on_hand=5, locked=0)
    file.order("created", 1, status="pending_payment", lines=[{"sku": "shoe", "quantity": 1}])
    for day in range(1, 34):
        file.stock(24 * day, on_hand=5, locked=1)
    result = file.until(24 * 34)
    assert ids(result.of(LOCKED)) == ["a"]
    assert result.of(LOCKED).detected_at == at_ms(1 + 24 * 31)
