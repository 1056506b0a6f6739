"""Youzan's cloud as our calls meet it: lists, answers back, tokens, faults."""

import random
import time
from collections.abc import Iterator

import pytest
from tests.contracts.platform_contract import asked, life

from orderguard.channels import discover, discover_calls
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Reply, Request
from orderguard.domain.events import EventType, OrderData
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing
from orderguard.errors import PlatformBusy, PlatformRefused, TokenRejected
from orderguard.simulate.channels import discover as discover_platforms
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.providers.server import Fault

CHANNEL, CALLS = discover()["youzan"], discover_calls()["youzan"]


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = discover_platforms()["youzan"](now_ms=lambda: int(time.time() * 1000))
    yield platform
    platform.close()


def call(platform: Platform, request: Request) -> Reply:
    return platform.answer(asked(request))


def asking(platform: Platform, access: Access | None = None) -> Asking:
    access = access or platform.access
    return Asking(shop=platform.connected(), access=access, now_ms=platform.now_ms())


def placed(platform: Platform, count: int) -> list[str]:
    for number in range(count):
        for event in life(random.Random(number), number):
            if event.type is EventType.ORDER_CREATED:
                platform.happened(event)
    return list(platform.orders)


def doing(step: str) -> Doing:
    alert = Alert(
        alert_id="alert_1",
        kind=AlertKind.RISK,
        subject=Subject("buyer", "b"),
        channel="youzan",
        shop="demo",
        order=None,
        orders=(),
        rules=("velocity.burst",),
        hits=(),
        floor=Severity.HIGH,
        severity=Severity.HIGH,
        score=80,
        occurred_at=0,
        detected_at=0,
        updated_at=0,
        last_hit_at=0,
        quiet_ms=1,
    )
    return Doing(key="k", step=step, alert=alert, orders=())


def test_a_list_is_read_page_by_page(platform: Platform) -> None:
    ids = placed(platform, 230)
    span = min(platform.changed_ms.values()), max(platform.changed_ms.values())
    found: list[str] = []
    page = None
    for _ in range(10):
        request = CALLS.changed(*span, page, asking(platform))
        read = CALLS.read_changed(call(platform, request), asking(platform), page)
        orders = [one.event.data for one in read.parsed]
        found += [data.order.order_id for data in orders if isinstance(data, OrderData)]
        page = read.next
        if page is None:
            break
    assert page is None
    assert sorted(found) == sorted(ids)


def test_lost_pushes_of_refunds_are_in_the_list(platform: Platform) -> None:
    for number in range(60):
        for event in life(random.Random(number), number):
            platform.happened(event)
    times = [refund.changed_ms for refund in platform.refunds.values()]
    request = CALLS.changed(min(times), max(times), "refunds/1", asking(platform))
    read = CALLS.read_changed(call(platform, request), asking(platform), "refunds/1")
    told = {getattr(one.event.data, "refund_id", ""): one.event.type for one in read.parsed}
    assert told == {refund_id: one.stage for refund_id, one in platform.refunds.items()}
    assert told


def test_an_order_is_marked_and_then_closed_once(platform: Platform) -> None:
    (order_id,) = placed(platform, 1)
    key = OrderKey("youzan", "demo", order_id)
    order = Concerned(key=key, status=OrderStatus.PENDING_PAYMENT)
    for action in ("remark_order", "cancel_order"):
        request = CALLS.tell(action, order, doing(action), asking(platform))
        assert CALLS.read_told(action, call(platform, request)) == ""
    assert platform.remarks[order_id] == "OrderGuard high: velocity.burst"
    assert platform.orders[order_id].status is OrderStatus.CANCELLED
    again = CALLS.tell("cancel_order", order, doing("cancel_order"), asking(platform))
    with pytest.raises(PlatformRefused):
        CALLS.read_told("cancel_order", call(platform, again))
    assert platform.effects == [f"remark_order {order_id}", f"cancel_order {order_id}"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BUSY, PlatformBusy),
        (Fault.BROKEN, PlatformBusy),
        (Fault.REFUSING, PlatformRefused),
    ],
)
def test_its_faults_are_told_apart(
    platform: Platform, fault: Fault, error: type[Exception]
) -> None:
    platform.fault = fault
    with pytest.raises(error):
        CALLS.read_probe(call(platform, CALLS.probe(asking(platform))))


def test_a_token_that_ended_is_replaced(platform: Platform) -> None:
    CALLS.read_probe(call(platform, CALLS.probe(asking(platform))))
    for token in ("", "old"):
        ended = asking(platform, Access(token=token, refresh="simulated-refresh"))
        with pytest.raises(TokenRejected):
            CALLS.read_probe(call(platform, CALLS.probe(ended)))
        request = CALLS.renew(ended)
        assert request
        fresh = CALLS.read_renewed(call(platform, request), ended)
        assert fresh.token == platform.access.token
        assert fresh.expires_ms
        assert fresh.expires_ms > platform.now_ms()
