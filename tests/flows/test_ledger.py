"""The ledger of stock locks: every lock has an owner, a reason and an end, and a price if wrong."""

import pytest
from tests.flows.acting import Acting, Provider
from tests.flows.stories import START_MS, Json, Story, differences, everything

from orderguard.domain.entries import (
    CaseAction,
    CaseDisposed,
    CaseReopened,
    Disposition,
    LabelKind,
    LabelRecorded,
    ModeSet,
    ResponseReceipt,
)
from orderguard.domain.locks import Lock, LockEnd
from orderguard.domain.orders import OrderKey
from orderguard.domain.record import decode
from orderguard.errors import NotDone
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, ManualClock, rfc3339
from orderguard.kit.days import day_of
from orderguard.responses import PortionState
from orderguard.responses.locks import ALL, LockDay, LockTotal
from orderguard.stores.memory import MemoryState

MINUTE, HOUR = 60.0, 3_600.0
NEAR = "amount.near_threshold"
TODAY = day_of(START_MS)
ORDER = OrderKey("standard", "demo", "o1")
LINES = [{"line_id": "1", "sku": "shoe", "quantity": 3, "unit_price": "330.00"}]


class Locking(Acting):
    """A merchant's system that locks and reserves, and a buyer who is written to."""

    def __init__(self, clock: ManualClock, *, acts: bool = True) -> None:
        self.shop = Provider(clock)
        actions = {"sms": self.shop, "lock_stock": self.shop, "reserve_stock": self.shop}
        super().__init__(actions, clock, acts=acts, phones={"o1": "13800138000"})

    async def doubtful(self, order_id: str = "o1") -> None:
        now_ms = self.clock.now_ms()
        young = {"id": f"buyer-{order_id}", "registered_at": rfc3339(now_ms - MS_PER_HOUR)}
        await self.placed(
            order_id,
            f"buyer-{order_id}",
            amount="990.00",
            coupons=[],
            buyer=young,
            discount="0.00",
            lines=LINES,
            ship_to={"country": "CN", "city": "上海市", "street": f"文三路{order_id[1:]}号"},
        )
        await self.settles()

    async def says(self, answer: str) -> None:
        (run,) = self.runs()
        (ask,) = self.portions("ask")
        note = ResponseReceipt(
            received_ms=0, alert_id=run.alert_id, step="ask", outcome=answer, key=ask.key
        )
        await self.live.note(note)
        await self.settles()

    async def becomes(self, status: str, kind: str) -> None:
        now_ms = self.clock.now_ms()
        document = {
            "id": f"{kind}-o1",
            "type": kind,
            "occurred_at": rfc3339(now_ms),
            "data": {"order": {"order_id": "o1", "status": status}},
        }
        await self.tell(document)
        await self.settles()

    async def found(self, disposition: Disposition) -> None:
        label = LabelKind.GOOD if disposition is Disposition.FALSE_ALARM else LabelKind.BAD
        await self.live.note(
            LabelRecorded(received_ms=0, order=ORDER, label=label, source="an analyst")
        )

    def lock(self) -> Lock:
        (lock,) = self.live.fold.ledger.of_order(ORDER)
        return lock

    def total(self, rule: str = ALL, *, is_shadow: bool = False) -> LockTotal:
        totals = self.live.fold.ledger.totals(self.live.fold.clock_ms)
        return totals.get(LockDay(TODAY, is_shadow, rule), LockTotal())

    def replayed(self) -> Fold:
        """Another fold of the same log."""
        fold = Fold(MemoryState())
        for row in self.log.read(0, 10_000):
            fold.apply(row.offset, decode(row.record))
        fold.advance(self.live.fold.clock_ms)
        return fold


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


