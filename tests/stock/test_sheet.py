"""Tables of mappings as people keep them."""

import io

import pytest
from openpyxl import Workbook
from tests.chinese import check_chinese

from orderguard.errors import BadInput
from orderguard.flows.sheets import read_rows
from orderguard.stock import LINES_MAX, SheetFault, SheetLine, read_sheet
from orderguard.stock.sheet import PARTS_MAX

CHINESE = "渠道,店铺,平台SKU,商家编码\nstandard,demo,c-1,A\nstandard,demo,c-2,A*2+B\n"
FOUND = (
    SheetLine(2, "standard", "demo", "c-1", (("A", 1),)),
    SheetLine(3, "standard", "demo", "c-2", (("A", 2), ("B", 1))),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_what_office_programs_write_is_read(encoding: str) -> None:
    assert read_sheet(read_rows(CHINESE.encode(encoding))).lines == FOUND


def test_semicolons_and_tabs_divide_too() -> None:
    for divider in ";\t":
        content = CHINESE.replace(",", divider).encode()
        assert read_sheet(read_rows(content)).lines == FOUND


def test_a_workbook_is_read_and_its_numbers_are_codes() -> None:
    book, content = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Channel SKU", "Merchant_SKU", "Qty"])
    sheet.append([123456789012, "A", 2])
    sheet.append([123456789012, "B", None])
    book.save(content)
    found = read_sheet(read_rows(content.getvalue()), channel="standard", shop="demo")
    expected = SheetLine(2, "standard", "demo", "123456789012", (("A", 2), ("B", 1)))
    assert found.lines == (expected,)


def test_each_fault_names_its_line() -> None:
    text = "channel_sku,sku\nc-1,A\n,B\n\nc-1,C\nc-2,\n"
    found = read_sheet(read_rows(text.encode()), channel="standard", shop="demo")
    assert [line.units for line in found.lines] == [(("A", 1),), ()]
    assert [fault.line for fault in found.faults] == [3, 5]
    assert "line 2" in found.faults[1].message.en


def test_without_a_shop_no_line_is_taken() -> None:
    found = read_sheet(read_rows(b"channel_sku,sku\nc-1,A\n"))
    assert found.lines == ()
    assert [fault.line for fault in found.faults] == [2]


def test_a_column_that_is_missing_is_named_with_what_it_may_be_called() -> None:
    (fault,) = read_sheet(read_rows(b"sku,title\nA,Shoe\n")).faults
    assert isinstance(fault, SheetFault)
    assert "channel_sku" in fault.message.en
    assert "平台sku" in fault.message.en


def test_each_fault_is_told_in_both_languages() -> None:
    lines = [
        *("standard,demo,,A,1", f"standard,{'d' * 129},c-1,A,1", ",,c-2,A,1"),
        *("standard,demo,c-3,A,none", "standard,demo,c-4,A*2+,1"),
        *(f"standard,demo,c-5,A{number},1" for number in range(PARTS_MAX + 1)),
    ]
    text = "\n".join(["channel,shop,channel_sku,sku,quantity", *lines])
    faults = list(read_sheet(read_rows(text.encode())).faults)
    assert len(faults) == 6
    twice = b"channel_sku,sku\nc-1,A\nc-1,B\n"
    faults += read_sheet(read_rows(twice), channel="standard", shop="demo").faults
    faults += read_sheet([["sku"]]).faults
    faults += read_sheet([["channel_sku", "sku"], *[[""]] * (LINES_MAX + 1)]).faults
    assert len(faults) == 9
    for fault in faults:
        check_chinese(fault.message)


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"PK\x03\x04nothing", b'a,"b\nc'])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        list(read_rows(content))
