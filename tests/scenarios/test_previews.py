"""Previews on a real server: its own process folds the log and answers by columns."""

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
from tests.chinese import check_chinese
from tests.scenarios.installation import (
    Client,
    Json,
    Sender,
    api_headers,
    installed,
    placed,
    serving,
)

from orderguard.bilingual import Bilingual

NAME = "doorstep.product_orders_10m"
DOOR, OTHER = "文三路 1 号 2 室", "文三路 9 号 1 室"
AWAITED_S_MAX = 40.0


def to_door(order_id: str, buyer: str, amount: str, street: str) -> Json:
    """An order that is sent to a door in Hangzhou."""
    told = placed(order_id, buyer, sku="limited")
    order = told["data"]["order"]
    order["amount"] = amount
    order["ship_to"] = {
        "country": "CN",
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "street": street,
    }
    return told


def previewed(client: Client, **asked: Any) -> Json:
    """Ask again until the log has been read."""
    limit = time.monotonic() + AWAITED_S_MAX
    while True:
        answer = client.ask(
            "POST",
            "/api/v1/previews",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        assert answer.status == 200, answer.body
        told: Json = answer.json
        if told["state"] == "ready" or time.monotonic() > limit:
            return told
        time.sleep(0.2)


def test_a_condition_over_a_new_value_is_previewed(tmp_path: Any) -> None:
    installation = installed(tmp_path / "data", "demo")
    with (
        serving(installation) as server,
        Sender(server.port) as sender,
        Client(server.port, api_headers(installation)) as client,
    ):
        sender.tell(*(to_door(f"door-{n}", f"b{n}", "600.00", DOOR) for n in range(7)))
        sender.tell(*(to_door(f"cheap-{n}", f"c{n}", "90.00", OTHER) for n in range(7)))
        value = client.ask(
            "POST",
            "/api/v1/rulebook/values",
            b'{"kind":"count","by":["doorstep","product"],"window_ms":600000}',
            {"content-type": "application/json"},
        ).json
        assert value["operand"]["name"] == NAME
        when = f"{NAME} >= 5 && order.amount > 500.0"
        asked = {"when": when, "subject": ["doorstep"], "features": {NAME: value["lines"]}}
        found = previewed(client, **asked, tune=0)["preview"]
        assert (found["judged"], found["orders"]) == (14, 3)
        assert [day["cases"] for day in found["days"]] == [1]
        assert (found["cases_per_day"], found["new_cases_per_day"]) == (1, 1)
        load = client.get("/api/v1/previews/workload")
        assert (load["days"], load["people"]) == (1, 0)
        assert {order["order_id"] for order in found["top"]} == {f"door-{n}" for n in (4, 5, 6)}
        assert found["top"][0]["values"]["order.amount"] == "600.00"
        (curve,) = found["curves"]
        by_value = {point["value"]: point["orders"] for point in curve["points"]}
        assert [by_value[n] for n in (1, 5, 7, 8)] == [7, 3, 1, 0]
        sender.tell(to_door("door-7", "b7", "600.00", DOOR))
        limit = time.monotonic() + AWAITED_S_MAX
        while previewed(client, **asked)["preview"]["orders"] != 4:
            assert time.monotonic() < limit, "what came since is taken in"
        name = "/api/v1/rulebook/catalogue/order.amount/histogram"
        bins = client.get(name)["bins"]
        assert sum(one["orders"] for one in bins) == 15
        days = list((installation.folder / "judged").glob("20*.parquet"))
        assert len(days) == 1


def test_a_rule_does_not_overlap_with_itself(tmp_path: Any) -> None:
    installation = installed(tmp_path / "data", "demo")
    with (
        serving(installation) as server,
        Sender(server.port) as sender,
        Client(server.port, api_headers(installation)) as client,
    ):
        sender.tell(*(to_door(f"door-{n}", "one", "600.00", DOOR) for n in range(7)))
        rule = "velocity.same_item_burst"
        asked = {"when": client.get(f"/api/v1/rulebook/{rule}")["text"]["when"]}
        as_new = previewed(client, **asked)["preview"]
        assert as_new["overlap"][rule] == as_new["orders"] > 0
        as_its_own = previewed(client, **asked, rule=rule)["preview"]
        others = {name: n for name, n in as_new["overlap"].items() if name != rule}
        assert as_its_own["overlap"] == others
        assert as_its_own["alone"] >= as_new["alone"] == 0
        assert as_its_own["orders"] == as_new["orders"]


@pytest.mark.parametrize("when", ["order.amount >", "order.amout > 1"])
def test_what_cannot_be_read_is_refused(tmp_path: Any, when: str) -> None:
    installation = installed(tmp_path / "data", "demo")
    with (
        serving(installation) as server,
        Client(server.port, api_headers(installation)) as client,
    ):
        body = f'{{"when": "{when}"}}'.encode()
        answer = client.ask("POST", "/api/v1/previews", body, {"content-type": "application/json"})
        assert answer.status == 422
        assert answer.json["errors"][0]["column"] >= 1


def test_what_fails_in_its_process_is_told_in_the_reader_s_language(tmp_path: Any) -> None:
    installation = installed(tmp_path / "data", "demo")
    with (
        serving(installation) as server,
        Client(server.port, api_headers(installation)) as client,
    ):
        with closing(sqlite3.connect(installation.folder / "log.db")) as log:
            log.execute("ALTER TABLE entry RENAME TO entry_lost")
        details = []
        for language in ({}, {"accept-language": "zh"}):
            headers = {"content-type": "application/json", **language}
            body = b'{"when": "order.amount > 1.0"}'
            answer = client.ask("POST", "/api/v1/previews", body, headers)
            assert answer.status == 422, answer.body
            details.append(answer.json["detail"])
        assert "no such table: entry" in details[0]
        check_chinese(Bilingual(*details))
