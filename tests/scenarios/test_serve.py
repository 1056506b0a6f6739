"""How a server starts, follows commands, and ends: a real process, real files, real HTTP."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.scenarios.installation import (
    END_S_MAX,
    HOST,
    SECRET,
    Client,
    Json,
    Sender,
    Server,
    Unanswered,
    api_headers,
    burst,
    entries_of,
    installed,
    placed,
    serve,
    serving,
)

from orderguard.app import Installation
from orderguard.cli import main
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Draft
from orderguard.domain.record import encode_event
from orderguard.domain.wire import decode_event
from orderguard.flows.protect import protect
from orderguard.kit.ids import digest16

FOLLOWS_S_MAX = 1.0
LOGGED = 6_000
"""Entries that a start has to fold: enough for somebody to call before it is ready."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return installed(tmp_path_factory.mktemp("shop") / "data", "demo")


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    with serving(installation) as server:
        yield server


@pytest.fixture(scope="module")
def api(installation: Installation, server: Server) -> Iterator[Client]:
    with Client(server.port, api_headers(installation)) as client:
        yield client


def og(*arguments: str) -> str:
    """What a command prints; it must end well."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    limit = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def status(server: Server, path: str) -> int:
    with Client(server.port) as client:
        return client.ask("GET", path).status


# A running server -------------------------------------------------------------------------------


def test_it_says_when_it_is_ready(server: Server) -> None:
    lines = server.said.splitlines()
    (said,) = (line for line in lines if line.startswith("orderguard ready"))
    assert said == f"orderguard ready http://{HOST}:{server.port}"
    assert status(server, "/readyz") == 200


def test_a_port_that_is_taken_is_refused(server: Server, tmp_path: Path) -> None:
    other = installed(tmp_path / "data")
    refused = serve(other.folder, server.port)
    assert refused.returncode == 2
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"orderguard: Cannot listen on {HOST}:{server.port}: ")
    assert "--port" in line


def test_a_second_server_on_the_folder_is_refused(server: Server) -> None:
    refused = serve(server.folder, 0)
    assert refused.returncode == 2
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert f"Process {server.pid} already serves {server.folder}" in line
    assert status(server, "/readyz") == 200


def test_a_shop_is_served_within_a_second_of_its_command(server: Server) -> None:
    with Sender(server.port, "late") as sender:
        assert sender.send(placed("L1", "li")).status == 404
        data = ("--data", str(server.folder))
        said = og("shop", "add", "late", "--channel", "standard", "--secret", SECRET, *data)
        assert "/webhooks/standard/late" in said
        assert within(FOLLOWS_S_MAX, lambda: sender.send(placed("L1", "li")).status == 202)


def test_a_listing_judges_within_a_second_of_its_command(server: Server, api: Client) -> None:
    data = ("--data", str(server.folder))
    og("list", "add", "block", "device", "phone-of-crook", *data)
    assert within(FOLLOWS_S_MAX, lambda: bool(api.get("/api/v1/lists", kind="device")["items"]))
    with Sender(server.port) as sender:
        sender.tell(placed("C1", "crook"))
        assert api.order("C1")["risk_severity"] == "high"
        og("list", "remove", "block", "device", "phone-of-crook", *data)
        assert within(FOLLOWS_S_MAX, lambda: not api.get("/api/v1/lists", kind="device")["items"])
        sender.tell(placed("C2", "crook"))
        assert api.order("C2")["risk_severity"] is None


def test_an_order_stands_there_once_its_event_is_acknowledged(server: Server, api: Client) -> None:
    with Sender(server.port) as sender:
        for number in range(20):
            order_id = f"fresh-{number}"
            sender.tell({**placed(order_id, "li"), "data": {"order": {"order_id": order_id}}})
            (row,) = api.order(order_id)["timeline"]
            assert row["event_id"] == f"{order_id}.placed"


# Signing in and listening -----------------------------------------------------------------------


class Stream:
    """Server-sent events, read as they come."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=END_S_MAX)
        self._connection.request("GET", "/api/v1/stream", headers=headers)
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        assert self._response.headers["content-type"].startswith("text/event-stream")
        assert self._line() == ": open"

    def next(self) -> tuple[str, Json]:
        """The next alert's place and data; comments and other events are passed over."""
        while (found := self._event()).get("event") != "alert":
            assert found.get("event") == "case" or "id" not in found, "a place to resume after"
        return found["id"], json.loads(found["data"])

    def health(self) -> Json:
        """The next health; alerts are passed over."""
        while (found := self._event()).get("event") != "health":
            pass
        health: Json = json.loads(found["data"])
        return health

    def _event(self) -> dict[str, str]:
        """Everything up to the next empty line."""
        found: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(": ")
            found[name] = value
        return found

    def _line(self) -> str:
        line = self._response.readline()
        assert line, "the stream goes on"
        return line.decode().rstrip("\n")

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def test_a_sign_in_link_works_once_and_its_session_hears_alerts(server: Server) -> None:
    link = server.sign_in_link
    with Client(server.port) as browser:
        welcome = browser.ask("GET", link)
        assert welcome.status == 303
        cookie = welcome.headers["set-cookie"]
        assert "httponly" in cookie.lower()
        assert browser.ask("GET", link).status == 401

    headers = {"cookie": cookie.partition(";")[0]}
    with Sender(server.port) as sender:
        with closing(Stream(server.port, headers)) as stream:
            sender.tell(*burst("heard"))
            place, alert = stream.next()
            assert alert["subject"] == {"type": "buyer", "key": "heard"}
            sender.tell(placed("heard-6", "heard", sku="for-heard"))
            grown_place, grown = stream.next()
            assert grown["alert_id"] == alert["alert_id"]
            assert len(grown["order_ids"]) == 6
        sender.tell(*burst("missed"))
    for last, subjects in ((place, ["heard", "missed"]), (grown_place, ["missed"])):
        with closing(Stream(server.port, {**headers, "last-event-id": last})) as stream:
            assert [stream.next()[1]["subject"]["key"] for _ in subjects] == subjects


