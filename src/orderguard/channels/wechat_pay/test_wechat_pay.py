import base64
import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace
from tests.contracts.channel_contract import read_call

from orderguard.channels.wechat_pay import CHANNEL
from orderguard.channels.wechat_pay.signer import shop, sign, signed
from orderguard.domain.events import Data, EventType, OrderData, RefundData, UnknownData
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage

NOW_MS = 1_794_355_210_000
SHOP = shop(1)
KEY = SHOP.settings["api_v3_key"]
FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = (
    Path(
        os.environ.get("ORDERGUARD_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data"
    )
    / "fixtures"
    / "wechat_pay"
)
COMBINED = "ModelSamples/_/CombineTransactions"
ORDER_ID = "1217752501201407033233368018"
AT = dt.datetime(2026, 11, 11, 15, 58, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def take(message: RawMessage, at: ShopConfig = SHOP) -> tuple[Parsed, ...]:
    CHANNEL.verify(message, at, NOW_MS)
    return CHANNEL.parse(message, at)


def parse(situation: str, at: ShopConfig = SHOP) -> tuple[Parsed, ...]:
    return take(signed(read_call(FIXTURES / f"{situation}.http"), SHOP, NOW_MS), at)


def tell(name: str, resource: Any, **members: Any) -> tuple[Parsed, ...]:
    document = {
        "id": "EV-1",
        "create_time": "2026-11-11T15:58:21+08:00",
        "event_type": name,
        "resource": resource,
        **members,
    }
    return take(signed(RawMessage({}, "", json.dumps(document).encode()), SHOP, NOW_MS))


def only(parsed: tuple[Parsed, ...]) -> tuple[EventType, Data]:
    (one,) = parsed
    return one.event.type, one.event.data


def paid_order(order_id: str, number: str, amount: str, account: str) -> OrderData:
    payment = Payment(
        id=number, method="wechat", account=account, amount=amount, currency="CNY", paid_at=AT
    )
    order = Order(order_id=order_id, status=OrderStatus.PAID, paid_at=AT, payment=payment)
    return OrderData(order=order)


def test_a_payment_is_told_with_who_paid_and_how_much() -> None:
    (one,) = parse("paid")
    assert one.event.type is EventType.ORDER_PAID
    number = "4200000001202611110000000001"
    assert one.event.data == paid_order(ORDER_ID, number, "100.50", "oExampleOpenid0000000000000")
    assert one.event.occurred_at == AT
    assert one.about == (("standard", "demo"),)


def test_a_service_providers_payer_is_the_merchants() -> None:
    _, data = only(parse("paid_by_a_service_provider"))
    assert isinstance(data, OrderData)
    assert data.order.payment is not None
    assert data.order.payment.account == "oMerchant"


def test_one_payment_of_several_orders_pays_each() -> None:
    first, second = parse("paid_two_orders_at_once")
    payer = "oExampleOpenid0000000000000"
    number = "420000000120261111000000000"
    assert first.event.data == paid_order("20150806125346", f"{number}3", "10.00", payer)
    assert second.event.data == paid_order("20150806125347", f"{number}4", "20.00", payer)
    assert first.event.id != second.event.id


@pytest.mark.parametrize(
    ("situation", "kind", "at"),
    [
        ("refund_succeeded", EventType.REFUND_SUCCEEDED, AT),
        ("refund_closed", EventType.REFUND_REJECTED, AT + dt.timedelta(seconds=1)),
    ],
)
def test_a_refund_has_the_merchants_number(
    situation: str, kind: EventType, at: dt.datetime
) -> None:
    (one,) = parse(situation)
    assert (one.event.type, one.event.occurred_at) == (kind, at)
    assert one.event.data == RefundData(
        order_id=ORDER_ID,
        refund_id="7752501201407033233368018",
        amount="9.99",
        currency="CNY",
    )


@pytest.mark.parametrize(
    ("situation", "name"),
    [("refund_abnormal", "REFUND.ABNORMAL"), ("violation_not_handled", "VIOLATION.PUNISH")],
)
def test_what_is_in_no_table_is_kept_with_its_name(situation: str, name: str) -> None:
    (one,) = parse(situation)
    assert (one.event.type, one.event.type_name) == (EventType.UNKNOWN, name)
    assert one.event.data == UnknownData()


def test_a_payment_that_did_not_succeed_pays_nothing() -> None:
    resource = {"out_trade_no": "1", "transaction_id": "2", "trade_state": "REVOKED"}
    assert only(tell("TRANSACTION.SUCCESS", resource))[0] is EventType.UNKNOWN


def test_a_notification_that_comes_again_under_another_id_is_the_same() -> None:
    resource = {"out_trade_no": "1", "transaction_id": "2"}
    first, again = (tell("TRANSACTION.SUCCESS", resource, id=number) for number in ("a", "b"))
    assert first[0].event == again[0].event


@pytest.mark.parametrize(
    ("name", "resource", "members"),
    [
        ("TRANSACTION.SUCCESS", {}, {}),
        ("TRANSACTION.SUCCESS", {"out_trade_no": ""}, {}),
        ("TRANSACTION.SUCCESS", [], {}),
        ("TRANSACTION.SUCCESS", None, {}),
        ("REFUND.SUCCESS", {"out_trade_no": "1"}, {}),
        ("REFUND.SUCCESS", {"out_refund_no": "1"}, {}),
        ("SOMETHING.NEW", {}, {"id": None}),
        ("", {"out_trade_no": "1"}, {}),
        ("TRANSACTION.SUCCESS", {"out_trade_no": "1"}, {"create_time": "2026-11-11T00:00:00"}),
    ],
)
def test_without_an_id_or_a_time_it_is_malformed(
    name: str, resource: Any, members: dict[str, Any]
) -> None:
    with pytest.raises(MalformedMessage):
        tell(name, resource, **members)


@pytest.mark.parametrize("member", ["mchid", "sp_mchid", "sub_mchid", "combine_mchid"])
def test_another_merchants_notification_is_refused(member: str) -> None:
    resource = {"out_trade_no": "1", "transaction_id": "2", member: "1900000001"}
    with pytest.raises(MalformedMessage, match="mchid"):
        tell("TRANSACTION.SUCCESS", resource)


def test_the_wrong_apiv3_key_says_so() -> None:
    other = replace(SHOP, settings={**SHOP.settings, "api_v3_key": "x" * 32})
    with pytest.raises(MalformedMessage, match="APIv3"):
        parse("paid", other)


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": "AEAD_SM4_GCM"},
        {"nonce": ""},
        {"nonce": "another12345"},
        {"associated_data": "another"},
        {"ciphertext": "AAAA"},
        {"ciphertext": "no base64"},
    ],
)
def test_a_resource_that_does_not_open(changed: dict[str, str]) -> None:
    message = signed(read_call(FIXTURES / "paid.http"), SHOP, NOW_MS)
    document = json.loads(message.body)
    document["resource"] |= changed
    body = json.dumps(document).encode()
    again = RawMessage(sign(body, 1, NOW_MS), "", body)
    CHANNEL.verify(again, SHOP, NOW_MS)
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(again, SHOP)


