import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from orderguard.channels.douyin import CALLS, CHANNEL
from orderguard.channels.douyin.values import instant, phone, search_index, whole, yuan
from orderguard.domain.calls import Access, Asking, Want
from orderguard.domain.events import (
    EventType,
    OrderData,
    RefundData,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig

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
DATA = {"p_id": int(ORDER_ID), "shop_id": 12345}


class Answered(Struct, frozen=True):
    """An answer of the platform."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


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


def yes(data: Any) -> Answered:
    return Answered(json.dumps({"code": 10000, "msg": "success", "data": data}).encode())


def asking(shop: ShopConfig = SHOP, refresh: str = "") -> Asking:
    access = Access(token="token", refresh=refresh)  # noqa: S106 - nobody's.
    return Asking(shop=shop, access=access, now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        ("2990", "29.90"),
        (-150, "-1.50"),
        (10**16, "100000000000000.00"),
        (10**17, None),
        (1.5, None),
        ("", None),
        ("1.5", None),
        (True, None),
    ],
)
def test_fen_are_exact(fen: Any, text: str | None) -> None:
    assert yuan(fen) == text


def test_what_is_masked_or_encrypted_is_no_telephone() -> None:
    assert phone("13600000012") == "13600000012"
    for hidden in ("136****0012", "$$aa*bb$1$$", "##aa*bb#1##", "", None, 1.5):
        assert phone(hidden) is None
    assert search_index("$$aa*bb$1$$") == "aa"
    assert search_index("##aa*bb#1##") == "aa"
    for other in ("$$aa*bb$1##", "$$aa$1$$", "13600000012", "#aGFu", None):
        assert search_index(other) is None


def test_the_cipher_of_one_telephone_may_differ_the_token_not() -> None:
    first, again = search_index("$$idx*one$1$$"), search_index("$$idx*two$2$$")
    assert first == again == "idx"


def test_times_and_numbers() -> None:
    assert instant(SECONDS) == instant(str(SECONDS)) == at(SECONDS)
    for none in (0, "0", 10**12, "yesterday", "2026-11-11T00:00:00", None):
        assert instant(none) is None
    assert whole("12") == 12
    assert whole(1.0) is None


def detail_document(**changed: Any) -> dict[str, Any]:
    return {
        "order_id": ORDER_ID,
        "order_status": 2,
        "main_status": 2,
        "create_time": SECONDS,
        "pay_time": SECONDS + 60,
        "update_time": SECONDS + 61,
        "exp_ship_time": SECONDS + 86_400,
        "doudian_open_id": "1@#VrtJKX59ew==",
        "open_address_id": ADDRESS_TOKEN,
        "encrypt_post_tel": f"$${PHONE_TOKEN}*CgYI$1$$",
        "encrypt_post_receiver": "##bmFt*CgYI#1##",
        "post_addr": {
            "province": {"name": "浙江省", "id": "330000"},
            "city": {"name": "杭州市", "id": "330100"},
            "town": {"name": "西湖区", "id": "330106"},
            "street": {"name": "北山街道", "id": "330106001"},
            "encrypt_detail": "##aGFu*CgYI#1##",
        },
        "pay_type": 2,
        "channel_payment_no": "2024111822001496911406999482",
        "order_amount": 3490,
        "pay_amount": 2990,
        "post_amount": 800,
        "promotion_amount": 500,
        "promotion_detail": {
            "shop_discount_detail": {
                "coupon_info": [{"coupon_id": 4781320682406, "coupon_amount": 500}]
            },
            "platform_discount_detail": None,
        },
        "sku_order_list": [
            {
                "order_id": "4705288465508532863",
                "product_id": 3473196049974326153,
                "sku_id": 1719024557525047,
                "code": "SKU-1",
                "out_sku_id": "other",
                "product_name": "跑步鞋",
                "item_num": 1,
                "origin_amount": 2690,
            }
        ],
        **changed,
    }


def read_order(**changed: Any) -> tuple[Parsed, ...]:
    reply = yes({"shop_order_detail": detail_document(**changed)})
    return CALLS.read_detail(Want(kind="order", id=ORDER_ID), reply, asking())


def test_a_detail_is_the_order_whole() -> None:
    (parsed,) = read_order()
    assert parsed.event.type is EventType.ORDER_UPDATED
    assert parsed.event.occurred_at == at(SECONDS + 61)
    assert order_of((parsed,)) == Order(
        order_id=ORDER_ID,
        status=OrderStatus.PAID,
        created_at=at(SECONDS),
        paid_at=at(SECONDS + 60),
        updated_at=at(SECONDS + 61),
        ship_by=at(SECONDS + 86_400),
        buyer=Buyer(id="1@#VrtJKX59ew==", phone_token=PHONE_TOKEN),
        lines=(
            Line(
                line_id="4705288465508532863",
                channel_sku="1719024557525047",
                sku="SKU-1",
                product_id="3473196049974326153",
                title="跑步鞋",
                quantity=1,
                unit_price="26.90",
            ),
        ),
        amount="29.90",
        discount="5.00",
        freight="8.00",
        currency="CNY",
        coupons=(Coupon(id="4781320682406", amount="5.00"),),
        payment=Payment(
            id="2024111822001496911406999482",
            method="alipay",
            amount="29.90",
            currency="CNY",
            paid_at=at(SECONDS + 60),
        ),
        ship_to=ShipTo(
            country="CN",
            province="浙江省",
            city="杭州市",
            district="西湖区",
            address_token=ADDRESS_TOKEN,
        ),
    )
    assert CHANNEL.reread(parsed.raw, SHOP) == (parsed,)


def test_a_detail_has_another_id_only_when_it_changed() -> None:
    (first,), (again,), (later,), (shipped,) = (
        read_order(),
        read_order(),
        read_order(update_time=SECONDS + 99),
        read_order(main_status=3),
    )
    assert first.event.id == again.event.id
    assert len({first.event.id, later.event.id, shipped.event.id}) == 3


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"main_status": 22, "order_status": 4}, OrderStatus.CLOSED),
        ({"main_status": 4, "order_status": 4}, OrderStatus.CLOSED),
        ({"main_status": 4, "order_status": 4, "pay_time": 0}, OrderStatus.CANCELLED),
        ({"main_status": 105, "order_status": 105}, OrderStatus.PAID),
        ({"main_status": 777, "order_status": 3}, OrderStatus.SHIPPED),
        ({"main_status": 777, "order_status": 888}, OrderStatus.UNKNOWN),
        ({"main_status": "5", "order_status": "5"}, OrderStatus.COMPLETED),
    ],
)
def test_statuses(changed: dict[str, Any], status: OrderStatus) -> None:
    assert order_of(read_order(**changed)).status is status


def test_what_pushes_leave_out_is_wanted_and_details_are_not() -> None:
    order, refund = Want(kind="order", id=ORDER_ID), Want
    assert CALLS.wants(parse("created")[0].event) == (order,)
    assert CALLS.wants(read_order()[0].event) == ()
    assert CALLS.wants(parse("shipped")[1].event) == ()
    assert CALLS.wants(parse("refund_requested")[0].event) == ()
    assert CALLS.wants(parse("refund_succeeded")[0].event) == (order,)
    (bare,) = tell("200", {**DATA, "aftersale_id": "7"})
    assert CALLS.wants(bare.event) == (refund(kind="refund", id="7", order_id=ORDER_ID),)


@pytest.mark.parametrize(
    ("state", "money", "kind"),
    [
        (6, 1, EventType.REFUND_REQUESTED),
        (7, 1, EventType.REFUND_APPROVED),
        (11, 1, EventType.REFUND_APPROVED),
        (12, 2, EventType.REFUND_APPROVED),
        (12, 3, EventType.REFUND_SUCCEEDED),
        (27, 0, EventType.REFUND_REJECTED),
        (28, 4, EventType.REFUND_REJECTED),
        (29, 0, EventType.REFUND_REJECTED),
        (51, 0, EventType.REFUND_REJECTED),
        (53, 3, EventType.REFUND_SUCCEEDED),
    ],
)
def test_a_refund_in_detail(state: int, money: int, kind: EventType) -> None:
    info = {
        "after_sale_id": 7000000000000000001,
        "after_sale_status": state,
        "refund_status": money,
        "after_sale_type": 1,
        "refund_total_amount": 13200,
        "real_refund_amount": 13100 if money == 3 else 0,
        "reason": "不想要了",
        "update_time": SECONDS,
    }
    data = {
        "process_info": {"after_sale_info": info},
        "order_info": {"shop_order_id": int(ORDER_ID)},
    }
    want = Want(kind="refund", id="7000000000000000001")
    (parsed,) = CALLS.read_detail(want, yes(data), asking())
    assert parsed.event.type is kind
    assert parsed.event.data == RefundData(
        order_id=ORDER_ID,
        refund_id="7000000000000000001",
        amount="131.00" if money == 3 else "132.00",
        currency="CNY",
        reason="不想要了",
    )


def test_a_refund_without_its_order_has_that_of_the_push() -> None:
    info = {"after_sale_id": 7, "after_sale_status": 6, "update_time": SECONDS}
    reply = yes({"process_info": {"after_sale_info": info}})
    told = CALLS.read_detail(Want(kind="refund", id="7", order_id=ORDER_ID), reply, asking())
    assert [one.event.data.order_id for one in told if isinstance(one.event.data, RefundData)] == [
        ORDER_ID
    ]
    assert CALLS.read_detail(Want(kind="refund", id="7"), reply, asking()) == ()
