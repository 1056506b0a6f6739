"""The JD channel, beside an independent peer: `pyjos` signs as JOS prescribes.

`jos` runs on Python 2 alone. `mcp-cn-commerce` signs as we do (compared once by hand), and is no
dependency: it brings a server framework.
"""

import datetime as dt
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from msgspec.structs import replace
from pyjos.client import JdClient

from orderguard.channels.jd import CALLS, CHANNEL
from orderguard.channels.jd.calls import FIELDS
from orderguard.channels.jd.signer import shop, signed
from orderguard.channels.jd.signing import sign
from orderguard.domain.calls import Access, Asking, Want
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, ShipmentData
from orderguard.domain.orders import Order, OrderStatus
from orderguard.domain.ports import RawMessage
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

CHINA = dt.timezone(dt.timedelta(hours=8))
NOW_MS = 1_794_355_210_000
SHOP = shop(1)
FIXTURES = Path(__file__).parent / "fixtures"
NOON = dt.datetime(2026, 11, 11, 12, tzinfo=CHINA)
VECTOR = {
    "360buy_param_json": '{"end_date":null,"optional_fields":null,'
    '"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"200","start_date":null}',
    "access_token": "yourtoken",
    "app_key": "yourappkey",
    "method": "jingdong.pop.order.search",
    "timestamp": "2021-05-07 09:20:39.683+0800",
    "v": "2.0",
}


def peer(secret: str) -> JdClient:
    client = JdClient()
    client.app_secret = secret
    return client


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    path, _, query = head.decode().removeprefix("POST ").partition("?")
    return RawMessage({}, query, body, path=path)


def parse(situation: str, **settings: str) -> CanonicalEvent:
    """By the whole way: signed, verified, read."""
    place = replace(SHOP, settings={**SHOP.settings, **settings})
    message = signed(call(situation), place, NOW_MS)
    CHANNEL.verify(message, place, NOW_MS)
    (parsed,) = CHANNEL.parse(message, place)
    return parsed.event


def push(business: str, path: str = "djsw/newOrder", **given: str) -> RawMessage:
    """As JD sends it: all of it in one form, every byte escaped."""
    told = {
        "token": "t0",
        "app_key": "b1d2c3",
        "timestamp": "2026-11-11 08:00:00",
        "format": "json",
        "v": "1.0",
        "jd_param_json": business,
        **given,
    }
    told["sign"] = sign(told, SHOP.secrets[0])
    return RawMessage({}, "", urlencode(told).encode(), path=path)


def tell(business: str, path: str = "djsw/newOrder", **given: str) -> CanonicalEvent:
    (parsed,) = CHANNEL.parse(push(business, path, **given), SHOP)
    return parsed.event


def test_the_vector_of_the_documentation() -> None:
    assert sign(VECTOR, "yourappSecret") == "D70825340F4084360B9362B60DFD7930"


def test_a_peer_signs_the_same() -> None:
    assert peer("yourappSecret").generate_sign(VECTOR) == sign(VECTOR, "yourappSecret")


def test_what_a_peer_signed_is_taken() -> None:
    told = {
        "token": "t0",
        "app_key": "b1d2c3",
        "timestamp": "2026-11-11 08:00:00",
        "format": "json",
        "v": "1.0",
        "jd_param_json": '{"billId":"1","statusId":"32000","timestamp":"2026-11-11 08:00:00"}',
    }
    made = peer(SHOP.secrets[0]).generate_sign(told)
    body = urlencode({**told, "sign": made}).encode()
    patient = replace(SHOP, settings={**SHOP.settings, "window_minutes": "0"})
    CHANNEL.verify(RawMessage({}, "", body), patient, NOW_MS)
    other = peer(shop(2).secrets[0]).generate_sign(told)
    forged = urlencode({**told, "sign": other}).encode()
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(RawMessage({}, "", forged), patient, NOW_MS)


def test_our_calls_are_signed_as_a_peer_would() -> None:
    asking = Asking(shop=SHOP, access=Access(token="tok"), now_ms=NOW_MS)  # noqa: S106
    request = CALLS.detail(Want(kind="order", id="9007199254740993123"), asking)
    given = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    made = given.pop("sign")
    assert peer(SHOP.secrets[0]).generate_sign(given) == made
    assert given["timestamp"] == "2026-11-11T08:00:10.000+0800".replace("T", " ")
    business = json.loads(given["360buy_param_json"])
    assert business == {
        "order_id": 9007199254740993123,
        "optional_fields": FIELDS,
        "source_id": "JOS",
    }


def test_a_new_order() -> None:
    event = parse("new_order")
    assert (event.type, event.occurred_at) == (EventType.ORDER_CREATED, NOON)
    told = Order(order_id="2100000000000001", status=OrderStatus.PAID)
    assert event.data == OrderData(order=told)


def test_ids_above_2_53_stay_exact() -> None:
    data = parse("new_order_with_numbers").data
    assert data == OrderData(order=Order(order_id="9007199254740993123"))


