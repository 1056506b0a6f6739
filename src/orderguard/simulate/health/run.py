"""A history through the code that serves live traffic, and what it found."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from orderguard.domain.entries import Entry
from orderguard.domain.ports import AlertQuery, StateStore
from orderguard.flows.present import order_json
from orderguard.flows.replay import Replay, orders_of
from orderguard.simulate.health.history import History, write_history
from orderguard.simulate.health.score import Judge, Said, Score

PRESET = "standard"
ALERTS_MAX = 2**31


class NotedReplay(Replay):
    """A replay that is also told what people write into the log."""

    def note(self, entry: Entry) -> None:
        self._offset += 1
        self.fold.apply(self._offset, entry)


def judge(history: History, library: Mapping[str, str], store: StateStore) -> Score:
    """Replay a history under the preset standard and score it.

    Every event has to be folded: one that was not counts as a fault of the run.
    """
    replay = NotedReplay(library, PRESET, store=store, strict=True)
    replay.note(history.campaign)
    with TemporaryDirectory() as folder:
        write_history(history, Path(folder))
        replay.run([Path(folder) / "events.jsonl"])
    assert not replay.fold.tables.progress.faults, "every event is judged"
    told = {record.state.key: order_json(record) for record in orders_of(replay.fold)}
    orders = {key: Said(order["tags"], order["rules"]) for key, order in told.items()}
    alerts = replay.fold.tables.store.alerts(AlertQuery(limit=ALERTS_MAX))
    return Judge(history.faults, rules_of(library)).score(alerts, orders, history.healthy)


def rules_of(library: Mapping[str, str]) -> frozenset[str]:
    """The rules that a library's text has, by the names of their files."""
    names = (Path(name) for name in library)
    return frozenset(f"{name.parent.name}.{name.stem}" for name in names if name.suffix == ".yaml")