def test_a_resource_cannot_write_beyond_itself() -> None:
    document = {"id": "EV-1", "create_time": "2026-11-11T15:58:21+08:00", "event_type": "X"}
    inner = b'{}, "event_type": "TRANSACTION.SUCCESS"'
    cipher = AESGCM(KEY.encode()).encrypt(b"123456789012", inner, b"")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(cipher).decode(),
        "nonce": "123456789012",
    }
    body = json.dumps({**document, "resource": resource}).encode()
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "", body), SHOP)


@pytest.mark.parametrize(
    "changed",
    [
        {"api_v3_key": ""},
        {"api_v3_key": "x" * 31},
        {"orders_of": "wechat"},
        {"orders_of": "wechat/a/b"},
        {"orders_of": "wechat/a,/b"},
    ],
)
def test_settings_that_can_never_work_are_told(changed: dict[str, str]) -> None:
    assert CHANNEL.fault(replace(SHOP, settings={**SHOP.settings, **changed})) is not None


def test_it_may_pay_for_several_shops_or_its_own() -> None:
    two = replace(SHOP, settings={**SHOP.settings, "orders_of": "wechat/a, standard/b"})
    assert parse("paid", two)[0].about == (("wechat", "a"), ("standard", "b"))
    own = replace(SHOP, settings={**SHOP.settings, "orders_of": ""})
    assert parse("paid", own)[0].about == ()
    assert CHANNEL.fault(two) is CHANNEL.fault(own) is None


def test_it_refuses_in_the_platforms_words() -> None:
    answer = CHANNEL.refuse(401, "签名不对")
    assert (answer.status, json.loads(answer.body)) == (
        401,
        {"code": "FAIL", "message": "签名不对"},
    )
    assert CHANNEL.acknowledge(1, 0).status == 200


@pytest.mark.parametrize(
    ("sample", "name", "mchid", "kind"),
    [
        (
            "EventSamples/_/Transactions/TransactionResource.json",
            "TRANSACTION.SUCCESS",
            "1230000109",
            EventType.ORDER_PAID,
        ),
        (
            "EventSamples/_/Refund/RefundResource.json",
            "REFUND.SUCCESS",
            "1900000100",
            EventType.REFUND_SUCCEEDED,
        ),
        (
            "EventSamples/_/_Partner/Refund/PartnerRefundResource.json",
            "REFUND.SUCCESS",
            "1900000109",
            EventType.REFUND_SUCCEEDED,
        ),
        (
            "EventSamples/_/Violation/ViolationResource.json",
            "VIOLATION.PUNISH",
            "1900009231",
            EventType.UNKNOWN,
        ),
        (
            f"{COMBINED}/GetCombineTransactionByCombineTransactionIdResponse.json",
            "TRANSACTION.SUCCESS",
            "1230000109",
            EventType.ORDER_PAID,
        ),
    ],
)
def test_samples_of_the_platform_are_read(
    sample: str, name: str, mchid: str, kind: EventType
) -> None:
    path = SAMPLES / sample
    if not path.is_file():
        pytest.skip("the shared samples are not here")
    document = {
        "id": "EV-1",
        "create_time": "2026-11-11T15:58:21+08:00",
        "event_type": name,
        "resource": json.loads(path.read_text(encoding="utf-8-sig")),
    }
    at = replace(SHOP, settings={**SHOP.settings, "mchid": mchid})
    call = RawMessage({}, "", json.dumps(document).encode())
    assert only(take(signed(call, SHOP, NOW_MS), at))[0] is kind
