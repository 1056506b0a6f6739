"""GET /api/v1/stream: alerts, cases and the health as they change, as server-sent events."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from orderguard.api.access import signed_in
from orderguard.api.context import Given
from orderguard.api.needs import Place
from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.errors import BadInput, Overloaded
from orderguard.flows.present import alert_json, case_json

STREAMS_MAX = 200
RETRY_MS = 1_000
"""How long a browser waits before it comes back."""

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
_DESCRIBED = {
    "responses": {
        "200": {"content": {"text/event-stream": {"itemSchema": {"properties": {"data": _DATA}}}}}
    }
}
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


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    dependencies=[Depends(_seat)],
    openapi_extra=_DESCRIBED,
)
async def stream(
    context: Given, since: Annotated[Place | None, Depends(_since)]
) -> AsyncIterator[ServerSentEvent]:
    """Alerts as they open and grow, cases as they change, the health about once a second.

    `event: alert` or `case`, `id: <offset>.<n>`, `data`: the alert or the case. Without
    Last-Event-ID (a header, or the query's `last_event_id`) from now on, with it first what
    changed since. `event: health` has no id: a listener that comes back after one misses nothing.
    A comment comes every 15 s in silence. A listener that is too slow is cut off, and comes back
    with the last id it saw.
    """
    yield ServerSentEvent(comment="open", retry=RETRY_MS)
    alerts, healths = context.live.subscribe(since), context.pulse.listen()
    alert, health = _next(alerts), _next(healths)
    try:
        while True:
            either: set[asyncio.Future[Any]] = {alert, health}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if health.done():
                yield ServerSentEvent(event="health", raw_data=health.result())
                health = _next(healths)
            if alert.done():
                told = alert.result()
                if told is None:
                    return
                yield _event(*told)
                alert = _next(alerts)
    finally:
        alert.cancel()
        health.cancel()
        await asyncio.gather(alert, health, return_exceptions=True)


def _next(source: AsyncIterator[T]) -> asyncio.Future[T | None]:
    """What comes next, None at the end."""
    return asyncio.ensure_future(anext(source, None))


def _event(place: Place, told: Alert | Case) -> ServerSentEvent:
    offset, number = place
    name, data = (
        ("case", case_json(told)) if isinstance(told, Case) else ("alert", alert_json(told))
    )
    return ServerSentEvent(event=name, id=f"{offset}.{number}", raw_data=_encode(data).decode())
