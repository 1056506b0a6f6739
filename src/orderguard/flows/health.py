"""Order health: what did not happen, what disagrees, what is there twice.

    order event ─► state ─► checks ─► the nearest instant ─► deadlines
                                │                                │ it passes
                       all is well again                         ▼
                                └───────► alert ends        checks ─► alert

An event never raises an alert about an order by itself: it sets the instant at which the order is
looked at. So what comes a moment later still counts, and a stop changes nothing. Other keepers
(stock, settlement) report what they find as soon as it is so.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.alerts import (
    Subject,
)
from orderguard.domain.events import OrderEvent
from orderguard.domain.health import SETTLING_MS, Check, HealthRule, ParameterValue
from orderguard.domain.orders import OrderKey
from orderguard.flows.health_alerts import Fault, HealthAlerts
from orderguard.flows.tables import Tables
from orderguard.orders import OrderState, Told
from orderguard.orders.health import Found, absence, amount_mismatch, promise, status_mismatch
from orderguard.orders.witnesses import Witness, impossible

WAKE_PREFIX = "health/"
IMPOSSIBLE_ORDER = "impossible_order"
"""The mark of an order whose facts cannot have happened in the order told."""

Limits = Mapping[str, ParameterValue]


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


OrderCheck = Callable[[Limits, OrderState], Found | None]
"""What is wrong with an order, or will be at an instant to come, under these limits."""


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
        self.keepers: dict[str, Keeper] = {}
        self.checks: dict[Check, OrderCheck] = {
            Check.ABSENCE: absence,
            Check.PROMISE: promise,
            Check.STATUS_MISMATCH: self._status_mismatch,
            Check.AMOUNT_MISMATCH: amount_mismatch,
        }

    def rules(self, check: Check) -> tuple[HealthRule, ...]:
        """The rules that judge by this check, in the order of the library."""
        return tuple(rule for rule in self._rules() if rule.watches is check)

    def wake(self, due_ms: int, keeper: str, name: str) -> None:
        """Call `fire(name)` of this keeper then; a later call for the same name replaces it."""
        full = f"{WAKE_PREFIX}{keeper}/{name}"
        self.tables.due.put(full, due_ms)
        self._wake(full, due_ms)

    def apply(self, change: Change) -> None:
        """An event spoke of an order."""
        self._learn_shop(change)
        self._mark_impossible(change.key, change.state)
        for keeper in self.keepers.values():
            keeper.ordered(change)
        self._look(change.key, change.event.received_ms, happened_ms=change.event.occurred_ms)

    def saw(self, event: OrderEvent) -> None:
        """An event that speaks of no order."""
        for keeper in self.keepers.values():
            keeper.saw(event)

    def fire(self, due_ms: int, number: int) -> None:
        """An order is to be looked at."""
        key = self.tables.keys.get(str(number))
        record = None if key is None else self.tables.orders.get(str(key))
        if key is None or record is None or record.wake != due_ms:
            return
        self.alerts.begin_fired()
        for rule, found in self._found(record.state):
            if found is not None and found.due_ms <= due_ms:
                self._report_order(rule, key, found, due_ms)
        self._look(key, due_ms, is_due=True)
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

    def _look(
        self, key: OrderKey, now_ms: int, *, happened_ms: int = 0, is_due: bool = False
    ) -> None:
        """End what is over, and set when the order is to be looked at next."""
        record = self.tables.orders.get(str(key))
        if record is None:
            return
        nearest: int | None = None
        for rule, found in self._found(record.state):
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

    def _found(self, state: OrderState) -> Iterator[tuple[HealthRule, Found | None]]:
        """What each rule about single orders finds, or will find if nothing comes."""
        for rule in self._rules():
            check = self.checks.get(rule.watches)
            if check is not None:
                limits = self.limits(rule, state) if rule.overrides else rule.parameters
                yield rule, check(limits, state)

    def _status_mismatch(self, limits: Limits, state: OrderState) -> Found | None:
        told = self.tables.heard.get(f"{state.key.channel}/{state.key.shop}")
        speaks = told is not None and Witness.WAREHOUSE in told
        return status_mismatch(limits, state, has_warehouse=speaks)

    def _report_order(self, rule: HealthRule, key: OrderKey, found: Found, now_ms: int) -> None:
        record = self.tables.orders.get(str(key))
        if record is None or record.faults.get(rule.id) == found.cause:
            return
        self.tables.orders.put(
            str(key), replace(record, faults={**record.faults, rule.id: found.cause})
        )
        if rule.watches is Check.ABSENCE and self._is_silent(rule, key):
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
        self.alerts.report(rule, fault, now_ms)

    def _end(self, rule: HealthRule, key: OrderKey, now_ms: int, happened_ms: int) -> None:
        record = self.tables.orders.get(str(key))
        if record is not None:
            faults = {name: cause for name, cause in record.faults.items() if name != rule.id}
            self.tables.orders.put(str(key), replace(record, faults=faults))
        self.alerts.settle(rule, _subject(key), key.channel, key.shop, now_ms, happened_ms)

    def _is_silent(self, rule: HealthRule, key: OrderKey) -> bool:
        """Whether the shop has never told what is waited for, however often that was missed."""
        expects, most = rule.parameters["expects"], rule.parameters["silent_after"]
        assert isinstance(expects, tuple)
        assert isinstance(most, int)
        name = f"{key.channel}/{key.shop}"
        if not (self.tables.heard.get(name) or frozenset()).isdisjoint(expects):
            return False
        missed = self.tables.missed.get(f"{rule.id}/{name}") or 0
        self.tables.missed.put(f"{rule.id}/{name}", missed + 1)
        return missed >= most

    def _learn_shop(self, change: Change) -> None:
        """Which facts, and which witnesses, this shop is known to tell."""
        name = f"{change.key.channel}/{change.key.shop}"
        known = self.tables.heard.get(name) or frozenset()
        told: set[str] = {one.kind for one in change.told}
        told |= change.state.words.keys()
        told |= {waiting.partition(":")[0] for waiting in change.state.waiting}
        if not told <= known:
            self.tables.heard.put(name, known | told)

    def _mark_impossible(self, key: OrderKey, state: OrderState) -> None:
        if impossible(state.instants) is None:
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
