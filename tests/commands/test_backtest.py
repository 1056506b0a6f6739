"""`orderguard backtest`: what came of the orders that each rule concerns, against all orders."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.commands.conftest import Command
from tests.flows.stories import START_MS, order_document

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.flows.backtest import made_live
from orderguard.flows.replay import Replay, write_results
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, rfc3339
from orderguard.rules import load_library
from orderguard.simulate.sale import main as make_sale

DEVICE = "device.shared"

HEALTH = {rule.id for rule in load_library(read_library(PACKAGED_LIBRARY)).health}

Json = dict[str, Any]


def event(name: str, kind: str, at: int, data: Json) -> Json:
    return {"id": name, "type": kind, "occurred_at": rfc3339(at), "shop": "demo", "data": data}


def placed(order_id: str, at: int, device: str) -> Json:
    order = order_document(
        order_id,
        order_id,
        at,
        device={"id": device},
        lines=[{"line_id": "1", "sku": order_id, "quantity": 1, "unit_price": "59.00"}],
        ship_to={"country": "CN", "city": "上海市", "street": f"文三路{order_id}号"},
    )
    return event(f"{order_id}.placed", "order.created", at, {"order": order})


def history() -> list[Json]:
    """Three orders of one device, all returned but the last; then ten of nobody's, one disputed."""
    made = [placed(f"r{n}", START_MS + 10 * n * MS_PER_MINUTE, "tablet") for n in range(3)]
    made += [placed(f"h{n}", START_MS + (1 + n) * MS_PER_HOUR, f"own-{n}") for n in range(10)]
    later = START_MS + 2 * MS_PER_DAY
    for order_id in ("r0", "r1"):
        made.append(event(f"{order_id}.back", "return.received", later, {"order_id": order_id}))
    made.append(event("h0.no", "dispute.opened", later, {"order_id": "h0"}))
    for order_id in ("r2", *(f"h{n}" for n in range(1, 10))):
        data = {"order_id": order_id}
        made.append(event(f"{order_id}.there", "shipment.delivered", later, data))
    last = later + 15 * MS_PER_DAY
    made.append(placed("young", last, "own-young"))
    return made


def written(folder: Path, events: list[Json]) -> Path:
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in events), "utf-8")
    return path


def test_a_rule_is_told_by_what_came_of_its_orders(og: Command, tmp_path: Path) -> None:
    events = str(written(tmp_path, history()))
    told = og("backtest", events, "--rule", DEVICE, "--json", "--out", str(tmp_path / "out"))
    result = json.loads(told.stdout)
    assert result == json.loads((tmp_path / "out" / "backtest.json").read_bytes())
    assert (result["orders"], result["bad"], result["good"]) == (14, 3, 10)
    (rule,) = result["rules"]
    assert (rule["rule"], rule["orders"], rule["bad"], rule["good"]) == (DEVICE, 3, 2, 1)
    assert rule["precision"]["share"] == pytest.approx(2 / 3)
    assert rule["precision"]["low"] < 2 / 3 < rule["precision"]["high"]
    assert rule["recall"]["share"] == pytest.approx(2 / 3)
    assert rule["lift"] == pytest.approx((2 / 3) / (3 / 13))
    assert rule["alone"] == 2
    assert rule["outcomes"]["return"]["hits"]["share"] == pytest.approx(2 / 3)
    assert rule["outcomes"]["return"]["average"]["share"] == pytest.approx(2 / 13)
    assert rule["outcomes"]["dispute"]["hits"]["share"] == 0
    assert (rule["money_bad"], rule["money_good"]) == ({"CNY": "118.00"}, {"CNY": "59.00"})
    table = og("backtest", events).stdout
    assert "device.shared" in table
    assert "all orders" in table


def test_what_comes_later_changes_nothing_of_how_an_order_was_judged(tmp_path: Path) -> None:
    found = []
    whole = history()
    for events in (whole, [one for one in whole if one["type"] == "order.created"]):
        replay = Replay(read_library(PACKAGED_LIBRARY), "standard", store=memory_state())
        replay.run([written(tmp_path, events)])
        write_results(replay, tmp_path / "out", seconds=1)
        lines = (tmp_path / "out" / "alerts.jsonl").read_bytes().splitlines()
        found.append([line for line in lines if json.loads(line)["kind"] == "risk"])
    assert found[0] == found[1]


def test_labels_are_the_truth_where_they_are_given(og: Command, tmp_path: Path) -> None:
    make_sale(["--seed", "5", "--orders", "250", "--out", str(tmp_path)])
    events, labels = str(tmp_path / "events.jsonl"), tmp_path / "labels.jsonl"
    result = json.loads(og("backtest", events, "--labels", str(labels), "--json").stdout)
    og("replay", events, "--out", str(tmp_path / "out"))
    rows = (tmp_path / "out" / "orders.jsonl").read_bytes().splitlines()
    truth = {
        one["order_id"]: one["bad"] for one in map(json.loads, labels.read_bytes().splitlines())
    }
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for order in map(json.loads, rows):
        bad = truth.get(order["order_id"])
        for rule_id in order["rules"]:
            if rule_id in HEALTH:
                continue
            counted[rule_id][0] += 1
            counted[rule_id][1] += bad is True
            counted[rule_id][2] += bad is False
    told = {one["rule"]: [one["orders"], one["bad"], one["good"]] for one in result["rules"]}
    assert {name: counts for name, counts in told.items() if counts[0]} == counted
    assert sum(counts[1] for counts in told.values()) > 0


def test_a_rule_that_only_watches_is_tried_out() -> None:
    files = read_library(PACKAGED_LIBRARY)
    name = "device/shared.yaml"
    watching = {**files, name: files[name].replace("status: live", "status: shadow")}
    assert watching[name] != files[name]
    assert made_live(watching, [DEVICE])[name] == files[name]
    assert made_live(watching, []) == watching


def test_what_cannot_be_tried_out_is_named(og: Command, tmp_path: Path) -> None:
    events = str(written(tmp_path, history()))
    assert "device.gone" in og("backtest", events, "--rule", "device.gone", status=2).stderr
    micro = og("backtest", events, "--rule", DEVICE, "--preset", "micro", status=2).stderr
    assert DEVICE in micro
    bad = tmp_path / "bad.jsonl"
    bad.write_text("no event\n", "utf-8")
    assert "bad.jsonl:1" in og("backtest", str(bad), status=1).stderr
