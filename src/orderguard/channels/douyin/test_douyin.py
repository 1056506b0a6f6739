import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from doudian import AppType, DouDian
from msgspec.structs import replace

from orderguard.channels.douyin import CHANNEL
from orderguard.channels.douyin.signer import shop as a_shop
from orderguard.channels.douyin.signer import sign, signed
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import Buyer, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

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
PHONE_INDEX = "MTM4MDAwMDAwMDE="
DATA = {"p_id": int(ORDER_ID), "shop_id": 12345}


def at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    return RawMessage(dict(line.split(": ", 1) for line in head.decode().splitlines()), "", body)


def parse(situation: str) -> tuple[Parsed, ...]:
    return CHANNEL.parse(call(situation), SHOP)


def tell(tag: Any, data: Any, shop: ShopConfig = SHOP, **more: Any) -> tuple[Parsed, ...]:
    message = {"tag": tag, "msg_id": f"1::{tag}:{SECONDS}:2", "data": json.dumps(data), **more}
    return CHANNEL.parse(RawMessage({}, "", json.dumps([message]).encode()), shop)


def order_of(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def types(parsed: tuple[Parsed, ...]) -> list[EventType]:
    return [one.event.type for one in parsed]


def test_the_computed_vector() -> None:
    body = b'[{"tag":"100","msg_id":"1","data":"{}"}]'
    headers = {"app-id": "appk", "event-sign": "df8a21da69313654b9db1129bfdee6cc"}
    assert sign(body, SHOP, NOW_MS) == headers
    CHANNEL.verify(RawMessage(headers, "", body), SHOP, NOW_MS)


@pytest.mark.parametrize("situation", [path.stem for path in sorted(FIXTURES.glob("*.http"))])
def test_the_verifier_of_others_agrees(situation: str) -> None:
    shop = a_shop(1)
    judge = DouDian(shop.settings["app_key"], shop.secrets[0], app_type=AppType.TOOL)
    message = signed(call(situation), shop, NOW_MS)
    CHANNEL.verify(message, shop, NOW_MS)
    assert judge.callback(message.headers, message.body) == json.loads(message.body)
    forged = replace(message, body=message.body.replace(b"7", b"8", 1) + b" ")
    assert judge.callback(forged.headers, forged.body) is None
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(forged, shop, NOW_MS)


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({}, SignatureFault.MISSING),
        ({"app-id": "appk"}, SignatureFault.MISSING),
        ({"event-sign": "df8a21da69313654b9db1129bfdee6cc"}, SignatureFault.MISSING),
        ({"app-id": "appk", "event-sign": "0"}, SignatureFault.WRONG),
        (
            {"app-id": "appx", "event-sign": "df8a21da69313654b9db1129bfdee6cc"},
            SignatureFault.WRONG,
        ),
        (
            {"app-id": "appk", "event-sign": "DF8A21DA69313654B9DB1129BFDEE6CC"},
            SignatureFault.WRONG,
        ),
        ({"app-id": "appk", "event-sign": "é"}, SignatureFault.WRONG),
    ],
)
def test_what_is_refused(headers: dict[str, str], fault: SignatureFault) -> None:
    body = b'[{"tag":"100","msg_id":"1","data":"{}"}]'
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(RawMessage(headers, "", body), SHOP, NOW_MS)
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("sent", "taken", "is_taken"),
    [
        ("md5", "md5", True),
        ("md5", "hmac-sha256", False),
        ("md5", "either", True),
        ("hmac-sha256", "md5", False),
        ("hmac-sha256", "hmac-sha256", True),
        ("hmac-sha256", "either", True),
    ],
)
def test_the_algorithm_is_a_setting(sent: str, taken: str, is_taken: bool) -> None:
    def shop(push_sign: str) -> ShopConfig:
        return replace(SHOP, settings={"app_key": "appk", "push_sign": push_sign})

    message = signed(call("paid"), shop(sent), NOW_MS)
    if is_taken:
        CHANNEL.verify(message, shop(taken), NOW_MS)
    else:
        with pytest.raises(SignatureMismatch):
            CHANNEL.verify(message, shop(taken), NOW_MS)


