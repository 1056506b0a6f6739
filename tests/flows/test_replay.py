"""Event files in, files of results out, by the code that serves live traffic."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from tests.flows.stories import BEIJING, LIBRARY, START_MS, Json, order_document

from orderguard.errors import BadInput
from orderguard.flows.replay import BadLine, Replay, Summary, read_labels, write_results
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, rfc3339
from orderguard.stores.memory import MemoryState

RESULTS = ("alerts.jsonl", "orders.jsonl", "responses.jsonl", "summary.json")
BURST, FAR = "velocity.same_item_burst", "address.far_from_usual"


def placed(order_id: str, buyer: str, minute: int, **members: Any) -> Json:
    at = START_MS + minute * MS_PER_MINUTE
    return {
        "id": f"evt_{order_id}",
        "type": "order.created",
        "occurred_at": rfc3339(at),
        "received_at": rfc3339(at + 250),
        "channel": "standard",
        "shop": "demo",
        "data": {"order": order_document(order_id, buyer, at, **members)},
    }


def day() -> list[Json]:
    """A burst of six, an order far from home two hours before the end, and honest ones."""
    events = [placed(f"burst-{number}", "hoarder", number) for number in range(6)]
    events += [placed(f"home-{number}", "traveller", 20 + number) for number in range(2)]
    events += [placed("away", "traveller", 30, ship_to=BEIJING)]
    events += [placed(f"plain-{number}", f"b{number}", 40 + number) for number in range(5)]
    return [*events, placed("last", "somebody", 150)]


def written(path: Path, events: list[Json]) -> Path:
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
    match path.suffix:
        case ".gz":
            path.write_bytes(gzip.compress(lines))
        case ".zst":
            path.write_bytes(zstandard.compress(lines))
        case ".parquet":
            rows = [{**one, "data": json.dumps(one["data"])} for one in events]
            pq.write_table(pa.Table.from_pylist(rows), path)
        case _:
            path.write_bytes(lines)
    return path


def replayed(
    out: Path, *paths: Path, strict: bool = False, labels: dict[str, bool] | None = None
) -> Summary:
    replay = Replay(LIBRARY, "standard", store=MemoryState(), strict=strict)
    replay.run(paths)
    return write_results(replay, out, seconds=1.0, labels=labels)


def rows(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def results(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in RESULTS}


def test_every_form_of_file_gives_the_same(tmp_path: Path) -> None:
    given = {}
    for suffix in ("jsonl", "jsonl.gz", "jsonl.zst", "parquet", "ndjson"):
        out = tmp_path / suffix
        assert replayed(out, written(tmp_path / f"day.{suffix}", day())).risk_orders == 7
        given[suffix] = results(out)
    assert all(one == given["jsonl"] for one in given.values())


def test_files_are_one_log_in_their_order(tmp_path: Path) -> None:
    events = day()
    whole = written(tmp_path / "whole.jsonl", events)
    halves = [
        written(tmp_path / "morning.jsonl", events[:7]),
        written(tmp_path / "evening.jsonl.gz", events[7:]),
    ]
    replayed(tmp_path / "a", whole)
    replayed(tmp_path / "b", *halves)
    assert results(tmp_path / "a") == results(tmp_path / "b")


def test_the_results_have_the_shapes_of_the_contract(tmp_path: Path) -> None:
    replayed(tmp_path / "out", written(tmp_path / "day.jsonl", day()))
    alerts = rows(tmp_path / "out" / "alerts.jsonl")
    burst, far = (alert for alert in alerts if alert["kind"] == "risk")
    assert set(burst) == {
        *("alert_id", "kind", "subject", "order_id", "order_ids", "channel", "shop", "rules"),
        *("hits", "severity", "score", "occurred_at", "detected_at", "updated_at", "playbook"),
    }
    burst_ids = [f"burst-{number}" for number in range(6)]
    assert burst["kind"] == "risk"
    assert burst["subject"] == {"type": "buyer", "key": "hoarder"}
    assert (burst["order_id"], burst["order_ids"]) == ("burst-4", burst_ids)
    assert (burst["severity"], burst["score"], burst["playbook"]) == ("high", 60, "high")
    assert burst["occurred_at"] == "2026-11-11T00:04:00.000+08:00"
    assert burst["detected_at"] == "2026-11-11T00:04:00.250+08:00"
    assert burst["updated_at"] == "2026-11-11T00:05:00.250+08:00"
    hit = burst["hits"][0]
    assert set(hit) == {"rule", "version", "order_id", "features", "normal", "explanation"}
    assert hit["features"] == {"buyer.same_product_orders_10m": 5}
    assert set(hit["explanation"]) == {"zh", "en"}
    assert far["rules"] == [FAR]

    orders = rows(tmp_path / "out" / "orders.jsonl")
    assert [order["order_id"] for order in orders] == [
        event["data"]["order"]["order_id"] for event in day()
    ]
    assert orders[0] == {
        "order_id": "burst-0",
        "channel": "standard",
        "shop": "demo",
        "status": "pending_payment",
        "risk_severity": "high",
        "health_severity": "low",
        "score": 60,
        "rules": ["lifecycle.payment_pending", BURST],
        "tags": ["payment_pending", "same_item_burst"],
        "held": True,
    }
    last = orders[-1]
    assert (last["risk_severity"], last["score"], last["held"]) == (None, 0, False)

    told = rows(tmp_path / "out" / "responses.jsonl")
    runs = [run for run in told if run["playbook"] != "refetch"]
    assert [run["alert_id"] for run in runs] == [burst["alert_id"], far["alert_id"]]
    assert set(runs[0]) == {"alert_id", "playbook", "version", "steps"}
    assert {tuple(step) for run in runs for step in run["steps"]} == {
        ("step", "action", "state", "due_at", "order_ids")
    }
    assert runs[0]["steps"][0]["order_ids"] == burst_ids

    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary == {
        "events": 15,
        "duplicates": 0,
        "rejected": 0,
        "orders": 15,
        "alerts": 11,
        "events_per_second": 15.0,
        "risk_orders": 7,
        "health_orders": 9,
        "cases": 1,
        "rules": {
            FAR: {"hits": 1, "orders": 1},
            "lifecycle.payment_pending": {"hits": 9, "orders": 9},
            BURST: {"hits": 2, "orders": 6},
        },
    }
    assert not (tmp_path / "out" / "rejected.jsonl").exists()


def test_a_replay_ends_at_the_last_receipt(tmp_path: Path) -> None:
    """A step due by then was taken, a later one waits."""
    events = day()
    due_at = START_MS + 30 * MS_PER_MINUTE + 250 + 2 * MS_PER_HOUR
    for last_at, state in ((due_at - 1, "waiting"), (due_at, "would_do")):
        events[-1]["received_at"] = rfc3339(last_at)
        events[-1]["occurred_at"] = rfc3339(last_at)
        replayed(tmp_path / state, written(tmp_path / "day.jsonl", events))
        runs = rows(tmp_path / state / "responses.jsonl")
        (low,) = (run for run in runs if run["playbook"] == "low")
        (unlock,) = (step for step in low["steps"] if step["step"] == "unlock")
        assert (unlock["state"], unlock["due_at"]) == (state, rfc3339(due_at))


def test_labels_tell_how_well_it_judged(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", day())
    labels = {f"burst-{number}": number < 5 for number in range(6)}
    labels |= {"away": False, "plain-0": True, "plain-1": False, "last": False, "unseen": True}
    summary = replayed(tmp_path / "out", path, labels=labels)
    assert summary.recognised == round(5 / 6, 6), "five of the burst, not plain-0"
    assert summary.honest_flagged == 0.5, "the sixth of the burst and the traveller, of four"
    assert summary.honest_medium == 0.25


def test_labels_are_read_with_members_beside(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"order_id": "1", "bad": true, "kind": "ring"}\n{"order_id":"2","bad":false}\n'
    )
    assert read_labels(path) == {"1": True, "2": False}
    path.write_text('{"order_id": "1", "bad": true}\n{"order_id": "2"}\n')
    with pytest.raises(BadInput, match=r"labels\.jsonl:2: no label"):
        read_labels(path)


def test_a_repeated_event_counts_once(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", [event for event in day() for _ in range(2)])
    summary = replayed(tmp_path / "twice", path)
    assert (summary.events, summary.duplicates) == (15, 15)
    other_shop = [{**event, "shop": "other"} for event in day()]
    summary = replayed(tmp_path / "shops", written(path, [*day(), *other_shop]))
    assert (summary.events, summary.duplicates, summary.risk_orders) == (30, 0, 14)


BAD_LINES = [
    b"{",
    b"[]",
    b"null",
    b'"\xff"',
    b'{"id": "1"}',
    b'{"id": "1", "type": "order.paid", "occurred_at": "yesterday", "data": {}}',
    b'{"id": "1", "type": "order.paid", "occurred_at": "2026-11-11T00:00:00", "data": {}}',
    b'{"id": "1", "type": "order.paid", "occurred_at": "2026-11-11T00:00:00Z", "data": {}}',
    b'{"id": "1", "type": "x", "occurred_at": "2026-11-11T00:00:00Z", "data": NaN}',
    b'{"id": "1", "type": "x", "occurred_at": "1931-01-01T00:00:00Z", "data": {}}',
    b'{"id": "1", "type": "x", "occurred_at": "9999-12-31T23:59:59Z", "data": {}}',
    b'{"id": "1", "type": "x", "occurred_at": "2026-11-11T00:00:00Z", "data": '
    + b"[" * 80
    + b"]" * 80
    + b"}",
]


def test_bad_lines_are_kept_with_their_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", day())
    clean = replayed(tmp_path / "clean", path)
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(b"\n".join([first, *BAD_LINES, b"", rest]))
    summary = replayed(tmp_path / "out", path)
    assert summary.rejected == len(BAD_LINES)
    assert summary.events == clean.events
    assert (tmp_path / "out" / "alerts.jsonl").read_bytes() == (
        tmp_path / "clean" / "alerts.jsonl"
    ).read_bytes()
    rejected = rows(tmp_path / "out" / "rejected.jsonl")
    assert [row["line"] for row in rejected] == list(range(2, 2 + len(BAD_LINES)))
    assert {row["file"] for row in rejected} == {"day.jsonl"}
    assert all(row["error"] for row in rejected)
    assert rejected[0]["text"] == "{"

    replayed(tmp_path / "out", written(path, day()))
    assert not (tmp_path / "out" / "rejected.jsonl").exists(), "those of the run before are gone"


def test_strictly_the_first_bad_line_ends_it(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", day())
    path.write_bytes(path.read_bytes() + b"{\n")
    with pytest.raises(BadLine, match=r"day\.jsonl:16: "):
        replayed(tmp_path / "out", path, strict=True)


@pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
def test_an_empty_file_has_empty_results(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.jsonl"
    path.write_bytes(content)
    summary = replayed(tmp_path / "out", path, labels={})
    assert (summary.events, summary.orders, summary.alerts, summary.rejected) == (0, 0, 0, 0)
    assert rows(tmp_path / "out" / "orders.jsonl") == []


@pytest.mark.parametrize("name", ["broken.jsonl.gz", "broken.jsonl.zst", "broken.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(BadInput, match=name):
        replayed(tmp_path / "out", tmp_path / name)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"day.jsonl.{suffix}", day())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="cannot be read"):
        replayed(tmp_path / "out", path)


def test_an_event_of_a_time_to_come_counts_when_it_is_received(tmp_path: Path) -> None:
    events = day()
    events[-1]["occurred_at"] = "9999-12-31T23:59:59.999Z"
    summary = replayed(tmp_path / "out", written(tmp_path / "day.jsonl", events))
    assert (summary.rejected, summary.orders) == (0, 15)
