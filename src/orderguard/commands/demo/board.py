"""What the server has said so far, held against the truth."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from orderguard.commands.demo.children import KnownOrder
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.simulate.sale import HISTORY
from orderguard.simulate.showcase import Attack


class SeenAlert(Struct, frozen=True):
    """What is read of an alert."""

    alert_id: str
    kind: AlertKind
    severity: Severity
    playbook: str | None
    order_id: str | None
    order_ids: tuple[str, ...]
    detected_at: str
    updated_at: str


@dataclass(slots=True)
class Standing:
    """What the server thinks of an order; `severity` is that of its worst risk alert."""

    severity: Severity
    held: bool


@dataclass(slots=True)
class Tally:
    """Orders told; of them those in a risk alert, those at medium or above, those held."""

    orders: int = 0
    flagged: int = 0
    medium: int = 0
    held: int = 0
    fen: int = 0
    held_fen: int = 0

    def add(self, other: "Tally") -> None:
        self.orders += other.orders
        self.flagged += other.flagged
        self.medium += other.medium
        self.held += other.held
        self.fen += other.fen
        self.held_fen += other.held_fen


@dataclass(frozen=True, slots=True)
class Count:
    """The orders of the sale, by kind; the orders of the history count nowhere."""

    bad: Mapping[str, Tally]
    honest: Mapping[str, Tally]

    @property
    def all_bad(self) -> Tally:
        return _sum(self.bad.values())

    @property
    def all_honest(self) -> Tally:
        return _sum(self.honest.values())


@dataclass(frozen=True, slots=True)
class AttackSeen:
    """How many orders of the attack are told, are in a risk alert, and are held."""

    orders: int
    seen: int
    flagged: int
    held: int


class Board:
    """An order counts once its first event is durable. `holding`: the playbooks that hold."""

    def __init__(
        self, orders: Sequence[KnownOrder], attack: Attack, holding: Collection[str]
    ) -> None:
        self.attack = attack
        self.alerts: dict[str, SeenAlert] = {}
        self.attack_held_at: str | None = None
        """When an alert that holds first concerned an order of the attack."""
        self._attackers = frozenset(attack.order_ids)
        self._orders, self._holding = orders, frozenset(holding)
        self._told: dict[str, KnownOrder] = {}
        self._standings: dict[str, Standing] = {}
        self._bad: dict[str, Tally] = {}
        self._honest: dict[str, Tally] = {}

    def arrived(self, arrivals: int) -> None:
        """So many arrivals are durable."""
        while len(self._told) < len(self._orders):
            order = self._orders[len(self._told)]
            if order.place >= arrivals:
                break
            self._told[order.order_id] = order
            tally = self._kinds(order).setdefault(order.kind, Tally())
            tally.orders += 1
            tally.fen += order.amount_fen

    def raised(self, alert: SeenAlert) -> None:
        """An alert opened or grew, or is told once more."""
        self.alerts[alert.alert_id] = alert
        if alert.kind is not AlertKind.RISK:
            return
        holds = alert.playbook in self._holding
        if (
            holds
            and self.attack_held_at is None
            and not self._attackers.isdisjoint(alert.order_ids)
        ):
            self.attack_held_at = alert.updated_at
        for order_id in alert.order_ids:
            standing = self._standings.setdefault(order_id, Standing(alert.severity, holds))
            standing.held |= holds
            if standing.severity.rank < alert.severity.rank:
                standing.severity = alert.severity

    def sale_order(self, order_id: str) -> KnownOrder | None:
        """An order of the sale that was told."""
        order = self._told.get(order_id)
        return None if order is None or order.kind == HISTORY.name else order

    @property
    def orders(self) -> int:
        """Those told, the history included."""
        return len(self._told)

    @property
    def history_orders(self) -> int:
        """Of them, those that no figure counts."""
        history = self._honest.get(HISTORY.name)
        return history.orders if history else 0

    @property
    def by_severity(self) -> Counter[tuple[AlertKind, Severity]]:
        """Alerts."""
        return Counter((alert.kind, alert.severity) for alert in self.alerts.values())

    def attack_seen(self) -> AttackSeen:
        ids = self.attack.order_ids
        standings = [self._standings.get(order_id) for order_id in ids if order_id in self._told]
        return AttackSeen(
            orders=len(ids),
            seen=len(standings),
            flagged=sum(standing is not None for standing in standings),
            held=sum(standing is not None and standing.held for standing in standings),
        )

    def count(self) -> Count:
        """Everything of now."""
        for tally in (*self._bad.values(), *self._honest.values()):
            tally.flagged = tally.medium = tally.held = tally.held_fen = 0
        for order_id, standing in self._standings.items():
            order = self._told.get(order_id)
            if order is None:
                continue
            tally = self._kinds(order)[order.kind]
            tally.flagged += 1
            tally.medium += standing.severity.rank >= Severity.MEDIUM.rank
            if standing.held:
                tally.held += 1
                tally.held_fen += order.amount_fen
        honest = {kind: one for kind, one in self._honest.items() if kind != HISTORY.name}
        return Count(self._bad, honest)

    def _kinds(self, order: KnownOrder) -> dict[str, Tally]:
        return self._bad if order.bad else self._honest


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total
