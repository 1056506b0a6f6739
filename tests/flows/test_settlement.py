"""Reconciliation in the fold: alerts about orders, and what each day comes to."""

import random
from decimal import Decimal

import pytest
from tests.flows.stories import START_MS, Story, everything

from orderguard.domain.alerts import Alert
from orderguard.domain.entries import DaySigned, ZoneSet
from orderguard.domain.orders import OrderKey
from orderguard.flows.money_tables import OrderBook
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.settlement import HARMLESS, Totals, plus, version
from orderguard.stores.memory import MemoryState

RULE = "settlement.unreconciled"
HOUR = 3600.0
DAY = "standard/demo/2026-11-11"


def settled(
    story: Story,
    order_id: str,
    amount: str,
    *,
    at: float,
    settlement_id: str = "s1",
    kind: str = "payment",
    currency: str = "CNY",
    known: float | None = None,
) -> None:
    data = {"order_id": order_id, "kind": kind, "amount": amount, "currency": currency}
    story.event("settlement.recorded", {**data, "settlement_id": settlement_id}, at=at, known=known)


def refunded(story: Story, order_id: str, refund_id: str, amount: str, *, at: float) -> None:
    data = {"order_id": order_id, "refund_id": refund_id, "amount": amount, "currency": "CNY"}
    story.event("refund.succeeded", data, at=at)


def pass_to(story: Story, hours: float) -> None:
    story.fold.advance(START_MS + round(hours * MS_PER_HOUR))


def alerts(story: Story) -> list[Alert]:
    return story.alerts(RULE)


def totals(story: Story, day: str = DAY, currency: str = "CNY") -> Totals:
    return story.fold.tables.money.day(day).get(currency, Totals())


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_payment_is_missed_exactly_at_its_deadline(story: Story) -> None:
    story.paid("1", "b1", at=0)
    pass_to(story, 71.9999)
    assert alerts(story) == []
    pass_to(story, 72)
    (alert,) = alerts(story)
    assert alert.detected_at == START_MS + 72 * MS_PER_HOUR
    assert (alert.kind, alert.severity, alert.subject.type) == ("health", "medium", "order")
    assert alert.orders == (OrderKey("standard", "demo", "1"),)
    (hit,) = alert.hits
    assert hit.features["cause"] == "payment_missing"
    assert hit.features["difference"] == "59.00"
    assert "not settled" in hit.explanation.en
    assert "付款未结算" in hit.explanation.zh


def test_a_settlement_that_comes_later_ends_the_alert(story: Story) -> None:
    story.paid("1", "b1", at=0)
    pass_to(story, 72)
    settled(story, "1", "59.00", at=100 * HOUR, known=110 * HOUR)
    (alert,) = alerts(story)
    assert alert.closed
    assert alert.ending is not None
    assert alert.ending.at == START_MS + 110 * MS_PER_HOUR, "when the file came"
    assert alert.ending.late_ms == 28 * MS_PER_HOUR
    assert totals(story).difference == 0


def test_what_is_settled_in_time_never_alarms(story: Story) -> None:
    story.paid("1", "b1", at=0)
    settled(story, "1", "59.00", at=20 * HOUR)
    refunded(story, "1", "r1", "9.00", at=30 * HOUR)
    settled(story, "1", "9.00", at=40 * HOUR, kind="refund", settlement_id="s2")
    pass_to(story, 1_000)
    assert alerts(story) == []


@pytest.mark.parametrize(
    ("amount", "again", "cause"),
    [("58.99", None, "short"), ("59.01", None, "over"), ("59.00", "s2", "double")],
)
def test_wrong_amounts_alarm_at_once(
    story: Story, amount: str, again: str | None, cause: str
) -> None:
    story.paid("1", "b1", at=0)
    settled(story, "1", amount, at=HOUR)
    if again:
        settled(story, "1", amount, at=HOUR, settlement_id=again)
    (alert,) = alerts(story)
    assert alert.hits[0].features["cause"] == cause
    assert alert.detected_at == START_MS + MS_PER_HOUR


