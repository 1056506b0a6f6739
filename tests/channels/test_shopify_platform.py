"""Shopify's Admin API as our calls meet it: lists, answers back, faults."""

import random
import time
from collections.abc import Iterator

import pytest
from tests.contracts.platform_contract import asked, life

from orderguard.channels import discover_calls
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Reply, Request, Want
from orderguard.domain.events import EventType, OrderData
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing
from orderguard.errors import PlatformBusy, PlatformRefused, PlatformTooLate, TokenRejected
from orderguard.simulate.channels import discover as discover_platforms
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.providers.server import Fault

CALLS = discover_calls()["shopify"]


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = discover_platforms()["shopify"](now_ms=lambda: int(time.time() * 1000))
    yield platform
    platform.close()


def call(platform: Platform, request: Request) -> Reply:
    return platform.answer(asked(request))


def asking(platform: Platform, access: Access | None = None) -> Asking:
    access = access or platform.access
    return Asking(shop=platform.connected(), access=access, now_ms=platform.now_ms())


def told(platform: Platform, count: int, until: EventType) -> list[str]:
    """Lives that are told of up to this event."""
    for number in range(count):
        for event in life(random.Random(number), number):
            platform.happened(event)
            if event.type is until:
                break
    return list(platform.orders)


def doing(step: str) -> Doing:
    alert = Alert(
        alert_id="alert_1",
        kind=AlertKind.RISK,
        subject=Subject("buyer", "b"),
        channel="shopify",
        shop="demo",
        order=None,
        orders=(),
        rules=(),
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


def test_a_list_is_followed_to_its_end(platform: Platform) -> None:
    ids = told(platform, 620, EventType.ORDER_CREATED)
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


def test_an_order_is_tagged_and_cancelled_until_it_is_shipped(platform: Platform) -> None:
    ids = told(platform, 12, EventType.SHIPMENT_SHIPPED)
    shipped, paid = (
        next(one for one in ids if platform.orders[one].status is status)
        for status in (OrderStatus.SHIPPED, OrderStatus.CLOSED)
    )
    for order_id in (paid, shipped):
        order = Concerned(key=OrderKey("shopify", "demo", order_id), status=OrderStatus.PAID)
        request = CALLS.tell("remark_order", order, doing("remark_order"), asking(platform))
        assert CALLS.read_told("remark_order", call(platform, request)) == ""
        cancel = CALLS.tell("cancel_order", order, doing("cancel_order"), asking(platform))
        if order_id == shipped:
            with pytest.raises(PlatformTooLate):
                CALLS.read_told("cancel_order", call(platform, cancel))
        else:
            assert CALLS.read_told("cancel_order", call(platform, cancel)) == ""
    assert platform.remarks[shipped] == "OrderGuard, OrderGuard-high"
    assert platform.orders[paid].status is OrderStatus.CANCELLED


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


def test_who_is_not_known_and_what_is_not_there(platform: Platform) -> None:
    CALLS.read_probe(call(platform, CALLS.probe(asking(platform))))
    stranger = asking(platform, Access(token="other"))  # noqa: S106 - nobody's.
    with pytest.raises(TokenRejected):
        CALLS.read_probe(call(platform, CALLS.probe(stranger)))
    want = Want(kind="order", id="7")
    with pytest.raises(PlatformRefused):
        CALLS.read_detail(want, call(platform, CALLS.detail(want, asking(platform))), stranger)
