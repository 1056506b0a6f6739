"""Orders and refunds of POP shops, as JOS tells them."""

import datetime as dt
import json
from typing import Any

import pytest

from orderguard.channels.jd import CHANNEL
from orderguard.channels.jd.orders import order_events, refund_events
from orderguard.channels.jd.signer import shop
from orderguard.domain.events import EventType, OrderData, RefundData, ShipmentData
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.errors import MalformedMessage

CHINA = dt.timezone(dt.timedelta(hours=8))
NOON = dt.datetime(2026, 11, 11, 12, tzinfo=CHINA)


def pop_order(**members: Any) -> bytes:
    told = {
        "orderId": "281046817987",
        "orderState": "WAIT_GOODS_RECEIVE_CONFIRM",
        "payType": "4-在线支付",
        "orderPayment": "90.5",
        "sellerDiscount": 10,
        "freightPrice": "0",
        "orderStartTime": "2026-11-11 11:50:00",
        "paymentConfirmTime": "2026-11-11 11:55:00",
        "modified": "2026-11-11 12:00:00",
        "pin": "jd_a*c",
        "open_id_buyer": "o*AAQ",
        "waybill": "SF1,SF2",
        "logisticsId": "467",
        "consigneeInfo": {
            "fullname": "李四",
            "mobile": "13900000001",
            "province": "上海",
            "city": "徐汇区",
            "county": "城区",
            "fullAddress": "上海徐汇区城区漕溪路1号",
        },
        "itemInfoList": [
            {
                "skuId": 10000000000000001,
                "outerSkuId": "SKU1",
                "wareId": "W1",
                "skuName": "鞋",
                "itemTotal": "2",
                "jdPrice": "50.25",
            }
        ],
        "couponDetailList": [{"couponType": "41-优惠券", "couponPrice": "10.00"}],
        **members,
    }
    return json.dumps(told).encode()


def order_of(raw: bytes) -> Order:
    data = order_events(raw)[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def test_an_order_of_jos_is_told_whole() -> None:
    assert order_of(pop_order()) == Order(
        order_id="281046817987",
        status=OrderStatus.SHIPPED,
        created_at=dt.datetime(2026, 11, 11, 11, 50, tzinfo=CHINA),
        paid_at=dt.datetime(2026, 11, 11, 11, 55, tzinfo=CHINA),
        updated_at=NOON,
        buyer=Buyer(id="o*AAQ"),
        lines=(
            Line(
                channel_sku="10000000000000001",
                sku="SKU1",
                product_id="W1",
                title="鞋",
                quantity=2,
                unit_price="50.25",
            ),
        ),
        amount="90.5",
        discount="10",
        freight="0",
        currency="CNY",
        coupons=(Coupon(amount="10.00"),),
        payment=Payment(method="online", paid_at=dt.datetime(2026, 11, 11, 11, 55, tzinfo=CHINA)),
        ship_to=ShipTo(
            province="上海",
            city="徐汇区",
            district="城区",
            street="漕溪路1号",
            name="李四",
            phone="13900000001",
        ),
    )


def test_parcels_are_told_while_they_are_under_way() -> None:
    _, first, second = order_events(pop_order())
    assert first.event.data == ShipmentData(
        order_id="281046817987", shipment_id="SF1", carrier="467", tracking_no="SF1"
    )
    assert first.event.id != second.event.id
    assert len(order_events(pop_order(orderState="FINISHED_L"))) == 1


@pytest.mark.parametrize(
    ("state", "paid_at", "kind", "status"),
    [
        ("NOT_PAY", None, EventType.ORDER_CREATED, OrderStatus.PENDING_PAYMENT),
        ("WAIT_SELLER_STOCK_OUT", "x", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("WAIT_SELLER_DELIVERY", "x", EventType.ORDER_UPDATED, OrderStatus.FULFILLING),
        ("FINISHED_L", "x", EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
        ("TRADE_CANCELED", None, EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("TRADE_CANCELED", "x", EventType.ORDER_CLOSED, OrderStatus.CLOSED),
        ("LOCKED", "x", EventType.ORDER_UPDATED, OrderStatus.UNKNOWN),
        ("POP_ORDER_PAUSE", "x", EventType.ORDER_UPDATED, OrderStatus.UNKNOWN),
    ],
)
def test_states(state: str, paid_at: str | None, kind: EventType, status: OrderStatus) -> None:
    when = "2026-11-11 11:55:00" if paid_at else ""
    raw = pop_order(orderState=state, paymentConfirmTime=when)
    assert order_events(raw)[0].event.type is kind
    assert order_of(raw).status is status


def test_masked_and_encrypted_members_are_unknown() -> None:
    sealed = "AQzLmP5y8w7m3kq9s2Vt0Xj4Yb6Nc1Ud=="
    masked = {"fullname": "李*", "mobile": "139****0001", "fullAddress": "上海徐汇区***"}
    assert order_of(pop_order(consigneeInfo=masked)).ship_to is None
    hidden = dict.fromkeys(("fullname", "mobile", "telephone", "fullAddress"), sealed)
    ship_to = order_of(pop_order(consigneeInfo={**hidden, "province": "上海"})).ship_to
    assert ship_to == ShipTo(province="上海")
    assert order_of(pop_order(open_id_buyer=None)).buyer is None
    assert order_of(pop_order(open_id_buyer=None, pin="jd_abc")).buyer == Buyer(id="jd_abc")


def test_an_unchanged_order_has_the_same_id_and_a_changed_one_another() -> None:
    ids = [
        order_events(raw)[0].event.id
        for raw in (
            pop_order(),
            pop_order(venderRemark="x"),
            pop_order(modified="2026-11-11 12:00:01"),
            pop_order(orderState="FINISHED_L"),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"{", b'{"orderId":1}', b'{"orderId":1.5}'])
def test_what_is_no_order_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        order_events(raw)
    with pytest.raises(MalformedMessage):
        refund_events(raw)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0, EventType.REFUND_REQUESTED),
        ("1", EventType.REFUND_APPROVED),
        (2, EventType.REFUND_REJECTED),
        (3, EventType.REFUND_APPROVED),
        (4, EventType.REFUND_REJECTED),
        (5, EventType.REFUND_APPROVED),
        (6, EventType.REFUND_APPROVED),
        (7, EventType.REFUND_APPROVED),
        (8, None),
        (9, EventType.REFUND_APPROVED),
        (10, None),
        (99, None),
    ],
)
def test_refunds(status: int | str, kind: EventType | None) -> None:
    told = {
        "id": 61234567890123456789,
        "orderId": 281046817987,
        "status": status,
        "applyRefundSum": 9005,
        "applyTime": "2026-11-11 12:00:00",
        "checkTime": "2026-11-11 13:00:00",
        "reason": "不想要了",
    }
    parsed = refund_events(json.dumps(told).encode())
    assert [one.event.type for one in parsed] == ([kind] if kind else [])
    for one in parsed:
        assert one.event.data == RefundData(
            order_id="281046817987",
            refund_id="61234567890123456789",
            amount="90.05",
            currency="CNY",
            reason="不想要了",
        )
        hour = 12 if kind is EventType.REFUND_REQUESTED else 13
        assert one.event.occurred_at == NOON.replace(hour=hour)


def test_what_jos_told_is_read_again() -> None:
    for parsed in order_events(pop_order()):
        assert parsed.event in [one.event for one in CHANNEL.reread(parsed.raw, shop(1))]
