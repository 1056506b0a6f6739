"""GET /api/v1/inbox: cases as short rows, many at a time, for who looks at all that wait."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    Ms,
    answer,
    read_cursor,
    write_cursor,
)
from orderguard.api.context import Given
from orderguard.api.needs import LiveView
from orderguard.api.shapes import Instant, Page, Shape, Subject
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import Disposition, Inbox
from orderguard.domain.ports import CaseQuery
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339

ROWS_MAX = 300
ROWS_AT_ONCE = 30
"""Then others have their turn on the loop."""
ALERTS_MAX = 20
"""Alerts of one case that are looked at for what it is about."""
RULES_MAX = 5

router = APIRouter(prefix="/inbox", tags=["cases"], dependencies=[Depends(signed_in)])


class CaseRow(Shape):
    """A case in a line. `subject`, `score` and place are those of its gravest alert.

    `order_id` is the newest of its `orders`, `undo_until` as in the case.
    """

    case_id: str
    severity: Severity
    status: CaseStatus
    kind: AlertKind
    inbox: Inbox
    assignee: str | None
    due_at: Instant
    created_at: Instant
    updated_at: Instant
    escalations: int
    rules: list[str]
    subject: Subject | None
    channel: str
    shop: str
    score: int
    orders: int
    order_id: str | None
    alert_ids: list[str]
    disposition: Disposition | None
    undo_until: Instant | None


class CaseRowPage(Page):
    items: list[CaseRow]


@router.get("", response_model=CaseRowPage)
async def list_rows(
    context: Given,
    status: CaseStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Cases, newest first, 300 a page."""
    found = await context.live.cases(
        CaseQuery(
            status=status,
            before=None if cursor is None else read_cursor(cursor, tuple[Ms, str]),
            limit=ROWS_MAX + 1,
        )
    )
    rows = list[Json]()
    for case in found[:ROWS_MAX]:
        rows.append(_row(context.live, case))
        if len(rows) % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    last = found[ROWS_MAX - 1] if len(found) > ROWS_MAX else None
    more = None if last is None else write_cursor((last.created_at, last.case_id))
    return answer({"items": rows, "next_cursor": more})


def _row(live: LiveView, case: Case) -> Json:
    named = case.alert_ids[:ALERTS_MAX]
    alerts = [alert for name in named if (alert := live.alert(name)) is not None]
    gravest = max(alerts, key=lambda alert: (alert.severity.rank, alert.score), default=None)
    decision = case.decision
    return {
        "case_id": case.case_id,
        "severity": case.severity,
        "status": case.status,
        "kind": case.kind,
        "inbox": case.inbox,
        "assignee": case.assignee or None,
        "due_at": rfc3339(case.due_at),
        "created_at": rfc3339(case.created_at),
        "updated_at": rfc3339(case.updated_at),
        "escalations": case.escalations,
        **_about(gravest),
        "rules": _rules(alerts, gravest),
        "orders": len(case.orders),
        "order_id": case.orders[-1].order_id if case.orders else None,
        "alert_ids": list(named),
        "disposition": None if decision is None else decision.disposition,
        "undo_until": None if decision is None else rfc3339(decision.acts_at),
    }


def _about(alert: Alert | None) -> Json:
    if alert is None:
        return {"subject": None, "channel": "", "shop": "", "score": 0}
    return {
        "subject": {"type": alert.subject.type, "key": alert.subject.key},
        "channel": alert.channel,
        "shop": alert.shop,
        "score": alert.score,
    }


def _rules(alerts: Sequence[Alert], gravest: Alert | None) -> list[str]:
    """Those of the gravest alert first."""
    first = () if gravest is None else gravest.rules
    rules = dict.fromkeys([*first, *(rule for alert in alerts for rule in alert.rules)])
    return list(rules)[:RULES_MAX]
