"""A server killed at any moment, under parallel senders, has all it acknowledged once, and judged.

A sender repeats a call until it is answered, as every platform does, and now and then repeats one
that was. What the server then tells must be what a fold of its log tells, byte for byte.
"""

import logging
import random
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.flows.stories import differences, everything
from tests.scenarios.installation import (
    Client,
    Json,
    Sender,
    Server,
    Unanswered,
    api_headers,
    burst,
    entries_of,
    event,
    installed,
    is_proof,
    placed,
)

from orderguard.app import Installation
from orderguard.domain.events import OrderEvent
from orderguard.flows.fold import Fold
from orderguard.flows.present import alert_json
from orderguard.stores.memory import MemoryState

KILLS, SENDERS = (60, 32) if is_proof() else (3, 8)
READY_S_MAX = 5.0
LAST_CALL_S = 20.0
"""How long senders go on after the last start, to hear of what they sent before."""
BURST = "velocity.same_item_burst"

log = logging.getLogger(__name__)


class Crowd:
    """Senders on threads, and what they were told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: list[str] = []
        self.bursts: set[str] = set()
        self.faults: list[str] = []
        self.unanswered = 0
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(SENDERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Nobody begins anything new; return once all have heard of what they sent."""
        self._ends.set()
        for thread in self._threads:
            thread.join(LAST_CALL_S + 5)
            assert not thread.is_alive(), "a sender hangs"

    def _work(self, number: int) -> None:
        try:
            with Sender(self.port) as sender:
                self._send_stories(sender, number, random.Random(number))
        except Exception as fault:  # noqa: BLE001 - a sender that dies unseen would prove less.
            self.faults.append(f"sender {number}: {fault!r}")

    def _send_stories(self, sender: Sender, number: int, rng: random.Random) -> None:
        for serial in range(100_000):
            if self._ends.is_set():
                return
            buyer = f"b{number}-{serial}"
            if serial % 6 == 5:
                for one in burst(buyer):
                    self._deliver(sender, rng, [one])
                self.bursts.add(buyer)
                continue
            events = story(buyer, updates=rng.randrange(6))
            while events:
                size = rng.randint(1, len(events))
                self._deliver(sender, rng, events[:size])
                del events[:size]
            time.sleep(rng.uniform(0, 0.02))

    def _deliver(self, sender: Sender, rng: random.Random, events: list[Json]) -> None:
        answer = self._until_answered(sender, rng, events)
        taken = answer["accepted"] + answer["duplicates"]
        assert taken == len(events), answer
        with self._lock:
            self.acknowledged += [event["id"] for event in events]
        if rng.random() < 0.05:
            again = self._until_answered(sender, rng, events)
            assert again == {"accepted": 0, "duplicates": len(events)}, again

    def _until_answered(self, sender: Sender, rng: random.Random, events: list[Json]) -> Any:
        gives_up_at = float("inf")
        while time.monotonic() < gives_up_at:
            try:
                answer = sender.send(events)
                if answer.status == 202:
                    return answer.json
                assert answer.status == 503, (answer.status, answer.body)
                assert int(answer.headers["retry-after"]) > 0
            except Unanswered:
                with self._lock:
                    self.unanswered += 1
            time.sleep(rng.uniform(0.02, 0.1))
            if self._ends.is_set():
                gives_up_at = min(gives_up_at, time.monotonic() + LAST_CALL_S)
        raise AssertionError("never answered")


def story(buyer: str, *, updates: int) -> list[Json]:
    order_id = f"o-{buyer}"
    events = [placed(order_id, buyer)]
    order = {"order_id": order_id}
    events += [
        event(f"{order_id}.updated-{number}", "order.updated", {"order": order})
        for number in range(updates)
    ]
    paid = {**order, "status": "paid", "payment": {"account": f"purse-{hash_of(buyer) % 40}"}}
    return [*events, event(f"{order_id}.paid", "order.paid", {"order": paid})]


def hash_of(text: str) -> int:
    """The same in every run."""
    return sum(map(ord, text))


def kill_and_restart(server: Server, rng: random.Random) -> list[float]:
    """Seconds until ready after each kill that was followed by a start to the end."""
    waits = []
    kills = 0
    while kills < KILLS:
        time.sleep(rng.uniform(0.05, 1.0))
        server.kill()
        kills += 1
        if kills < KILLS and rng.random() < 0.3:  # Once more, while it recovers.
            server.launch()
            time.sleep(rng.uniform(0.05, 2.0))
            server.kill()
            kills += 1
        waits.append(server.start())
    return waits


def folded(installation: Installation, *, until_ms: int) -> Fold:
    """What the log alone tells, by the same code, without a crash."""
    fold = Fold(MemoryState())
    for offset, entry in enumerate(entries_of(installation), 1):
        fold.apply(offset, entry)
    fold.advance(until_ms)
    return fold


def test_a_killed_server_loses_and_doubles_nothing_and_raises_each_alert_once(
    tmp_path: Path,
) -> None:
    installation = installed(tmp_path / "data", "demo")
    headers = api_headers(installation)
    with Server(installation.folder) as server:
        server.start()
        crowd = Crowd(server.port)
        crowd.start()
        waits = kill_and_restart(server, random.Random(9))
        crowd.end()
        with Client(server.port, headers) as api:
            told = api.alerts()
            some = random.Random(9).sample(sorted(crowd.acknowledged), 100)
            timelines = {
                event_id: api.order(event_id.partition(".")[0])["timeline"] for event_id in some
            }
        assert server.stop() == 0
    log.info(
        "%d acknowledged, %d calls unanswered, slowest start %.1f s",
        len(crowd.acknowledged),
        crowd.unanswered,
        max(waits),
    )
    assert crowd.faults == []

    kept = Counter(one.id for one in entries_of(installation) if isinstance(one, OrderEvent))
    assert set(crowd.acknowledged) <= kept.keys(), "nothing acknowledged is lost"
    assert set(kept.values()) == {1}, "nothing is doubled"
    assert len(kept) > 100
    for event_id, timeline in timelines.items():
        assert [row["event_id"] for row in timeline].count(event_id) == 1

    with closing(installation.open_state()) as state:
        survivor = Fold(state)
        fold = folded(installation, until_ms=survivor.clock_ms)
        assert differences(everything(survivor), everything(fold)) == []
        alerts = [row.alert for row in state.alerts_changed((0, 0), 1_000_000)]
    assert by_id(told) == by_id([alert_json(alert) for alert in alerts])
    buyers = Counter(alert["subject"]["key"] for alert in told if alert["rules"] == [BURST])
    assert crowd.bursts <= buyers.keys()
    assert set(buyers.values()) == {1}
    if is_proof():
        assert max(waits) <= READY_S_MAX


def by_id(alerts: list[Json]) -> dict[str, tuple[Any, ...]]:
    members = ("order_ids", "rules", "severity", "score", "subject", "detected_at")
    return {alert["alert_id"]: tuple(alert[name] for name in members) for alert in alerts}
