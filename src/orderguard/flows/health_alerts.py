"""The alerts of order health: opened, extended and ended by the rules that find fault."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from orderguard.alerts import ORDERS_MAX, Finding, has_grown, open_alert, with_hit
from orderguard.domain.alerts import Alert, AlertKind, Ending, FeatureValue, Hit, Subject
from orderguard.domain.health import HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.domain.wording import RuleStatus
from orderguard.flows.tables import RuleCount, Tables
from orderguard.rules import explain_fault

QUIET_MS = 2**62
"""A health alert is over when the fault is, never by silence."""
FIRED_FROM = 2_000_000
"""What falls due takes its places behind all changes that one entry can make."""


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


class HealthAlerts:
    """One open alert for each rule and subject.

    `news` has those that opened, grew or ended at the entry or deadline at hand, each with its
    place among all changes.
    """

    def __init__(self, tables: Tables, next_place: Callable[[], tuple[int, int]]) -> None:
        self.tables = tables
        self.news: dict[str, tuple[int, int]] = {}
        self._next_place = next_place
        self._place: tuple[int, int] | None = None

    def begin_fired(self) -> None:
        """What follows is of no entry: it takes its places behind the last one's."""
        self._place = (self.tables.cursor, FIRED_FROM)

    def end_fired(self) -> None:
        """What follows is of an entry again."""
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
        is_back = standing is None or standing.closed or is_new
        self._save(
            alert, has_grown=is_back or (standing is not None and has_grown(alert, standing))
        )

    def is_open(self, rule: HealthRule, subject: Subject, channel: str, shop: str) -> bool:
        """Whether the rule has an alert about the subject that has not ended."""
        alert = self._alert_at(_where(rule, subject, channel, shop))
        return alert is not None and not alert.closed

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

    def _count(self, rule_id: str, orders: int) -> None:
        count = self.tables.rule_counts.get(rule_id) or RuleCount()
        self.tables.rule_counts.put(rule_id, RuleCount(count.hits + 1, count.orders + orders))


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


def _where(rule: HealthRule, subject: Subject, channel: str, shop: str) -> str:
    """The place of the one open alert of a rule about a subject."""
    return f"health|{rule.id}|{channel}/{shop}|{subject.type}|{subject.key}"
