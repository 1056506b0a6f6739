"""POST /webhooks/{channel}/{shop}: a raw ASGI app, since nothing else is called as often."""

import asyncio
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from orderguard.domain.ports import Answer, RawMessage
from orderguard.errors import (
    BodyTooLarge,
    BodyTooSlow,
    EncodedBody,
    NotReady,
    OrderGuardError,
    Overloaded,
    WrongMethod,
)
from orderguard.gateway.problems import (
    CONTENT_TYPE,
    Problem,
    is_foreseen,
    problem_of,
    retry_after_s,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Observe = Callable[[str, int, float], None]
"""Called after each request with its route, the status answered and the seconds it took."""

ROUTE = "/webhooks/{channel}/{shop}"
FAILURES_TOLD_EVERY_S = 10.0
PATH_BYTES_MAX = 2048
PLACES_REMEMBERED = 1024
CLIENT_CLOSED_REQUEST = 499
"""Observed for a sender who hung up: no answer was sent."""

_PREFIX = b"/webhooks/"
_CLOSE = (b"connection", b"close")
_POST = (b"allow", b"POST")
METHODS = frozenset({"POST", "GET"})
"""A GET is how some platforms check an address; most channels know none."""
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f/]")
_PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")

log = logging.getLogger(__name__)


class GatewayLimits(Struct, frozen=True, kw_only=True):
    """What one sender may cost us.

    `bodies_parallel_max` counts only bodies that come in pieces: one that is there at once is
    always read, so that slow senders cannot keep the others out.
    """

    body_bytes_max: int = 1024 * 1024
    body_s_max: float = 10.0
    bodies_parallel_max: int = 64
    retry_after_s: int = 1


class Intake(Protocol):
    async def receive(self, channel: str, shop: str, message: RawMessage) -> Answer: ...

    def refusal(self, channel: str, status: int, reason: str) -> Answer | None:
        """A refusal in the platform's own words; None where ours will do."""
        ...


class _Disconnected(Exception):
    """The sender hung up before the end of the body."""


class _Failures:
    """Failures of our own come with every call while they last: a full disk must not fill a log."""

    def __init__(self) -> None:
        self._kinds: dict[type[Exception], tuple[float, int]] = {}
        """For each kind when it was told last, and how many came since."""

    def tell(self, error: Exception) -> None:
        kind, now = type(error), time.monotonic()
        told_at, untold = self._kinds.get(kind, (-math.inf, 0))
        if now < told_at + FAILURES_TOLD_EVERY_S:
            self._kinds[kind] = (told_at, untold + 1)
            return
        self._kinds[kind] = (now, 0)
        more = f" ({untold} more since this was told)" if untold else ""
        is_expected = isinstance(error, OrderGuardError)
        trace = None if is_expected else error
        log.error("A webhook could not be taken in%s: %s", more, error, exc_info=trace)


class _Patience:
    """Ends waits of one length, as `asyncio.timeout` does, with one timer for all of them.

    Nearly every body is there at once: a timer for each costs more than reading most.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._every = seconds, seconds / 10
        self._waiting: dict[asyncio.Task[Any], float] = {}
        """When each wait is to end, on the monotonic clock, the next one first."""
        self._ended: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Task[Any]:
        """Let what this task waits for end after the length, and at most a tenth of it later."""
        task = asyncio.current_task()
        assert task is not None, "each request is a task"
        self._waiting[task] = time.monotonic() + self._seconds
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._every, self._look)
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        self._waiting.pop(task, None)
        self._ended.discard(task)

    def is_over(self, task: asyncio.Task[Any]) -> bool:
        """Whether a cancellation is the end of the wait, and nobody else's wish."""
        return task in self._ended and task.uncancel() == 0

    def _look(self) -> None:
        now = time.monotonic()
        for task in [task for task, end in self._waiting.items() if end <= now]:
            del self._waiting[task]
            self._ended.add(task)
            task.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._every, self._look) if self._waiting else None


