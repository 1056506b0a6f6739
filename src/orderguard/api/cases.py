"""Cases: who works on them, and what was found. Whatever people do is an entry of the log."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Decider, Editor, signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    Ms,
    answer,
    page,
    read_cursor,
)
from orderguard.api.case_shapes import BulkAnswer, CaseDetail, CasePage
from orderguard.api.context import Context, Given
from orderguard.api.profiles import profiles_of
from orderguard.api.shapes import Case as CaseShape
from orderguard.bilingual import Bilingual
from orderguard.cases import Proposal
from orderguard.domain.accounts import Account
from orderguard.domain.alerts import Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import (
    CaseAction,
    CaseChanged,
    CaseDisposed,
    CaseReopened,
    Disposition,
    Inbox,
    ListChanged,
    ListName,
    RelationChanged,
)
from orderguard.domain.ports import CaseQuery
from orderguard.errors import AlreadyDecided, BadInput, NotFound, StoreFailure, TooLate
from orderguard.flows.present import Json, alert_json, case_json

BULK_MAX = 100
COMMENT_CHARACTERS_MAX = 2_000
TAKEN_TRIES_MAX = 20
"""Cases that are tried, one after another, while others take them at the same moment."""

router = APIRouter(prefix="/cases", tags=["cases"], dependencies=[Depends(signed_in)])

Name = Annotated[str, Field(max_length=128)]
Text = Annotated[str, Field(max_length=COMMENT_CHARACTERS_MAX)]


class Change(BaseModel):
    """What is left out stays as it is. An empty `assignee` gives the case back to its inbox."""

    model_config = ConfigDict(extra="forbid")

    assignee: Name | None = None
    inbox: Inbox | None = None
    status: Literal[CaseStatus.OPEN, CaseStatus.WAITING] | None = None
    comment: Text = ""


class Found(BaseModel):
    """What a person found, and what shall become of the orders."""

    model_config = ConfigDict(extra="forbid")

    disposition: Disposition
    action: CaseAction = CaseAction.NONE
    comment: Text = ""


class Taking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inbox: Inbox | None = None


class Bulk(BaseModel):
    """The same change or the same disposition for many cases, or their dispositions taken back."""

    model_config = ConfigDict(extra="forbid")

    case_ids: Annotated[list[Name], Field(min_length=1, max_length=BULK_MAX)]
    change: Change | None = None
    found: Found | None = None
    undo: Literal[True] | None = None


@router.get("", response_model=CasePage)
async def list_cases(
    context: Given,
    status: CaseStatus | None = None,
    severity: Severity | None = None,
    inbox: Inbox | None = None,
    assignee: Annotated[
        str | None, Query(max_length=128, description="empty: those that nobody has")
    ] = None,
    alert_id: Annotated[
        str | None, Query(max_length=128, description="the one that it belongs to, alone")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Cases, newest first."""
    if alert_id is not None:
        case = context.live.fold.desk.case_of(alert_id)
        return answer({"items": [] if case is None else [case_json(case)], "next_cursor": None})
    found = await context.live.cases(
        CaseQuery(
            status=status,
            severity=severity,
            inbox=inbox,
            assignee=assignee,
            before=None if cursor is None else read_cursor(cursor, tuple[Ms, str]),
            limit=PAGE_ITEMS_MAX + 1,
        )
    )
    return page(found, case_json, lambda case: (case.created_at, case.case_id))


@router.post("/take-next", response_model=CaseShape)
async def take_next(context: Given, account: Decider, taking: Taking) -> Response:
    """Take the most urgent case that nobody has: the most severe, then the one due first."""
    query = CaseQuery(
        status=CaseStatus.OPEN,
        inbox=taking.inbox,
        assignee="",
        by_urgency=True,
        limit=TAKEN_TRIES_MAX,
    )
    for waiting in await context.live.cases(query):
        note = CaseChanged(
            received_ms=0,
            by=account.name,
            case_id=waiting.case_id,
            assignee=account.name,
            if_free=True,
        )
        offset = await context.live.note(note)
        case = find_case(context, waiting.case_id)
        if case.assigned_offset == offset:
            return answer(case_json(case))
    raise NotFound(Bilingual("No case waits here for somebody.", "这里没有等人处理的案件。"))


