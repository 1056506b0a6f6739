"""Findings in a few words."""

from collections.abc import Sequence

from orderguard.alerts import Finding
from orderguard.domain.alerts import AlertKind, Explanation, Hit, Severity, Subject
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_HOUR

BUYER = Subject("buyer", "hoarder")


def key(order_id: str) -> OrderKey:
    return OrderKey("standard", "demo", order_id)


def finding(
    orders: Sequence[str],
    *,
    at: int = 0,
    rule: str = "velocity.same_item_burst",
    severity: Severity = Severity.LOW,
    subject: Subject = BUYER,
    event_id: str = "evt_1",
    quiet_ms: int = MS_PER_HOUR,
) -> Finding:
    """The last of the orders completed the pattern; it was known at once."""
    last = orders[-1] if orders else None
    return Finding(
        kind=AlertKind.RISK,
        subject=subject,
        channel="standard",
        shop="demo",
        order=None if last is None else key(last),
        orders=tuple(key(order_id) for order_id in orders),
        hit=Hit(
            rule=rule,
            version="1",
            order_id=last,
            severity=severity,
            at=at,
            features={},
            normal={},
            explanation=Explanation(zh="", en=""),
        ),
        quiet_ms=quiet_ms,
        event_id=event_id,
        detected_at=at,
    )
