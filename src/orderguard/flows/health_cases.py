"""Faults that nothing has mended in time → cases.

Faults of one rule at one shop are one piece of work: a stuck warehouse is one case of 200 orders.
They never join the cases of risk. A case closes by itself when all that it has is mended.
"""

from collections.abc import Callable

from orderguard.cases import (
    DUE_MS,
    Due,
    broken_again,
    has_room,
    mended,
    open_health_case,
    with_alert,
)
from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.domain.entries import Inbox
from orderguard.domain.library import OPEN_CASE
from orderguard.domain.orders import OrderKey
from orderguard.flows.tables import CaseLink, Tables
from orderguard.responses import Run

Put = Callable[[Case], None]


class HealthCases:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._newest = tables.cached("health_case", str)
        """The newest case of a rule at a shop."""

    def follow(self, alert: Alert, run: Run | None, now_ms: int, put: Put) -> None:
        """Open, extend or close the case of a health alert that changed, or whose run moved."""
        link = self.tables.case_links.get(alert.alert_id)
        case = None if link is None else self.tables.cases.get(link.case_id)
        if alert.closed:
            if case is not None and case.is_open and self._is_over(case):
                put(mended(case, now_ms))
            return
        if run is None or run.closed or not _asks(run):
            return
        due = _due(run)
        if case is None:
            case = self._open(alert, run, now_ms, due)
        elif case.decision is not None:
            return
        elif not case.is_open:
            case = broken_again(case, now_ms, due)
        elif link is not None and link.seen == len(alert.orders):
            return
        put(with_alert(case, alert, _joining(alert, case), now_ms, due))
        self.tables.case_links.put(alert.alert_id, CaseLink(case.case_id, len(alert.orders)))

    def _open(self, alert: Alert, run: Run, now_ms: int, due: Due) -> Case:
        """The open case of the rule at the shop that has room, else a new one."""
        where = f"{alert.rules[0]}|{alert.channel}/{alert.shop}"
        known = self._newest.get(where)
        case = None if known is None else self.tables.cases.get(known)
        if case is not None and case.is_open and has_room(case):
            return case
        case = open_health_case(alert, _inbox(run), now_ms, due)
        self._newest.put(where, case.case_id)
        self.tables.progress.health_cases += 1
        return case

    def _is_over(self, case: Case) -> bool:
        alerts = (self.tables.alerts.get(alert_id) for alert_id in case.alert_ids[::-1])
        return all(alert is None or alert.closed for alert in alerts)


def _asks(run: Run) -> bool:
    """Whether it has come to its case, since the fault came back last."""
    return any(step.action == OPEN_CASE and step.portions and not step.off for step in run.steps)


def _joining(alert: Alert, case: Case) -> tuple[OrderKey, ...]:
    known = frozenset(case.orders)
    return tuple(key for key in alert.orders if key not in known)


def _inbox(run: Run) -> Inbox:
    """Whose work it is by the playbook: operations, where it does not say."""
    said = (step.plan.values.get("inbox") for step in run.steps if step.action == OPEN_CASE)
    name = next((one for one in said if one), "")
    return Inbox(name) if name in {*Inbox} else Inbox.OPERATIONS


def _due(run: Run) -> Due:
    said = [step.plan.due_ms for step in run.steps if step.plan.due_ms is not None]
    return (lambda _: said[0]) if said else DUE_MS.__getitem__
