"""A look at the files of a data folder that changes nothing, beside a running server too."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.errors import StoreFailure
from orderguard.stores.sqlite import control, log, state
from orderguard.stores.sqlite.connection import BUSY_S_MAX
from orderguard.stores.sqlite.lock import FILE_NAME as LOCK_NAME

FILES = (control.FILE_NAME, log.FILE_NAME, state.FILE_NAME)

_MIGRATIONS = Path(__file__).parent / "migrations"
_QUICK_CHECK = "PRAGMA quick_check(1)"
_VERSION = "PRAGMA user_version"
_LOG_END = "SELECT offset, received_ms FROM entry ORDER BY offset DESC LIMIT 1"
_CURSOR = "SELECT cursor FROM fold"

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Examined(Struct, frozen=True):
    """What a file is like. `damage` is SQLite's own word for it, empty where there is none."""

    version: int
    version_max: int
    damage: str


def examine(path: Path) -> Examined:
    """Read all of the file's pages. Raise StoreFailure when it cannot be read at all."""
    scripts = list((_MIGRATIONS / path.stem).glob("*.sql"))
    try:
        with _opened(path) as db:
            (said,) = db.execute(_QUICK_CHECK).fetchone()
            (version,) = db.execute(_VERSION).fetchone()
    except StoreFailure as failure:
        code = getattr(failure.__cause__, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF not in _DAMAGE:
            raise
        return Examined(0, len(scripts), str(failure.__cause__))
    return Examined(version, len(scripts), "" if said == "ok" else said)


def log_end(folder: Path) -> tuple[int, int]:
    """(offset, received_ms) of the log's newest entry, (0, 0) without any."""
    path = folder / log.FILE_NAME
    if not path.exists():
        return 0, 0
    with _opened(path) as db:
        offset, received_ms = db.execute(_LOG_END).fetchone() or (0, 0)
        return offset, received_ms


def state_cursor(folder: Path) -> int:
    path = folder / state.FILE_NAME
    if not path.exists():
        return 0
    with _opened(path) as db:
        (cursor,) = db.execute(_CURSOR).fetchone()
        return int(cursor)


def lock_holder(folder: Path) -> int | None:
    """The process that serves the folder; None where nobody does."""
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(handle, 32, 0).strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(handle)
    return None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A file that nobody has open is read without a trace, on a full or read-only disk too."""
    is_at_rest = not path.with_name(f"{path.name}-wal").exists() and not lock_holder(path.parent)
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_at_rest else ''}"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S_MAX)) as db:
            yield db
    except sqlite3.Error as error:
        raise StoreFailure(Bilingual(f"{path}: {error}.", f"{path} 打不开：“{error}”。")) from error