@router.post("/bulk", response_model=BulkAnswer)
async def change_many(context: Given, account: Decider, bulk: Bulk) -> Response:
    """One change, disposition or undo for many cases; each has an answer of its own."""
    if [bulk.change, bulk.found, bulk.undo].count(None) != 2:
        raise BadInput(
            Bilingual(
                "Name one of `change`, `found` and `undo`.",
                "`change`、`found`、`undo` 请写其中之一。",
            )
        )
    ids = dict.fromkeys(bulk.case_ids)
    results = await asyncio.gather(*(_one_of(context, account, case_id, bulk) for case_id in ids))
    return answer({"items": results})


@router.get("/{case_id}", response_model=CaseDetail)
async def getfind_case(context: Given, case_id: str) -> Response:
    """One case with its alerts, what is remembered of their entities, and what is proposed."""
    return answer(_detail(context, find_case(context, case_id)))


@router.patch("/{case_id}", response_model=CaseShape)
async def changefind_case(
    context: Given, account: Decider, case_id: str, change: Change
) -> Response:
    """Assign, comment, move to another inbox, or wait for the buyer; an open case alone."""
    return answer(case_json(await _change(context, account, case_id, change)))


@router.post("/{case_id}/disposition", response_model=CaseShape)
async def dispose(context: Given, account: Decider, case_id: str, found: Found) -> Response:
    """Decide a case. It is durable when this answers 200.

    Of several people the first in the log decides; the others hear 409 with what stands.
    """
    return answer(case_json(await _dispose(context, account, case_id, found)))


@router.post("/{case_id}/undo", response_model=CaseShape)
async def undo(context: Given, account: Decider, case_id: str) -> Response:
    """Take a disposition back, within 10 seconds, with all that it did."""
    return answer(case_json(await _undo(context, account, case_id)))


@router.post("/{case_id}/proposals/{proposal_id}", response_model=CaseDetail)
async def accept(context: Given, account: Editor, case_id: str, proposal_id: str) -> Response:
    """Put into force what a false alarm proposes: an entry of the allow list, or a relation."""
    case = find_case(context, case_id)
    proposals = context.live.fold.desk.proposals(case)
    proposal = next((one for one in proposals if one.proposal_id == proposal_id), None)
    if proposal is None:
        raise NotFound(Bilingual("The case proposes no such thing.", "案件没有提出这个建议。"))
    if proposal.kind is not None:
        await context.live.change_list(
            ListChanged(
                received_ms=0,
                by=account.name,
                name=ListName.ALLOW,
                kind=proposal.kind,
                value=proposal.value,
                reason=case.case_id,
            )
        )
    else:
        await context.live.note(
            RelationChanged(
                received_ms=0,
                by=account.name,
                relation_id=proposal.value,
                channel=proposal.channel,
                shop=proposal.shop,
                buyers=proposal.buyers,
            )
        )
    return answer(_detail(context, case))


def find_case(context: Context, case_id: str) -> Case:
    """The case, or the one that it was merged into. Raise NotFound where there is none."""
    case = context.live.case(case_id)
    if case is None:
        raise NotFound(Bilingual("There is no such case.", "没有这个案件。"))
    return case


def refuse_decided(case: Case) -> None:
    """Raise AlreadyDecided for a case that is closed."""
    if not case.is_open:
        raise _decided(case)


