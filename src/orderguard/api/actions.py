"""GET /api/v1/actions: what can be done outside here, and how each provider fares."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.responding_shapes import ActionPage
from orderguard.domain.entries import StoppableKind
from orderguard.domain.library import Playbook
from orderguard.flows.connected import ActionState
from orderguard.flows.present import Json

router = APIRouter(prefix="/actions", tags=["responses"], dependencies=[Depends(signed_in)])


@router.get("", response_model=ActionPage)
async def list_actions(context: Given) -> Response:
    """Every kind of action, whether it is connected, and which steps ask for it.

    A server that only watches connects none.
    """
    library = context.live.fold.engine.library
    playbooks = (*library.playbooks, *library.mending)
    items = [_action_json(context, state, playbooks) for state in context.action_states()]
    return answer({"items": items, "next_cursor": None})


def _action_json(context: Context, state: ActionState, playbooks: Sequence[Playbook]) -> Json:
    stopped = context.live.fold.tables.stopped.get(f"{StoppableKind.ACTION}/{state.name}")
    fares = state.fares
    return {
        "name": state.name,
        "title": state.title,
        "is_connected": state.is_connected,
        "is_repeatable": state.is_repeatable,
        "sends_codes": state.sends_codes,
        "asked_by": [
            {"playbook": playbook.id, "step": step.step}
            for playbook in playbooks
            for step in playbook.steps
            if step.action == state.name
        ],
        "is_stopped": stopped is not None,
        "is_down": None if fares is None else fares.is_down,
        "rests_ms": None if fares is None else fares.rests_ms,
        "outcomes": state.outcomes,
    }