def test_a_corrected_settlement_ends_the_alert_and_more_wrong_extends_it(story: Story) -> None:
    story.paid("1", "b1", at=0)
    settled(story, "1", "50.00", at=HOUR)
    refunded(story, "1", "r1", "70.00", at=2 * HOUR)
    (alert,) = alerts(story)
    assert alert.hits[-1].features["more"] == 1
    assert "paid back more than was paid" in alert.hits[-1].explanation.en
    settled(story, "1", "59.00", at=3 * HOUR)
    (alert,) = alerts(story)
    assert not alert.closed, "too much is paid back still"
    assert alert.hits[-1].features["cause"] == "refund_beyond_paid"


def test_a_settlement_before_its_order_is_known_waits_for_it(story: Story) -> None:
    settled(story, "1", "59.00", at=0)
    story.paid("1", "b1", at=600)
    pass_to(story, 100)
    assert alerts(story) == []
    settled(story, "2", "59.00", at=100 * HOUR)
    pass_to(story, 100.99)
    assert alerts(story) == []
    pass_to(story, 101)
    assert alerts(story)[0].hits[0].features["cause"] == "settled_unpaid"


def test_an_amount_that_changes_is_reconciled_again(story: Story) -> None:
    story.paid("1", "b1", at=0)
    settled(story, "1", "49.00", at=HOUR)
    assert not alerts(story)[0].closed
    story.event("order.updated", {"order": {"order_id": "1", "amount": "49.00"}}, at=2 * HOUR)
    assert alerts(story)[0].closed
    assert totals(story).ordered == Decimal("49.00")


def test_a_shop_that_tells_no_settlements_is_asked_no_more(story: Story) -> None:
    for number in range(60):
        story.paid(f"o{number}", f"b{number}", at=number)
    pass_to(story, 200)
    (alert,) = alerts(story)
    assert alert.closed
    shop = story.fold.tables.money.shop("standard/demo")
    assert (shop.is_silent, shop.misses, shop.first_at) == (True, 2, None)
    assert totals(story).faulty == {}
    assert totals(story).causes["not_expected"].orders == 60


def test_the_first_settlement_arms_it_for_what_is_paid_from_then_on(story: Story) -> None:
    for number in range(52):
        story.paid(f"o{number}", f"b{number}", at=number)
    story.paid("before", "c1", at=70 * HOUR)
    pass_to(story, 200)
    settled(story, "before", "59.00", at=200 * HOUR)
    story.paid("after", "c2", at=201 * HOUR)
    pass_to(story, 500)
    open_alerts = [alert for alert in alerts(story) if not alert.closed]
    assert [alert.hits[0].order_id for alert in open_alerts] == ["after"]


def test_a_shop_that_tells_settlements_is_asked_for_each(story: Story) -> None:
    story.paid("told", "b", at=0)
    settled(story, "told", "59.00", at=HOUR)
    for number in range(60):
        story.paid(f"o{number}", f"b{number}", at=number + 2)
    pass_to(story, 200)
    assert len([alert for alert in alerts(story) if not alert.closed]) == 60


def test_a_day_adds_up_and_a_late_event_changes_the_right_one(story: Story) -> None:
    story.paid("1", "b1", at=0)
    story.paid("2", "b2", at=23 * HOUR)
    story.paid("3", "b3", at=25 * HOUR)
    settled(story, "1", "59.00", at=30 * HOUR)
    settled(story, "2", "58.00", at=30 * HOUR, settlement_id="s2")
    day = totals(story)
    assert (day.orders, str(day.channel_amount), str(day.net)) == (2, "118.00", "118.00")
    assert str(day.net_settled) == "117.00"
    assert str(day.difference) == "-1.00"
    assert {cause: str(share.effect) for cause, share in day.causes.items()} == {"short": "-1.00"}
    assert story.fold.tables.money.differing_orders(DAY) == ["2"]
    assert totals(story, "standard/demo/2026-11-12").causes.keys() == {"awaited"}
    refunded(story, "1", "r1", "9.00", at=31 * HOUR)
    assert totals(story).refunded == 0, "it stands on the day of the refund"
    assert str(totals(story, "standard/demo/2026-11-12").refunded) == "9.00"
    story.paid("4", "b4", at=HOUR, known=300 * HOUR)
    assert (totals(story).orders, totals(story).causes["awaited"].orders) == (3, 1)


def test_a_shop_has_days_of_its_own(story: Story) -> None:
    story.note(ZoneSet(received_ms=0, channel="standard", shop="demo", zone="America/New_York"))
    story.paid("1", "b1", at=0)
    assert totals(story).orders == 0
    assert totals(story, "standard/demo/2026-11-10").orders == 1