@pytest.mark.parametrize(
    ("situation", "kind"),
    [
        ("address_bears_parameters", EventType.ORDER_CREATED),
        ("cancelled_by_the_buyer", EventType.ORDER_CANCELLED),
        ("picked", EventType.SHIPMENT_PICKED),
        ("on_its_way", EventType.SHIPMENT_SHIPPED),
        ("finished", EventType.ORDER_COMPLETED),
        ("interface_of_another_version", EventType.UNKNOWN),
    ],
)
def test_what_pushes_mean(situation: str, kind: EventType) -> None:
    assert parse(situation).type is kind


def test_an_unknown_push_is_kept_by_its_name() -> None:
    assert parse("interface_of_another_version").type_name == "orderAdjust 33080"


def test_a_shop_may_say_what_pushes_mean() -> None:
    by_status = parse("interface_of_another_version", push_map="33080=shipment.delivered")
    assert by_status.type is EventType.SHIPMENT_DELIVERED
    assert by_status.data == ShipmentData(order_id="2100000000000001")
    by_name = parse("interface_of_another_version", push_map="orderAdjust=order.updated")
    assert by_name.type is EventType.ORDER_UPDATED


def test_a_repeat_is_known_wherever_it_is_sent() -> None:
    business = call("new_order").body.decode()
    first, again = tell(business), tell(business, "djsw/finishOrder", token="t1")  # noqa: S106
    assert first.id == again.id
    later = business.replace("12:00:00", "12:00:01")
    assert tell(later).id != first.id


def test_the_forms_own_time_stands_in() -> None:
    event = tell('{"orderId": 7, "statusId": "32000"}')
    assert event.occurred_at == dt.datetime(2026, 11, 11, 8, tzinfo=CHINA)


@pytest.mark.parametrize(
    "business",
    ["", "{}", "[]", '{"billId": ""}', '{"billId": 1.5}', '{"billId": true}', "nonsense"],
)
def test_what_is_no_push_is_malformed(business: str) -> None:
    with pytest.raises(MalformedMessage):
        tell(business)


def test_an_encrypted_push_says_what_to_do() -> None:
    sealed = push("", encrypt_jd_param_json="c2VhbGVk")
    with pytest.raises(MalformedMessage, match="Switch the encryption"):
        CHANNEL.parse(sealed, SHOP)
    unsigned = replace(sealed, body=sealed.body.replace(b"c2VhbGVk", b"b3RoZXI"))
    with pytest.raises(SignatureMismatch, match="switch the encryption"):
        CHANNEL.verify(unsigned, SHOP, NOW_MS)


def test_empty_parameters_may_be_in_the_sign_or_not() -> None:
    told = dict(parse_qsl(push('{"billId":"1"}').body.decode()))
    for extra in ({"encrypt_jd_param_json": ""}, {}):
        made = sign({**told, **extra}, SHOP.secrets[0])
        body = urlencode({**told, "encrypt_jd_param_json": "", "sign": made}).encode()
        CHANNEL.verify(RawMessage({}, "", body), SHOP, NOW_MS)


def test_another_apps_push_is_refused_though_it_is_signed() -> None:
    message = signed(call("new_order"), SHOP, NOW_MS)
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(message, replace(SHOP, settings={"app_key": "other"}), NOW_MS)
    CHANNEL.verify(message, replace(SHOP, settings={}), NOW_MS)


def test_pushes_come_for_hours_and_not_for_days() -> None:
    message = signed(call("new_order"), SHOP, NOW_MS)
    hour_ms = 3_600_000
    CHANNEL.verify(message, SHOP, NOW_MS + 5 * hour_ms)
    for late_ms, fault in (
        (6 * hour_ms, SignatureFault.TOO_OLD),
        (-6 * hour_ms, SignatureFault.TOO_NEW),
    ):
        with pytest.raises(SignatureMismatch) as caught:
            CHANNEL.verify(message, SHOP, NOW_MS + late_ms)
        assert (caught.value.fault, caught.value.skew_ms) == (fault, -late_ms)


def test_answers() -> None:
    assert CHANNEL.acknowledge(1, 0).body == b'{"code":"0","msg":"success","data":""}'
    again, no = CHANNEL.refuse(503, "starting"), CHANNEL.refuse(401, "not signed")
    assert (again.status, json.loads(again.body)["code"]) == (503, "-10000")
    assert no.status == 401
    assert json.loads(no.body) == {"code": "-1", "msg": "not signed", "data": ""}


@pytest.mark.parametrize(
    "settings",
    [{"push_map": "newOrder"}, {"push_map": "x=refund.approved"}, {"window_minutes": "-1"}],
)
def test_settings_that_cannot_work_are_told(settings: dict[str, str]) -> None:
    assert CHANNEL.fault(replace(SHOP, settings={**SHOP.settings, **settings}))
    assert CHANNEL.fault(SHOP) is None
