"""Order health: what did not happen, what disagrees, what is there twice.

    order event ─► state ─► checks ─► the nearest instant ─► deadlines
                                │                                │ it passes
                       all is well again                         ▼
                                └───────► alert ends        checks ─► alert

An event never raises an alert about an order by itself: it sets the instant at which the order is
looked at. So what comes a moment later still counts, and a stop changes nothing. Other keepers
(stock, settlement) report what they find as soon as it is so.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import Subject
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import SETTLING_MS, Check, HealthRule, ParameterValue
from orderguard.domain.orders import OrderKey
from orderguard.flows.health_alerts import Fault, HealthAlerts
from orderguard.flows.tables import Tables
from orderguard.orders import OrderState, Told
from orderguard.orders.health import (
    Absence,
    AmountLimits,
    Found,
    Life,
    Promise,
    StatusLimits,
    absence,
    amount_mismatch,
    life_of,
    promise,
    status_mismatch,
)
from orderguard.orders.witnesses import Witness, impossible

WAKE_PREFIX = "health/"
IMPOSSIBLE_ORDER = "impossible_order"
"""The mark of an order whose facts cannot have happened in the order told."""

PLACES_MAX = 10_000
"""Pairs of shop, warehouse and carrier whose limits are remembered."""
SILENCED_MAX = 10_000
"""Orders of a silent shop that are looked at again when it begins to tell, the newest."""

Limits = Mapping[str, ParameterValue]
Where = tuple[str, str, str | None, str | None]


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


OrderCheck = Callable[[Life], Found | None]
"""What is wrong with an order, or will be at an instant to come, under limits of its own."""


Judges = tuple[tuple[HealthRule, OrderCheck], ...]


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
        """The numbers of the orders that missed more, by rule/channel/shop."""
        self._compiled: tuple[tuple[HealthRule, ...], dict[Where, Judges]] = ((), {})
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
        self._mark_impossible(change.key, state)
        for keeper in self.keepers.values():
            keeper.ordered(change)
        life = life_of(state)
        found = [(rule, check(life)) for rule, check in self._judges(state)]
        self._look(change.key, event.received_ms, found, happened_ms=event.occurred_ms)

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
            life = life_of(record.state)
            found = [(rule, check(life)) for rule, check in self._judges(record.state)]
            for rule, one in found:
                if one is not None and one.due_ms <= due_ms:
                    self._report_order(rule, key, one, due_ms)
            self._look(key, due_ms, found, is_due=True)
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
        limits: Limits = rule.parameters
        for other in rule.overrides:
            fits = (
                other.channel in (None, state.key.channel)
                and other.shop in (None, state.key.shop)
                and other.warehouse in (None, state.warehouse)
                and other.carrier in (None, state.carrier)
            )
            if fits:
                limits = {**limits, **other.parameters}
        return limits

    def wake_order(self, due_ms: int, number: int) -> None:
        """Call `look` of every keeper for this order then."""
        self.tables.deadlines.put(due_ms, number)

    def awaited(self, state: OrderState) -> list[tuple[HealthRule, Found]]:
        """What each rule about single orders waits for, or has waited for in vain."""
        life = life_of(state)
        found = ((rule, check(life)) for rule, check in self._judges(state))
        return [(rule, one) for rule, one in found if one is not None]

    def _look(
        self,
        key: OrderKey,
        now_ms: int,
        judged: Sequence[tuple[HealthRule, Found | None]],
        *,
        happened_ms: int = 0,
        is_due: bool = False,
    ) -> None:
        """End what is over, and set when the order is to be looked at next."""
        record = self.tables.orders.get(str(key))
        if record is None:
            return
        nearest: int | None = None
        for rule, found in judged:
            if found is None and not record.faults:
                continue
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
            record = self.tables.orders.get(str(key)) or record
            self.tables.deadlines.put(nearest, record.state.number)
            self.tables.orders.put(str(key), replace(record, wake=nearest))

    def _judges(self, state: OrderState) -> Judges:
        """The rules about single orders, each with its check under the limits of this order."""
        rules = self._rules()
        if self._compiled[0] is not rules:
            self._compiled = (rules, {})
        key = state.key
        where = (key.channel, key.shop, state.warehouse, state.carrier)
        known = self._compiled[1].get(where)
        if known is None:
            judges = ((rule, self._check(rule, self.limits(rule, state))) for rule in rules)
            known = tuple((rule, check) for rule, check in judges if check is not None)
            if len(self._compiled[1]) >= PLACES_MAX:
                self._compiled[1].clear()
            self._compiled[1][where] = known
        return known

    def _check(self, rule: HealthRule, limits: Limits) -> OrderCheck | None:
        """The check of a rule about single orders, None for what a keeper judges."""
        match rule.watches:
            case Check.ABSENCE:
                return partial(absence, Absence.of(limits))
            case Check.PROMISE:
                return partial(promise, Promise.of(limits))
            case Check.STATUS_MISMATCH:
                return partial(self._status_mismatch, StatusLimits.of(limits))
            case Check.AMOUNT_MISMATCH:
                return partial(amount_mismatch, AmountLimits.of(limits))
        return None

    def _status_mismatch(self, limits: StatusLimits, life: Life) -> Found | None:
        key = life.state.key
        told = self._heard.get(f"{key.channel}/{key.shop}")
        speaks = told is not None and Witness.WAREHOUSE in told
        return status_mismatch(limits, life, has_warehouse=speaks)

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
        silenced = self._silenced.get(name) or ()
        self._silenced.put(name, (*silenced, number)[-SILENCED_MAX:])
        return True

    def _learn_shop(self, change: Change) -> None:
        """Which facts, and which witnesses, this shop is known to tell."""
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
            for number in self._silenced.get(name) or ():
                key = self.tables.keys.get(str(number))
                record = None if key is None else self.tables.orders.get(str(key))
                if record is None:
                    continue
                faults = {one: cause for one, cause in record.faults.items() if one != rule.id}
                wake = now_ms + SETTLING_MS
                self.tables.deadlines.put(wake, number)
                self.tables.orders.put(str(key), replace(record, faults=faults, wake=wake))
            self._silenced.put(name, ())

    def _mark_impossible(self, key: OrderKey, state: OrderState) -> None:
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


def _is_another(found: Found, known: str, now_ms: int) -> bool:
    """Whether what was wrong is over, and something else may come to be."""
    return found.cause != known and found.due_ms > now_ms


def _subject(key: OrderKey) -> Subject:
    return Subject("order", key.order_id)
