"""An alert as everybody outside sees it: in files, answers, the stream and messages."""

from typing import Any

from orderguard.domain.alerts import Alert, Hit
from orderguard.kit.clock import rfc3339

Json = dict[str, Any]


def alert_json(alert: Alert) -> Json:
    """One alert as a line of `alerts.jsonl`."""
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "subject": {"type": alert.subject.type, "key": alert.subject.key},
        "order_id": None if alert.order is None else alert.order.order_id,
        "order_ids": [key.order_id for key in alert.orders],
        "channel": alert.channel,
        "shop": alert.shop,
        "rules": list(alert.rules),
        "hits": [_hit_json(hit) for hit in alert.hits],
        "severity": alert.severity,
        "score": alert.score,
        "occurred_at": rfc3339(alert.occurred_at),
        "detected_at": rfc3339(alert.detected_at),
        "updated_at": rfc3339(alert.updated_at),
        "playbook": alert.playbook,
        "ended_at": None if alert.ending is None else rfc3339(alert.ending.at),
        "late_s": None if alert.ending is None else alert.ending.late_ms / 1000,
    }


def _hit_json(hit: Hit) -> Json:
    return {
        "rule": hit.rule,
        "version": hit.version,
        "order_id": hit.order_id,
        "features": hit.features,
        "normal": hit.normal,
        "explanation": {"zh": hit.explanation.zh, "en": hit.explanation.en},
    }
