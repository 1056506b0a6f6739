"""Orders that arrive late, in pieces or in another currency are judged as if they had not."""

from typing import Any

import pytest
from tests.flows.stories import BEIJING, START_MS, Story, ids, order_document

from orderguard.domain.alerts import Alert, Severity
from orderguard.kit.clock import MS_PER_SECOND

BURST, FAR, PAYER = "velocity.same_item_burst", "address.far_from_usual", "payment.shared_account"


@pytest.mark.parametrize("last", range(1, 6))
def test_a_burst_is_found_whichever_of_its_orders_arrives_last(last: int) -> None:
    story = Story(preset="micro")
    for number in (*(n for n in range(1, 6) if n != last), last):
        story.placed(f"o{number}", "hoarder", at=60 * number, known=400)
    alert = story.alert(BURST)
    assert ids(alert) == {"o1", "o2", "o3", "o4", "o5"}
    assert alert.occurred_at == START_MS + 300 * MS_PER_SECOND, "when the fifth was placed"
    assert alert.detected_at == START_MS + 400 * MS_PER_SECOND, "when it could be known"
    assert {story.standing(order_id).held for order_id in ids(alert)} == {True}


def test_a_late_order_that_changes_nothing_raises_nothing() -> None:
    story = Story(preset="micro")
    for number in range(1, 5):
        story.placed(f"o{number}", "hoarder", at=60 * number)
    story.placed("o0", "hoarder", at=-600, known=300)
    assert story.alerts() == []


def test_an_order_that_was_near_is_far_once_an_earlier_one_arrives() -> None:
    story = Story(preset="micro")
    story.placed("home-1", "traveller", at=0)
    story.placed("away", "traveller", at=10 * 60, ship_to=BEIJING)
    assert story.alerts() == [], "one earlier place is too little to know a buyer by"
    story.placed("home-2", "traveller", at=5 * 60, known=20 * 60)
    alert = story.alert(FAR)
    assert ids(alert) == {"away"}
    assert alert.hits[0].features["buyer.distance_from_usual_180d"] == pytest.approx(1068, abs=5)


def told_of(alert: Alert) -> tuple[Any, ...]:
    """All that does not depend on when it was found."""
    return alert.subject, ids(alert), alert.rules, alert.severity, alert.score


@pytest.mark.parametrize("late", [1, 2, 3])
def test_a_payer_known_only_later_raises_the_same(late: int) -> None:
    stories = []
    for told_at_once in (True, False):
        story = Story()
        for number in range(1, 4):
            buyer, at = f"b{number}", 60.0 * number
            door = {"country": "CN", "street": f"文三路{number}号"}
            account = "purse" if told_at_once or number != late else None
            payment = {"method": "alipay", "account": account}
            story.paid(buyer, buyer, at=at, ship_to=door, payment=payment)
        order = {"order_id": f"b{late}", "payment": {"account": "purse"}}
        story.event("order.updated", {"order": order}, at=300)
        stories.append(story)
    at_once, later = (story.alert(PAYER) for story in stories)
    assert at_once.severity is Severity.HIGH
    assert told_of(later) == told_of(at_once)


def test_ids_first_and_the_order_later_raises_the_same() -> None:
    story = Story(preset="micro")
    for number in range(1, 6):
        story.event("order.created", {"order": {"order_id": f"o{number}"}}, at=60 * number)
    assert story.alerts() == []
    for number in range(1, 6):
        at_ms = START_MS + 60_000 * number
        order = order_document(f"o{number}", "hoarder", at_ms)
        story.event("order.updated", {"order": order}, at=60 * number, known=1_000)
    assert ids(story.alert(BURST)) == {f"o{number}" for number in range(1, 6)}


@pytest.mark.parametrize(
    ("currency", "rate", "is_hit"),
    [("CNY", None, True), ("USD", None, False), ("USD", "1", True), ("USD", "7.1", False)],
)
def test_a_foreign_amount_counts_in_the_shops_currency(
    currency: str, rate: str | None, *, is_hit: bool
) -> None:
    story = Story()
    story.placed("first", "somebody", at=0, currency="CNY")
    newcomer = {"id": "newcomer", "registered_at": "2026-11-10T00:00:00+08:00"}
    members = {"buyer": newcomer, "amount": "995.00", "coupons": [], "currency": currency}
    payment = {"currency": currency, "exchange_rate": rate}
    order = order_document("priced", "newcomer", START_MS, payment=payment) | members
    story.event("order.created", {"order": order}, at=60)
    found = {alert.rules[0] for alert in story.alerts()}
    assert found == ({"amount.near_threshold"} if is_hit else set())
