"""The fold's state in `state.db`."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.cases import Case
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import (
    AlertQuery,
    AlertRow,
    CaseQuery,
    CaseRow,
    Changes,
    TimelineRow,
)
from orderguard.stores.sqlite.cases import changed_cases, find_cases, load_case, save_cases
from orderguard.stores.sqlite.connection import WAL_BYTES_KEPT, Connection, write_rows

FILE_NAME = "state.db"
SCAN_ROWS = 1_000
PAGE_BYTES = 8192
"""A row of more than an eighth of a page or so takes pages of its own, and an order has 1.2 KB."""

_REPAIR = Bilingual(
    "Stop the server, remove state.db* and start it: the state is rebuilt from the log.",
    "请停止服务器，删除 state.db* 再启动：状态会按日志重建。",
)

_PRAGMAS_WRITER = (
    # Each save goes to the disk by itself. Left to the system, those of half a minute go there at
    # once, and the log's commits wait behind tens of MB.
    "synchronous = FULL",
    # What it takes to undo one statement of many rows is kept in memory, not in a file.
    "temp_store = MEMORY",
    # A save of many keys changes many pages; what does not fit here is written and read again.
    "cache_size = -65536",
    # Moving pages home competes with the log for the disk; hot pages move once for many saves.
    f"wal_autocheckpoint = {WAL_BYTES_KEPT // PAGE_BYTES}",
    f"journal_size_limit = {WAL_BYTES_KEPT}",
)
_PRAGMAS_READER = ("query_only = ON",)
_PRAGMAS_CELLS = (
    *_PRAGMAS_READER,
    "cache_size = -65536",
    "mmap_size = 1073741824",  # A start reads a dozen cells an entry, all over the file.
)

_CURSOR = "SELECT cursor FROM fold"
_SET_CURSOR = "UPDATE fold SET cursor = ?"

_LOAD = "SELECT value FROM cell WHERE space = ? AND key = ?"
_SCAN = "SELECT key, value FROM cell WHERE space = ? AND key > ? ORDER BY key LIMIT ?"
_SCAN_FIRST = "SELECT key, value FROM cell WHERE space = ? ORDER BY key LIMIT ?"
_ANY = "SELECT EXISTS (SELECT 1 FROM cell WHERE space = ?)"
_PUT = "INSERT OR REPLACE INTO cell (space, key, value) VALUES {rows}"
_DELETE = "DELETE FROM cell WHERE (space, key) IN (VALUES {rows})"

_ADD_TO_TIMELINE = (
    "INSERT OR REPLACE INTO timeline (channel, shop, order_id, offset, event_id, type,"
    " occurred_ms, received_ms) VALUES {rows}"
)
_TIMELINE = (
    "SELECT offset, event_id, type, occurred_ms, received_ms FROM timeline"
    " WHERE channel = ? AND shop = ? AND order_id = ? ORDER BY offset"
)

_PUT_ALERT = (
    "INSERT INTO alert (alert_id, kind, severity, detected_at, changed_offset, changed_place,"
    " order_count, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (alert_id) DO UPDATE SET severity = excluded.severity,"
    " changed_offset = excluded.changed_offset, changed_place = excluded.changed_place,"
    " order_count = excluded.order_count, body = excluded.body"
)
_ORDER_COUNT = "SELECT order_count FROM alert WHERE alert_id = ?"
_HAS_ORDER = (
    "SELECT EXISTS (SELECT 1 FROM alert_order"
    " WHERE channel = ? AND shop = ? AND order_id = ? AND alert_id = ?)"
)
_ADD_ORDER = "INSERT OR IGNORE INTO alert_order (channel, shop, order_id, alert_id) VALUES {rows}"
_DROP_ORDER = "DELETE FROM alert_order WHERE (channel, shop, order_id, alert_id) IN (VALUES {rows})"
_ADD_RULE = "INSERT OR IGNORE INTO alert_rule (rule, detected_at, alert_id) VALUES {rows}"
_ALERT = "SELECT body FROM alert WHERE alert_id = ?"
_CHANGED = (
    "SELECT body, changed_offset, changed_place FROM alert"
    " WHERE (changed_offset, changed_place) > (?, ?) ORDER BY changed_offset, changed_place LIMIT ?"
)

# `listed` yields the alerts newest first, so that one page reads little more than one page.
_LIST_ALL = "SELECT body FROM alert AS listed WHERE TRUE"
_LIST_RULE = (
    "SELECT body FROM alert_rule AS listed CROSS JOIN alert USING (alert_id)"
    " WHERE listed.rule = :rule"
)
_LIST_CLAUSES = {
    "order_id": "listed.alert_id IN (SELECT alert_id FROM alert_order WHERE order_id = :order_id)",
    "kind": "kind = :kind",
    "severity": "severity = :severity",
    "since_ms": "listed.detected_at >= :since_ms",
    "before_at": "(listed.detected_at, listed.alert_id) < (:before_at, :before_id)",
}
_LIST_TAIL = " ORDER BY listed.detected_at DESC, listed.alert_id DESC LIMIT :limit"

_encode = msgspec.msgpack.Encoder().encode
_alert_decoder = msgspec.msgpack.Decoder(Alert)


class SqliteState:
    """A StateStore. People's queries have a connection of their own: the fold waits for none."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        with ExitStack() as opened:

            def connect(pragmas: tuple[str, ...]) -> Connection:
                connection = Connection(path, pragmas, repair=_REPAIR, page_bytes=PAGE_BYTES)
                return opened.enter_context(closing(connection))

            self._writer = connect(_PRAGMAS_WRITER)
            self._writer.migrate("state")
            self._cells = connect(_PRAGMAS_CELLS)
            self._queries = connect(_PRAGMAS_READER)
            self._opened = opened.pop_all()

    def cursor(self) -> int:
        with self._cells as db:
            (offset,) = db.execute(_CURSOR).fetchone()
            return int(offset)

    def load(self, space: str, key: str) -> bytes | None:
        with self._cells as db:
            row = db.execute(_LOAD, (space, key)).fetchone()
            return row[0] if row else None

    def scan(self, space: str) -> Iterator[tuple[str, bytes]]:
        """In pages, so that a long scan keeps no old state from being overwritten."""
        with self._cells as db:
            rows = db.execute(_SCAN_FIRST, (space, SCAN_ROWS)).fetchall()
        while rows:
            yield from rows
            with self._cells as db:
                rows = db.execute(_SCAN, (space, rows[-1][0], SCAN_ROWS)).fetchall()

    def is_empty(self, space: str) -> bool:
        with self._cells as db:
            (found,) = db.execute(_ANY, (space,)).fetchone()
            return not found

    def save(self, changes: Changes) -> None:
        with self._writer.transaction() as db:
            _save_cells(db, changes.cells)
            write_rows(db, _ADD_TO_TIMELINE, [_timeline_values(row) for row in changes.timeline])
            # Of an alert that changed several times since the last save, its newest state counts.
            for row in {row.alert.alert_id: row for row in changes.alerts}.values():
                _save_alert(db, row)
            save_cases(db, changes.cases)
            db.execute(_SET_CURSOR, (changes.cursor,))

    def timeline(self, order: OrderKey) -> list[TimelineRow]:
        with self._queries as db:
            values = (order.channel, order.shop, order.order_id)
            return [TimelineRow(order, *row) for row in db.execute(_TIMELINE, values)]

    def alert(self, alert_id: str) -> Alert | None:
        with self._queries as db:
            row = db.execute(_ALERT, (alert_id,)).fetchone()
        return _alert_decoder.decode(row[0]) if row else None

    def alerts(self, query: AlertQuery) -> list[Alert]:
        statement, values = _list_statement(query)
        with self._queries as db:
            rows = db.execute(statement, values).fetchall()
        return [_alert_decoder.decode(body) for (body,) in rows]

    def alerts_changed(self, since: tuple[int, int], limit: int) -> list[AlertRow]:
        with self._queries as db:
            rows = db.execute(_CHANGED, (*since, limit)).fetchall()
        return [
            AlertRow(_alert_decoder.decode(body), (offset, place)) for body, offset, place in rows
        ]

    def case(self, case_id: str) -> Case | None:
        with self._queries as db:
            return load_case(db, case_id)

    def cases(self, query: CaseQuery) -> list[Case]:
        with self._queries as db:
            return find_cases(db, query)

    def cases_changed(self, since: tuple[int, int], limit: int) -> list[CaseRow]:
        with self._queries as db:
            return changed_cases(db, since, limit)

    def close(self) -> None:
        self._opened.close()


