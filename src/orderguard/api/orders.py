"""GET /api/v1/orders/{channel}/{shop}/{order_id}."""

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Response
from starlette.convertors import Convertor, register_url_convertor

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import OrderDetail
from orderguard.domain.orders import OrderKey
from orderguard.errors import NotFound
from orderguard.flows.present import Json, alert_json, order_json, run_json, timeline_json
from orderguard.kit.clock import rfc3339
from orderguard.responses import Run, StepState

router = APIRouter(prefix="/orders", tags=["orders"], dependencies=[Depends(signed_in)])

_TAKEN = frozenset({StepState.DONE, StepState.DUE, StepState.WOULD_DO})
"""States of steps whose time has come."""


class _AnyText(Convertor[str]):
    """The rest of a path, whatever a channel writes in its order numbers."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_text", _AnyText())


@router.get("/{channel}/{shop}/{order_id:any_text}", response_model=OrderDetail)
async def get_order(context: Given, channel: str, shop: str, order_id: str) -> Response:
    """One order: what we think of it, all that happened to it, its alerts and responses."""
    key = OrderKey(channel, shop, order_id)
    live = context.live
    record = live.order(key)
    if record is None:
        raise NotFound("There is no such order.")
    case = live.fold.desk.case_of_order(key)
    alerts = [alert for name in record.standing.alerts if (alert := live.alert(name))]
    runs = [run for alert in alerts if (run := live.run(alert.alert_id))]
    entries = [(row.received_ms, timeline_json(row)) for row in live.timeline(key)]
    entries += (entry for run in runs for entry in _steps(run, key))
    entries.sort(key=lambda entry: entry[0])  # Stable: events keep their order, steps come after.
    return answer(
        {
            **order_json(record),
            "case_id": None if case is None else case.case_id,
            "timeline": [entry for _, entry in entries],
            "alerts": [alert_json(alert) for alert in alerts],
            "responses": [run_json(run) for run in runs],
        }
    )


def _steps(run: Run, key: OrderKey) -> Iterator[tuple[int, Json]]:
    """What a run did for the order, or would have done, as entries of its timeline."""
    for step in run.steps:
        if step.state in _TAKEN and key in step.orders:
            at = rfc3339(step.due_at)
            entry = {
                "event_id": None,
                "type": f"response.{step.action}",
                "occurred_at": at,
                "received_at": at,
                "alert_id": run.alert_id,
                "state": step.state,
            }
            yield step.due_at, entry
