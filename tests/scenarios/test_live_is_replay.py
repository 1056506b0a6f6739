"""What a server raised, a replay of its log raises: the same alerts, orders and responses."""

import json
import random
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.flows.stories import Json
from tests.scenarios.installation import (
    Client,
    Sender,
    api_headers,
    entries_of,
    installed,
    serving,
)

from orderguard.app import Installation, memory_state
from orderguard.domain.events import OrderEvent
from orderguard.domain.record import raw_of
from orderguard.flows.replay import Replay, write_results
from orderguard.kit.clock import MS_PER_DAY, SystemClock, from_ms, rfc3339
from orderguard.simulate.sale import make_sale, shop_names

SEED = 4
ORDERS = 250
BATCHES = (1, 1, 2, 7, 50)
TOKENS = {"doorstep", "phone", "email"}
"""Subjects whose keys are tokens: an installation makes its own, so that none can be guessed."""


@pytest.fixture
def sale() -> list[Json]:
    """Events that end about now, so that none is ahead of the server's clock.

    It opens at midnight: how many alerts a seed brings must not depend on when the test runs.
    """
    today = SystemClock().now_ms() // MS_PER_DAY
    start = from_ms((today - 45) * MS_PER_DAY)
    events = make_sale(SEED, orders=ORDERS, start=start).events
    assert events[-1]["occurred_at"] < rfc3339(SystemClock().now_ms())
    return events


def events_of(installation: Installation) -> list[Json]:
    """The log as event files have it: what was sent, and when it was received."""
    keyring = installation.keyring()
    entries = entries_of(installation)
    with closing(installation.open_log()) as log:
        records = [row.record for row in log.read(0, len(entries))]
    return [
        {
            **json.loads(raw_of(record, keyring)),
            "channel": entry.channel,
            "shop": entry.shop,
            "received_at": rfc3339(entry.received_ms),
        }
        for entry, record in zip(entries, records, strict=True)
        if isinstance(entry, OrderEvent)
    ]


def rows(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def tokenless(alert: Json) -> Json:
    is_token = not TOKENS.isdisjoint(alert["subject"]["type"].split("+"))
    return {**alert, "subject": alert["subject"]["type"]} if is_token else alert


def test_a_replay_of_the_log_finds_what_the_server_found(sale: list[Json], tmp_path: Path) -> None:
    shops = shop_names(SEED)
    installation = installed(tmp_path / "data", *shops)
    headers = api_headers(installation)
    rng = random.Random(SEED)
    with serving(installation) as server:
        with ExitStack() as stack:
            senders = {shop: stack.enter_context(Sender(server.port, shop)) for shop in shops}
            while sale:
                shop = sale[0]["shop"]
                size = rng.choice(BATCHES)
                batch = [event for event in sale[:size] if event["shop"] == shop]
                assert senders[shop].send(batch).status == 202
                sale = [*(event for event in sale[:size] if event["shop"] != shop), *sale[size:]]
        with Client(server.port, headers) as api:
            alerts = api.alerts()
            told = {
                (one["shop"], one["order_id"]): api.order(one["order_id"], one["shop"])
                for alert in alerts
                for one in [{"shop": alert["shop"], "order_id": alert["order_ids"][0]}]
            }
        assert server.stop() == 0

    events = tmp_path / "events.jsonl"
    log = events_of(installation)
    events.write_text("".join(json.dumps(event) + "\n" for event in log), "utf-8")
    replay = Replay(installation.library(), "standard", store=memory_state())
    replay.run([events])
    write_results(replay, tmp_path / "out", seconds=1)
    assert replay.rejected == []
    assert (replay.events, replay.duplicates) == (len(log), 0)

    replayed = rows(tmp_path / "out" / "alerts.jsonl")
    assert len(replayed) > 10
    assert [tokenless(alert) for alert in replayed] == [
        tokenless(alert) for alert in reversed(alerts)
    ]
    runs = {run["alert_id"]: run for run in rows(tmp_path / "out" / "responses.jsonl")}
    orders = {
        (order["shop"], order["order_id"]): order
        for order in rows(tmp_path / "out" / "orders.jsonl")
    }
    for place, order in told.items():
        assert {name: order[name] for name in orders[place]} == orders[place]
        assert order["responses"] == [
            runs[alert["alert_id"]] for alert in order["alerts"] if alert["alert_id"] in runs
        ]
