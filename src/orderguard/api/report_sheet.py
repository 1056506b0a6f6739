"""The report of results as a spreadsheet: before and after, rows, attacks."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import structs

from orderguard.api import report_words as words
from orderguard.api.workbook import Value, write_book
from orderguard.bilingual import Bilingual
from orderguard.flows.results_view import Report, Row
from orderguard.kit.clock import rfc3339
from orderguard.orders.goals import Unit
from orderguard.orders.results import Figures

_COMPARED = (
    *("指标", "Measure", "单位 Unit", "之前 Before", "来源 From", "之后 After", "变化 Change"),
    *("目标 Goal", "达标 Met", "原项目之前 Original before", "原项目之后 Original after"),
)
_ATTACKS = (
    *("预警 Alert", "渠道 Channel", "店铺 Shop", "开始 Began", "订单 Orders", "拦截 Held"),
    *("验证前 Before challenge", "仅观察 Only watched"),
)
_PLACES = ("名称 Name", "起 From", "止 Until", "店铺 Shops")
_NUMBERS = tuple(
    field.name
    for field in structs.fields(Figures)
    if not field.name.startswith(("loss_", "held_g"))
)
_MONEY = ("loss_avoided", "loss_suffered", "held_genuine")
_MONEY_TITLES = ("避免损失 Loss avoided", "已损失 Loss suffered", "误拦金额 Genuine held")


def report_book(report: Report) -> bytes:
    """An .xlsx file."""
    currencies = sorted({name for row in _all(report) for name in _currencies(row.figures)})
    money = [f"{title} {currency}" for currency in currencies for title in _MONEY_TITLES]
    settled = ("对账差异 Differing orders", "签核天数 Signed days")
    numbers = [f"{words.FIGURES_ZH[name]} {name}" for name in _NUMBERS]
    heading = (*_PLACES, *numbers, *money, *settled)
    rows = [_row(row, currencies) for row in _all(report)]
    sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Value]]]] = (
        ("前后对比 Before, after", _COMPARED, list(_compared(report))),
        ("成效 Results", heading, rows),
        ("攻击 Attacks", _ATTACKS, list(_attacks(report))),
    )
    return write_book(sheets)


def _all(report: Report) -> tuple[Row, ...]:
    total = structs.replace(report.total, name="合计 Total")
    before = report.measured_before
    if before is None:
        return (*report.rows, total)
    return (*report.rows, total, structs.replace(before, name="之前实测 Measured before"))


def _currencies(figures: Figures) -> set[str]:
    return {currency for name in _MONEY for currency in getattr(figures, name)}


def _row(row: Row, currencies: Sequence[str]) -> tuple[Value, ...]:
    figures = row.figures
    numbers: list[Value] = [_value(getattr(figures, name)) for name in _NUMBERS]
    money: list[Value] = [
        getattr(figures, name).get(currency) for currency in currencies for name in _MONEY
    ]
    return (
        *(row.name, rfc3339(row.since_ms), rfc3339(row.until_ms), ", ".join(row.shops)),
        *(*numbers, *money, row.settled.differing, row.settled.signed_days),
    )


def _compared(report: Report) -> Iterator[tuple[Value, ...]]:
    for one in report.compared:
        title = words.MEASURE_TITLES[one.name]
        met = {True: "是 yes", False: "否 no", None: None}[one.is_met]
        yield (
            *(title.zh, title.en, _UNITS[one.unit], _value(one.before), one.before_from),
            *(_value(one.after), _value(one.difference), _value(one.goal), met),
            *(_both(one.original_before), _both(one.original_after)),
        )


def _attacks(report: Report) -> Iterator[tuple[Value, ...]]:
    for one in report.total.attacks:
        yield (
            *(one.alert_id, one.channel, one.shop, rfc3339(one.at), one.orders, one.held),
            *(one.accepted, "是 yes" if one.is_shadow else "否 no"),
        )


def _both(told: Bilingual | None) -> str | None:
    if told is None or told.zh == told.en:
        return None if told is None else told.en
    return f"{told.zh} {told.en}"


def _value(value: float | None) -> Value:
    """A number as it is: decimals of a computer's fractions would tell what nobody measured."""
    if value is None or isinstance(value, int):
        return value
    return Decimal(str(round(value, 6)))


_UNITS = {
    Unit.SHARE: "占比 share",
    Unit.SECONDS: "秒 s",
    Unit.MS: "毫秒 ms",
    Unit.PER_HOUR: "每小时 per hour",
    Unit.PER_100_ORDERS: "每百单 per 100 orders",
    Unit.MINUTES_PER_100_ORDERS: "件·分钟/百单 unit-minutes per 100 orders",
    Unit.ORDERS: "订单 orders",
}
