"""Order health: what did not happen, what disagrees, what is there twice, through the fold."""

import random
from typing import Any

import pytest
from tests.flows.stories import START_MS, Json, Story, order_document, taken_in

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.entries import LibraryPublished
from orderguard.domain.events import OrderEvent
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import AlertQuery
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND, rfc3339
from orderguard.stores.memory import MemoryState

HOUR = 3600.0
REQUEST = "lifecycle.paid_not_requested"
PICK = "lifecycle.not_picked"
STATUS = "sync.status_mismatch"


def ailments(story: Story, rule: str | None = None) -> list[Alert]:
    story.fold.save()
    found = story.store.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1000))
    return [alert for alert in found[::-1] if rule is None or rule in alert.rules]


def shipment(story: Story, what: str, order_id: str, *, at: float, **more: Any) -> None:
    known = more.pop("known", None)
    story.event(f"shipment.{what}", {"order_id": order_id, **more}, at=at, known=known)


def watched_until(story: Story, at: float) -> None:
    story.fold.advance(START_MS + round(at * MS_PER_SECOND))


def test_an_absence_fires_at_its_deadline_though_nothing_arrives() -> None:
    story = Story()
    story.paid("a", "li", at=10)
    watched_until(story, 2 * HOUR + 9)
    assert ailments(story) == []
    watched_until(story, 2 * HOUR + 10)
    (alert,) = ailments(story)
    assert alert.rules == (REQUEST,)
    assert alert.detected_at == alert.occurred_at == START_MS + 10_000 + 2 * MS_PER_HOUR
    assert alert.orders == (OrderKey("standard", "demo", "a"),)
    assert (
        alert.hits[0].explanation.en
        == "Paid 2 hours ago, and the warehouse has no picking request."
    )
    record = story.fold.tables.orders.get("standard/demo/a")
    assert record is not None
    assert record.standing.rules == (REQUEST,)
    assert record.standing.health_severity == "low"
    assert record.standing.risk_severity is None


def test_a_late_fact_ends_the_alert_and_says_how_late() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", "a", at=3 * HOUR)
    (alert,) = ailments(story)
    assert alert.closed
    assert alert.ending is not None
    assert alert.ending.late_ms == MS_PER_HOUR
    assert [told.closed for told in story.told if told.kind is AlertKind.HEALTH] == [False, True]


def test_what_was_in_time_and_told_late_is_not_late() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", "a", at=HOUR, known=3 * HOUR)
    (alert,) = ailments(story)
    assert alert.ending is not None
    assert alert.ending.late_ms == 0


def test_what_comes_to_light_late_waits_for_what_comes_with_it() -> None:
    """An hour's backlog arrives at once, in any order: the order was healthy all the time."""
    story = Story()
    story.paid("a", "li", at=0, known=9 * HOUR)
    shipment(story, "shipped", "a", at=5 * HOUR, known=9 * HOUR + 2)
    shipment(story, "picked", "a", at=3 * HOUR, known=9 * HOUR + 3)
    shipment(story, "requested", "a", at=HOUR, known=9 * HOUR + 4)
    watched_until(story, 20 * HOUR)
    assert ailments(story) == []


def test_the_limit_counts_from_the_last_of_what_the_warehouse_said() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", "a", at=HOUR)
    shipment(story, "accepted", "a", at=10 * HOUR)
    watched_until(story, 33 * HOUR)
    assert ailments(story, PICK) == []
    watched_until(story, 34 * HOUR)
    assert len(ailments(story, PICK)) == 1


def test_a_held_parcel_is_waited_for_from_its_release() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", "a", at=HOUR)
    shipment(story, "held", "a", at=2 * HOUR)
    watched_until(story, 100 * HOUR)
    assert ailments(story, PICK) == []
    shipment(story, "released", "a", at=100 * HOUR)
    watched_until(story, 123.9 * HOUR)
    assert ailments(story, PICK) == []
    watched_until(story, 124 * HOUR)
    assert len(ailments(story, PICK)) == 1


def test_a_shop_that_never_tells_is_asked_for_it_no_more() -> None:
    """A shop without a warehouse brings a bounded number of alerts; the rest when it speaks up."""
    story = Story()
    for number in range(80):
        story.paid(f"o{number}", f"b{number}", at=number)
    watched_until(story, 3 * HOUR)
    assert len(ailments(story, REQUEST)) == 20
    shipment(story, "requested", "o79", at=4 * HOUR)
    story.paid("later", "li", at=5 * HOUR)
    watched_until(story, 7.5 * HOUR)
    told = {alert.order for alert in ailments(story, REQUEST)}
    expected = [f"o{number}" for number in range(79)] + ["later"]
    assert told == {OrderKey("standard", "demo", order_id) for order_id in expected}


