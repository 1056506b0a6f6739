import datetime as dt
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from doudian import AppType, DouDian
from msgspec import Struct
from msgspec.structs import replace

from orderguard.channels.douyin import CALLS
from orderguard.channels.douyin.signing import sign_call
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Request, Want
from orderguard.domain.events import (
    EventType,
)
from orderguard.domain.orders import (
    OrderKey,
    OrderStatus,
)
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import (
    PlatformBusy,
    PlatformRefused,
    TokenRejected,
)

NOW_MS = 1_794_355_210_000
FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = (
    Path(
        os.environ.get("ORDERGUARD_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data"
    )
    / "fixtures"
    / "douyin_shop"
)
SHOP = ShopConfig(channel="douyin", shop="demo", secrets=("secr",), settings={"app_key": "appk"})
ORDER_ID, SECONDS = "4705288465508532862", 1_794_330_000
PHONE_TOKEN, ADDRESS_TOKEN = "MTM4", "#GKTB7s7wOxP=="
ORDER = {"order_id": ORDER_ID, "order_status": 2, "update_time": SECONDS}


class Answered(Struct, frozen=True):
    """An answer of the platform."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


def at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def types(parsed: tuple[Parsed, ...]) -> list[EventType]:
    return [one.event.type for one in parsed]


def yes(data: Any) -> Answered:
    return Answered(json.dumps({"code": 10000, "msg": "success", "data": data}).encode())


def no(code: int, sub_code: str, said: str = "非法的参数") -> Answered:
    answer = {"code": code, "msg": said, "sub_code": sub_code, "sub_msg": said}
    return Answered(json.dumps(answer).encode())


def asking(shop: ShopConfig = SHOP, refresh: str = "") -> Asking:
    access = Access(token="token", refresh=refresh)  # noqa: S106 - nobody's.
    return Asking(shop=shop, access=access, now_ms=NOW_MS)


def params_of(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def doing(**values: str) -> Doing:
    alert = Alert(
        alert_id="alert_1",
        kind=AlertKind.RISK,
        subject=Subject("buyer", "b"),
        channel="douyin",
        shop="demo",
        order=None,
        orders=(),
        rules=("velocity.burst",),
        hits=(),
        floor=Severity.HIGH,
        severity=Severity.HIGH,
        score=80,
        occurred_at=NOW_MS,
        detected_at=NOW_MS,
        updated_at=NOW_MS,
        last_hit_at=NOW_MS,
        quiet_ms=1,
    )
    return Doing(key="k", step="remark_order", alert=alert, orders=(), values=values)


CONCERNED = Concerned(key=OrderKey("douyin", "demo", ORDER_ID), status=OrderStatus.PAID)


def test_the_signer_of_others_makes_the_same_signature() -> None:
    peer = DouDian("appk", "secr", app_type=AppType.TOOL)
    request = CALLS.detail(Want(kind="order", id=ORDER_ID), asking())
    query = {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}
    assert query["sign"] == peer._sign(
        method="order.orderDetail", param_json=request.body.decode(), timestamp=query["timestamp"]
    )
    assert query["sign_method"] == peer._sign_method
    assert request.body == b'{"shop_order_id":"4705288465508532862"}'


def test_the_parameters_of_a_call_are_sorted_and_unescaped() -> None:
    request = CALLS.tell("remark_order", CONCERNED, doing(remark="<发票> & 加急"), asking())
    rest = '"remark":"<发票> & 加急","star":"5"}'
    assert request.body.decode() == f'{{"is_add_star":true,"order_id":"{ORDER_ID}",{rest}'
    query = {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}
    assert query["sign"] == sign_call(
        "appk", "secr", method=query["method"], timestamp=query["timestamp"], body=request.body
    )


def test_changed_orders_and_then_refunds_are_listed_page_by_page() -> None:
    since, until = SECONDS * 1000, (SECONDS + 3600) * 1000
    first = CALLS.changed(since, until, None, asking())
    assert urlsplit(first.url).path == "/order/searchList"
    assert params_of(first) == {
        "page": 0,
        "size": 100,
        "order_by": "update_time",
        "order_asc": True,
        "update_time_start": SECONDS,
        "update_time_end": SECONDS + 3601,
    }
    orders = {"shop_order_list": [ORDER], "page": 0, "size": 100, "total": 101}
    page = CALLS.read_changed(yes(orders), asking(), None)
    assert (types(page.parsed), page.next) == ([EventType.ORDER_UPDATED], "orders/1")
    last = CALLS.read_changed(yes(orders), asking(), page.next)
    assert last.next == "refunds/0"
    refunds = CALLS.changed(since, until, last.next, asking())
    assert urlsplit(refunds.url).path == "/afterSale/List"
    assert params_of(refunds)["order_by"] == ["update_time asc"]
    info = {"aftersale_id": "7", "aftersale_status": 6, "refund_amount": 5, "update_time": SECONDS}
    items = [{"aftersale_info": info, "order_info": {"shop_order_id": ORDER_ID}}]
    answer = yes({"items": items, "page": 0, "size": 100, "total": 1, "has_more": False})
    found = CALLS.read_changed(answer, asking(), last.next)
    assert (types(found.parsed), found.next) == ([EventType.REFUND_REQUESTED], None)


@pytest.mark.parametrize("data", [{"total": 3}, {"shop_order_list": []}, {"items": [], "total": 1}])
def test_a_list_that_is_not_whole_is_asked_for_again(data: Any) -> None:
    with pytest.raises(PlatformBusy):
        CALLS.read_changed(yes(data), asking(), None)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (no(40003, "isv.access-token-expired"), TokenRejected),
        (no(40003, "isv.access-token-no-existed"), TokenRejected),
        (no(40003, "isv.signature-invalid"), PlatformRefused),
        (no(50002, "isv.business-failed:4", "订单不存在"), PlatformRefused),
        (no(50002, "isv.business-failed:1", "信息获取失败，请稍后重试"), PlatformBusy),
        (no(20000, "isp.service-error:2"), PlatformBusy),
        (no(40003, "isv.flow-limit"), PlatformBusy),
        (Answered(b"<html>", 200), PlatformBusy),
        (Answered(b"[" * 100_000, 200), PlatformBusy),
        (Answered(b"{}", 200), PlatformBusy),
        (Answered(b"{}", 502), PlatformBusy),
        (Answered(b"{}", 429, {"retry-after": "7"}), PlatformBusy),
        (yes(None), PlatformBusy),
        (yes({"shop_order_detail": {"order_id": None}}), PlatformBusy),
    ],
)
def test_what_answers_mean(answer: Answered, error: type[Exception]) -> None:
    with pytest.raises(error):
        CALLS.read_detail(Want(kind="order", id=ORDER_ID), answer, asking())


def test_how_long_to_wait_is_kept() -> None:
    with pytest.raises(PlatformBusy) as caught:
        CALLS.read_probe(Answered(b"{}", 429, {"retry-after": "7"}))
    assert caught.value.retry_after_s == 7


def test_an_older_answer_says_yes_by_err_no() -> None:
    CALLS.read_probe(Answered(b'{"data":{},"err_no":0,"message":"success"}'))
    with pytest.raises(PlatformRefused):
        CALLS.read_probe(Answered(b'{"data":{},"err_no":7,"message":"no"}'))


def test_a_remark_says_why() -> None:
    request = CALLS.tell("remark_order", CONCERNED, doing(), asking())
    assert params_of(request)["remark"] == "OrderGuard high: velocity.burst"
    assert CALLS.read_told("remark_order", yes(None)) == ""


def test_a_parcel_is_intercepted_by_its_after_sale() -> None:
    values = {"after_sale_id": "7", "company_code": "yuantong", "tracking_no": "YT1"}
    request = CALLS.tell("intercept_parcel", CONCERNED, doing(**values), asking())
    assert params_of(request) == {
        "after_sale_id": "7",
        "op_from": 1,
        "intercept_targets": [{"company_code": "yuantong", "tracking_no": "YT1"}],
    }
    concerned = replace(CONCERNED, parcels=(("yuantong", "YT1"),), refunds=("7",))
    assert CALLS.tell("intercept_parcel", concerned, doing(), asking()).body == request.body
    done = yes({"intercept_results": [{"tracking_no": "YT1", "is_success": True}]})
    assert CALLS.read_told("intercept_parcel", done) == "YT1"
    with pytest.raises(PlatformRefused):
        CALLS.tell("intercept_parcel", CONCERNED, doing(after_sale_id="7"), asking())


def test_a_parcel_that_is_not_intercepted_is_told() -> None:
    result = {"tracking_no": "YT1", "is_success": False, "unavailable_reason": "已签收"}
    with pytest.raises(PlatformRefused, match="已签收"):
        CALLS.read_told("intercept_parcel", yes({"intercept_results": [result]}))


def test_the_sample_of_an_interception_is_read() -> None:
    path = SAMPLES / "ModelSamples/Aftersale/AftersaleApplyLogisticsInterceptResponse.json"
    if not path.is_file():
        pytest.skip("the shared samples are not here")
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    with pytest.raises(PlatformRefused, match="服务器开了小差"):
        CALLS.read_told("intercept_parcel", Answered(body))


def test_tokens_are_created_by_the_shop_or_refreshed() -> None:
    own = replace(SHOP, settings={"app_key": "appk", "shop_id": "12345"})
    created = CALLS.renew(asking(own))
    assert created
    assert urlsplit(created.url).path == "/token/create"
    assert params_of(created)["shop_id"] == "12345"
    assert "access_token" not in created.url
    refreshed = CALLS.renew(asking(SHOP, refresh="r1"))
    assert refreshed
    assert params_of(refreshed) == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert CALLS.renew(asking(SHOP)) is None
    token = {"access_token": "a2", "refresh_token": "r2", "expires_in": 604_800}
    access = CALLS.read_renewed(yes(token), asking())
    assert (access.token, access.refresh) == ("a2", "r2")
    assert access.expires_ms == NOW_MS + 604_800_000


def test_a_shop_without_tokens_is_listened_to_alone() -> None:
    assert not CALLS.is_ready(SHOP)
    assert CALLS.is_ready(replace(SHOP, settings={"app_key": "appk", "shop_id": "1"}))
    assert CALLS.app(SHOP) == "appk"


def test_a_simulator_may_stand_in_the_platforms_place() -> None:
    shop = replace(SHOP, settings={"app_key": "appk", "api_url": "http://127.0.0.1:9/"})
    assert CALLS.probe(asking(shop)).url.startswith("http://127.0.0.1:9/order/searchList?")
    assert CALLS.probe(asking()).url.startswith("https://openapi-fxg.jinritemai.com/order/")
