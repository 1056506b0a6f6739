"""Alarms of a whole shop: against its own hours and weekdays, and against what was planned."""

import pytest
from tests.flows.stories import LIBRARY, START_MS, Story, order_document, published

from orderguard.domain.alerts import Alert, Subject
from orderguard.domain.entries import CampaignChanged
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND, rfc3339

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
SURGE, STUCK, UNPAID = (
    "shop.volume_surge",
    "shop.shipping_rate_low",
    "shop.payment_pending_share",
)
Told = tuple[float, str, str]
SHOP_ALONE = {
    **LIBRARY,
    "presets/shop.yaml": "packs: [shop]\nplaybooks: [low, medium, high, critical]\n",
}


def story_of_a_shop() -> Story:
    """Judged by the rules about whole shops alone, so that many days pass quickly."""
    story = Story()
    story.note(published(SHOP_ALONE, preset="shop"))
    return story


def orders(since: float, until: float, *, every: float, name: str = "o") -> list[Told]:
    """Orders one after the other that are paid at once: instant, what happened, which order."""
    count = int((until - since) / every)
    return [(since + n * every, "order.paid", f"{name}{since:.0f}-{n}") for n in range(count)]


def parcels(of: list[Told], *, after: float) -> list[Told]:
    return [(at + after, "shipment.shipped", order_id) for at, _, order_id in of]


def by_office(at: float) -> float:
    """When a warehouse that works from Monday to Friday, 9 to 17, ships it."""
    day, second = divmod(at, DAY)
    # The sale begins at midnight of a Wednesday.
    if (day + 2) % 7 >= 5 or second > 16 * HOUR:
        return by_office((day + 1) * DAY)
    return max(at, day * DAY + 9 * HOUR) + (second % 31) * MINUTE


def tell(story: Story, told: list[Told]) -> None:
    for at, kind, order_id in sorted(told):
        if kind == "order.paid":
            story.paid(order_id, f"buyer-{order_id}", at=at)
        elif kind == "order.created":
            story.placed(order_id, f"buyer-{order_id}", at=at)
        else:
            story.event(kind, {"order_id": order_id}, at=at)


def until(fold: Fold, at: float) -> None:
    fold.advance(START_MS + round(at * MS_PER_SECOND))


def campaign(since: float, until: float, a_minute: dict[str, float]) -> CampaignChanged:
    return CampaignChanged(
        received_ms=0,
        campaign_id="sale",
        channel="standard",
        shop="demo",
        starts_ms=START_MS + round(since * MS_PER_SECOND),
        ends_ms=START_MS + round(until * MS_PER_SECOND),
        orders_per_minute=a_minute,
    )


def evenings(days: int) -> list[Told]:
    """Two orders an hour, and twelve in the hour of the evening at which the host talks."""
    told = orders(0, days * DAY, every=30 * MINUTE)
    for day in range(days):
        since = day * DAY + 20 * HOUR
        told += orders(since, since + HOUR, every=5 * MINUTE, name="e")
    return told


RUSH = orders(10 * DAY + 14 * HOUR, 10 * DAY + 14.5 * HOUR, every=MINUTE, name="rush")


def test_a_surge_is_told_at_the_order_that_makes_it_and_ends_with_it() -> None:
    story = story_of_a_shop()
    tell(story, [*evenings(10), *RUSH])
    (alert,) = story.alerts(SURGE)
    assert alert.subject == Subject("shop", "standard/demo")
    assert alert.orders == ()
    assert not alert.closed
    # After a quarter of an hour at the latest, not when the half hour is over.
    begun = START_MS + 10 * 24 * MS_PER_HOUR + 14 * MS_PER_HOUR
    assert begun < alert.detected_at < begun + 25 * 60 * MS_PER_SECOND
    seen = alert.hits[0].features
    assert seen["orders"] == 15
    until(story.fold, 10 * DAY + 17 * HOUR)
    (over,) = story.alerts(SURGE)
    assert over.closed


def test_the_hour_of_the_evening_that_is_always_busy_is_no_surge() -> None:
    story = story_of_a_shop()
    tell(story, evenings(12))
    until(story.fold, 12 * DAY)
    assert story.alerts(SURGE) == []


@pytest.mark.parametrize("rates", [{"shoe": 1.0}, {}], ids=["with figures", "without"])
def test_a_planned_sale_is_no_surge(rates: dict[str, float]) -> None:
    story = story_of_a_shop()
    story.note(campaign(10 * DAY + 14 * HOUR, 10 * DAY + 15 * HOUR, rates))
    tell(story, [*evenings(10), *RUSH])
    until(story.fold, 10 * DAY + 18 * HOUR)
    assert story.alerts(SURGE) == []


