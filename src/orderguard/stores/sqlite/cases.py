"""Cases in `state.db`."""

import sqlite3
from collections.abc import Sequence

import msgspec

from orderguard.domain.cases import Case
from orderguard.domain.ports import CaseQuery, CaseRow

_PUT = (
    "INSERT OR REPLACE INTO human_case (case_id, status, severity, inbox, assignee, created_at,"
    " due_at, changed_offset, changed_place, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CASE = "SELECT body FROM human_case WHERE case_id = ?"
_CHANGED = (
    "SELECT body, changed_offset, changed_place FROM human_case"
    " WHERE (changed_offset, changed_place) > (?, ?) ORDER BY changed_offset, changed_place LIMIT ?"
)
_LIST = "SELECT body FROM human_case WHERE status <> 'merged'"
_CLAUSES = {
    "status": "status = :status",
    "severity": "severity = :severity",
    "inbox": "inbox = :inbox",
    "assignee": "assignee = :assignee",
    "before_at": "(created_at, case_id) < (:before_at, :before_id)",
}
_NEWEST_FIRST = " ORDER BY created_at DESC, case_id DESC LIMIT :limit"
_BY_URGENCY = " ORDER BY severity DESC, due_at, case_id LIMIT :limit"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Case).decode


def save_cases(db: sqlite3.Connection, rows: Sequence[CaseRow]) -> None:
    for row in {row.case.case_id: row for row in rows}.values():
        case = row.case
        values = (
            case.case_id,
            case.status,
            case.severity.rank,
            case.inbox,
            case.assignee,
            case.created_at,
            case.due_at,
            *row.changed,
            _encode(case),
        )
        db.execute(_PUT, values)


def load_case(db: sqlite3.Connection, case_id: str) -> Case | None:
    row = db.execute(_CASE, (case_id,)).fetchone()
    return _decode(row[0]) if row else None


def find_cases(db: sqlite3.Connection, query: CaseQuery) -> list[Case]:
    """With clauses only for what is asked, so that each question finds its index."""
    values: dict[str, str | int | None] = {
        "status": query.status,
        "severity": None if query.severity is None else query.severity.rank,
        "inbox": query.inbox,
        "assignee": query.assignee,
        "before_at": None if query.before is None else query.before[0],
        "before_id": None if query.before is None else query.before[1],
        "limit": query.limit,
    }
    asked = {name: value for name, value in values.items() if value is not None}
    clauses = [clause for name, clause in _CLAUSES.items() if name in asked]
    tail = _BY_URGENCY if query.by_urgency else _NEWEST_FIRST
    rows = db.execute(" AND ".join([_LIST, *clauses]) + tail, asked).fetchall()
    return [_decode(body) for (body,) in rows]


def changed_cases(db: sqlite3.Connection, since: tuple[int, int], limit: int) -> list[CaseRow]:
    rows = db.execute(_CHANGED, (*since, limit)).fetchall()
    return [CaseRow(_decode(body), (offset, place)) for body, offset, place in rows]
