import datetime as dt
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.contracts.platform_contract import asked, life

from orderguard.channels.wechat import CALLS, CHANNEL
from orderguard.channels.wechat.signer import shop
from orderguard.channels.wechat.values import CHINA
from orderguard.domain.alerts import Alert, AlertKind, Explanation, Hit, Severity, Subject
from orderguard.domain.calls import Access, Asking, Request, Want
from orderguard.domain.events import (
    Data,
    EventType,
    OrderData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Line,
    Order,
    OrderKey,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.domain.ports import Concerned, Doing
from orderguard.errors import (
    PlatformBusy,
    PlatformRefused,
    TokenRejected,
)
from orderguard.simulate.channels.wechat import APP_SECRET, WechatPlatform
from orderguard.simulate.providers.server import Fault, Told

NOW_MS = 1_794_355_210_000
SHOP = shop(1)
PLAIN = replace(SHOP, settings={**SHOP.settings, "mode": "plain"})
SAMPLES = (
    Path(
        os.environ.get("ORDERGUARD_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
    )
    / "fixtures"
    / "wechat_channels_shop"
)
ORDER_ID = "3705115058471208928"
AT = dt.datetime(2026, 11, 11, 7, 58, 20, tzinfo=CHINA)


def access(token: str) -> Access:
    return Access(token=token)


ASKING = Asking(
    shop=replace(
        SHOP, settings={**SHOP.settings, "app_secret": APP_SECRET, "api_url": "http://127.0.0.1/"}
    ),
    access=access("a token"),
    now_ms=NOW_MS,
)


def sample(path: str) -> bytes:
    found = SAMPLES / path
    if not found.is_file():
        pytest.skip("the shared samples are not here")
    return found.read_bytes()


def test_the_platforms_sample_of_an_order_is_learnt_whole() -> None:
    body = sample("ModelSamples/Channels/ECOrder/ChannelsECOrderGetResponse.json")
    want = Want(kind="order", id="37423523451235145")
    told = CALLS.read_detail(want, Told(200, body), ASKING)
    created = dt.datetime(2022, 7, 23, 0, 0, tzinfo=CHINA)
    paid = dt.datetime(2022, 7, 23, 1, 0, tzinfo=CHINA)
    assert [one.event.type for one in told] == [
        EventType.ORDER_UPDATED,
        EventType.SHIPMENT_SHIPPED,
    ]
    assert order_of(told[0].event.data) == Order(
        order_id="37423523451235145",
        status=OrderStatus.PAID,
        created_at=created,
        paid_at=paid,
        updated_at=created,
        buyer=Buyer(id="OPENID"),
        lines=(
            Line(
                channel_sku="23424",
                product_id="234245",
                title="健身环",
                quantity=10,
                unit_price="20.00",
            ),
        ),
        amount="105.00",
        discount="100.00",
        freight="5.00",
        currency="CNY",
        coupons=(Coupon(id="301234567890"),),
        payment=Payment(
            id="131456479687", method="wechat", amount="105.00", currency="CNY", paid_at=paid
        ),
        ship_to=ShipTo(
            province="广东",
            city="广州",
            district="海珠区",
            street="大塘",
            postcode="2435245",
            name="陈先生",
            phone="24534252",
        ),
    )
    assert told[1].event.data == ShipmentData(
        order_id="37423523451235145",
        shipment_id="134654612313",
        carrier="STO",
        tracking_no="134654612313",
        lines=(ShipmentLine(quantity=1),),
    )
    assert all(
        one.event in [again.event for again in CHANNEL.reread(one.raw, SHOP)] for one in told
    )


def test_masked_members_are_not_told() -> None:
    address = {
        "user_name": "陈**",
        "province_name": "广东",
        "tel_number": "138****1234",
        "detail_info": "大塘****",
        "hash_code": "abc",
    }
    order = {
        "order_id": "1",
        "update_time": 1,
        "order_detail": {"delivery_info": {"address_info": address}},
    }
    body = json.dumps({"errcode": 0, "order": order}).encode()
    (one,) = CALLS.read_detail(Want(kind="order", id="1"), Told(200, body), ASKING)
    assert order_of(one.event.data).ship_to == ShipTo(
        province="广东", address_token=address["hash_code"]
    )


@pytest.fixture
def platform() -> Iterator[WechatPlatform]:
    platform = WechatPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


def order_of(data: Data) -> Order:
    assert isinstance(data, OrderData)
    return data.order


def asking(platform: WechatPlatform, by: Access = WechatPlatform.access) -> Asking:
    return Asking(shop=platform.connected(), access=by, now_ms=NOW_MS)


def lived(platform: WechatPlatform, count: int) -> None:
    rng = random.Random(11)
    for number in range(count):
        for event in life(rng, number):
            platform.happened(event)


def test_an_unchanged_thing_has_the_same_events(platform: WechatPlatform) -> None:
    lived(platform, 30)
    for order_id in platform.orders:
        want = Want(kind="order", id=order_id)
        request = CALLS.detail(want, asking(platform))
        first, again = (
            CALLS.read_detail(want, platform.answer(asked(request)), asking(platform))
            for _ in range(2)
        )
        assert first == again
        assert len({one.event.id for one in first}) == len(first)
    assert platform.refunds
    for refund_id, refund in platform.refunds.items():
        want = Want(kind="refund", id=refund_id, order_id=refund.data.order_id)
        request = CALLS.detail(want, asking(platform))
        (one,) = CALLS.read_detail(want, platform.answer(asked(request)), asking(platform))
        assert (one.event.type, one.event.data) == (refund.stage, refund.data)
        assert CALLS.wants(one.event) == ()


def test_changed_orders_are_listed_page_by_page(platform: WechatPlatform) -> None:
    lived(platform, 230)
    since_ms = min(platform.changed_ms.values())
    until_ms = since_ms + 5 * 86_400_000
    ids: list[str] = []
    page = None
    for _ in range(10):
        request = CALLS.changed(since_ms, until_ms, page, asking(platform))
        told = CALLS.read_changed(platform.answer(asked(request)), asking(platform), page)
        ids += [want.id for want in told.wants]
        page = told.next
        if page is None:
            break
    expected = {one for one, at_ms in platform.changed_ms.items() if at_ms <= until_ms}
    assert len(ids) == len(set(ids)) > 100
    assert set(ids) == expected


def test_the_longest_window_is_borne(platform: WechatPlatform) -> None:
    """Its ends may lie between two seconds."""
    since_ms = NOW_MS - CALLS.limits.window_s_max * 1000 - 1
    request = CALLS.changed(since_ms, NOW_MS + 1, None, asking(platform))
    told = CALLS.read_changed(platform.answer(asked(request)), asking(platform))
    assert (told.wants, told.next) == ((), None)


def test_a_remark_says_what_and_why(platform: WechatPlatform) -> None:
    lived(platform, 1)
    (order_id,) = platform.orders
    order = Concerned(key=OrderKey("wechat", "demo", order_id), status=OrderStatus.PAID)
    assert CALLS.does == {"remark_order"}
    request = CALLS.tell("remark_order", order, _doing(order), asking(platform))
    assert CALLS.read_told("remark_order", platform.answer(asked(request))) == ""
    assert platform.remarks[order_id] == "OrderGuard: 需二次验证身份: 十分钟内付款失败五次"


def _doing(order: Concerned) -> Doing:
    why = Explanation(zh="十分钟内付款失败五次", en="Five payments failed within ten minutes")
    hit = Hit(
        rule="payment.card_testing_burst",
        version="1",
        order_id=order.key.order_id,
        severity=Severity.MEDIUM,
        at=NOW_MS,
        features={},
        normal={},
        explanation=why,
    )
    alert = Alert(
        alert_id="a1",
        kind=AlertKind.RISK,
        subject=Subject("order", order.key.order_id),
        order=order.key,
        orders=(order.key,),
        channel="wechat",
        shop="demo",
        rules=(hit.rule,),
        hits=(hit,),
        floor=Severity.MEDIUM,
        severity=Severity.MEDIUM,
        score=50,
        occurred_at=NOW_MS,
        detected_at=NOW_MS,
        updated_at=NOW_MS,
        last_hit_at=NOW_MS,
        quiet_ms=0,
        playbook="medium",
    )
    return Doing(
        key="k1", step="mark", alert=alert, orders=(order,), values={"tag": "需二次验证身份"}
    )


@pytest.mark.parametrize(
    ("path", "method"), [("/cgi-bin/stable_token", "POST"), ("/cgi-bin/token", "GET")]
)
def test_a_token_is_renewed_at_either_address(
    platform: WechatPlatform, path: str, method: str
) -> None:
    shop = platform.connected()
    at = replace(shop, settings={**shop.settings, "token_path": path})
    who = Asking(shop=at, access=Access(), now_ms=NOW_MS)
    request = CALLS.renew(who)
    assert request is not None
    assert request.method == method
    got = CALLS.read_renewed(platform.answer(asked(request)), who)
    assert got == replace(WechatPlatform.access, expires_ms=NOW_MS + 7_200_000)
    CALLS.read_probe(platform.answer(asked(CALLS.probe(asking(platform, got)))))


def test_a_wrong_secret_is_said_at_once(platform: WechatPlatform) -> None:
    shop = platform.connected()
    at = replace(shop, settings={**shop.settings, "app_secret": "wrong"})
    who = Asking(shop=at, access=Access(), now_ms=NOW_MS)
    request = CALLS.renew(who)
    assert request is not None
    with pytest.raises(PlatformRefused, match="app_secret"):
        CALLS.read_renewed(platform.answer(asked(request)), who)
    with pytest.raises(PlatformRefused):
        CALLS.read_renewed(Told(200, b'{"errcode":40001,"errmsg":"invalid"}'), who)


def test_a_token_that_has_ended_is_told_from_a_refusal(platform: WechatPlatform) -> None:
    ended = asking(platform, access("another"))
    with pytest.raises(TokenRejected):
        CALLS.read_probe(platform.answer(asked(CALLS.probe(ended))))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BUSY, PlatformBusy),
        (Fault.BROKEN, PlatformBusy),
        (Fault.REFUSING, PlatformRefused),
    ],
)
def test_its_faults_are_told_apart(
    platform: WechatPlatform, fault: Fault, error: type[Exception]
) -> None:
    platform.fault = fault
    with pytest.raises(error):
        CALLS.read_probe(platform.answer(asked(CALLS.probe(asking(platform)))))


