"""The message channel of the Taobao Open Platform: a real websocket server that speaks TMC.

What is published waits until a client that signed in asks for it, and comes again until it is
confirmed. It can lose, repeat and shuffle messages, break connections, and refuse.
"""

import asyncio
import itertools
import random
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.postman import NO_TROUBLES, Troubles
from orderguard.simulate.providers.server import HOST

PULLED_MAX = 200
"""Messages that one pull request brings at most."""
START_S_MAX = 10.0
REFUSED_CODE = 21


class Waiting(Struct, kw_only=True):
    """A message that is not confirmed. `sent_at`: on the loop's clock, None until it is due."""

    number: int
    topic: str
    content: str
    time_ms: int
    sent_at: float | None = None
    retried: int = 0


class TmcServer:
    """Listens from its making to `close`, in a thread of its own.

    `frames` codes and reads frames; `admits` says whether the headers of a CONNECT are signed.
    """

    def __init__(self, *, frames: ModuleType, admits: Callable[[Mapping[str, Any]], bool]) -> None:
        self.frames, self.admits = frames, admits
        self.redeliver_s = 0.5
        self.troubles, self._rng = NO_TROUBLES, random.Random(1)
        self.is_refusing = False
        self.is_confirming_lost = False
        """Whether confirmations get lost on their way."""
        self.code_bytes = 4
        self.waiting: dict[int, Waiting] = {}
        self.confirmed: list[int] = []
        self.failed: list[int] = []
        self.connects = self.pulls = self.sent = 0
        self._numbers = itertools.count(7_000_000_000_000_000_001)
        self._changed = threading.Condition()
        self._sockets: set[ServerConnection] = set()
        self._loop = asyncio.new_event_loop()
        self._is_up, self._stop = threading.Event(), asyncio.Event()
        self.url = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._is_up.wait(START_S_MAX)

    def publish(self, messages: Sequence[RawMessage]) -> None:
        """Let calls to a webhook come here instead: one message each, in the pull API's shape."""
        for message in messages:
            said = msgspec.json.decode(message.body, type=dict[str, Any])
            if self._rng.random() < self.troubles.lost:
                continue
            for _ in range(1 + (self._rng.random() < self.troubles.repeated)):
                self._add(said)

    def trouble(self, troubles: Troubles, seed: int) -> None:
        """From now on what is published meets these troubles."""
        self.troubles, self._rng = troubles, random.Random(seed)

    def drop(self) -> None:
        """Break every connection, without a word."""
        self._loop.call_soon_threadsafe(self._break)

    def blurt(self, data: bytes) -> None:
        """Send these bytes to every client, be they a frame or not."""
        for socket in list(self._sockets):
            asyncio.run_coroutine_threadsafe(socket.send(data), self._loop).result(START_S_MAX)

    def settled(self, seconds: float, count: int = 0) -> bool:
        """Wait until nothing waits, and so many were confirmed; whether that came about."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self.waiting and len(self.confirmed) >= count, seconds
            )

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _add(self, said: Mapping[str, Any]) -> None:
        # One that comes twice has a number of its own: that a number stays is not established.
        known = int(said.get("id") or 0)
        number = known if known and known not in self.waiting else next(self._numbers)
        with self._changed:
            self.waiting[number] = Waiting(
                number=number,
                topic=said["topic"],
                content=said["content"],
                time_ms=int(said["time"]),
            )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        async with serve(self._talk, HOST, 0, compression=None) as server:
            self.url = f"ws://{HOST}:{next(iter(server.sockets)).getsockname()[1]}/"
            self._is_up.set()
            await self._stop.wait()

    def _break(self) -> None:
        for socket in list(self._sockets):
            socket.transport.abort()

    async def _talk(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        try:
            token = await self._sign_in(socket)
            async for data in socket:
                if token is None or not isinstance(data, bytes):
                    return
                frame = self.frames.decode(data)
                if frame.token != token:
                    return
                await self._hear(socket, frame)
        except (ConnectionClosed, self.frames.UnreadableFrame):
            return
        finally:
            self._sockets.discard(socket)

    async def _sign_in(self, socket: ServerConnection) -> str | None:
        data = await socket.recv()
        frame = self.frames.decode(data)
        ack = self.frames.FrameKind.CONNECTACK
        is_first = frame.kind == self.frames.FrameKind.CONNECT
        if self.is_refusing or not is_first or not self.admits(frame.headers):
            no = self.frames.Frame(kind=ack, code=REFUSED_CODE, phrase="sign error")
            await socket.send(self.frames.encode(no, code_bytes=self.code_bytes))
            return None
        token = secrets.token_hex(8)
        self.connects += 1
        yes = self.frames.Frame(kind=ack, code=0, token=token)
        await socket.send(self.frames.encode(yes, code_bytes=self.code_bytes))
        return token

    async def _hear(self, socket: ServerConnection, frame: Any) -> None:
        kinds, number = self.frames.MessageKind, frame.headers.get("id")
        match frame.headers.get(self.frames.KIND):
            case kinds.PULL_REQUEST:
                self.pulls += 1
                await self._deliver(socket)
            case kinds.CONFIRM if not self.is_confirming_lost:
                with self._changed:
                    if self.waiting.pop(number, None) is not None:
                        self.confirmed.append(number)
                    self._changed.notify_all()
            case kinds.FAILED:
                with self._changed:
                    self.failed.append(number)
                    if known := self.waiting.get(number):
                        known.sent_at, known.retried = None, known.retried + 1

    async def _deliver(self, socket: ServerConnection) -> None:
        now = self._loop.time()
        with self._changed:
            due = [
                one
                for one in self.waiting.values()
                if one.sent_at is None or now - one.sent_at >= self.redeliver_s
            ][:PULLED_MAX]
        if self._rng.random() < self.troubles.reordered:
            self._rng.shuffle(due)
        for one in due:
            one.retried += one.sent_at is not None
            one.sent_at = now
            self.sent += 1
            await socket.send(self.frames.encode(self._frame(one)))

    def _frame(self, one: Waiting) -> Any:
        headers = {
            self.frames.KIND: self.frames.MessageKind.DATA,
            "id": one.number,
            "topic": one.topic,
            "content": one.content,
            "dataid": one.number,
            "userid": 2_200_000_000_001,
            "publisher": "12497914",
            "time": self.frames.Moment(one.time_ms),
            "outtime": self.frames.Moment(one.time_ms + 100),
            "retried": one.retried,
        }
        return self.frames.Frame(kind=self.frames.FrameKind.SEND, flag=1, headers=headers)
