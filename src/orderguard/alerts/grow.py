"""How an alert comes to be and grows."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from orderguard.alerts.grade import grade
from orderguard.domain.alerts import Alert, AlertKind, Hit, Severity, Subject
from orderguard.domain.entities import BY_TYPE_JOIN, Entity
from orderguard.domain.orders import OrderKey
from orderguard.kit.ids import stable_id

ORDERS_MAX = 10_000
"""Orders that an alert names, the first that came."""

HITS_MAX = 100
"""Hits kept as evidence: the first and the newest."""

_TOKENS = frozenset({Entity.DOORSTEP, Entity.PHONE})


class Finding(Struct, frozen=True, kw_only=True):
    """One hit with the subject it is about and the orders it concerns.

    `quiet_ms` is how long the subject must be quiet for the alert to be over.
    """

    kind: AlertKind
    subject: Subject
    channel: str
    shop: str
    order: OrderKey | None
    orders: tuple[OrderKey, ...]
    hit: Hit
    quiet_ms: int
    event_id: str
    detected_at: int


def is_open(alert: Alert, at: int) -> bool:
    """Whether a hit at this instant still belongs to the alert."""
    return not alert.closed and at - alert.last_hit_at <= alert.quiet_ms


def open_alert(finding: Finding) -> Alert:
    """A new alert. Its id is made from the event that completed the pattern and the subject.

    Where the subject's key holds a token the order stands for it: tokens differ between
    installations.
    """
    hit = finding.hit
    key = finding.subject.key
    if not _TOKENS.isdisjoint(finding.subject.type.split(BY_TYPE_JOIN)):
        key = hit.order_id or ""
    return Alert(
        alert_id=stable_id(
            "alt",
            finding.kind,
            finding.channel,
            finding.shop,
            finding.event_id,
            hit.rule,
            finding.subject.type,
            key,
        ),
        kind=finding.kind,
        subject=finding.subject,
        channel=finding.channel,
        shop=finding.shop,
        order=finding.order,
        orders=finding.orders[:ORDERS_MAX],
        rules=(hit.rule,),
        hits=(hit,),
        floor=hit.severity,
        severity=hit.severity,
        score=0,
        occurred_at=hit.at,
        detected_at=finding.detected_at,
        updated_at=finding.detected_at,
        last_hit_at=hit.at,
        quiet_ms=finding.quiet_ms,
    )


def with_hit(alert: Alert, finding: Finding, joining: tuple[OrderKey, ...]) -> Alert:
    """The alert with one more hit.

    `joining` are the finding's orders that the alert does not have yet: who knows each order's
    alerts need not look through all orders of the alert.
    """
    hit = finding.hit
    added = joining[: ORDERS_MAX - len(alert.orders)]
    seen = any(old.rule == hit.rule and old.order_id == hit.order_id for old in alert.hits)
    rules = alert.rules if hit.rule in alert.rules else tuple(sorted((*alert.rules, hit.rule)))
    floor = max(alert.floor, hit.severity, key=_rank)
    is_news = bool(added) or rules != alert.rules or floor is not alert.floor
    return replace(
        alert,
        orders=(*alert.orders, *added) if added else alert.orders,
        rules=rules,
        hits=alert.hits if seen and floor is alert.floor else _kept(alert.hits, hit),
        floor=floor,
        last_hit_at=max(alert.last_hit_at, hit.at),
        quiet_ms=max(alert.quiet_ms, finding.quiet_ms),
        updated_at=finding.detected_at if is_news else alert.updated_at,
    )


def has_grown(alert: Alert, before: Alert) -> bool:
    """Whether people want to hear of it again: more orders, or more severe."""
    return len(alert.orders) > len(before.orders) or alert.severity is not before.severity


def regraded(alert: Alert, score: int, at: int) -> Alert:
    """The alert at the score of its highest order; a severity once reached stays."""
    highest = max(alert.score, score)
    severity = max(alert.severity, grade(alert.floor, highest), key=_rank)
    if highest == alert.score and severity is alert.severity:
        return alert
    return replace(alert, score=highest, severity=severity, updated_at=max(alert.updated_at, at))


def _rank(severity: Severity) -> int:
    return severity.rank


def _kept(hits: Sequence[Hit], hit: Hit) -> tuple[Hit, ...]:
    if len(hits) < HITS_MAX:
        return (*hits, hit)
    return (*hits[: HITS_MAX // 2], *hits[HITS_MAX // 2 + 1 :], hit)
