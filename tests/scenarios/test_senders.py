"""Senders that do something wrong, as `doctor` and `shop list` tell of them: a real server."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.scenarios.installation import (
    SECRET,
    Client,
    Json,
    Server,
    installed,
    placed,
    serving,
)

from orderguard.channels.standard.signer import sign
from orderguard.cli import main
from orderguard.commands.doctor.machine import is_synchronised
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, SystemClock

ANOTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
OFTEN = "ORDERGUARD_STATE_CHECKPOINT_S"
TOLD_S_MAX = 10.0
CALLS = 4
SHOPS = ("mended", "visited", "unsigned", "behind", "ahead", "late", "future", "silent")

Told = dict[str, str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for many shops: what is wrong with one is nothing to the others."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(OFTEN, "0.1")
        folder = tmp_path_factory.mktemp("shop") / "data"
        with serving(installed(folder, *SHOPS)) as server:
            yield server


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with two shops, of which nothing is known yet."""
    monkeypatch.setenv(OFTEN, "0.1")
    with serving(installed(tmp_path / "data", "demo", "other")) as server:
        yield server


def call(
    server: Server,
    shop: str,
    event: Json,
    *,
    secret: str = SECRET,
    off_ms: int = 0,
    headers: Mapping[str, str] | None = None,
) -> int:
    """The status of one call, signed so long after now."""
    body = json.dumps([event]).encode()
    signed = sign(body, secret, SystemClock().now_ms() + off_ms) if headers is None else headers
    with Client(server.port) as client:
        return client.ask("POST", f"/webhooks/standard/{shop}", body, signed).status


def refused(server: Server, shop: str, **how: Any) -> None:
    for number in range(CALLS):
        assert call(server, shop, placed(f"o{number}", "li"), **how) == 401


def asked(server: Server, *command: str) -> Any:
    result = CliRunner().invoke(main, (*command, "--data", str(server.folder), "--json"))
    assert result.exit_code in {0, 1}, result.output
    return json.loads(result.stdout)


def told(server: Server, shop: str, grade: str = "fault") -> list[Told]:
    """What `doctor` finds of a shop's sender."""
    checks: list[Told] = asked(server, "doctor")["checks"]
    own = [one for one in checks if one["found"].startswith(f"standard/{shop}: ")]
    return [one for one in own if (one["check"], one["grade"]) == ("senders", grade)]


def the_fault(server: Server, shop: str, calls: int = CALLS) -> Told:
    """Once all its calls are saved: a save may come between them."""
    within(lambda: any(f"{calls} calls" in one["found"] for one in told(server, shop)))
    (fault,) = told(server, shop)
    return fault


def listed(server: Server, shop: str) -> Json:
    (found,) = [one for one in asked(server, "shop", "list")["items"] if one["shop"] == shop]
    return dict(found)


def within(holds: Callable[[], bool]) -> None:
    """What was seen is saved a moment later."""
    give_up_at = time.monotonic() + TOLD_S_MAX
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_a_wrong_secret_is_found_and_mended_as_told(server: Server) -> None:
    assert call(server, "mended", placed("first", "li")) == 202
    refused(server, "mended", secret=ANOTHER)
    fault = the_fault(server, "mended")
    assert "4 calls were signed with another secret;" in fault["found"]
    assert "nothing was accepted since" in fault["found"]
    assert (
        "`orderguard shop rotate-secret mended --channel standard --secret SECRET`" in fault["mend"]
    )
    shop = listed(server, "mended")
    assert shop["refused"] == {"wrong": CALLS}
    assert shop["problems"] == ["wrong secret"]
    assert shop["last_event"] < shop["last_refused"]

    asked(server, "shop", "rotate-secret", "mended", "--channel", "standard", "--secret", ANOTHER)
    within(lambda: call(server, "mended", placed("right", "li"), secret=ANOTHER) == 202)
    within(lambda: not told(server, "mended"))
    assert listed(server, "mended")["refused"] == {}