def test_the_health_of_the_shop_is_told_to_who_listens(server: Server, api: Client) -> None:
    with closing(Stream(server.port, api.headers)) as stream, Sender(server.port) as sender:
        before = stream.health()
        sender.tell(*burst("ailing"))
        while (after := stream.health())["orders"] == before["orders"]:
            assert after["state"] == before["state"]
        assert after["orders"] == before["orders"] + 5
        assert after["held_orders"] == before["held_orders"] + 5
        assert after["recent_alerts"]["risk"]["high"] == before["recent_alerts"]["risk"]["high"] + 1
        assert after["state"] == "attention"
        (shop,) = [one for one in after["shops"] if one["shop"] == "demo"]
        assert sum(shop["orders_per_minute"]) >= 5
        assert shop["last_event_at"] <= after["as_of"]
        assert shop["source_lag_ms_p50"] >= 0
        assert after["server"]["ack_ms_p99"] >= after["server"]["ack_ms_p50"] > 0
        assert after["server"]["event_to_alert_ms_p50"] > 0


# Starting ---------------------------------------------------------------------------------------


def log_of(installation: Installation, events: list[Json]) -> None:
    """Leave events in a log that nobody has folded yet."""
    keyring = installation.keyring()
    drafts = []
    for document in events:
        raw = json.dumps(document).encode()
        wire = decode_event(raw)
        taken = protect(wire.event, channel="standard", shop="demo", received_ms=1, tokens=keyring)
        digest = digest16("standard", "demo", taken.id)
        drafts.append(Draft(1, encode_event(taken, raw, keyring), digest))
    with closing(installation.open_log()) as log:
        log.append(drafts)


