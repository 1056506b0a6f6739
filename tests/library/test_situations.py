"""Each rule of the library on what it is for, and on the honest neighbours that look like it."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.library.situations import LIBRARY, Json, Results, Situation, replayed, situations

from orderguard.rules import load_library

NEIGHBOURS = {
    "a campus in the opening second of a release": "campus_in_the_opening_second",
    "a mobile carrier behind one segment": "mobile_carrier_behind_one_segment",
    "an honest product priced 989": "honest_product_priced_989",
    "a gift to another city": "gift_to_another_city",
    "a buyer who moved": "buyer_who_moved",
    "a family on one payer account": "family_on_one_payer",
    "a family on one tablet": "family_on_one_tablet",
    "a buyer who comes back twice in ten minutes": "comes_back_twice_in_ten_minutes",
    "an honest owner of a 170 number": "honest_owner_of_a_170_number",
    "a sale brings many new accounts": "sale_brings_many_new_accounts",
}
BY_LISTS_ALONE = {"lists.blocked"}
"""A rule over what people note, which no event tells."""
BY_ATTEMPTS_ALONE = {"attack.checkout_script"}
"""It judges what has no order yet, and raises no alert: tests/flows/test_attempts.py has it."""


def as_expected(alert: Json) -> Json:
    """The members that a situation speaks of; the subject's key only where it is no token."""
    subject = alert["subject"]
    if subject["type"] == "doorstep":
        subject = {"type": "doorstep"}
    (rule,) = alert["rules"]
    return {
        "rule": rule,
        "severity": alert["severity"],
        "subject": subject,
        "order_ids": sorted(alert["order_ids"]),
    }


def in_order(alerts: Iterable[Json]) -> list[Json]:
    return sorted(alerts, key=lambda alert: (alert["rule"], alert["order_ids"]))


def found(results: Results) -> list[Json]:
    return in_order(as_expected(alert) for alert in results.alerts if alert["kind"] == "risk")


@pytest.mark.parametrize("name", situations())
def test_a_situation_raises_just_this(name: str, tmp_path: Path) -> None:
    situation = Situation(name)
    assert found(replayed(situation.events, tmp_path)) == in_order(situation.alerts)


@pytest.mark.parametrize("name", situations())
def test_told_twice_it_raises_the_same(name: str, tmp_path: Path) -> None:
    """A channel repeats events, and says the same again under new ids."""
    situation = Situation(name)
    events: list[Json] = []
    for event in situation.events:
        events += [event, event]
        if event["type"].startswith("order."):
            events.append({**event, "id": f"again {event['id']}"})
    results = replayed(events, tmp_path)
    assert found(results) == in_order(situation.alerts)
    assert results.summary["duplicates"] >= len(situation.events)


@pytest.mark.parametrize("name", situations())
def test_beside_another_shop_it_raises_the_same(name: str, tmp_path: Path) -> None:
    """The same ids of orders and buyers mean something else in another shop."""
    situation = Situation(name)
    events: list[Json] = []
    for number, event in enumerate(situation.events):
        order = event["data"].get("order", {})
        twin = {key: order[key] for key in ("order_id", "buyer") if key in order}
        lines = [{"sku": f"other-{number}", "quantity": 1}]
        events.append(event)
        if order:
            events.append(
                {**event, "shop": "elsewhere", "data": {"order": {**twin, "lines": lines}}}
            )
    assert found(replayed(events, tmp_path)) == in_order(situation.alerts)


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_an_honest_neighbour_is_asked_at_most(neighbour: str, tmp_path: Path) -> None:
    results = replayed(Situation(NEIGHBOURS[neighbour]).events, tmp_path)
    risks = [alert for alert in results.alerts if alert["kind"] == "risk"]
    assert {alert["severity"] for alert in risks} <= {"info", "low"}
    assert not any(order["held"] for order in results.orders.values())


def test_every_rule_has_a_situation() -> None:
    hit = {alert["rule"] for name in situations() for alert in Situation(name).alerts}
    rules = {rule.id for rule in load_library(LIBRARY, preset="standard").rules}
    assert hit == rules - BY_LISTS_ALONE - BY_ATTEMPTS_ALONE
