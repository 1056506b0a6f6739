"""Runs, parcels and labels → the ledger of stock locks.

Nobody writes into it: each row follows from what a run had done, from what came back of it, and
from what became of the order. So it is the same in every fold of the log.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from orderguard.domain.alerts import Alert, Explanation
from orderguard.domain.library import StepAnswer
from orderguard.domain.locks import LOCK, RESERVE, Lock, LockEnd
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.flows.tables import Tables
from orderguard.orders import status_of
from orderguard.responses import Portion, Run, RunStep, closing_action
from orderguard.responses.locks import (
    LockDay,
    LockTotal,
    answer_of,
    changed,
    counted,
    ends_at,
    lock_totals,
    news,
    places,
    was_done,
)

_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.CLOSED})
_SHIPPED = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED})
_BY_A_PERSON = {"release": LockEnd.RELEASED, "cancel": LockEnd.CANCELLED}


class Ledger:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def follow(self, before: Run | None, run: Run, alert: Alert, now_ms: int) -> None:
        """A run moved: locks that it set aside, took back, or turned into reservations."""
        if not any(step.action == LOCK for step in run.steps):
            return
        for step, portion, orders in news(before, run):
            at_ms = portion.ended_at if portion.key and portion.ended_at else now_ms
            if step.plan.wait_ms:
                if portion.answer is StepAnswer.CONFIRMED:
                    self._confirmed(orders)
            elif step.action == LOCK:
                self._lock(run, step, portion, orders, alert, at_ms)
            elif step.action == RESERVE or step.plan.undoes is not None:
                self._end(run, step, portion, orders, at_ms)

    def shipped(self, key: OrderKey, now_ms: int) -> None:
        """The order's parcel left, and its units are no longer set aside."""
        for lock in self.of_order(key):
            self._put(changed(lock, at_ms=now_ms, end=LockEnd.SHIPPED), lock)

    def judge(self, key: OrderKey) -> None:
        """What is known of the order's truth changed."""
        for lock in self.of_order(key):
            self._put(self._judged(lock), lock)

    def of_order(self, key: OrderKey) -> list[Lock]:
        """All locks of an order, the oldest first."""
        numbers = self.tables.ledger.of_orders.get(str(key)) or ()
        return self._locks(numbers)

    def standing(self) -> list[Lock]:
        """Locks that have not ended, the oldest first."""
        return self._locks(sorted(map(int, self.tables.ledger.standing)))

    def lock(self, number: int) -> Lock | None:
        """One row by its number, which starts at 1."""
        return self.tables.ledger.locks.get(str(number))

    def totals(self, now_ms: int) -> dict[LockDay, LockTotal]:
        """Locks and wrong-lock time by day and rule."""
        settled = {LockDay.named(name): one for name, one in self.tables.ledger.totals.items()}
        return lock_totals(settled, self.standing(), now_ms)

    def _locks(self, numbers: Iterable[int]) -> list[Lock]:
        return [lock for number in numbers if (lock := self.lock(number)) is not None]

    def _lock(
        self,
        run: Run,
        step: RunStep,
        portion: Portion,
        orders: Iterable[OrderKey],
        alert: Alert,
        at_ms: int,
    ) -> None:
        is_shadow = portion.outcome is None
        if not was_done(portion, is_shadow=is_shadow):
            return
        for key in orders:
            record = self.tables.orders.get(str(key))
            if record is None or any(_is_by(lock, run, step.step) for lock in self.of_order(key)):
                continue
            self.tables.progress.locks += 1
            lock = Lock(
                number=self.tables.progress.locks,
                order=key,
                # What has no SKU the merchant's system was not told of.
                lines=tuple(line for line in record.state.members.get("lines", ()) if line.sku),
                alert_id=run.alert_id,
                playbook=run.playbook,
                step=step.step,
                rules=alert.rules,
                reason=_reason(alert, key),
                is_shadow=is_shadow,
                locked_at=at_ms,
                ends_at=ends_at(run, step),
                is_confirmed=answer_of(run, key) is StepAnswer.CONFIRMED,
            )
            known = self.tables.ledger.of_orders.get(str(key)) or ()
            self.tables.ledger.of_orders.put(str(key), (*known, lock.number))
            lock = self._judged(lock)
            if status_of(record.state) in _SHIPPED:
                lock = changed(lock, at_ms=at_ms, end=LockEnd.SHIPPED)
            self._put(lock, None)

    def _end(
        self,
        run: Run,
        step: RunStep,
        portion: Portion,
        orders: Iterable[OrderKey],
        at_ms: int,
    ) -> None:
        for key in orders:
            for lock in self.of_order(key):
                is_its = step.action == RESERVE or step.plan.undoes == lock.step
                if not is_its or not _is_by(lock, run, lock.step):
                    continue
                if was_done(portion, is_shadow=lock.is_shadow):
                    self._put(changed(lock, at_ms=at_ms, end=self._why(run, step, key)), lock)

    def _why(self, run: Run, step: RunStep, key: OrderKey) -> LockEnd:
        answer = answer_of(run, key)
        if step.action == RESERVE:
            return LockEnd.CONFIRMED if answer is StepAnswer.CONFIRMED else LockEnd.PAID
        by_a_person = _BY_A_PERSON.get(closing_action(run, step))
        if by_a_person is not None:
            return by_a_person
        if answer is StepAnswer.DENIED:
            return LockEnd.DENIED
        record = self.tables.orders.get(str(key))
        is_over = record is not None and status_of(record.state) in _ENDED
        return LockEnd.CANCELLED if is_over else LockEnd.EXPIRED

    def _confirmed(self, orders: Iterable[OrderKey]) -> None:
        for key in orders:
            for lock in self.of_order(key):
                self._put(self._judged(replace(lock, is_confirmed=True)), lock)

    def _judged(self, lock: Lock) -> Lock:
        """The lock with what is known of its order: a label first, else what the buyer said."""
        known = self.tables.labels.get(str(lock.order))
        label = None if known is None else known.counted
        is_good = label is not None and not label.bad
        is_wrong = is_good if label is not None else (True if lock.is_confirmed else None)
        return lock if is_wrong is lock.is_wrong else replace(lock, is_wrong=is_wrong)

    def _put(self, lock: Lock, before: Lock | None) -> None:
        if lock == before:
            return
        name = str(lock.number)
        self.tables.uncounted.locks.append((before, lock))
        self.tables.ledger.locks.put(name, lock)
        if lock.end is None:
            if before is None:
                self.tables.ledger.standing.put(name, lock.locked_at)
        else:
            self.tables.ledger.standing.drop(name)
        for place in places(lock):
            total = self.tables.ledger.totals.get(place.name) or LockTotal()
            if before is not None:
                total = total.plus(counted(before), -1)
            self.tables.ledger.totals.put(place.name, total.plus(counted(lock)))


def _is_by(lock: Lock, run: Run, step: str) -> bool:
    return (lock.alert_id, lock.step) == (run.alert_id, step)


def _reason(alert: Alert, key: OrderKey) -> Explanation:
    """What was found about the order, else about the others of its alert."""
    hits = [hit for hit in alert.hits if hit.order_id == key.order_id] or alert.hits
    return hits[-1].explanation
