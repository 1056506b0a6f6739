"""Load over keep-alive connections: an open loop at fixed arrival times, or a closed one.

The loop is one thread over epoll, since the timers of event loops round to a millisecond, which is
as long as the latencies measured here. A request's latency counts from when it was due, not from
when a connection was free for it: a slow answer is charged for all that waited behind it.
"""

import gc
import select
import socket
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from bench.schedule import NS_PER_S
from msgspec import Struct

HOST = "127.0.0.1"
PIECE_BYTES = 65_536
WAIT_S_MAX = 0.1
START_AFTER_NS = NS_PER_S // 100
OVERTIME_S_MAX = 60.0
"""How long after the last arrival answers are awaited."""
LOST = 0
"""The status of a request whose connection ended before its answer."""

OnBytes = Callable[[int, bytes], None]
"""Told of what a watched socket received, and when (ns on the monotonic clock)."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of each request, in their order; instants are ns on the monotonic clock.

    `status` is 0 where no answer came. `bodies` counts equal answers. `behind_ns` is how long a
    request was due and a connection free for it before it was sent: our own fault.
    """

    due_ns: "array[int]"
    sent_ns: "array[int]"
    done_ns: "array[int]"
    status: "array[int]"
    behind_ns: "array[int]"
    bodies: Counter[bytes]

    def latencies_ms(self) -> list[float]:
        """From when each was due until its answer, of those that were answered with 2xx."""
        return [
            (done - due) / 1e6
            for due, done, status in zip(self.due_ns, self.done_ns, self.status, strict=True)
            if 200 <= status < 300
        ]

    def lateness_ms(self) -> list[float]:
        """How long after it was due each was sent: all connections busy, or ourselves too slow."""
        return [
            (sent - due) / 1e6 for due, sent in zip(self.due_ns, self.sent_ns, strict=True) if sent
        ]

    def behind_ms(self) -> list[float]:
        """How far behind its own schedule the generator was."""
        return [behind / 1e6 for behind in self.behind_ns]

    @property
    def accepted(self) -> int:
        return sum(200 <= status < 300 for status in self.status)

    @property
    def seconds(self) -> float:
        """From the first arrival to the last answer."""
        return (max(self.done_ns) - self.due_ns[0]) / NS_PER_S


