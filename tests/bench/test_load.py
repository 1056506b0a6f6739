"""The load generator against a server that answers when the test lets it."""

import socket
import threading
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from bench.load import Clients, answer_in
from bench.schedule import NS_PER_S

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"
WAIT_S_MAX = 10.0


@dataclass
class Gate:
    """A server: each request is answered once the gate is open; `b"bye"` ends its connection."""

    listener: socket.socket
    is_open: threading.Event = field(default_factory=threading.Event)
    was_asked: threading.Event = field(default_factory=threading.Event)
    seen: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(1_000):
                self.seen.append(request)
                self.was_asked.set()
                self.is_open.wait(WAIT_S_MAX)
                if request == b"bye":
                    return
                for piece in (ANSWER[:20], ANSWER[20:]):
                    connection.sendall(piece)


@pytest.fixture
def gate() -> Iterator[Gate]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gate = Gate(listener)
        thread = threading.Thread(target=gate.serve, daemon=True)
        thread.start()
        yield gate
        gate.is_open.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(WAIT_S_MAX)


def test_who_waits_behind_a_slow_answer_is_charged_for_it(gate: Gate) -> None:
    """No coordinated omission: latency counts from when a request was due."""
    opened_at = []

    def open_late() -> None:
        gate.was_asked.wait(WAIT_S_MAX)
        time.sleep(0.05)  # Until all of them are due.
        opened_at.append(time.monotonic_ns())
        gate.is_open.set()

    opener = threading.Thread(target=open_late)
    with Clients(gate.port, connections=1) as clients:
        opener.start()
        outcome = clients.open_loop([b"a", b"b", b"c"], array("q", [0, 1_000_000, 2_000_000]))
        opener.join()
    assert outcome.accepted == 3
    assert outcome.bodies == {b"ok": 3}
    assert list(outcome.sent_ns) == sorted(outcome.sent_ns)
    for due, latency_ms in zip(outcome.due_ns, outcome.latencies_ms(), strict=True):
        assert latency_ms >= (opened_at[0] - due) / 1e6
    # The first was sent in time, the others had to wait for its answer.
    assert outcome.sent_ns[0] < opened_at[0] <= outcome.sent_ns[1]
    assert outcome.lateness_ms()[2] >= (opened_at[0] - outcome.due_ns[2]) / 1e6


def test_nothing_is_sent_before_it_is_due(gate: Gate) -> None:
    gate.is_open.set()
    arrivals = array("q", (number * 3_000_000 for number in range(20)))
    with Clients(gate.port, connections=4) as clients:
        outcome = clients.open_loop([b"%d" % number for number in range(20)], arrivals)
    assert set(gate.seen) == {b"%d" % number for number in range(20)}
    assert list(outcome.sent_ns) == sorted(outcome.sent_ns)
    assert min(outcome.lateness_ms()) >= 0
    offsets = [due - outcome.due_ns[0] for due in outcome.due_ns]
    assert offsets == list(arrivals)


def test_a_closed_loop_stops_when_its_time_is_over(gate: Gate) -> None:
    gate.is_open.set()
    with Clients(gate.port, connections=2) as clients:
        outcome = clients.closed_loop([b"x"] * 1_000_000, seconds=0.05)
    assert 0 < len(outcome.status) < 1_000_000
    assert outcome.accepted == len(outcome.status) == len(gate.seen)
    assert outcome.due_ns == outcome.sent_ns
    assert outcome.seconds < WAIT_S_MAX


def test_a_connection_that_ends_is_told_and_replaced(gate: Gate) -> None:
    gate.is_open.set()
    with Clients(gate.port, connections=1) as clients:
        outcome = clients.closed_loop([b"x", b"bye", b"y"], seconds=WAIT_S_MAX)
    assert list(outcome.status) == [202, 0, 202]
    assert len(outcome.latencies_ms()) == 2


def test_other_connections_are_heard_meanwhile(gate: Gate) -> None:
    gate.is_open.set()
    heard: list[tuple[int, bytes]] = []
    mine, theirs = socket.socketpair()
    with mine, theirs, Clients(gate.port, connections=1) as clients:
        clients.watch(mine, lambda at, data: heard.append((at, data)))
        before = time.monotonic_ns()
        theirs.sendall(b"alert")
        outcome = clients.open_loop([b"x"], array("q", [NS_PER_S // 100]))
        assert outcome.accepted == 1
    (at, data) = heard[0]
    assert data == b"alert"
    assert before <= at <= time.monotonic_ns()


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_an_answer_is_awaited_until_it_is_whole(length: int) -> None:
    assert answer_in(ANSWER[:length]) is None


def test_an_answer_without_a_length_has_no_body() -> None:
    assert answer_in(b"HTTP/1.1 204 No Content\r\n\r\n") == (204, b"")
