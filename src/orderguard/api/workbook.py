"""Spreadsheets, and a reconciled day as one.

Texts are written as texts: an order number is no number, and nothing that came from outside may be
a formula.
"""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from orderguard.api.reconciliation_json import cause_title
from orderguard.flows.money_tables import SignOff
from orderguard.flows.reconciliation import DayRow, WrongOrder
from orderguard.kit.clock import rfc3339
from orderguard.settlement import explain, version

_AMOUNT_FORMAT = "#,##0.00####"
_WIDTH = 18

Value = str | int | Decimal | None


def workbook(
    rows: Sequence[DayRow], orders: Sequence[WrongOrder], signed: Sequence[SignOff]
) -> bytes:
    """An .xlsx file: totals, causes, orders with differences, sign-offs."""
    causes = (
        (row.currency, *cause_title(name), share.orders, share.amount, share.effect)
        for row in rows
        for name, share in sorted(row.totals.causes.items())
    )
    standing = version({row.currency: row.totals for row in rows})
    sign_offs = (
        (one.by, rfc3339(one.at), one.comment, "是 yes" if one.version != standing else "否 no")
        for one in signed
    )
    return write_book(
        (
            ("合计 Totals", _TOTALS, (_total(row) for row in rows)),
            ("原因 Causes", _CAUSES, causes),
            ("差异订单 Orders", _ORDERS, (one for order in orders for one in _order(order))),
            ("签核 Sign-off", _SIGNED, sign_offs),
        )
    )


def write_book(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> bytes:
    """An .xlsx file of sheets: each with its name, its heading and its rows."""
    book = Workbook(write_only=True)
    for title, heading, rows in sheets:
        _sheet(book, title, heading, rows)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


_TOTALS = (
    *("渠道 Channel", "店铺 Shop", "日期 Day", "币种 Currency", "订单数 Orders"),
    *("渠道净额 Channel amount", "付款 Payments", "退款 Refunds", "应结净额 Net"),
    *("已结净额 Settled", "差额 Difference"),
)
_CAUSES = ("币种 Currency", "Cause", "原因", "订单数 Orders", "金额 Amount", "影响 Effect")
_ORDERS = (
    *("订单号 Order", "Cause", "原因", "类型 Kind", "币种 Currency", "应结 Owed", "已结 Settled"),
    *("差额 Amount", "起 Since", "Explanation", "说明"),
)
_SIGNED = ("签核人 By", "时间 At", "备注 Comment", "此后有变 Changed since")


def _total(row: DayRow) -> tuple[Value, ...]:
    totals = row.totals
    return (
        *(row.channel, row.shop, row.day, row.currency, totals.orders),
        *(totals.channel_amount, totals.paid, totals.refunded, totals.net),
        *(totals.net_settled, totals.difference),
    )


def _order(order: WrongOrder) -> Iterable[tuple[Value, ...]]:
    for line in order.lines:
        assert line.cause is not None, "only what is wrong is told"
        en, zh = explain([line])
        yield (
            *(order.key.order_id, *cause_title(line.cause), str(line.kind), line.currency),
            *(line.owed, line.got, line.amount, rfc3339(line.counts_at or line.at), en, zh),
        )


def _sheet(
    book: Workbook, title: str, heading: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    sheet = book.create_sheet(title)
    assert isinstance(sheet, WriteOnlyWorksheet), "the workbook is only written"
    sheet.freeze_panes = "A2"
    for place in range(len(heading)):
        column = sheet.column_dimensions[get_column_letter(place + 1)]  # type: ignore[attr-defined]  # it has.
        column.width = _WIDTH
    sheet.append([_cell(sheet, text, is_bold=True) for text in heading])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: WriteOnlyWorksheet, value: Value, *, is_bold: bool = False) -> Cell:
    cell = WriteOnlyCell(sheet)
    if isinstance(value, str):
        cell.value = "".join(letter for letter in value if letter >= " " or letter in "\t\n")
        cell.data_type = "s"  # Else a text that begins with = would become a formula.
    else:
        cell.value = value
    if isinstance(value, Decimal):
        cell.number_format = _AMOUNT_FORMAT
    if is_bold:
        cell.font = Font(bold=True)
    return cell
