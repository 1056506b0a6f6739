"""Playbooks: what is done step by step, changes by two people, dry runs on past alerts."""

import asyncio
from collections.abc import Mapping

import msgspec
from fastapi import APIRouter, Depends, Response

from orderguard.api.access import RULE_MAKERS, RuleMaker, signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.library import library_of, publish
from orderguard.api.playbook_shapes import (
    DryRunAsked,
    PlaybookBook,
    PlaybookDraft,
    PlaybookPage,
    Tried,
)
from orderguard.api.playbook_shapes import PlaybookText as PlaybookTextShape
from orderguard.api.reader import Reader
from orderguard.api.rulebook_json import version_json
from orderguard.api.rulebook_shapes import RollbackAsked
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.domain.alerts import Alert
from orderguard.domain.entries import RuleDrafted
from orderguard.domain.library import CHALLENGE, OPEN_CASE, Playbook, StepAnswer
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.errors import BadInput, Fault, LibraryFaults, NotAllowed, NotFound
from orderguard.flows.present import Json
from orderguard.flows.rulebook import PLAYBOOKS, author_of, file_of
from orderguard.kit.clock import rfc3339
from orderguard.orders import status_at
from orderguard.responses import Run, RunStep, dry_run
from orderguard.rules import (
    PlaybookText,
    all_playbooks,
    check_library,
    places_of,
    read_playbook_text,
    write_playbook,
)

ORDERS_SHOWN = 20
"""Orders of a step that a dry run names."""

router = APIRouter(prefix="/playbooks", tags=["rules"], dependencies=[Depends(signed_in)])


@router.get("", response_model=PlaybookPage)
async def list_playbooks(context: Given) -> Response:
    """The playbooks in force."""
    library = context.live.fold.engine.library
    mends: dict[str, list[str]] = {}
    for rule in library.health:
        if rule.mend is not None:
            mends.setdefault(rule.mend, []).append(rule.id)
    playbooks = (*library.playbooks, *library.mending)
    items = [_playbook_json(context, one, mends.get(one.id, [])) for one in playbooks]
    return answer({"items": items, "next_cursor": None})


@router.get("/{playbook_id}", response_model=PlaybookBook)
async def get_playbook(context: Given, account: RuleMaker, playbook_id: str) -> Response:
    """A playbook to be worked on."""
    return answer(await _book(context, account, playbook_id))


@router.post("/{playbook_id}/try", response_model=Tried)
async def try_playbook(
    context: Given, _account: RuleMaker, reader: Reader, playbook_id: str, asked: DryRunAsked
) -> Response:
    """What is wrong with a playbook as it is proposed, and what it would do about a past alert.

    Nothing is kept, asked or sent.
    """
    known = await _in_force(context, playbook_id)
    file = write_playbook(known, _read_text(asked.text))
    changed, faults = await _checked(context, playbook_id, file)
    run = None
    if changed is not None and asked.alert_id is not None:
        alert = context.live.fold.tables.alerts.get(asked.alert_id)
        if alert is None:
            raise NotFound(Bilingual("There is no such alert.", "没有这个预警。"))
        run = _run_json(alert, _dry_run(context, alert, changed, asked.answers))
    problems = [
        {"step": one.step, "member": one.member, "message": one.message.told(reader)}
        for one in places_of(file, faults)
    ]
    return answer({"file": file, "problems": problems, "run": run})


@router.put("/{playbook_id}", response_model=PlaybookBook)
async def draft_playbook(
    context: Given, account: RuleMaker, playbook_id: str, asked: PlaybookDraft
) -> Response:
    """Propose a change. Nothing runs by it before somebody else approves it."""
    known = await _in_force(context, playbook_id)
    file = write_playbook(known, _read_text(asked.text))
    _, faults = await _checked(context, playbook_id, file)
    if faults:
        raise LibraryFaults(faults)
    name = _name(playbook_id)
    await context.live.note(RuleDrafted(received_ms=0, by=account.name, rule=name, text=file))
    return answer(await _book(context, account, playbook_id))


@router.delete("/{playbook_id}/draft", status_code=204)
async def drop_playbook_draft(context: Given, account: RuleMaker, playbook_id: str) -> Response:
    """Take a proposal away; the playbook in force stays as it is."""
    name = _name(playbook_id)
    if context.live.fold.tables.drafts.get(name) is None:
        raise NotFound(
            Bilingual("Nothing is proposed for this playbook.", "这个预案没有待批准的修改。")
        )
    await context.live.note(RuleDrafted(received_ms=0, by=account.name, rule=name, on=False))
    return Response(status_code=204)


@router.post("/{playbook_id}/approve", response_model=PlaybookBook)
async def approve_playbook(context: Given, account: RuleMaker, playbook_id: str) -> Response:
    """Let a proposal of somebody else come into force, for alerts that begin after this answers.

    Runs that have begun keep the playbook that they began with.
    """
    library, name = library_of(context), _name(playbook_id)
    draft = context.live.fold.tables.drafts.get(name)
    if draft is None:
        raise NotFound(
            Bilingual("Nothing is proposed for this playbook.", "这个预案没有待批准的修改。")
        )
    if draft.by == account.name:
        raise NotAllowed(
            Bilingual("Who wrote a playbook does not approve it.", "预案不能由修改它的人批准。"),
            hint=Bilingual(
                "Ask somebody else who may change rules to approve it.",
                "请让另一位可以修改规则的人批准。",
            ),
        )
    await publish(context, library, {**library.files, file_of(name): draft.text}, account)
    return answer(await _book(context, account, playbook_id))


