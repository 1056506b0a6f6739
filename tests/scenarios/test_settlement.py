"""A settlement file from the command line into a running server, and the day it makes right."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.commands.conftest import Command, og  # noqa: F401 - the fixture
from tests.scenarios.installation import Client, Json, Sender, api_headers, installed, serving
from tests.settlement.files import wechat, wechat_row

WAIT_S_MAX = 30.0
PAID = {
    "id": "evt_1",
    "type": "order.paid",
    "occurred_at": "2025-11-11T00:00:00+08:00",
    "data": {
        "order": {
            "order_id": "A1",
            "buyer": {"id": "b1"},
            "lines": [{"sku": "shoe", "quantity": 1}],
            "amount": "100.00",
            "currency": "CNY",
        }
    },
}
DAYS = {"from": "2025-11-11", "to": "2025-11-11"}


def until(client: Client, fits: Callable[[Json], bool]) -> Json:
    """The day, once it fits."""
    ends = time.monotonic() + WAIT_S_MAX
    while True:
        items = client.get("/api/v1/reconciliation", **DAYS)["items"]
        if items and fits(items[0]):
            day: Json = items[0]
            return day
        assert time.monotonic() < ends, items
        time.sleep(0.1)


def test_a_file_makes_a_day_right(tmp_path: Path, og: Command) -> None:  # noqa: F811
    installation = installed(tmp_path / "data", "demo")
    bill = tmp_path / "bill.csv"
    bill.write_bytes(wechat(wechat_row("4200001", "A1", amount="100.00")))
    admin = api_headers(installation)
    with serving(installation) as server, Client(server.port, admin) as client:
        with Sender(server.port) as sender:
            sender.tell(PAID)
        until(client, lambda day: bool(day["difference"] == "-100.00"))
        where = ("--channel", "standard", "--shop", "demo", "--data", str(installation.folder))
        for _ in range(2):
            og("settlement", "import", str(bill), *where)
        day = until(client, lambda day: bool(day["difference"] == "0.00"))
        assert (day["settled"], day["orders"]) == ("100.00", 1)
        timeline = client.order("A1")["timeline"]
        told = [one["type"] for one in timeline if one["event_id"]]
        assert told == ["order.paid", "settlement.recorded"]
    with serving(installation) as server, Client(server.port, admin) as client:
        assert until(client, lambda day: bool(day["settled"] == "100.00"))["causes"] == []