def test_a_call_or_two_of_a_stranger_are_no_fault(server: Server) -> None:
    for _ in range(2):
        assert call(server, "visited", placed("x", "li"), secret=ANOTHER) == 401
    within(lambda: listed(server, "visited")["refused"] == {"wrong": 2})
    assert told(server, "visited") == []
    assert listed(server, "visited")["problems"] == []


def test_calls_without_a_signature_are_told_apart(server: Server) -> None:
    refused(server, "unsigned", headers={})
    fault = the_fault(server, "unsigned")
    assert "4 calls lacked what signs them" in fault["found"]
    assert "nothing was ever accepted" in fault["found"]
    assert fault["mend"].startswith("Switch signing on at the sender")
    assert listed(server, "unsigned")["problems"] == ["not signed"]


@pytest.mark.parametrize(("apart", "off_s"), [("behind", -412), ("ahead", 412)])
def test_a_clock_that_differs_is_found_with_how_much(
    server: Server, apart: str, off_s: int
) -> None:
    refused(server, apart, off_ms=off_s * MS_PER_SECOND)
    fault = the_fault(server, apart)
    assert "4 calls were rightly signed, but bear a time 6 min" in fault["found"]
    assert f" {apart} " in fault["found"]
    assert "best by NTP" in fault["mend"]
    (problem,) = listed(server, apart)["problems"]
    assert re.fullmatch(rf"clock 6 min \d+ s {apart}", problem)


def test_old_signatures_are_told_from_a_clock(server: Server) -> None:
    for number in range(CALLS):
        off_ms = -(6 + 30 * number) * MS_PER_MINUTE
        assert call(server, "late", placed(f"o{number}", "li"), off_ms=off_ms) == 401
    fault = the_fault(server, "late")
    assert re.search(r"at times 6 min.* to 1 h 36 min off", fault["found"])
    assert fault["mend"].startswith("Let the sender sign each attempt anew")
    assert listed(server, "late")["problems"] == ["old signatures"]


def test_events_from_the_future_are_found_though_they_are_accepted(server: Server) -> None:
    for number in range(CALLS):
        later = SystemClock().now_ms() + 45 * MS_PER_SECOND
        assert call(server, "future", placed(f"o{number}", "li", at_ms=later)) == 202
    ahead = re.compile(r"its last 4 events bear a time \d\d s or more after")
    within(lambda: any(ahead.search(one["found"]) for one in told(server, "future")))
    assert call(server, "future", placed("now", "li")) == 202
    within(lambda: not told(server, "future"))


def test_a_shop_that_nobody_calls_is_named_with_its_path(server: Server) -> None:
    assert told(server, "silent") == []
    (note,) = told(server, "silent", "note")
    assert note["found"] == "standard/silent: no call came yet."
    assert "/webhooks/standard/silent" in note["mend"]
    rows = CliRunner().invoke(main, ("shop", "list", "--data", str(server.folder))).stdout
    (row,) = [line.split() for line in rows.splitlines() if line.startswith("silent ")]
    assert row[:3] == ["silent", "standard", "/webhooks/standard/silent"]
    assert row[3:] == ["1", "-", "never", "-", "0", "-", "-", "-"]


def test_senders_that_all_differ_by_the_same_say_that_our_clock_is_wrong(alone: Server) -> None:
    for shop in ("demo", "other"):
        refused(alone, shop, off_ms=2 * MS_PER_HOUR)
    wrong = "the sender" if is_synchronised() else "this machine"
    for shop in ("demo", "other"):
        assert the_fault(alone, shop)["mend"].startswith(f"Set {wrong}'s clock")


def test_one_that_differs_where_another_gets_through_has_the_wrong_clock(alone: Server) -> None:
    assert call(alone, "other", placed("good", "li")) == 202
    refused(alone, "demo", off_ms=2 * MS_PER_HOUR)
    assert the_fault(alone, "demo")["mend"].startswith("Set the sender's clock")


def test_it_is_told_of_a_server_that_has_ended_and_by_the_next(alone: Server) -> None:
    for run in (1, 2):
        refused(alone, "demo", secret=ANOTHER)
        assert alone.stop() == 0
        fault = the_fault(alone, "demo", run * CALLS)
        assert f"{run * CALLS} calls were signed with another secret" in fault["found"]
        alone.start()