def test_a_sale_far_beyond_what_was_planned_is_a_surge() -> None:
    story = story_of_a_shop()
    story.note(campaign(10 * DAY + 14 * HOUR, 10 * DAY + 15 * HOUR, {"shoe": 0.1}))
    since = 10 * DAY + 14 * HOUR
    tell(story, [*evenings(10), *orders(since, since + HOUR, every=MINUTE, name="rush")])
    (alert,) = story.alerts(SURGE)
    assert alert.hits[0].features["minutes"] == 60


def test_a_warehouse_that_rests_at_night_and_at_weekends_is_no_alarm() -> None:
    story = story_of_a_shop()
    sold = orders(0, 20 * DAY, every=30 * MINUTE)
    shipped = [(by_office(at), "shipment.shipped", order_id) for at, _, order_id in sold]
    tell(story, [*sold, *(one for one in shipped if one[0] < 20 * DAY)])
    assert story.alerts(STUCK) == []


def stuck(days: float, *, resumes: float | None = None) -> tuple[Story, list[Alert]]:
    """A warehouse of which nothing is heard any more from 9 of the 15th day, a Thursday."""
    story, fails = story_of_a_shop(), 15 * DAY + 9 * HOUR
    sold = orders(0, days * DAY, every=20 * MINUTE)
    shipped = [(by_office(at), "shipment.shipped", order_id) for at, _, order_id in sold]
    if resumes is not None:
        shipped = [
            (max(at, resumes + n * 20) if at > fails else at, what, order_id)
            for n, (at, what, order_id) in enumerate(shipped)
        ]
        fails = days * DAY
    tell(story, [*sold, *(one for one in shipped if one[0] < fails)])
    until(story.fold, days * DAY)
    return story, story.alerts(STUCK)


def test_a_stuck_warehouse_is_noticed_by_the_absence_of_its_word() -> None:
    _, (alert,) = stuck(15 + 13 / 24)
    seen = alert.hits[0].features
    assert seen["shipped"] == 0
    assert seen["percent"] == 0
    assert not alert.closed


def test_it_ends_when_the_parcels_leave_again() -> None:
    _, (alert,) = stuck(17, resumes=15 * DAY + 14 * HOUR)
    assert alert.closed


def test_unpaid_orders_are_an_alarm_though_each_may_still_be_paid() -> None:
    story = story_of_a_shop()
    fails = 5 * DAY
    tell(story, orders(0, fails, every=6 * MINUTE))
    tell(
        story,
        [(fails + n * 6 * MINUTE, "order.created", f"u{n}") for n in range(15)],
    )
    until(story.fold, fails + 150 * MINUTE)
    (alert,) = story.alerts(UNPAID)
    assert alert.hits[0].features["usual_percent"] == 5
    tell(story, orders(fails + 150 * MINUTE, fails + 6 * HOUR, every=6 * MINUTE, name="again"))
    (over,) = story.alerts(UNPAID)
    assert over.closed


def test_a_history_that_is_imported_at_once_is_no_surge() -> None:
    story = story_of_a_shop()
    for n in range(200):
        story.paid(f"old{n}", f"b{n}", at=-n * HOUR, known=0)
    until(story.fold, 6 * HOUR)
    assert story.alerts(SURGE) == []
    assert story.alerts(UNPAID) == []


def test_it_goes_on_after_a_restart_where_it_was() -> None:
    whole = story_of_a_shop()
    tell(whole, [*evenings(10), *RUSH])
    until(whole.fold, 10 * DAY + 17 * HOUR)
    torn = story_of_a_shop()
    told = sorted([*evenings(10), *RUSH])
    for place in range(0, len(told), 90):
        tell(torn, told[place : place + 90])
        torn.fold.save()
        torn.fold = Fold(torn.store)
    until(torn.fold, 10 * DAY + 17 * HOUR)
    assert torn.alerts() == whole.alerts()
    assert torn.alerts(SURGE)


def test_orders_without_a_word_of_payment_are_told_by_the_channel_alone() -> None:
    story = story_of_a_shop()
    for n in range(300):
        at = n * 30 * MINUTE
        order = order_document(f"p{n}", f"b{n}", START_MS + round(at * MS_PER_SECOND))
        order["updated_at"] = rfc3339(START_MS + round(at * MS_PER_SECOND))
        story.event("order.created", {"order": order}, at=at)
    assert story.alerts(UNPAID) == []