@pytest.fixture
def behind(tmp_path: Path) -> Installation:
    """An installation whose log holds more than its state."""
    installation = installed(tmp_path / "data", "demo")
    events = [placed(f"o{number}", f"b{number % 500}") for number in range(LOGGED)]
    log_of(installation, events)
    return installation


def test_until_the_log_is_folded_callers_are_asked_to_come_back(behind: Installation) -> None:
    headers = api_headers(behind)
    with ExitStack() as stack:
        server = stack.enter_context(Server(behind.folder))
        server.launch()
        sender = stack.enter_context(Sender(server.port))
        api = stack.enter_context(Client(server.port, headers))
        refusals = []
        new = placed("new", "li")
        while (answer := first_answer(lambda: sender.send(new))).status != 202:
            refusals.append(answer)
            refusals.append(api.ask("GET", "/api/v1/alerts"))
            refusals.append(api.ask("GET", "/readyz"))
        server.await_ready()
        assert len(refusals) >= 3
        early = [one for one in refusals if one.status != 200]
        assert {one.status for one in early} == {503}
        assert all(int(one.headers["retry-after"]) > 0 for one in early)
        assert api.order("o1")["timeline"]
        assert api.order("new")["timeline"]


def first_answer(ask: Callable[[], Any]) -> Any:
    """Ask again until the server listens."""
    limit = time.monotonic() + END_S_MAX
    while True:
        try:
            return ask()
        except Unanswered:
            assert time.monotonic() < limit
            time.sleep(0.02)


def test_a_server_may_be_ended_while_it_starts(behind: Installation) -> None:
    with Server(behind.folder) as server:
        server.launch()
        assert first_answer(lambda: status(server, "/healthz")) == 200
        assert server.stop() == 0, server.said
        assert "Traceback" not in server.said
        server.start()


def test_a_library_that_does_not_pass_its_checks_is_refused(tmp_path: Path) -> None:
    installation = installed(tmp_path / "data")
    rule = installation.library_folder / "velocity" / "same_item_burst.yaml"
    rule.write_text(rule.read_text("utf-8").replace(">= 5", ">= five"), "utf-8")
    refused = serve(installation.folder, 0)
    assert refused.returncode == 2
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("orderguard: ")]
    assert "velocity/same_item_burst.yaml:" in line
    assert "Traceback" not in refused.stderr
    assert entries_of(installation) == []


# Ending -----------------------------------------------------------------------------------------


def test_a_server_told_to_end_finishes_what_it_acknowledged(tmp_path: Path) -> None:
    installation = installed(tmp_path / "data", "demo")
    acknowledged: list[str] = []

    def send_until_it_ends(number: int, port: int) -> None:
        with Sender(port) as sender:
            for serial in range(100_000):
                one = placed(f"o{number}-{serial}", f"b{number}")
                try:
                    answer = sender.send(one)
                except Unanswered:
                    return
                if answer.status == 202:
                    acknowledged.append(one["id"])

    with serving(installation) as server:
        headers = api_headers(installation)
        stream = Stream(server.port, headers)
        threads = [
            threading.Thread(target=send_until_it_ends, args=(number, server.port), daemon=True)
            for number in range(6)
        ]
        for thread in threads:
            thread.start()
        assert within(END_S_MAX, lambda: len(acknowledged) > 100)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 4, "it does not wait for who only listens"
        stream.close()
        for thread in threads:
            thread.join(END_S_MAX)
    assert "Traceback" not in server.said
    kept = [one.id for one in entries_of(installation) if isinstance(one, OrderEvent)]
    assert set(acknowledged) <= set(kept)
    assert installation.state_cursor() == installation.log_end()[0], "all of it is saved"


def test_an_interrupt_ends_it_as_well(tmp_path: Path) -> None:
    installation = installed(tmp_path / "data")
    with serving(installation) as server:
        assert server.process is not None
        server.process.send_signal(2)
        assert server.process.wait(END_S_MAX) == 0
    with closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, server.port))
