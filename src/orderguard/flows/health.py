"""Order health: what did not happen, what disagrees, what is there twice.

    order event ─► state ─► checks ─► the nearest instant ─► deadlines
                                │                                │ it passes
                       all is well again                         ▼
                                └───────► alert ends        checks ─► alert

An event never raises an alert about an order by itself: it sets the instant at which the order is
looked at. So what comes a moment later still counts, and a stop changes nothing. Other keepers
(stock, settlement) report what they find as soon as it is so.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Subject
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import SETTLING_MS, Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.health_alerts import Fault, HealthAlerts
from orderguard.flows.health_judges import Judges, Limits
from orderguard.flows.tables import OrderRecord, Tables
from orderguard.orders import OrderState, Told
from orderguard.orders.health import Found
from orderguard.orders.witnesses import Witness, impossible

WAKE_PREFIX = "health/"
IMPOSSIBLE_ORDER = "impossible_order"
"""The mark of an order whose facts cannot have happened in the order told."""

SILENCED_TOGETHER, SILENCED_CELLS = 100, 101
"""Orders of a silent shop that are looked at again when it begins to tell: the newest 10,000.

They lie in a ring of cells, so that one more costs the same however many there are.
"""


class Change(Struct, frozen=True):
    """What one event did to one order. `before` is None where it is the first of its order."""

    key: OrderKey
    before: OrderState | None
    state: OrderState
    told: tuple[Told, ...]
    event: OrderEvent


class Keeper(Protocol):
    """A part of order health with state of its own."""

    def ordered(self, change: Change) -> None:
        """An event spoke of an order."""

    def saw(self, event: OrderEvent) -> None:
        """An event that speaks of no order."""

    def fire(self, name: str, due_ms: int) -> None:
        """A wake that the keeper asked for; `name` is what it gave."""

    def look(self, key: OrderKey, due_ms: int) -> None:
        """An order is to be looked at, by this keeper or another."""


class Health:
    """Judges orders by the health rules of the library; `alerts` has what they find."""

    def __init__(
        self,
        tables: Tables,
        rules: Callable[[], tuple[HealthRule, ...]],
        next_place: Callable[[], tuple[int, int]],
        wake: Callable[[str, int], None],
    ) -> None:
        self.tables = tables
        self._rules, self._wake = rules, wake
        self.alerts = HealthAlerts(tables, next_place)
        self._heard = tables.kept("heard", tuple[str, ...])
        """The facts and witnesses that a shop is known to tell, by channel/shop."""
        self._missed = tables.kept("missed", int)
        """How often a shop that never told it missed what a rule waits for, likewise."""
        self.keepers: dict[str, Keeper] = {}
        self._silenced = tables.cached("silenced", tuple[int, ...])
        """The numbers of the orders that missed more, by rule/channel/shop and place in a ring."""
        self._judges = Judges(rules, self._has_warehouse)
        self._by_check: tuple[tuple[HealthRule, ...], dict[Check, tuple[HealthRule, ...]]]
        self._by_check = ((), {})

    def rules(self, check: Check) -> tuple[HealthRule, ...]:
        """The rules that judge by this check, in the order of the library."""
        library = self._rules()
        if self._by_check[0] is not library:
            found = {one: tuple(rule for rule in library if rule.watches is one) for one in Check}
            self._by_check = (library, found)
        return self._by_check[1].get(check, ())

    def wake(self, due_ms: int, keeper: str, name: str) -> None:
        """Call `fire(name)` of this keeper then; a later call for the same name replaces it."""
        full = f"{WAKE_PREFIX}{keeper}/{name}"
        self.tables.due.put(full, due_ms)
        self._wake(full, due_ms)

    def woken_at(self, keeper: str, name: str) -> int | None:
        """When `fire(name)` of this keeper is called next; ms."""
        return self.tables.due.get(f"{WAKE_PREFIX}{keeper}/{name}")

    def apply(self, change: Change) -> None:
        """An event spoke of an order."""
        event, state = change.event, change.state
        self._learn_shop(change)
        self._mark_impossible(change)
        for keeper in self.keepers.values():
            keeper.ordered(change)
        record = self.tables.orders.get(str(change.key))
        if record is not None:
            found = self._judges.look(record, state)
            self._look(record, event.received_ms, found, happened_ms=event.occurred_ms)

    def saw(self, event: OrderEvent) -> None:
        """An event that speaks of no order."""
        for keeper in self.keepers.values():
            keeper.saw(event)

    def fire(self, due_ms: int, number: int) -> None:
        """An order is to be looked at."""
        key = self.tables.keys.get(str(number))
        record = None if key is None else self.tables.orders.get(str(key))
        if key is None or record is None:
            return
        self.alerts.begin_fired()
        for keeper in self.keepers.values():
            keeper.look(key, due_ms)
        if record.wake == due_ms:
            found = self._judges.look(record, record.state)
            for rule, one in found:
                if one is not None and one.due_ms <= due_ms:
                    self._report_order(rule, key, one, due_ms)
            record = self.tables.orders.get(str(key)) or record
            self._look(record, due_ms, found, is_due=True)
        self.alerts.end_fired()

    def fire_wake(self, full: str, due_ms: int) -> None:
        """A wake of a keeper falls due."""
        self.tables.due.drop(full)
        keeper, _, name = full.removeprefix(WAKE_PREFIX).partition("/")
        self.alerts.begin_fired()
        if keeper in self.keepers:
            self.keepers[keeper].fire(name, due_ms)
        self.alerts.end_fired()

    def limits(self, rule: HealthRule, state: OrderState) -> Limits:
        """The rule's limits for this order: the last override that fits has the word."""
        return self._judges.limits(rule, state)

    def wake_order(self, due_ms: int, number: int) -> None:
        """Call `look` of every keeper for this order then."""
        self.tables.deadlines.put(due_ms, number)

    def awaited(self, state: OrderState) -> list[tuple[HealthRule, Found]]:
        """What each rule about single orders waits for, or has waited for in vain."""
        record = OrderRecord(state)
        found = self._judges.look(record, state)
        return [(rule, one) for rule, one in found if one is not None]

    def _look(
        self,
        record: OrderRecord,
        now_ms: int,
        judged: Sequence[tuple[HealthRule, Found | None]],
        *,
        happened_ms: int = 0,
        is_due: bool = False,
    ) -> None:
        """End what is over, and set when the order is to be looked at next."""
        nearest: int | None = None
        key = record.state.key
        for rule, found in judged:
            known = record.faults.get(rule.id)
            if known is not None and (found is None or _is_another(found, known, now_ms)):
                self._end(rule, key, now_ms, happened_ms)
                known = None
            if found is None or known is not None or (is_due and found.due_ms <= now_ms):
                continue
            # What comes to light late waits a moment for what may come with it.
            due = found.due_ms if found.due_ms > now_ms else now_ms + SETTLING_MS
            nearest = due if nearest is None else min(nearest, due)
        if nearest is not None and not now_ms < record.wake <= nearest:
            if record.faults:
                record = self.tables.orders.get(str(key)) or record
            self.tables.deadlines.put(nearest, record.state.number)
            self.tables.orders.put(str(key), replace(record, wake=nearest))

    def _has_warehouse(self, shop: str) -> bool:
        """Whether the warehouse of a channel/shop is known to speak."""
        return Witness.WAREHOUSE in (self._heard.get(shop) or ())

    def _report_order(self, rule: HealthRule, key: OrderKey, found: Found, now_ms: int) -> None:
        record = self.tables.orders.get(str(key))
        if record is None or record.faults.get(rule.id) == found.cause:
            return
        self.tables.orders.put(
            str(key), replace(record, faults={**record.faults, rule.id: found.cause})
        )
        if rule.watches is Check.ABSENCE and self._is_silent(rule, key, record.state.number):
            return
        fault = Fault(
            subject=_subject(key),
            channel=key.channel,
            shop=key.shop,
            order=key,
            orders=found.orders or (key,),
            at=found.due_ms,
            cause=found.cause,
            values=found.values,
        )
        # What did not happen is told as of its deadline, though it may have come to light later.
        is_absence = rule.watches in (Check.ABSENCE, Check.PROMISE)
        self.alerts.report(rule, fault, found.due_ms if is_absence else now_ms)

    def _end(self, rule: HealthRule, key: OrderKey, now_ms: int, happened_ms: int) -> None:
        record = self.tables.orders.get(str(key))
        if record is not None:
            faults = {name: cause for name, cause in record.faults.items() if name != rule.id}
            self.tables.orders.put(str(key), replace(record, faults=faults))
        self.alerts.settle(rule, _subject(key), key.channel, key.shop, now_ms, happened_ms)

    def _is_silent(self, rule: HealthRule, key: OrderKey, number: int) -> bool:
        """Whether the shop has never told what is waited for, however often that was missed.

        What it missed beyond that is kept for the day on which it begins to tell.
        """
        expects, most = rule.parameters["expects"], rule.parameters["silent_after"]
        assert isinstance(expects, tuple)
        assert isinstance(most, int)
        shop = f"{key.channel}/{key.shop}"
        if not set(self._heard.get(shop) or ()).isdisjoint(expects):
            return False
        name = f"{rule.id}/{shop}"
        missed = self._missed.get(name) or 0
        self._missed.put(name, missed + 1)
        if missed < most:
            return False
        cell, place = divmod(missed - most, SILENCED_TOGETHER)
        name = f"{name}/{cell % SILENCED_CELLS}"
        before = () if place == 0 else self._silenced.get(name) or ()
        self._silenced.put(name, (*before, number))
        return True

    def _learn_shop(self, change: Change) -> None:
        """Which facts, and which witnesses, this shop is known to tell."""
        if _tells_nothing(change):
            return
        shop = f"{change.key.channel}/{change.key.shop}"
        known = self._heard.get(shop) or ()
        told: set[str] = {one.kind for one in change.told}
        told.update(change.state.words)
        told.update(waiting.partition(":")[0] for waiting in change.state.waiting)
        new = told.difference(known)
        if new:
            self._heard.put(shop, tuple(sorted(new.union(known))))
            self._speak_up(shop, set(known), new, change.event.received_ms)

    def _speak_up(self, shop: str, known: set[str], new: set[str], now_ms: int) -> None:
        """Look again at the orders that a rule kept to itself while the shop was silent."""
        for rule in self.rules(Check.ABSENCE):
            expects = rule.parameters["expects"]
            assert isinstance(expects, tuple)
            name = f"{rule.id}/{shop}"
            if new.isdisjoint(expects) or not known.isdisjoint(expects):
                continue
            for number in self._silenced_by(name):
                key = self.tables.keys.get(str(number))
                record = None if key is None else self.tables.orders.get(str(key))
                if record is None:
                    continue
                faults = {one: cause for one, cause in record.faults.items() if one != rule.id}
                wake = now_ms + SETTLING_MS
                self.tables.deadlines.put(wake, number)
                self.tables.orders.put(str(key), replace(record, faults=faults, wake=wake))

    def _silenced_by(self, name: str) -> Iterator[int]:
        """The orders that a rule kept to itself in a shop; it forgets them with this."""
        for cell in range(SILENCED_CELLS):
            numbers = self._silenced.get(f"{name}/{cell}")
            if numbers:
                yield from numbers
                self._silenced.put(f"{name}/{cell}", ())

    def _mark_impossible(self, change: Change) -> None:
        key, state, before = change.key, change.state, change.before
        if _tells_nothing(change) and before is not None and before.members is state.members:
            return
        instants, paid_at = state.instants, state.members.get("paid_at")
        if paid_at is not None and FactKind.COMPLETED in instants:
            # What is completed is paid by then, whatever else is told of the payment.
            instants = {**instants, FactKind.PAID: paid_at}
        if impossible(instants) is None:
            return
        record = self.tables.orders.get(str(key))
        if record is not None and IMPOSSIBLE_ORDER not in record.standing.marks:
            marks = (*record.standing.marks, IMPOSSIBLE_ORDER)
            standing = replace(record.standing, marks=marks)
            self.tables.orders.put(str(key), replace(record, standing=standing))


def _tells_nothing(change: Change) -> bool:
    """Whether the event told neither a fact nor a word that was not known."""
    before, state = change.before, change.state
    return (
        before is not None
        and not change.told
        and before.words is state.words
        and before.waiting == state.waiting
    )


def _is_another(found: Found, known: str, now_ms: int) -> bool:
    """Whether what was wrong is over, and something else may come to be."""
    return found.cause != known and found.due_ms > now_ms


def _subject(key: OrderKey) -> Subject:
    return Subject("order", key.order_id)
