"""The calls of `tmall`, answered by the simulated gateway, which checks each as TOP does."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace
from taobao_open.api.base import sign as peer_request_sign
from tests.actions.merchant import doing
from tests.contracts.platform_contract import asked, generated, life

from orderguard.channels.tmall import CALLS, CHANNEL
from orderguard.channels.tmall.settings import SETTINGS
from orderguard.domain.calls import Asking, Page, Request, Want
from orderguard.domain.events import (
    CanonicalEvent,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import Line, Order, OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing, Parsed
from orderguard.errors import PlatformBusy, PlatformRefused, TokenRejected
from orderguard.simulate.channels.tmall import TmallPlatform
from orderguard.simulate.providers.server import Fault, Told

NOW_MS = 1_794_355_210_000
HOUR_MS = 3_600_000


@pytest.fixture
def platform() -> Iterator[TmallPlatform]:
    platform = TmallPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


def asking(platform: TmallPlatform, **settings: str) -> Asking:
    shop = platform.connected()
    shop = replace(shop, settings={**shop.settings, **settings})
    return Asking(shop=shop, access=platform.access, now_ms=NOW_MS)


def placed(order_id: str, at_ms: int, status: OrderStatus = OrderStatus.PAID) -> CanonicalEvent:
    at = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)
    order = Order(order_id=order_id, status=status, created_at=at, lines=(Line(sku="A"),))
    kind = EventType.ORDER_PAID
    return CanonicalEvent(
        id=order_id, type=kind, type_name=kind.value, occurred_at=at, data=OrderData(order=order)
    )


def refunded(number: int, at_ms: int) -> CanonicalEvent:
    at, kind = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC), EventType.REFUND_REQUESTED
    data = RefundData(order_id="1", refund_id=f"{number}", amount="1.00", currency="CNY")
    return CanonicalEvent(
        id=f"r{number}", type=kind, type_name=kind.value, occurred_at=at, data=data
    )


def pages(platform: TmallPlatform, since_ms: int, until_ms: int) -> list[Page]:
    """Every page of a list, as the repair turns them."""
    found: list[Page] = []
    following: str | None = None
    asks = asking(platform)
    for _ in range(200):
        request = CALLS.changed(since_ms, until_ms, following, asks)
        page = CALLS.read_changed(platform.answer(asked(request)), asks, following)
        found.append(page)
        assert page.next != following or following is None
        following = page.next
        if following is None:
            return found
    raise AssertionError


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_each_sign_method_is_taken(platform: TmallPlatform, method: str) -> None:
    platform.happened(placed("1", NOW_MS))
    asks = asking(platform, sign_method=method)
    want = Want(kind="order", id="1")
    told = CALLS.read_detail(want, platform.answer(asked(CALLS.detail(want, asks))), asks)
    assert told[0].event.type is EventType.ORDER_UPDATED


def test_an_independent_signer_signs_our_calls_alike(platform: TmallPlatform) -> None:
    request = CALLS.detail(Want(kind="order", id="1"), asking(platform, sign_method="md5"))
    given = dict(parse_qsl(request.body.decode()))
    sign = given.pop("sign")
    assert sign == peer_request_sign(platform.shop.secrets[0], given)


def test_a_trade_tells_its_parcels_and_its_token(platform: TmallPlatform) -> None:
    rng = random.Random(3)
    events = list(life(rng, 1))
    order_id = "4705288465508532863"
    for event in events:
        platform.happened(event)
    parcel = ShipmentData(
        order_id=order_id,
        shipment_id="P2",
        carrier="SF",
        tracking_no="SF0000000000009",
        lines=(ShipmentLine(sku=(platform.orders[order_id].lines or ())[0].sku, quantity=1),),
    )
    platform.parcels[order_id] = {"P2": parcel}
    asks, want = asking(platform), Want(kind="order", id=order_id)
    told = CALLS.read_detail(want, platform.answer(asked(CALLS.detail(want, asks))), asks)
    order, sent = told[0].event.data, told[1].event.data
    assert isinstance(order, OrderData)
    assert order.order.ship_to
    token = order.order.ship_to.address_token
    assert token
    assert token.startswith(f"{platform.shop.settings['app_key']}:")
    assert order.order.ship_to.name is order.order.ship_to.phone is None
    assert isinstance(sent, ShipmentData)
    assert (sent.tracking_no, sent.shipment_id) == ("SF0000000000009", None)
    assert [one.event for one in CHANNEL.reread(told[0].raw, asks.shop)] == [
        one.event for one in told
    ]
    assert CALLS.wants(told[0].event) == ()


def test_a_refund_is_told_with_its_reason(platform: TmallPlatform) -> None:
    (push,) = platform.happened(refunded(5, NOW_MS))
    (parsed,) = CHANNEL.parse(push, platform.shop)
    (want,) = CALLS.wants(parsed.event)
    assert want == Want(kind="refund", id="5", order_id="1")
    asks = asking(platform)
    (told,) = CALLS.read_detail(want, platform.answer(asked(CALLS.detail(want, asks))), asks)
    assert isinstance(told.event.data, RefundData)
    assert told.event.data.reason == ""
    assert CALLS.wants(told.event) == ()
    listed = [one for page in pages(platform, NOW_MS - HOUR_MS, NOW_MS) for one in page.parsed]
    assert [one.event for one in listed] == [told.event]
    assert CHANNEL.reread(listed[0].raw, asks.shop)[0].event == told.event


def test_all_changed_orders_and_refunds_are_listed(platform: TmallPlatform) -> None:
    for number in range(1, 341):
        platform.happened(placed(str(number), NOW_MS - number * 7_000))
    for number in range(1, 131):
        platform.happened(refunded(number, NOW_MS - number * 1_000))
    until_ms = NOW_MS + 1_000
    found = pages(platform, NOW_MS - 300 * 7_000, until_ms)
    ids = {want.id for page in found for want in page.wants}
    assert ids == {str(number) for number in range(1, 301)}
    refunds = {one.event.id for page in found for one in page.parsed}
    assert len(refunds) == 130


def test_a_second_with_more_changes_than_a_page_is_listed_whole(platform: TmallPlatform) -> None:
    for number in range(1, 951):
        platform.happened(placed(str(number), NOW_MS - 60_000))
    platform.happened(placed("before", NOW_MS - 90_000))
    found = pages(platform, NOW_MS - HOUR_MS, NOW_MS)
    assert {want.id for page in found for want in page.wants} == {
        "before",
        *(str(number) for number in range(1, 951)),
    }


def test_an_order_that_changes_while_pages_are_turned_hides_no_other(
    platform: TmallPlatform,
) -> None:
    for number in range(1, 251):
        platform.happened(placed(str(number), NOW_MS - number * 5_000))
    asks = asking(platform)
    window = (NOW_MS - HOUR_MS, NOW_MS)
    first = CALLS.read_changed(
        platform.answer(asked(CALLS.changed(*window, None, asks))), asks, None
    )
    platform.happened(placed("3", NOW_MS + 60_000))
    second = CALLS.read_changed(
        platform.answer(asked(CALLS.changed(*window, first.next, asks))), asks, first.next
    )
    ids = {want.id for want in (*first.wants, *second.wants)}
    assert {str(number) for number in range(1, 190)} <= ids


def _no(code: int, sub_code: str = "", sub_msg: str = "") -> Told:
    error = {"code": code, "msg": "said", "sub_code": sub_code, "sub_msg": sub_msg}
    return Told(200, json.dumps({"error_response": error}).encode())


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (_no(27), TokenRejected),
        (_no(26), TokenRejected),
        (_no(25), PlatformRefused),
        (_no(11, "isv.permission-api-package-limit"), PlatformRefused),
        (_no(15, "isv.trade-not-exist"), PlatformRefused),
        (_no(15, "isp.remote-service-timeout"), PlatformBusy),
        (_no(15), PlatformBusy),
        (_no(10), PlatformBusy),
        (_no(15, "isv.x", "CLOSE_TRADE_TOO_FAST"), PlatformBusy),
        (Told(502, b"<html>bad gateway</html>"), PlatformBusy),
        (Told(200, b"[" * 100), PlatformBusy),
        (Told(200, b'{"trade_fullinfo_get_response":{}}'), PlatformBusy),
        (Told(200, b'{"trade_fullinfo_get_response":{"trade":{"tid":1}}}'), PlatformBusy),
    ],
)
def test_what_an_answer_that_is_no_answer_means(
    platform: TmallPlatform, told: Told, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        CALLS.read_detail(Want(kind="order", id="1"), told, asking(platform))
    with pytest.raises((PlatformBusy, PlatformRefused, TokenRejected)):
        CALLS.read_changed(told, asking(platform), None)


def test_a_ban_says_how_long_it_lasts(platform: TmallPlatform) -> None:
    limited = _no(7, "accesscontrol.limited", "This ban will last for 37 more seconds")
    with pytest.raises(PlatformBusy) as caught:
        CALLS.read_changed(limited, asking(platform), None)
    assert caught.value.retry_after_s == 37


def test_every_fault_of_the_gateway_has_its_name(platform: TmallPlatform) -> None:
    request = CALLS.probe(asking(platform))
    CALLS.read_probe(platform.answer(asked(request)))
    kinds = {
        Fault.BUSY: PlatformBusy,
        Fault.BROKEN: PlatformBusy,
        Fault.REFUSING: PlatformRefused,
    }
    for fault, kind in kinds.items():
        platform.fault = fault
        with pytest.raises(kind):
            CALLS.read_probe(platform.answer(asked(request)))


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"app_key": "1"}, PlatformRefused),
        ({"session": "other"}, TokenRejected),
    ],
)
def test_the_gateway_looks_at_the_caller(
    platform: TmallPlatform, changed: dict[str, str], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        CALLS.read_probe(platform.answer(asked(CALLS.probe(asking(platform, **changed)))))


def test_a_stale_or_wrongly_signed_call_is_refused(platform: TmallPlatform) -> None:
    asks = asking(platform)
    stale = replace(asks, now_ms=NOW_MS - 11 * 60_000)
    other = replace(asks, shop=replace(asks.shop, secrets=("other",)))
    for wrong, code in ((stale, "31"), (other, "25")):
        with pytest.raises(PlatformRefused) as caught:
            CALLS.read_probe(platform.answer(asked(CALLS.probe(wrong))))
        assert caught.value.code == code
        assert caught.value.hint


def remark() -> Doing:
    return replace(doing("k"), values={"tag": "需二次验证身份"})


def concerned(status: OrderStatus) -> Concerned:
    return Concerned(key=OrderKey("tmall", "demo", "1"), status=status)


def told(platform: TmallPlatform, action: str, request: Request) -> str:
    return CALLS.read_told(action, platform.answer(asked(request)))


def test_an_order_is_remarked(platform: TmallPlatform) -> None:
    platform.happened(placed("1", NOW_MS))
    asks = asking(platform)
    request = CALLS.tell("remark_order", concerned(OrderStatus.PAID), remark(), asks)
    told(platform, "remark_order", request)
    assert platform.remarks == {"1": "需二次验证身份 [OrderGuard alt_1]"}
    adds = asking(platform, memo_method="taobao.trade.memo.add")
    again = CALLS.tell("remark_order", concerned(OrderStatus.PAID), remark(), adds)
    with pytest.raises(PlatformRefused):
        told(platform, "remark_order", again)


def test_an_unpaid_order_alone_is_closed(platform: TmallPlatform) -> None:
    platform.happened(placed("1", NOW_MS, OrderStatus.PENDING_PAYMENT))
    asks = asking(platform)
    request = CALLS.tell("cancel_order", concerned(OrderStatus.PENDING_PAYMENT), remark(), asks)
    told(platform, "cancel_order", request)
    assert platform.orders["1"].status is OrderStatus.CANCELLED
    with pytest.raises(PlatformRefused):
        CALLS.tell("cancel_order", concerned(OrderStatus.PAID), remark(), asks)


def test_an_effect_that_was_not_answered_may_have_come_about() -> None:
    for answer in (Told(502, b""), Told(200, b"{"), _no(15, "isp.timeout")):
        with pytest.raises(PlatformBusy) as caught:
            CALLS.read_told("remark_order", answer)
        assert caught.value.may_have_acted
    with pytest.raises(PlatformBusy) as caught:
        CALLS.read_told("remark_order", _no(7))
    assert not caught.value.may_have_acted


def test_calls_need_a_session(platform: TmallPlatform) -> None:
    assert CALLS.is_ready(platform.shop)
    bare = replace(platform.shop, settings={"app_key": "1"})
    assert not CALLS.is_ready(bare)
    assert CALLS.app(platform.shop) == platform.shop.settings["app_key"]
    assert {setting.name for setting in SETTINGS if setting.is_required} == {
        "app_key",
        "app_secret",
    }


def test_generated_orders_have_lines_that_are_asked_for() -> None:
    order = generated(random.Random(1), 1)
    event = placed(order.order_id, NOW_MS)
    bare = replace(event, data=OrderData(order=Order(order_id=order.order_id)))
    assert CALLS.wants(bare) == (Want(kind="order", id=order.order_id),)


def test_lines_closed_before_payment_are_no_lines(platform: TmallPlatform) -> None:
    trade = {
        "tid": "9",
        "created": "2026-11-11 00:00:00",
        "status": "WAIT_SELLER_SEND_GOODS",
        "discount_fee": "1.00",
        "orders": {
            "order": [
                {"oid": "1", "num_iid": 5, "num": "2", "discount_fee": "0.50"},
                {"oid": "2", "num_iid": 6, "status": "TRADE_CLOSED_BY_TAOBAO"},
            ]
        },
    }
    parsed = _read(platform, trade)
    order = _order(parsed)
    assert order.lines == (Line(line_id="1", channel_sku="5", product_id="5", quantity=2),)
    assert order.discount == "1.50"
    alone: dict[str, Any] = {**trade, "orders": {"order": trade["orders"]["order"][0]}}  # type: ignore[index]
    assert _order(_read(platform, alone)).lines == order.lines


def _read(platform: TmallPlatform, trade: dict[str, Any]) -> tuple[Parsed, ...]:
    body = json.dumps({"trade_fullinfo_get_response": {"trade": trade}}).encode()
    return CALLS.read_detail(Want(kind="order", id="9"), Told(200, body), asking(platform))


def _order(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order
