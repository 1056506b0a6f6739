"""The gateway as senders meet it: uvicorn with httptools on a loopback port."""

import asyncio
import http.client
import json
import logging
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, Self

import pytest
import uvicorn

from orderguard.channels import discover
from orderguard.channels.standard.signer import sign
from orderguard.domain.ports import Answer, RawMessage, ShopConfig
from orderguard.errors import Overloaded, StoreFailure
from orderguard.flows.ingest import Intake
from orderguard.flows.writer import IntakeLimits, Writer
from orderguard.gateway import BoundedHttp, GatewayLimits, WebhookApp, protocol, webhooks
from orderguard.kit.clock import SystemClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog

HOST = "127.0.0.1"
LIMITS = GatewayLimits(body_bytes_max=20_000, body_s_max=0.5, bodies_parallel_max=3)
CHANNELS = discover()
SECRET = CHANNELS["standard"].new_secret()
PATH = "/webhooks/standard/demo"


class Shops:
    def find(self, channel: str, shop: str) -> ShopConfig | None:
        names = {("standard", "demo"), ("standard", "茶 店"), ("shopify", "demo")}
        if (channel, shop) not in names:
            return None
        return ShopConfig(channel=channel, shop=shop, secrets=(SECRET,))

    def all(self) -> Iterable[ShopConfig]:
        return ()


