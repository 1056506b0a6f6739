"""GET /api/v1/playbooks: what is done, step by step."""

import msgspec
from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import Bilingual, Page, Shape
from orderguard.domain.alerts import Severity
from orderguard.domain.library import Playbook as PlaybookFile
from orderguard.domain.library import StepAnswer
from orderguard.flows.present import Json

router = APIRouter(prefix="/playbooks", tags=["rules"], dependencies=[Depends(signed_in)])


class Condition(Shape):
    """An earlier step, and the answers of it that count."""

    step: str
    answers: list[StepAnswer]


class PlaybookStep(Shape):
    """`after_ms` counts from the start of the run, or the end of `after_step` or `on`."""

    step: str
    action: str
    after_ms: int
    after_step: str | None
    only_if: str | None
    on: Condition | None
    unless: Condition | None
    undoes: str | None
    wait_ms: int
    due_ms: int | None
    is_each: bool
    values: dict[str, str]


class Playbook(Shape):
    """`severity` null: it mends what the health rules `mends` find.."""

    id: str
    version: str
    title: Bilingual
    severity: Severity | None
    holds_per_hour: int | None
    steps: list[PlaybookStep]
    mends: list[str]


class PlaybookPage(Page):
    items: list[Playbook]


@router.get("", response_model=PlaybookPage)
async def list_playbooks(context: Given) -> Response:
    """The playbooks in force."""
    library = context.live.fold.engine.library
    mends: dict[str, list[str]] = {}
    for rule in library.health:
        if rule.mend is not None:
            mends.setdefault(rule.mend, []).append(rule.id)
    playbooks = (*library.playbooks, *library.mending)
    items = [_playbook_json(one, mends.get(one.id, [])) for one in playbooks]
    return answer({"items": items, "next_cursor": None})


def _playbook_json(playbook: PlaybookFile, mends: list[str]) -> Json:
    return {
        "id": playbook.id,
        "version": playbook.version,
        "title": {"en": playbook.title.en, "zh": playbook.title.zh},
        "severity": playbook.severity,
        "holds_per_hour": playbook.holds_per_hour,
        "steps": [
            {
                "step": step.step,
                "action": step.action,
                "after_ms": step.after_ms,
                "after_step": step.after_step,
                "only_if": step.only_if,
                "on": None if step.on is None else msgspec.to_builtins(step.on),
                "unless": None if step.unless is None else msgspec.to_builtins(step.unless),
                "undoes": step.undoes,
                "wait_ms": step.wait_ms,
                "due_ms": step.due_ms,
                "is_each": step.is_each,
                "values": step.values,
            }
            for step in playbook.steps
        ],
        "mends": mends,
    }
