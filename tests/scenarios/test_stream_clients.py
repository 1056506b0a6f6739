"""Very many browsers on the event stream, each cut off once: no hint is lost, and none stays.

What they cost is measured by bench/stream_clients.py; here is what must be true at any speed.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.crowd import Crowd, Hint, hints_in, is_in_step, lost
from tests.scenarios.installation import (
    Client,
    Sender,
    Server,
    api_headers,
    burst,
    installed,
    is_proof,
    serving,
)

from orderguard.api.stream import STREAMS_MAX

CLIENTS, BURSTS, SECONDS = (200, 400, 40.0) if is_proof() else (20, 40, 4.0)
COMINGS = 3
SETTLED_S_MAX = 120.0
GONE_S_MAX = 30.0


@contextmanager
def told(port: int, bursts: int, seconds: float, name: str) -> Iterator[None]:
    """Alerts that open and grow, evenly over the time, while the crowd listens."""
    began = time.monotonic()

    def tell() -> None:
        with Sender(port) as sender:
            for number in range(bursts):
                time.sleep(max(0.0, began + seconds * number / bursts - time.monotonic()))
                sender.tell(*burst(f"{name}-{number}", 6))

    thread = threading.Thread(target=tell)
    thread.start()
    yield
    thread.join()


def await_none(server: Server, headers: dict[str, str]) -> None:
    """Until the server has noticed that nobody listens any more."""
    limit = time.monotonic() + GONE_S_MAX
    with Client(server.port, headers) as client:
        while b"\norderguard_streams 0.0\n" not in client.ask("GET", "/metrics").body:
            assert time.monotonic() < limit, "the server holds listeners that have gone"
            time.sleep(0.1)


def test_no_hint_is_lost_by_a_cut_and_no_listener_stays(tmp_path: Path) -> None:
    assert CLIENTS <= STREAMS_MAX
    installation = installed(tmp_path / "data", "demo")
    headers = api_headers(installation)
    with serving(installation) as server:
        with Crowd(server.port, headers, CLIENTS) as crowd:
            crowd.open()
            with told(server.port, 1, 0.0, "first"):  # Who heard nothing yet resumes nothing.
                assert crowd.settle(SETTLED_S_MAX)
            with told(server.port, BURSTS, SECONDS, "buyer"):
                crowd.cut_within(SECONDS)
                crowd.listen(SECONDS)
            assert crowd.settle(SETTLED_S_MAX), "all have heard the newest"
            assert [browser.cuts for browser in crowd.browsers] == [0] + [1] * (CLIENTS - 1)
        await_none(server, headers)

        heard = [browser.hints() for browser in crowd.browsers]
        assert len({hint.of for hint in heard[0]}) >= 2 * BURSTS, "each has an alert and a case"
        assert [len(lost(heard[0], one)) for one in heard] == [0] * CLIENTS
        assert [is_in_step(heard[0], one) for one in heard] == [True] * CLIENTS

        for number in range(COMINGS):  # As many as may listen find a place again and again.
            with Crowd(server.port, headers, CLIENTS) as crowd:
                crowd.open()
                with told(server.port, 1, 0.0, f"again-{number}"):
                    assert crowd.settle(SETTLED_S_MAX)
                assert crowd.refused == crowd.ended == 0
            await_none(server, headers)
        assert server.stop() == 0


# The measure itself -----------------------------------------------------------------------------


def hint(offset: int, of: str, text: bytes = b"x") -> Hint:
    return Hint((offset, 0), of, text)


@pytest.mark.parametrize(
    ("heard", "missing"),
    [
        ([(1, "a"), (2, "b"), (3, "a")], []),
        ([(2, "b"), (3, "a")], []),
        ([(1, "a"), (3, "a")], [(2, "b")]),
        ([(1, "a"), (2, "b")], [(3, "a")]),
    ],
)
def test_a_state_is_lost_where_neither_it_nor_a_later_one_was_heard(
    heard: list[tuple[int, str]], missing: list[tuple[int, str]]
) -> None:
    everything = [hint(1, "a"), hint(2, "b"), hint(3, "a")]
    assert lost(everything, [hint(*one) for one in heard]) == [hint(*one) for one in missing]


def test_what_comes_twice_or_otherwise_is_out_of_step() -> None:
    everything = [hint(1, "a"), hint(2, "b")]
    assert is_in_step(everything, [hint(2, "b")])
    assert not is_in_step(everything, [hint(2, "b"), hint(2, "b")])
    assert not is_in_step(everything, [hint(2, "b"), hint(1, "a")])
    assert not is_in_step(everything, [hint(1, "a", b"y")])


def test_a_hint_that_was_cut_off_is_none() -> None:
    whole = b'event: alert\ndata: {"alert_id":"a","score":1}\nid: 7.1\n\n'
    pieces = b"5f\r\n" + whole + b'\r\nevent: case\ndata: {"case_id":"c"}\nid: 7.2'
    assert [(one.of, one.place) for one in hints_in(pieces)] == [("a", (7, 1))]
    assert [one.of for one in hints_in(pieces + b"\n\n")] == ["a", "c"]
