from urllib.parse import quote

import httpx
import pytest
from tests.api.installation import Installation, paid

from orderguard.api import limits, order_shapes, shapes

ANY_NUMBER = [
    "20261111-0001",
    "a/b",
    "/",
    "a%2Fb",
    "双十一 订单",
    "x?y=1#z",
    "line\nbreak",
    "a\u0000b",
    "+",
    "timeline",
]


def path(order_id: str) -> str:
    return f"/api/v1/orders/standard/demo/{quote(order_id, safe='')}"


@pytest.mark.parametrize("order_id", ANY_NUMBER)
async def test_an_order_is_found_whatever_its_number_is(
    running: Installation, analyst: httpx.AsyncClient, order_id: str
) -> None:
    await running.tell(paid(order_id, "buyer-1", at_ms=running.clock.now_ms()))
    answer = await analyst.get(path(order_id))
    order = order_shapes.OrderDetail.model_validate_json(answer.content)
    assert (order.order_id, order.status) == (order_id, "paid")
    told = [entry.event_id for entry in order.timeline if entry.event_id]
    assert told == [f"evt_{order_id}"]
    assert (order.alerts, order.responses) == ([], [])


async def test_an_unknown_order_is_not_there(analyst: httpx.AsyncClient) -> None:
    for order_id in ("nobody's", "", "a/b"):
        answer = await analyst.get(path(order_id))
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_timeline_has_each_stored_event_once_and_steps_after_them(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    orders = await running.burst("buyer-1")
    again = paid(orders[0], "buyer-1", at_ms=running.clock.now_ms())
    await running.tell(again, again)
    await running.tell({**again, "id": "evt_later"})
    answer = await analyst.get(path(orders[0]))
    order = order_shapes.OrderDetail.model_validate_json(answer.content)
    events = [entry for entry in order.timeline if isinstance(entry, shapes.Event)]
    steps = [entry for entry in order.timeline if isinstance(entry, shapes.StepTaken)]
    assert [event.event_id for event in events] == [f"evt_{orders[0]}", "evt_later"]
    assert "response.hold_shipment" in [step.type for step in steps]
    assert {step.state for step in steps} == {"would_do"}
    alerts = [entry for entry in order.timeline if isinstance(entry, shapes.AlertChange)]
    assert [(one.type, one.kind) for one in alerts] == [("alert.opened", "risk")]
    received = [entry.received_at for entry in order.timeline]
    assert received == sorted(received)


async def test_an_order_shows_its_alerts_and_what_came_of_them(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    orders = await running.burst("buyer-1")
    order = order_shapes.OrderDetail.model_validate_json(
        (await analyst.get(path(orders[0]))).content
    )
    assert (order.risk_severity, order.health_severity, order.held) == ("high", None, True)
    assert order.rules == ["velocity.same_item_burst"]
    assert [alert.order_ids for alert in order.alerts] == [orders]
    assert [run.alert_id for run in order.responses] == [order.alerts[0].alert_id]


async def test_no_personal_member_comes_out(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    orders = await running.burst("buyer-1")
    for text in (
        (await analyst.get(path(orders[0]))).text,
        (await analyst.get("/api/v1/alerts")).text,
    ):
        assert "13800138000" not in text
        assert "王小明" not in text


async def test_a_server_without_absence_rules_has_learned_no_limits(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.tell(paid("a", "buyer-1", at_ms=running.clock.now_ms()))
    answer = await analyst.get("/api/v1/health/limits")
    assert limits.LearnedLimits.model_validate_json(answer.content).items == []
