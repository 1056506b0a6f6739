"""GET /api/v1/orders/{channel}/{shop}/{order_id}."""

from fastapi import APIRouter, Depends, Response
from starlette.convertors import Convertor, register_url_convertor

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.order_shapes import OrderDetail, order_row
from orderguard.bilingual import Bilingual
from orderguard.domain.orders import OrderKey
from orderguard.errors import NotFound
from orderguard.flows.present import alert_json, run_json
from orderguard.flows.timeline import order_deadlines, order_timeline

router = APIRouter(prefix="/orders", tags=["orders"], dependencies=[Depends(signed_in)])


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
        raise NotFound(Bilingual("There is no such order.", "没有这个订单。"))
    alerts = [alert for name in record.standing.alerts if (alert := live.alert(name))]
    runs = [run for alert in alerts if (run := live.run(alert.alert_id))]
    return answer(
        {
            **order_row(live, record),
            "timeline": order_timeline(live.fold, record, live.timeline(key), alerts),
            "deadlines": order_deadlines(live.fold, record, alerts),
            "alerts": [alert_json(alert) for alert in alerts],
            "responses": [run_json(run) for run in runs],
        }
    )
