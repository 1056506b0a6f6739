"""The sale as a whole: repeatable, in proportion, well formed, in order of arrival."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from orderguard.simulate.anomalies import ANOMALIES
from orderguard.simulate.kinds import plant_rare
from orderguard.simulate.model import HOUR_MS
from orderguard.simulate.neighbours import NEIGHBOURS
from orderguard.simulate.occasions import OCCASIONS
from orderguard.simulate.sale import (
    Sale,
    SaleImpossibleError,
    make_regulars,
    make_sale,
    shop_names,
    write_sale,
)
from orderguard.simulate.world import World, length_ms

START = datetime(2026, 11, 11, tzinfo=timezone(timedelta(hours=8)))
ORDERS = 2_000
SEEDS = (1, 2, 3)

EVENT_TYPES = {
    *("order.created", "order.paid", "order.updated", "order.cancelled", "order.closed"),
    *("order.completed", "shipment.requested", "shipment.accepted", "shipment.picked"),
    *("shipment.shipped", "shipment.in_transit", "shipment.delivered", "refund.requested"),
    *("refund.approved", "refund.rejected", "refund.succeeded", "inventory.changed"),
    "buyer.registered",
}


def told(event: dict[str, Any]) -> dict[str, Any]:
    """What an event says of its order, or else all that it says."""
    data: dict[str, Any] = event["data"]
    order: dict[str, Any] = data.get("order", data)
    return order


@pytest.fixture(scope="module", params=SEEDS)
def sale(request: pytest.FixtureRequest) -> Sale:
    return make_sale(request.param, orders=ORDERS, start=START)


@pytest.fixture(scope="module")
def attacked() -> Sale:
    return make_sale(2, orders=500, start=START, with_attack=True)


def test_a_demonstration_tells_how_the_warehouse_calls_articles(attacked: Sale) -> None:
    told = {event["id"]: event for event in attacked.events if event["type"] == "sku.mapped"}
    assert attacked.attack is not None
    assert {event["shop"] for event in told.values()} == {attacked.attack.shop}
    data = [event["data"] for event in told.values()]
    assert sum("bundle" in one for one in data) == 1
    assert sum("bundle" not in one and "sku" not in one for one in data) == 1
    sold = {
        line["sku"]
        for event in attacked.events
        if event["type"] == "order.created"
        for line in event["data"]["order"].get("lines", ())
    }
    assert {one["sku"] for one in data if "sku" in one} & sold


def test_a_seed_fixes_every_byte(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "again", "other")]
    for folder, seed in zip(folders, (7, 7, 8), strict=True):
        write_sale(make_sale(seed, orders=300, start=START), folder)
    first, again, other = (
        (folder / "events.jsonl").read_bytes() + (folder / "labels.jsonl").read_bytes()
        for folder in folders
    )
    assert first == again
    assert first != other


def test_hash_seed_and_offset_of_the_start_change_nothing(tmp_path: Path) -> None:
    for hash_seed, start in (("0", START), ("1", START.astimezone(UTC))):
        command = [sys.executable, "-m", "orderguard.simulate.sale", "--seed", "5"]
        command += ["--orders", "200", "--start", start.isoformat()]
        subprocess.run(
            [*command, "--out", str(tmp_path / hash_seed)],
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src", "TZ": "America/Lima"},
            cwd=Path(__file__).resolve().parents[2],
        )
    zero, one = (tmp_path / name / "events.jsonl" for name in "01")
    assert zero.read_bytes() == one.read_bytes()


def test_shares(sale: Sale) -> None:
    kinds = Counter(label.kind for label in sale.labels.values())
    total = len(sale.labels) - kinds["history"]
    bad = sum(label.bad for label in sale.labels.values())
    # The last scene planted may be a script of 70 orders.
    assert ORDERS <= total <= ORDERS + 70
    assert 0.13 <= bad / total <= 0.15 + 70 / ORDERS
    assert 0.5 <= kinds["plain"] / total <= 0.75
    assert 0.45 <= kinds["history"] / ORDERS <= 0.8


def test_every_kind_is_there(sale: Sale) -> None:
    bad = {label.kind for label in sale.labels.values() if label.bad}
    honest = {label.kind for label in sale.labels.values() if not label.bad}
    assert bad == {kind.name for kind in ANOMALIES}
    rare = {kind.name for kind in OCCASIONS}
    assert honest - rare == {kind.name for kind in NEIGHBOURS} | {"plain", "history"}


def test_a_rare_kind_comes_as_often_as_asked() -> None:
    world = World(3, orders=500, days_of_history=30, opening_ms=500_000 * HOUR_MS)
    make_regulars(world, 150)
    assert plant_rare(world, OCCASIONS, 0.0) == []
    once = plant_rare(world, OCCASIONS, 1.0)
    assert {kind for kind, _ in once} == set(OCCASIONS)
    half = {kind for _ in range(6) for kind, _ in plant_rare(world, OCCASIONS[:2], 0.5)}
    assert half == set(OCCASIONS[:2])


def test_an_attack_is_planted_where_it_is_wanted(attacked: Sale, sale: Sale) -> None:
    attack = attacked.attack
    assert attack is not None
    assert {
        order_id for order_id, label in attacked.labels.items() if label.kind == "script_attack"
    } == set(attack.order_ids)
    assert all(attacked.labels[order_id].bad for order_id in attack.order_ids)
    assert sale.attack is None


def test_the_units_of_its_release_are_told_first(attacked: Sale) -> None:
    assert attacked.attack is not None
    told = {
        event["data"]["sku"]: event["data"]
        for event in reversed(attacked.events)
        if event["type"] == "inventory.changed"
        and event["data"]["sku"].startswith(attacked.attack.product_id)
    }
    assert sum(first["available"] for first in told.values()) == attacked.attack.units == 3_000


def test_a_sale_that_is_cut_short_is_the_beginning_of_the_same_sale() -> None:
    whole = make_sale(6, orders=300, start=START)
    until = START + timedelta(hours=2)
    cut = make_sale(6, orders=300, start=START, until=until)
    assert cut.events == [
        event for event in whole.events if datetime.fromisoformat(event["received_at"]) <= until
    ]
    assert cut.labels == whole.labels


def test_the_hour_of_the_opening_changes_who_buys_what_in_nothing() -> None:
    midnight, evening = (
        make_sale(6, orders=300, start=START + timedelta(hours=hours)) for hours in (0, 20)
    )
    assert list(midnight.labels.values()) == list(evening.labels.values())


def test_its_shops_and_its_length_are_known_before() -> None:
    sale = make_sale(6, orders=300, start=START)
    assert {event["shop"] for event in sale.events} == set(shop_names(6))
    assert sale.closing_ms - sale.opening_ms == length_ms(6)


def test_arrival_is_monotone_and_seldom_late(sale: Sale) -> None:
    received = [event["received_at"] for event in sale.events]
    assert received == sorted(received)
    delays = [
        datetime.fromisoformat(event["received_at"]) - datetime.fromisoformat(event["occurred_at"])
        for event in sale.events
    ]
    assert min(delays) >= timedelta(0)
    late = sum(delay > timedelta(seconds=2) for delay in delays)
    assert 0.03 < late / len(delays) < 0.09


def test_some_events_arrive_twice_unchanged(sale: Sale) -> None:
    first: dict[str, object] = {}
    repeats = 0
    for event in sale.events:
        if event["id"] in first:
            repeats += 1
            assert first[event["id"]] == event["data"]
        first[event["id"]] = event["data"]
    assert 0.015 < repeats / len(sale.events) < 0.045


def test_events_are_canonical(sale: Sale) -> None:
    order_ids = set()
    for event in sale.events:
        assert set(event) == {
            *("id", "type", "occurred_at", "received_at", "channel", "shop", "data"),
        }
        assert event["type"] in EVENT_TYPES
        assert event["received_at"].endswith("+08:00")
        assert len(event["id"]) <= 128
        if event["type"] not in ("inventory.changed", "buyer.registered"):
            order_ids.add(told(event)["order_id"])
    assert order_ids == set(sale.labels)
    assert {event["type"] for event in sale.events} == EVENT_TYPES
    assert json.loads(json.dumps(sale.events[0])) == sale.events[0]


def test_orders_add_up_and_become_known(sale: Sale) -> None:
    known = set()
    for event in sale.events:
        order = told(event)
        if not event["type"].startswith("order.") or "lines" not in order:
            continue
        known.add(order["order_id"])
        goods = sum(float(line["unit_price"]) * line["quantity"] for line in order["lines"])
        amount = goods - float(order["discount"]) + float(order["freight"])
        assert float(order["amount"]) == pytest.approx(amount)
        assert float(order["amount"]) > 0
    assert known == set(sale.labels)


def test_orders_begin_in_several_ways(sale: Sale) -> None:
    first: dict[str, tuple[str, bool]] = {}
    for event in sorted(sale.events, key=lambda event: str(event["occurred_at"])):
        if event["type"].startswith("order."):
            whole = "lines" in told(event)
            first.setdefault(told(event)["order_id"], (event["type"], whole))
    ways = Counter(first.values())
    assert set(ways) == {("order.created", True), ("order.created", False), ("order.paid", True)}
    assert min(ways.values()) > 10


def test_about_eight_in_a_hundred_never_pay(sale: Sale) -> None:
    paid = {told(event)["order_id"] for event in sale.events if event["type"] == "order.paid"}
    assert 0.05 < 1 - len(paid) / len(sale.labels) < 0.15


def test_stock_is_never_negative_and_agrees_with_itself(sale: Sale) -> None:
    for event in sale.events:
        if event["type"] == "inventory.changed":
            data = event["data"]
            assert data["available"] == data["on_hand"] - data["locked"]
            assert data["available"] >= 0
            assert data["locked"] >= 0


def test_labels_file_has_a_line_an_order(tmp_path: Path) -> None:
    sale = make_sale(4, orders=50, days_of_history=3, start=START)
    write_sale(sale, tmp_path)
    lines = (tmp_path / "labels.jsonl").read_text().splitlines()
    assert len(lines) == len(sale.labels)
    assert set(json.loads(lines[0])) == {"order_id", "bad", "kind"}


@pytest.mark.parametrize(
    ("orders", "days", "start"),
    [(0, 30, START), (10, 0, START), (10, 30, START.replace(tzinfo=None))],
)
def test_an_impossible_sale_is_refused(orders: int, days: int, start: datetime) -> None:
    with pytest.raises(SaleImpossibleError):
        make_sale(1, orders=orders, days_of_history=days, start=start)
