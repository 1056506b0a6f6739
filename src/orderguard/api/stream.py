"""GET /api/v1/stream: alerts, cases and the health as they change, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

from orderguard.api.access import signed_in
from orderguard.api.context import Context, Given
from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput, Overloaded
from orderguard.flows.listeners import Place

STREAMS_MAX = 200
RETRY_MS = 1_000
"""How long a browser waits before it comes back."""

SILENCE_S = 15.0
"""After so long a comment shows that somebody is there."""

router = APIRouter(tags=["stream"], dependencies=[Depends(signed_in)])

_DATA = {
    "type": "string",
    "contentMediaType": "application/json",
    "contentSchema": {
        "oneOf": [
            {"$ref": "#/components/schemas/Alert"},
            {"$ref": "#/components/schemas/Case"},
            {"$ref": "#/components/schemas/Health"},
        ]
    },
}
_ITEM = {
    "type": "object",
    "properties": {
        "data": _DATA,
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}
_DESCRIBED = {"responses": {"200": {"content": {"text/event-stream": {"itemSchema": _ITEM}}}}}
_PLACE = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})\Z")


async def _seat(context: Given) -> AsyncIterator[None]:
    """A place among the listeners, for as long as the answer lasts."""
    streams = context.metrics.streams
    if streams >= STREAMS_MAX:
        raise Overloaded(
            Bilingual(
                f"{STREAMS_MAX} streams are open already.", f"已经开了 {STREAMS_MAX} 个实时流。"
            ),
            retry_after_s=10,
        )
    context.metrics.streams += 1
    try:
        yield
    finally:
        context.metrics.streams -= 1


LastId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=64)]
LastIdInQuery = Annotated[str | None, Query(max_length=64)]


async def _since(header: LastId = None, last_event_id: LastIdInQuery = None) -> Place | None:
    """Where the listener was; the header counts, since a browser sends it when it comes back."""
    text = header or last_event_id
    if not text:
        return None
    place = _PLACE.match(text)
    if place is None:
        raise BadInput(
            Bilingual(
                "`Last-Event-ID` is no id of this stream.", "`Last-Event-ID` 不是这个流的编号。"
            ),
            hint=Bilingual("Leave it out.", "请不要写它。"),
        )
    return int(place[1]), int(place[2])


class Line:
    """A listener's connection. The bell is rung when there may be something to send, or no use."""

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self.is_gone = False


class EventStream(StreamingResponse):
    """Server-sent events as they are yielded, each a frame.

    FastAPI's own way for a generator hands each event through three tasks: 2 ms a listener and
    event, where a busy sale has dozens of alerts a second. Starlette's cancels whoever has left,
    and the cancelled hold each other: `kit/collector.py` would find them hours later.
    """

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], line: Line) -> None:
        super().__init__(frames, headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        self._frames, self._line = frames, line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's.
        leaving = asyncio.create_task(self._notice(receive))
        try:
            async with aclosing(self._frames):
                await self.stream_response(send)
        finally:
            leaving.cancel()

    async def _notice(self, receive: Receive) -> None:
        """Say so once the listener has left; the frames then end by themselves."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._line.is_gone = True
        self._line.bell.set()


@router.get(
    "/stream",
    response_class=EventStream,
    status_code=200,
    dependencies=[Depends(_seat)],
    openapi_extra=_DESCRIBED,
)
async def stream(context: Given, since: Annotated[Place | None, Depends(_since)]) -> EventStream:
    """Alerts as they open and grow, cases as they change, the health about once a second.

    `event: alert` or `case`, `id: <offset>.<n>`, `data`: the alert or the case. Without
    Last-Event-ID (a header, or the query's `last_event_id`) from now on, with it first what
    changed since. `event: health` has no id: a listener that comes back after one misses nothing.
    A comment comes every 15 s in silence. A listener that is too slow is cut off, and comes back
    with the last id it saw.
    """
    line = Line()
    return EventStream(_frames(context, since, line), line)


async def _frames(context: Context, since: Place | None, line: Line) -> AsyncGenerator[bytes, None]:
    bell, frames = line.bell, context.frames
    with context.live.listening(bell) as changes, context.pulse.listening(bell) as health:
        yield format_sse_event(comment="open", retry=RETRY_MS)
        last = since or (0, 0)
        if since is not None and not changes.is_over:
            async for missed in context.live.missed(since):
                last = missed[-1][0]
                yield b"".join(frames.change(place, told) for place, told in missed)
        while not (changes.is_over or line.is_gone):
            bell.clear()
            # What came while the missed was read may be among it.
            told = [frames.change(*change) for change in changes.take() if change[0] > last]
            if (newest := health.take()) is not None:
                told.append(frames.health(newest))
            if told:
                yield b"".join(told)
            elif not await _is_rung(bell):
                yield format_sse_event(comment="ping")


async def _is_rung(bell: asyncio.Event) -> bool:
    """Whether it is, before the silence is too long."""
    try:
        async with asyncio.timeout(SILENCE_S):
            await bell.wait()
    except TimeoutError:
        return False
    return True