def test_created_and_paid() -> None:
    (created,) = parse("created")
    assert created.event.type is EventType.ORDER_CREATED
    assert created.event.id == "0428800000000009348874::100:1794330000:6837374400000009128"
    assert order_of(parse("created")) == Order(
        order_id=ORDER_ID,
        status=OrderStatus.PENDING_PAYMENT,
        created_at=at(SECONDS),
        updated_at=at(SECONDS),
    )
    paid_at = at(SECONDS + 60)
    assert types(parse("paid")) == [EventType.ORDER_PAID]
    assert order_of(parse("paid")) == Order(
        order_id=ORDER_ID,
        status=OrderStatus.PAID,
        paid_at=paid_at,
        updated_at=paid_at,
        amount="29.90",
        currency="CNY",
        payment=Payment(amount="29.90", currency="CNY", paid_at=paid_at),
    )


def test_cash_on_delivery_is_not_paid_yet_but_to_be_shipped() -> None:
    order = order_of(parse("cash_on_delivery_confirmed"))
    assert (order.status, order.paid_at, order.payment) == (OrderStatus.PAID, None, None)


def test_shipped_is_the_order_and_its_parcel() -> None:
    order, parcel = parse("shipped")
    assert isinstance(order.event.data, OrderData)
    assert order.event.type is EventType.ORDER_UPDATED
    assert order.event.data.order.status is OrderStatus.SHIPPED
    assert order.event.data.order.ship_to == ShipTo(
        country="CN", province="浙江省", city="杭州市", district="西湖区"
    )
    assert order.event.data.order.buyer == Buyer(phone_token=PHONE_INDEX)
    assert parcel.event.type is EventType.SHIPMENT_SHIPPED
    assert parcel.event.data == ShipmentData(
        order_id=ORDER_ID,
        shipment_id="7438525010135810342",
        carrier="shunfeng",
        tracking_no="SF1000000000001",
        lines=(ShipmentLine(quantity=2),),
    )
    assert parcel.event.id == f"{order.event.id}:parcel0"


