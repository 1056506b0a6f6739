"""A disk without room, or one where no file may grow: nothing is lost, and it mends."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.scenarios.disks import fill, make_room, small_disk
from tests.scenarios.installation import (
    END_S_MAX,
    Answer,
    Client,
    Sender,
    Server,
    api_headers,
    entries_of,
    installed,
    placed,
    serve,
    serving,
)

from orderguard.app import Installation
from orderguard.domain.events import OrderEvent

CALLS_MAX = 2_000
CALLS_REFUSED = 50

Shut = Callable[[Server], None]


@contextmanager
def a_small_disk(_tmp_path: Path) -> Iterator[tuple[Path, Shut, Shut]]:
    """Where to install, how to take the room away, and how to give it back."""
    with small_disk(12) as disk:
        yield disk, lambda _: fill(disk), lambda _: make_room(disk)


@contextmanager
def files_that_cannot_grow(tmp_path: Path) -> Iterator[tuple[Path, Shut, Shut]]:
    def limit(server: Server, size: int) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def stop_growth(server: Server) -> None:
        limit(server, max(path.stat().st_size for path in server.folder.glob("*.db*")))

    yield tmp_path, stop_growth, lambda server: limit(server, resource.RLIM_INFINITY)


@pytest.mark.parametrize("place", [a_small_disk, files_that_cannot_grow])
def test_webhooks_are_refused_until_there_is_room_again(
    place: Callable[[Path], AbstractContextManager[tuple[Path, Shut, Shut]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORDERGUARD_STATE_CHECKPOINT_S", "0.2")
    with place(tmp_path) as (folder, take_room, give_room):
        installation = installed(folder / "data", "demo")
        headers = api_headers(installation)
        with serving(installation) as server:
            accepted = ["before"]
            with Sender(server.port) as sender:
                sender.tell(placed("before", "li"))
                take_room(server)
                refusal = until_refused(sender, accepted)
                assert int(refusal.headers["retry-after"]) > 0
                assert refusal.json["type"] == "urn:orderguard:problem:unavailable"
                refused = until_nothing_fits(sender, accepted)
                assert refused == CALLS_REFUSED
            with Client(server.port, headers) as api:
                assert api.ask("GET", "/healthz").status == 200
                assert api.order("before")["timeline"], "what is known can be read"
            assert len(server.said.splitlines()) < CALLS_REFUSED, "the log of it stays short"
            time.sleep(0.5)  # A save or two, which fail.
            give_room(server)
            until_accepted(server, accepted)
            assert server.stop() == 0, server.said
        assert_all_are_kept(installation, accepted)


def until_refused(sender: Sender, accepted: list[str]) -> Answer:
    """Files have some room within themselves: it takes a while until they would grow."""
    for number in range(CALLS_MAX):
        order_ids = [f"o{number}-{one}" for one in range(20)]
        answer = sender.send([placed(order_id, f"b{number}") for order_id in order_ids])
        if answer.status != 202:
            return answer
        accepted += order_ids
    raise AssertionError("the disk never was full")


def until_nothing_fits(sender: Sender, accepted: list[str]) -> int:
    """A single order may fit where twenty do not; how many in a row are refused in the end."""
    refused = 0
    for number in range(CALLS_MAX):
        answer = sender.send(placed(f"one-{number}", "li"))
        assert answer.status in {202, 503}
        if answer.status == 202:
            accepted.append(f"one-{number}")
            refused = 0
        else:
            refused += 1
        if refused == CALLS_REFUSED:
            break
    return refused


def until_accepted(server: Server, accepted: list[str]) -> None:
    give_up_at = time.monotonic() + END_S_MAX
    with Sender(server.port) as sender:
        while sender.send(placed("after", "li")).status != 202:
            assert time.monotonic() < give_up_at, server.said
            time.sleep(0.05)
    accepted.append("after")


def assert_all_are_kept(installation: Installation, accepted: list[str]) -> None:
    """Each accepted event once, none that was refused, and all of it folded."""
    kept = [one.id for one in entries_of(installation) if isinstance(one, OrderEvent)]
    assert kept == [f"{order_id}.placed" for order_id in accepted]
    assert installation.state_cursor() == installation.log_end()[0]


@pytest.mark.parametrize("leave_bytes", [0, 40_000, 200_000])
def test_a_start_without_room_says_so_in_one_line(leave_bytes: int) -> None:
    with small_disk() as disk:
        installation = installed(disk / "data", "demo")
        fill(disk, leave_bytes=leave_bytes)
        refused = serve(installation.folder, 0)
    assert refused.returncode == 2, refused.stderr
    assert refused.stdout == ""
    (line,) = [one for one in refused.stderr.splitlines() if one.startswith("orderguard: ")]
    assert "Free some space on the disk." in line
    assert "Traceback" not in refused.stderr
