import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from msgspec.structs import replace

from orderguard.channels.youzan import CHANNEL
from orderguard.channels.youzan.signer import sign
from orderguard.domain.events import AftersaleData, EventType, OrderData, RefundData
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

NOW_MS = 1_794_355_210_000
FIXTURES = Path(__file__).parent / "fixtures"
SHOP = ShopConfig(channel="youzan", shop="demo", secrets=("csec",), settings={"client_id": "cid"})
TID, VERSION = "E20261111120000000000001", 1_794_330_000
DOOR_CIPHER = "$kZgIwkQL5Q0O6anzQHraow==$1$"
PHONE_CIPHER = "$eTS8t8hAECdXKgNtV6DIfw==$1$"


def at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    return RawMessage(dict(line.split(": ", 1) for line in head.decode().splitlines()), "", body)


def parse(situation: str) -> tuple[Parsed, ...]:
    return CHANNEL.parse(call(situation), SHOP)


def tell(name: str, msg: Any, shop: ShopConfig = SHOP, **more: Any) -> tuple[Parsed, ...]:
    document = {"id": TID, "type": name, "msg": msg, "msg_id": "m", "version": VERSION, **more}
    return CHANNEL.parse(RawMessage({}, "", json.dumps(document).encode()), shop)


def order_of(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def token_of(city: str, door: str) -> str | None:
    address = {
        "delivery_province": "四川省",
        "delivery_city": city,
        "delivery_district": "青羊区",
        "delivery_address": door,
    }
    info = {"order_info": {"tid": TID, "status": "WAIT_BUYER_PAY"}, "address_info": address}
    ship_to = order_of(tell("trade_TradeCreate", {"full_order_info": info})).ship_to
    assert ship_to
    return ship_to.address_token


def test_a_door_has_its_token_in_one_town_alone() -> None:
    here = token_of("成都市", DOOR_CIPHER)
    assert here
    assert here == token_of("成都市", DOOR_CIPHER)
    others = (token_of("绵阳市", DOOR_CIPHER), token_of("成都市", PHONE_CIPHER))
    assert len({here, *others}) == 3
    assert token_of("成都市", "文三路1号") is None


def test_the_computed_vector() -> None:
    body = b'{"a":1}'
    headers = sign(body, SHOP, NOW_MS)
    assert headers["event-sign"] == "9625b8edb84d5464a204f20637a70505"
    CHANNEL.verify(RawMessage(headers, "", body), SHOP, NOW_MS)
    without_the_id = {"event-sign": headers["event-sign"]}
    CHANNEL.verify(RawMessage(without_the_id, "", body), SHOP, NOW_MS)


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({}, SignatureFault.MISSING),
        ({"client-id": "cid"}, SignatureFault.MISSING),
        ({"event-sign": "9625B8EDB84D5464A204F20637A70505"}, SignatureFault.WRONG),
        (
            {"event-sign": "9625b8edb84d5464a204f20637a70505", "client-id": "other"},
            SignatureFault.WRONG,
        ),
    ],
)
def test_what_is_refused(headers: dict[str, str], fault: SignatureFault) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(RawMessage(headers, "", b'{"a":1}'), SHOP, NOW_MS)
    assert caught.value.fault is fault


def test_a_yes_and_a_no_are_told_apart_by_one_word() -> None:
    assert CHANNEL.acknowledge(1, 0).body == b'{"code":0,"msg":"success"}'
    refusal = CHANNEL.refuse(401, "not a success")
    assert refusal
    assert refusal.status == 401
    assert b"success" not in refusal.body


def test_created_is_the_order_whole() -> None:
    (parsed,) = parse("created")
    assert parsed.event.type is EventType.ORDER_CREATED
    assert parsed.event.id == "6dc15f0b-8682-4812-b635-000000000001"
    assert order_of((parsed,)) == Order(
        order_id=TID,
        status=OrderStatus.PENDING_PAYMENT,
        created_at=at(VERSION),
        updated_at=at(VERSION),
        buyer=Buyer(id="lDWyZBas807636140352864256", phone_token=PHONE_CIPHER),
        lines=(
            Line(
                line_id="2894823749823749801",
                channel_sku="36200001",
                sku="SKU-1",
                product_id="3300000000000000001",
                title="跑步鞋 & “袜子”",
                quantity=1,
                unit_price="13.00",
            ),
        ),
        amount="9.82",
        discount="5.18",
        freight="2.00",
        currency="CNY",
        ship_to=ShipTo(
            country="CN",
            province="四川省",
            city="成都市",
            district="青羊区",
            address_token=token_of("成都市", DOOR_CIPHER),
        ),
    )


