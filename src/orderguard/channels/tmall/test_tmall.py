import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from taobao_open.api.base import sign as peer_request_sign
from tmcpy.client import TmcClient
from tmcpy.message import Message as PeerMessage
from tmcpy.messageio import reader as peer_reader
from tmcpy.messageio import writer as peer_writer
from tmcpy.utils import confirm_message, query_message

from orderguard.channels.tmall import CHANNEL, signer
from orderguard.channels.tmall.events import TOPICS
from orderguard.channels.tmall.frames import (
    Frame,
    FrameKind,
    MessageKind,
    Moment,
    UnreadableFrame,
    Value,
    decode,
    encode,
)
from orderguard.channels.tmall.signing import connect_sign, request_sign, spi_sign
from orderguard.channels.tmall.values import CHINA
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import Buyer, Order, OrderStatus
from orderguard.domain.ports import Parsed, RawMessage
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

SHOP = signer.shop(1)
FIXTURES = Path(__file__).parent / "fixtures"
NOW_MS = 1_794_355_210_000
TID = "1234567890123456789"
SECRET = TOKEN = "t-令牌"  # noqa: S105 - of nobody.
PLAIN = "0123abcd"
"""A token of that client: it counts characters, where it should count bytes."""


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    lines = head.decode().splitlines()
    query = lines.pop(0).partition("?")[2] if lines[0].startswith("POST ") else ""
    return RawMessage(dict(line.split(": ", 1) for line in lines), query, body)


def parse(situation: str) -> tuple[Parsed, ...]:
    message = signer.signed(call(situation), SHOP, NOW_MS)
    CHANNEL.verify(message, SHOP, NOW_MS)
    return CHANNEL.parse(message, SHOP)


def tell(topic: str, content: dict[str, Any], **members: Any) -> tuple[Parsed, ...]:
    message = {"id": 1, "topic": topic, "pub_time": "2026-11-11 00:00:07"}
    body = json.dumps({**message, "content": json.dumps(content), **members})
    return CHANNEL.parse(RawMessage({}, "", body.encode()), SHOP)


def only(parsed: tuple[Parsed, ...]) -> tuple[EventType, Data]:
    (one,) = parsed
    return one.event.type, one.event.data


