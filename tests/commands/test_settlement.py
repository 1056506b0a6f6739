import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.commands.conftest import Command
from tests.settlement.files import alipay, alipay_row, shopify, shopify_row, wechat, wechat_row

from orderguard.app import Installation
from orderguard.domain.entries import ZoneSet
from orderguard.domain.ports import MailedEvent


@pytest.fixture
def shop(folder: Path, og: Command) -> Path:
    og("shop", "add", "demo", "--channel", "standard", "--data", str(folder))
    return folder


def bring(
    og: Command, folder: Path, content: bytes, *more: str, status: int = 0, name: str = "bill.csv"
) -> Any:
    file = folder.parent / name
    file.write_bytes(content)
    shop = ("--channel", "standard", "--shop", "demo", "--data", str(folder))
    return og("settlement", "import", str(file), *shop, *more, status=status)


def waiting(folder: Path) -> list[MailedEvent]:
    with closing(Installation(folder).open_control()) as control:
        return control.events.waiting(1_000)


def test_a_file_waits_as_events_for_the_server(og: Command, shop: Path) -> None:
    bill = wechat(
        wechat_row("4200001", "A1", amount="100.00"),
        wechat_row("4200001", "A1", refund=("5030001", "30.00")),
    )
    said = json.loads(bring(og, shop, bill, "--json").stdout)
    assert said == {
        "format": "wechat_pay",
        "dry_run": False,
        "settlements": 2,
        "sums": [
            {"kind": "payment", "currency": "CNY", "count": 1, "amount": "100.00"},
            {"kind": "refund", "currency": "CNY", "count": 1, "amount": "30.00"},
        ],
        "fees": {"CNY": "0.12"},
        "passed_over": {},
        "errors": [],
    }
    mailed = waiting(shop)
    assert [(one.channel, one.shop) for one in mailed] == [("standard", "demo")] * 2
    assert json.loads(mailed[0].raw) == {
        "id": "wechat_pay:payment:4200001:100.00",
        "type": "settlement.recorded",
        "occurred_at": "2026-11-11T00:05:09+08:00",
        "data": {
            "order_id": "A1",
            "kind": "payment",
            "amount": "100.00",
            "currency": "CNY",
            "settlement_id": "4200001",
            "fee": "0.06",
        },
    }


def test_a_dry_run_only_says_what_is_there(og: Command, shop: Path) -> None:
    bill = alipay(alipay_row("2026111122001", "A1", "交易", "100.00"))
    said = bring(og, shop, bill, "--dry-run").stdout
    assert "payment  CNY       1      100.00" in said
    assert "fees, no part of the amounts: 0.60 CNY" in said
    assert "1 settlements (alipay) would be brought in." in said
    assert waiting(shop) == []


def test_bad_lines_are_told_with_their_numbers_and_the_others_count(
    og: Command, shop: Path
) -> None:
    bill = wechat(wechat_row("4200001", "A1", amount="100.00"), wechat_row("", "A2", amount="1.00"))
    told = bring(og, shop, bill, status=1)
    assert "bill.csv:3: there is no transaction number in `微信订单号`" in told.stderr
    assert len(waiting(shop)) == 1


def test_shopify_needs_its_export_of_orders(og: Command, shop: Path) -> None:
    export = shopify(shopify_row("charge", "#1001", "6.99"))
    told = bring(og, shop, export, status=1)
    assert "`#1001` is an order's name: give the export of orders too" in told.stderr
    orders = shop.parent / "orders.csv"
    orders.write_text("Name,Id\n#1001,5001\n")
    bring(og, shop, export, "--orders", str(orders))
    assert [json.loads(one.raw)["data"]["order_id"] for one in waiting(shop)] == ["5001"]


def test_an_own_format_is_a_file_in_the_folder(og: Command, shop: Path) -> None:
    own = shop / "settlement_formats"
    own.mkdir()
    (own / "bank.yaml").write_text(
        "title: {en: Our bank, zh: 银行}\nencodings: [utf-8]\ndelimiter: ';'\n"
        "header: [Ref, Order, Sum]\norder_id: {merchant: Order}\nat: Day\ntimes: ['%d.%m.%Y']\n"
        "zone: Europe/Berlin\ncurrency_default: EUR\n"
        "rows: [{kind: payment, amount: Sum, id: [Ref]}]\n"
    )
    bring(og, shop, b"Ref;Order;Sum;Day\nX1;A1;12.50;11.11.2026\n")
    (mailed,) = waiting(shop)
    event = json.loads(mailed.raw)
    assert event["occurred_at"] == "2026-11-11T00:00:00+01:00"
    assert event["data"]["currency"] == "EUR"
    listed = og("settlement", "formats", "--json", "--data", str(shop)).stdout
    names = [one["format"] for one in json.loads(listed)["items"]]
    assert names == ["alipay", "alipay_account", "bank", "generic", "shopify_payouts", "wechat_pay"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--format", "paypal"), "No settlement format paypal."),
        (("--format", "alipay"), "no header of alipay"),
        (("--shop", "other"), "No shop standard/other. There are standard/demo."),
    ],
)
def test_what_cannot_be_is_refused(
    og: Command, shop: Path, more: tuple[str, ...], message: str
) -> None:
    told = bring(og, shop, wechat(wechat_row("1", "A1", amount="1.00")), *more, status=2)
    assert message in told.stderr
    assert waiting(shop) == []


def test_the_zone_of_a_shop_waits_for_the_server(og: Command, shop: Path) -> None:
    where = ("--channel", "standard", "--shop", "demo", "--data", str(shop))
    og("settlement", "zone", "Europe/Berlin", *where)
    with closing(Installation(shop).open_control()) as control:
        ((_, note),) = control.waiting(10)
    assert isinstance(note, ZoneSet)
    assert note.zone == "Europe/Berlin"
    told = og("settlement", "zone", "Europe/Nowhere", *where, status=2)
    assert "No time zone Europe/Nowhere." in told.stderr
