"""A merchant's own system, as the actions on orders and stock call it; with faults on demand."""

import json
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from orderguard.kit.clock import SystemClock
from orderguard.kit.signing import is_fresh, verify_webhook, webhook_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.
BODY_BYTES_MAX = 8 * 1024 * 1024
_NO_LINGER = struct.pack("ii", 1, 0)


class MerchantSystem:
    """Listens on a port of this machine from `start` to `stop`.

    `effects` counts how often each key took effect: once where it knows keys (`is_idempotent`),
    else at each call. A fault is taken by the next call: a status (`500`), `429:2` with its
    Retry-After, `slow`, `reset` and `half` after the effect, `lost` before it.
    """

    def __init__(self, *, is_idempotent: bool = True, port: int = 0) -> None:
        self.is_idempotent = is_idempotent
        self.effects: Counter[str] = Counter()
        self.bodies: dict[str, Any] = {}
        self.calls: list[tuple[float, str]] = []
        self.unsigned = 0
        self.faults: deque[str] = deque()
        self.standing_fault = ""
        self.answer: dict[str, str] = {}
        self.slow_s = 0.0
        self.delay_s_max = 0.0
        """Each call takes a random time of up to so long, before its effect and after it."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Call)
        self._server.system = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, key: str, body: Any, *, is_signed: bool) -> tuple[str, bytes]:
        """The fault and the answer of one call; the effect is in force when this returns."""
        with self._lock:
            self.calls.append((time.monotonic(), key))
            self.unsigned += not is_signed
            fault = self.faults.popleft() if self.faults else self.standing_fault
            if not is_signed:
                return "401", b"{}"
            if fault == "lost" or fault.partition(":")[0].isdigit():
                return fault, b"{}"
            if not (self.is_idempotent and self.effects[key]):
                self.effects[key] += 1
                self.bodies[key] = body
            return fault, json.dumps({"reference": f"ref-{key}", **self.answer}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    system: MerchantSystem

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed hangs up in the middle; that is no fault here."""


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        system = self.server.system
        size = min(int(self.headers.get("content-length", "0")), BODY_BYTES_MAX)
        body = self.rfile.read(size)
        if len(body) < size:  # Whoever called was killed in the middle of the request.
            self.close_connection = True
            return
        key = self.headers.get("webhook-id", "")
        stamp = self.headers.get("webhook-timestamp", "")
        is_signed = verify_webhook(
            webhook_key(SECRET),
            message_id=key,
            timestamp=stamp,
            body=body,
            signatures=self.headers.get("webhook-signature", ""),
        ) and is_fresh(stamp, SystemClock().now_ms())
        time.sleep(random.uniform(0, system.delay_s_max))
        fault, answer = system.take(key, json.loads(body or b"{}"), is_signed=is_signed)
        time.sleep(random.uniform(0, system.delay_s_max))
        if fault == "slow":
            time.sleep(system.slow_s)
        if fault in {"reset", "lost"}:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.close_connection = True
            self.connection.close()
            return
        status, _, retry_after = fault.partition(":")
        self.send_response(int(status) if status.isdigit() else 200)
        if retry_after:
            self.send_header("retry-after", retry_after)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) // 2] if fault == "half" else answer)
        self.close_connection = fault == "half"

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""