class Clients:
    """So many keep-alive connections to one server of this machine."""

    def __init__(self, port: int, connections: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._idle: deque[int] = deque()
        self._watched: dict[int, tuple[socket.socket, OnBytes]] = {}
        self._pieces: dict[int, bytes] = {}
        _sharpen_timers()
        for _ in range(connections):
            self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets.values():
            connection.close()
        self._epoll.close()

    def watch(self, connection: socket.socket, on_bytes: OnBytes) -> None:
        """Hear what comes on another connection while requests are sent."""
        self._watched[connection.fileno()] = (connection, on_bytes)
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def open_loop(self, requests: Sequence[bytes], arrivals_ns: "array[int]") -> Outcome:
        """Each request when it is due, however long the answers before it take."""
        with _uncollected():
            start = time.monotonic_ns() + START_AFTER_NS
            due = array("q", (start + offset for offset in arrivals_ns))
            seconds = (due[-1] - start) / NS_PER_S + OVERTIME_S_MAX
            return self._drive(requests, due, seconds)

    def closed_loop(self, requests: Sequence[bytes], seconds: float) -> Outcome:
        """The next request as soon as a connection is free, until the time or they are over."""
        due = array("q", [0]) * len(requests)
        with _uncollected():
            outcome = self._drive(requests, due, seconds)
        sent = sum(1 for at in outcome.sent_ns if at)
        return Outcome(
            due_ns=outcome.sent_ns[:sent],
            sent_ns=outcome.sent_ns[:sent],
            done_ns=outcome.done_ns[:sent],
            status=outcome.status[:sent],
            behind_ns=outcome.behind_ns[:sent],
            bodies=outcome.bodies,
        )

    def listen(self, seconds: float) -> None:
        """Send nothing, and hear what still comes on watched connections."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            select.select((self._epoll,), (), (), min(left, WAIT_S_MAX))
            self._receive({}, lambda *_: None)

    def _drive(self, requests: Sequence[bytes], due: "array[int]", seconds: float) -> Outcome:
        """Send until all are sent or the time is over, and await the answers."""
        count = len(requests)
        sent, done, behind = (array("q", bytes(8 * count)) for _ in range(3))
        status = array("H", bytes(2 * count))
        bodies: Counter[bytes] = Counter()
        at_hand: dict[int, int] = {}
        freed_at = 0
        idle, sockets, clock = self._idle, self._sockets, time.monotonic_ns

        def answered(fd: int, at: int, code: int, body: bytes) -> None:
            nonlocal freed_at
            index = at_hand.pop(fd)
            if not idle:
                freed_at = at
            done[index], status[index] = at, code
            bodies[body] += 1

        following = 0
        sends_until = clock() + round(seconds * NS_PER_S)
        ends_at = sends_until + round(OVERTIME_S_MAX * NS_PER_S)
        while (now := clock()) < ends_at:
            if now > sends_until:
                count = following
            while idle and following < count and due[following] <= now:
                fd = idle.popleft()
                at_hand[fd] = following
                sent[following] = at = clock()
                behind[following] = at - max(due[following], freed_at)
                _send(sockets[fd], requests[following])
                following += 1
            if following == count and not at_hand:
                break
            wait = WAIT_S_MAX
            if idle and following < count:
                wait = min(wait, (due[following] - clock()) / NS_PER_S)
            if wait > 0:
                select.select((self._epoll,), (), (), wait)
            self._receive(at_hand, answered)
        return Outcome(
            due_ns=due,
            sent_ns=sent,
            done_ns=done,
            status=status,
            behind_ns=behind,
            bodies=bodies,
        )

    def _receive(
        self, at_hand: dict[int, int], answered: Callable[[int, int, int, bytes], None]
    ) -> None:
        """Take in all that has come by now."""
        for fd, _ in self._epoll.poll(0):
            if fd in self._watched:
                connection, on_bytes = self._watched[fd]
                data = connection.recv(PIECE_BYTES)
                on_bytes(time.monotonic_ns(), data)
                if not data:
                    self._epoll.unregister(fd)
                continue
            data = _received(self._sockets[fd])
            now = time.monotonic_ns()
            if not data:
                if fd in at_hand:
                    answered(fd, now, LOST, b"")
                self._replace(fd)
                continue
            if fd in self._pieces:
                data = self._pieces.pop(fd) + data
            answer = answer_in(data)
            if answer is None:
                self._pieces[fd] = data
            elif fd in at_hand:
                answered(fd, now, *answer)
                self._idle.append(fd)

    def _connect(self) -> None:
        connection = socket.create_connection((HOST, self._port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd = connection.fileno()
        self._sockets[fd] = connection
        self._idle.append(fd)
        self._epoll.register(fd, select.EPOLLIN)

    def _replace(self, fd: int) -> None:
        """The server has ended this connection: open another in its place."""
        self._epoll.unregister(fd)
        self._sockets.pop(fd).close()
        self._pieces.pop(fd, None)
        if fd in self._idle:
            self._idle.remove(fd)
        self._connect()


def answer_in(data: bytes) -> tuple[int, bytes] | None:
    """(status, body) of a whole HTTP/1.1 answer with a Content-Length; None while it is not."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    length = 0 if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])
    body = data[end + 4 :]
    return None if len(body) < length else (int(head[9:12]), body)


def _send(connection: socket.socket, request: bytes) -> None:
    # A connection that has ended meanwhile is told by the epoll at the next turn.
    with suppress(ConnectionError):
        connection.sendall(request)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(PIECE_BYTES)
    except ConnectionError:
        return b""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without pauses by the cyclic collector, which would look like a slow server."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _sharpen_timers() -> None:
    """Wake when it is due, not up to 50 us later, where the system lets us ask for it."""
    try:
        Path("/proc/self/timerslack_ns").write_text("1", encoding="ascii")
    except OSError:
        return
