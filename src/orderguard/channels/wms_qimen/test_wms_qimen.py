import datetime as dt
import hashlib
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import fromstring

import pytest
from msgspec.structs import replace

from orderguard.channels.wms_qimen import CHANNEL
from orderguard.channels.wms_qimen.signer import shop, signed
from orderguard.channels.wms_qimen.signing import parameters, sign
from orderguard.channels.wms_qimen.values import instant
from orderguard.domain.events import (
    AftersaleData,
    CanonicalEvent,
    EventType,
    InventoryData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.ports import Parsed, RawMessage
from orderguard.errors import (
    MalformedMessage,
    SignatureFault,
    SignatureMismatch,
)

CHINA = dt.timezone(dt.timedelta(hours=8))
NOW_MS = 1_794_355_210_000
SHOP = shop(1)
FIXTURES = Path(__file__).parent / "fixtures"
NOON = dt.datetime(2026, 11, 11, 12, tzinfo=CHINA)


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    target, *lines = head.decode().splitlines()
    query = target.removeprefix("POST ?")
    return RawMessage(dict(line.split(": ", 1) for line in lines), query, body)


def parse(situation: str, **settings: str) -> tuple[Parsed, ...]:
    """By the whole way: signed, verified, read."""
    place = replace(SHOP, settings={**SHOP.settings, **settings})
    message = signed(call(situation), place, NOW_MS)
    CHANNEL.verify(message, place, NOW_MS)
    return CHANNEL.parse(message, place)


def only(parsed: tuple[Parsed, ...]) -> CanonicalEvent:
    (one,) = parsed
    return one.event


def tell(body: str, method: str = "deliveryorder.confirm", **headers: str) -> tuple[Parsed, ...]:
    query = urlencode({"method": method, "timestamp": "2026-11-11 12:00:00"})
    return CHANNEL.parse(RawMessage(headers, query, body.encode()), SHOP)


def confirmation(inner: str = "", code: str = "SO1") -> str:
    order = f"<deliveryOrder><deliveryOrderCode>{code}</deliveryOrderCode>{inner}</deliveryOrder>"
    return f"<request>{order}</request>"


def test_the_vector_of_the_channels_page() -> None:
    given = {
        "method": "taobao.qimen.deliveryorder.confirm",
        "timestamp": "2026-01-01 12:00:00",
        "format": "xml",
        "app_key": "12345678",
        "v": "2.0",
        "sign_method": "md5",
        "customerId": "c1",
    }
    found = parameters(urlencode(given))
    assert found is not None
    assert sign(found, b"<request/>", "helloworld") == b"05111139832F26E6F525FAE5DBD57A9F"


def test_the_published_vector_of_the_same_scheme() -> None:
    """TOP's own example has no body and no empty value: the two schemes are one there."""
    given = {
        b"app_key": b"12345678",
        b"fields": b"num_iid,title,nick,price,num",
        b"format": b"json",
        b"method": b"taobao.item.seller.get",
        b"num_iid": b"11223344",
        b"session": b"test",
        b"sign_method": b"md5",
        b"timestamp": b"2016-01-01 12:00:00",
        b"v": b"2.0",
    }
    assert sign(given, b"", "helloworld") == b"66987CB115214E59E6EC978214934FB8"


def test_a_parcel_is_told_whole() -> None:
    (parsed,) = parse("shipped", code_prefix="SO")
    event = parsed.event
    assert (event.type, event.occurred_at) == (EventType.SHIPMENT_SHIPPED, NOON)
    assert event.data == ShipmentData(
        order_id="20260101000001",
        shipment_id="3000000001:SF0000000000001",
        warehouse="WH01",
        carrier="SF",
        tracking_no="SF0000000000001",
        lines=(ShipmentLine(sku="SKU1", quantity=1),),
    )
    assert parsed.about == (("standard", "demo"),)


def test_each_package_is_a_parcel_with_its_own_goods() -> None:
    first, second = (one.event for one in parse("shipped_in_two_parcels_more_to_follow"))
    assert isinstance(first.data, ShipmentData)
    assert isinstance(second.data, ShipmentData)
    assert first.data.lines == (
        ShipmentLine(sku="SKU1", quantity=2),
        ShipmentLine(sku="SKU2", quantity=1),
    )
    assert (second.data.carrier, second.data.tracking_no) == ("中通快递", "ZTO002")
    assert first.id != second.id


def test_gbk_is_read_as_declared() -> None:
    data = only(parse("shipped_in_gbk")).data
    assert isinstance(data, ShipmentData)
    assert (data.warehouse, data.carrier) == ("杭州一仓", "顺丰")
    # What did not leave is no line of the parcel.
    assert data.lines == (ShipmentLine(sku="蓝色-41", quantity=1),)


def test_gbk_under_a_header_that_says_utf8_is_read_too() -> None:
    message = call("shipped_in_gbk")
    wrong = replace(message, headers={"content-type": "text/xml; charset=utf-8"})
    again = signed(wrong, SHOP, NOW_MS)
    data = only(CHANNEL.parse(again, SHOP)).data
    assert isinstance(data, ShipmentData)
    assert data.warehouse == "杭州一仓"
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({}, "method=x", b"<a>\xff\xff</a>"), SHOP)


