"""Results: small lives of which every count is known, through the real fold."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from tests.flows.acting import Acting, Provider
from tests.flows.stories import START_MS, Story, differences, everything
from tests.flows.test_attempts import attack
from tests.flows.test_ledger import HOUR, MINUTE, Locking

from orderguard.domain.entries import (
    CampaignChanged,
    CaseAction,
    CaseChanged,
    CaseDisposed,
    CaseReopened,
    Disposition,
    LabelKind,
    LabelRecorded,
    ModeSet,
    ZoneSet,
)
from orderguard.domain.orders import OrderKey
from orderguard.flows.fold import Fold
from orderguard.flows.results import DAYS_KEPT, PAUSE_MS
from orderguard.flows.results_asked import asked_for
from orderguard.flows.results_view import Asked, By, Reader, Report, at_once
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_SECOND, ManualClock, rfc3339
from orderguard.orders.goals import Source
from orderguard.orders.results import Figures
from orderguard.stores.memory import MemoryState
from orderguard.stores.sqlite import SqliteState

BURST = "velocity.same_item_burst"
DAY = 24 * HOUR
SHOP = "standard/demo"


def report(
    fold: Fold,
    by: By = By.DAY,
    *,
    days: float = 1,
    since: float = 0,
    given: dict[str, float] | None = None,
    shop: str | None = None,
) -> Report:
    """Of so many days from a second of the sale on."""
    since_ms = START_MS + round(since * MS_PER_SECOND)
    asked = Asked(since_ms=since_ms, until_ms=since_ms + round(days * MS_PER_DAY), by=by, shop=shop)
    return at_once(Reader(fold.tables, fold.results, given or {}).report(asked))


def figures(story: Story) -> Figures:
    return report(story.fold, days=30).total.figures


def disposed(story: Story, said: Disposition, *, at: float, by: str = "ann") -> None:
    case = story.case(BURST)
    note = CaseDisposed(
        received_ms=0,
        by=by,
        case_id=case.case_id,
        alert_ids=case.alert_ids,
        disposition=said,
        action=CaseAction.NONE,
    )
    story.note(note, at=at)


def labelled(story: Story, order_id: str, *, bad: bool, at: float) -> None:
    label = LabelKind.BAD if bad else LabelKind.GOOD
    key = OrderKey("standard", "demo", order_id)
    story.note(LabelRecorded(received_ms=0, order=key, label=label, source="a file"), at=at)


def moved(story: Story, kind: str, order_id: str, *, at: float) -> None:
    data = {"order_id": order_id}
    story.event(kind, {"order": data} if kind.startswith("order.") else data, at=at)


@pytest.fixture
def story() -> Story:
    """Five orders of a burst, a minute apart, in one case; and three plain orders."""
    story = Story()
    story.burst("bob", at=0)
    for number in range(3):
        story.placed(f"plain-{number}", f"buyer-{number}", at=1_000 + number)
    return story


def test_orders_alerts_and_cases_are_counted_once(story: Story) -> None:
    one = figures(story)
    assert (one.orders, one.flagged, one.held, one.orders_in_cases) == (8, 5, 5, 5)
    assert (one.anomaly_share, one.person_share) == (0.625, 0.625)
    assert (one.cases, one.cases_decided, one.handling_median_s) == (1, 0, None)
    assert (one.bad_known, one.recognised, one.wrong_share) == (0, None, None)


def test_what_is_known_as_bad_says_how_much_was_recognised(story: Story) -> None:
    disposed(story, Disposition.CONFIRMED, at=2_000)
    labelled(story, "plain-0", bad=True, at=3_000)
    one = figures(story)
    assert (one.bad_known, one.bad_flagged, one.recognised) == (6, 5, 0.833333)
    story.event("refund.succeeded", {"order_id": "plain-1", "refund_id": "r"}, at=4_000)
    assert figures(story).bad_known == 6, "honest buyers are paid back too"
    moved(story, "dispute.opened", "plain-1", at=5_000)
    assert (figures(story).bad_known, figures(story).recognised) == (7, 0.714286)


def test_a_case_takes_as_long_as_a_person_needs(story: Story) -> None:
    disposed(story, Disposition.CONFIRMED, at=4 * MINUTE + 20 * MINUTE)
    one = figures(story)
    assert (one.cases, one.cases_decided) == (1, 1)
    assert one.handling_mean_s == 20 * 60
    assert one.handling_median_s == pytest.approx(20 * 60, rel=0.07), "the width of a bucket"


def test_a_decision_that_is_taken_back_counts_for_nothing(story: Story) -> None:
    before = figures(story)
    disposed(story, Disposition.CONFIRMED, at=2_000)
    assert figures(story).orders_judged == 5
    case_id = story.case(BURST).case_id
    story.note(CaseReopened(received_ms=0, by="ann", case_id=case_id), at=2_003)
    after = figures(story)
    assert (after.cases_decided, after.orders_judged, after.bad_known) == (0, 0, 0)
    assert after.person_hours == pytest.approx(3 / 3600, abs=1e-4)
    assert after.loss_avoided == before.loss_avoided == {}


def test_a_decision_that_a_later_word_contradicts_was_wrong(story: Story) -> None:
    labelled(story, "bob-1", bad=False, at=1_500)
    disposed(story, Disposition.CONFIRMED, at=2_000)
    assert figures(story).orders_wrong == 0, "what was said before is no contradiction"
    labelled(story, "bob-2", bad=False, at=3_000)
    labelled(story, "bob-3", bad=True, at=3_000)
    story.event("refund.succeeded", {"order_id": "bob-4", "refund_id": "r"}, at=4_000)
    one = figures(story)
    assert (one.orders_judged, one.orders_wrong, one.wrong_share) == (5, 1, 0.2)


def test_a_released_order_that_is_charged_back_was_decided_wrongly(story: Story) -> None:
    disposed(story, Disposition.FALSE_ALARM, at=2_000)
    moved(story, "dispute.opened", "bob-5", at=50_000)
    moved(story, "complaint.opened", "bob-4", at=50_000)
    one = figures(story)
    assert (one.orders_judged, one.orders_wrong) == (5, 1)


def test_money_is_saved_where_a_known_bad_order_did_not_leave(story: Story) -> None:
    disposed(story, Disposition.CONFIRMED, at=2_000)
    assert figures(story).loss_avoided == {}, "who only watches holds nothing"
    moved(story, "order.cancelled", "bob-1", at=2_100)
    moved(story, "order.cancelled", "bob-2", at=2_100)
    moved(story, "shipment.shipped", "bob-3", at=2_200)
    one = figures(story)
    assert one.loss_avoided == {"CNY": Decimal("118.00")}
    assert one.loss_suffered == {"CNY": Decimal("59.00")}
    moved(story, "shipment.shipped", "bob-2", at=2_300)
    assert figures(story).loss_avoided == {"CNY": Decimal("59.00")}, "it left all the same"


def test_enquiries_after_the_first_of_an_order_are_repeated(story: Story) -> None:
    for at in (2_000, 3_000, 4_000):
        moved(story, "enquiry.opened", "plain-0", at=at)
    moved(story, "enquiry.opened", "plain-1", at=2_000)
    one = figures(story)
    assert (one.enquiries, one.repeat_enquiries, one.repeats_per_100_orders) == (4, 2, 25.0)


def test_an_order_complains_once_and_in_shadow_nobody_was_reached(story: Story) -> None:
    moved(story, "complaint.opened", "plain-0", at=2_000)
    moved(story, "complaint.opened", "plain-0", at=3_000)
    moved(story, "complaint.opened", "bob-1", at=3_000)
    one = figures(story)
    assert (one.complaints, one.complaint_share, one.complaints_reached) == (2, 0.25, 0)


def test_a_persons_time_is_that_between_words_about_cases(story: Story) -> None:
    case_id = story.case(BURST).case_id
    story.note(CaseChanged(received_ms=0, by="ann", case_id=case_id, assignee="ann"), at=2_000)
    story.note(CaseChanged(received_ms=0, by="bob", case_id=case_id, comment="?"), at=2_010)
    disposed(story, Disposition.CONFIRMED, at=2_072)
    one = figures(story)
    assert one.person_hours == pytest.approx(0.02)
    assert one.cases_per_person_hour == pytest.approx(50)
    assert one.orders_per_person_hour == pytest.approx(250)


def test_who_said_nothing_for_long_was_not_at_work(story: Story) -> None:
    case_id = story.case(BURST).case_id
    story.note(CaseChanged(received_ms=0, by="ann", case_id=case_id, assignee="ann"), at=2_000)
    disposed(story, Disposition.CONFIRMED, at=2_001 + PAUSE_MS / MS_PER_SECOND)
    one = figures(story)
    assert (one.person_hours, one.orders_per_person_hour, one.cases_decided) == (0.0, None, 1)


def test_orders_in_before_the_challenge_of_an_attack_are_counted() -> None:
    story = Story()
    attack(story, 20, orders_until=3)
    found = report(story.fold)
    (one,) = found.total.attacks
    assert (one.orders, one.held, one.accepted, one.is_shadow) == (3, 3, 3, True)
    by_name = {measure.name: measure for measure in found.compared}
    assert (by_name["attack_held"].after, by_name["attack_held"].is_met) == (1.0, True)
    assert (by_name["attack_accepted"].after, by_name["attack_accepted"].is_met) == (3, True)


def test_faults_are_counted_by_who_mended_them() -> None:
    story = Story()
    for order_id in ("a", "b"):
        story.paid(order_id, "li", at=0, lines=[{"line_id": "1", "sku": order_id, "quantity": 1}])
    story.fold.advance(START_MS + 2 * MS_PER_HOUR)
    moved(story, "shipment.requested", "a", at=2.5 * HOUR)
    one = figures(story)
    mended = (one.mended_alone, one.mended_person, one.mended_itself)
    assert (one.faults, sum(mended), one.unmended) == (2, 1, 1)
    assert one.mended_itself == 1, "nothing was done, since the installation only watched"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


async def test_a_wrong_lock_costs_its_units_for_as_long_as_it_stood(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.passes(10 * MINUTE, step_s=60)
        await shop.found(Disposition.FALSE_ALARM)
        standing = report(shop.live.fold).total.figures
        minutes = 3 * (shop.live.fold.clock_ms - shop.lock().locked_at) / 60_000
        assert standing.wrong_lock_minutes == pytest.approx(minutes, abs=0.01)
        assert (standing.locks, standing.wrong_locks) == (1, 1)
        assert standing.actions >= 2, "the buyer was asked, and stock set aside"
        assert standing.action_ms_p50 is not None
        await shop.passes(3 * HOUR, step_s=600)
        ended = report(shop.live.fold).total.figures
        assert ended.wrong_lock_minutes == pytest.approx(
            shop.total().wrong_unit_ms / 60_000, abs=0.01
        )
        assert ended.good_reached == 1, "an honest buyer was asked"
        assert differences(everything(shop.replayed()), everything(shop.live.fold)) == []


async def test_an_order_that_is_held_and_bad_is_a_loss_avoided(clock: ManualClock) -> None:
    async with Acting({"hold_shipment": Provider(clock)}, clock) as shop:
        await shop.burst("bob")
        await shop.passes(30)
        for number, bad in enumerate((True, True, False)):
            key = OrderKey("standard", "demo", f"bob-{number}")
            label = LabelKind.BAD if bad else LabelKind.GOOD
            note = LabelRecorded(received_ms=0, order=key, label=label, source="a file")
            await shop.live.note(note)
        complaint = {
            "id": "c",
            "type": "complaint.opened",
            "occurred_at": rfc3339(clock.now_ms()),
            "data": {"order_id": "bob-3"},
        }
        await shop.tell(complaint)
        one = report(shop.live.fold).total.figures
        assert one.loss_avoided == {"CNY": Decimal("118.00")}
        assert one.held_genuine == {"CNY": Decimal("59.00")}
        assert (one.good_reached, one.complaints, one.complaints_reached) == (1, 1, 1)


async def test_locks_that_only_would_have_been_cost_nobody_a_sale(clock: ManualClock) -> None:
    async with Locking(clock, acts=False) as shop:
        await shop.doubtful()
        await shop.passes(10 * MINUTE, step_s=60)
        await shop.found(Disposition.FALSE_ALARM)
        one = report(shop.live.fold).total.figures
        assert (one.locks, one.wrong_locks, one.wrong_lock_minutes) == (0, 0, 0.0)
        assert (one.actions, one.good_reached) == (0, 0)


def a_sale(name: str, since: float, until: float, *, on: bool = True) -> CampaignChanged:
    return CampaignChanged(
        received_ms=0,
        campaign_id=name,
        channel="standard",
        shop="demo",
        starts_ms=START_MS + round(since * MS_PER_SECOND),
        ends_ms=START_MS + round(until * MS_PER_SECOND),
        on=on,
    )


def test_each_sale_has_its_own_orders_named_before_or_after(story: Story) -> None:
    story.placed("later", "li", at=2 * HOUR)
    story.note(a_sale("first", 0, 15 * MINUTE))
    story.note(a_sale("second", 15 * MINUTE, 3 * HOUR))
    story.note(a_sale("none", 5 * DAY, 6 * DAY))
    rows = {row.name: row for row in report(story.fold, By.SALE).rows}
    assert {name: row.figures.orders for name, row in rows.items()} == {"first": 5, "second": 4}
    assert (rows["first"].since_ms, rows["first"].until_ms) == (START_MS, START_MS + 900_000)
    story.note(a_sale("second", 0, 1, on=False))
    assert [row.name for row in report(story.fold, By.SALE).rows] == ["first"]
    assert report(story.fold, By.SALE, shop="standard/other").rows == ()


def test_days_begin_at_midnight_of_the_shops_zone(story: Story) -> None:
    story.placed("next", "li", at=DAY - 1)
    assert days(story) == [("2026-11-11", 9), ("2026-11-12", 0)]
    story.note(ZoneSet(received_ms=0, channel="standard", shop="demo", zone="Asia/Tokyo"))
    assert days(story) == [("2026-11-11", 8), ("2026-11-12", 1), ("2026-11-13", 0)]


def days(story: Story) -> list[tuple[str, int]]:
    return [(row.name, row.figures.orders) for row in report(story.fold, days=2).rows]


def test_a_shop_has_its_own_line(story: Story) -> None:
    (row,) = report(story.fold, By.SHOP).rows
    assert (row.name, row.shops, row.figures.orders) == (SHOP, (SHOP,), 8)


def test_days_of_watching_are_held_against_days_of_acting(story: Story) -> None:
    assert report(story.fold).live_since is None
    story.note(ModeSet(received_ms=0, live=False), at=DAY)
    story.note(ModeSet(received_ms=0, live=True), at=DAY)
    for number in range(4):
        story.placed(f"after-{number}", f"b-{number}", at=DAY + 60 + number)
    found = report(story.fold, days=2)
    assert found.live_since == START_MS + MS_PER_DAY
    assert found.measured_before is not None
    assert found.measured_before.figures.orders == 8
    by_name = {one.name: one for one in found.compared}
    anomalies = by_name["anomalies"]
    assert (anomalies.before, anomalies.before_from) == (0.625, Source.MEASURED)
    assert (anomalies.after, anomalies.difference) == (0.0, -1.0)


def test_what_the_merchant_says_of_before_goes_before_what_was_measured(story: Story) -> None:
    found = report(story.fold, given={"person": 1.25, "repeats": 10.0, "pace": 90.0})
    by_name = {one.name: one for one in found.compared}
    person = by_name["person"]
    assert (person.before, person.before_from, person.after) == (1.25, Source.GIVEN, 0.625)
    assert (person.difference, person.goal, person.is_met) == (-0.5, 0.09, False)
    assert (by_name["repeats"].goal, by_name["repeats"].is_met) == (3.0, True)
    assert (by_name["pace"].goal, by_name["pace"].is_met) == (450.0, None)


def test_counts_of_more_than_four_hundred_days_ago_are_gone() -> None:
    story = Story()
    story.placed("first", "li", at=0)
    story.placed("second", "wang", at=DAYS_KEPT * DAY)
    assert story.fold.results.shops.get(SHOP) is not None
    assert report(story.fold).total.figures.orders == 0
    assert not list(story.fold.results.slots(SHOP, START_MS // MS_PER_DAY))
    assert report(story.fold, since=DAYS_KEPT * DAY).total.figures.orders == 1
    moved(story, "enquiry.opened", "first", at=DAYS_KEPT * DAY + 60)
    assert report(story.fold).total.figures.enquiries == 0


def test_an_order_from_the_future_counts_when_it_was_heard_of() -> None:
    story = Story()
    story.placed("o", "li", at=0, created_at="2027-05-01T00:00:00+08:00")
    assert report(story.fold).total.figures.orders == 1


def test_a_restart_changes_no_figure(tmp_path: Path) -> None:
    with closing(SqliteState(tmp_path)) as store:
        story = Story(store)
        story.burst("bob", at=0)
        disposed(story, Disposition.CONFIRMED, at=2_000)
        moved(story, "complaint.opened", "bob-1", at=3_000)
        story.fold.save()
        before = report(story.fold, days=2)
        entries = story.entries
    with closing(SqliteState(tmp_path)) as store:
        again = Fold(store)
        assert report(again, days=2) == before
        whole = Fold(MemoryState())
        for offset, entry in enumerate(entries, 1):
            again.apply(offset, entry)
            whole.apply(offset, entry)
        assert report(again, days=2) == report(whole, days=2) == before


def test_a_day_counts_whole() -> None:
    asked = asked_for("2026-11-10", "2026-11-11", now_ms=0)
    assert (asked.since_ms, asked.until_ms) == (START_MS - MS_PER_DAY, START_MS + MS_PER_DAY)
    at = asked_for("2026-11-11T00:00:00+08:00", "2026-11-11T00:00:01+08:00", now_ms=0)
    assert (at.since_ms, at.until_ms) == (START_MS, START_MS + 1_000)
    today = asked_for(None, None, now_ms=START_MS, days=2)
    assert (today.since_ms, today.until_ms) == (START_MS - MS_PER_DAY, START_MS + MS_PER_DAY)
