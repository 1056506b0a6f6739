"""Stores that forget: for replays and tests."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence

from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import (
    AlertQuery,
    AlertRow,
    CaseQuery,
    CaseRow,
    Changes,
    Draft,
    LogRow,
    TimelineRow,
)


class MemoryLog:
    """An EventLog in a list."""

    def __init__(self) -> None:
        self._rows: list[LogRow] = []
        self._digests: set[bytes] = set()

    def append(self, drafts: Sequence[Draft]) -> list[int | None]:
        return [self._append(draft) for draft in drafts]

    def read(self, after: int, limit: int) -> list[LogRow]:
        return self._rows[after : after + limit]

    def last(self) -> tuple[int, int]:
        if not self._rows:
            return (0, 0)
        return (self._rows[-1].offset, self._rows[-1].received_ms)

    def close(self) -> None:
        """Nothing is held open."""

    def _append(self, draft: Draft) -> int | None:
        if draft.digest is not None:
            if draft.digest in self._digests:
                return None
            self._digests.add(draft.digest)
        offset = len(self._rows) + 1
        self._rows.append(LogRow(offset, draft.received_ms, draft.record))
        return offset


class MemoryState:
    """A StateStore in dicts. One lock stands for the commit: a reader sees a save whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursor = 0
        self._cells: dict[str, dict[str, bytes]] = defaultdict(dict)
        self._timelines: dict[OrderKey, dict[int, TimelineRow]] = defaultdict(dict)
        self._alerts: dict[str, AlertRow] = {}
        self._cases: dict[str, CaseRow] = {}

    def cursor(self) -> int:
        return self._cursor

    def load(self, space: str, key: str) -> bytes | None:
        with self._lock:
            return self._cells[space].get(key)

    def scan(self, space: str) -> Iterator[tuple[str, bytes]]:
        with self._lock:
            return iter(sorted(self._cells[space].items()))

    def is_empty(self, space: str) -> bool:
        with self._lock:
            return not self._cells[space]

    def save(self, changes: Changes) -> None:
        with self._lock:
            for space, key, value in changes.cells:
                if value is None:
                    self._cells[space].pop(key, None)
                else:
                    self._cells[space][key] = value
            for row in changes.timeline:
                self._timelines[row.order][row.offset] = row
            for alert_row in changes.alerts:
                self._alerts[alert_row.alert.alert_id] = alert_row
            for case_row in changes.cases:
                self._cases[case_row.case.case_id] = case_row
            self._cursor = changes.cursor

    def timeline(self, order: OrderKey) -> list[TimelineRow]:
        with self._lock:
            rows = self._timelines.get(order, {})
            return [rows[offset] for offset in sorted(rows)]

    def alert(self, alert_id: str) -> Alert | None:
        with self._lock:
            row = self._alerts.get(alert_id)
        return row.alert if row else None

    def alerts(self, query: AlertQuery) -> list[Alert]:
        with self._lock:
            found = [row.alert for row in self._alerts.values() if _answers(row.alert, query)]
        return sorted(found, key=_place, reverse=True)[: query.limit]

    def alerts_changed(self, since: tuple[int, int], limit: int) -> list[AlertRow]:
        with self._lock:
            rows = [row for row in self._alerts.values() if row.changed > since]
        return sorted(rows, key=lambda row: row.changed)[:limit]

    def case(self, case_id: str) -> Case | None:
        with self._lock:
            row = self._cases.get(case_id)
        return row.case if row else None

    def cases(self, query: CaseQuery) -> list[Case]:
        with self._lock:
            found = [row.case for row in self._cases.values() if _is_asked(row.case, query)]
        if query.by_urgency:
            found.sort(key=lambda case: (-case.severity.rank, case.due_at, case.case_id))
        else:
            found.sort(key=lambda case: (case.created_at, case.case_id), reverse=True)
        return found[: query.limit]

    def cases_changed(self, since: tuple[int, int], limit: int) -> list[CaseRow]:
        with self._lock:
            rows = [row for row in self._cases.values() if row.changed > since]
        return sorted(rows, key=lambda row: row.changed)[:limit]

    def close(self) -> None:
        """Nothing is held open."""


def _place(alert: Alert) -> tuple[int, str]:
    return (alert.detected_at, alert.alert_id)


def _answers(alert: Alert, query: AlertQuery) -> bool:
    return (
        (query.kind is None or alert.kind == query.kind)
        and (query.severity is None or alert.severity == query.severity)
        and (query.rule is None or query.rule in alert.rules)
        and (query.since_ms is None or alert.detected_at >= query.since_ms)
        and (query.before is None or _place(alert) < query.before)
        and (query.order_id is None or any(o.order_id == query.order_id for o in alert.orders))
    )


def _is_asked(case: Case, query: CaseQuery) -> bool:
    return (
        case.status is not CaseStatus.MERGED
        and (query.status is None or case.status is query.status)
        and (query.severity is None or case.severity is query.severity)
        and (query.inbox is None or case.inbox is query.inbox)
        and (query.assignee is None or case.assignee == query.assignee)
        and (query.before is None or (case.created_at, case.case_id) < query.before)
    )
