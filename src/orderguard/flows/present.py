"""Alerts, orders and responses as everybody sees them: in files, answers and the stream."""

from orderguard.domain.cases import Case
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import TimelineRow
from orderguard.domain.telling import Json, alert_json
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import rfc3339
from orderguard.orders import status_of
from orderguard.responses import Run, RunStep

__all__ = ["Json", "alert_json", "case_json", "order_json", "run_json", "timeline_json"]


def case_json(case: Case) -> Json:
    """One case, without what belongs to its alerts."""
    decision = case.decision
    return {
        "case_id": case.case_id,
        "alert_ids": list(case.alert_ids),
        "order_ids": _ids(case.orders),
        "severity": case.severity,
        "status": case.status,
        "disposition": None if decision is None else decision.disposition,
        "action": None if decision is None else decision.action,
        "comment": None if decision is None else decision.comment,
        "created_at": rfc3339(case.created_at),
        "updated_at": rfc3339(case.updated_at),
        "kind": case.kind,
        "inbox": case.inbox,
        "assignee": case.assignee or None,
        "due_at": rfc3339(case.due_at),
        "escalations": case.escalations,
        "decided_by": None if decision is None else decision.by,
        "decided_at": None if decision is None else rfc3339(decision.at),
        "undo_until": None if decision is None else rfc3339(decision.acts_at),
        "comments": [
            {"by": said.by, "at": rfc3339(said.at), "text": said.text} for said in case.comments
        ],
        "checks": [
            {
                "by": check.by,
                "at": rfc3339(check.at),
                "kind": check.kind,
                "has_passed": check.has_passed,
                "detail": check.detail,
            }
            for check in case.checks
        ],
        "merged_into": case.merged_into,
    }


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
        "steps": [_step_json(step) for step in run.steps],
    }


def _step_json(step: RunStep) -> Json:
    """A step, and where something was asked of the outside what came of it, portion by portion."""
    told: Json = {
        "step": step.step,
        "action": step.action,
        "state": step.state,
        "due_at": rfc3339(step.due_at),
        "order_ids": _ids(step.orders),
    }
    sent = [portion for portion in step.portions if portion.key]
    if sent:
        told["sent"] = [
            {
                "key": portion.key,
                "state": portion.state,
                "outcome": portion.outcome,
                "answer": portion.answer,
                "reference": portion.reference,
                "detail": portion.detail,
                "order_ids": _ids(step.orders[portion.first : portion.end]),
            }
            for portion in sent
        ]
    if step.waits_for:
        told["waits_for"] = step.waits_for
    if step.stopped:
        told["stopped"] = step.stopped
    return told


def timeline_json(row: TimelineRow) -> Json:
    return {
        "event_id": row.event_id,
        "type": row.type,
        "occurred_at": rfc3339(row.occurred_ms),
        "received_at": rfc3339(row.received_ms),
    }


def _ids(keys: tuple[OrderKey, ...]) -> list[str]:
    return [key.order_id for key in keys]
