"""GET /api/v1/cases/{case_id}/scene: what is around a case, on one page's worth of calls."""

from collections.abc import Iterable

from fastapi import APIRouter, Depends, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.cases import find_case
from orderguard.api.context import Given
from orderguard.api.needs import LiveView
from orderguard.api.order_shapes import OrderRow, order_row
from orderguard.api.shapes import (
    AlertChange,
    Deadline,
    Event,
    LockChange,
    Shape,
    StepTaken,
)
from orderguard.api.shapes import (
    Response as ResponseShape,
)
from orderguard.domain.alerts import Alert
from orderguard.flows.present import Json, run_json
from orderguard.flows.tables import OrderRecord
from orderguard.flows.timeline import order_timeline

ORDERS_MAX = 60
"""Orders of one case that are shown, the newest."""
TIMELINES_MAX = 20
"""Those whose timelines are told, the newest."""
ENTRIES_MAX = 400

router = APIRouter(prefix="/cases", tags=["cases"], dependencies=[Depends(signed_in)])

Entry = Event | StepTaken | Deadline | AlertChange | LockChange


class Told(Shape):
    """An entry of an order's timeline; one that concerns several orders is told once."""

    order_ids: list[str]
    entry: Entry


class Scene(Shape):
    """The newest orders of a case, what was told of them, and what was done about it."""

    orders: list[OrderRow]
    timeline: list[Told]
    responses: list[ResponseShape]


@router.get("/{case_id}/scene", response_model=Scene)
async def show_scene(context: Given, case_id: str) -> Response:
    """The orders of a case, their timelines as one, and the responses to its alerts."""
    live, case = context.live, find_case(context, case_id)
    alerts = [alert for name in case.alert_ids if (alert := live.alert(name)) is not None]
    keys = case.orders[: -ORDERS_MAX - 1 : -1]
    records = [record for key in keys if (record := live.order(key)) is not None]
    runs = [run for alert in alerts if (run := live.run(alert.alert_id)) is not None]
    return answer(
        {
            "orders": [order_row(live, record) for record in records],
            "timeline": _timeline(live, records[:TIMELINES_MAX], alerts),
            "responses": [run_json(run) for run in runs],
        }
    )


def _timeline(
    live: LiveView, records: Iterable[OrderRecord], alerts: Iterable[Alert]
) -> list[Json]:
    """All entries by when they were known; the newest of them where there are very many."""
    told: dict[str, Json] = {}
    alerts = list(alerts)
    for record in records:
        key = record.state.key
        about = [alert for alert in alerts if key in alert.orders]
        for entry in order_timeline(live.fold, record, live.timeline(key), about):
            name = str(sorted(entry.items(), key=lambda item: item[0]))
            told.setdefault(name, {"order_ids": [], "entry": entry})["order_ids"].append(
                key.order_id
            )
    entries = sorted(told.values(), key=lambda one: str(one["entry"]["received_at"]))
    return entries[-ENTRIES_MAX:]
