"""GET /api/v1/metrics/summary: counts, and the table of results by day, sale or shop."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.result_shapes import Summary
from orderguard.api.results_json import From, Shop, Until, read_report, report_json
from orderguard.api.tally import DAYS_MAX, Tally
from orderguard.domain.alerts import AlertKind, Severity
from orderguard.flows.present import Json
from orderguard.flows.results_view import By
from orderguard.kit.clock import rfc3339
from orderguard.kit.days import day_name, day_of

Days = Annotated[int, Query(ge=1, le=DAYS_MAX, description="Counted back from `until`")]

router = APIRouter(prefix="/metrics", tags=["metrics"], dependencies=[Depends(signed_in)])


@router.get("/summary", response_model=Summary)
async def summarise(
    context: Given,
    days: Days = 31,
    since: From = None,
    until: Until = None,
    shop: Shop = None,
    by: By = By.DAY,
) -> Response:
    """Orders, alerts and shares, in all and for each of the last days; and the table of results.

    In `days` an order and an alert belong to the day (at +08:00) on which we first heard of them.
    In `results`, which alone `from`, `until`, `shop` and `by` are about, an order belongs to when
    it was placed, and a day is one of its shop's zone.
    """
    found = await read_report(context, since, until, days, by, shop)
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
            "results": report_json(found),
        }
    )


def _by_severity(tally: Tally, kind: AlertKind) -> Json:
    return {severity: tally.orders[kind, severity] for severity in Severity}
