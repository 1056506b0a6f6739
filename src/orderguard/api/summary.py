"""GET /api/v1/metrics/summary: what can be measured now of the results that product.md names."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import Summary
from orderguard.api.tally import DAYS_MAX, Tally
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339
from orderguard.kit.days import day_name, day_of

router = APIRouter(prefix="/metrics", tags=["metrics"], dependencies=[Depends(signed_in)])


@router.get("/summary", response_model=Summary)
async def summarise(
    context: Given, days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 31
) -> Response:
    """Orders, alerts and shares, in all and for each of the last days (at +08:00).

    An order and an alert belong to the day on which we first heard of them.
    """
    tally, fold = context.tally, context.live.fold
    await tally.catch_up()
    progress = fold.tables.progress
    today = day_of(fold.clock_ms)
    span = range(today - days + 1, today + 1)
    orders = await tally.orders_of_days(span)
    risk_orders = _by_severity(tally, AlertKind.RISK)
    return answer(
        {
            "as_of": rfc3339(fold.clock_ms),
            "orders": progress.orders,
            "events": progress.events,
            "alerts": {
                kind: {severity: tally.alerts[kind, severity] for severity in Severity}
                for kind in AlertKind
            },
            "risk_orders": sum(risk_orders.values()),
            "health_orders": sum(_by_severity(tally, AlertKind.HEALTH).values()),
            "risk_orders_by_severity": risk_orders,
            "risk_share_by_severity": {
                severity: count / max(progress.orders, 1) for severity, count in risk_orders.items()
            },
            "rules": {
                rule: {"hits": count.hits, "orders": count.orders}
                for rule, count in sorted(fold.tables.rule_counts.items())
            },
            "days": [
                {
                    "day": day_name(day),
                    "orders": count,
                    "risk_alerts": tally.alerts_of_day[AlertKind.RISK, day],
                    "health_alerts": tally.alerts_of_day[AlertKind.HEALTH, day],
                }
                for day, count in zip(span, orders, strict=True)
            ],
        }
    )


def _by_severity(tally: Tally, kind: AlertKind) -> Json:
    return {severity: tally.orders[kind, severity] for severity in Severity}