def test_a_signed_day_that_changes_afterwards_shows_it(story: Story) -> None:
    money = story.fold.tables.money
    story.paid("1", "b1", at=0)
    settled(story, "1", "59.00", at=HOUR)
    assert money.has_changed(DAY, money.day(DAY)) is None
    seen = version(money.day(DAY))
    note = DaySigned(
        received_ms=0,
        by="Ms Wang",
        channel="standard",
        shop="demo",
        day="2026-11-11",
        version=seen,
        comment="checked",
    )
    story.note(note, at=2 * HOUR)
    (signed,) = money.signed.get(DAY) or ()
    assert (signed.by, signed.comment) == ("Ms Wang", "checked")
    assert signed.at == START_MS + 2 * MS_PER_HOUR
    assert money.has_changed(DAY, money.day(DAY)) is False
    settled(story, "1", "1.00", at=3 * HOUR, settlement_id="late")
    assert money.has_changed(DAY, money.day(DAY)) is True


def random_story(seed: int, *, stop_after: int | None = None) -> Story:
    """Forty orders with all kinds of luck, told in any order; perhaps over a restart."""
    rng = random.Random(seed)
    told: list[tuple[float, str, str, str]] = []
    for number in range(40):
        at = rng.uniform(0, 200) * HOUR
        told.append((at, "paid", f"o{number}", "59.00"))
        for again in range(rng.choice([0, 1, 1, 1, 2])):
            amount = rng.choice(["59.00", "59.00", "58.99"])
            told.append((at + rng.uniform(-1, 100) * HOUR, "payment", f"o{number}", amount))
            told[-1] = (max(told[-1][0], 0.0), *told[-1][1:])
            assert again < 2
        if rng.random() < 0.3:
            told.append((at + 50 * HOUR, "refunded", f"o{number}", rng.choice(["9.00", "59.00"])))
            if rng.random() < 0.6:
                told.append((at + 70 * HOUR, "refund", f"o{number}", "9.00"))
    told.sort(key=lambda one: one[0] + rng.uniform(0, 30) * HOUR)
    story, clock = Story(MemoryState()), 0.0
    for place, (at, kind, order_id, amount) in enumerate(told):
        clock = max(clock, at)
        if kind == "paid":
            story.paid(order_id, f"b-{order_id}", at=at, known=clock)
        elif kind == "refunded":
            data = {"order_id": order_id, "refund_id": "r", "amount": amount, "currency": "CNY"}
            story.event("refund.succeeded", data, at=at, known=clock)
        else:
            settled(
                story, order_id, amount, at=at, known=clock, kind=kind, settlement_id=str(place)
            )
        if place == stop_after:
            story.fold.save()
            story = resumed(story)
    pass_to(story, 400)
    return story


def resumed(story: Story) -> Story:
    """The same story after a restart of the server."""
    other = Story.__new__(Story)
    other.entries, other.told, other.store = story.entries, story.told, story.store
    other.fold = type(story.fold)(story.store, on_alert=lambda alert, _: other.told.append(alert))
    return other


@pytest.mark.parametrize("seed", range(6))
def test_days_are_the_sum_of_their_orders_whatever_came_when(seed: int) -> None:
    story = random_story(seed)
    money = story.fold.tables.money
    expected: dict[str, Totals] = {}
    differing = set()
    for number in range(40):
        book = money.orders.get(f"standard/demo/o{number}") or OrderBook()
        for place, one in book.posted.items():
            name = f"standard/demo/{place}"
            expected[name] = plus(expected.get(name, Totals()), one)
            if not one.causes.keys() <= HARMLESS:
                differing.add(f"standard/demo/{place.partition('/')[0]}/o{number}")
    found = dict(money.days.items())
    assert found.keys() == expected.keys()
    for name, one in found.items():
        assert version({"": one}) == version({"": expected[name]})
        assert one.difference == sum((share.effect for share in one.causes.values()), Decimal(0))
    assert set(money.differing) == differing
    assert story.faults == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_restart_changes_nothing(seed: int) -> None:
    whole, stopped = random_story(seed), random_story(seed, stop_after=30 + seed)
    assert everything(whole.fold) == everything(stopped.fold)
