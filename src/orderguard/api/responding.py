"""What is to be done and not done yet, what people have stopped, and what waits for their word."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Editor, signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    answer,
    page,
    read_cursor,
)
from orderguard.api.context import Given
from orderguard.api.responding_shapes import OutboxPage, Stop, StopPage
from orderguard.bilingual import Bilingual
from orderguard.domain.entries import ResponseReceipt, StoppableKind, Stopped
from orderguard.errors import BadInput, NotFound
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339
from orderguard.responses import APPROVED, Portion, Run, RunStep

router = APIRouter(tags=["responses"], dependencies=[Depends(signed_in)])

_Unsent = tuple[Run, RunStep, Portion]


class StopRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: StoppableKind
    name: Annotated[
        str,
        Field(min_length=1, max_length=300, description="A rule, an action, or CHANNEL/SHOP"),
    ]
    reason: Annotated[str, Field(max_length=500)] = ""


@router.get("/outbox", response_model=OutboxPage)
async def show_outbox(
    context: Given,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """What is due or begun and has not ended, by alert."""
    after = ("", "") if cursor is None else read_cursor(cursor, tuple[str, str])
    live = context.live
    alerts = sorted(name for name in live.fold.tables.outbox if name >= after[0])
    unsent = (
        (run, step, portion)
        for name in alerts
        if (run := live.run(name)) is not None
        for step, portion in sorted(run.unsent, key=lambda one: one[1].key)
        if (name, portion.key) > after
    )
    found: list[_Unsent] = list(islice(unsent, PAGE_ITEMS_MAX + 1))
    return page(found, _unsent_json, lambda one: (one[0].alert_id, one[2].key))


@router.get("/stops", response_model=StopPage)
async def show_stops(context: Given) -> Response:
    """What people have stopped."""
    stops = [stop for _, stop in context.live.fold.tables.stopped.items()]
    return answer({"items": [_stop_json(stop) for stop in stops], "next_cursor": None})


@router.post("/stops", response_model=Stop, status_code=201)
async def stop(context: Given, account: Editor, request: StopRequest) -> Response:
    """Stop all responses of a rule, by an action, or in a shop. In force when this answers."""
    note = Stopped(
        received_ms=0,
        by=account.name,
        kind=request.kind,
        name=request.name,
        reason=request.reason,
    )
    await context.live.note(note)
    standing = context.live.fold.tables.stopped.get(f"{note.kind}/{note.name}") or note
    return answer(_stop_json(standing), 201)


@router.delete("/stops", status_code=204)
async def go_on(
    context: Given,
    account: Editor,
    kind: StoppableKind,
    name: Annotated[str, Query(min_length=1, max_length=300)],
) -> Response:
    """Let it go on. What was skipped meanwhile stays skipped."""
    if context.live.fold.tables.stopped.get(f"{kind}/{name}") is None:
        raise NotFound(
            Bilingual("It is not stopped.", "它没有被停用。"),
            hint=Bilingual("GET /api/v1/stops tells what is.", "停用了什么见 GET /api/v1/stops。"),
        )
    await context.live.note(Stopped(received_ms=0, by=account.name, kind=kind, name=name, on=False))
    return Response(status_code=204)


@router.post("/alerts/{alert_id}/steps/{step}/approve", status_code=204)
async def approve(context: Given, account: Editor, alert_id: str, step: str) -> Response:
    """Let a step be done that waits for a person, such as a hold over its hourly budget."""
    run = context.live.run(alert_id)
    waiting = [] if run is None else [one for one in run.steps if one.step == step]
    if not waiting:
        raise NotFound(Bilingual("There is no such step.", "没有这个步骤。"))
    if not any(one.waits_for for one in waiting):
        raise BadInput(Bilingual("The step does not wait for a person.", "这个步骤不在等人处理。"))
    await context.live.note(
        ResponseReceipt(
            received_ms=0, by=account.name, alert_id=alert_id, step=step, outcome=APPROVED
        )
    )
    return Response(status_code=204)


def _unsent_json(one: _Unsent) -> Json:
    run, step, portion = one
    return {
        "alert_id": run.alert_id,
        "step": step.step,
        "action": step.action,
        "key": portion.key,
        "state": portion.state,
        "due_at": rfc3339(portion.due_at),
        "order_ids": [key.order_id for key in step.orders[portion.first : portion.end]],
    }


def _stop_json(stop: Stopped) -> Json:
    return {
        "kind": stop.kind,
        "name": stop.name,
        "reason": stop.reason,
        "by": stop.by,
        "stopped_at": rfc3339(stop.received_ms),
    }