def test_an_order_known_by_its_id_alone_is_watched() -> None:
    story = Story()
    story.event("order.paid", {"order": {"order_id": "a"}}, at=0)
    watched_until(story, 3 * HOUR)
    assert [alert.rules for alert in ailments(story)] == [(REQUEST,)]


def test_a_disagreement_that_ends_and_comes_back_opens_its_alert_again() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "requested", "a", at=60)
    shipment(story, "shipped", "a", at=600)

    def says(status: str, at: float) -> None:
        order = {
            "order_id": "a",
            "status": status,
            "updated_at": rfc3339(START_MS + round(at * 1000)),
        }
        story.event("order.updated", {"order": order}, at=at)

    says("paid", 700)
    watched_until(story, 1.5 * HOUR)
    (alert,) = ailments(story, STATUS)
    assert alert.hits[-1].features["cause"] == "sent_but_not_shipped"
    says("shipped", 2 * HOUR)
    assert ailments(story, STATUS)[0].closed
    says("paid", 3 * HOUR)
    watched_until(story, 5 * HOUR)
    assert [one.closed for one in ailments(story, STATUS)] == [False]


def test_paid_twice_ends_where_one_of_the_two_is_cancelled() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    story.paid("b", "li", at=600)
    (alert,) = ailments(story, "duplicate.paid_twice")
    assert alert.order == OrderKey("standard", "demo", "b")
    assert [key.order_id for key in alert.orders] == ["a", "b"]
    story.event("order.cancelled", {"order": {"order_id": "a"}}, at=900)
    assert ailments(story, "duplicate.paid_twice")[0].closed


def test_an_impossible_order_of_events_is_kept_and_marked() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    shipment(story, "delivered", "a", at=HOUR)
    shipment(story, "shipped", "a", at=30 * HOUR)
    record = story.fold.tables.orders.get("standard/demo/a")
    assert record is not None
    assert "impossible_order" in record.standing.tags
    assert record.state.told["delivered"] < record.state.told["shipped"]


def lives(seed: int) -> list[OrderEvent]:
    """Orders that go well or stick, whose events come late, twice and out of order."""
    draw = random.Random(seed)
    told: list[tuple[float, Json]] = []
    for number in range(30):
        at = draw.random() * 6 * HOUR
        order = order_document(f"o{number}", f"b{number % 9}", START_MS + round(at * 1000))
        steps: list[tuple[str, Json]] = [("order.paid", {"order": {**order, "status": "paid"}})]
        kinds = ("requested", "accepted", "picked", "shipped", "in_transit", "delivered")
        steps += [(f"shipment.{kind}", {"order_id": f"o{number}"}) for kind in kinds]
        for place, (kind, data) in enumerate(steps[: draw.randint(1, 8)]):
            at += draw.expovariate(1 / (4 * HOUR))
            document = {
                "id": f"{number}.{place}",
                "type": kind,
                "occurred_at": rfc3339(START_MS + round(at * 1000)),
                "data": data,
            }
            told.append((at + draw.expovariate(1 / 900), document))
    told.sort(key=lambda one: one[0])
    return [taken_in(document, START_MS + round(at * 1000)) for at, document in told]


@pytest.mark.parametrize("seed", range(6))
def test_stops_anywhere_change_nothing(seed: int) -> None:
    """Deadlines that pass while the server is down fire at the next start, once."""
    events = lives(seed)
    until = START_MS + 400 * MS_PER_HOUR
    whole = Story()
    for event in events:
        whole.entry(event)
    whole.fold.advance(until)
    expected = ailments(whole)
    assert expected
    draw = random.Random(seed)
    store = MemoryState()
    stops = sorted(draw.sample(range(len(events)), 5))
    fold = Fold(store)
    first = whole.entries[0]
    assert isinstance(first, LibraryPublished)
    fold.apply(1, first)
    saved = 1
    for offset, event in enumerate(events, start=2):
        fold.apply(offset, event)
        if draw.random() < 0.1:
            fold.save()
            saved = offset
        if offset - 2 in stops:
            # What was not saved is lost; the log has it.
            fold = Fold(store)
            for again in range(saved + 1, offset + 1):
                fold.apply(again, events[again - 2])
    fold = Fold(store)
    for again in range(saved + 1, len(events) + 2):
        fold.apply(again, events[again - 2])
    fold.advance(until)
    fold.save()
    assert store.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1000))[::-1] == expected
