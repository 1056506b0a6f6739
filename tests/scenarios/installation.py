"""A real installation: its folder, a server process on it, and who talks to that over HTTP."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from orderguard.app import Installation
from orderguard.channels.standard.signer import sign
from orderguard.domain.accounts import Role
from orderguard.domain.entries import Entry
from orderguard.domain.ports import ShopConfig
from orderguard.domain.record import decode
from orderguard.kit.clock import SystemClock, rfc3339

HOST = "127.0.0.1"
COMMAND = str(Path(sys.executable).with_name("orderguard"))
READY_S_MAX = 60.0
END_S_MAX = 20.0
ANSWER_S_MAX = 10.0
IDLE_S_MAX = 2.0
"""The server ends a connection that is idle for 5 s; after so long a call takes a new one."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.
PAGE_ROWS = 10_000

Json = dict[str, Any]


class Unanswered(Exception):
    """The server went away before it answered; whether it took the call is unknown."""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One keep-alive connection; for one thread."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S_MAX)
        self._used_at = time.monotonic()
        self.headers = dict(headers or {})

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        if time.monotonic() - self._used_at > IDLE_S_MAX:
            self._connection.close()
        try:
            self._connection.request(method, path, body, {**self.headers, **(headers or {})})
            response = self._connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unanswered(str(error)) from error
        finally:
            self._used_at = time.monotonic()

    def get(self, path: str, **query: str) -> Any:
        """What stands there, as JSON; the answer must be 200."""
        answer = self.ask("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json

    def alerts(self, **query: str) -> list[Json]:
        """All pages, newest first."""
        found: list[Json] = []
        page = self.get("/api/v1/alerts", **query)
        found += page["items"]
        while page["next_cursor"]:
            page = self.get("/api/v1/alerts", cursor=page["next_cursor"], **query)
            found += page["items"]
        return found

    def order(self, order_id: str, shop: str = "demo") -> Json:
        found: Json = self.get(f"/api/v1/orders/standard/{shop}/{order_id}")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class Sender(Client):
    """Signs and sends canonical events, as the shop's system would."""

    def __init__(self, port: int, shop: str = "demo") -> None:
        super().__init__(port)
        self._path = f"/webhooks/standard/{shop}"

    def send(self, events: Json | list[Json]) -> Answer:
        body = json.dumps(events, ensure_ascii=False).encode()
        headers = sign(body, SECRET, SystemClock().now_ms())
        return self.ask("POST", self._path, body, headers)

    def tell(self, *events: Json) -> None:
        """Send them in one call, which must take all of them."""
        answer = self.send(list(events))
        assert answer.status == 202, (answer.status, answer.body)
        assert answer.json == {"accepted": len(events), "duplicates": 0}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Server:
    """`orderguard serve` on a folder, with the same port at every start.

    What it prints goes to `output`; only the process started here is ever signalled.
    """

    folder: Path
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        return self.folder.parent / "serve.txt"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def launch(self) -> None:
        """Start the process, and do not wait until it is ready."""
        command = [COMMAND, "serve", "--data", str(self.folder), "--port", str(self.port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def start(self) -> float:
        """Seconds from the start of the process until it says that it is ready."""
        began = time.monotonic()
        self.launch()
        self.await_ready()
        return time.monotonic() - began

    def await_ready(self) -> None:
        assert self.process is not None
        limit = time.monotonic() + READY_S_MAX
        while f"orderguard ready http://{HOST}:{self.port}\n" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < limit, self.said
            time.sleep(0.01)

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    @property
    def sign_in_link(self) -> str:
        """The path and query of the one-time link."""
        found = re.search(
            rf"^sign in once at http://{HOST}:{self.port}(/\S+)$", self.said, re.MULTILINE
        )
        assert found, self.said
        return found[1]

    def kill(self) -> None:
        """As a power failure would, as far as the process is concerned."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(END_S_MAX)

    def stop(self) -> int:
        """As an administrator would; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


def installed(folder: Path, *shops: str, preset: str = "standard") -> Installation:
    """A fresh installation with these standard shops."""
    installation = Installation(folder)
    installation.create(preset)
    with closing(installation.open_control()) as control:
        for shop in shops:
            control.shop_add(ShopConfig(channel="standard", shop=shop, secrets=(SECRET,)))
    return installation


def api_headers(installation: Installation) -> dict[str, str]:
    with closing(installation.open_control()) as control:
        token = control.accounts.token_add(f"a program at {time.monotonic_ns()}", Role.ADMIN)
    return {"authorization": f"Bearer {token}"}


@contextmanager
def serving(installation: Installation) -> Iterator[Server]:
    """A server that is ready; killed at the end unless it was stopped."""
    with Server(installation.folder) as server:
        server.start()
        yield server


def serve(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    """A server that is expected to end by itself."""
    command = [COMMAND, "serve", "--data", str(folder), "--port", str(port)]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=END_S_MAX, check=False
    )


def entries_of(installation: Installation) -> list[Entry]:
    """All that the log holds, in its order."""
    entries: list[Entry] = []
    with closing(installation.open_log()) as log:
        while rows := log.read(len(entries), PAGE_ROWS):
            entries += [decode(row.record) for row in rows]
            assert rows[-1].offset == len(entries), "offsets have no gap"
    return entries


def event(event_id: str, kind: str, data: Json, *, at_ms: int | None = None) -> Json:
    """A canonical event, of now unless said otherwise."""
    at_ms = SystemClock().now_ms() if at_ms is None else at_ms
    return {"id": event_id, "type": kind, "occurred_at": rfc3339(at_ms), "data": data}


def placed(order_id: str, buyer: str, *, sku: str = "shoe", at_ms: int | None = None) -> Json:
    at_ms = SystemClock().now_ms() if at_ms is None else at_ms
    order = {
        "order_id": order_id,
        "status": "pending_payment",
        "created_at": rfc3339(at_ms),
        "buyer": {"id": buyer, "registered_at": "2024-01-01T00:00:00+08:00"},
        "lines": [{"line_id": "1", "sku": sku, "quantity": 1, "unit_price": "59.00"}],
        "amount": "59.00",
        "currency": "CNY",
        "device": {"id": f"phone-of-{buyer}"},
    }
    return event(f"{order_id}.placed", "order.created", {"order": order}, at_ms=at_ms)


def burst(buyer: str, orders: int = 5) -> list[Json]:
    """One buyer orders one product again and again: a high alert, found by the last of them."""
    return [placed(f"{buyer}-{number}", buyer, sku=f"for-{buyer}") for number in range(orders)]


def is_proof() -> bool:
    """Whether the long counts are asked for."""
    return bool(os.environ.get("ORDERGUARD_PROVE"))
