"""`orderguard demo` as people run it: a sale to its end, and all the ways to end before."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.installation import COMMAND, HOST, Client, Sender, api_headers, event

from orderguard.app import Installation

ORDERS = 500
DISPLAYS = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}
BAD_SHARES = (0.13, 0.17)
SAID_S_MAX = 120.0
END_S_MAX = 30.0

Demo = subprocess.Popen[str]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@contextmanager
def demo(scratch: Path, *options: str, seconds_max: float = SAID_S_MAX) -> Iterator[Demo]:
    """A small demo in a session of its own, so that Ctrl-C can be sent to all of it.

    There is no display for a browser. After `seconds_max` it is ended.
    """
    command = [COMMAND, "demo", "--orders", str(ORDERS), "--lang", "en", *options]
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**environment, "TMPDIR": str(scratch)},
    ) as process:
        # With it ends the wait for the next line of who says nothing more.
        overdue = threading.Timer(seconds_max, end, (process,))
        overdue.start()
        try:
            yield process
        finally:
            overdue.cancel()
            end(process)


def end(process: Demo) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def interrupt(process: Demo) -> None:
    """Ctrl-C in a terminal: every process of the group hears it."""
    os.killpg(process.pid, signal.SIGINT)


def ended(process: Demo) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=END_S_MAX)
    return process.returncode, output, errors


def await_line(stream: Any, pattern: str) -> re.Match[str]:
    """The first line that matches; the test fails where the process ends before it says it."""
    limit = time.monotonic() + SAID_S_MAX
    said = []
    for line in stream:
        said.append(line)
        if found := re.search(pattern, line):
            return found
        assert time.monotonic() < limit, said
    raise AssertionError(said)


def left_to_do(installation: Installation, port: int) -> Counter[tuple[str, str]]:
    """The risk cases that nobody has, by inbox and severity."""
    with Client(port, api_headers(installation)) as client:
        waiting = client.get("/api/v1/inbox")["items"]
    free = [one for one in waiting if one["status"] == "open" and one["assignee"] is None]
    return Counter((one["inbox"], one["severity"]) for one in free if one["kind"] == "risk")


def test_the_figures_of_a_sale_and_a_server_that_stays(scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with demo(
        scratch, "--fast", "--stay", "--json", "--port", "0", "--data", str(folder)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        figures = json.loads(await_line(process.stdout, r"^\{.*\}$")[0])
        address = await_line(process.stderr, rf"(http://{HOST}:\d+) until Ctrl-C")[1]
        link = await_line(process.stderr, r"sign in once: http://[^/]+(/\S+)$")[1]
        assert left_to_do(Installation(folder), int(address.rpartition(":")[2])) == {
            ("risk", "high"): 4,
            ("service", "medium"): 4,
        }
        with Client(int(address.rpartition(":")[2])) as client:
            assert client.ask("GET", "/readyz").status == 200
            assert client.ask("GET", link).status == 303
        with Sender(int(address.rpartition(":")[2]), "flagship") as stranger:
            # Its secret is another, but its time is the server's: the clock runs as ours does.
            answer = stranger.send(event("mine", "buyer.registered", {}))
            assert answer.status == 401
            assert "webhook-signature" in answer.json["detail"]
        interrupt(process)
        status, output, errors = ended(process)
    assert (status, output) == (0, "")
    assert "Traceback" not in errors
    assert list(scratch.iterdir()) == []
    assert Installation(folder).log_end()[0] > figures["events"]
    # What is kept calls nobody: others may listen at those ports by now.
    assert Installation(folder).settings({}).respond.mode == "shadow"
    assert Installation(folder).connected({}) == {}

    assert figures["orders"] >= ORDERS
    assert figures["history_orders"] > 100
    assert BAD_SHARES[0] < figures["planted"] < BAD_SHARES[1]
    kinds = figures["recognised_by_kind"]
    bad = sum(kind["orders"] for kind in kinds.values())
    assert figures["planted"] == pytest.approx(bad / figures["orders"], abs=1e-6)
    recognised = sum(kind["recognised"] for kind in kinds.values())
    assert figures["recognised"] == pytest.approx(recognised / bad, abs=1e-6)
    assert figures["recognised"] > 0.8
    attack = figures["attack"]
    assert {name: attack[name] for name in ("orders", "seen", "held", "units")} == {
        "orders": 47,
        "seen": 47,
        "held": 47,
        "units": 3_000,
    }
    assert kinds["script_attack"] == {"orders": 47, "recognised": 47, "held": 47}
    assert 1 < attack["held_from_order"] <= 47
    assert attack["challenge"] == "done"
    assert attack["first_challenged"] <= 4, "three orders of the script were accepted"
    assert attack["challenged"] >= 40
    honest = figures["honest_by_kind"].values()
    assert bad + sum(kind["orders"] for kind in honest) == figures["orders"]
    flagged = sum(kind["flagged"] for kind in honest)
    assert figures["honest_flagged"] == pytest.approx(flagged / figures["honest_orders"], abs=1e-6)
    people, actions = figures["people"], figures["actions"]
    assert 0 < people["decided"] <= people["opened"] < figures["orders"]
    assert people["labelled"] > 47, "the loop turns"
    assert sum(people["by_disposition"].values()) == people["decided"]
    assert people["order_to_decision_s"]["p50"] > 0
    assert actions["messages"]["sms"] > 0
    assert actions["messages"]["meeting"] > 0
    assert actions["held"] >= 47
    assert figures["screen"]["asked"] >= 47
    assert 0 < float(figures["bad_money"]["held"]) <= float(figures["bad_money"]["total"])
    for times in (figures["ack_ms"], figures["event_to_alert_ms"], figures["event_to_action_ms"]):
        assert 0 < times["p50"] <= times["p99"]


def test_a_fast_sale_ends_by_itself_with_the_table_of_results(scratch: Path) -> None:
    with demo(scratch, "--fast", "--no-browser", "--port", "0") as process:
        output, errors = process.communicate(timeout=SAID_S_MAX)
    assert (process.returncode, errors) == (0, "")
    last_table = output[output.rindex("┏") :]
    assert re.search(r"^│ recognised +│ 57 % +│ 96 % +│ \d+\.\d% ", last_table, re.MULTILINE)
    assert "47 of 47; first hold at order" in output
    assert list(scratch.iterdir()) == []


def test_ctrl_c_in_the_middle_ends_it_at_once_and_cleanly(scratch: Path) -> None:
    with demo(scratch, "--port", "0") as process:
        link = await_line(process.stdout, r"^No browser could be opened here\. Open (\S+)$")[1]
        assert link.startswith(f"http://{HOST}:")
        await_line(process.stdout, r"^(history of 30 days|flash sale)")
        assert list(scratch.iterdir())
        interrupt(process)
        status, _, errors = ended(process)
    assert (status, errors) == (130, "")
    assert list(scratch.iterdir()) == []


def test_ctrl_c_while_it_starts_ends_it_cleanly_too(scratch: Path) -> None:
    with demo(scratch, "--port", "0") as process:
        await_line(process.stdout, r"^starting")
        interrupt(process)
        status, _, errors = ended(process)
    assert (status, errors) == (130, "")
    assert list(scratch.iterdir()) == []


def test_a_port_that_is_taken_is_named_with_the_way_out(scratch: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with demo(scratch, "--port", str(port)) as process:
            status, _, errors = ended(process)
    assert status == 2
    assert errors.count("\n") == 1
    assert f"Cannot listen on {HOST}:{port}" in errors
    assert "--port" in errors
    assert list(scratch.iterdir()) == []


def test_a_folder_that_is_in_use_is_not_touched(scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    Installation(folder).create("micro")
    before = sorted(path.name for path in folder.iterdir())
    with demo(scratch, "--data", str(folder)) as process:
        status, _, errors = ended(process)
    assert status == 2
    assert "is an installation already" in errors
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_server_that_dies_ends_it_with_a_word(scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with demo(scratch, "--port", "0", "--data", str(folder)) as process:
        await_line(process.stdout, r"^(history of 30 days|flash sale)")
        server = Installation(folder).server_process()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        status, _, errors = ended(process)
    assert status == 1
    assert re.fullmatch(r"orderguard: The server ended with status -9\.\n", errors)
    assert list(scratch.iterdir()) == []


def test_no_process_outlives_a_demo_that_is_killed(scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with demo(scratch, "--port", "0", "--data", str(folder)) as process:
        await_line(process.stdout, r"^(history of 30 days|flash sale)")
        server = Installation(folder).server_process()
        assert server is not None
        process.kill()
        process.wait(END_S_MAX)
        limit = time.monotonic() + END_S_MAX
        while Installation(folder).server_process() is not None:
            assert time.monotonic() < limit
            time.sleep(0.05)