@pytest.mark.parametrize(
    ("situation", "kind", "status"),
    [
        ("paid_but_held_by_the_platform", EventType.ORDER_PAID, OrderStatus.PAID),
        ("shipped_in_part", EventType.ORDER_UPDATED, OrderStatus.FULFILLING),
        ("finished", EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
        ("cancelled_before_payment", EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("remark_changed", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("address_changed", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("price_changed", EventType.ORDER_UPDATED, OrderStatus.PENDING_PAYMENT),
    ],
)
def test_trades(situation: str, kind: EventType, status: OrderStatus) -> None:
    parsed = parse(situation)
    assert parsed[0].event.type is kind
    assert order_of(parsed).status is status
    assert order_of(parsed).updated_at == parsed[0].event.occurred_at


def test_an_address_is_told_when_it_is_changed_not_when_that_is_asked_for() -> None:
    assert order_of(parse("address_changed")).ship_to is not None
    assert order_of(parse("address_change_asked_for")).ship_to is None


def test_refunds() -> None:
    (requested,) = parse("refund_requested")
    assert requested.event.type is EventType.REFUND_REQUESTED
    assert requested.event.data == RefundData(
        order_id=ORDER_ID, refund_id="7000000000000000001", amount="132.00", currency="CNY"
    )
    assert types(parse("refund_succeeded")) == [EventType.REFUND_SUCCEEDED]
    (approved,) = parse("refund_told_in_rfc_3339")
    assert approved.event.type is EventType.REFUND_APPROVED
    assert approved.event.occurred_at == dt.datetime(2026, 11, 11, 4, 27, 50, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("200", EventType.REFUND_REQUESTED),
        ("201", EventType.REFUND_APPROVED),
        ("202", EventType.REFUND_APPROVED),
        ("204", EventType.REFUND_REJECTED),
        ("205", EventType.REFUND_REJECTED),
        ("206", EventType.REFUND_SUCCEEDED),
        ("207", EventType.REFUND_REJECTED),
        ("208", EventType.REFUND_REQUESTED),
        ("212", EventType.DISPUTE_OPENED),
        ("224", EventType.REFUND_REQUESTED),
        ("225", EventType.REFUND_SUCCEEDED),
    ],
)
def test_each_tag_of_a_refund(tag: str, kind: EventType) -> None:
    (parsed,) = tell(tag, {**DATA, "aftersale_id": "7", "aftersale_type": 1, "refund_amount": 5})
    assert parsed.event.type is kind
    assert parsed.event.occurred_at == at(SECONDS)


@pytest.mark.parametrize(
    "tag",
    [203, 209, 211, *range(213, 219), 226, 227, 400, 417, 500, 501, 504, 505],
)
def test_what_has_no_canonical_meaning_is_kept_by_its_name(tag: int) -> None:
    (parsed,) = tell(tag, {**DATA, "aftersale_id": "7", "aftersale_type": 1})
    assert parsed.event.type is EventType.UNKNOWN
    assert parsed.event.type_name.startswith("doudian_")


def test_goods_for_goods_is_no_refund() -> None:
    (parsed,) = parse("exchange_agreed")
    assert parsed.event.type is EventType.UNKNOWN
    assert parsed.event.type_name == "doudian_refund_ReturnApplyAgreed"


def test_an_arbitration_is_a_dispute() -> None:
    (parsed,) = parse("arbitration_applied_for")
    assert parsed.event.data == AftersaleData(order_id=ORDER_ID)


def test_the_test_message_tells_nothing() -> None:
    assert parse("test_on_saving_the_address") == ()
    assert types(parse("several_in_one_array")) == [
        EventType.ORDER_CREATED,
        EventType.ORDER_PAID,
    ]
    assert json.loads(CHANNEL.acknowledge(0, 0).body) == {"code": 0, "msg": "success"}


def test_an_unknown_tag_is_kept_if_anything_says_when() -> None:
    (parsed,) = parse("unknown_tag")
    assert (parsed.event.type, parsed.event.type_name) == (EventType.UNKNOWN, "tag 99999")
    assert tell("99999", {}, msg_id="x") == ()


def test_older_documents_are_read() -> None:
    order, parcel = parse("as_older_documents_have_it")
    assert isinstance(order.event.data, OrderData)
    assert order.event.data.order.ship_to == ShipTo(
        country="CN",
        province="浙江省",
        city="杭州市",
        district="滨江区",
        street="松岭路888号",
        name="周一",
        phone="13600000012",
    )
    assert order.event.data.order.buyer == Buyer(phone="13600000012")
    assert order.event.id == "04288XXXXXXX9348874::100:1618990587:68373744XXXXXXX9128"
    assert parcel.event.type is EventType.SHIPMENT_SHIPPED


def test_a_message_by_itself_and_a_byte_order_mark_are_taken() -> None:
    one = json.dumps({"tag": 106, "msg_id": "1::106:1794330000:1", "data": {"p_id": "7"}})
    (parsed,) = CHANNEL.parse(RawMessage({}, "", b"\xef\xbb\xbf" + one.encode()), SHOP)
    assert parsed.event.type is EventType.ORDER_CANCELLED


def test_ids_are_text_to_the_last_digit_and_floats_are_none() -> None:
    assert order_of(tell(106, {"p_id": 2**63 - 1})).order_id == "9223372036854775807"
    assert order_of(tell(106, {"p_id": "4705288465508532862"})).order_id == ORDER_ID
    wrongs: list[Any] = [4.7e18, None, True, 0, "0", "", "9" * 129, [1], {}]
    for wrong in wrongs:
        with pytest.raises(MalformedMessage):
            tell(106, {"p_id": wrong})


def test_without_an_id_the_content_tells_messages_apart() -> None:
    first, again, other = (
        tell(106, {"p_id": number, "cancel_time": SECONDS}, msg_id="0")[0].event.id
        for number in (1, 1, 2)
    )
    assert first == again != other


def test_messages_of_another_shop_of_the_app_are_not_taken() -> None:
    shop = replace(SHOP, settings={"app_key": "appk", "shop_id": "12345"})
    assert tell(106, {"p_id": 1, "shop_id": 12345}, shop)
    assert tell(106, {"p_id": 1, "shop_id": "12345"}, shop)
    assert tell(106, {"p_id": 1}, shop)
    assert tell(106, {"p_id": 1, "shop_id": 9}, shop) == ()
    assert tell(106, {"p_id": 1, "shop_id": 9}, SHOP)


@pytest.mark.parametrize(
    "body",
    [b"", b"1", b"null", b"[1]", b"[{}]", b'[{"tag":null}]', b'{"x":1}', b'[{"tag":"\xff"}]'],
)
def test_what_is_no_push(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "", body), SHOP)


def test_the_place_of_a_bad_message_is_told() -> None:
    body = b'[{"tag":"0"},{"tag":"106","data":"{}"}]'
    with pytest.raises(MalformedMessage) as caught:
        CHANNEL.parse(RawMessage({}, "", body), SHOP)
    assert caught.value.index == 1


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_in_a_text_is_unknown(depth: int) -> None:
    body = json.dumps([{"tag": "106", "data": "[" * depth + "]" * depth}])
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "", body.encode()), SHOP)


