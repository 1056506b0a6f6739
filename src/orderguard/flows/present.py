"""Alerts, orders and responses as everybody sees them: in files, answers and the stream."""

from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import TimelineRow
from orderguard.domain.telling import Json, alert_json
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import rfc3339
from orderguard.orders import status_of
from orderguard.responses import Run

__all__ = ["Json", "alert_json", "order_json", "run_json", "timeline_json"]


def order_json(record: OrderRecord) -> Json:
    """One order as a line of `orders.jsonl`."""
    key, standing = record.state.key, record.standing
    return {
        "order_id": key.order_id,
        "channel": key.channel,
        "shop": key.shop,
        "status": status_of(record.state),
        "risk_severity": standing.risk_severity,
        "health_severity": standing.health_severity,
        "score": standing.score,
        "rules": list(standing.rules),
        "tags": list(standing.tags),
        "held": standing.held,
    }


def run_json(run: Run) -> Json:
    """One run as a line of `responses.jsonl`."""
    return {
        "alert_id": run.alert_id,
        "playbook": run.playbook,
        "version": run.version,
        "steps": [
            {
                "step": step.step,
                "action": step.action,
                "state": step.state,
                "due_at": rfc3339(step.due_at),
                "order_ids": _ids(step.orders),
            }
            for step in run.steps
        ],
    }


def timeline_json(row: TimelineRow) -> Json:
    return {
        "event_id": row.event_id,
        "type": row.type,
        "occurred_at": rfc3339(row.occurred_ms),
        "received_at": rfc3339(row.received_ms),
    }


def _ids(keys: tuple[OrderKey, ...]) -> list[str]:
    return [key.order_id for key in keys]
