"""A server killed at any moment while it responds: nothing is missing, nothing is done twice.

One provider knows our keys, another takes every call for a new one. Both count what took effect.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.actions.merchant import Merchant, system
from tests.flows.stories import differences, everything
from tests.scenarios.installation import (
    Sender,
    Server,
    Unanswered,
    burst,
    entries_of,
    installed,
    is_proof,
)

from orderguard.app import Installation
from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.ports import Outcome
from orderguard.flows.fold import Fold
from orderguard.responses import Portion, PortionState, Run, RunStep
from orderguard.stores.memory import MemoryState

RESPONSES, KILLS = (1_000, 200) if is_proof() else (50, 10)
SENDERS = 4
ALL_DONE_S_MAX = 60.0

log = logging.getLogger(__name__)


def acting(folder: Path, knowing: Merchant, forgetful: Merchant) -> Installation:
    """In live mode, with a hold at one provider and a tag at the other."""
    installation = installed(folder, "demo")
    settings = folder / "orderguard.toml"
    text = settings.read_text().replace('mode = "shadow"', 'mode = "live"')
    for name, merchant, knows in (
        ("hold_shipment", knowing, "true"),
        ("remark_order", forgetful, "false"),
    ):
        text += f'\n[actions.{name}]\nurl = "{merchant.url}"\nknows_ids = {knows}\n'
        text += f'secret = "{merchant.settings.secret}"\n'
    settings.write_text(text)
    high = installation.library_folder / "playbooks" / "high.yaml"
    high.write_text(high.read_text() + "  - {step: mark, action: remark_order}\n")
    return installation


class Crowd:
    """Each thread tells its bursts, every event until it is taken."""

    def __init__(self, port: int) -> None:
        self.faults: list[str] = []
        self.told = 0
        self._port, self._numbers = port, iter(range(RESPONSES))
        self._lock = threading.Lock()
        self.pace = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for _ in range(RESPONSES + SENDERS):
            self.pace.release()
        for thread in self._threads:
            thread.join(ALL_DONE_S_MAX)
            assert not thread.is_alive(), "a sender hangs"

    def _work(self) -> None:
        try:
            with Sender(self._port) as sender:
                while True:
                    self.pace.acquire()
                    with self._lock:
                        number = next(self._numbers, None)
                    if number is None:
                        return
                    self._tell(sender, f"hoarder{number}")
                    with self._lock:
                        self.told += 1
        except Exception as fault:  # noqa: BLE001 - a sender that dies unseen would prove less.
            self.faults.append(repr(fault))

    def _tell(self, sender: Sender, buyer: str) -> None:
        events = burst(buyer)
        while True:
            try:
                answer = sender.send(events)
                if answer.status == 202:
                    return
                assert answer.status == 503, (answer.status, answer.body)
            except Unanswered:
                pass
            time.sleep(0.05)


@contextmanager
def killing(server: Server, crowd: Crowd, rng: random.Random) -> Iterator[None]:
    """Kill and start again and again while the crowd tells its bursts bit by bit."""
    for kill in range(KILLS):
        for _ in range(RESPONSES * (kill + 1) // KILLS - RESPONSES * kill // KILLS):
            crowd.pace.release()
        # Mostly amid the calls of what was just told, sometimes amid the start after that.
        time.sleep(rng.uniform(0.0, 0.35))
        server.kill()
        if rng.random() < 0.2:
            server.launch()
            time.sleep(rng.uniform(0.05, 1.5))
            server.kill()
        server.start()
    crowd.end()
    yield


def folded(installation: Installation) -> Fold:
    fold = Fold(MemoryState())
    for offset, entry in enumerate(entries_of(installation), 1):
        fold.apply(offset, entry)
    return fold


def runs_of(fold: Fold) -> list[Run]:
    fold.save()
    store = fold.tables.store
    runs = (fold.tables.runs.get(row.alert.alert_id) for row in store.alerts_changed((0, 0), 10**6))
    return [run for run in runs if run is not None]


def portions(runs: list[Run], action: str) -> list[tuple[RunStep, Portion]]:
    return [(s, p) for run in runs for s in run.steps if s.action == action for p in s.portions]


def wait_until_all_is_done(installation: Installation) -> None:
    """Until the log has an end for every doing that it speaks of, and for all told bursts."""
    limit = time.monotonic() + ALL_DONE_S_MAX
    while time.monotonic() < limit:
        time.sleep(0.5)
        receipts = [e for e in entries_of(installation) if isinstance(e, ResponseReceipt)]
        ended = Counter(e.step for e in receipts if e.outcome in set(Outcome))
        if min(ended["hold"], ended["mark"]) >= RESPONSES and not any(
            run.unsent for run in runs_of(folded(installation))
        ):
            return
    raise AssertionError(f"not all is done: {ended}")


def test_a_killed_server_leaves_no_response_out_and_does_none_twice(tmp_path: Path) -> None:
    with system() as knowing, system(is_idempotent=False) as forgetful:
        knowing.delay_s_max = forgetful.delay_s_max = 0.03
        installation = acting(tmp_path / "data", knowing, forgetful)
        with Server(installation.folder) as server:
            server.start()
            crowd = Crowd(server.port)
            crowd.start()
            with killing(server, crowd, random.Random(4)):
                assert crowd.faults == []
                wait_until_all_is_done(installation)
            assert server.stop() == 0
    assert knowing.unsigned == forgetful.unsigned == 0

    fold = folded(installation)
    runs = runs_of(fold)
    holds = portions(runs, "hold_shipment")
    assert len(runs) == RESPONSES
    assert {portion.outcome for _, portion in holds} == {Outcome.DONE}
    assert knowing.effects == {portion.key: 1 for _, portion in holds}, "none missing, none double"
    for step, portion in holds:
        asked = [order["order_id"] for order in knowing.bodies[portion.key]["orders"]]
        assert asked == [key.order_id for key in step.orders[portion.first : portion.end]]
    held = Counter(key for step, p in holds for key in step.orders[p.first : p.end])
    assert set(held.values()) == {1}
    assert len(held) == 5 * RESPONSES

    marks = portions(runs, "remark_order")
    maybe = [portion for _, portion in marks if portion.outcome is Outcome.MAYBE_DONE]
    certain = {portion.key for _, portion in marks if portion.outcome is Outcome.DONE}
    assert {portion.state for _, portion in marks} == {PortionState.ENDED}
    assert len(maybe) + len(certain) == len(marks)
    assert set(forgetful.effects.values()) == {1}, "never twice"
    assert certain <= forgetful.effects.keys()
    done = sum(portion.key in forgetful.effects for portion in maybe)
    calls = len(knowing.calls) - len(knowing.effects)
    log.info("%d calls repeated, %d maybe done, %d of them done", calls, len(maybe), done)
    if is_proof():
        assert maybe, "so many kills meet some calls under way"
        assert calls

    with closing(installation.open_state()) as state:
        survivor = Fold(state)
        fold.advance(survivor.clock_ms)
        assert differences(everything(survivor), everything(fold)) == []