def test_what_did_not_leave_is_no_parcel() -> None:
    event = only(parse("cancelled_in_the_warehouse"))
    assert event.type is EventType.UNKNOWN
    assert event.type_name == "deliveryorder.confirm CANCELED"


@pytest.mark.parametrize(
    ("order_type", "told"), [("JYCK", "SO2"), ("HHCK", "SO1"), ("BFCK", "SO1"), ("DBCK", None)]
)
def test_what_is_sent_once_more_is_of_the_first_order(order_type: str, told: str | None) -> None:
    inner = f"<orderType>{order_type}</orderType><preDeliveryOrderCode>SO1</preDeliveryOrderCode>"
    data = only(tell(confirmation(inner, code="SO2"))).data
    assert getattr(data, "order_id", None) == told


def test_a_batch_is_its_confirmations() -> None:
    batch = parse("shipped_in_a_batch")
    orders = [one.event.data.order_id for one in batch if isinstance(one.event.data, ShipmentData)]
    assert orders == ["SO20260101000005", "SO20260101000006"]
    assert batch[0].raw != batch[1].raw
    for one in batch:
        (again,) = CHANNEL.reread(one.raw, SHOP)
        assert again.event.data == one.event.data


@pytest.mark.parametrize(
    ("situation", "kind", "at"),
    [
        ("accepted", EventType.SHIPMENT_ACCEPTED, "2026-11-11T10:26:39+08:00"),
        ("packed_with_a_lenient_time", EventType.SHIPMENT_PICKED, "2026-11-01T09:26:39+08:00"),
        ("signed_for", EventType.SHIPMENT_DELIVERED, "2026-11-14T18:00:00+08:00"),
        ("step_of_another_version", EventType.UNKNOWN, "2026-11-11T10:30:00+08:00"),
    ],
)
def test_steps(situation: str, kind: EventType, at: str) -> None:
    event = only(parse(situation))
    assert (event.type, event.occurred_at.isoformat()) == (kind, at)


def test_steps_are_told_of_the_order_until_a_parcel_is_named() -> None:
    accepted, delivered = only(parse("accepted")).data, only(parse("signed_for")).data
    assert isinstance(accepted, ShipmentData)
    assert isinstance(delivered, ShipmentData)
    assert accepted.shipment_id is None
    assert delivered.shipment_id == "3000000001:SF0000000000001"


def test_a_warehouse_may_mean_something_else() -> None:
    changed = only(parse("accepted", process_map="ACCEPT=held, PRINT=picked"))
    assert changed.type is EventType.SHIPMENT_HELD
    ignored = only(parse("accepted", process_map="ACCEPT=unknown"))
    assert (ignored.type, ignored.type_name) == (EventType.UNKNOWN, "orderprocess.report ACCEPT")


def test_steps_between_warehouses_are_of_no_buyers_order() -> None:
    body = call("accepted").body.decode().replace("JYCK", "DBRK")
    assert only(tell(body, "orderprocess.report")).type is EventType.UNKNOWN


def test_returned_goods_are_of_the_order_that_they_left_with() -> None:
    event = only(parse("returned"))
    assert event.type is EventType.RETURN_RECEIVED
    assert event.data == AftersaleData(order_id="SO20260101000001", reason="尺码不合适")
    body = call("returned").body.decode().replace("preDeliveryOrderCode", "other")
    named = only(tell(body, "returnorder.confirm")).data
    assert named == AftersaleData(order_id="RT0001", reason="尺码不合适")
    line = body.replace("<itemCode>SKU1", "<sourceOrderCode>P7</sourceOrderCode><itemCode>SKU1")
    assert only(tell(line, "returnorder.confirm")).data == AftersaleData(
        order_id="P7", reason="尺码不合适"
    )


