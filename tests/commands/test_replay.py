import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.commands.conftest import Command

from orderguard.simulate.sale import main as make_sale

COMMAND = str(Path(sys.executable).with_name("orderguard"))
RESULTS = ("alerts.jsonl", "orders.jsonl", "responses.jsonl")


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the events and the labels of a small sale."""
    folder = tmp_path_factory.mktemp("sale")
    make_sale(["--seed", "5", "--orders", "250", "--out", str(folder)])
    return folder


def summary_of(out: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((out / "summary.json").read_bytes())
    return summary


def test_results_do_not_depend_on_the_machine(sale: Path, tmp_path: Path) -> None:
    found = []
    for seed, zone, place in (("1", "UTC", "here"), ("2", "America/New_York", "elsewhere")):
        folder = tmp_path / place
        folder.mkdir()
        command = [COMMAND, "replay", str(sale / "events.jsonl"), "--out", "out"]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        found.append({name: (folder / "out" / name).read_bytes() for name in RESULTS})
        summary = summary_of(folder / "out")
        del summary["events_per_second"]
        found[-1]["summary.json"] = json.dumps(summary).encode()
    assert found[0] == found[1]
    assert all(found[0].values())


def test_what_was_found_is_told(og: Command, sale: Path, tmp_path: Path) -> None:
    arguments = ("replay", str(sale / "events.jsonl"), "--labels", str(sale / "labels.jsonl"))
    told = og(*arguments, "--out", str(tmp_path / "a")).stdout
    summary = summary_of(tmp_path / "a")
    assert 0 < summary["recognised"] <= 1
    assert 0 <= summary["honest_medium"] <= summary["honest_flagged"] < summary["recognised"]
    assert "recognised" in told
    assert f"{summary['risk_orders']:,}" in told
    assert "payment.shared_account" in told

    printed = json.loads(og(*arguments, "--out", str(tmp_path / "b"), "--json").stdout)
    del printed["events_per_second"], summary["events_per_second"]
    assert printed == summary


def test_a_preset_chooses_the_rules(og: Command, sale: Path, tmp_path: Path) -> None:
    events, out = str(sale / "events.jsonl"), str(tmp_path / "out")
    og("replay", events, "--out", out, "--preset", "micro")
    assert summary_of(tmp_path / "out")["rules"].keys() <= {
        "velocity.same_item_burst",
        "address.far_from_usual",
    }
    told = og("replay", events, "--out", out, "--preset", "gigantic", status=2).stderr
    assert "gigantic" in told


def test_a_library_of_ones_own_judges(
    og: Command, folder: Path, sale: Path, tmp_path: Path
) -> None:
    rule = folder / "library" / "velocity" / "same_item_burst.yaml"
    rule.write_text(rule.read_text("utf-8").replace("orders_10m >= 5", "orders_10m >= 1"), "utf-8")
    arguments = ("replay", str(sale / "events.jsonl"), "--out", str(tmp_path / "out"))
    og(*arguments, "--library", str(folder / "library"))
    summary = summary_of(tmp_path / "out")
    assert summary["risk_orders"] == summary["orders"]

    rule.write_text("id: velocity.same_item_burst", "utf-8")
    told = og(*arguments, "--library", str(folder / "library"), status=2).stderr
    assert "velocity/same_item_burst.yaml:1" in told
    told = og(*arguments, "--library", str(tmp_path / "nowhere"), status=2).stderr
    assert "nowhere" in told


def test_bad_lines_are_told_and_do_not_stop_it(og: Command, sale: Path, tmp_path: Path) -> None:
    lines = (sale / "events.jsonl").read_bytes().splitlines(keepends=True)[:20]
    path, out = tmp_path / "some.jsonl", tmp_path / "out"
    path.write_bytes(b"".join([*lines[:9], b"{\n", *lines[9:], b"oops\n"]))
    told = og("replay", str(path), "--out", str(out), status=1).stderr
    assert "2 bad lines, the first some.jsonl:10:" in told
    assert str(out / "rejected.jsonl") in told
    rejected = [json.loads(line) for line in (out / "rejected.jsonl").read_bytes().splitlines()]
    assert [row["line"] for row in rejected] == [10, 22]
    assert summary_of(out)["rejected"] == 2

    told = og("replay", str(path), "--out", str(out), "--strict", status=2).stderr
    assert f"{path}:10: Not a canonical event" in told


def test_what_cannot_be_read_is_named(og: Command, sale: Path, tmp_path: Path) -> None:
    events, out = str(sale / "events.jsonl"), ("--out", str(tmp_path / "out"))
    assert "nowhere.jsonl" in og("replay", "nowhere.jsonl", *out, status=2).stderr
    unknown = tmp_path / "events.csv"
    unknown.touch()
    assert "events.csv: unknown kind" in og("replay", str(unknown), *out, status=2).stderr
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"order_id": 7}\n')
    told = og("replay", events, "--labels", str(labels), *out, status=2).stderr
    assert f"{labels}:1: no label" in told
    assert "--out" in og("replay", events, status=2).stderr
    assert "EVENTS" in og("replay", *out, status=2).stderr
    occupied = tmp_path / "occupied"
    occupied.touch()
    assert "occupied" in og("replay", events, "--out", str(occupied), status=2).stderr