class Faulty:
    """An intake that fails on demand."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.error: Exception | None = None

    async def receive(self, channel: str, shop: str, message: RawMessage) -> Answer:
        if self.error:
            raise self.error
        return await self._intake.receive(channel, shop, message)

    def refusal(self, *told: Any) -> Answer | None:
        return self._intake.refusal(*told)


class Served:
    """A server in a thread of its own."""

    def __init__(self) -> None:
        self.log, self.is_ready = MemoryLog(), True
        self.observed: list[tuple[str, int]] = []
        self._serving = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    async def _serve(self) -> None:
        clock = SystemClock()
        writer = Writer(self.log, clock, limits=IntakeLimits(), on_committed=lambda _: None)
        writer.start()
        self.intake = Faulty(
            Intake(
                channels=CHANNELS,
                shops=Shops(),
                keys=Keyring.for_replay(),
                writer=writer,
                clock=clock,
            )
        )
        app = WebhookApp(
            self.intake,
            LIMITS,
            is_ready=lambda: self.is_ready,
            observe=lambda route, status, _: self.observed.append((route, status)),
        )
        with socket.create_server((HOST, 0)) as listening:
            self.port = listening.getsockname()[1]
            config = uvicorn.Config(
                app, http=BoundedHttp, ws="none", lifespan="off", log_config=None
            )
            self.server = uvicorn.Server(config)
            self._serving.set()
            await self.server.serve([listening])
        await writer.stop()

    def sees(self, status: int) -> bool:
        """Whether the newest call is told of with this status, be it a moment after its answer."""
        limit, told = time.monotonic() + 5, [(webhooks.ROUTE, status)]
        while self.observed[-1:] != told and time.monotonic() < limit:
            time.sleep(0.01)
        return self.observed[-1:] == told

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._serving.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with Served() as served:
        yield served


@pytest.fixture
def served(running: Served) -> Iterator[Served]:
    yield running
    running.is_ready, running.intake.error = True, None


def event(event_id: str, **members: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": "order.created",
        "occurred_at": "2026-11-11T00:00:00+08:00",
        "data": {"order": {"order_id": "o-1"}},
        **members,
    }


def signed(body: bytes) -> dict[str, str]:
    return sign(body, SECRET, time.time_ns() // 1_000_000)


class Told:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["status"] == self.status
        assert problem["type"]
        assert problem["title"]
        return problem


def ask(
    served: Served,
    body: bytes | Iterable[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    *,
    path: str = PATH,
    method: str = "POST",
) -> Told:
    with closing(http.client.HTTPConnection(HOST, served.port, timeout=5)) as line:
        line.request(method, path, body, dict(headers or {}))
        return Told(line.getresponse())


def post(served: Served, document: Any, *, path: str = PATH, **headers: str) -> Told:
    body = json.dumps(document).encode()
    return ask(served, body, {**signed(body), **headers}, path=path)


def raw(served: Served, *pieces: bytes, wait_s: float = 5.0) -> bytes:
    """What comes back, until the server closes the connection."""
    with socket.create_connection((HOST, served.port), timeout=wait_s) as line:
        for piece in pieces:
            line.sendall(piece)
        answer = b""
        try:
            while more := line.recv(65536):
                answer += more
        except ConnectionError:
            pass
        return answer


def test_an_event_is_taken_in(served: Served) -> None:
    told = post(served, event("a"))
    assert (told.status, json.loads(told.body)) == (202, {"accepted": 1, "duplicates": 0})
    assert told.headers["content-type"] == "application/json"
    assert served.sees(202)


def test_one_connection_serves_many(served: Served) -> None:
    with closing(http.client.HTTPConnection(HOST, served.port, timeout=5)) as line:
        for number in range(20):
            body = json.dumps(event(f"kept-{number}")).encode()
            line.request("POST", PATH, body, signed(body))
            assert Told(line.getresponse()).status == 202


def test_a_shop_may_have_any_name(served: Served) -> None:
    assert post(served, event("b"), path="/webhooks/standard/%E8%8C%B6%20%e5%ba%97").status == 202


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks",
        "/webhooks/",
        "/webhooks/standard",
        "/webhooks/standard/",
        "/webhooks//demo",
        "/webhooks/standard/demo/",
        "/webhooks/standard/demo/more",
        "/webhooks/standard/nobody",
        "/webhooks/nothing/demo",
        "/webhooks/standard/..%2f..%2fetc%2fpasswd",
        "/webhooks/standard/%00",
        "/webhooks/standard/%ff%fe",
        "/webhooks/standard/%zz",
        "/webhooks/standard/demo%",
        "/webhooks/standard/%2564emo",
        "/other/webhooks/standard/demo",
        "//webhooks/standard/demo",
        "/Webhooks/standard/demo",
    ],
)
def test_paths_that_lead_nowhere(served: Served, path: str) -> None:
    told = post(served, event("nowhere"), path=path)
    assert told.status == 404
    assert told.problem


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_webhooks_are_posted(served: Served, method: str) -> None:
    told = ask(served, method=method)
    assert (told.status, told.headers["allow"]) == (405, "POST")
    assert told.problem


def test_forgeries(served: Served) -> None:
    body = json.dumps(event("forged")).encode()
    for headers in ({}, signed(body + b" "), {**signed(body), "webhook-signature": "v1,AAAA"}):
        told = ask(served, body, headers)
        assert told.status == 401
        assert told.problem["type"] == "urn:orderguard:problem:signature-mismatch"


def test_malformed_bodies(served: Served) -> None:
    assert post(served, {"id": "x"}).problem["detail"].count("`type`") == 1
    assert post(served, [event("c"), {"id": "x"}]).problem["index"] == 1
    assert "index" not in post(served, {"id": "x"}).problem
    for body in (b"", b"{", b"\xff", b"[" * 10_000, b'{"a":NaN}'):
        assert ask(served, body, signed(body)).status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_encoded_bodies_are_not_read(served: Served, encoding: str) -> None:
    bomb = zlib.compress(b" " * 1_000_000)
    told = ask(served, bomb, {**signed(bomb), "content-encoding": encoding})
    assert told.status == 415
    assert told.problem


def test_identity_is_no_encoding(served: Served) -> None:
    assert post(served, event("d"), **{"content-encoding": "Identity"}).status == 202


def test_a_body_has_a_bound(served: Served) -> None:
    room = LIMITS.body_bytes_max - len(json.dumps(event("e", note="")))
    assert post(served, event("e", note="x" * room)).status == 202
    told = post(served, event("f", note="x" * (room + 1)))
    assert told.status == 413
    assert told.problem


def test_a_length_over_the_bound_is_refused_at_once(served: Served) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n".encode()
    assert raw(served, head).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_counted(served: Served) -> None:
    body = json.dumps(event("g")).encode()
    told = ask(served, iter([body[:10], body[10:]]), signed(body))
    assert told.status == 202
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    assert raw(served, head + chunk * 3).startswith(b"HTTP/1.1 413 ")


def test_slow_senders_are_cut_off_and_keep_no_one_out(served: Served) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n".encode()
    lines = []
    for piece in (b"", b"{", b"{", b"{", b"{", b"{"):
        line = socket.create_connection((HOST, served.port), timeout=5)
        line.sendall(head + piece)
        lines.append(line)
    time.sleep(0.1)
    assert post(served, event("meanwhile")).status == 202
    answers = [line.recv(65536)[:13] for line in lines]
    for line in lines:
        line.close()
    assert answers.count(b"HTTP/1.1 408 ") == 1 + LIMITS.bodies_parallel_max
    assert answers.count(b"HTTP/1.1 503 ") == 2


def test_who_hangs_up_is_not_answered(served: Served) -> None:
    with socket.create_connection((HOST, served.port), timeout=5) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{".encode())
        time.sleep(0.1)
    assert served.sees(499)


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 5\r\ncontent-length: 6\r\n",
        b"content-length: -1\r\n",
        b"content-length: " + b"9" * 400 + b"\r\n",
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"bad name: x\r\ncontent-length: 0\r\n",
        b"x: a\x01b\r\ncontent-length: 0\r\n",
        b"x: \x00\r\ncontent-length: 0\r\n",
        b": x\r\ncontent-length: 0\r\n",
        b"webhook-signature: v1,\xff\xfe\r\ncontent-length: 0\r\n",
        b"webhook-id: \xff\r\nwebhook-timestamp: 1\r\ncontent-length: 0\r\n",
        b"x: y\r\n" * 2000 + b"content-length: 0\r\n",
        b"x: " + b"y" * 50_000 + b"\r\ncontent-length: 0\r\n",
    ],
)
def test_abused_headers_are_the_senders_fault(served: Served, head: bytes) -> None:
    line = f"POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".encode()
    assert raw(served, line + head + b"\r\n")[:10] == b"HTTP/1.1 4"


def test_a_head_has_a_bound(served: Served) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\nx: ".encode()
    pieces = [b"y" * 16_384] * 64
    assert raw(served, head, *pieces[:5]).startswith(b"HTTP/1.1 431 ")


def test_a_head_must_come_in_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S_MAX", 0.2)
    assert raw(served, b"POST / HTTP/1.1\r\nhost: x\r\n") == b""
    assert raw(served) == b""


@pytest.mark.parametrize("line", [b"POST http:// HTTP/1.1", b"POST * HTTP/1.1", b"x", b"POST / X"])
def test_a_request_line_that_is_none(served: Served, line: bytes) -> None:
    answer = raw(served, line + b"\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    assert answer[:10] == b"HTTP/1.1 4"


def test_not_ready(served: Served) -> None:
    served.is_ready = False
    told = post(served, event("h"))
    assert (told.status, told.headers["retry-after"]) == (503, "1")
    assert told.problem["type"] == "urn:orderguard:problem:not-ready"


def test_overloaded(served: Served) -> None:
    served.intake.error = Overloaded("Too much waits for the log.", retry_after_s=7)
    told = post(served, event("i"))
    assert (told.status, told.headers["retry-after"]) == (503, "7")
    assert told.problem["detail"] == "Too much waits for the log."


@pytest.mark.parametrize(
    "error", [StoreFailure("disk full at /secret/place"), RuntimeError("a mistake of ours")]
)
def test_our_own_failures_are_logged_and_not_told(
    served: Served, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    served.intake.error = error
    with caplog.at_level(logging.ERROR, "orderguard.gateway.webhooks"):
        told = post(served, event("j"))
    assert (told.status, told.headers["retry-after"]) == (503, "5")
    assert str(error) not in told.body.decode()
    assert str(error) in caplog.text
    assert ("Traceback" in caplog.text) == isinstance(error, RuntimeError), "of what is unexpected"


def test_a_failure_that_lasts_is_told_once_for_many_calls(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.intake.error = StoreFailure("The disk is full.")
    for calls, every_s, said in ((1, 0.0, "is full"), (20, 3_600.0, ""), (1, 0.0, "(20 more ")):
        monkeypatch.setattr(webhooks, "FAILURES_TOLD_EVERY_S", every_s)
        caplog.clear()
        assert {post(served, event("k")).status for _ in range(calls)} == {503}
        assert said in caplog.text
        assert bool(said) == bool(caplog.text)
