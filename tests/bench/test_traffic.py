"""The events that the benchmarks send: what is due an alert gets one, and nothing else does."""

import json
from collections import Counter

from bench.alert_flood import traffic
from bench.traffic import BLOCK, SECRET, Seller, stream
from tests.flows.stories import START_MS, Story, taken_in

from orderguard.channels.standard import CHANNEL
from orderguard.domain.ports import RawMessage, ShopConfig

COUNT = 20 * BLOCK
INSTANTS = [START_MS + number for number in range(COUNT)]
SHOP = ShopConfig(channel="standard", shop="demo", secrets=(SECRET,))


def test_each_due_alert_is_raised_by_its_event_and_no_other_is() -> None:
    story, due = Story(), list[str]()
    for run in range(3):
        instants = [at + run * COUNT for at in INSTANTS]
        messages = stream(Seller(run), COUNT, instants)
        due += [message.order_id for message in messages if message.due]
        assert len(due) == (run + 1) * (16 + 17)  # A burst takes five blocks, a pair four.
        for message, at in zip(messages, instants, strict=True):
            story.entry(taken_in(json.loads(message.body), at))
    assert not story.faults
    found = Counter(str(alert.order.order_id) for alert in story.alerts() if alert.order)
    assert found == Counter(due)
    assert {rule for alert in story.alerts() for rule in alert.rules} == {
        "velocity.same_item_burst",
        "payment.shared_account",
    }


def test_a_flood_is_prepared_at_the_same_rate_and_each_alert_comes_in_its_second_half() -> None:
    story = Story()
    messages = traffic(Seller(1), rate=100, seconds=10, alerts=150)
    first, second = messages[:1_000], messages[1_000:]
    assert len(second) == 1_000
    due = [message.order_id for message in second if message.due]
    assert len(due) == 150
    assert not any(message.due for message in first)
    for message, at in zip(messages, INSTANTS, strict=True):
        story.entry(taken_in(json.loads(message.body), at))
    assert not story.faults
    assert Counter(alert.order.order_id for alert in story.alerts() if alert.order) == Counter(due)


def test_patterns_can_be_rarer() -> None:
    messages = stream(Seller(), COUNT, INSTANTS, blocks=5)
    assert sum(bool(message.due) for message in messages) == 4 + 4


def test_no_two_events_are_the_same_and_each_run_is() -> None:
    messages = stream(Seller(1), COUNT, INSTANTS)
    assert messages == stream(Seller(1), COUNT, INSTANTS)
    others = stream(Seller(2), COUNT, INSTANTS)
    ids = [message.event_id for message in (*messages, *others)]
    assert len(set(ids)) == 2 * COUNT
    kinds = Counter(message.event_id.partition(".")[2] for message in messages)
    assert min(kinds.values()) > COUNT / 4
    assert set(kinds) == {"order.created", "order.paid", "shipment.shipped"}


def test_a_request_is_signed_and_whole() -> None:
    seller = Seller()
    (message,) = stream(seller, 1, INSTANTS[:1])
    head, _, body = seller.request(message, START_MS).partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    assert line == "POST /webhooks/standard/demo HTTP/1.1"
    headers = dict(one.split(": ", 1) for one in lines)
    assert body == message.body
    assert headers["content-length"] == str(len(body))
    told = RawMessage(headers, "", body)
    CHANNEL.verify(told, SHOP, START_MS)
    (parsed,) = CHANNEL.parse(told, SHOP)
    assert parsed.event.id == message.event_id
