"""Log entry → facts → features → hits → alert.

    event ─ derive ─► facts ─ enter ─► values ─ judge ─► hits ─ find ─► alerts, standings

Everything here is a function of the log: no clock is read, nothing is drawn, nothing is sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from orderguard.alerts import Finding, has_grown, is_open, open_alert, regraded, with_hit
from orderguard.domain.alerts import (
    Alert,
    AlertKind,
    FeatureValue,
    Hit,
    Severity,
    Standing,
    Subject,
)
from orderguard.domain.entities import Entity, entity_keys, entity_type, is_merchant_wide
from orderguard.domain.events import CheckoutData, OrderEvent
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.orders import OrderKey
from orderguard.domain.wording import RuleStatus
from orderguard.flows.attempts import WHERE, Attempts, is_challenged
from orderguard.flows.engine import JUDGED, CompiledRule, Engine
from orderguard.flows.facts import Facts
from orderguard.flows.health import Change
from orderguard.flows.tables import OrderRecord, RuleCount, Tables
from orderguard.orders import OrderState, Told, derive, order_key
from orderguard.profiles import ProfileKind, graded
from orderguard.scoring import Evidence, probability, score

SEVERITIES = tuple(Severity)

OnJudged = Callable[[Fact, Sequence[FeatureValue], Sequence[tuple[int, int]]], None]
"""A fact, the values that it was judged by, and (rule index, severity rank) of each hit."""


class Detector:
    """Applies order events to the tables under one library at a time."""

    def __init__(self, tables: Tables, engine: Engine) -> None:
        self.tables = tables
        self.facts = Facts(tables)
        self.engine = engine
        self.attempts = Attempts(tables, self._withdraw)
        self.offset = 0
        self._changes = 0
        self.touched: dict[str, int] = {}
        """Alerts that the entry at hand opened or changed, with the place of the last change."""
        self.grown: set[str] = set()
        """Those of them that opened, or whose orders or severity grew."""

        self.change: Change | None = None
        """What the event at hand did to its order."""
        self.on_judged: OnJudged | None = None
        """Told of each judgement, whatever comes of it."""

    def begin(self, offset: int) -> None:
        """A new entry is at hand."""
        self.offset = offset
        self.touched.clear()
        self.grown.clear()
        self.change = None
        self._changes = 0

    def apply(self, event: OrderEvent) -> None:
        if len(self.tables.pending):
            self.attempts.lapse(event.received_ms)
        key = order_key(event)
        if key is None:
            if isinstance(event.data, CheckoutData):
                self._attempt(event, event.data.attempt_id)
                return
            fact = self.facts.of_event(event)
            if fact is not None:
                self._enter(fact)
            return
        name = str(key)
        known = self.tables.orders.get(name)
        record = known or self._new_record(key, event)
        state, told = derive(record.state, event)
        self.tables.orders.put(name, replace(record, state=state))
        self.change = Change(key, None if known is None else known.state, state, told, event)
        self.tables.tell(key, self.offset, event)
        self.attempts.ordered(state, told)
        for one in told:
            if self.engine.wants(one.kind, one.amends):
                self._enter(self.facts.of_order(state, one, event.received_ms, event.id))

    def _attempt(self, event: OrderEvent, attempt_id: str) -> None:
        """Somebody is at the checkout; an attempt that is told again, or late, counts no more."""
        name = f"{event.channel}/{event.shop}/{attempt_id}"
        if self.attempts.is_known(name):
            return
        fact = self.facts.of_attempt(event, self.attempts.next_number())
        if fact is not None:
            self.attempts.open(name, fact)
            self._enter(fact)

    def _withdraw(self, fact: Fact) -> None:
        self.engine.features.withdraw(fact)

    def _new_record(self, key: OrderKey, event: OrderEvent) -> OrderRecord:
        self.tables.progress.orders += 1
        number = self.tables.progress.orders
        self.tables.keys.put(str(number), key)
        return OrderRecord(OrderState(key=key, number=number, first_ms=event.occurred_ms))

    def _enter(self, fact: Fact) -> None:
        reading = self.engine.features.enter(fact)
        if fact.kind in JUDGED:
            self._judge(fact, reading.values, is_late=bool(reading.again))
        for number in reading.again:
            self._judge_again(number, fact)

    def _judge_again(self, number: int, late: Fact) -> None:
        """A late fact changed what this newer order, or attempt, must be judged by."""
        attempt = self.attempts.fact(number)
        if attempt is not None:
            again = replace(attempt, known_at=late.known_at, event_id=late.event_id)
            self._judge(again, self.engine.features.read(again), is_late=True)
            return
        key = self.tables.keys.get(str(number))
        record = None if key is None else self.tables.orders.get(str(key))
        if record is None:
            return
        told = [(at, name) for name, at in record.state.told.items() if name in JUDGED]
        for at, name in sorted(told):
            told_again = Told(FactKind(name), at)
            fact = self.facts.of_order(record.state, told_again, late.known_at, late.event_id)
            self._judge(fact, self.engine.features.read(fact), is_late=True)

    def _judge(self, fact: Fact, values: list[FeatureValue], *, is_late: bool) -> None:
        against: dict[str, Severity] = {}
        hits = self.engine.judge(fact, values)
        if self.on_judged is not None:
            self.on_judged(fact, values, hits)
        for index, rank in hits:
            rule = self.engine.rules[index]
            if rule.keyed_by & fact.lists_allowed:
                continue
            severity = SEVERITIES[rank]
            if fact.lists_watched and severity.rank < Severity.HIGH.rank:
                severity = SEVERITIES[rank + 1]
            elif fact.profiles_good is not None:
                good = {ProfileKind(kind): n for kind, n in fact.profiles_good.items()}
                severity = graded(severity, _bad(fact), good, rule.rule.subject)
            if self._find(rule, fact, values, severity, is_late=is_late):
                against[rule.rule.id] = severity
        if fact.kind is FactKind.ATTEMPTED:
            self._judge_attempt(fact, against)

    def _judge_attempt(self, fact: Fact, against: dict[str, Severity]) -> None:
        """What stands against an attempt is kept for the answer.

        One that is stopped where it was made will be no order unless a person proves to be behind
        it. It goes on counting there, and nowhere else: a script behind one network must not make
        robots of all who want the same product.
        """
        assert fact.number is not None, "an attempt has a number"
        attempt = self.attempts.judged(fact.number, against, self.score(against))
        is_attack = any(
            severity is Severity.CRITICAL and {*self.engine.by_id[rule_id].rule.subject} == {*WHERE}
            for rule_id, severity in against.items()
        )
        is_stopped = is_attack or is_challenged(self.tables, attempt, fact.known_at)
        if is_stopped and not fact.lists_allowed:
            self.engine.features.withdraw(fact, keeping=Entity.SEGMENT)

    def _find(
        self,
        rule: CompiledRule,
        fact: Fact,
        values: list[FeatureValue],
        severity: Severity,
        *,
        is_late: bool,
    ) -> bool:
        """Whether the hit counts against the fact; if so, and it is an order's, an alert tells."""
        subject, scope = self._subject(rule, fact, values)
        alert = self._open_alert(rule.rule.kind, subject, scope, fact.at)
        known = None if alert is None or is_late else f"{alert.alert_id}|{severity}|"
        found = self._concerned(rule, fact, values, known)
        if found is None:
            return False
        orders, windows = found
        is_attempt = fact.kind is FactKind.ATTEMPTED
        if rule.rule.status is not RuleStatus.LIVE:
            self._count(rule.rule.id, 0)
            return False
        # People hear of attempts where many of them are an attack, else when one is an order.
        if is_attempt and (
            severity is not Severity.CRITICAL or rule.at_checkout or not subject.key
        ):
            return True
        finding = Finding(
            kind=rule.rule.kind,
            subject=subject,
            channel=fact.channel,
            shop=fact.shop,
            order=None if fact.order_id is None else _key_of(fact),
            orders=orders,
            hit=self._hit(rule, fact, values, severity),
            quiet_ms=rule.quiet_ms,
            event_id=fact.event_id,
            detected_at=fact.known_at,
        )
        alert_id = self._raise(alert, finding, rule, f"{scope}|{subject.type}|{subject.key}")
        for window in windows if not is_attempt else ():
            name = f"{alert_id}|{severity}|{window}"
            self.tables.reached.put(name, max(fact.at, self.tables.reached.get(name) or 0))
        return True

    def _subject(
        self, rule: CompiledRule, fact: Fact, values: list[FeatureValue]
    ) -> tuple[Subject, str]:
        """Whom the alert is about, and the shop within which that means the same."""
        by = rule.rule.subject
        seen = self._line_of(rule, fact, values) if len(fact.lines) > 1 else fact
        key = next(iter(entity_keys(by, seen)), fact.order_id or "")
        scope = "" if is_merchant_wide(by) else f"{fact.channel}/{fact.shop}"
        return Subject(entity_type(by), key), scope

    def _line_of(self, rule: CompiledRule, fact: Fact, values: list[FeatureValue]) -> Fact:
        """The fact with that line alone which the pattern is about."""
        for feature, holds in rule.tells_line:
            if holds is None or holds(fact, values):
                key = self.engine.features.key(feature.id, fact)
                for line in fact.lines:
                    alone = replace(fact, lines=(line,))
                    if key in entity_keys(feature.by, alone):
                        return alone
        return fact

    def _open_alert(self, kind: AlertKind, subject: Subject, scope: str, at: int) -> Alert | None:
        alert_id = self.tables.open_alerts.get(f"{kind}|{scope}|{subject.type}|{subject.key}")
        alert = None if alert_id is None else self.tables.alerts.get(alert_id)
        return alert if alert is not None and is_open(alert, at) else None

    def _concerned(
        self, rule: CompiledRule, fact: Fact, values: list[FeatureValue], known: str | None
    ) -> tuple[tuple[OrderKey, ...], list[str]] | None:
        """The orders of the pattern, and the windows that hold it, each with its key.

        None where this order is only a bystander of it; no order where all are attempts yet. With
        `known`, the prefix under which it is kept how far a window was told, only what came since.
        """
        if not rule.concerns:
            return (() if fact.order_id is None else (_key_of(fact),)), []
        features, numbers, windows = self.engine.features, set[int](), list[str]()
        for feature_id, holds in rule.concerns:
            if holds is None or holds(fact, values):
                window = f"{rule.rule.id}|{feature_id}|{features.key(feature_id, fact)}"
                reached = None if known is None else self.tables.reached.get(known + window)
                after = None if reached is None or fact.at < reached else reached - 1
                numbers.update(features.orders(feature_id, fact, after))
                windows.append(window)
        if fact.number is not None and fact.number not in numbers:
            return None
        keys = (self.tables.keys.get(str(number)) for number in sorted(numbers))
        return tuple(key for key in keys if key is not None), windows

    def _hit(
        self, rule: CompiledRule, fact: Fact, values: list[FeatureValue], severity: Severity
    ) -> Hit:
        explanation, features, normal = self.engine.explain(rule, fact, values)
        if fact.profiles_good is not None:
            remembered = {f"{kind}.confirmed_bad": n for kind, n in _bad(fact).items() if n}
            features = {**features, **remembered}
        return Hit(
            rule=rule.rule.id,
            version=rule.rule.version,
            order_id=fact.order_id,
            severity=severity,
            at=fact.at,
            features=features,
            normal=normal,
            explanation=explanation,
        )

    def _raise(self, alert: Alert | None, finding: Finding, rule: CompiledRule, where: str) -> str:
        """Open the alert or let it grow; its id."""
        before = alert
        if alert is None:
            opened = open_alert(finding)
            alert = self.tables.alerts.get(opened.alert_id) or opened
            self.tables.open_alerts.put(f"{finding.kind}|{where}", alert.alert_id)
        joining = tuple(key for key in finding.orders if not self._is_of(alert, key))
        alert = alert if before is None else with_hit(alert, finding, joining)
        concerned = [self._concern(key, alert, rule, finding) for key in finding.orders]
        self._count(rule.rule.id, sum(is_new for _, is_new in concerned))
        highest = max((standing.score for standing, _ in concerned), default=0)
        alert = regraded(alert, highest, finding.detected_at)
        is_wider = before is None or alert.severity is not before.severity
        self._spread(alert, alert.orders if is_wider else finding.orders)
        self.save(alert, has_grown=before is None or has_grown(alert, before))
        return alert.alert_id

    def _is_of(self, alert: Alert, key: OrderKey) -> bool:
        record = self.tables.orders.get(str(key))
        return record is not None and alert.alert_id in record.standing.alerts

    def _concern(
        self, key: OrderKey, alert: Alert, rule: CompiledRule, finding: Finding
    ) -> tuple[Standing, bool]:
        """The order's standing with this rule against it, and whether that rule is new."""
        record = self.tables.orders.get(str(key))
        if record is None:
            return Standing(), False
        standing, severity = record.standing, finding.hit.severity
        former = standing.hits.get(rule.rule.id)
        is_same = former is not None and former.rank >= severity.rank
        if is_same and alert.alert_id in standing.alerts:
            return standing, False
        hits = standing.hits if is_same else {**standing.hits, rule.rule.id: severity}
        standing = replace(
            standing,
            hits=hits,
            alerts=tuple(dict.fromkeys((*standing.alerts, alert.alert_id))),
            score=self.score(hits),
        )
        self.tables.orders.put(str(key), replace(record, standing=standing))
        self.tables.uncounted.orders[key] = None
        self._regrade_others(standing, alert.alert_id, finding.detected_at)
        return standing, former is None

    def _regrade_others(self, standing: Standing, alert_id: str, at: int) -> None:
        """An order that scores higher may raise the other alerts that concern it."""
        for other_id in standing.alerts:
            other = self.tables.alerts.get(other_id)
            if other is not None and other_id != alert_id:
                risen = regraded(other, standing.score, at)
                if risen is not other:
                    self._spread(risen, risen.orders)
                    self.save(risen, has_grown=has_grown(risen, other))

    def _spread(self, alert: Alert, orders: Iterable[OrderKey]) -> None:
        """An order stands as severe as the most severe alert of a kind that concerns it."""
        field = f"{alert.kind}_severity"
        for key in orders:
            record = self.tables.orders.get(str(key))
            if record is None:
                continue
            standing: Severity | None = getattr(record.standing, field)
            if standing is None or standing.rank < alert.severity.rank:
                raised = replace(record.standing, **{field: alert.severity})
                self.tables.orders.put(str(key), replace(record, standing=raised))
                self.tables.uncounted.orders[key] = None

    def score(self, hits: Mapping[str, Severity]) -> int:
        """The score of an order that these rules concern, each at its severity."""
        evidence = []
        for rule_id, severity in hits.items():
            rule = self.engine.by_id.get(rule_id)
            if rule is not None and rule.rule.kind is AlertKind.RISK:
                posterior = self.tables.posteriors.get(f"{rule_id}/{severity}")
                belief = probability(rule.rule.prior_at(severity), posterior)
                evidence.append(Evidence(rule.rule.group, belief))
        return score(evidence)

    def save(self, alert: Alert, *, has_grown: bool = False) -> None:
        if has_grown:
            self.grown.add(alert.alert_id)
        place = self.next_place()
        self.touched[alert.alert_id] = place[1]
        self.tables.put_alert(alert, place)

    def next_place(self) -> tuple[int, int]:
        """Where the next change stands among all changes: (offset, number within the entry)."""
        self._changes += 1
        return self.offset, self._changes

    def _count(self, rule_id: str, orders: int) -> None:
        count = self.tables.rule_counts.get(rule_id) or RuleCount()
        self.tables.rule_counts.put(rule_id, RuleCount(count.hits + 1, count.orders + orders))


def _key_of(fact: Fact) -> OrderKey:
    assert fact.order_id is not None
    return OrderKey(fact.channel, fact.shop, fact.order_id)


def _bad(fact: Fact) -> dict[ProfileKind, int]:
    """Orders found bad, by the kind of entity."""
    return {kind: getattr(fact, f"{kind}_confirmed_bad") for kind in ProfileKind}