def _decided(case: Case) -> AlreadyDecided:
    decision = case.decision
    said = Bilingual("closed", "已关闭")
    if decision is not None:
        said = Bilingual(
            f"{decision.disposition}, said by {decision.by}",
            f"{decision.by} 的结论是 `{decision.disposition}`",
        )
    return AlreadyDecided(
        Bilingual(f"The case is decided: {said.en}.", f"案件已有结论：{said.zh}。"),
        standing=case_json(case),
        hint=Bilingual("Within 10 seconds it can be taken back.", "10 秒内可以撤回。"),
    )


async def _dispose(context: Context, account: Account, case_id: str, found: Found) -> Case:
    case = find_case(context, case_id)
    refuse_decided(case)
    note = CaseDisposed(
        received_ms=0,
        by=account.name,
        case_id=case.case_id,
        alert_ids=case.alert_ids,
        disposition=found.disposition,
        action=found.action,
        comment=found.comment,
    )
    offset = await context.live.note(note)
    case = find_case(context, case_id)
    if case.decision is None:
        raise StoreFailure(
            Bilingual(
                "The disposition is in the log and not in force yet.",
                "结论已写入日志，还没有生效。",
            )
        )
    if case.decision.offset != offset:
        raise _decided(case)
    return case


async def _undo(context: Context, account: Account, case_id: str) -> Case:
    case = find_case(context, case_id)
    if case.decision is None:
        raise TooLate(Bilingual("The case is not decided.", "案件还没有结论。"))
    decided_at = case.decision.offset
    note = CaseReopened(received_ms=0, by=account.name, case_id=case.case_id)
    await context.live.note(note)
    case = find_case(context, case_id)
    if case.decision is not None and case.decision.offset == decided_at:
        raise TooLate(
            Bilingual("It is too late to take this back.", "已经不能撤回了。"),
            hint=Bilingual("Open the orders one by one.", "请逐个打开订单处理。"),
        )
    return case


async def _change(context: Context, account: Account, case_id: str, change: Change) -> Case:
    case = find_case(context, case_id)
    refuse_decided(case)
    is_waiting = None if change.status is None else change.status is CaseStatus.WAITING
    note = CaseChanged(
        received_ms=0,
        by=account.name,
        case_id=case.case_id,
        assignee=change.assignee,
        inbox=change.inbox,
        is_waiting=is_waiting,
        comment=change.comment,
    )
    await context.live.note(note)
    return find_case(context, case_id)


async def _one_of(context: Context, account: Account, case_id: str, bulk: Bulk) -> Json:
    try:
        if bulk.found is not None:
            await _dispose(context, account, case_id, bulk.found)
        elif bulk.change is not None:
            await _change(context, account, case_id, bulk.change)
        else:
            await _undo(context, account, case_id)
    except NotFound as error:
        return {"case_id": case_id, "status": 404, "detail": str(error)}
    except (AlreadyDecided, TooLate) as error:
        return {"case_id": case_id, "status": 409, "detail": str(error)}
    return {"case_id": case_id, "status": 200, "detail": ""}


def _detail(context: Context, case: Case) -> Json:
    live = context.live
    alerts = [alert for name in case.alert_ids if (alert := live.alert(name)) is not None]
    desk = live.fold.desk
    return {
        **case_json(case),
        "orders": [
            {"channel": key.channel, "shop": key.shop, "order_id": key.order_id}
            for key in case.orders
        ],
        "alerts": [alert_json(alert) for alert in alerts],
        "proposals": [
            _proposal_json(one, is_accepted=desk.is_accepted(one)) for one in desk.proposals(case)
        ],
        "profiles": profiles_of(live, case.orders),
    }


def _proposal_json(proposal: Proposal, *, is_accepted: bool) -> Json:
    return {
        "proposal_id": proposal.proposal_id,
        "what": "relation" if proposal.kind is None else "allow",
        "kind": proposal.kind,
        "value": proposal.value,
        "channel": proposal.channel,
        "shop": proposal.shop,
        "buyers": list(proposal.buyers),
        "is_accepted": is_accepted,
    }
