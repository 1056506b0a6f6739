"""A crowd on the event stream, as so many browsers: each is cut off once and comes back.

One thread over one selector, so that hundreds of listeners cost little.
"""

import re
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from random import Random
from typing import Self

import msgspec
from msgspec import Struct
from tests.scenarios.installation import HOST

OPEN_S_MAX = 60.0
AGAIN_S = (0.5, 1.0)
"""When a page comes back after its line broke, as the workbench does: see `hub.ts`."""
PIECE_BYTES = 65_536
LOOK_S = 0.05
_HINT = re.compile(
    rb"^event: (?:alert|case)\ndata: ([^\n]*)\nid: ([0-9]+)\.([0-9]+)\n\n", re.MULTILINE
)
_LAST = re.compile(rb"\nid: ([0-9]+\.[0-9]+)\n\n")

Place = tuple[int, int]


class _Of(Struct):
    alert_id: str | None = None
    case_id: str | None = None


_decode = msgspec.json.Decoder(_Of).decode


class Hint(Struct, frozen=True):
    """What was told of an alert or a case at a place in the stream; the text as a digest."""

    place: Place
    of: str
    text: bytes


def hints_in(heard: bytes) -> list[Hint]:
    """The whole hints among what one connection received; what was cut off is none."""
    found = []
    for data, offset, number in _HINT.findall(heard):
        of = _decode(data)
        name = of.case_id or of.alert_id
        assert name is not None, data
        digest = blake2b(data, digest_size=8).digest()
        found.append(Hint((int(offset), int(number)), name, digest))
    return found


def lost(told: Sequence[Hint], heard: Sequence[Hint]) -> list[Hint]:
    """What was told and of which `heard` knows neither that state nor a later one.

    Who comes back is told of the newest state of each alert and case, not of each before it.
    """
    newest: dict[str, Place] = {}
    for hint in heard:
        newest[hint.of] = max(hint.place, newest.get(hint.of, hint.place))
    return [hint for hint in told if newest.get(hint.of, (0, 0)) < hint.place]


def is_in_step(told: Sequence[Hint], heard: Sequence[Hint]) -> bool:
    """Whether it was heard in order, nothing twice, and each as it was told to others."""
    places = [hint.place for hint in heard]
    texts = {hint.place: hint.text for hint in told}
    is_same = all(texts.get(hint.place, hint.text) == hint.text for hint in heard)
    return is_same and all(one < after for one, after in pairwise(places))


class Browser:
    """One listener: the connection that it has, and what all of them brought."""

    def __init__(self) -> None:
        self.connection: socket.socket | None = None
        self.pieces: list[list[bytes]] = []
        self.cuts = 0
        self.cut_at = float("inf")
        self.again_at = 0.0
        self.last_id = ""

    def newest_id(self) -> str:
        """That of the last whole hint."""
        ids = _LAST.findall(b"".join(self.pieces[-1]))
        return ids[-1].decode() if ids else self.last_id

    def is_open(self) -> bool:
        return self.connection is not None and b": open" in b"".join(self.pieces[-1][:3])

    def hints(self) -> list[Hint]:
        return [hint for pieces in self.pieces for hint in hints_in(b"".join(pieces))]


class Crowd:
    """So many listeners; the first of them is never cut off, and what it heard was told.

    `ended`: connections that the server ended; `refused`: those that it did not take.
    """

    def __init__(self, port: int, headers: Mapping[str, str], count: int, *, seed: int = 1) -> None:
        self._port, self._chance = port, Random(seed)
        self._lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._selector = selectors.DefaultSelector()
        self.browsers = [Browser() for _ in range(count)]
        self.ended = self.refused = 0

    def open(self) -> None:
        """Return once all are listening."""
        limit = time.monotonic() + OPEN_S_MAX
        while not all(browser.is_open() for browser in self.browsers):
            assert time.monotonic() < limit, "not all are let in"
            self.listen(LOOK_S)

    def cut_within(self, seconds: float) -> None:
        """From now on cut each but the first once, at a moment of its own."""
        now = time.monotonic()
        for browser in self.browsers[1:]:
            browser.cut_at = now + self._chance.uniform(0, seconds)

    def listen(self, seconds: float) -> None:
        """Hear what comes, cut who is due to be cut, and let those come back who were."""
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            for browser in self.browsers:
                if browser.cut_at <= now and browser.is_open():
                    browser.cut_at = float("inf")
                    browser.cuts += 1
                    self._drop(browser)
                elif browser.connection is None and browser.again_at <= now:
                    self._connect(browser)
            for key, _ in self._selector.select(min(LOOK_S, max(0.0, until - now))):
                self._receive(key.data)

    def is_even(self) -> bool:
        """Whether all have been cut as planned, are back, and have heard the same last hint."""
        first = self.browsers[0].newest_id()
        return first != "" and all(
            one.is_open() and one.cut_at == float("inf") and one.newest_id() == first
            for one in self.browsers
        )

    def settle(self, seconds_max: float) -> bool:
        """Listen until all are even; whether they were in time."""
        until = time.monotonic() + seconds_max
        while not (is_even := self.is_even()) and time.monotonic() < until:
            self.listen(2 * LOOK_S)
        return is_even

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self.browsers:
            if browser.connection is not None:
                browser.connection.close()
        self._selector.close()

    def _connect(self, browser: Browser) -> None:
        query = f"?last_event_id={browser.last_id}" if browser.last_id else ""
        head = f"GET /api/v1/stream{query} HTTP/1.1\r\nhost: {HOST}\r\n{self._lines}\r\n"
        browser.connection = socket.create_connection((HOST, self._port), timeout=OPEN_S_MAX)
        browser.pieces.append([])
        browser.connection.sendall(head.encode())
        self._selector.register(browser.connection, selectors.EVENT_READ, browser)

    def _receive(self, browser: Browser) -> None:
        assert browser.connection is not None
        try:
            piece = browser.connection.recv(PIECE_BYTES)
        except ConnectionError:
            piece = b""
        pieces = browser.pieces[-1]
        if piece and (pieces or piece.startswith(b"HTTP/1.1 200")):
            pieces.append(piece)
            return
        if piece:
            self.refused += 1
        else:
            self.ended += 1
        self._drop(browser)

    def _drop(self, browser: Browser) -> None:
        assert browser.connection is not None
        self._selector.unregister(browser.connection)
        browser.connection.close()
        browser.connection = None
        browser.last_id = browser.newest_id()
        browser.again_at = time.monotonic() + self._chance.uniform(*AGAIN_S)
