"""Settlement files of several providers, and what is wrong in some of them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.chinese import check_chinese
from tests.settlement.files import (
    ALIPAY_HEADER,
    alipay,
    alipay_row,
    formats,
    shopify,
    shopify_row,
    wechat,
    wechat_row,
)

from orderguard.domain.events import SettlementKind
from orderguard.errors import BadInput
from orderguard.settlement import (
    Statement,
    read_formats,
    read_order_names,
    read_statement,
    recognise,
)

FORMATS = formats()
PAYMENT, REFUND = SettlementKind.PAYMENT, SettlementKind.REFUND
ORDERS = {"#1001": "5001", "#1002": "5002"}


def read(content: bytes, name: str, number: str = "merchant", **more: dict[str, str]) -> Statement:
    return read_statement(content, name, FORMATS[name], number=number, **more)


def rows(found: Statement) -> list[tuple[SettlementKind, str, str, Decimal]]:
    return [(row.kind, row.order_id, row.transaction, row.amount) for row in found.rows]


def passed_over(found: Statement) -> dict[str, int]:
    return {what.en: count for what, count in found.passed_over.items()}


def test_a_wechat_bill_with_backticks_and_commas_in_names() -> None:
    bill = wechat(
        wechat_row("4200001", "A1", amount="100.00"),
        wechat_row("4200001", "A1", refund=("5030001", "30.00")),
    )
    found = read(bill, recognise(bill, FORMATS))
    assert rows(found) == [
        (PAYMENT, "A1", "4200001", Decimal(100)),
        (REFUND, "A1", "5030001:4200001", Decimal(30)),
    ]
    assert found.faults == ()
    assert found.rows[0].at.astimezone(UTC) == datetime(2026, 11, 10, 16, 5, 9, tzinfo=UTC)
    assert (found.rows[0].currency, found.rows[0].fee) == ("CNY", Decimal("0.06"))
    assert [row.line for row in found.rows] == [2, 3]


def test_the_providers_order_number_may_count() -> None:
    found = read(wechat(wechat_row("4200001", "A1", amount="100.00")), "wechat_pay", "platform")
    assert found.rows[0].order_id == "4200001"


def test_a_wechat_bill_that_was_cut_short_says_so() -> None:
    bill = wechat(wechat_row("4200001", "A1", amount="100.00"), count=2)
    (fault,) = read(bill, "wechat_pay").faults
    assert "sums up 2 rows and has 1" in fault.message.en
    check_chinese(fault.message)


def test_a_wechat_bill_that_went_through_a_spreadsheet() -> None:
    plain = wechat(wechat_row("4200001", "A1", amount="100.00").replace('Shoes, "red"', "Shoes"))
    found = read(plain.replace(b"`", b""), "wechat_pay")
    assert rows(found) == [(PAYMENT, "A1", "4200001", Decimal(100))]


def test_an_alipay_bill_in_gbk_with_tabs_and_notes() -> None:
    bill = alipay(
        alipay_row("2026111122001", "T200P123456", "交易", "100.00"),
        alipay_row("2026111122001", "T200P123456", "退款", "-30.00", "HZ01"),
        alipay_row("2026111122002", "X9", "转账", "7.00"),
    )
    found = read(bill, recognise(bill, FORMATS))
    assert rows(found) == [
        (PAYMENT, "123456", "2026111122001", Decimal(100)),
        (REFUND, "123456", "2026111122001:HZ01", Decimal(30)),
    ]
    assert passed_over(found) == {"转账": 1}
    assert found.rows[0].fee == Decimal("-0.60")


def test_an_account_log_keeps_fees_apart() -> None:
    header = (
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
        "账户余额（元）,交易渠道,业务类型,备注"
    )
    lines = [
        "#支付宝账务明细查询",
        header,
        "L1\t,B1\t,A1\t,shoe,2026-11-11 00:00:10,x,100.00,,1100.00,支付宝,在线支付,",
        "L2\t,B1\t,A1\t,shoe,2026-11-11 00:00:10,x,,-0.60,1099.40,支付宝,收费,",
        "L3\t,B1\t,A1\t,shoe,2026-11-11 01:00:10,x,,-30.00,1069.40,支付宝,交易退款,",
    ]
    content = "\n".join(lines).encode("gb18030")
    found = read(content, recognise(content, FORMATS))
    assert rows(found) == [
        (PAYMENT, "A1", "L1", Decimal(100)),
        (REFUND, "A1", "L3", Decimal(30)),
    ]
    assert passed_over(found) == {"收费 - 0": 1}


def test_shopify_names_orders_and_its_export_of_orders_tells_their_numbers() -> None:
    export = shopify(
        shopify_row("charge", "#1001", "6.99"),
        shopify_row("refund", "#1001", "-2.00"),
        shopify_row("payout", "", "-4.99"),
    )
    name = recognise(export, FORMATS)
    names = read_order_names(b"Name,Email,Id\n#1001,a@b.c,5001\n#1001,,\n", FORMATS[name])
    found = read(export, name, "platform", order_names=names)
    assert [(row.kind, row.order_id, row.amount, row.currency) for row in found.rows] == [
        (PAYMENT, "5001", Decimal("6.99"), "EUR"),
        (REFUND, "5001", Decimal("2.00"), "EUR"),
    ]
    assert passed_over(found) == {"payout": 1}
    assert found.rows[0].at.astimezone(UTC) == datetime(2026, 11, 11, 6, 33, 9, tzinfo=UTC)


def test_without_that_export_no_name_is_taken_for_a_number() -> None:
    export = shopify(shopify_row("charge", "1044", "6.99"))
    (fault,) = read(export, "shopify_payouts", "platform").faults
    assert fault.line == 2
    assert "order's name" in fault.message.en
    check_chinese(fault.message)
    (fault,) = read(export, "shopify_payouts", "platform", order_names=ORDERS).faults
    assert "no order 1044" in fault.message.en
    check_chinese(fault.message)


def test_two_partial_refunds_of_one_checkout_are_two_transactions() -> None:
    export = shopify(
        shopify_row("refund", "#1001", "-2.00", at="2026-11-12 07:33:09 +0100"),
        shopify_row("refund", "#1001", "-2.00", at="2026-11-13 07:33:09 +0100"),
    )
    found = read(export, "shopify_payouts", "platform", order_names=ORDERS)
    assert len({row.transaction for row in found.rows}) == 2


GENERIC = "order_id,amount,settlement_id,currency,kind,occurred_at\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A1,ten,S1,CNY,payment,2026-11-11 00:00:00", "`ten` in `amount|金额` is no number"),
        ("A1,,S1,CNY,payment,2026-11-11 00:00:00", "there is no amount"),
        (",10.00,S1,CNY,payment,2026-11-11 00:00:00", "there is no order number"),
        ("A1,10.00,,CNY,payment,2026-11-11 00:00:00", "there is no transaction number"),
        ("A1,10.00,S1,yuan,payment,2026-11-11 00:00:00", "`YUAN` is no currency"),
        ("A1,10.00,S1,CNY,payment,yesterday", "`yesterday` in `occurred_at|时间` is no time"),
        (f"A1,{'9' * 16},S1,CNY,payment,2026-11-11 00:00:00", "too large"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_and_the_others_count(line: str, message: str) -> None:
    good = "A2,10.00,S2,CNY,payment,2026-11-11 00:00:00"
    found = read(f"{GENERIC}{line}\n{good}\n".encode(), "generic")
    assert rows(found) == [(PAYMENT, "A2", "S2", Decimal(10))]
    (fault,) = found.faults
    assert fault.line == 2
    assert message in fault.message.en
    check_chinese(fault.message)


def test_a_generic_table_tells_the_kind_by_the_sign_or_by_a_word() -> None:
    lines = [
        'A1,"1,234.50",S1,,,2026-11-11T00:00:00+08:00',
        "A1,-4.50,S2,,,2026-11-11T00:00:00Z",
        "A2,¥5,S3,,退款,2026-11-11",
        "A3,0.00,S4,,payment,2026-11-11",
    ]
    found = read((GENERIC + "\n".join(lines)).encode(), "generic")
    assert rows(found) == [
        (PAYMENT, "A1", "S1", Decimal("1234.50")),
        (REFUND, "A1", "S2", Decimal("4.50")),
        (REFUND, "A2", "S3", Decimal(5)),
    ]
    assert passed_over(found) == {"amount 0": 1}
    (nothing,) = found.passed_over
    check_chinese(nothing)


def test_utf_16_as_spreadsheets_save_it() -> None:
    text = GENERIC + "A1,10.00,S1,CNY,payment,2026-11-11\n"
    assert len(read(text.encode("utf-16"), "generic").rows) == 1


def test_a_quoted_cell_may_go_over_two_lines() -> None:
    text = GENERIC + '"A\n1",10.00,S1,CNY,payment,2026-11-11\nA2,ten,S2,CNY,payment,2026-11-11\n'
    found = read(text.encode(), "generic")
    assert found.rows[0].order_id == "A\n1"
    assert [fault.line for fault in found.faults] == [4]


def test_what_is_no_settlement_file_is_refused() -> None:
    with pytest.raises(BadInput, match="no known format"):
        recognise(b"a,b,c\n1,2,3\n", FORMATS)
    with pytest.raises(BadInput, match="no header of alipay"):
        read(wechat(), "alipay")
    with pytest.raises(BadInput, match="none of the encodings"):
        read(b"\xff\x00\x81", "wechat_pay")
    with pytest.raises(BadInput, match="no order number of the platform"):
        read(GENERIC.encode(), "generic", "platform")


def test_a_format_that_cannot_work_is_refused() -> None:
    text = (
        "title: {en: T, zh: T}\nencodings: [utf-8]\nheader: [order]\norder_id: {merchant: order}\n"
        "at: at\ntimes: ['%Y-%m-%d']\nrows: [{kind: payment, amount: amount, id: [id]}]\n"
    )
    with pytest.raises(BadInput, match="no `currency`"):
        read_formats({"mine": text})
    with pytest.raises(BadInput, match="unknown field `colour`"):
        read_formats({"mine": f"{text}colour: red\n"})
    with pytest.raises(BadInput, match="no zone Nowhere"):
        read_formats({"mine": f"{text}currency_default: CNY\nzone: Nowhere\n"})
    assert read_formats({"mine": f"{text}currency_default: CNY\n"})["mine"].currency == ""


def test_alipay_columns_are_those_of_the_format() -> None:
    named = {column for line in ALIPAY_HEADER.split(",") for column in [line]}
    assert all(named & {*column.split("|")} for column in FORMATS["alipay"].header)
