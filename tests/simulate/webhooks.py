"""A server that takes webhooks, and notes what came and what its clock showed then."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from orderguard.domain.ports import Clock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at_ms: int

    @property
    def events(self) -> list[dict[str, Any]]:
        told = json.loads(self.body)
        return told if isinstance(told, list) else [told]


@dataclass
class Taker:
    """Answers with these, each once, and from then on with 202."""

    answers: list[tuple[int, dict[str, str]]]
    clock: Clock
    received: list[Received] = field(default_factory=list)
    port: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for one in self.received for event in one.events]


def _handler(taker: Taker) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body in one packet, or each answer waits for an acknowledgement.

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with taker.lock:
                status, told = taker.answers.pop(0) if taker.answers else (202, {})
                taker.received.append(Received(self.path, headers, body, taker.clock.now_ms()))
            self.send_response(status)
            for name, value in {"content-length": "2", **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def taking(clock: Clock, answers: Sequence[tuple[int, dict[str, str]]] = ()) -> Iterator[Taker]:
    taker = Taker(list(answers), clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(taker))
    server.daemon_threads = True
    taker.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield taker
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