def test_only_a_total_of_sound_stock_is_a_count() -> None:
    event = only(parse("counted"))
    assert event.data == InventoryData(sku="SKU1", warehouse="WH01", on_hand=98)


@pytest.mark.parametrize(
    ("situation", "name"),
    [
        ("stock_moved", "stockchange.report"),
        ("short_of_stock", "itemlack.report"),
        ("goods_from_a_supplier", "entryorder.confirm"),
    ],
)
def test_what_tells_nothing_canonical_is_kept_by_its_name(situation: str, name: str) -> None:
    event = only(parse(situation))
    assert (event.type, event.type_name) == (EventType.UNKNOWN, name)
    assert event.occurred_at.date().isoformat() == "2026-11-11"


@pytest.mark.parametrize("prefix", ["", "taobao.qimen."])
@pytest.mark.parametrize("method", ["stockout.confirm", "sn.report", "of.another.version"])
def test_other_methods_are_kept_at_the_time_of_their_call(method: str, prefix: str) -> None:
    event = only(tell("<request><any/></request>", prefix + method))
    assert (event.type_name, event.occurred_at) == (method, NOON)


def test_the_prefix_of_a_method_means_nothing() -> None:
    plain = tell(confirmation("<outBizCode>1</outBizCode>"))
    long = tell(confirmation("<outBizCode>1</outBizCode>"), "taobao.qimen.deliveryorder.confirm")
    assert plain == long


def test_a_repeat_is_known_by_its_business_code() -> None:
    first = tell(confirmation("<outBizCode>1</outBizCode>"))
    again = tell(confirmation("<outBizCode>1</outBizCode><storageFee>2</storageFee>"))
    other = tell(confirmation("<outBizCode>2</outBizCode>"))
    another = tell(confirmation("<outBizCode>1</outBizCode>", code="SO2"))
    assert only(first).id == only(again).id
    assert len({only(first).id, only(other).id, only(another).id}) == 3


def test_without_a_business_code_the_content_tells() -> None:
    assert only(tell(confirmation())).id == only(tell(confirmation())).id
    assert only(tell(confirmation())).id != only(tell(confirmation("<status>X</status>"))).id


def test_parcels_of_one_name_stay_apart() -> None:
    package = "<package><expressCode>A</expressCode></package>"
    body = confirmation().replace("</request>", f"<packages>{package * 2}</packages></request>")
    assert len({one.event.id for one in tell(body)}) == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016/2/16 10:26:39", dt.datetime(2016, 2, 16, 10, 26, 39, tzinfo=CHINA)),
        ("2026-01-01T12:00:00.5Z", dt.datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=dt.UTC)),
        ("2026-01-01 12:00", dt.datetime(2026, 1, 1, 12, tzinfo=CHINA)),
        ("2026-1-1", dt.datetime(2026, 1, 1, tzinfo=CHINA)),
        ("20260101120000", dt.datetime(2026, 1, 1, 12, tzinfo=CHINA)),
        ("2026-02-30 12:00:00", None),
        ("0001-01-01 00:00:00", None),
        ("２０２６-01-01", None),
        ("2026-01-01 12:00:00 +99:99", None),
        ("yesterday", None),
    ],
)
def test_times_are_read_leniently(written: str, read: dt.datetime | None) -> None:
    assert instant(written) == read


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<request>",
        "<request/>",
        confirmation(code=""),
        confirmation(code="9" * 129),
        '<!DOCTYPE a [<!ENTITY b "c">]>' + confirmation(code="&b;"),
        "<!DOCTYPE request>" + confirmation(),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + confirmation(),
        "<request>" + "<a>" * 64 + "</a>" * 64 + "</request>",
        "<a>" * 100_000,
    ],
)
def test_what_is_no_document_is_malformed(body: str) -> None:
    with pytest.raises(MalformedMessage):
        tell(body)


def test_64_elements_deep_is_read() -> None:
    deep = "<a>" * 63 + "</a>" * 63
    assert tell(confirmation().replace("</request>", f"{deep}</request>"))


