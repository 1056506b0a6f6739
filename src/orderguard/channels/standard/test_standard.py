import datetime as dt
import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from orderguard.channels.standard import CHANNEL
from orderguard.channels.standard.adapter import EVENTS_MAX
from orderguard.channels.standard.signer import sign
from orderguard.domain.events import EventType, OrderData, UnknownData
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit.signing import sign_webhook, webhook_key

SECRET = CHANNEL.new_secret()
SHOP = ShopConfig(channel="standard", shop="demo", secrets=(SECRET,))
NOW_MS = 1_794_355_210_250


def event(event_id: str = "e-1", **members: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": "order.created",
        "occurred_at": "2026-11-11T00:00:00+08:00",
        "data": {"order": {"order_id": "o-1"}},
        **members,
    }


def parse(document: Any) -> tuple[Parsed, ...]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return CHANNEL.parse(RawMessage({}, "", body), SHOP)


def verify(headers: dict[str, str], body: bytes, now_ms: int = NOW_MS) -> None:
    CHANNEL.verify(RawMessage(headers, "", body), SHOP, now_ms)


def test_one_event() -> None:
    body = json.dumps(event(), indent=1).encode()
    (parsed,) = parse(body)
    assert parsed.raw == body
    assert parsed.event.id == "e-1"
    assert parsed.event.type is EventType.ORDER_CREATED
    assert isinstance(parsed.event.data, OrderData)
    assert parsed.event.data.order.order_id == "o-1"


def test_each_event_of_a_batch_keeps_its_own_bytes() -> None:
    first, second = parse(
        b" [" + json.dumps(event("a")).encode() + b' , {"id":"b","type":"x",'
        b'"occurred_at":"2026-11-11T00:00:00Z","data":null} ]'
    )
    assert json.loads(first.raw)["id"] == "a"
    assert second.raw.startswith(b'{"id":"b"')
    assert second.event.type is EventType.UNKNOWN
    assert second.event.type_name == "x"
    assert second.event.data == UnknownData()


def test_an_empty_batch_is_nothing() -> None:
    assert parse([]) == ()


def test_a_batch_has_a_bound() -> None:
    assert len(parse([event(str(n)) for n in range(EVENTS_MAX)])) == EVENTS_MAX
    with pytest.raises(MalformedMessage):
        parse([event(str(n)) for n in range(EVENTS_MAX + 1)])


def test_the_bad_element_is_named() -> None:
    with pytest.raises(MalformedMessage, match=r"order_id.*\$\.data\.order") as caught:
        parse([event("a"), event("b", data={"order": {}}), event("c")])
    assert caught.value.index == 1


@pytest.mark.parametrize("member", ["id", "type", "occurred_at", "data"])
def test_a_needed_member_is_missing(member: str) -> None:
    document = event()
    del document[member]
    with pytest.raises(MalformedMessage, match=member):
        parse(document)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", ""),
        ("id", "x" * 129),
        ("id", 7),
        ("occurred_at", "2026-11-11T00:00:00"),
        ("occurred_at", 1_794_355_210),
        ("type", ""),
        ("data", None),
        ("data", []),
        ("channel", "shopify"),
        ("shop", "other"),
    ],
)
def test_a_member_cannot_be_taken(member: str, value: Any) -> None:
    with pytest.raises(MalformedMessage):
        parse(event(**{member: value}))


def test_what_agrees_with_the_path_or_is_ours_to_say_is_passed_by() -> None:
    plain = parse(event())[0].event
    told = event(channel="standard", shop="demo", received_at="2020-01-01T00:00:00Z", note={})
    assert parse(told)[0].event == plain


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"   ",
        b"null",
        b"1",
        b'"x"',
        b"[1]",
        b"[null]",
        b"[[]]",
        b"{}",
        b"{'id': 1}",
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b\x08",
    ],
)
def test_what_is_no_event(text: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse(text)


@pytest.mark.parametrize(
    "value", [b"NaN", b"-Infinity", b"01", b"1.", b"+1", b"nul", b'"\xff"', "上海".encode("gbk")]
)
def test_a_member_that_nobody_knows_must_still_be_json(value: bytes) -> None:
    body = json.dumps(event()).encode()[:-1] + b',"note":' + value + b"}"
    with pytest.raises(MalformedMessage):
        parse(body)


def test_a_member_given_twice_counts_as_given_last() -> None:
    body = json.dumps(event("last")).encode()
    assert parse(b'{"id":"first",' + body[1:])[0].event.id == "last"


def test_huge_numbers_do_no_harm() -> None:
    body = json.dumps(event()).encode()[:-1] + b',"note":' + b"9" * 300_000 + b"}"
    assert parse(body)[0].event.id == "e-1"


def test_an_independent_sender_is_understood() -> None:
    body = json.dumps(event()).encode()
    moment = dt.datetime.fromtimestamp(NOW_MS // 1000, dt.UTC)
    headers = {
        "webhook-id": "msg_x",
        "webhook-timestamp": str(NOW_MS // 1000),
        "webhook-signature": Webhook(SECRET).sign("msg_x", moment, body.decode()),
    }
    verify(headers, body)
    verify({**headers, "webhook-signature": f"v1,AA v1a,BB {headers['webhook-signature']}"}, body)
    with pytest.raises(SignatureMismatch):
        verify({**headers, "webhook-id": "msg_y"}, body)


@pytest.mark.parametrize("off_s", [-299, 0, 299])
def test_a_timestamp_may_be_5_minutes_off(off_s: int) -> None:
    verify(sign(b"{}", SECRET, NOW_MS + off_s * 1000), b"{}")


@pytest.mark.parametrize(
    ("off_s", "fault"),
    [
        (-302, SignatureFault.TOO_OLD),
        (302, SignatureFault.TOO_NEW),
        (86_400 * 365, SignatureFault.TOO_NEW),
    ],
)
def test_a_timestamp_further_off_is_stale(off_s: int, fault: SignatureFault) -> None:
    headers = sign(b"{}", SECRET, NOW_MS + off_s * 1000)
    with pytest.raises(SignatureMismatch, match="timestamp") as caught:
        verify(headers, b"{}")
    assert caught.value.fault is fault
    assert caught.value.skew_ms == int(headers["webhook-timestamp"]) * 1000 - NOW_MS


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_is_told_from_a_wrong_one(name: str) -> None:
    headers = sign(b"{}", SECRET, NOW_MS)
    for changed, fault in (("", SignatureFault.MISSING), ("1", SignatureFault.WRONG)):
        with pytest.raises(SignatureMismatch) as caught:
            verify({**headers, name: changed}, b"{}")
        assert (caught.value.fault, caught.value.skew_ms) == (fault, None)


def test_a_signed_timestamp_that_is_no_time_is_unreadable() -> None:
    signature = sign_webhook(webhook_key(SECRET), "msg_x", "soon", b"{}")
    headers = {
        "webhook-id": "msg_x",
        "webhook-timestamp": "soon",
        "webhook-signature": signature,
    }
    with pytest.raises(SignatureMismatch, match="timestamp") as caught:
        verify(headers, b"{}")
    assert (caught.value.fault, caught.value.skew_ms) == (SignatureFault.MISSING, None)


def test_the_answer_counts() -> None:
    answer = CHANNEL.acknowledge(2, 1)
    assert answer.status == 202
    assert json.loads(answer.body) == {"accepted": 2, "duplicates": 1}
