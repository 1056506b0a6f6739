"""The converters of public sets, on small tables written here and on the real ones if present."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from orderguard.domain.events import DATA_TYPES, EventType

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ORDERGUARD_DATA", REPOSITORY.parent / "shared" / "data"))
CONVERSION_S_MAX = 110

needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not here")


@dataclass(frozen=True)
class Converted:
    events: list[dict[str, Any]]
    labels: dict[str, bool]
    skipped: dict[str, int]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["type"] == kind]

    def orders(self, kind: str) -> dict[str, dict[str, Any]]:
        return {data["order"]["order_id"]: data["order"] for data in self.of(kind)}

    def kinds(self) -> Counter[str]:
        return Counter(event["type"] for event in self.events)


def run_converter(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, REPOSITORY / "examples" / f"{name}.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=CONVERSION_S_MAX,
    )


def convert(name: str, data: Path, out: Path) -> Converted:
    done = run_converter(name, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    text = zstandard.decompress((out / "events.jsonl.zst").read_bytes())
    events = [json.loads(line) for line in text.splitlines()]
    check_events(name, events)
    labels = {}
    if (out / "labels.jsonl").exists():
        lines = (out / "labels.jsonl").read_text().splitlines()
        labels = {label["order_id"]: label["bad"] for label in map(json.loads, lines)}
        assert len(labels) == len(lines)
    prefix = f"{name}: skipped "
    reasons = [
        line.removeprefix(prefix).split(": ")
        for line in done.stdout.splitlines()
        if line.startswith(prefix)
    ]
    skipped = {reason: int(count.replace(",", "")) for count, reason in reasons}
    return Converted(events, labels, skipped)


def check_events(shop: str, events: list[dict[str, Any]]) -> None:
    """Hold every event against the contract, by the types that the product itself reads with."""
    assert len({event["id"] for event in events}) == len(events)
    told_at = [dt.datetime.fromisoformat(event["occurred_at"]) for event in events]
    assert all(instant.tzinfo is not None for instant in told_at)
    assert told_at == sorted(told_at, key=dt.datetime.timestamp)
    for event in events:
        assert event.keys() == {"id", "type", "occurred_at", "channel", "shop", "data"}
        assert (event["channel"], event["shop"]) == ("standard", shop)
        data = msgspec.convert(event["data"], DATA_TYPES[EventType(event["type"])])
        # What the types do not know would be lost on the way.
        assert json.loads(msgspec.json.encode(data)) == event["data"]


def write_table(path: Path, columns: Iterable[str], *rows: Iterable[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(columns)
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    pq.write_table(table, path)


def at(text: str) -> dt.datetime:
    """Read a wall clock's time without a zone, as the sets hold it."""
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize("name", ["fraud_ecommerce", "card_chargebacks", "online_retail", "olist"])
def test_absent_data_is_one_line_and_exit_2(name: str, tmp_path: Path) -> None:
    done = run_converter(name, "--data", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ORDERGUARD_DATA" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_table_of_another_kind_is_exit_2(tmp_path: Path) -> None:
    write_table(tmp_path / "fraud_ecommerce" / "fraud_data.parquet", ["user_id"], [1])
    done = run_converter("fraud_ecommerce", "--data", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "signup_time" in done.stderr


def test_fraud_ecommerce(tmp_path: Path) -> None:
    last = ["ip_address", "class"]
    write_table(
        tmp_path / "fraud_ecommerce" / "fraud_data.parquet",
        ["user_id", "device_id", "purchase_value", "signup_time", "purchase_time", *last],
        [7, "D1", 34, at("2015-02-01T10:00"), at("2015-03-01T09:05"), None, 0],
        [8, "D2", 9, at("2015-01-05T00:00"), at("2015-01-05T00:00"), 2001426400.7, 1],
    )
    converted = convert("fraud_ecommerce", tmp_path, tmp_path / "out")
    assert converted.labels == {"7": False, "8": True}
    fraud, honest = (event["data"]["order"] for event in converted.events)
    assert fraud["order_id"] == "8"
    assert fraud["device"] == {"id": "D2", "ip": "119.75.87.224"}
    assert fraud["buyer"] == {"id": "8", "registered_at": "2015-01-05T00:00:00Z"}
    assert fraud["amount"] == fraud["payment"]["amount"] == "9.00"
    assert honest["device"] == {"id": "D1"}
    assert honest["lines"] == [{"title": "unnamed item", "quantity": 1, "unit_price": "34.00"}]
    assert "coupons" not in honest


def test_card_chargebacks(tmp_path: Path) -> None:
    amount, last = "transaction_amount", ["device_id", "has_cbk"]
    write_table(
        tmp_path / "card_chargebacks" / "transactional_sample.parquet",
        ["transaction_id", "user_id", "card_number", "transaction_date", amount, *last],
        [1, 5, "650487******9884", "2019-11-01T01:27:15.811098", 2416.7, None, False],
        [2, 6, "650487******9884", "2019-11-01T01:29:45.799767", 359.68, 44, True],
    )
    converted = convert("card_chargebacks", tmp_path, tmp_path / "out")
    first, second = (event["data"]["order"] for event in converted.events)
    assert first["payment"]["account"] == second["payment"]["account"] == "650487******9884"
    assert first["payment"]["amount"] == "2416.70"
    assert first["paid_at"] == "2019-11-01T01:27:15.811098Z"
    assert "device" not in first
    assert second["device"] == {"id": "44"}
    assert converted.labels == {"1": False, "2": True}


def test_online_retail(tmp_path: Path) -> None:
    last = ["InvoiceDate", "UnitPrice", "CustomerID"]
    write_table(
        tmp_path / "online_retail" / "online_retail.parquet",
        ["InvoiceNo", "StockCode", "Description", "Quantity", *last],
        ["1", "85123A", "HOLDER", 6, at("2011-01-03T08:26"), 2.55, 17850],
        ["1", "POST", "POSTAGE", 1, at("2011-01-03T08:26"), 18.0, 17850],
        ["1", "M", "Manual", 1, at("2011-01-03T08:27"), 1.1, 17850],
        ["2", "71053", "LANTERN", 2, at("2011-01-03T09:00"), 3.39, 17850],
        ["3", "71053", "LANTERN", 2, at("2011-01-03T09:30"), 3.39, 17850],
        ["4", "71053", "LANTERN", 1, at("2011-07-03T10:00"), 3.39, None],
        ["4", "71054", "JAR", 1, at("2011-07-03T10:00"), 0.0, None],
        ["5", "71054", "damaged", -9, at("2011-07-03T11:00"), 0.0, None],
        ["6", "AMAZONFEE", "AMAZON FEE", 1, at("2011-07-03T11:00"), 13541.33, None],
        ["7", "POST", "POSTAGE", 1, at("2011-07-03T11:00"), 5.0, 17850],
        ["A8", "B", "Adjust bad debt", 1, at("2011-07-03T11:00"), 11062.06, None],
        ["C9", "85123a", "HOLDER", -6, at("2011-07-04T11:00"), 2.55, 17850],
        ["C9", "71053", "LANTERN", -2, at("2011-07-04T11:00"), 3.39, 17850],
        ["C9", "D", "Discount", -1, at("2011-07-04T11:00"), 3.39, 17850],
        ["C10", "85123A", "HOLDER", -6, at("2011-07-05T11:00"), 2.55, 17850],
    )
    converted = convert("online_retail", tmp_path, tmp_path / "out")
    orders = converted.orders("order.paid")
    assert list(orders) == ["1", "2", "3", "4"]
    first = orders["1"]
    assert (first["amount"], first["freight"]) == ("34.40", "18.00")
    assert first["created_at"] == "2011-01-03T08:26:00Z"
    assert first["paid_at"] == "2011-01-03T08:27:00Z"
    assert [line.get("sku") for line in first["lines"]] == ["85123A", None]
    assert "buyer" not in orders["4"]
    assert orders["4"]["paid_at"] == "2011-07-03T10:00:00+01:00"
    [refund] = converted.of("refund.succeeded")
    assert refund == {
        "order_id": "1",
        "refund_id": "C9:1",
        "amount": "15.30",
        "currency": "GBP",
        "reason": "cancelled",
        "lines": [{"sku": "85123A", "quantity": 6}],
    }
    assert converted.skipped == {
        "no price": 1,
        "stock write-off": 1,
        "bookkeeping, not goods": 1,
        "freight on an invoice without goods": 1,
        "bad-debt adjustment": 1,
        "cancelled line with several earlier lines to match": 1,
        "cancelled line without a customer or an article": 1,
        "cancelled line with no earlier line to match": 1,
    }
    assert not converted.labels


def write_olist(folder: Path) -> None:
    order_times = (
        "purchase_timestamp",
        "approved_at",
        "delivered_carrier_date",
        "delivered_customer_date",
        "estimated_delivery_date",
    )
    write_table(
        folder / "orders.parquet",
        ["order_id", "customer_id", "order_status", *(f"order_{name}" for name in order_times)],
        [
            *("a", "ca", "delivered", at("2017-06-01T10:00")),
            *(at("2017-06-02T09:00"), at("2017-06-02T08:00"), at("2017-06-09T10:00")),
            at("2017-06-20T00:00"),
        ],
        [
            *("b", "cb", "unavailable", at("2018-01-05T10:00"), at("2018-01-05T10:05")),
            *(None, None, at("2018-02-01T00:00")),
        ],
    )
    prefix = "customer_zip_code_prefix"
    write_table(
        folder / "customers.parquet",
        ["customer_id", "customer_unique_id", prefix, "customer_city", "customer_state"],
        ["ca", "p", "01012", "sao paulo", "SP"],
        ["cb", "p", "99999", "xapuri", "AC"],
    )
    write_table(
        folder / "geolocation.parquet",
        ["geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng"],
        ["01012", -23.5, -46.5],
        ["01012", -23.7, -46.7],
        ["01012", 45.1, 9.3],
        ["99999", 38.4, -6.3],
    )
    write_table(
        folder / "order_items.parquet",
        [
            "order_id",
            "order_item_id",
            "product_id",
            "shipping_limit_date",
            "price",
            "freight_value",
        ],
        ["a", 2, "x", at("2017-06-05T09:00"), 10.1, 1.0],
        ["a", 1, "y", at("2017-06-06T09:00"), 20.2, 2.5],
    )
    write_table(
        folder / "order_payments.parquet",
        ["order_id", "payment_sequential", "payment_type", "payment_value"],
        ["a", 2, "voucher", 3.8],
        ["a", 1, "credit_card", 30.0],
        ["b", 1, "boleto", 55.5],
    )


def test_olist(tmp_path: Path) -> None:
    write_olist(tmp_path / "olist")
    converted = convert("olist", tmp_path, tmp_path / "out")
    assert [event["type"] for event in converted.events] == [
        "order.created",
        "shipment.shipped",  # The hand-over came before the approval, and is told so.
        "order.paid",
        "shipment.delivered",
        "order.created",
        "order.paid",
    ]
    placed, paid = converted.orders("order.created"), converted.orders("order.paid")
    assert (placed["a"]["amount"], placed["a"]["freight"]) == ("33.80", "3.50")
    assert [line["sku"] for line in placed["a"]["lines"]] == ["y", "x"]
    assert placed["a"]["created_at"] == "2017-06-01T10:00:00-03:00"
    assert placed["b"]["created_at"] == "2018-01-05T10:00:00-02:00"
    assert placed["a"]["buyer"] == placed["b"]["buyer"] == {"id": "p"}
    assert (placed["a"]["ship_to"]["lat"], placed["a"]["ship_to"]["lng"]) == (-23.6, -46.6)
    assert "lat" not in placed["b"]["ship_to"]
    assert paid["a"]["ship_by"] == "2017-06-06T09:00:00-03:00"
    assert "ship_by" not in paid["b"]
    assert placed["b"]["lines"] == [{"title": "unnamed item", "quantity": 1, "unit_price": "55.50"}]
    assert paid["a"]["payment"]["method"] == "credit_card+voucher"
    assert paid["a"]["payment"]["amount"] == "33.80"
    assert converted.labels == {"a": False, "b": True}


@needs_data
def test_the_real_fraud_ecommerce(tmp_path: Path) -> None:
    converted = convert("fraud_ecommerce", SHARED, tmp_path)
    orders = converted.orders("order.paid")
    assert len(orders) == len(converted.events) == len(converted.labels) == 35_516
    assert sum(converted.labels.values()) == 3_633
    january = [order_id for order_id in orders if orders[order_id]["paid_at"] < "2015-02"]
    assert len(january) == 2_789
    assert sum(converted.labels[order_id] for order_id in january) == 2_147
    devices: Counter[str] = Counter(order["device"]["id"] for order in orders.values())
    assert max(devices.values()) <= 10
    assert sum("ip" not in order["device"] for order in orders.values()) == 14_813


@needs_data
def test_the_real_card_chargebacks(tmp_path: Path) -> None:
    converted = convert("card_chargebacks", SHARED, tmp_path)
    orders = converted.orders("order.paid")
    assert len(orders) == len(converted.events) == len(converted.labels) == 2_239
    assert sum(converted.labels.values()) == 217
    assert sum("device" not in order for order in orders.values()) == 704
    assert converted.events[0]["occurred_at"] == "2019-11-01T01:27:15.811098Z"


@needs_data
def test_the_real_online_retail(tmp_path: Path) -> None:
    converted = convert("online_retail", SHARED, tmp_path)
    assert converted.kinds() == {"order.paid": 14_530, "refund.succeeded": 788}
    assert converted.skipped["stock write-off"] == 1_039
    assert converted.skipped["bad-debt adjustment"] == 3
    orders, refunds = converted.orders("order.paid"), converted.of("refund.succeeded")
    cancelled = sum(len(refund["lines"]) for refund in refunds)
    unattributed = sum(
        count for reason, count in converted.skipped.items() if reason.startswith("cancelled")
    )
    assert cancelled + unattributed == 6_756
    for refund in refunds:
        assert Decimal(refund["amount"]) <= Decimal(orders[refund["order_id"]]["amount"])
    heard: set[str] = set()
    for event in converted.events:
        if event["type"] == "order.paid":
            heard.add(event["data"]["order"]["order_id"])
        else:
            assert event["data"]["order_id"] in heard
    assert max(len(order["lines"]) for order in orders.values()) <= 705


@needs_data
def test_the_real_olist(tmp_path: Path) -> None:
    converted = convert("olist", SHARED, tmp_path)
    assert converted.kinds() == {
        "order.created": 4_881,
        "order.paid": 4_881 - 68,
        "shipment.shipped": 3_553,
        "shipment.delivered": 2_866 - 2 + 5,
    }
    assert sum(converted.labels.values()) == 4_881 - 2_866
    placed, paid = converted.orders("order.created"), converted.orders("order.paid")
    buyers = Counter(order["buyer"]["id"] for order in placed.values())
    assert sum(count > 1 for count in buyers.values()) == 45
    assert max(buyers.values()) == 4
    differing = [
        order_id
        for order_id, order in paid.items()
        if abs(Decimal(order["payment"]["amount"]) - Decimal(placed[order_id]["amount"]))
        > Decimal("0.02")
    ]
    # 20 in binary fractions: one differs by two cents sharp.
    assert len(differing) == 19
    shipped_at = {
        event["data"]["order_id"]: dt.datetime.fromisoformat(event["occurred_at"])
        for event in converted.events
        if event["type"] == "shipment.shipped"
    }
    early = [
        order_id
        for order_id, instant in shipped_at.items()
        if order_id in paid and instant < dt.datetime.fromisoformat(paid[order_id]["paid_at"])
    ]
    assert len(early) == 7
