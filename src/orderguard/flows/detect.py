"""Log entry → facts → features → hits → alert.

    event ─ derive ─► facts ─ enter ─► values ─ judge ─► hits ─ find ─► alerts, standings

Everything here is a function of the log: no clock is read, nothing is drawn, nothing is sent.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from orderguard.alerts import Finding, is_open, open_alert, regraded, with_hits
from orderguard.domain.alerts import (
    Alert,
    AlertKind,
    FeatureValue,
    Hit,
    Severity,
    Standing,
    Subject,
)
from orderguard.domain.entities import entity_keys, entity_type, is_merchant_wide
from orderguard.domain.entries import ListKind, ListName
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import RuleStatus
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import TimelineRow
from orderguard.flows.engine import CompiledRule, Engine
from orderguard.flows.tables import OrderRecord, RuleCount, ShopRecord, Tables
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders import OrderState, Told, derive, direct_fact, order_fact, order_key
from orderguard.scoring import Evidence, probability, score

JUDGED = frozenset({FactKind.PLACED, FactKind.PAID, FactKind.ADDRESS_CHANGED})
"""The facts at which an order is judged."""

NEW_DAYS = 30
"""A buyer counts as new for so long."""

WATCHED_MS_MIN = 7 * MS_PER_DAY
"""How long a shop must have been watched before a buyer never seen there counts as new."""

LISTED: dict[ListKind, str] = {
    ListKind.BUYER: "buyer_id",
    ListKind.DEVICE: "device_id",
    ListKind.PAYER: "payment_account",
    ListKind.PHONE: "buyer_phone_token",
    ListKind.ADDRESS: "ship_to_doorstep",
    ListKind.EMAIL: "buyer_email_token",
}

SEVERITIES = tuple(Severity)


class Detector:
    """Applies order events to the tables under one library at a time."""

    def __init__(self, tables: Tables, engine: Engine) -> None:
        self.tables = tables
        self.engine = engine
        self.offset = 0
        self._changes = 0
        self.touched: dict[str, int] = {}
        """Alerts that the entry at hand opened or changed, with the place of the last change."""

    def begin(self, offset: int) -> None:
        """A new entry is at hand."""
        self.offset = offset
        self.touched.clear()
        self._changes = 0

    def apply(self, event: OrderEvent) -> None:
        key = order_key(event)
        if key is None:
            fact = direct_fact(event)
            if fact is not None:
                self._enter(replace(fact, **self._extras(fact)))
            return
        record = self._record(key, event)
        state, told = derive(record.state, event)
        self.tables.orders.put(str(key), replace(record, state=state))
        self.tables.timeline.append(_timeline(key, self.offset, event))
        for one in told:
            if self.engine.features.wants(one.kind, one.amends):
                fact = self._fact(state, one, event.received_ms, event.id)
                self._enter(fact)

    def _record(self, key: OrderKey, event: OrderEvent) -> OrderRecord:
        record = self.tables.orders.get(str(key))
        if record is not None:
            return record
        progress = self.tables.progress
        number = progress.orders + 1
        self.tables.progress = replace(progress, orders=number)
        self.tables.keys.put(str(number), key)
        return OrderRecord(OrderState(key=key, number=number, first_ms=event.occurred_ms))

    def _fact(self, state: OrderState, told: Told, known_at: int, event_id: str) -> Fact:
        key = state.key
        shop = self._shop(state)
        fact = order_fact(
            key,
            state.number,
            state.members,
            told,
            known_at=known_at,
            event_id=event_id,
            currency=shop.currency,
            extras={},
        )
        return replace(fact, buyer_is_new=self._is_new(fact, shop), **self._extras(fact))

    def _is_new(self, fact: Fact, shop: ShopRecord) -> bool | None:
        """Whether the buyer registered lately; where the channel does not tell, ordered lately.

        The second is unknown until the shop has been watched for a while: at first all are new.
        """
        first = None
        if fact.buyer_id is not None:
            buyer = f"{fact.channel}/{fact.shop}/{fact.buyer_id}"
            first = self.tables.buyers.get(buyer)
            if first is None:
                first = fact.at
                self.tables.buyers.put(buyer, first)
        if fact.buyer_account_age_days is not None:
            return fact.buyer_account_age_days < NEW_DAYS
        if first is None or fact.at - shop.since < WATCHED_MS_MIN:
            return None
        return fact.at - first < NEW_DAYS * MS_PER_DAY

    def _shop(self, state: OrderState) -> ShopRecord:
        """A shop's currency is that of its first order."""
        name = f"{state.key.channel}/{state.key.shop}"
        shop = self.tables.shops.get(name)
        currency = state.members.get("order_currency")
        if shop is None or (shop.currency is None and currency is not None):
            shop = ShopRecord(shop.since if shop else state.first_ms, currency)
            self.tables.shops.put(name, shop)
        return shop

    def _extras(self, fact: Fact) -> dict[str, Any]:
        """What lists and relations add to a fact."""
        extras: dict[str, Any] = {}
        if fact.buyer_id is not None:
            household = self.tables.households.get(f"{fact.channel}/{fact.shop}/{fact.buyer_id}")
            extras["buyer_household"] = household or fact.buyer_id
        if len(self.tables.lists):
            on = self._lists(fact)
            extras["lists_allowed"] = frozenset(on[ListName.ALLOW])
            extras["lists_watched"] = frozenset(on[ListName.WATCH])
            extras["lists_blocked"] = bool(on[ListName.BLOCK])
        return extras

    def _lists(self, fact: Fact) -> dict[ListName, list[ListKind]]:
        found: dict[ListName, list[ListKind]] = {name: [] for name in ListName}
        values = [(kind, getattr(fact, field)) for kind, field in LISTED.items()]
        values += [(ListKind.IP, fact.device_ip), (ListKind.IP, fact.device_segment)]
        if fact.buyer_id is not None:
            buyer = f"{fact.channel}/{fact.shop}/{fact.buyer_id}"
            values.append((ListKind.BUYER, buyer))
        for kind, value in values:
            for name in ListName if value is not None else ():
                listed = self.tables.lists.get(f"{name}/{kind}/{value}")
                if listed and (listed.until_ms is None or fact.known_at < listed.until_ms):
                    found[name].append(kind)
        return found

    def _enter(self, fact: Fact) -> None:
        reading = self.engine.features.enter(fact)
        if fact.kind in JUDGED:
            self._judge(fact, reading.values, is_late=bool(reading.again))
        for number in reading.again:
            self._judge_again(number, fact)

    def _judge_again(self, number: int, late: Fact) -> None:
        """A late fact changed what this newer order must be judged by."""
        key = self.tables.keys.get(str(number))
        record = None if key is None else self.tables.orders.get(str(key))
        if record is None:
            return
        told = [(at, name) for name, at in record.state.told.items() if name in JUDGED]
        for at, name in sorted(told):
            fact = self._fact(record.state, Told(FactKind(name), at), late.known_at, late.event_id)
            self._judge(fact, self.engine.features.read(fact), is_late=True)

    def _judge(self, fact: Fact, values: list[FeatureValue], *, is_late: bool) -> None:
        for index, rank in self.engine.judge(fact, values):
            rule = self.engine.rules[index]
            if rule.keyed_by & fact.lists_allowed:
                continue
            severity = SEVERITIES[rank]
            if fact.lists_watched and severity.rank < Severity.HIGH.rank:
                severity = SEVERITIES[rank + 1]
            self._find(rule, fact, values, severity, is_late=is_late)

    def _find(
        self,
        rule: CompiledRule,
        fact: Fact,
        values: list[FeatureValue],
        severity: Severity,
        *,
        is_late: bool,
    ) -> None:
        subject, scope = self._subject(rule, fact)
        alert = self._open_alert(rule.rule.kind, subject, scope, fact.at)
        after = None
        if alert is not None and not is_late and _knows(alert, rule, severity, fact.at):
            after = alert.last_hit_at - 1
        orders = self._concerned(rule, fact, values, after)
        if not orders:
            return
        if rule.rule.status is not RuleStatus.LIVE:
            self._count(rule.rule.id, 0)
            return
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
        self._raise(alert, finding, rule, f"{scope}|{subject.type}|{subject.key}")

    def _subject(self, rule: CompiledRule, fact: Fact) -> tuple[Subject, str]:
        """Whom the alert is about, and the shop within which that means the same."""
        by = rule.rule.subject
        key = None
        if rule.subject_feature is not None:
            key = self.engine.features.key(rule.subject_feature, fact)
        if key is None:
            key = next(iter(entity_keys(by, fact)), fact.order_id or "")
        scope = "" if is_merchant_wide(by) else f"{fact.channel}/{fact.shop}"
        return Subject(entity_type(by), key), scope

    def _open_alert(self, kind: AlertKind, subject: Subject, scope: str, at: int) -> Alert | None:
        alert_id = self.tables.open_alerts.get(f"{kind}|{scope}|{subject.type}|{subject.key}")
        alert = None if alert_id is None else self.tables.alerts.get(alert_id)
        return alert if alert is not None and is_open(alert, at) else None

    def _concerned(
        self, rule: CompiledRule, fact: Fact, values: list[FeatureValue], after: int | None
    ) -> tuple[OrderKey, ...]:
        """The orders of the pattern; none where this order is only a bystander of it."""
        if not rule.concerns:
            return () if fact.order_id is None else (_key_of(fact),)
        numbers: set[int] = set()
        for feature_id, holds in rule.concerns:
            if holds is None or holds(fact, values):
                numbers.update(self.engine.features.orders(feature_id, fact, after))
        if fact.number is not None and fact.number not in numbers:
            return ()
        keys = (self.tables.keys.get(str(number)) for number in sorted(numbers))
        return tuple(key for key in keys if key is not None)

    def _hit(
        self, rule: CompiledRule, fact: Fact, values: list[FeatureValue], severity: Severity
    ) -> Hit:
        explanation, features, normal = self.engine.explain(rule, fact, values)
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

    def _raise(self, alert: Alert | None, finding: Finding, rule: CompiledRule, where: str) -> None:
        if alert is None:
            opened = open_alert(finding)
            alert = self.tables.alerts.get(opened.alert_id) or opened
            self.tables.open_alerts.put(f"{finding.kind}|{where}", alert.alert_id)
        before = alert
        alert, _ = with_hits(alert, finding)
        standings = [
            self._concern(key, alert, rule, finding.hit.severity) for key in finding.orders
        ]
        self._count(rule.rule.id, sum(is_new for _, is_new in standings))
        alert = regraded(alert, max((standing.score for standing, _ in standings), default=0))
        if alert.severity is not before.severity or len(alert.rules) > len(before.rules):
            self._spread(alert, alert.orders)
        else:
            self._spread(alert, finding.orders)
        self.save(alert)

    def _concern(
        self, key: OrderKey, alert: Alert, rule: CompiledRule, severity: Severity
    ) -> tuple[Standing, bool]:
        """The order's standing with this rule against it, and whether that rule is new."""
        record = self.tables.orders.get(str(key))
        if record is None:
            return Standing(), False
        standing = record.standing
        former = standing.hits.get(rule.rule.id)
        is_same = former is not None and former.rank >= severity.rank
        if is_same and alert.alert_id in standing.alerts:
            return standing, False
        hits = standing.hits if is_same else {**standing.hits, rule.rule.id: severity}
        standing = replace(
            standing,
            hits=hits,
            alerts=tuple(dict.fromkeys((*standing.alerts, alert.alert_id))),
            tags=tuple(sorted({rule_id.rpartition(".")[2] for rule_id in hits})),
            score=self.score(hits),
        )
        self.tables.orders.put(str(key), replace(record, standing=standing))
        self._regrade_others(standing, alert.alert_id)
        return standing, former is None

    def _regrade_others(self, standing: Standing, alert_id: str) -> None:
        """An order that scores higher may raise the other alerts that concern it."""
        for other_id in standing.alerts:
            other = self.tables.alerts.get(other_id)
            if other is not None and other_id != alert_id:
                risen = regraded(other, standing.score)
                if risen is not other:
                    self._spread(risen, risen.orders)
                    self.save(risen)

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

    def save(self, alert: Alert) -> None:
        self._changes += 1
        self.touched[alert.alert_id] = self._changes
        self.tables.put_alert(alert, (self.offset, self._changes))

    def _count(self, rule_id: str, orders: int) -> None:
        count = self.tables.rule_counts.get(rule_id) or RuleCount()
        self.tables.rule_counts.put(rule_id, RuleCount(count.hits + 1, count.orders + orders))


def _knows(alert: Alert, rule: CompiledRule, severity: Severity, at: int) -> bool:
    """Whether the alert has all orders of the pattern but those since its last hit."""
    is_told = rule.rule.id in alert.rules and alert.floor.rank >= severity.rank
    return is_told and at >= alert.last_hit_at


def _key_of(fact: Fact) -> OrderKey:
    assert fact.order_id is not None
    return OrderKey(fact.channel, fact.shop, fact.order_id)


def _timeline(key: OrderKey, offset: int, event: OrderEvent) -> TimelineRow:
    return TimelineRow(
        order=key,
        offset=offset,
        event_id=event.id,
        type=event.type_name or event.type,
        occurred_ms=event.occurred_ms,
        received_ms=event.received_ms,
    )
