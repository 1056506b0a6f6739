"""What JOS is asked, held against the simulator."""

import datetime as dt
import random
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace
from tests.contracts.platform_contract import life

from orderguard.channels.jd import CALLS
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Request, Want
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData, UnknownData
from orderguard.domain.orders import Order, OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing
from orderguard.errors import PlatformBusy, PlatformRefused, TokenRejected
from orderguard.simulate.channels.jd import JdPlatform
from orderguard.simulate.providers.server import Asked, Fault, Told

NOW_MS = 1_794_355_210_000
CHINA = dt.timezone(dt.timedelta(hours=8))
DAY_MS = 86_400_000


@pytest.fixture
def platform() -> Iterator[JdPlatform]:
    platform = JdPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


@pytest.fixture
def asking(platform: JdPlatform) -> Asking:
    return Asking(shop=platform.connected(), access=platform.access, now_ms=NOW_MS)


def ask(platform: JdPlatform, request: Request) -> Told:
    parts = urlsplit(request.url)
    return platform.answer(
        Asked(request.method, f"{parts.path}?{parts.query}", request.headers, request.body)
    )


def changed(platform: JdPlatform, number: int, at_ms: int, kind: EventType) -> None:
    at = dt.datetime.fromtimestamp(at_ms / 1000, CHINA)
    order = Order(order_id=f"{2_100_000_000_000_000 + number}", created_at=at)
    event = CanonicalEvent(
        id=f"{number}-{kind}",
        type=kind,
        type_name=kind.value,
        occurred_at=at,
        data=OrderData(order=order),
    )
    platform.happened(event)