@router.post("/{playbook_id}/rollback", response_model=PlaybookBook)
async def roll_playbook_back(
    context: Given, account: RuleMaker, playbook_id: str, asked: RollbackAsked
) -> Response:
    """Let a former version come into force again; a draft stays a draft."""
    library, name = library_of(context), _name(playbook_id)
    versions = context.live.fold.tables.rule_histories.get(name) or ()
    found = next((one for one in versions if one.number == asked.version), None)
    if found is None or found.text is None:
        raise NotFound(Bilingual("The playbook has no such version.", "预案没有这个版本。"))
    await publish(context, library, {**library.files, file_of(name): found.text}, account)
    return answer(await _book(context, account, playbook_id))


def _name(playbook_id: str) -> str:
    """What drafts and versions know it by."""
    return f"{PLAYBOOKS}.{playbook_id}"


def _read_text(asked: PlaybookTextShape) -> PlaybookText:
    return msgspec.convert(asked.model_dump(mode="json"), PlaybookText)


async def _in_force(context: Context, playbook_id: str) -> Playbook:
    found = await asyncio.to_thread(all_playbooks, library_of(context).files)
    if playbook_id not in found:
        raise NotFound(Bilingual("There is no such playbook.", "没有这个预案。"))
    return found[playbook_id]


async def _checked(
    context: Context, playbook_id: str, file: str
) -> tuple[Playbook | None, tuple[Fault, ...]]:
    """The playbook that this file says, None where something is wrong with it; and what."""
    name = file_of(_name(playbook_id))
    files = {**library_of(context).files, name: file}
    faults = await asyncio.to_thread(check_library, files)
    ours = tuple(fault for fault in faults if fault.file == name)
    if faults and not ours:
        raise LibraryFaults(faults)
    return (None if faults else all_playbooks(files)[playbook_id]), ours


async def _book(context: Context, account: Account, playbook_id: str) -> Json:
    known, name = await _in_force(context, playbook_id), _name(playbook_id)
    library, tables = library_of(context), context.live.fold.tables
    draft, file = tables.drafts.get(name), library.files[file_of(name)]
    shown = known
    if draft is not None:
        changed, _ = await _checked(context, playbook_id, draft.text)
        shown, file = changed or known, draft.text
    versions = tables.rule_histories.get(name) or ()
    return {
        "id": playbook_id,
        "severity": known.severity,
        "text": msgspec.to_builtins(read_playbook_text(shown)),
        "file": file,
        "draft_by": None if draft is None else draft.by,
        "draft_at": None if draft is None else rfc3339(draft.received_ms),
        "author": author_of(tables, name),
        "versions": [version_json(one) for one in reversed(versions)],
        "actions": sorted({OPEN_CASE, CHALLENGE, *(one.name for one in context.action_states())}),
        "can": _can(context, account, name),
    }


def _can(context: Context, account: Account, name: str) -> list[str]:
    if account.role not in RULE_MAKERS:
        return []
    tables = context.live.fold.tables
    draft, can = tables.drafts.get(name), ["draft"]
    if draft is not None:
        can.append("drop")
        if draft.by != account.name:
            can.append("approve")
    if len(tables.rule_histories.get(name) or ()) > 1:
        can.append("rollback")
    return can


def _dry_run(
    context: Context, alert: Alert, playbook: Playbook, answers: Mapping[str, StepAnswer]
) -> Run:
    unknown = answers.keys() - {step.step for step in playbook.steps}
    if unknown:
        raise BadInput(
            Bilingual(
                f"The playbook has no step `{min(unknown)}` that could be answered so.",
                f"预案里没有步骤 `{min(unknown)}`，不能这样设定结果。",
            )
        )
    tables, responder = context.live.fold.tables, context.live.fold.responder

    def status(at_ms: int, key: OrderKey) -> OrderStatus:
        record = tables.orders.get(str(key))
        return OrderStatus.UNKNOWN if record is None else status_at(record.state, at_ms)

    return dry_run(
        alert,
        playbook,
        status,
        answers,
        stopped=lambda action: responder.why_stopped(alert, action),
    )


def _run_json(alert: Alert, run: Run) -> Json:
    return {
        "alert_id": alert.alert_id,
        "began_at": rfc3339(run.started_at),
        "of": len(alert.orders),
        "steps": [_step_json(step) for step in run.steps],
    }


def _step_json(step: RunStep) -> Json:
    begun = [portion.due_at for portion in step.portions]
    orders = step.orders if step.portions else ()
    answers: dict[str, int] = {}
    for portion in step.portions:
        if portion.answer is not None:
            answers[portion.answer] = answers.get(portion.answer, 0) + portion.end - portion.first
    return {
        "step": step.step,
        "action": step.action,
        "state": step.state,
        "at": rfc3339(min(begun)) if begun else None,
        "orders": len(orders),
        "order_ids": [key.order_id for key in orders[:ORDERS_SHOWN]],
        "stopped": step.stopped,
        "answers": answers,
    }


def _playbook_json(context: Context, playbook: Playbook, mends: list[str]) -> Json:
    draft = context.live.fold.tables.drafts.get(_name(playbook.id))
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
        "draft_by": None if draft is None else draft.by,
    }