def order_of(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def test_the_request_sign_of_the_documentation() -> None:
    parameters = {
        "app_key": "12345678",
        "fields": "num_iid,title,nick,price,num",
        "format": "json",
        "method": "taobao.item.seller.get",
        "num_iid": "11223344",
        "session": "test",
        "sign_method": "md5",
        "timestamp": "2016-01-01 12:00:00",
        "v": "2.0",
    }
    expected = "66987CB115214E59E6EC978214934FB8"
    assert request_sign(parameters, "helloworld", "md5") == expected
    assert request_sign({**parameters, "nothing": "", "sign": "x"}, "helloworld", "md5") == expected
    assert peer_request_sign("helloworld", parameters) == expected


@pytest.mark.parametrize(
    ("method", "secret", "expected"),
    [
        ("hmac", "\x0b" * 16, "9294727A3638BB1C13F48EF8158BFC9D"),
        (
            "hmac-sha256",
            "\x0b" * 20,
            "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7",
        ),
    ],
)
def test_the_request_signs_of_the_rfcs(method: str, secret: str, expected: str) -> None:
    assert request_sign({"Hi": " There"}, secret, method) == expected


def test_the_sign_of_an_inbound_call() -> None:
    query = (
        "method=taobao.qimen.deliveryorder.confirm&timestamp=2026-01-01+12%3A00%3A00&format=xml"
        "&app_key=12345678&v=2.0&sign_method=md5&customerId=c1"
    )
    expected = "05111139832F26E6F525FAE5DBD57A9F"
    parameters = dict(pair.split("=") for pair in query.split("&"))
    parameters["timestamp"] = "2026-01-01 12:00:00"
    assert spi_sign(parameters, b"<request/>", "helloworld", "utf-8") == expected
    shop = replace(SHOP, secrets=("helloworld",))
    at_ms = round(dt.datetime(2026, 1, 1, 12, tzinfo=CHINA).timestamp() * 1000)
    message = RawMessage({}, f"{query}&sign={expected}", b"<request/>")
    CHANNEL.verify(message, shop, at_ms)
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(replace(message, method="TMC"), shop, at_ms)


def test_the_sign_of_a_connection_is_that_of_an_independent_client() -> None:
    peer = SimpleNamespace(app_key="123", app_secret=SECRET, group_name="vip")
    theirs = TmcClient.create_sign(peer, 1_794_355_210_000)
    assert connect_sign("123", "vip", "1794355210000", SECRET) == theirs


def test_an_independent_client_reads_our_frames() -> None:
    headers: dict[str, Value] = {
        "__kind": MessageKind.CONFIRM,
        "id": 6_000_000_000_000_000_001,
        "topic": "taobao_trade_TradeBuyerPay",
        "msg": "稍后再来",
        "nothing": None,
    }
    frame = Frame(kind=FrameKind.SEND, code=7, flag=1, token=TOKEN, headers=headers)
    theirs = peer_reader(encode(frame))
    assert (theirs.message_type, theirs.status_code, theirs.flag) == (2, 7, 1)
    assert theirs.token == TOKEN
    assert theirs.content == headers
    assert decode(encode(frame)) == frame


def test_we_read_the_frames_of_an_independent_client() -> None:
    number = 6_000_000_000_000_000_001
    confirmed = decode(confirm_message(number, PLAIN))
    assert confirmed == Frame(kind=FrameKind.SEND, token=PLAIN, headers={"__kind": 2, "id": number})
    asked = decode(query_message(token=PLAIN))
    assert asked.headers == {"__kind": MessageKind.PULL_REQUEST}
    greeting = {"app_key": "123", "sdk": "peer", "timestamp": "1794355210000"}
    assert decode(peer_writer(PeerMessage(2, 0, flag=1, content=greeting))).headers == greeting


def test_a_status_code_of_either_width_is_read() -> None:
    frame = Frame(
        kind=FrameKind.CONNECTACK, code=21, phrase="sign error", headers={"time": Moment(5)}
    )
    for written in (2, 4):
        for first in (2, 4):
            assert decode(encode(frame, code_bytes=written), code_bytes=first) == frame


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_what_is_no_frame(cut: int) -> None:
    data = encode(Frame(kind=FrameKind.SEND, token="t" * 30, headers={"id": 1, "topic": "x" * 20}))
    for bad in (data[:-cut], data + b"x" * cut, b"\x01" + data[1:], b""):
        with pytest.raises(UnreadableFrame):
            decode(bad)


@pytest.mark.parametrize(
    ("situation", "kind", "status"),
    [
        ("created", EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
        ("paid", EventType.ORDER_PAID, OrderStatus.PAID),
        ("paid_the_deposit", EventType.ORDER_UPDATED, OrderStatus.PENDING_PAYMENT),
        ("closed_unpaid", EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("closed_after_refund", EventType.ORDER_CLOSED, OrderStatus.CLOSED),
        ("line_closed", EventType.ORDER_UPDATED, None),
        ("shipped", EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
        ("shipped_in_part", EventType.ORDER_UPDATED, OrderStatus.FULFILLING),
        ("completed", EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
        ("remark_changed", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("address_changed", EventType.ORDER_UPDATED, None),
        ("content_as_an_object", EventType.ORDER_PAID, OrderStatus.PAID),
        ("in_gbk", EventType.ORDER_UPDATED, OrderStatus.PAID),
    ],
)
def test_topic_and_status_become_type_and_status(
    situation: str, kind: EventType, status: OrderStatus | None
) -> None:
    parsed = parse(situation)
    assert parsed[0].event.type is kind
    assert order_of(parsed).status is status
    assert order_of(parsed).order_id == TID
    assert order_of(parsed).buyer == Buyer(id="AAHexampleOpenUid")


@pytest.mark.parametrize(
    ("word", "trade_type", "status"),
    [
        ("TRADE_NO_CREATE_PAY", "fixed", OrderStatus.PENDING_PAYMENT),
        ("PAY_PENDING", "fixed", OrderStatus.PENDING_PAYMENT),
        ("WAIT_PRE_AUTH_CONFIRM", "pre_auth_type", OrderStatus.PENDING_PAYMENT),
        ("SELLER_CONSIGNED_PART", "fixed", OrderStatus.FULFILLING),
        ("WAIT_SELLER_SEND_GOODS", "fixed", OrderStatus.PAID),
        ("WAIT_SELLER_SEND_GOODS", "cod", OrderStatus.FULFILLING),
        ("TRADE_BUYER_SIGNED", "cod", OrderStatus.DELIVERED),
        ("SOME_NEW_WORD", "fixed", OrderStatus.UNKNOWN),
    ],
)
def test_every_status(word: str, trade_type: str, status: OrderStatus) -> None:
    content = {"tid": 1, "status": word, "type": trade_type}
    assert order_of(tell("taobao_trade_TradeChanged", content)).status is status


def test_a_closed_trade_that_does_not_say_how_claims_nothing() -> None:
    kind, data = only(tell("taobao_trade_TradeClose", {"tid": 1}))
    assert kind is EventType.ORDER_UPDATED
    assert data == OrderData(order=Order(order_id="1"))


def test_amounts_count_where_the_trade_is_its_only_line() -> None:
    assert order_of(parse("paid")).amount == "100.00"
    assert order_of(parse("paid")).currency == "CNY"
    assert order_of(parse("created")).amount is None


def test_a_masked_nick_is_no_buyer() -> None:
    masked = {"tid": 1, "buyer_nick": "t**1"}
    assert order_of(tell("taobao_trade_TradeChanged", masked)).buyer is None
    plain = {"tid": 1, "buyer_nick": "tom"}
    assert order_of(tell("taobao_trade_TradeChanged", plain)).buyer == Buyer(id="tom")


@pytest.mark.parametrize(
    ("situation", "kind"),
    [
        ("refund_requested", EventType.REFUND_REQUESTED),
        ("refund_agreed", EventType.REFUND_APPROVED),
        ("refund_refused", EventType.REFUND_REJECTED),
        ("refund_done", EventType.REFUND_SUCCEEDED),
    ],
)
def test_refunds(situation: str, kind: EventType) -> None:
    told, data = only(parse(situation))
    assert told is kind
    assert data == RefundData(
        order_id=TID, refund_id="2345678901234567", amount="50.00", currency="CNY"
    )
    assert parse(situation)[0].event.occurred_at.date() == dt.date(2026, 11, 11)
    assert parse(situation)[0].event.occurred_at.hour == 12


def test_a_platform_that_steps_in_is_a_dispute() -> None:
    assert only(parse("platform_stepped_in")) == (
        EventType.DISPUTE_OPENED,
        AftersaleData(order_id=TID, amount="50.00", currency="CNY"),
    )


def test_stock_is_told_by_sku_else_by_goods() -> None:
    assert only(parse("stock_changed")) == (
        EventType.INVENTORY_CHANGED,
        InventoryData(sku="tmall_sku:3300000000001", available=7),
    )
    assert only(parse("sold_out"))[1] == InventoryData(sku="tmall_sku:600000000002", available=0)


def test_steps_of_a_parcel() -> None:
    kind, data = only(parse("parcel_signed_for"))
    assert kind is EventType.SHIPMENT_DELIVERED
    assert data == ShipmentData(order_id=TID, carrier="顺丰速运", tracking_no="SF0000000000001")
    (lost,) = parse("parcel_lost")
    assert lost.event.type_name == "taobao_logistics_LogsticDetailTrace:LOST"


def test_other_topics_are_kept_under_their_name() -> None:
    for situation in ("topic_of_a_later_version", "message_in_a_refund"):
        (parsed,) = parse(situation)
        assert parsed.event.type is EventType.UNKNOWN
        assert parsed.event.type_name.startswith("taobao_")


def test_every_topic_is_read() -> None:
    content = {"tid": 1, "refund_id": 2, "num_iid": 3, "action": "GOT", "modified": "2026-11-11"}
    for topic in TOPICS:
        (parsed,) = tell(topic, content)
        assert parsed.event.type is not EventType.UNKNOWN


def test_several_messages_in_one_call() -> None:
    assert [one.event.type for one in parse("several_in_an_array")] == [
        EventType.ORDER_CREATED,
        EventType.ORDER_UPDATED,
    ]
    assert len({one.event.id for one in parse("answer_of_the_pull_api")}) == 2
    with pytest.raises(MalformedMessage) as caught:
        CHANNEL.parse(RawMessage({}, "", b'[{"topic":"x","pub_time":"2026-11-11"},{}]'), SHOP)
    assert caught.value.index == 1


def test_a_message_of_the_connection_reads_like_one_of_a_call() -> None:
    said = json.loads(call("paid").body)
    headers = {"topic": said["topic"], "id": str(said["id"]), "time": "1794326407000"}
    message = RawMessage(headers, "", said["content"].encode(), method="TMC")
    (ours,) = CHANNEL.parse(message, SHOP)
    (theirs,) = parse("paid")
    assert ours.event == theirs.event
    (again,) = CHANNEL.reread(ours.raw, SHOP)
    assert again.event == ours.event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"{}",
        b'{"topic":"taobao_trade_TradeCreate","content":"{}","pub_time":"2026-11-11 00:00:00"}',
        b'{"topic":"taobao_trade_TradeCreate","content":"{\\"tid\\":1}"}',
        b'{"topic":"taobao_trade_TradeCreate","content":"{\\"tid\\":1","pub_time":"2026-11-11"}',
        b'{"topic":"x","content":"","pub_time":"soon"}',
        b"\xff",
    ],
)
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "", body), SHOP)


@pytest.mark.parametrize(
    ("minutes", "fault"), [(-11, SignatureFault.TOO_OLD), (11, SignatureFault.TOO_NEW)]
)
def test_a_call_is_good_for_ten_minutes(minutes: int, fault: SignatureFault) -> None:
    message = signer.signed(call("paid"), SHOP, NOW_MS + minutes * 60_000)
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(message, SHOP, NOW_MS)
    assert caught.value.fault is fault
    assert caught.value.skew_ms == minutes * 60_000
    wide = replace(SHOP, settings={**SHOP.settings, "spi_window_min": "12"})
    CHANNEL.verify(message, wide, NOW_MS)


def test_without_a_sign_it_is_missing() -> None:
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(RawMessage({}, "app_key=1", b"{}"), SHOP, NOW_MS)
    assert caught.value.fault is SignatureFault.MISSING


def test_a_refusal_speaks_as_the_platform_wants_to_hear() -> None:
    said = json.loads(CHANNEL.refuse(401, "no").body)
    assert said == {
        "success": False,
        "errorCode": "sign-check-failure",
        "errorMsg": "Illegal request",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pull_s", "often"),
        ("pull_s", "0"),
        ("sign_method", "sha1"),
        ("tmc_url", "https://example.com"),
        ("list_method", "no method"),
    ],
)
def test_settings_that_cannot_work_are_told(name: str, value: str) -> None:
    shop = replace(SHOP, settings={**SHOP.settings, name: value})
    assert name in str(CHANNEL.fault(shop))
    assert CHANNEL.fault(SHOP) is None
