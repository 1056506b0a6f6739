"""GET /api/v1/alerts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    Ms,
    answer,
    page,
    read_cursor,
    read_instant,
)
from orderguard.api.context import Given
from orderguard.api.shapes import Alert, AlertPage
from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.domain.ports import AlertQuery
from orderguard.errors import NotFound
from orderguard.flows.present import alert_json

router = APIRouter(prefix="/alerts", tags=["alerts"], dependencies=[Depends(signed_in)])

Word = Annotated[str | None, Query(max_length=256)]


@router.get("", response_model=AlertPage)
async def list_alerts(
    context: Given,
    order_id: Word = None,
    rule: Word = None,
    severity: Severity | None = None,
    kind: AlertKind | None = None,
    since: Annotated[Word, Query(description="RFC 3339; by `detected_at`")] = None,
    cursor: Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)] = None,
) -> Response:
    """Alerts, newest first. `order_id` finds every alert that concerns the order."""
    found = await context.live.alerts(
        AlertQuery(
            order_id=order_id,
            rule=rule,
            severity=severity,
            kind=kind,
            since_ms=None if since is None else read_instant(since, "since"),
            before=None if cursor is None else read_cursor(cursor, tuple[Ms, str]),
            limit=PAGE_ITEMS_MAX + 1,
        )
    )
    return page(found, alert_json, lambda alert: (alert.detected_at, alert.alert_id))


@router.get("/{alert_id}", response_model=Alert)
async def get_alert(context: Given, alert_id: str) -> Response:
    """One alert."""
    alert = context.live.alert(alert_id)
    if alert is None:
        raise NotFound(Bilingual("There is no alert of this id.", "没有这个编号的预警。"))
    return answer(alert_json(alert))