async def test_a_lock_tells_whose_it_is_and_why_and_for_how_long(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        lock = shop.lock()
        (run,) = shop.runs()
        assert (lock.alert_id, lock.playbook, lock.step) == (run.alert_id, "low", "lock")
        assert lock.rules == (NEAR,)
        assert lock.reason.zh
        assert lock.reason.en
        assert [(line.sku, line.quantity) for line in lock.lines] == [("shoe", 3)]
        assert lock.locked_at == shop.portions("lock")[0].ended_at
        assert lock.ends_at == START_MS + 2 * MS_PER_HOUR
        assert (lock.end, lock.is_wrong, lock.is_shadow) == (None, None, False)
        assert shop.live.fold.ledger.standing() == [lock]


async def test_the_lock_of_a_silent_and_unpaid_order_expires(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.passes(2 * HOUR + 30, step_s=600)
        lock = shop.lock()
        assert lock.end is LockEnd.EXPIRED
        assert lock.ended_at is not None
        assert lock.ends_at is not None
        assert lock.ended_at >= lock.ends_at
        assert not shop.live.fold.ledger.standing()
        assert shop.total() == LockTotal(locks=1, units=3), "nobody knows whether it was wrong"


async def test_a_confirmed_order_has_a_reservation_and_its_lock_was_wrong(
    clock: ManualClock,
) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.passes(10 * MINUTE, step_s=60)
        await shop.says("confirmed")
        lock = shop.lock()
        assert (lock.end, lock.is_wrong) == (LockEnd.CONFIRMED, True)
        assert lock.ended_at is not None
        stood_ms = lock.ended_at - lock.locked_at
        assert stood_ms >= 10 * MS_PER_MINUTE
        expected = LockTotal(locks=1, units=3, wrong=1, wrong_unit_ms=3 * stood_ms)
        assert shop.total() == shop.total(NEAR) == expected
        await shop.passes(HOUR, step_s=600)
        assert shop.total() == expected, "a reservation costs nobody anything"


async def test_who_paid_and_said_nothing_keeps_the_stock(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.becomes("paid", "order.paid")
        await shop.passes(2 * HOUR + 30, step_s=600)
        assert shop.lock().end is LockEnd.PAID


async def test_who_denies_gives_the_stock_back(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.says("denied")
        lock = shop.lock()
        assert (lock.end, lock.is_wrong) == (LockEnd.DENIED, None)


async def test_a_lock_of_a_cancelled_order_ends_as_that(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.becomes("cancelled", "order.cancelled")
        assert shop.lock().end is None, "the merchant's system still has it set aside"
        await shop.passes(2 * HOUR + 30, step_s=600)
        assert shop.lock().end is LockEnd.CANCELLED


async def test_units_that_have_left_are_no_longer_set_aside(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.passes(MINUTE)
        await shop.becomes("shipped", "order.updated")
        lock = shop.lock()
        assert (lock.end, lock.ended_at) == (LockEnd.SHIPPED, clock.now_ms())


@pytest.mark.parametrize(
    ("action", "end"),
    [(CaseAction.RELEASE, LockEnd.RELEASED), (CaseAction.CANCEL, LockEnd.CANCELLED)],
)
async def test_a_person_releases_or_cancels(
    clock: ManualClock, action: CaseAction, end: LockEnd
) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        # Four more orders of the same buyer: somebody has to look at them.
        for number in range(2, 6):
            await shop.placed(f"o{number}", "buyer-o1", lines=LINES)
        await shop.settles()
        case = shop.live.fold.desk.case_of_order(ORDER)
        assert case is not None
        note = CaseDisposed(
            received_ms=0,
            case_id=case.case_id,
            alert_ids=case.alert_ids,
            disposition=Disposition.INCONCLUSIVE,
            action=action,
        )
        await shop.live.note(note)
        await shop.passes(5)
        assert shop.lock().end is None, "it can still be taken back"
        await shop.passes(10)
        assert shop.lock().end is end


async def test_a_receipt_that_comes_late_opens_a_lock_that_is_taken_back_at_once(
    clock: ManualClock,
) -> None:
    async with Locking(clock) as shop:
        shop.shop.hangs = True
        await shop.doubtful()
        (portion,) = shop.portions("lock")
        assert portion.state is PortionState.SENDING
        assert shop.live.fold.ledger.of_order(ORDER) == [], "nobody knows that it is locked"
        clock.advance(3 * MS_PER_HOUR)
        shop.live.fold.advance(clock.now_ms())
        (run,) = shop.runs()
        shop.shop.hangs = False
        await shop.live.note(
            ResponseReceipt(
                received_ms=0, alert_id=run.alert_id, step="lock", outcome="done", key=portion.key
            )
        )
        lock = shop.lock()
        assert (lock.locked_at, lock.end) == (START_MS + 3 * MS_PER_HOUR, None)
        assert lock.is_overdue(clock.now_ms())
        await shop.passes(30)
        assert shop.lock().end is LockEnd.EXPIRED


async def test_what_was_never_locked_is_in_no_ledger(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        shop.shop.fails = lambda: NotDone("down")
        await shop.doubtful()
        await shop.passes(3 * HOUR, step_s=600)
        assert shop.live.fold.tables.progress.locks == 0


async def test_a_lock_that_nobody_could_take_back_is_overdue(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        shop.shop.fails = lambda: NotDone("down")
        await shop.passes(3 * HOUR, step_s=600)
        lock = shop.lock()
        assert lock.end is None
        assert lock.is_overdue(clock.now_ms())


async def test_a_wrong_lock_costs_by_the_minute_while_it_stands(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.found(Disposition.FALSE_ALARM)
        locked_at = shop.lock().locked_at
        await shop.passes(20 * MINUTE, step_s=60)
        running = shop.total()
        assert running.wrong_unit_ms == 3 * (shop.live.fold.clock_ms - locked_at)
        await shop.found(Disposition.CONFIRMED)
        assert shop.total() == LockTotal(locks=1, units=3), "it was right after all"
        assert shop.lock().is_wrong is False


async def test_watching_has_a_ledger_of_what_would_be_locked(clock: ManualClock) -> None:
    async with Locking(clock, acts=False) as shop:
        await shop.doubtful()
        lock = shop.lock()
        assert (lock.is_shadow, lock.locked_at) == (True, START_MS)
        await shop.found(Disposition.FALSE_ALARM)
        clock.advance(2 * MS_PER_HOUR)
        shop.live.fold.advance(clock.now_ms())
        assert shop.lock().end is LockEnd.EXPIRED
        expected = LockTotal(locks=1, units=3, wrong=1, wrong_unit_ms=3 * 2 * MS_PER_HOUR)
        assert shop.total(is_shadow=True) == expected
        assert shop.total() == LockTotal(), "nothing was really locked"


async def test_a_real_lock_is_ended_by_nothing_that_is_only_watched(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.becomes("paid", "order.paid")
        await shop.live.note(ModeSet(received_ms=0, live=False))
        await shop.passes(2 * HOUR + 30, step_s=600)
        lock = shop.lock()
        assert lock.end is None, "nobody told the merchant to reserve it"
        assert lock.is_overdue(clock.now_ms())


async def test_every_fold_of_the_log_has_the_same_ledger(clock: ManualClock) -> None:
    async with Locking(clock) as shop:
        await shop.doubtful()
        await shop.doubtful("o2")
        await shop.passes(10 * MINUTE, step_s=60)
        await shop.becomes("shipped", "order.updated")
        await shop.found(Disposition.FALSE_ALARM)
        await shop.passes(2 * HOUR, step_s=600)
        assert shop.live.fold.tables.progress.locks == 2
        again = everything(shop.replayed())
        once = everything(shop.live.fold)
        assert once["lock"]
        assert once["lock_total"]
        for space in ("lock", "order_lock", "standing_lock", "lock_total"):
            assert once[space] == again[space], space


def test_the_ledger_survives_a_stop_at_any_place() -> None:
    told = Story()
    young = {"id": "newcomer", "registered_at": rfc3339(START_MS - MS_PER_HOUR)}
    told.placed("o1", "newcomer", at=0, amount="990.00", coupons=[], buyer=young, discount="0.00")
    told.note(LabelRecorded(received_ms=0, order=ORDER, label=LabelKind.GOOD, source="an analyst"))
    told.placed("o2", "somebody", at=3 * HOUR)
    expected = everything(told.fold)
    assert expected["lock"]
    for stop in range(1, len(told.entries)):
        store = MemoryState()
        fold = Fold(store)
        for offset, entry in enumerate(told.entries[:stop], 1):
            fold.apply(offset, entry)
        fold.save()
        fold = Fold(store)
        for offset, entry in enumerate(told.entries[stop:], stop + 1):
            fold.apply(offset, entry)
        assert differences(expected, everything(fold)) == []


def test_a_disposition_that_is_taken_back_makes_no_lock_wrong() -> None:
    story = Story()
    young = {"id": "hoarder", "registered_at": rfc3339(START_MS - MS_PER_HOUR)}
    members: Json = {"amount": "990.00", "coupons": [], "buyer": young, "discount": "0.00"}
    story.placed("o1", "hoarder", at=0, **members)
    for number in range(2, 6):
        story.placed(f"o{number}", "hoarder", at=number)
    case = story.case("velocity.same_item_burst")
    story.note(
        CaseDisposed(
            received_ms=0,
            case_id=case.case_id,
            alert_ids=case.alert_ids,
            disposition=Disposition.FALSE_ALARM,
        ),
        at=60,
    )
    (lock,) = story.fold.ledger.of_order(ORDER)
    assert lock.is_wrong is True
    story.note(CaseReopened(received_ms=0, case_id=case.case_id), at=65)
    (lock,) = story.fold.ledger.of_order(ORDER)
    assert lock.is_wrong is None
