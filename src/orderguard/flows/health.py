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

from orderguard.alerts import ORDERS_MAX, Finding, has_grown, open_alert, with_hit
from orderguard.domain.alerts import (
    Alert,
    AlertKind,
    Ending,
    FeatureValue,
    Hit,
    Subject,
)
from orderguard.domain.events import OrderEvent
from orderguard.domain.health import SETTLING_MS, Check, HealthRule, ParameterValue
from orderguard.domain.orders import OrderKey
from orderguard.domain.wording import RuleStatus
from orderguard.flows.tables import RuleCount, Tables
from orderguard.orders import OrderState, Told
from orderguard.orders.health import Found, absence, amount_mismatch, promise, status_mismatch
from orderguard.orders.witnesses import Witness, impossible
from orderguard.rules import explain_fault

QUIET_MS = 2**62
"""A health alert is over when the fault is, never by silence."""
FIRED_FROM = 2_000_000
"""What falls due takes its places behind all changes that one entry can make."""
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


class Fault(Struct, frozen=True, kw_only=True):
    """Something is wrong with a subject.

    `at` is when it became so (ms), `cause` a text from which the alert's id is made: the same for
    the same fault in every run. `values` are the rule's evidence, by name. `is_exact`: it concerns
    these orders and no others any more, not these besides those before.
    """

    subject: Subject
    channel: str
    shop: str
    order: OrderKey | None
    orders: tuple[OrderKey, ...]
    at: int
    cause: str
    values: dict[str, FeatureValue]
    is_exact: bool = False


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
    """Judges orders by the health rules of the library; opens, extends and ends health alerts.

    `news` has the alerts that opened, grew or ended at the entry or deadline at hand, each with
    its place among all changes.
    """

    def __init__(
        self,
        tables: Tables,
        rules: Callable[[], tuple[HealthRule, ...]],
        next_place: Callable[[], tuple[int, int]],
        wake: Callable[[str, int], None],
    ) -> None:
        self.tables = tables
        self._rules, self._next_place, self._wake = rules, next_place, wake
        self.keepers: dict[str, Keeper] = {}
        self.checks: dict[Check, OrderCheck] = {
            Check.ABSENCE: absence,
            Check.PROMISE: promise,
            Check.STATUS_MISMATCH: self._status_mismatch,
            Check.AMOUNT_MISMATCH: amount_mismatch,
        }
        self.news: dict[str, tuple[int, int]] = {}
        self._place: tuple[int, int] | None = None

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
        self._begin_fired()
        for rule, found in self._found(record.state):
            if found is not None and found.due_ms <= due_ms:
                self._report_order(rule, key, found, due_ms)
        self._look(key, due_ms, is_due=True)
        self._place = None

    def fire_wake(self, full: str, due_ms: int) -> None:
        """A wake of a keeper falls due."""
        self.tables.due.drop(full)
        keeper, _, name = full.removeprefix(WAKE_PREFIX).partition("/")
        self._begin_fired()
        if keeper in self.keepers:
            self.keepers[keeper].fire(name, due_ms)
        self._place = None

    def report(self, rule: HealthRule, fault: Fault, now_ms: int) -> None:
        """Open the alert of (rule, subject), or extend it; nothing happens twice."""
        if rule.status is not RuleStatus.LIVE:
            self._count(rule.id, 0)
            return
        where = _where(rule, fault.subject, fault.channel, fault.shop)
        finding = self._finding(rule, fault, now_ms)
        standing = self._alert_at(where)
        if standing is None or standing.closed:
            alert = self._opened(finding)
            self.tables.open_alerts.put(where, alert.alert_id)
        else:
            alert = _extended(standing, finding, is_exact=fault.is_exact)
            if alert == replace(standing, last_hit_at=alert.last_hit_at):
                return
        new = [key for key in fault.orders if self._concern(key, alert, rule)]
        self._count(rule.id, len(new))
        is_new = standing is None or alert.alert_id != standing.alert_id
        self._save(alert, has_grown=is_new or standing is None or has_grown(alert, standing))

    def settle(
        self,
        rule: HealthRule,
        subject: Subject,
        channel: str,
        shop: str,
        now_ms: int,
        happened_ms: int | None = None,
    ) -> None:
        """What was wrong with the subject is no more: the alert of (rule, subject) ends.

        `happened_ms`: when it was mended, where that became known later.
        """
        alert = self._alert_at(_where(rule, subject, channel, shop))
        if alert is not None and not alert.closed:
            mended_ms = now_ms if happened_ms is None else happened_ms
            ending = Ending(at=now_ms, late_ms=max(0, mended_ms - alert.occurred_at))
            ended = replace(alert, closed=True, ending=ending, updated_at=now_ms)
            self._save(ended, has_grown=True)

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
        self.report(rule, fault, now_ms)

    def _end(self, rule: HealthRule, key: OrderKey, now_ms: int, happened_ms: int) -> None:
        record = self.tables.orders.get(str(key))
        if record is not None:
            faults = {name: cause for name, cause in record.faults.items() if name != rule.id}
            self.tables.orders.put(str(key), replace(record, faults=faults))
        self.settle(rule, _subject(key), key.channel, key.shop, now_ms, happened_ms)

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

    def _finding(self, rule: HealthRule, fault: Fault, now_ms: int) -> Finding:
        hit = Hit(
            rule=rule.id,
            version=rule.version,
            order_id=None if fault.order is None else fault.order.order_id,
            severity=rule.severity,
            at=fault.at,
            features=fault.values,
            normal={},
            explanation=explain_fault(rule, fault.values),
        )
        return Finding(
            kind=AlertKind.HEALTH,
            subject=fault.subject,
            channel=fault.channel,
            shop=fault.shop,
            order=fault.order,
            orders=fault.orders,
            hit=hit,
            quiet_ms=QUIET_MS,
            event_id=fault.cause,
            detected_at=now_ms,
        )

    def _opened(self, finding: Finding) -> Alert:
        """A new alert; the same fault once more opens its old one again."""
        opened = open_alert(finding)
        known = self.tables.alerts.get(opened.alert_id)
        if known is None:
            return opened
        return replace(_extended(known, finding, is_exact=True), closed=False, ending=None)

    def _alert_at(self, where: str) -> Alert | None:
        alert_id = self.tables.open_alerts.get(where)
        return None if alert_id is None else self.tables.alerts.get(alert_id)

    def _concern(self, key: OrderKey, alert: Alert, rule: HealthRule) -> bool:
        """Put the alert down to the order; whether the rule is new to it."""
        record = self.tables.orders.get(str(key))
        if record is None:
            return False
        standing = record.standing
        is_new = rule.id not in standing.ailments
        if not is_new and alert.alert_id in standing.alerts:
            return False
        severity = standing.health_severity
        if severity is None or severity.rank < rule.severity.rank:
            severity = rule.severity
        standing = replace(
            standing,
            ailments={**standing.ailments, rule.id: rule.severity},
            alerts=tuple(dict.fromkeys((*standing.alerts, alert.alert_id))),
            health_severity=severity,
        )
        self.tables.orders.put(str(key), replace(record, standing=standing))
        return is_new

    def _save(self, alert: Alert, *, has_grown: bool) -> None:
        place = self._place or self._next_place()
        if self._place is not None:
            self.tables.progress.fired += 1
            self._place = (place[0], FIRED_FROM + self.tables.progress.fired)
            place = self._place
        self.tables.put_alert(alert, place)
        if has_grown:
            self.news[alert.alert_id] = place

    def _begin_fired(self) -> None:
        """What follows is of no entry: it takes its places behind the last one's."""
        self._place = (self.tables.cursor, FIRED_FROM)

    def _count(self, rule_id: str, orders: int) -> None:
        count = self.tables.rule_counts.get(rule_id) or RuleCount()
        self.tables.rule_counts.put(rule_id, RuleCount(count.hits + 1, count.orders + orders))


def _is_another(found: Found, known: str, now_ms: int) -> bool:
    """Whether what was wrong is over, and something else may come to be."""
    return found.cause != known and found.due_ms > now_ms


def _extended(alert: Alert, finding: Finding, *, is_exact: bool) -> Alert:
    """The alert with the fault as it is now; the newest evidence stands for all before it."""
    known = frozenset(alert.orders)
    grown = with_hit(alert, finding, tuple(key for key in finding.orders if key not in known))
    if is_exact and grown.orders != finding.orders:
        grown = replace(grown, orders=finding.orders[:ORDERS_MAX])
    if grown.hits[-1].features != finding.hit.features:
        grown = replace(grown, hits=(*grown.hits[:-1], finding.hit))
    is_news = grown.orders != alert.orders or grown.hits != alert.hits
    return replace(grown, updated_at=finding.detected_at) if is_news else grown


def _subject(key: OrderKey) -> Subject:
    return Subject("order", key.order_id)


def _where(rule: HealthRule, subject: Subject, channel: str, shop: str) -> str:
    """The place of the one open alert of a rule about a subject."""
    return f"health|{rule.id}|{channel}/{shop}|{subject.type}|{subject.key}"
