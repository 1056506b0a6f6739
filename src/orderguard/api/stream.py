"""GET /api/v1/stream: alerts, cases and the health as they change, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Send

from orderguard.api.access import signed_in
from orderguard.api.context import Context, Given
from orderguard.api.needs import Place
from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.errors import BadInput, Overloaded
from orderguard.flows.present import alert_json, case_json

STREAMS_MAX = 200
RETRY_MS = 1_000
"""How long a browser waits before it comes back."""

SILENCE_S = 15.0
"""After so long a comment shows that somebody is there."""

router = APIRouter(tags=["stream"], dependencies=[Depends(signed_in)])

T = TypeVar("T")

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
_encode = msgspec.json.Encoder(decimal_format="string").encode


async def _seat(context: Given) -> AsyncIterator[None]:
    """A place among the listeners, for as long as the answer lasts."""
    streams = context.metrics.streams
    if streams >= STREAMS_MAX:
        raise Overloaded(f"{STREAMS_MAX} streams are open already.", retry_after_s=10)
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
        raise BadInput("`Last-Event-ID` is no id of this stream.", hint="Leave it out.")
    return int(place[1]), int(place[2])


class EventStream(StreamingResponse):
    """Server-sent events as they are yielded, each a frame.

    FastAPI's own way for a generator hands each event through three tasks: 2 ms a listener and
    event, where a busy sale has dozens of alerts a second.
    """

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        super().__init__(frames, headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        self._frames = frames

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._frames):
            await super().stream_response(send)


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
    return EventStream(_frames(context, since))


async def _frames(context: Context, since: Place | None) -> AsyncGenerator[bytes, None]:
    alerts, healths = context.live.subscribe(since), context.pulse.listen()
    alert, health = _next(alerts), _next(healths)
    try:
        yield format_sse_event(comment="open", retry=RETRY_MS)
        while True:
            either: set[asyncio.Future[Any]] = {alert, health}
            await asyncio.wait(either, timeout=SILENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if health.done():
                yield format_sse_event(event="health", data_str=health.result())
                health = _next(healths)
            elif not alert.done():
                yield format_sse_event(comment="ping")
            if alert.done():
                told = alert.result()
                if told is None:
                    return
                yield b"".join(_frame(place, changed) for place, changed in told)
                alert = _next(alerts)
    finally:
        alert.cancel()
        health.cancel()
        await asyncio.gather(alert, health, return_exceptions=True)


def _next(source: AsyncIterator[T]) -> asyncio.Future[T | None]:
    """What comes next, None at the end."""
    return asyncio.ensure_future(anext(source, None))


def _frame(place: Place, told: Alert | Case) -> bytes:
    offset, number = place
    name, data = (
        ("case", case_json(told)) if isinstance(told, Case) else ("alert", alert_json(told))
    )
    text = _encode(data).decode()
    return format_sse_event(event=name, id=f"{offset}.{number}", data_str=text)