def test_headers_may_be_signed_too() -> None:
    message = signed(call("accepted"), SHOP, NOW_MS)
    given = {name: value for name, value in parameters(message.query).items() if name != b"sign"}  # type: ignore[union-attr]
    made = sign({**given, b"x-shop": b"one two"}, message.body, SHOP.secrets[0])
    query = urlencode({**given, b"sign": made})
    headers = {"top-sign-list": "x-shop", "x-shop": "one%20two"}
    CHANNEL.verify(RawMessage(headers, query, message.body), SHOP, NOW_MS)
    changed = {**headers, "x-shop": "one"}
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(RawMessage(changed, query, message.body), SHOP, NOW_MS)


@pytest.mark.parametrize("name", ["method", "timestamp", "customerId"])
def test_a_header_never_stands_in_for_a_parameter(name: str) -> None:
    """Who has caught a call could else send it again under another method, or for ever."""
    message = signed(call("accepted"), SHOP, NOW_MS)
    given = dict(parse_qsl(message.query))
    headers = {"top-sign-list": name, name.lower(): given.pop(name)}
    for changed in ({**given, name: "2030-01-01 00:00:00"}, given):
        call_of_another = RawMessage(headers, urlencode(changed), message.body)
        with pytest.raises(SignatureMismatch):
            CHANNEL.verify(call_of_another, SHOP, NOW_MS)


def test_empty_values_are_in_the_sign_or_are_not() -> None:
    message = signed(replace(call("accepted"), query="method=sn.report&empty="), SHOP, NOW_MS)
    CHANNEL.verify(message, SHOP, NOW_MS)
    left_out = replace(SHOP, settings={**SHOP.settings, "empty_values": "left_out"})
    with pytest.raises(SignatureMismatch):
        CHANNEL.verify(message, left_out, NOW_MS)
    pairs = {name: one for name, one in parse_qsl(message.query) if name != "sign"}
    text = "".join(name + pairs[name] for name in sorted(pairs)).encode()
    secret = SHOP.secrets[0].encode()
    made = hashlib.md5(secret + text + message.body + secret, usedforsecurity=False).hexdigest()
    query = urlencode({**pairs, "empty": "", "sign": made.upper()})
    CHANNEL.verify(replace(message, query=query), left_out, NOW_MS)


def test_a_right_signature_at_a_wrong_time_says_by_how_much() -> None:
    message = signed(call("accepted"), SHOP, NOW_MS)
    for late_ms, fault in ((601_000, SignatureFault.TOO_OLD), (-601_000, SignatureFault.TOO_NEW)):
        with pytest.raises(SignatureMismatch) as caught:
            CHANNEL.verify(message, SHOP, NOW_MS + late_ms)
        assert (caught.value.fault, caught.value.skew_ms) == (fault, -late_ms)
    CHANNEL.verify(message, SHOP, NOW_MS + 600_000)
    for minutes, late_ms in (("60", 3_000_000), ("0", 10**9)):
        patient = replace(SHOP, settings={**SHOP.settings, "window_minutes": minutes})
        CHANNEL.verify(message, patient, NOW_MS + late_ms)


def test_another_customers_call_is_refused_though_it_is_signed() -> None:
    message = signed(call("accepted"), SHOP, NOW_MS)
    for name in ("app_key", "customer_id"):
        other = replace(SHOP, settings={**SHOP.settings, name: "other"})
        with pytest.raises(SignatureMismatch):
            CHANNEL.verify(message, other, NOW_MS)
        anyone = {key: value for key, value in SHOP.settings.items() if key != name}
        CHANNEL.verify(message, replace(SHOP, settings=anyone), NOW_MS)


def test_answers_are_documents_with_our_status() -> None:
    assert b"<flag>success</flag>" in CHANNEL.acknowledge(1, 0).body
    answer = CHANNEL.refuse(401, "a <b> & \x00c")
    root = fromstring(answer.body)  # noqa: S314 - our own.
    assert answer.status == 401
    assert [root.findtext(name) for name in ("flag", "code", "message")] == [
        "failure",
        "sign-check-failure",
        "a <b> & c",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"orders_of": ""},
        {"orders_of": "tmall"},
        {"orders_of": "tmall/a/b"},
        {"process_map": "PICK"},
        {"process_map": "PICK=flown"},
        {"window_minutes": "ten"},
        {"window_minutes": "99999"},
    ],
)
def test_settings_that_cannot_work_are_told(settings: dict[str, str]) -> None:
    broken = replace(SHOP, settings={**SHOP.settings, **settings})
    assert CHANNEL.fault(broken)
    assert CHANNEL.fault(SHOP) is None