EVENT_SAMPLES: Mapping[str, tuple[EventType, ...]] = {
    # The after-sales of these are of goods for goods, which are no refund.
    "Refund/RefundExpirationChangeEvent": (EventType.UNKNOWN,),
    "Refund/RefundRefusedEvent": (EventType.UNKNOWN,),
    "Refund/Return/RefundReturnApplyAgreedEvent": (EventType.UNKNOWN,),
    "Refund/RefundModifiedEvent": (EventType.REFUND_REQUESTED,),
    "Refund/RefundSuccessEvent": (EventType.REFUND_SUCCEEDED,),
    "Refund/Arbitrate/RefundArbitrateAppliedEvent": (EventType.DISPUTE_OPENED,),
    "Refund/Arbitrate/RefundArbitrateAuditedEvent": (EventType.UNKNOWN,),
    "Refund/Arbitrate/RefundArbitrateDiscussUploadEvent": (EventType.UNKNOWN,),
    "Refund/Arbitrate/RefundArbitrateServiceInterveneEvent": (EventType.UNKNOWN,),
    "Trade/TradeAmountChangedEvent": (EventType.ORDER_UPDATED,),
    "Trade/TradeCanceledEvent": (EventType.ORDER_CANCELLED,),
    "Trade/TradePartlySellerShipEvent": (EventType.ORDER_UPDATED, EventType.SHIPMENT_SHIPPED),
    "IOPTrade/IOPTradeStatusReturnEvent": (EventType.UNKNOWN,),
    "IOPTrade/IOPTradeUpdateRemarkEvent": (EventType.UNKNOWN,),
}
"""What each sample of the platform's messages is."""


@pytest.mark.parametrize("name", EVENT_SAMPLES)
def test_samples_of_messages_are_read(name: str) -> None:
    path = SAMPLES / "EventSamples" / f"{name}.json"
    if not path.is_file():
        pytest.skip("the shared samples are not here")
    body = path.read_bytes()
    in_array = b"[" + body.removeprefix(b"\xef\xbb\xbf") + b"]"
    for message in (body, in_array):
        parsed = CHANNEL.parse(RawMessage({}, "", message), SHOP)
        assert tuple(one.event.type for one in parsed) == EVENT_SAMPLES[name]
        for one in parsed:
            if one.event.type is not EventType.UNKNOWN:
                assert order_id_of(one.event.data) in {ORDER_ID, "12345"}


def order_id_of(data: Data) -> str:
    if isinstance(data, OrderData):
        return data.order.order_id
    assert isinstance(data, ShipmentData | RefundData | AftersaleData)
    return data.order_id