def test_each_order_that_changed_is_listed_though_the_list_shrinks(
    platform: JdPlatform, asking: Asking
) -> None:
    """One of the first page changes while the list is read: all behind it move up by one."""
    start_ms = NOW_MS - DAY_MS
    for number in range(350):
        changed(platform, number, start_ms + number // 7 * 1000, EventType.ORDER_PAID)
    until_ms = start_ms + 60_000
    page, seen, pages = None, set(), []
    for _ in range(10):
        reply = ask(platform, CALLS.changed(start_ms, until_ms, page, asking))
        told = CALLS.read_changed(reply, asking, page)
        seen |= {
            one.event.data.order.order_id
            for one in told.parsed
            if isinstance(one.event.data, OrderData)
        }
        page = told.next
        pages.append(page)
        if len(pages) == 1:
            changed(platform, 0, NOW_MS, EventType.ORDER_COMPLETED)
        if page is None:
            break
    assert pages == ["4", "3", "2", "1", None]
    assert len(seen) == 350


def test_what_did_not_change_is_not_listed(platform: JdPlatform, asking: Asking) -> None:
    changed(platform, 1, NOW_MS - DAY_MS, EventType.ORDER_PAID)
    for since_ms, until_ms, found in (
        (NOW_MS - DAY_MS, NOW_MS, 1),
        (NOW_MS - DAY_MS + 1000, NOW_MS, 0),
        (NOW_MS - 2 * DAY_MS, NOW_MS - DAY_MS - 1001, 0),
    ):
        reply = ask(platform, CALLS.changed(since_ms, until_ms, None, asking))
        assert len(CALLS.read_changed(reply, asking, None).parsed) == found


def test_an_order_that_is_held_back_leads_to_its_refund(
    platform: JdPlatform, asking: Asking
) -> None:
    changed(platform, 1, NOW_MS, EventType.ORDER_PAID)
    order_id = next(iter(platform.orders))
    refund = RefundData(
        order_id=order_id, refund_id="81", amount="12.30", currency="CNY", reason="不想要了"
    )
    want = Want(kind="refund", id=order_id, order_id=order_id)
    for kind in (EventType.REFUND_REQUESTED, EventType.REFUND_APPROVED):
        at = dt.datetime.fromtimestamp(NOW_MS / 1000, CHINA)
        platform.happened(
            CanonicalEvent(id=kind, type=kind, type_name=kind, occurred_at=at, data=refund)
        )
        (parsed,) = CALLS.read_detail(want, ask(platform, CALLS.detail(want, asking)), asking)
        assert (parsed.event.type, parsed.event.data) == (kind, refund)
    platform.locked.add(order_id)
    reply = ask(platform, CALLS.changed(NOW_MS - 1000, NOW_MS, None, asking))
    page = CALLS.read_changed(reply, asking, None)
    assert page.wants == (want,)
    data = page.parsed[0].event.data
    assert isinstance(data, OrderData)
    assert data.order.status is OrderStatus.UNKNOWN


def test_only_pushes_want_their_details(platform: JdPlatform, asking: Asking) -> None:
    whole = next(life(random.Random(1), 1))
    platform.happened(whole)
    (order_id,) = platform.orders
    want = Want(kind="order", id=order_id)
    told = CALLS.read_detail(want, ask(platform, CALLS.detail(want, asking)), asking)
    assert [CALLS.wants(one.event) for one in told] == [()]
    pushed = replace(whole, id="jdpush_1")
    assert CALLS.wants(pushed) == (want,)
    unknown = replace(pushed, type=EventType.UNKNOWN, data=UnknownData())
    assert CALLS.wants(unknown) == ()


def test_an_order_that_nobody_has_is_refused(platform: JdPlatform, asking: Asking) -> None:
    want = Want(kind="order", id="1")
    with pytest.raises(PlatformRefused, match="订单不存在"):
        CALLS.read_detail(want, ask(platform, CALLS.detail(want, asking)), asking)


def test_a_remark_is_left(platform: JdPlatform, asking: Asking) -> None:
    key = OrderKey("jd", "demo", "2100000000000001")
    order = Concerned(key=key, status=OrderStatus.PAID)
    alert = Alert(
        alert_id="a",
        kind=AlertKind.RISK,
        subject=Subject("order", key.order_id),
        channel="jd",
        shop="demo",
        order=key,
        orders=(key,),
        rules=("velocity.same_item_burst",),
        hits=(),
        floor=Severity.LOW,
        severity=Severity.HIGH,
        score=80,
        occurred_at=0,
        detected_at=0,
        updated_at=0,
        last_hit_at=0,
        quiet_ms=0,
    )
    doing = Doing(
        key="k", step="remark_order", alert=alert, orders=(order,), values={"tag": "高风险"}
    )
    reply = ask(platform, CALLS.tell("remark_order", order, doing, asking))
    assert CALLS.read_told("remark_order", reply) == ""
    assert platform.remarks == {key.order_id: "高风险 velocity.same_item_burst"}


def test_a_token_that_ended_is_renewed(platform: JdPlatform, asking: Asking) -> None:
    platform.token = "another"  # noqa: S105 - nobody's.
    with pytest.raises(TokenRejected):
        CALLS.read_probe(ask(platform, CALLS.probe(asking)))
    assert CALLS.renew(asking) is None
    can_renew = replace(asking, access=replace(asking.access, refresh="simulated-refresh"))
    request = CALLS.renew(can_renew)
    assert request is not None
    fresh = CALLS.read_renewed(ask(platform, request), can_renew)
    assert fresh == Access(
        token="token-1",  # noqa: S106 - nobody's.
        refresh="simulated-refresh",
        expires_ms=NOW_MS + DAY_MS,
    )
    CALLS.read_probe(ask(platform, CALLS.probe(replace(asking, access=fresh))))
    wrong = replace(asking, access=Access(refresh="wrong"))
    request = CALLS.renew(wrong)
    assert request is not None
    with pytest.raises(TokenRejected, match="refresh_token is invalid"):
        CALLS.read_renewed(ask(platform, request), wrong)


@pytest.mark.parametrize(
    ("fault", "expected", "code"),
    [
        (Fault.BUSY, PlatformBusy, "2"),
        (Fault.BROKEN, PlatformBusy, ""),
        (Fault.REFUSING, PlatformRefused, "12"),
    ],
)
def test_failures(
    platform: JdPlatform, asking: Asking, fault: Fault, expected: type[PlatformBusy], code: str
) -> None:
    platform.fault = fault
    with pytest.raises(expected) as caught:
        CALLS.read_probe(ask(platform, CALLS.probe(asking)))
    assert caught.value.code == code


def test_a_wrong_secret_is_refused(platform: JdPlatform, asking: Asking) -> None:
    wrong = replace(asking, shop=replace(asking.shop, secrets=("other",)))
    with pytest.raises(PlatformRefused, match="签名"):
        CALLS.read_probe(ask(platform, CALLS.probe(wrong)))


def test_a_daojia_shop_is_listened_to_alone(asking: Asking) -> None:
    assert CALLS.is_ready(asking.shop)
    assert not CALLS.is_ready(replace(asking.shop, settings={"app_key": "b1d2c3"}))
