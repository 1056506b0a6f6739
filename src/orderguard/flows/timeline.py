"""All that is known of one order, in the order of time: what was told, found, done and awaited.

    what each witness told ─┐
    deadlines, alerts ──────┼─► entries by when they were known
    steps, locks ───────────┘

Entries that are no stored events have no `event_id`. What is still to come stands at its due time.
"""

from collections.abc import Iterable, Iterator

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.events import EventType
from orderguard.domain.facts import FactKind
from orderguard.domain.health import Check
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import TimelineRow
from orderguard.flows.fold import Fold
from orderguard.flows.present import Json, timeline_json
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import rfc3339
from orderguard.orders.witnesses import Witness, contradictions
from orderguard.responses import Run, StepState

BUYER = "buyer"
"""Who speaks by asking for something; no witness of how far the order has come."""

_WITNESSES: dict[str, str] = {
    EventType.SHIPMENT_IN_TRANSIT: Witness.CARRIER,
    EventType.SHIPMENT_DELIVERED: Witness.CARRIER,
    EventType.REFUND_REQUESTED: BUYER,
    EventType.DISPUTE_OPENED: BUYER,
    EventType.COMPLAINT_OPENED: BUYER,
    EventType.ENQUIRY_OPENED: BUYER,
    EventType.CHECKOUT_ATTEMPTED: BUYER,
}
_FAMILIES: dict[str, str] = {
    "shipment": Witness.WAREHOUSE,
    "return": Witness.WAREHOUSE,
    "settlement": Witness.FINANCE,
}
_FACTS: dict[str, FactKind] = {
    EventType.ORDER_CREATED: FactKind.PLACED,
    EventType.ORDER_PAID: FactKind.PAID,
    EventType.ORDER_COMPLETED: FactKind.COMPLETED,
    EventType.SHIPMENT_REQUESTED: FactKind.REQUESTED,
    EventType.SHIPMENT_PICKED: FactKind.PICKED,
    EventType.SHIPMENT_SHIPPED: FactKind.SHIPPED,
    EventType.SHIPMENT_IN_TRANSIT: FactKind.IN_TRANSIT,
    EventType.SHIPMENT_DELIVERED: FactKind.DELIVERED,
}
"""The facts that may be told in an order that cannot be, by the type that tells them."""
_TAKEN = frozenset({StepState.DONE, StepState.DUE, StepState.WOULD_DO})
"""States of steps whose time has come."""

_OF_ORDERS = frozenset({Check.ABSENCE, Check.PROMISE, Check.STATUS_MISMATCH, Check.AMOUNT_MISMATCH})
"""Checks that set a deadline to a single order."""

Entry = tuple[int, Json]
"""When it was known, or will be (ms), and what is shown of it."""


def witness_of(event_type: str) -> str:
    """Who tells such an event: `channel`, `warehouse`, `carrier`, `finance` or `buyer`."""
    family = event_type.partition(".")[0]
    return str(_WITNESSES.get(event_type) or _FAMILIES.get(family, Witness.CHANNEL))


def order_timeline(
    fold: Fold, record: OrderRecord, rows: Iterable[TimelineRow], alerts: Iterable[Alert]
) -> list[Json]:
    """The entries of one order; `alerts` are those that concern it."""
    key, alerts = record.state.key, list(alerts)
    entries = list(_events(record, rows))
    entries += _deadlines(fold, alerts)
    for alert in alerts:
        entries += _alert(alert)
        run = fold.tables.runs.get(alert.alert_id)
        entries += () if run is None else _steps(run, key)
    entries += _locks(fold, key)
    entries.sort(key=lambda entry: entry[0])  # Stable: what was told comes before what came of it.
    return [entry for _, entry in entries]


def _events(record: OrderRecord, rows: Iterable[TimelineRow]) -> Iterator[Entry]:
    against: dict[str, list[str]] = {}
    instants, paid_at = record.state.instants, record.state.members.get("paid_at")
    if paid_at is not None and FactKind.COMPLETED in instants:
        # What is completed is paid by then, whatever else is told of the payment.
        instants = {**instants, FactKind.PAID: paid_at}
    for first, second in contradictions(instants):
        against.setdefault(first, []).append(second)
        against.setdefault(second, []).append(first)
    for row in rows:
        fact = _FACTS.get(row.type)
        told = {
            **timeline_json(row),
            "witness": witness_of(row.type),
            "contradicts": [] if fact is None else against.get(fact, []),
        }
        yield row.received_ms, told


def order_deadlines(fold: Fold, record: OrderRecord, alerts: Iterable[Alert]) -> list[Json]:
    """What is waited for, the nearest first; `alerts` are those that concern the order."""
    told = {(alert.rules[0], alert.occurred_at) for alert in alerts}
    awaited = [
        _deadline(rule.id, found.due_ms, "pending", None)
        for rule, found in fold.health.awaited(record.state)
        if (rule.id, found.due_ms) not in told
    ]
    return [entry for _, entry in sorted(awaited, key=lambda entry: entry[0])]


def _deadlines(fold: Fold, alerts: list[Alert]) -> Iterator[Entry]:
    """Those that passed, by the alerts that they raised."""
    by_order = {rule.id for rule in fold.engine.library.health if rule.watches in _OF_ORDERS}
    for alert in alerts:
        rule_id = alert.rules[0]
        if alert.kind is AlertKind.HEALTH and rule_id in by_order:
            yield _deadline(rule_id, alert.occurred_at, "passed", alert.alert_id)


def _deadline(rule_id: str, due_ms: int, state: str, alert_id: str | None) -> Entry:
    return due_ms, {
        **_own(f"deadline.{state}", due_ms),
        "rule": rule_id,
        "alert_id": alert_id,
    }


def _alert(alert: Alert) -> Iterator[Entry]:
    told = {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "rules": list(alert.rules),
        "severity": alert.severity,
    }
    opened = {**_own("alert.opened", alert.occurred_at, alert.detected_at), **told}
    yield alert.detected_at, opened
    if alert.ending is not None:
        late_s = alert.ending.late_ms / 1000
        yield alert.ending.at, {**_own("alert.ended", alert.ending.at), **told, "late_s": late_s}


def _steps(run: Run, key: OrderKey) -> Iterator[Entry]:
    """What a run did for the order, or would have done."""
    for step in run.steps:
        if step.state in _TAKEN and key in step.orders:
            told = {"alert_id": run.alert_id, "state": step.state}
            yield step.due_at, {**_own(f"response.{step.action}", step.due_at), **told}


def _locks(fold: Fold, key: OrderKey) -> Iterator[Entry]:
    for lock in fold.ledger.of_order(key):
        told = {
            "alert_id": lock.alert_id,
            "lock": lock.number,
            "units": lock.units,
            "shadow": lock.is_shadow,
            "end": None,
        }
        yield lock.locked_at, {**_own("lock.stands", lock.locked_at), **told}
        if lock.ended_at is not None:
            ended = {**_own("lock.ended", lock.ended_at), **told, "end": lock.end}
            yield lock.ended_at, ended


def _own(kind: str, occurred_ms: int, known_ms: int | None = None) -> Json:
    """The members that every entry has, of one that is no stored event."""
    return {
        "event_id": None,
        "type": kind,
        "occurred_at": rfc3339(occurred_ms),
        "received_at": rfc3339(occurred_ms if known_ms is None else known_ms),
    }