def _save_cells(db: sqlite3.Connection, cells: Sequence[tuple[str, str, bytes | None]]) -> None:
    """In the order of the keys, so that each page is sought and changed once."""
    last = {(space, key): value for space, key, value in cells}
    ordered = sorted(last)
    put = [(*cell, value) for cell in ordered if (value := last[cell]) is not None]
    write_rows(db, _PUT, put)
    write_rows(db, _DELETE, [cell for cell in ordered if last[cell] is None])


def _timeline_values(row: TimelineRow) -> tuple[str | int, ...]:
    order = row.order
    return (
        order.channel,
        order.shop,
        order.order_id,
        row.offset,
        row.event_id,
        row.type,
        row.occurred_ms,
        row.received_ms,
    )


def _save_alert(db: sqlite3.Connection, row: AlertRow) -> None:
    alert = row.alert
    if alert.kind is AlertKind.HEALTH:
        write_rows(
            db, _DROP_ORDER, [_order_values(gone, alert) for gone in _orders_gone(db, alert)]
        )
    added = _orders_added(db, alert)
    values = (
        alert.alert_id,
        alert.kind,
        alert.severity.rank,
        alert.detected_at,
        *row.changed,
        len(alert.orders),
        _encode(alert),
    )
    db.execute(_PUT_ALERT, values)
    write_rows(db, _ADD_ORDER, [_order_values(order, alert) for order in added])
    write_rows(db, _ADD_RULE, [(rule, alert.detected_at, alert.alert_id) for rule in alert.rules])


