"""The timeline of an order: every witness, what was awaited, found and done, in order of time."""

from typing import Any

from tests.flows.stories import START_MS, Story

from orderguard.domain.orders import OrderKey
from orderguard.flows.present import Json
from orderguard.flows.timeline import order_deadlines, order_timeline
from orderguard.kit.clock import MS_PER_SECOND, rfc3339

HOUR = 3600.0
REQUEST = "lifecycle.paid_not_requested"


def timeline(story: Story, order_id: str) -> list[Json]:
    story.fold.save()
    record = story.fold.tables.orders.get(f"standard/demo/{order_id}")
    assert record is not None
    alerts = [a for one in record.standing.alerts if (a := story.fold.tables.alerts.get(one))]
    rows = story.store.timeline(OrderKey("standard", "demo", order_id))
    return order_timeline(story.fold, record, rows, alerts)


def kinds(entries: list[Json]) -> list[str]:
    return [entry["type"] for entry in entries]


def shipment(story: Story, what: str, *, at: float, known: float | None = None) -> None:
    story.event(f"shipment.{what}", {"order_id": "a"}, at=at, known=known)


def told(entries: list[Json], kind: str) -> Json:
    (entry,) = (entry for entry in entries if entry["type"] == kind)
    return entry


def test_every_witness_is_named_and_each_event_stands_once() -> None:
    story = Story()
    story.placed("a", "li", at=0)
    story.paid("a", "li", at=60)
    shipment(story, "requested", at=600)
    shipment(story, "shipped", at=3000)
    shipment(story, "delivered", at=9000)
    settled: Json = {"order_id": "a", "kind": "payment", "amount": "59.00", "currency": "CNY"}
    story.event("settlement.recorded", settled, at=9100)
    refund: dict[str, Any] = {"order_id": "a", "refund_id": "r1"}
    story.event("refund.requested", refund, at=9200)
    entries = [entry for entry in timeline(story, "a") if entry["event_id"]]
    assert [(entry["type"], entry["witness"]) for entry in entries] == [
        ("order.created", "channel"),
        ("order.paid", "channel"),
        ("shipment.requested", "warehouse"),
        ("shipment.shipped", "warehouse"),
        ("shipment.delivered", "carrier"),
        ("settlement.recorded", "finance"),
        ("refund.requested", "buyer"),
    ]
    assert len({entry["event_id"] for entry in entries}) == 7
    assert all(entry["contradicts"] == [] for entry in entries)


def test_what_is_awaited_stands_at_its_due_time() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    assert kinds(timeline(story, "a")) == ["order.paid"]
    record = story.fold.tables.orders.get("standard/demo/a")
    assert record is not None
    (entry,) = order_deadlines(story.fold, record, [])
    assert entry["type"] == "deadline.pending"
    assert entry["rule"] == REQUEST
    assert entry["event_id"] is entry["alert_id"] is None
    assert entry["occurred_at"] == rfc3339(START_MS + round(2 * HOUR * MS_PER_SECOND))


def test_a_deadline_an_alert_its_steps_and_its_end_follow_each_other() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", at=3 * HOUR)
    entries = timeline(story, "a")
    assert kinds(entries) == [
        "order.paid",
        "deadline.passed",
        "alert.opened",
        "response.request_shipment",
        "shipment.requested",
        "alert.ended",
    ]
    assert told(entries, "deadline.passed")["rule"] == REQUEST
    assert told(entries, "alert.ended")["late_s"] == HOUR
    alert_ids = {entry["alert_id"] for entry in entries[1:4]}
    assert alert_ids == {told(entries, "alert.ended")["alert_id"]}
    known = [entry["received_at"] for entry in entries]
    assert known == sorted(known)


def test_what_was_told_late_stands_where_it_became_known() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", at=HOUR, known=5 * HOUR)
    entries = timeline(story, "a")
    late = told(entries, "shipment.requested")
    assert late["occurred_at"] < told(entries, "alert.opened")["received_at"] < late["received_at"]
    assert told(entries, "alert.ended")["late_s"] == 0


def test_what_cannot_have_happened_so_is_flagged_where_it_is_told() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", at=600)
    shipment(story, "shipped", at=9000)
    shipment(story, "delivered", at=3000, known=9100)
    entries = {entry["type"]: entry for entry in timeline(story, "a") if entry["event_id"]}
    assert entries["shipment.delivered"]["contradicts"] == ["shipped"]
    assert entries["shipment.shipped"]["contradicts"] == ["delivered"]
    assert entries["shipment.requested"]["contradicts"] == []


def test_locks_stand_in_it_with_their_end() -> None:
    story = Story()
    young = {"id": "he", "registered_at": "2026-11-10T23:00:00+08:00"}
    story.placed("a", "he", at=0, amount="990.00", discount="0.00", coupons=[], buyer=young)
    story.fold.advance(START_MS + round(3 * HOUR * MS_PER_SECOND))
    entries = timeline(story, "a")
    stands, ended = told(entries, "lock.stands"), told(entries, "lock.ended")
    assert stands["lock"] == ended["lock"] == 1
    assert (stands["end"], ended["end"]) == (None, "expired")
    assert stands["shadow"], "it would have been locked"
    assert entries.index(stands) < entries.index(ended)
