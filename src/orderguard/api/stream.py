"""GET /api/v1/stream: alerts as they open and grow, as server-sent events."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from orderguard.api.access import signed_in
from orderguard.api.context import Given
from orderguard.api.needs import Place
from orderguard.errors import BadInput, Overloaded
from orderguard.flows.present import alert_json

STREAMS_MAX = 200
RETRY_MS = 1_000
"""How long a browser waits before it comes back."""

router = APIRouter(tags=["stream"], dependencies=[Depends(signed_in)])

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


@router.get("/stream", response_class=EventSourceResponse, dependencies=[Depends(_seat)])
async def stream(
    context: Given, since: Annotated[Place | None, Depends(_since)]
) -> AsyncIterator[ServerSentEvent]:
    """`event: alert`, `id: <offset>.<n>`, `data`: the alert, when it opens and each time it grows.

    Without Last-Event-ID (a header, or the query's `last_event_id`) from now on, with it first
    what changed since. A comment comes every 15 s in silence. A listener that is too slow is cut
    off, and comes back with the last id it saw.
    """
    yield ServerSentEvent(comment="open", retry=RETRY_MS)
    async for (offset, number), alert in context.live.subscribe(since):
        yield ServerSentEvent(
            event="alert",
            id=f"{offset}.{number}",
            raw_data=_encode(alert_json(alert)).decode(),
        )