def _orders_gone(db: sqlite3.Connection, alert: Alert) -> Iterable[OrderKey]:
    """Those that a health alert concerned when it was saved last, and does no more."""
    row = db.execute(_ALERT, (alert.alert_id,)).fetchone()
    return () if row is None else set(_alert_decoder.decode(row[0]).orders).difference(alert.orders)


def _orders_added(db: sqlite3.Connection, alert: Alert) -> tuple[OrderKey, ...]:
    """Those since the last save: orders are only ever added behind the others.

    Should the last one saved not stand in its place, all count as added.
    """
    (count,) = db.execute(_ORDER_COUNT, (alert.alert_id,)).fetchone() or (0,)
    if not 0 < count <= len(alert.orders):
        return alert.orders
    (stands,) = db.execute(_HAS_ORDER, _order_values(alert.orders[count - 1], alert)).fetchone()
    return alert.orders[count:] if stands else alert.orders


def _order_values(order: OrderKey, alert: Alert) -> tuple[str, str, str, str]:
    return (order.channel, order.shop, order.order_id, alert.alert_id)


def _list_statement(query: AlertQuery) -> tuple[str, dict[str, str | int]]:
    """With clauses only for what is asked, so that each question finds its index."""
    values: dict[str, str | int | None] = {
        "rule": query.rule,
        "order_id": query.order_id,
        "kind": query.kind,
        "severity": None if query.severity is None else query.severity.rank,
        "since_ms": query.since_ms,
        "before_at": None if query.before is None else query.before[0],
        "before_id": None if query.before is None else query.before[1],
        "limit": query.limit,
    }
    asked = {name: value for name, value in values.items() if value is not None}
    select = _LIST_RULE if "rule" in asked else _LIST_ALL
    clauses = [clause for name, clause in _LIST_CLAUSES.items() if name in asked]
    return " AND ".join([select, *clauses]) + _LIST_TAIL, asked
