import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import Struct
from msgspec.structs import replace

from orderguard.channels.youzan import CALLS, CHANNEL
from orderguard.channels.youzan.values import amount, cipher, instant, phone, plain
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Request, Want
from orderguard.domain.events import EventType, OrderData, RefundData, ShipmentData, ShipmentLine
from orderguard.domain.orders import Order, OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing, Parsed, RawMessage, ShopConfig
from orderguard.errors import PlatformBusy, PlatformRefused, PlatformTooLate, TokenRejected

NOW_MS = 1_794_355_210_000
SHOP = ShopConfig(channel="youzan", shop="demo", secrets=("csec",), settings={"client_id": "cid"})
TID = "E20261111120000000000001"
CREATED, PAID, CHANGED = "2026-11-11 12:00:00", "2026-11-11 12:01:00", "2026-11-11 12:02:00"
CONCERNED = Concerned(key=OrderKey("youzan", "demo", TID), status=OrderStatus.PENDING_PAYMENT)


class Answered(Struct, frozen=True):
    """An answer of the platform."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


def yes(data: Any) -> Answered:
    answer = {"code": 200, "success": True, "message": "successful", "data": data}
    return Answered(json.dumps(answer).encode())


def no(code: int, message: str = "") -> Answered:
    answer = {"code": code, "success": False, "message": message, "data": None}
    return Answered(json.dumps(answer).encode())


def gateway_no(code: int) -> Answered:
    return Answered(json.dumps({"gw_err_resp": {"err_code": code, "err_msg": "no"}}).encode())


def asking(shop: ShopConfig = SHOP, refresh: str = "") -> Asking:
    access = Access(token="t&1", refresh=refresh)  # noqa: S106 - nobody's.
    return Asking(shop=shop, access=access, now_ms=NOW_MS)


def params_of(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def types(parsed: tuple[Parsed, ...]) -> list[EventType]:
    return [one.event.type for one in parsed]


def order_of(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def doing(**values: str) -> Doing:
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
        occurred_at=NOW_MS,
        detected_at=NOW_MS,
        updated_at=NOW_MS,
        last_hit_at=NOW_MS,
        quiet_ms=1,
    )
    return Doing(key="k", step="remark_order", alert=alert, orders=(), values=values)


def trade(deliveries: Any = (), **info: Any) -> dict[str, Any]:
    its = {
        "tid": TID,
        "status": "WAIT_SELLER_SEND_GOODS",
        "created": CREATED,
        "update_time": CHANGED,
        "pay_time": PAID,
        "consign_time": "",
        "pay_type": 2,
        "pay_type_str": "ALIPAY",
    }
    items = [
        {"oid": "1", "item_id": 5, "sku_id": 6, "outer_sku_id": "SKU-1", "num": 2, "price": "3.50"},
        {"oid": "2", "item_id": 7, "outer_item_id": "SPU-2", "num": 1, "price": "2.82"},
    ]
    pay = {"payment": "9.82", "post_fee": "0.00", "transaction": ["42", "43"]}
    full = {"order_info": {**its, **info}, "orders": items, "pay_info": pay}
    return {"full_order_info": full, "order_promotion": {}, "delivery_order": list(deliveries)}


def read(document: dict[str, Any]) -> tuple[Parsed, ...]:
    return CALLS.read_detail(Want(kind="order", id=TID), yes(document), asking())


def test_a_detail_is_asked_for_with_the_token_in_the_address() -> None:
    request = CALLS.detail(Want(kind="order", id=TID), asking())
    parts = urlsplit(request.url)
    assert parts.path == "/api/youzan.trade.get/4.0.2"
    assert parse_qs(parts.query) == {"access_token": ["t&1"]}
    assert params_of(request) == {"tid": TID}
    assert "csec" not in request.url + request.body.decode()
    refund = CALLS.detail(Want(kind="refund", id="7"), asking())
    assert urlsplit(refund.url).path == "/api/youzan.trade.refund.get/3.0.1"


def test_a_detail_is_the_order_and_can_be_read_again() -> None:
    (parsed,) = read(trade())
    order = order_of((parsed,))
    assert parsed.event.type is EventType.ORDER_UPDATED
    assert order.status is OrderStatus.PAID
    assert order.updated_at == instant(CHANGED) == parsed.event.occurred_at
    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines or ()] == [
        ("SKU-1", 2, "3.50"),
        ("SPU-2", 1, "2.82"),
    ]
    assert order.payment
    assert (order.payment.id, order.payment.method) == ("43", "alipay")
    assert (order.amount, order.discount, order.freight) == ("9.82", None, "0.00")
    assert CHANNEL.reread(parsed.raw, SHOP) == (parsed,)


def test_a_detail_has_another_id_only_when_it_changed() -> None:
    (first,), (again,), (later,), (shipped,) = (
        read(trade()),
        read(trade()),
        read(trade(update_time="2026-11-11 13:00:00")),
        read(trade(status="WAIT_BUYER_CONFIRM_GOODS")),
    )
    assert first.event.id == again.event.id
    assert len({first.event.id, later.event.id, shipped.event.id}) == 3


def test_parcels_come_with_the_detail() -> None:
    express = {"express_id": 7, "express_no": "SF1"}
    delivery = {
        "express_state": 1,
        "oids": [{"oid": "1"}],
        "dists": [{"dist_id": "d1", "express_info": express}],
    }
    waiting = {"express_state": 0, "oids": [{"oid": "2"}], "dists": []}
    order, parcel = read(trade([delivery, waiting], consign_time="2026-11-11 14:00:00"))
    assert order_of((order,)).status is OrderStatus.FULFILLING
    assert parcel.event.type is EventType.SHIPMENT_SHIPPED
    assert parcel.event.occurred_at == instant("2026-11-11 14:00:00")
    assert parcel.event.data == ShipmentData(
        order_id=TID,
        shipment_id="d1",
        carrier="7",
        tracking_no="SF1",
        lines=(ShipmentLine(sku="SKU-1", quantity=2),),
    )
    two = {**delivery, "dists": [*delivery["dists"], {"express_info": {"express_no": "SF2"}}]}  # type: ignore[misc]
    told = [one.event.data for one in read(trade([two]))[1:]]
    assert [one.lines for one in told if isinstance(one, ShipmentData)] == [None, None]


@pytest.mark.parametrize(
    ("info", "status"),
    [
        ({"status": "TRADE_CLOSED"}, OrderStatus.CLOSED),
        ({"status": "TRADE_CLOSED", "pay_time": ""}, OrderStatus.CANCELLED),
        ({"status": "TRADE_CLOSED", "pay_time": "", "close_type": 2}, OrderStatus.CLOSED),
        ({"status": "WAIT_CONFIRM"}, OrderStatus.PAID),
    ],
)
def test_statuses_of_a_detail(info: dict[str, Any], status: OrderStatus) -> None:
    assert order_of(read(trade(**info))).status is status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("WAIT_SELLER_AGREE", EventType.REFUND_REQUESTED),
        ("WAIT_BUYER_RETURN_GOODS", EventType.REFUND_APPROVED),
        ("WAIT_SELLER_CONFIRM_GOODS", EventType.REFUND_APPROVED),
        ("SELLER_REFUSE_BUYER", EventType.REFUND_REJECTED),
        ("SELLER_REFUSE_BUYER_RETURN_GOODS", EventType.REFUND_REJECTED),
        ("SUCCESS", EventType.REFUND_SUCCEEDED),
        ("CLOSED", EventType.REFUND_REJECTED),
    ],
)
def test_a_refund_in_detail(status: str, kind: EventType) -> None:
    found = {
        "refund_id": "7",
        "tid": TID,
        "status": status,
        "refund_fee": "9.82",
        "version": NOW_MS,
        "demand": 1,
        "refund_success_time": CHANGED,
    }
    want = Want(kind="refund", id="7")
    (parsed,) = CALLS.read_detail(want, yes(found), asking())
    assert parsed.event.type is kind
    succeeded = kind is EventType.REFUND_SUCCEEDED
    assert parsed.event.occurred_at == instant(CHANGED if succeeded else NOW_MS)
    assert parsed.event.data == RefundData(
        order_id=TID, refund_id="7", amount="9.82", currency="CNY"
    )
    assert CALLS.wants(parsed.event) == ((Want(kind="order", id=TID),) if succeeded else ())
    assert CALLS.read_detail(want, yes({**found, "demand": 3}), asking()) == ()


def test_what_pushes_leave_out_is_wanted() -> None:
    def wanted(name: str, msg: Any) -> tuple[Want, ...]:
        document = {"id": TID, "type": name, "msg": msg, "msg_id": "m", "version": NOW_MS}
        pushed = CHANNEL.parse(RawMessage({}, "", json.dumps(document).encode()), SHOP)
        return CALLS.wants(pushed[0].event)

    order = Want(kind="order", id=TID)
    refund = Want(kind="refund", id="7", order_id=TID)
    new = {"tid": TID, "refund_id": "7", "refunded_fee": "1.00"}
    assert wanted("trade_TradeSellerShip", {"tid": TID}) == (order,)
    assert wanted("trade_TradeBuyerPay", trade()) == ()
    assert wanted("youzan_trade_RefundCreated", new) == ()
    assert wanted("youzan_trade_RefundSuccess", new) == (order,)
    assert wanted("trade_refund_BuyerCreated", {"tid": TID, "refund_id": "7"}) == (refund,)
    # The last that older messages tell of a refund: whether it is done must be asked.
    assert wanted("trade_refund_RefundSellerAgree", new) == (refund,)


def test_changed_orders_and_then_refunds_are_listed_page_by_page() -> None:
    since, until = instant(CREATED), instant(CHANGED)
    assert since
    assert until
    span = int(since.timestamp() * 1000), int(until.timestamp() * 1000)
    first = CALLS.changed(*span, None, asking())
    assert urlsplit(first.url).path == "/api/youzan.trades.sold.get/4.0.4"
    assert params_of(first) == {
        "page_no": 1,
        "page_size": 100,
        "start_update": CREATED,
        "end_update": "2026-11-11 12:02:01",
    }
    orders = {"total_results": 101, "full_order_info_list": [trade()]}
    page = CALLS.read_changed(yes(orders), asking(), None)
    assert (types(page.parsed), page.next) == ([EventType.ORDER_UPDATED], "orders/2")
    assert params_of(CALLS.changed(*span, page.next, asking()))["page_no"] == 2
    last = CALLS.read_changed(yes(orders), asking(), page.next)
    assert last.next == "refunds/1"
    refunds = CALLS.changed(*span, last.next, asking())
    assert params_of(refunds)["update_time_start"] == span[0] // 1000
    row = {"refund_id": "7", "tid": TID, "status": "SUCCESS", "modified": CHANGED}
    found = CALLS.read_changed(yes({"total": 1, "refunds": [row]}), asking(), last.next)
    assert (types(found.parsed), found.next) == ([EventType.REFUND_SUCCEEDED], None)
    assert CALLS.read_changed(yes({"total": 0, "refunds": []}), asking(), last.next).next is None
    most = CALLS.read_changed(yes({**orders, "total_results": 99_999}), asking(), "orders/100")
    assert most.next == "refunds/1"


@pytest.mark.parametrize("data", [None, {}, {"total_results": 3}, {"refunds": [], "total": 0}])
def test_a_list_that_is_not_whole_is_asked_for_again(data: Any) -> None:
    with pytest.raises(PlatformBusy):
        CALLS.read_changed(yes(data), asking(), None)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (gateway_no(4201), TokenRejected),
        (gateway_no(4202), TokenRejected),
        (gateway_no(4203), TokenRejected),
        (gateway_no(4101), PlatformBusy),
        (gateway_no(4204), PlatformRefused),
        (no(5000, "trade not found"), PlatformBusy),
        (no(5000, "每页最多显示100条数据"), PlatformRefused),
        (no(106_000_001), PlatformBusy),
        (no(123_000_042), PlatformBusy),
        (no(103_011_024), PlatformRefused),
        (Answered(b"<html>"), PlatformBusy),
        (Answered(b"[" * 100_000), PlatformBusy),
        (Answered(b"{}"), PlatformBusy),
        (Answered(b"{}", 502), PlatformBusy),
        (Answered(b"{}", 429, {"retry-after": "7"}), PlatformBusy),
        (yes(None), PlatformBusy),
        (yes({"full_order_info": {"order_info": {}}}), PlatformBusy),
    ],
)
def test_what_answers_mean(answer: Answered, error: type[Exception]) -> None:
    with pytest.raises(error):
        CALLS.read_detail(Want(kind="order", id=TID), answer, asking())


def test_a_memo_says_why() -> None:
    request = CALLS.tell("remark_order", CONCERNED, doing(), asking())
    assert urlsplit(request.url).path == "/api/youzan.trade.memo.update/3.0.0"
    memo = "OrderGuard high: velocity.burst"
    assert params_of(request) == {"tid": TID, "memo": memo, "flag": "5"}
    assert CALLS.read_told("remark_order", Answered(b'{"response":{"is_success":true}}')) == ""
    with pytest.raises(PlatformRefused):
        CALLS.read_told("remark_order", Answered(b'{"response":{"is_success":false}}'))
    refused = Answered(b'{"error_response":{"msg":"no","code":50000}}')
    with pytest.raises(PlatformRefused):
        CALLS.read_told("remark_order", refused)


def test_an_unpaid_order_is_closed_by_the_call_that_the_shop_names() -> None:
    request = CALLS.tell("cancel_order", CONCERNED, doing(reason="刷单"), asking())
    assert urlsplit(request.url).path == "/api/youzan.trade.close/3.0.0"
    assert params_of(request) == {"tid": TID, "close_reason": "刷单", "close_reason_id": "17"}
    settings = {"client_id": "cid", "close_call": "youzan.trade.order.set.close/1.0.0"}
    other = CALLS.tell("cancel_order", CONCERNED, doing(), asking(replace(SHOP, settings=settings)))
    assert urlsplit(other.url).path == "/api/youzan.trade.order.set.close/1.0.0"
    assert "close_reason_id" not in params_of(other)
    assert CALLS.read_told("cancel_order", yes({"is_success": True})) == ""
    assert CALLS.read_told("cancel_order", yes(True)) == ""
    with pytest.raises(PlatformRefused):
        CALLS.read_told("cancel_order", yes(False))
    paid = replace(CONCERNED, status=OrderStatus.PAID)
    with pytest.raises(PlatformTooLate):
        CALLS.tell("cancel_order", paid, doing(), asking())


def test_tokens_are_got_by_the_shop_or_refreshed() -> None:
    own = replace(SHOP, settings={"client_id": "cid", "kdt_id": "12345678"})
    request = CALLS.renew(asking(own))
    assert request
    assert urlsplit(request.url).path == "/auth/token"
    assert params_of(request) == {
        "client_id": "cid",
        "client_secret": "csec",
        "authorize_type": "silent",
        "grant_id": "12345678",
    }
    refreshed = CALLS.renew(asking(SHOP, refresh="r1"))
    assert refreshed
    assert params_of(refreshed)["refresh_token"] == "r1"  # noqa: S105 - nobody's.
    assert CALLS.renew(asking(SHOP)) is None


@pytest.mark.parametrize(
    ("expires", "ends_ms"),
    [
        (NOW_MS + 604_800_000, NOW_MS + 604_800_000),
        (NOW_MS // 1000 + 7200, NOW_MS // 1000 * 1000 + 7_200_000),
        (7200, NOW_MS + 7_200_000),
        (None, None),
    ],
)
def test_when_a_token_ends(expires: int | None, ends_ms: int | None) -> None:
    token = {"access_token": "a2", "refresh_token": None, "expires": expires}
    access = CALLS.read_renewed(yes(token), asking(refresh="r1"))
    assert (access.token, access.refresh, access.expires_ms) == ("a2", "r1", ends_ms)


def test_a_shop_without_tokens_is_listened_to_alone() -> None:
    assert not CALLS.is_ready(SHOP)
    assert CALLS.is_ready(replace(SHOP, settings={"client_id": "cid", "kdt_id": "1"}))
    assert CALLS.app(SHOP) == "cid"
    assert CALLS.limits.settle_s == 30


def test_values() -> None:
    assert amount("9.82") == "9.82"
    assert amount(5) == "5"
    for none in (9.82, "", "9,82", "1e3", None, True):
        assert amount(none) is None
    assert instant("2026-11-11 12:00:00") == dt.datetime(2026, 11, 11, 4, tzinfo=dt.UTC)
    for when in ("2026-11-11", "", 0, 5, 10**15, None, "2026-02-30 00:00:00"):
        assert instant(when) is None
    assert phone("13600000012") == "13600000012"
    assert phone("136****0012") is None
    assert plain("张*") is None
    assert plain("$eTS8t8hAECdXKgNtV6DIfw==$1$") is None
    assert cipher("$eTS8t8hAECdXKgNtV6DIfw==$1$") is not None
    assert cipher("13600000012") is None
