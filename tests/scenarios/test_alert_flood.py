"""Very many alerts within a minute: each run begins and ends, the group reads few messages.

How long it may take is measured by bench/alert_flood.py; here is what must be true at any speed.
"""

import json
import re
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.scenarios.acting import acts
from tests.scenarios.installation import Sender, burst, entries_of, installed, is_proof, serving
from tests.scenarios.test_kill9_responses import folded, portions, runs_of

from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.ports import Outcome
from orderguard.responses import StepState
from orderguard.simulate.providers.meeting import Group
from orderguard.simulate.providers.merchant import Merchant
from orderguard.simulate.providers.notify import MESSAGES_A_MINUTE_MAX, DingTalk

ALERTS, SECONDS = (3_000, 60.0) if is_proof() else (150, 3.0)
ALL_DONE_S_MAX = 120.0
STEPS = {"hold": "hold_shipment", "meeting": "meeting", "tell": "notify"}


def alerts_told(messages: list[str]) -> int:
    """How many alerts the messages are about: one that is about several says of how many."""
    counts = [re.search(r"^(\d+) 条预警$", text, re.MULTILINE) for text in messages]
    return sum(int(count[1]) if count else 1 for count in counts)


def flood(port: int) -> None:
    """A burst of five orders for each alert, evenly over the time."""
    began = time.monotonic()
    with Sender(port) as sender:
        for number in range(ALERTS):
            time.sleep(max(0.0, began + SECONDS * number / ALERTS - time.monotonic()))
            sender.tell(*burst(f"hoarder{number}"))


def test_a_flood_of_alerts_is_answered_whole_by_few_messages(tmp_path: Path) -> None:
    with closing(Merchant()) as merchant, closing(Group()) as group, closing(DingTalk()) as robot:
        providers = {"hold_shipment": merchant, "meeting": group, "notify": robot}
        installation = installed(tmp_path / "data", "demo")
        tables = {name: provider.connection() for name, provider in providers.items()}
        acts(installation, tables, "{step: tell, action: notify}")
        with serving(installation) as server:
            flood(server.port)
            limit = time.monotonic() + ALL_DONE_S_MAX
            ended = Counter[str]()
            while min(ended[step] for step in STEPS) < ALERTS:
                assert time.monotonic() < limit, ended
                time.sleep(1.0)
                receipts = (e for e in entries_of(installation) if isinstance(e, ResponseReceipt))
                ended = Counter(one.step for one in receipts if one.outcome in set(Outcome))
            assert server.stop() == 0

    runs = runs_of(folded(installation))
    assert len(runs) == ALERTS
    for step, action in STEPS.items():
        found = portions(runs, action)
        assert {(one.step, one.state) for one, _ in found} == {(step, StepState.DONE)}
        assert [portion.outcome for _, portion in found] == [Outcome.DONE] * ALERTS, step
    keys = {portion.key for _, portion in portions(runs, "hold_shipment")}
    assert Counter(merchant.effects) == dict.fromkeys(keys, 1), "none missing, none double"
    held = [order["order_id"] for one in merchant.asked for order in json.loads(one.body)["orders"]]
    assert len(held) == len(set(held)) == 5 * ALERTS
    for told in (group, robot):
        assert alerts_told(told.effects) == ALERTS
        assert len(told.asked) == len(told.effects), "the robot never had to say: too fast"
        assert len(told.effects) <= MESSAGES_A_MINUTE_MAX * (1 + SECONDS / 60)