def test_paid_is_told_by_two_messages() -> None:
    paid, ready = order_of(parse("paid")), order_of(parse("paid_and_ready_to_ship"))
    assert [parse(one)[0].event.type for one in ("paid", "paid_and_ready_to_ship")] == [
        EventType.ORDER_PAID,
        EventType.ORDER_PAID,
    ]
    assert paid.status is ready.status is OrderStatus.PAID
    assert paid.payment == Payment(
        id="4200002026111100000000001",
        method="wechat",
        amount="9.82",
        currency="CNY",
        paid_at=at(VERSION + 60),
    )
    assert parse("paid_and_ready_to_ship")[0].event.occurred_at == at(VERSION + 60)
    assert ready.updated_at == at(VERSION + 61)


def test_an_id_alone_is_taken() -> None:
    assert order_of(parse("paid_with_the_id_alone")) == Order(
        order_id=TID, status=OrderStatus.PAID, updated_at=at(VERSION + 61)
    )


@pytest.mark.parametrize(
    ("situation", "kind", "status"),
    [
        ("shipped_in_part", EventType.ORDER_UPDATED, OrderStatus.FULFILLING),
        ("shipped", EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
        ("finished", EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
        ("closed_before_payment", EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("closed_after_a_refund", EventType.ORDER_CLOSED, OrderStatus.CLOSED),
        ("memo_changed", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("address_changed_by_the_buyer", EventType.ORDER_UPDATED, OrderStatus.PAID),
        ("older_order_state", EventType.ORDER_UPDATED, OrderStatus.PAID),
    ],
)
def test_trades(situation: str, kind: EventType, status: OrderStatus) -> None:
    (parsed,) = parse(situation)
    assert parsed.event.type is kind
    assert order_of((parsed,)).status is status


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("WAIT_BUYER_PAY", OrderStatus.PENDING_PAYMENT),
        ("TRADE_PAID", OrderStatus.PAID),
        ("WAIT_CONFIRM", OrderStatus.PAID),
        ("WAIT_SELLER_SEND_GOODS", OrderStatus.PAID),
        ("WAIT_BUYER_CONFIRM_GOODS", OrderStatus.SHIPPED),
        ("TRADE_SUCCESS", OrderStatus.COMPLETED),
        ("TRADE_CLOSED", OrderStatus.CANCELLED),
        ("OF_TOMORROW", OrderStatus.UNKNOWN),
    ],
)
def test_statuses(code: str, status: OrderStatus) -> None:
    parsed = tell("TRADE_ORDER_STATE", quote(json.dumps({"tid": TID, "status": code})))
    assert order_of(parsed).status is status


def test_a_higher_version_of_an_order_is_the_newer_one() -> None:
    """By its time where it is one, by its place after the time where it counts."""

    def updated(version: Any, told: str = "2026-11-11 12:00:00") -> dt.datetime | None:
        msg = {"tid": TID, "update_time": told}
        return order_of(
            tell("trade_TradeSellerShip", quote(json.dumps(msg)), version=version)
        ).updated_at

    noon = dt.datetime(2026, 11, 11, 4, tzinfo=dt.UTC)
    assert updated(VERSION) == updated(str(VERSION)) == at(VERSION)
    assert updated(VERSION * 1000 + 7) == at(VERSION) + dt.timedelta(milliseconds=7)
    assert updated(3) == noon + dt.timedelta(milliseconds=3)
    assert updated(None) == noon
    with pytest.raises(MalformedMessage):
        updated(None, "yesterday")


def test_refunds() -> None:
    (requested,) = parse("refund_requested")
    assert requested.event.type is EventType.REFUND_REQUESTED
    assert requested.event.occurred_at == at(VERSION + 500)
    assert requested.event.data == RefundData(
        order_id=TID, refund_id="202611111230000000031002", amount="9.82", currency="CNY"
    )
    assert parse("refund_succeeded")[0].event.type is EventType.REFUND_SUCCEEDED
    (older,) = parse("older_refund_agreed")
    assert older.event.type is EventType.REFUND_APPROVED
    assert older.event.data == RefundData(
        order_id=TID, refund_id="202611111230000000031002", currency="CNY"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("youzan_trade_RefundCreated", EventType.REFUND_REQUESTED),
        ("youzan_trade_RefundSellerAgree", EventType.REFUND_APPROVED),
        ("youzan_trade_RefundSuccess", EventType.REFUND_SUCCEEDED),
        ("youzan_trade_RefundClosed", EventType.REFUND_REJECTED),
        ("trade_refund_BuyerCreated", EventType.REFUND_REQUESTED),
        ("trade_refund_RefundSellerCreated", EventType.REFUND_REQUESTED),
        ("trade_refund_RefundSellerAgree", EventType.REFUND_APPROVED),
        ("trade_refund_RefundSellerAgreeReturnGoods", EventType.REFUND_APPROVED),
        ("trade_refund_RefundSellerRefuseBuyerReturnGoods", EventType.REFUND_REJECTED),
        ("trade_refund_RefundSuccess", EventType.REFUND_SUCCEEDED),
        ("trade_refund_RefundClosed", EventType.REFUND_REJECTED),
        ("trade_refund_SysRefund", EventType.REFUND_APPROVED),
        ("trade_refund_RefundBuyerReturnGoods", EventType.UNKNOWN),
        ("ITEM_INFO", EventType.UNKNOWN),
        ("ITEM_STATE", EventType.UNKNOWN),
        ("ITEM_SKU_INFO", EventType.UNKNOWN),
        ("SCRM_CUSTOMER_EVENT", EventType.UNKNOWN),
    ],
)
def test_each_type_of_a_refund_and_what_is_kept_by_its_name(name: str, kind: EventType) -> None:
    plain = {"tid": TID, "refund_id": "7"}
    for msg in (plain, quote(json.dumps(plain))):
        (parsed,) = tell(name, msg)
        assert parsed.event.type is kind
        assert parsed.event.type_name == (name if kind is EventType.UNKNOWN else kind.value)


def test_a_refund_without_its_order_is_that_of_the_message() -> None:
    (parsed,) = tell("youzan_trade_RefundCreated", {"refund_id": "7"})
    assert isinstance(parsed.event.data, RefundData)
    assert parsed.event.data.order_id == TID
    with pytest.raises(MalformedMessage):
        tell("youzan_trade_RefundCreated", {"refund_id": TID})


def test_goods_for_goods_is_no_refund_and_an_arbitration_a_dispute() -> None:
    (exchange,) = parse("exchange_asked_for")
    assert exchange.event.type is EventType.UNKNOWN
    assert exchange.event.type_name == "youzan_trade_RefundCreated"
    (dispute,) = parse("arbitration_applied_for")
    assert (dispute.event.type, dispute.event.data) == (
        EventType.DISPUTE_OPENED,
        AftersaleData(order_id=TID),
    )


def test_stock_without_a_quantity_is_kept_by_its_name() -> None:
    (parsed,) = parse("stock_changed_without_a_quantity")
    assert parsed.event.type_name == "youzan_item_SkuStockChanged"


def test_a_test_push_tells_nothing() -> None:
    assert parse("test_push") == ()
    assert tell("trade_TradeSuccess", {"tid": TID}, test="true") == ()
    assert tell("trade_TradeSuccess", {"tid": TID}, test=False)


def test_messages_of_another_shop_of_the_app_are_not_taken() -> None:
    shop = replace(SHOP, settings={"client_id": "cid", "kdt_id": "12345678"})
    assert tell("trade_TradeSuccess", {"tid": TID}, shop, kdt_id=12345678)
    assert tell("trade_TradeSuccess", {"tid": TID}, shop)
    assert tell("trade_TradeSuccess", {"tid": TID}, shop, kdt_id=9) == ()


@pytest.mark.parametrize(
    "msg",
    [
        quote(json.dumps({"tid": TID, "status": "a+b c"})),
        quote_plus(json.dumps({"tid": TID, "status": "a b"})),
        json.dumps({"tid": TID}),
        {"tid": TID},
        "",
        None,
        "%FF%FE",
        quote("[" * 100_000),
        5,
    ],
)
def test_a_message_is_read_whatever_its_inner_form(msg: Any) -> None:
    assert order_of(tell("trade_TradeSuccess", msg)).order_id == TID


def test_a_repeat_is_known_without_a_message_id() -> None:
    first, again, other = (
        tell("trade_TradeSuccess", {"tid": TID}, msg_id=None, sendCount=count, version=version)[0]
        for count, version in ((0, VERSION), (3, VERSION), (0, VERSION + 1))
    )
    assert first.event.id == again.event.id != other.event.id


def test_ids_are_text_to_the_last_digit() -> None:
    (parsed,) = tell("trade_TradeSuccess", {}, id=2**63 - 1)
    assert order_of((parsed,)).order_id == "9223372036854775807"
    wrongs: list[Any] = [4.7e18, None, 0, "", True]
    for wrong in wrongs:
        with pytest.raises(MalformedMessage):
            tell("trade_TradeSuccess", {}, id=wrong)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"type":1}', b'{"type":"\xff"}'])
def test_what_is_no_push(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "", body), SHOP)


def test_what_is_not_encrypted_is_read_and_what_is_masked_is_not() -> None:
    trade = {
        "full_order_info": {
            "order_info": {"tid": TID, "status": "WAIT_BUYER_PAY"},
            "address_info": {
                "delivery_province": "四川省",
                "delivery_address": "文三路1号",
                "receiver_name": "张*",
                "receiver_tel": "13600000012",
            },
            "buyer_info": {"buyer_phone": "136****0012"},
        }
    }
    order = order_of(tell("trade_TradeCreate", quote(json.dumps(trade))))
    assert order.ship_to == ShipTo(
        country="CN", province="四川省", street="文三路1号", phone="13600000012"
    )
    assert order.buyer is None
