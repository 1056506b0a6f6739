"""SQLite, with its failures named and its schema brought up to date."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

from orderguard.bilingual import Bilingual, Text
from orderguard.errors import NewerStore, StoreFailure

BUSY_S_MAX = 5.0
"""How long to wait for another process's transaction on the same file."""

PAGE_BYTES = 4096
WAL_BYTES_KEPT = 64 * 1024 * 1024

ROWS_AT_ONCE = 256
"""How many rows one statement takes at most."""
STATEMENTS_KEPT = 1024
"""Compiled ones: each number of rows makes another."""

_MIGRATIONS = Path(__file__).parent / "migrations"

_HINTS = {
    sqlite3.SQLITE_FULL: Bilingual("Free some space on the disk.", "请腾出一些磁盘空间。"),
    sqlite3.SQLITE_IOERR: Bilingual(
        "Check the disk and the system's log.", "请检查磁盘和系统日志。"
    ),
    sqlite3.SQLITE_BUSY: Bilingual(
        "Another process holds the file; see which, and stop it.",
        "别的进程占着这个文件；请找到并停止它。",
    ),
    sqlite3.SQLITE_CANTOPEN: Bilingual(
        "Check that the folder exists, its owner and its permissions.",
        "请检查文件夹是否存在、它的所有者和权限。",
    ),
    sqlite3.SQLITE_READONLY: Bilingual(
        "Check the file's owner and its permissions.", "请检查文件的所有者和权限。"
    ),
}


class Connection:
    """One connection to a file, lent to one thread at a time.

    `with connection as db` lends it, `with connection.transaction() as db` for one commit.
    Whatever SQLite raises inside leaves as StoreFailure; `repair` is what to do when the file
    is damaged. `page_bytes` counts when the file is made.
    """

    def __init__(
        self,
        path: Path,
        pragmas: tuple[str, ...],
        *,
        repair: Text,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self._path, self._repair = path, repair
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                path,
                timeout=BUSY_S_MAX,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=STATEMENTS_KEPT,
            )
        except sqlite3.Error as error:
            raise self._named(error) from error
        try:
            with self as db:
                for pragma in (f"page_size = {page_bytes}", "journal_mode = WAL", *pragmas):
                    db.execute(f"PRAGMA {pragma}")
        except StoreFailure:
            self._db.close()
            raise

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        return self._db

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise self._named(error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is kept together, or none of it when anything raises."""
        with self as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # SQLite itself has rolled back after some failures; a second one tells no more.
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def migrate(self, name: str) -> None:
        """Apply the scripts of migrations/`name` that the file has not seen, in one commit."""
        scripts = sorted((_MIGRATIONS / name).glob("*.sql"))
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > len(scripts):
                raise NewerStore(
                    Bilingual(
                        f"{self._path} has schema {version}; this version knows {len(scripts)}.",
                        f"{self._path} 的结构版本是 {version}；这个版本只认识到 {len(scripts)}。",
                    ),
                    hint=Bilingual(
                        "Start the newest OrderGuard that wrote to this folder.",
                        "请启动写过这个文件夹的最新版 OrderGuard。",
                    ),
                )
            for script in scripts[version:]:
                for statement in _statements(script.read_text(encoding="utf-8")):
                    db.execute(statement)
            if version < len(scripts):
                db.execute(f"PRAGMA user_version = {len(scripts)}")

    def close(self) -> None:
        with self as db:
            db.close()

    def _named(self, error: sqlite3.Error) -> StoreFailure:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        # The low byte is the kind of failure, the rest its details.
        hint = _HINTS.get(code & 0xFF, self._repair)
        return StoreFailure(
            Bilingual(f"{self._path}: {error}.", f"{self._path} 读写出错：“{error}”。"), hint=hint
        )


def at_once(
    db: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]]
) -> Iterator[sqlite3.Cursor]:
    """Execute the statement, whose `{rows}` stand for several rows of values.

    SQLite lets go of the interpreter at each step, and a row of its own is a step of its own: a
    thread that has to wait for the interpreter after every row hardly comes forward while another
    one is busy.
    """
    for place in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[place : place + ROWS_AT_ONCE]
        whole = _for_rows(statement, len(part), len(part[0]))
        yield db.execute(whole, tuple(chain.from_iterable(part)))


@lru_cache(STATEMENTS_KEPT)
def _for_rows(statement: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return statement.format(rows=", ".join([row] * rows))


def write_rows(db: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Execute a statement that answers nothing, as `at_once` does."""
    for _ in at_once(db, statement, rows):
        pass


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
