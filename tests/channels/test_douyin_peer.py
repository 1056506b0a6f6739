"""Douyin's platform as others see it: their client calls the simulator, their verifier hears it."""

import datetime as dt
import json
import random
import time
from collections.abc import Iterator

import pytest
from doudian import AppType, DouDian
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

CHANNEL, CALLS = discover()["douyin"], discover_calls()["douyin"]


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = discover_platforms()["douyin"](now_ms=lambda: int(time.time() * 1000))
    yield platform
    platform.close()


@pytest.fixture
def peer(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[DouDian]:
    # It writes the local time of wherever it runs, and means China.
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    shop = platform.connected()
    peer = DouDian(shop.settings["app_key"], shop.secrets[0], app_type=AppType.TOOL)
    peer._gate_way = shop.settings["api_url"]
    peer._token = {"access_token": platform.access.token, "expires_in": 2**40}
    yield peer
    monkeypatch.undo()
    time.tzset()


def orders_of(platform: Platform, count: int) -> list[str]:
    """Orders that are placed and paid."""
    for number in range(count):
        for event in life(random.Random(number), number):
            if event.type in {EventType.ORDER_CREATED, EventType.ORDER_PAID}:
                platform.happened(event)
    return list(platform.orders)


def call(platform: Platform, request: Request) -> Reply:
    return platform.answer(asked(request))


def asking(platform: Platform) -> Asking:
    return Asking(shop=platform.connected(), access=platform.access, now_ms=platform.now_ms())


def test_the_pushes_of_the_simulator_are_approved(platform: Platform, peer: DouDian) -> None:
    for event in life(random.Random(1), 1):
        for message in platform.happened(event):
            assert peer.callback(message.headers, message.body) == json.loads(message.body)
            other = DouDian("other", platform.shop.secrets[0], app_type=AppType.TOOL)
            assert other.callback(message.headers, message.body) is None


def test_their_client_reads_an_order(platform: Platform, peer: DouDian) -> None:
    (order_id,) = orders_of(platform, 1)
    answer = peer.request("/order/orderDetail", {"shop_order_id": order_id})
    assert answer["code"] == 10000
    assert answer["data"]["shop_order_detail"]["order_id"] == order_id


def test_a_call_that_others_sign_wrongly_is_refused(platform: Platform, peer: DouDian) -> None:
    (order_id,) = orders_of(platform, 1)
    peer._app_secret = "other"  # noqa: S105 - nobody's.
    answer = peer.request("/order/orderDetail", {"shop_order_id": order_id})
    assert answer["sub_code"] == "isv.signature-invalid"


def test_a_list_is_read_page_by_page(platform: Platform) -> None:
    ids = orders_of(platform, 230)
    first = min(platform.changed_ms.values())
    last = max(platform.changed_ms.values())
    found: list[str] = []
    refunds, page = 0, None
    for _ in range(10):
        request = CALLS.changed(first, last, page, asking(platform))
        read = CALLS.read_changed(call(platform, request), asking(platform), page)
        for one in read.parsed:
            if isinstance(one.event.data, OrderData):
                found.append(one.event.data.order.order_id)
            else:
                refunds += 1
        page = read.next
        if page is None:
            break
    assert page is None
    assert sorted(found) == sorted(ids)
    assert refunds == 0


def test_lost_pushes_of_refunds_are_in_the_list(platform: Platform) -> None:
    for number in range(60):
        for event in life(random.Random(number), number):
            platform.happened(event)
    since = min(refund.changed_ms for refund in platform.refunds.values())
    until = max(refund.changed_ms for refund in platform.refunds.values())
    request = CALLS.changed(since, until, "refunds/0", asking(platform))
    read = CALLS.read_changed(call(platform, request), asking(platform), "refunds/0")
    told = {getattr(one.event.data, "refund_id", ""): one.event.type for one in read.parsed}
    assert told == {refund_id: one.stage for refund_id, one in platform.refunds.items()}
    assert told


def test_an_order_is_marked(platform: Platform) -> None:
    (order_id,) = orders_of(platform, 1)
    key = OrderKey("douyin", "demo", order_id)
    concerned = Concerned(key=key, status=OrderStatus.PAID)
    answer = call(platform, CALLS.tell("remark_order", concerned, doing(), asking(platform)))
    assert CALLS.read_told("remark_order", answer) == ""
    assert platform.remarks[order_id] == "加急 & <核实>"
    assert platform.effects == [f"remark_order {order_id}"]


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


def test_a_token_that_ended_and_a_clock_that_is_off(platform: Platform) -> None:
    now = asking(platform)
    CALLS.read_probe(call(platform, CALLS.probe(now)))
    ended = Access(token="old")  # noqa: S106 - nobody's.
    old = Asking(shop=now.shop, access=ended, now_ms=now.now_ms)
    with pytest.raises(TokenRejected):
        CALLS.read_probe(call(platform, CALLS.probe(old)))
    off = Asking(shop=now.shop, access=now.access, now_ms=now.now_ms - 3_600_000)
    with pytest.raises(PlatformRefused, match="timestamp"):
        CALLS.read_probe(call(platform, CALLS.probe(off)))


def test_a_token_is_refreshed(platform: Platform, peer: DouDian) -> None:
    now = asking(platform)
    access = Access(refresh="simulated-refresh")
    request = CALLS.renew(Asking(shop=now.shop, access=access, now_ms=now.now_ms))
    assert request
    fresh = CALLS.read_renewed(call(platform, request), now)
    assert fresh.token == platform.access.token
    assert fresh.expires_ms == now.now_ms + 7 * 86_400_000
    assert peer.request("/order/orderDetail", {"shop_order_id": "1"})["code"] == 50002


def doing() -> Doing:
    """A step that says what to write; nothing else of it is looked at."""
    at = int(dt.datetime(2026, 11, 11, tzinfo=dt.UTC).timestamp() * 1000)
    alert = Alert(
        alert_id="alert_1",
        kind=AlertKind.RISK,
        subject=Subject("buyer", "b"),
        channel="douyin",
        shop="demo",
        order=None,
        orders=(),
        rules=(),
        hits=(),
        floor=Severity.HIGH,
        severity=Severity.HIGH,
        score=80,
        occurred_at=at,
        detected_at=at,
        updated_at=at,
        last_hit_at=at,
        quiet_ms=1,
    )
    values = {"remark": "加急 & <核实>"}
    return Doing(key="k", step="remark_order", alert=alert, orders=(), values=values)