@pytest.mark.parametrize(
    ("status", "body", "may_have_acted"),
    [
        (502, b"<html>Bad Gateway</html>", True),
        (200, b"", True),
        (500, b"{}", True),
        (200, b'{"errcode":-1,"errmsg":"system error"}', True),
        (200, b'{"errcode":45011,"errmsg":"minute-quota"}', False),
    ],
)
def test_an_unclear_answer_to_an_effect_says_so(
    status: int, body: bytes, may_have_acted: bool
) -> None:
    with pytest.raises(PlatformBusy) as caught:
        CALLS.read_told("remark_order", Told(status, body))
    assert caught.value.may_have_acted is may_have_acted


@pytest.mark.parametrize("body", [b"{}", b'{"errcode":0,"order":{"order_id":"1"}}'])
def test_an_answer_without_what_was_asked_for_may_be_asked_again(body: bytes) -> None:
    with pytest.raises(PlatformBusy):
        CALLS.read_detail(Want(kind="order", id="1"), Told(200, body), ASKING)


def test_without_a_secret_nothing_is_asked() -> None:
    assert not CALLS.is_ready(SHOP)
    assert CALLS.is_ready(ASKING.shop)
    by_hand = replace(SHOP, settings={**SHOP.settings, "access_token": "t"})
    assert CALLS.is_ready(by_hand)
    assert CALLS.renew(Asking(shop=by_hand, access=Access(), now_ms=NOW_MS)) is None
    assert CALLS.app(SHOP) == f"wechat/{SHOP.settings['app_id']}"


def test_a_call_is_where_it_shall_be() -> None:
    request = CALLS.detail(Want(kind="order", id=ORDER_ID), ASKING)
    assert request == Request(
        url="http://127.0.0.1/channels/ec/order/get?access_token=a%20token",
        headers={"content-type": "application/json"},
        body=b'{"order_id": "3705115058471208928"}',
    )
    elsewhere = Asking(shop=SHOP, access=access("t"), now_ms=NOW_MS)
    assert CALLS.probe(elsewhere).url.startswith("https://api.weixin.qq.com/channels/ec/order/")
