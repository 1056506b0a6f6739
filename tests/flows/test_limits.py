"""Limits that are learned from the lives of orders, and proposed."""

from typing import Any

import pytest
from tests.flows.stories import LIBRARY, START_MS, Story, published

from orderguard.domain.health import HealthRule
from orderguard.flows.fold import Fold
from orderguard.flows.limits import Learned, learned_limits, saved_limits
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE
from orderguard.orders.spread import BOUNDS, COUNT_MIN, Spread, suggested
from orderguard.rules import check_library, load_library
from orderguard.stores.memory import MemoryState

HOUR = 3600.0
PICK = "lifecycle.not_picked"
FILE = "lifecycle/not_picked.yaml"


def shipment(story: Story, what: str, order_id: str, *, at: float, **more: Any) -> None:
    story.event(f"shipment.{what}", {"order_id": order_id, **more}, at=at)


def lives(story: Story, orders: int, *, hours: float, warehouse: str) -> None:
    for number in range(orders):
        at, name = 60.0 * number, f"{warehouse}-{number}"
        shipment(story, "requested", name, at=at, warehouse=warehouse)
        shipment(story, "picked", name, at=at + hours * HOUR)


def learned(fold: Fold, rule: str = PICK) -> dict[str | None, Learned]:
    found = learned_limits(fold.limits.spreads.items(), fold.engine.library.health)
    return {one.warehouse: one for one in found if one.rule == rule}


def test_a_limit_is_proposed_for_each_place_that_differs() -> None:
    story = Story()
    lives(story, COUNT_MIN, hours=3, warehouse="quick")
    lives(story, COUNT_MIN, hours=20, warehouse="usual")
    lives(story, COUNT_MIN, hours=60, warehouse="slow")
    found = learned(story.fold)
    assert {name: one.count for name, one in found.items()} == dict.fromkeys(
        ("quick", "usual", "slow"), COUNT_MIN
    )
    for name, hours in (("quick", 3), ("usual", 20), ("slow", 60)):
        one = found[name]
        assert hours * MS_PER_HOUR <= one.median_ms <= one.p99_ms <= hours * 1.13 * MS_PER_HOUR
        assert one.limit_ms == 24 * MS_PER_HOUR
    assert (found["usual"].within_ms, found["usual"].override) == (None, None)
    quick, slow = found["quick"].within_ms, found["slow"].within_ms
    assert quick is not None
    assert slow is not None
    assert 3 * 1.25 * MS_PER_HOUR <= quick <= 5 * MS_PER_HOUR
    assert 60 * 1.25 * MS_PER_HOUR <= slow <= 90 * MS_PER_HOUR


def test_an_override_is_ready_to_paste_and_then_stands() -> None:
    story = Story()
    lives(story, COUNT_MIN, hours=60, warehouse="slow")
    one = learned(story.fold)["slow"]
    assert one.override is not None
    text = LIBRARY[FILE].replace("\nexplanation:", f"\noverrides:\n  {one.override}\nexplanation:")
    files = LIBRARY | {FILE: text}
    assert check_library(files) == ()
    story.note(published(files))
    again = learned(story.fold)["slow"]
    assert (again.limit_ms, again.within_ms) == (one.within_ms, None)


def test_nothing_is_applied_by_itself() -> None:
    story = Story()
    lives(story, 2 * COUNT_MIN, hours=60, warehouse="slow")
    rule = next(rule for rule in story.fold.engine.library.health if rule.id == PICK)
    assert rule.parameters["within"] == 24 * MS_PER_HOUR
    assert rule.overrides == ()


def test_few_orders_propose_nothing() -> None:
    story = Story()
    lives(story, COUNT_MIN - 1, hours=60, warehouse="slow")
    assert learned(story.fold)["slow"].within_ms is None


def test_each_order_counts_once_and_by_what_came_first() -> None:
    story = Story()
    shipment(story, "requested", "a", at=0)
    shipment(story, "shipped", "a", at=2 * HOUR)
    shipment(story, "picked", "a", at=2.5 * HOUR)
    shipment(story, "delivered", "a", at=9 * HOUR)
    (one,) = learned(story.fold).values()
    assert one.count == 1
    assert 2 * MS_PER_HOUR <= one.median_ms < 2.5 * MS_PER_HOUR


def test_what_was_held_counts_for_nothing() -> None:
    story = Story()
    shipment(story, "requested", "a", at=0)
    shipment(story, "held", "a", at=60)
    shipment(story, "released", "a", at=20 * HOUR)
    shipment(story, "picked", "a", at=21 * HOUR)
    assert learned(story.fold) == {}


def test_refunds_are_told_apart_by_their_number() -> None:
    story = Story()
    story.paid("a", "li", at=0)
    for number, hours in ((1, 10), (2, 30)):
        refund = {"order_id": "a", "refund_id": f"r{number}"}
        story.event("refund.requested", refund, at=100.0 * number)
        story.event("refund.approved", refund, at=100.0 * number + hours * HOUR)
    (one,) = learned(story.fold, "lifecycle.refund_unanswered").values()
    assert one.count == 2
    assert one.median_ms < 12 * MS_PER_HOUR < 30 * MS_PER_HOUR <= one.p99_ms


def test_what_was_learned_outlives_a_stop() -> None:
    store = MemoryState()
    story = Story(store)
    lives(story, 10, hours=3, warehouse="quick")
    story.fold.save()
    rules = load_library(LIBRARY, preset="standard").health
    saved = saved_limits(store, rules)
    assert saved == learned_limits(story.fold.limits.spreads.items(), rules)
    assert saved == learned_limits(Fold(store).limits.spreads.items(), rules)
    assert any(one.rule == PICK and one.count == 10 for one in saved)
    assert story.fold.clock_ms > START_MS


def test_a_rule_that_is_gone_proposes_nothing() -> None:
    story = Story()
    lives(story, 5, hours=3, warehouse="quick")
    nobody: list[HealthRule] = []
    assert learned_limits(story.fold.limits.spreads.items(), nobody) == []


def test_a_spread_is_bounded_and_within_an_eighth() -> None:
    assert len(BOUNDS) < 130
    spread = Spread()
    for minutes in range(1, 1001):
        spread = spread.plus(minutes * MS_PER_MINUTE)
    for hundredths in (50, 95, 99):
        exact = hundredths * 10 * MS_PER_MINUTE
        assert exact <= spread.within(hundredths) <= exact * 1.13
    longest = Spread().plus(400 * MS_PER_DAY)
    assert longest.within(50) == BOUNDS[-1]


@pytest.mark.parametrize(("limit_h", "is_proposed"), [(24, False), (40, False), (60, True)])
def test_only_a_limit_far_off_is_changed(limit_h: int, *, is_proposed: bool) -> None:
    spread = Spread()
    for _ in range(COUNT_MIN):
        spread = spread.plus(22 * MS_PER_HOUR)
    assert (suggested(spread, limit_h * MS_PER_HOUR) is not None) is is_proposed
