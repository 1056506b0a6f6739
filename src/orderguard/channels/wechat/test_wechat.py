import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contracts.channel_contract import read_call

from orderguard.channels.wechat import CALLS, CHANNEL
from orderguard.channels.wechat.signer import shop, signed
from orderguard.channels.wechat.values import CHINA, whole, yuan
from orderguard.domain.calls import Want
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    UnknownData,
)
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureMismatch

NOW_MS = 1_794_355_210_000
SHOP = shop(1)
PLAIN = msgspec.structs.replace(SHOP, settings={**SHOP.settings, "mode": "plain"})
FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = (
    Path(
        os.environ.get("ORDERGUARD_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data"
    )
    / "fixtures"
    / "wechat_channels_shop"
    / "EventSamples"
    / "Channels"
)
ORDER_ID = "3705115058471208928"
AT = dt.datetime(2026, 11, 11, 7, 58, 20, tzinfo=CHINA)


def fixture(situation: str) -> RawMessage:
    return read_call(FIXTURES / f"{situation}.http")


def take(message: RawMessage, at: ShopConfig = SHOP) -> tuple[Parsed, ...]:
    CHANNEL.verify(message, at, NOW_MS)
    return CHANNEL.parse(message, at)


def parse(situation: str) -> tuple[Parsed, ...]:
    return take(signed(fixture(situation), SHOP, NOW_MS))


def tell(event: str, **members: Any) -> tuple[Parsed, ...]:
    document = {"CreateTime": 1794355100, "MsgType": "event", "Event": event, **members}
    return take(signed(RawMessage({}, "", json.dumps(document).encode()), SHOP, NOW_MS))


def only(parsed: tuple[Parsed, ...]) -> tuple[EventType, Data]:
    (one,) = parsed
    return one.event.type, one.event.data


def order_of(data: Data) -> Order:
    assert isinstance(data, OrderData)
    return data.order


@pytest.mark.parametrize(
    ("situation", "kind", "status"),
    [
        ("created_numeric_id", EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
        ("ready_to_ship", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("shipped_in_part", EventType.ORDER_UPDATED, OrderStatus.FULFILLING),
        ("shipped_whole", EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
        ("shipped_as_xml_with_json_inside", EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
        ("confirmed", EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
        ("cancelled_unpaid", EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("closed_after_refund", EventType.ORDER_CLOSED, OrderStatus.CLOSED),
        ("settled", EventType.ORDER_UPDATED, None),
        ("address_changed", EventType.ORDER_UPDATED, None),
    ],
)
def test_an_event_names_the_order_and_its_status(
    situation: str, kind: EventType, status: OrderStatus | None
) -> None:
    (one,) = parse(situation)
    assert one.event.type is kind
    assert order_of(one.event.data) == Order(order_id=ORDER_ID, status=status)
    assert one.event.occurred_at == AT
    assert CALLS.wants(one.event) == (Want(kind="order", id=ORDER_ID),)


@pytest.mark.parametrize("situation", ["paid", "paid_as_xml"])
def test_a_payment_says_when(situation: str) -> None:
    paid_at = AT - dt.timedelta(seconds=1)
    order = Order(
        order_id=ORDER_ID,
        status=OrderStatus.PAID,
        paid_at=paid_at,
        payment=Payment(paid_at=paid_at),
    )
    assert only(parse(situation)) == (EventType.ORDER_PAID, OrderData(order=order))


def test_the_form_of_a_message_changes_nothing() -> None:
    assert parse("paid")[0].event == parse("paid_as_xml")[0].event
    assert parse("shipped_whole")[0].event == parse("shipped_as_xml_with_json_inside")[0].event


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("MERCHANT_PROCESSING", EventType.REFUND_REQUESTED),
        ("USER_WAIT_CONFIRM", EventType.REFUND_REQUESTED),
        ("USER_WAIT_RETURN", EventType.REFUND_APPROVED),
        ("MERCHANT_WAIT_RECEIPT", EventType.REFUND_APPROVED),
        ("PLATFORM_REFUNDING", EventType.REFUND_APPROVED),
        ("MERCHANT_OVERDUE_REFUND", EventType.REFUND_APPROVED),
        ("PLATFORM_REFUND_FAIL", EventType.REFUND_APPROVED),
        ("MERCHANT_REFUND_RETRY_FAIL", EventType.REFUND_APPROVED),
        ("MERCHANT_REFUND_SUCCESS", EventType.REFUND_SUCCEEDED),
        ("MERCHANT_RETURN_SUCCESS", EventType.REFUND_SUCCEEDED),
        ("USER_CANCELD", EventType.REFUND_REJECTED),
        ("RETURN_CLOSED", EventType.REFUND_REJECTED),
        ("MERCHANT_FAIL", EventType.REFUND_REJECTED),
        ("MERCHANT_REJECT_REFUND", EventType.REFUND_REJECTED),
        ("MERCHANT_REJECT_RETURN", EventType.REFUND_REJECTED),
        ("MERCHANT_REJECT_RESHIP", EventType.REFUND_REJECTED),
    ],
)
def test_an_aftersale_status_is_a_stage_of_the_refund(status: str, kind: EventType) -> None:
    info = {"status": status, "after_sale_order_id": 2000000000001234567, "order_id": ORDER_ID}
    (one,) = tell("channels_ec_aftersale_update", finder_shop_aftersale_status_update=info)
    assert one.event.type is kind
    assert one.event.data == RefundData(order_id=ORDER_ID, refund_id="2000000000001234567")
    want = Want(kind="refund", id="2000000000001234567", order_id=ORDER_ID)
    assert CALLS.wants(one.event) == (want,)


def test_a_gift_is_refunded_too() -> None:
    assert only(parse("gift_refund_requested")) == (
        EventType.REFUND_REQUESTED,
        RefundData(order_id=ORDER_ID, refund_id="1234567"),
    )


def test_a_buyer_in_a_hurry_asks() -> None:
    kind, data = only(parse("shipment_urged"))
    assert kind is EventType.ENQUIRY_OPENED
    assert isinstance(data, AftersaleData)
    assert data.order_id == ORDER_ID


def test_a_complaint_is_opened_once_however_often_it_is_told() -> None:
    first = parse("complaint_opened")
    assert only(first) == (EventType.COMPLAINT_OPENED, AftersaleData(order_id=ORDER_ID))
    complaint = {"complaint_status": 200, "complaint_id": "1234567", "order_id": ORDER_ID}
    later = tell(
        "channels_ec_complaint_update", CreateTime=1794359999, finder_shop_complaint=complaint
    )
    assert later[0].event.id == first[0].event.id


def test_stock_is_told_by_the_skus_of_the_platform() -> None:
    assert only(parse("stock_short")) == (
        EventType.INVENTORY_CHANGED,
        InventoryData(sku="462966239", available=12),
    )


def test_an_order_of_a_mini_program_has_the_number_of_the_merchant() -> None:
    (to_ship,) = parse("mini_program_to_ship")
    order = order_of(to_ship.event.data)
    assert (order.order_id, order.status) == ("M20261111000001", OrderStatus.PAID)
    assert order.payment is not None
    assert order.payment.id == "4200000001202611110000000001"
    assert CALLS.wants(to_ship.event) == ()
    kind, data = only(parse("mini_program_finished"))
    assert kind is EventType.ORDER_COMPLETED
    assert order_of(data).status is OrderStatus.COMPLETED


@pytest.mark.parametrize(
    ("situation", "name"),
    [
        ("product_listed_not_handled", "product_spu_listing"),
        ("aftersale_status_unknown", "channels_ec_aftersale_update"),
    ],
)
def test_what_is_in_no_table_is_kept_with_its_name(situation: str, name: str) -> None:
    (one,) = parse(situation)
    assert (one.event.type, one.event.type_name) == (EventType.UNKNOWN, name)
    assert one.event.data == UnknownData()
    assert CALLS.wants(one.event) == ()


def test_unknown_events_of_one_second_are_told_apart() -> None:
    one, other = (tell("dropship_order_update", ds_order_id=number) for number in (1, 2))
    assert one[0].event.id != other[0].event.id


def test_what_a_buyer_writes_is_no_event() -> None:
    assert parse("text_of_a_buyer_not_handled") == ()


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"order_info": None},
        {"order_info": {}},
        {"order_info": {"order_id": 0}},
        {"order_info": {"order_id": True}},
        {"order_info": {"order_id": "9" * 129}},
        {"order_info": "no object"},
        {"order_info": [1]},
        {"order_info": {"order_id": "1"}, "CreateTime": 0},
        {"order_info": {"order_id": "1"}, "CreateTime": "soon"},
        {"order_info": {"order_id": "1"}, "CreateTime": 10**30},
    ],
)
def test_without_an_id_or_a_time_it_is_malformed(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        tell("channels_ec_order_new", **members)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"<",
        b"<xml>",
        b"<xml></xml><xml></xml>",
        b"<a>" * 70 + b"</a>" * 70,
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Event>&a;</Event></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
        b'<?xml version="1.0" encoding="no-such"?><xml/>',
        b"<xml>\xff</xml>",
        b'{"Event":"\xff"}',
    ],
)
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        take(signed(RawMessage({}, "", body), SHOP, NOW_MS))
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(RawMessage({}, "", body), SHOP, NOW_MS)


def test_a_large_number_is_read_digit_by_digit() -> None:
    assert whole("12", most=12) == 12
    assert whole("١٢", most=99) is None
    assert yuan(9_007_199_254_740_993) is None
    assert yuan(900_719_925_474_099) == "9007199254740.99"
    assert [yuan(fen) for fen in (0, 7, "105", -1, 1.5, True, None)] == [
        *("0.00", "0.07", "1.05"),
        *(None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EC/ChannelsECOrderNewEvent", EventType.ORDER_CREATED),
        ("EC/ChannelsECOrderPayEvent", EventType.ORDER_PAID),
        ("EC/ChannelsECOrderDeliverEvent", EventType.ORDER_UPDATED),
        ("EC/ChannelsECOrderConfirmEvent", EventType.ORDER_COMPLETED),
        ("EC/ChannelsECOrderCancelEvent", EventType.ORDER_CANCELLED),
        ("EC/ChannelsECOrderSettleEvent", EventType.ORDER_UPDATED),
        ("EC/ChannelsECPresentAftersaleUpdateEvent", EventType.REFUND_APPROVED),
        ("EC/ChannelsECCompliantUpdateEvent", EventType.COMPLAINT_OPENED),
        ("EC/ChannelsECProductSPUAuditEvent", EventType.UNKNOWN),
        ("EC/ChannelsECVipUserInfoGetEvent", EventType.UNKNOWN),
        ("Dropship/DropshipOrderCancelEvent", EventType.UNKNOWN),
    ],
)
def test_the_platforms_samples_of_events_are_read(name: str, kind: EventType) -> None:
    path = SAMPLES / f"{name}.json"
    if not path.is_file():
        pytest.skip("the shared samples are not here")
    body = path.read_bytes()
    assert only(take(signed(RawMessage({}, "", body), SHOP, NOW_MS)))[0] is kind