class WebhookApp:
    def __init__(
        self,
        intake: Intake,
        limits: GatewayLimits,
        *,
        is_ready: Callable[[], bool],
        observe: Observe = lambda _route, _status, _seconds: None,
    ) -> None:
        self._intake, self._limits = intake, limits
        self._is_ready, self._observe = is_ready, observe
        self._bodies = 0
        self._patience = _Patience(limits.body_s_max)
        self._failures = _Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            status = await self._answer(scope, receive, send)
        except _Disconnected:
            status = CLIENT_CLOSED_REQUEST
        self._observe(ROUTE, status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        path = scope["raw_path"]
        place = _place(path) if len(path) <= PATH_BYTES_MAX else None
        if place is None:
            return await _refuse(send, HTTPStatus.NOT_FOUND, "There is no such path.")
        if scope["method"] not in METHODS:
            return await _refuse(send, HTTPStatus.METHOD_NOT_ALLOWED, "Webhooks are posted.", _POST)
        channel, shop, path = place
        try:
            message = await self._message(scope, receive, path)
            answer = await self._intake.receive(channel, shop, message)
        except _Disconnected:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a sender comes back on a 503.
            if not is_foreseen(error):
                self._failures.tell(error)
            return await self._explain(send, error, channel)
        await _send(send, answer)
        return answer.status

    async def _explain(self, send: Send, error: Exception, channel: str) -> int:
        problem = problem_of(error)
        headers = []
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", str(retry_after_s(error)).encode()))
        if isinstance(error, BodyTooLarge | BodyTooSlow | Overloaded):
            headers.append(_CLOSE)  # What is left of the body is not read.
        if isinstance(error, WrongMethod):
            headers.append(_POST)
        answer = self._intake.refusal(channel, problem.status, problem.detail)
        if answer is None:
            answer = Answer(problem.status, problem.encoded(), CONTENT_TYPE)
        await _send(send, answer, *headers)
        return answer.status

    async def _message(self, scope: Scope, receive: Receive, path: str) -> RawMessage:
        if not self._is_ready():
            raise NotReady("The server is starting.", retry_after_s=self._limits.retry_after_s)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        encoding = headers.get("content-encoding", "identity")
        if encoding.strip().lower() != "identity":
            raise EncodedBody("Encoded bodies are not read.", hint="Send without Content-Encoding.")
        length = headers.get("content-length", "")
        # The server below has made sure that a length is a number.
        if length and int(length) > self._limits.body_bytes_max:
            raise self._too_large()
        body = await self._body(receive)
        query = scope["query_string"].decode("latin-1")
        return RawMessage(headers, query, body, scope["method"], path)

    async def _body(self, receive: Receive) -> bytes:
        waiting = self._patience.begin()
        try:
            body, is_whole = await _next_piece(receive)
            if not is_whole:
                body = await self._in_pieces(receive, body)
        except asyncio.CancelledError as error:
            if not self._patience.is_over(waiting):
                raise
            raise BodyTooSlow(
                f"The body did not arrive within {self._limits.body_s_max:g} s."
            ) from error
        finally:
            self._patience.end(waiting)
        if len(body) > self._limits.body_bytes_max:
            raise self._too_large()
        return body

    async def _in_pieces(self, receive: Receive, first: bytes) -> bytes:
        if self._bodies >= self._limits.bodies_parallel_max:
            raise Overloaded(
                "Too many bodies are being received.", retry_after_s=self._limits.retry_after_s
            )
        self._bodies += 1
        try:
            body, is_whole = bytearray(first), False
            while not is_whole and len(body) <= self._limits.body_bytes_max:
                piece, is_whole = await _next_piece(receive)
                body += piece
            return bytes(body)
        finally:
            self._bodies -= 1

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            f"The body is over {self._limits.body_bytes_max} bytes.", hint="Send smaller batches."
        )


@lru_cache(PLACES_REMEMBERED)
def _place(raw_path: bytes) -> tuple[str, str, str] | None:
    """The channel, the shop and what follows; None for any other path, or bad percent-encoding."""
    names = raw_path.removeprefix(_PREFIX)
    if names == raw_path or not names.count(b"/") or _STRAY_PERCENT.search(names):
        return None
    try:
        channel, shop, *rest = (unquote_to_bytes(name).decode() for name in names.split(b"/", 2))
    except UnicodeDecodeError:
        return None
    if not (channel and shop) or _CONTROL.search(channel) or _CONTROL.search(shop):
        return None
    if rest and not _PATH.fullmatch(rest[0]):
        return None
    return channel, shop, "".join(rest)


async def _next_piece(receive: Receive) -> tuple[bytes, bool]:
    """The next bytes of the body, and whether they are the last."""
    piece = await receive()
    if piece["type"] == "http.disconnect":
        raise _Disconnected
    return piece.get("body", b""), not piece.get("more_body", False)


async def _refuse(
    send: Send, status: HTTPStatus, detail: str, *headers: tuple[bytes, bytes]
) -> int:
    problem = Problem("about:blank", status.phrase, status, detail)
    await _send(send, Answer(status, problem.encoded(), CONTENT_TYPE), _CLOSE, *headers)
    return status


async def _send(send: Send, answer: Answer, *headers: tuple[bytes, bytes]) -> None:
    start = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": start})
    await send({"type": "http.response.body", "body": answer.body})
