"""A settlement file, row by row: what was settled, of which order, and what cannot be read."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from re import compile as compiled
from zoneinfo import ZoneInfo

from msgspec import Struct

from orderguard.bilingual import Bilingual, both
from orderguard.domain.events import SettlementKind
from orderguard.errors import BadInput, OrderGuardError
from orderguard.settlement.statement_format import (
    NEGATIVE,
    POSITIVE,
    Reading,
    StatementFormat,
)
from orderguard.settlement.statement_lines import (
    SPACES,
    cells_of,
    decoded,
    header_of,
    lines_of,
    told_count,
)

ROWS_MAX = 1_000_000
FAULTS_MAX = 1_000
"""Lines with faults that are told one by one."""
ID_LENGTH_MAX = 128

_NUMBER = compiled(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,6})?")
_AMOUNT_DIGITS_MAX = 15
_CURRENCY = compiled(r"[A-Z]{3}")
_MONEY_SIGNS = "¥￥$€£"
_NOTHING = Bilingual("amount 0", "金额为 0")


class StatementRow(Struct, frozen=True, kw_only=True):
    """One settlement. `transaction` names it within its kind and format; `fee` was kept back."""

    line: int
    kind: SettlementKind
    order_id: str
    transaction: str
    amount: Decimal
    currency: str
    at: datetime
    fee: Decimal | None = None


class LineFault(Struct, frozen=True):
    """A line that cannot be read, and why."""

    line: int
    message: Bilingual


class Statement(Struct, frozen=True, kw_only=True):
    """What a file holds. `passed_over` counts rows that are no settlement, by what they say."""

    format: str
    rows: tuple[StatementRow, ...]
    faults: tuple[LineFault, ...]
    passed_over: dict[Bilingual, int]


class _Unreadable(OrderGuardError):
    """One row cannot be read."""


def recognise(content: bytes, formats: Mapping[str, StatementFormat]) -> str:
    """The name of the only format whose header the file has. Raise BadInput where there is none."""
    fitting = []
    for name, how in formats.items():
        try:
            if header_of(lines_of(content, how), how) is not None:
                fitting.append(name)
        except BadInput:  # Not in one of its encodings, so not of this format.
            continue
    longest = max((len(formats[name].header) for name in fitting), default=0)
    best = [name for name in fitting if len(formats[name].header) == longest]
    if len(best) == 1:
        return best[0]
    known = ", ".join(formats)
    if best:
        raise BadInput(
            Bilingual(
                f"The file may be any of {', '.join(best)}.",
                f"文件可能是 {'、'.join(best)} 中的任何一种。",
            ),
            hint=Bilingual("Name one: --format.", "请指定一种：--format。"),
        )
    raise BadInput(
        Bilingual(
            "The file has the header of no known format.", "文件的表头不属于任何已知的账单格式。"
        ),
        hint=Bilingual(f"Name one of {known}: --format.", f"请指定格式：{known}（--format）。"),
    )


def read_statement(
    content: bytes,
    name: str,
    how: StatementFormat,
    *,
    number: str,
    order_names: Mapping[str, str] | None = None,
) -> Statement:
    """Read a file in this format. `number`: whose order number counts, `merchant` or `platform`.

    `order_names` has the orders' numbers by the names that the file has in their place. Raise
    BadInput for a file that cannot be of this format.
    """
    lines = lines_of(content, how)
    found = header_of(lines, how)
    if found is None:
        wanted = ", ".join(how.header)
        raise BadInput(
            Bilingual(f"The file has no header of {name}.", f"文件没有 {name} 的表头。"),
            hint=Bilingual(f"It has the columns {wanted}.", f"这种格式的列是 {wanted}。"),
        )
    table = _Table(how, found[1], number, order_names)
    rows: list[StatementRow] = []
    faults: list[LineFault] = []
    passed_over: Counter[Bilingual] = Counter()
    told: int | None = None
    for line, cells in cells_of(lines[found[0] + 1 :], how, found[0] + 1):
        if cells[0].startswith(how.ends):
            told = told_count(lines[line:], cells, how)
            break
        try:
            row = table.row(line, cells)
        except _Unreadable as unreadable:
            faults.append(LineFault(line, unreadable.said))
            continue
        if isinstance(row, Bilingual):
            passed_over[row] += 1
        else:
            rows.append(row)
        if len(rows) > ROWS_MAX:
            raise BadInput(
                Bilingual(f"The file has more than {ROWS_MAX} rows.", f"文件超过 {ROWS_MAX} 行。"),
                hint=Bilingual("Split it.", "请拆开。"),
            )
    seen = len(rows) + len(faults) + passed_over.total()
    if told is not None and told != seen:
        cut_short = Bilingual(
            f"the file sums up {told} rows and has {seen}: it is not whole",
            f"文件合计写的是 {told} 行，实际有 {seen} 行：文件不完整",
        )
        faults.append(LineFault(0, cut_short))
    return Statement(
        format=name, rows=tuple(rows), faults=tuple(faults), passed_over=dict(passed_over)
    )


def read_order_names(content: bytes, how: StatementFormat) -> dict[str, str]:
    """The numbers of orders by their names, from an export of orders.

    Raise BadInput where the format needs none, or the file does not tell them.
    """
    if how.order_names is None:
        raise BadInput(
            Bilingual(
                "Files of this format need no export of orders.", "这种格式的文件不需要订单导出表。"
            )
        )
    rows = csv.reader(decoded(content, how).splitlines())
    header = [cell.strip(SPACES) for cell in next(rows, [])]
    names = how.order_names
    if names.name not in header or names.id not in header:
        raise BadInput(
            Bilingual(
                f"The export of orders has no columns {names.name} and {names.id}.",
                f"订单导出表没有列 {names.name} 和 {names.id}。",
            ),
            hint=Bilingual("Export the orders as plain CSV.", "请把订单导出为普通 CSV。"),
        )
    name, number = header.index(names.name), header.index(names.id)
    return {
        row[name].strip(SPACES): row[number].strip(SPACES)
        for row in rows
        if len(row) > max(name, number) and row[number].strip(SPACES)
    }


class _Table:
    """The columns of one file, and how its rows are read."""

    def __init__(
        self,
        how: StatementFormat,
        header: Sequence[str],
        number: str,
        order_names: Mapping[str, str] | None,
    ) -> None:
        self._how, self._order_names = how, order_names
        self._places = {name: place for place, name in reversed(list(enumerate(header)))}
        self._zone = ZoneInfo(how.zone)
        if number not in how.order_id:
            raise BadInput(
                Bilingual(
                    f"Files of this format have no order number of the {number}.",
                    f"这种格式的文件里没有 {number} 的订单号。",
                ),
                hint=Bilingual(
                    f"They have that of the {' and the '.join(how.order_id)}.",
                    f"有的是 {'、'.join(how.order_id)} 的订单号。",
                ),
            )
        self._order_column = how.order_id[number]
        there = next((one for one in self._order_column.split("|") if one in self._places), None)
        names = how.order_names
        self._names_orders = names is not None and there == names.column

    def row(self, line: int, cells: list[str]) -> StatementRow | Bilingual:
        """The settlement of a row, or why it is none."""
        reading = next((one for one in self._how.rows if self._fits(one, cells)), None)
        if reading is None:
            return both(self._what(cells))
        amount = self._number(cells, reading.amount)
        if amount is None:
            raise _Unreadable(
                Bilingual(
                    f"there is no amount in `{reading.amount}`", f"`{reading.amount}` 里没有金额"
                )
            )
        if amount == 0:
            return _NOTHING
        fee = self._number(cells, self._how.fee) if self._how.fee else None
        return StatementRow(
            line=line,
            kind=reading.kind,
            order_id=self._order_id(cells),
            transaction=self._transaction(cells, reading),
            amount=abs(amount),
            currency=self._currency(cells),
            at=self._at(cells),
            fee=fee,
        )

    def _fits(self, reading: Reading, cells: list[str]) -> bool:
        return all(self._has(column, texts, cells) for column, texts in reading.when.items())

    def _has(self, column: str, texts: tuple[str, ...], cells: list[str]) -> bool:
        cell = self._cell(cells, column) or ""
        if cell in texts and cell not in {POSITIVE, NEGATIVE}:
            return True
        if POSITIVE not in texts and NEGATIVE not in texts:
            return False
        number = _number(cell)
        if number is None:
            return False
        return (POSITIVE in texts and number > 0) or (NEGATIVE in texts and number < 0)

    def _what(self, cells: list[str]) -> str:
        """What a row that is no settlement says of itself."""
        columns = dict.fromkeys(name for reading in self._how.rows for name in reading.when)
        said = [self._cell(cells, column) or "-" for column in columns]
        return " ".join(text if _number(text) is None else "0" for text in said)

    def _cell(self, cells: list[str], column: str) -> str | None:
        """The cell of a column, None where the file has no such column."""
        for name in column.split("|"):
            place = self._places.get(name)
            if place is not None:
                return cells[place] if place < len(cells) else ""
        return None

    def _number(self, cells: list[str], column: str) -> Decimal | None:
        cell = self._cell(cells, column)
        if not cell:
            return None
        number = _number(cell)
        if number is None:
            raise _Unreadable(
                Bilingual(
                    f"`{cell[:40]}` in `{column}` is no number",
                    f"`{column}` 里的 `{cell[:40]}` 不是数字",
                )
            )
        if number.adjusted() >= _AMOUNT_DIGITS_MAX:
            raise _Unreadable(
                Bilingual(
                    f"`{cell[:40]}` in `{column}` is too large",
                    f"`{column}` 里的 `{cell[:40]}` 太大",
                )
            )
        return number

    def _order_id(self, cells: list[str]) -> str:
        number = self._cell(cells, self._order_column) or ""
        for prefix in self._how.order_id_prefixes:
            number = number.removeprefix(prefix)
        if not number or len(number) > ID_LENGTH_MAX:
            raise _Unreadable(
                Bilingual(
                    f"there is no order number in `{self._order_column}`",
                    f"`{self._order_column}` 里没有订单号",
                )
            )
        if not self._names_orders:
            return number
        if self._order_names is None:
            raise _Unreadable(
                Bilingual(
                    f"`{number[:40]}` is an order's name: give the export of orders too",
                    f"`{number[:40]}` 是订单名称，不是订单号：请同时给出订单导出表",
                )
            )
        if number not in self._order_names:
            raise _Unreadable(
                Bilingual(
                    f"the export of orders has no order {number[:40]}",
                    f"订单导出表里没有订单 {number[:40]}",
                )
            )
        return self._order_names[number]

    def _transaction(self, cells: list[str], reading: Reading) -> str:
        parts = [self._cell(cells, column) or "" for column in reading.id]
        if not parts[0]:
            raise _Unreadable(
                Bilingual(
                    f"there is no transaction number in `{reading.id[0]}`",
                    f"`{reading.id[0]}` 里没有交易号",
                )
            )
        return ":".join(part for part in parts if part)

    def _currency(self, cells: list[str]) -> str:
        told = self._cell(cells, self._how.currency) if self._how.currency else None
        currency = (told or self._how.currency_default).upper()
        if not _CURRENCY.fullmatch(currency):
            raise _Unreadable(
                Bilingual(f"`{currency[:40]}` is no currency", f"`{currency[:40]}` 不是币种")
            )
        return currency

    def _at(self, cells: list[str]) -> datetime:
        cell = self._cell(cells, self._how.at) or ""
        for form in self._how.times:
            try:
                moment = datetime.strptime(cell, form)  # noqa: DTZ007 - the zone comes below.
            except ValueError:
                continue
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)
        raise _Unreadable(
            Bilingual(
                f"`{cell[:40]}` in `{self._how.at}` is no time",
                f"`{self._how.at}` 里的 `{cell[:40]}` 不是时间",
            )
        )


def _number(text: str) -> Decimal | None:
    plain = text.translate({ord(sign): None for sign in _MONEY_SIGNS}).replace(" ", "")
    return Decimal(plain.replace(",", "")) if _NUMBER.fullmatch(plain) else None
