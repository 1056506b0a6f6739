"""Situations told in a few lines of JSON, and what the packaged library says of them.

`common` are members of every order, `order` those of one; `bare` is a document without the common
members. `known` is when we heard of it, where that was later than `at`.
"""

import json
from pathlib import Path
from typing import Any

from orderguard.app import PACKAGED_LIBRARY, read_library
from orderguard.flows.replay import Replay, write_results
from orderguard.stores.memory import MemoryState

FIXTURES = Path(__file__).parent / "fixtures"
LIBRARY = read_library(PACKAGED_LIBRARY)

Json = dict[str, Any]


class Situation:
    def __init__(self, name: str) -> None:
        self.name = name
        told = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
        self.alerts: list[Json] = told["alerts"]
        self.events = [
            _canonical(number, event, told["common"])
            for number, event in enumerate(told["events"], 1)
        ]


def _canonical(number: int, event: Json, common: Json) -> Json:
    """The event as `replay` reads it; a document is as new as its event."""
    data = event.get("data")
    if data is None:
        order = event.get("bare") or {"created_at": event["at"], **common, **event["order"]}
        data = {"order": {"updated_at": event["at"], **order}}
    return {
        "id": event.get("id", f"evt_{number}"),
        "type": event["type"],
        "occurred_at": event["at"],
        "received_at": event.get("known", event["at"]),
        "data": data,
    }


def situations() -> list[str]:
    return sorted(path.stem for path in FIXTURES.glob("*.json"))


class Results:
    """What `orderguard replay` writes, read back."""

    def __init__(self, folder: Path) -> None:
        self.alerts = _rows(folder / "alerts.jsonl")
        self.orders = {row["order_id"]: row for row in _rows(folder / "orders.jsonl")}
        self.responses = {row["alert_id"]: row for row in _rows(folder / "responses.jsonl")}
        self.summary: Json = json.loads((folder / "summary.json").read_text("utf-8"))


def _rows(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def replayed(events: list[Json], folder: Path) -> Results:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    replay = Replay(LIBRARY, "standard", store=MemoryState(), strict=True)
    replay.run([file])
    write_results(replay, folder / "out", seconds=1.0)
    assert replay.fold.tables.progress.faults == 0
    return Results(folder / "out")
