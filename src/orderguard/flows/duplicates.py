"""The same basket paid twice by the same buyer."""

from orderguard.domain.alerts import Subject
from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Change, Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.tables import OTHERS_CACHED_MAX
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.orders.health import basket

KEPT_MAX = 50
"""Orders of one basket that are remembered, the newest."""

_ENDED = (FactKind.CANCELLED, FactKind.CLOSED, FactKind.REFUND_SUCCEEDED)


class Duplicates:
    """Remembers which baskets were paid lately, and by which orders."""

    def __init__(self, health: Health) -> None:
        self._health, self._tables = health, health.tables
        self._baskets = self._tables.cached(
            "basket", tuple[tuple[int, OrderKey], ...], OTHERS_CACHED_MAX
        )
        """When which orders for the same basket of the same buyer were paid."""

    def ordered(self, change: Change) -> None:
        if not change.told:
            return
        told = {one.kind for one in change.told if one.amends is None}
        if FactKind.PAID in told:
            self._paid(change)
        if not told.isdisjoint(_ENDED):
            self._ended(change)

    def saw(self, event: OrderEvent) -> None:
        """Nothing else is about baskets."""

    def fire(self, name: str, due_ms: int) -> None:
        """Nothing is waited for."""

    def look(self, key: OrderKey, due_ms: int) -> None:
        """Nor here."""

    def _paid(self, change: Change) -> None:
        rules = self._health.rules(Check.PAID_TWICE)
        name = basket(change.state)
        if name is None or not rules or self._is_over(change.key):
            return
        paid_at = change.state.told[FactKind.PAID]
        others = [(at, key) for at, key in self._baskets.get(name) or () if key != change.key]
        kept = sorted([*others, (paid_at, change.key)])[-KEPT_MAX:]
        self._baskets.put(name, tuple(kept))
        for rule in rules:
            within = rule.duration("within")
            near = [
                (at, key)
                for at, key in others
                if abs(paid_at - at) <= within and not self._is_over(key)
            ]
            if near:
                self._report(rule, change, sorted([*near, (paid_at, change.key)]))

    def _report(self, rule: HealthRule, change: Change, pair: list[tuple[int, OrderKey]]) -> None:
        (first_at, first), (last_at, last) = pair[0], pair[-1]
        amount = change.state.members.get("order_amount")
        fault = Fault(
            subject=Subject("order", last.order_id),
            channel=last.channel,
            shop=last.shop,
            order=last,
            orders=tuple(key for _, key in pair),
            at=last_at,
            cause=f"{first.order_id}+{last.order_id}",
            values={
                "first": first.order_id,
                "minutes": round((last_at - first_at) / MS_PER_MINUTE, 1),
                "amount": None if amount is None else format(amount, "f"),
            },
        )
        self._health.alerts.report(rule, fault, change.event.received_ms)

    def _ended(self, change: Change) -> None:
        """One of the two is cancelled or paid back: the pair is none any more."""
        record = self._tables.orders.get(str(change.key))
        if record is None:
            return
        rules = {rule.id: rule for rule in self._health.rules(Check.PAID_TWICE)}
        for alert_id in record.standing.alerts:
            alert = self._tables.alerts.get(alert_id)
            if alert is None or alert.closed or alert.rules[0] not in rules:
                continue
            left = [key for key in alert.orders if not self._is_over(key)]
            if len(left) < 2:
                now_ms = change.event.received_ms
                rule = rules[alert.rules[0]]
                self._health.alerts.settle(rule, alert.subject, alert.channel, alert.shop, now_ms)

    def _is_over(self, key: OrderKey) -> bool:
        record = self._tables.orders.get(str(key))
        if record is None:
            return False
        return any(name.partition(":")[0] in _ENDED for name in record.state.instants)
