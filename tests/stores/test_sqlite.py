import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contracts.log_contract import LogContract, draft
from tests.contracts.state_contract import StateContract, alert, order

from orderguard.domain.accounts import Role
from orderguard.domain.ports import AlertQuery, AlertRow, Changes, Draft, EventLog, StateStore
from orderguard.errors import BadInstallation, FolderInUse, NewerStore, StoreFailure
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite import FolderLock, SqliteLog, SqliteState
from orderguard.stores.sqlite.connection import Connection
from orderguard.stores.sqlite.control import Control

Store = SqliteLog | SqliteState
BOTH = pytest.mark.parametrize(
    ("store", "name"), [(SqliteLog, "log.db"), (SqliteState, "state.db")], ids=["log", "state"]
)


class TestSqliteLog(LogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[EventLog]:
        log = SqliteLog(tmp_path)
        yield log
        log.close()


class TestSqliteState(StateContract):
    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[StateStore]:
        state = SqliteState(tmp_path)
        yield state
        state.close()


def test_a_log_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    log.append([draft(1), draft(2)])
    log.close()
    log = SqliteLog(tmp_path)
    assert log.append([draft(2), draft(3)]) == [None, 3]
    log.close()


def test_a_log_is_seen_from_another_object_as_it_grows(tmp_path: Path) -> None:
    writer, follower = SqliteLog(tmp_path), SqliteLog(tmp_path)
    for number in range(1, 4):
        writer.append([draft(number)])
        assert follower.last() == (number, 1_000)
    follower.close()
    writer.close()


def test_a_state_opened_again_has_all_that_was_saved(tmp_path: Path) -> None:
    state = SqliteState(tmp_path)
    row = AlertRow(alert(1, orders=(order(1),)), (3, 0))
    state.save(Changes(cursor=3, cells=[("a", "k", b"v")], alerts=[row]))
    state.close()
    state = SqliteState(tmp_path)
    assert (state.cursor(), state.load("a", "k")) == (3, b"v")
    assert state.alerts_changed((0, 0), 9) == [row]
    state.close()


def test_commits_of_the_log_are_synced(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    with log._writer as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    log.close()


def test_a_full_disk_keeps_nothing_of_the_batch(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    log.append([draft(1)])
    with log._writer as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFailure, match="Free some space"):
        log.append([draft(2), Draft(1_000, bytes(100_000), b"large" + bytes(11)), draft(3)])
    assert log.last() == (1, 1_000)
    assert log.append([draft(2)]) == [2]
    log.close()


def test_a_full_disk_keeps_nothing_of_a_save(tmp_path: Path) -> None:
    state = SqliteState(tmp_path)
    state.save(Changes(cursor=1, cells=[("a", "k", b"1")]))
    with state._writer as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
    large = Changes(cursor=2, cells=[("a", "k", b"2"), ("a", "large", bytes(100_000))])
    with pytest.raises(StoreFailure, match="Free some space"):
        state.save(large)
    assert (state.cursor(), state.load("a", "k")) == (1, b"1")
    state.close()


@BOTH
def test_a_file_that_is_no_database_is_refused_with_a_hint(
    tmp_path: Path, store: Callable[[Path], Store], name: str
) -> None:
    (tmp_path / name).write_bytes(b"not a database " * 1_000)
    with pytest.raises(StoreFailure, match="not a database") as caught:
        store(tmp_path)
    assert "log" in caught.value.hint


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    log.append([Draft(1, bytes(900), b"%016d" % number) for number in range(500)])
    log.close()
    content = bytearray((tmp_path / "log.db").read_bytes())
    content[4096 * 4 :] = b"\xa5" * (len(content) - 4096 * 4)
    (tmp_path / "log.db").write_bytes(content)
    log = SqliteLog(tmp_path)
    with pytest.raises(StoreFailure, match=r"malformed.*backup"):
        log.read(0, 1_000)
    log.close()


@BOTH
def test_a_missing_folder_is_named(
    tmp_path: Path, store: Callable[[Path], Store], name: str
) -> None:
    with pytest.raises(StoreFailure, match="Check that the folder exists") as caught:
        store(tmp_path / "absent")
    assert name in caught.value.message


@BOTH
def test_a_newer_schema_is_refused_and_left_alone(
    tmp_path: Path, store: Callable[[Path], Store], name: str
) -> None:
    store(tmp_path).close()
    with sqlite3.connect(tmp_path / name) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NewerStore, match="99"):
        store(tmp_path)
    shutil.rmtree(tmp_path)  # Nothing holds it open.


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations" / "some"
    folder.mkdir(parents=True)
    (folder / "0001_one.sql").write_text("-- One; and only.\nCREATE TABLE one (a);\n")
    (folder / "0002_two.sql").write_text("CREATE TABLE two (\n  a\n);\nINSERT INTO no VALUES (1);")
    monkeypatch.setattr("orderguard.stores.sqlite.connection._MIGRATIONS", tmp_path / "migrations")
    connection = Connection(tmp_path / "some.db", (), repair="")
    with pytest.raises(StoreFailure, match="no such table: no"):
        connection.migrate("some")
    with connection as db:
        assert db.execute("PRAGMA user_version").fetchone() == (0,)
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == []
    (folder / "0002_two.sql").write_text("CREATE TABLE two (\n  a\n);\nINSERT INTO two VALUES (1);")
    connection.migrate("some")
    connection.migrate("some")
    with connection as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT a FROM two").fetchall() == [(1,)]
    connection.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    for folder in (
        Path(sys.modules[Connection.__module__].__file__ or "").parent / "migrations"
    ).iterdir():
        numbers = [int(script.name[:4]) for script in sorted(folder.glob("*.sql"))]
        assert numbers == list(range(1, len(numbers) + 1))


def test_two_threads_may_append_to_one_log(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    taken: list[int | None] = []

    def append() -> None:
        for number in range(50):
            taken.extend(log.append([draft(number), Draft(1, b"")]))

    threads = [threading.Thread(target=append) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    offsets = [offset for offset in taken if offset is not None]
    assert sorted(offsets) == list(range(1, 151))
    log.close()


def test_growing_an_alert_writes_only_its_new_orders(tmp_path: Path) -> None:
    state = SqliteState(tmp_path)
    orders = tuple(order(number) for number in range(2_001))
    state.save(Changes(cursor=1, alerts=[AlertRow(alert(1, orders=orders[:2_000]), (1, 0))]))
    written: list[str] = []
    with state._writer as db:
        db.set_trace_callback(written.append)
    state.save(Changes(cursor=2, alerts=[AlertRow(alert(1, orders=orders), (2, 0))]))
    assert len([text for text in written if "INTO alert_order" in text]) == 1
    assert len(state.alerts(AlertQuery(order_id="o2000"))) == 1
    state.close()


def test_what_is_written_lasts_when_a_file_is_opened_twice_in_a_process(tmp_path: Path) -> None:
    """As `GET /installation/examination` does in the server, before a command opens and closes."""
    path, keys = tmp_path / "control.db", Keyring.for_replay()
    code = (
        "import sys; from pathlib import Path;"
        "from orderguard.domain.accounts import Role; from orderguard.kit.sealing import Keyring;"
        "from orderguard.stores.sqlite.control import Control;"
        "control = Control(Path(sys.argv[1]), Keyring.for_replay());"
        "print(control.accounts.token_add('of-a-command', Role.SERVICE), end='');"
        "control.close()"
    )
    server = Control(path, keys)
    before = server.accounts.token_add("of-the-server", Role.RISK)
    Control(path, keys).close()
    seen = []
    for _ in range(3):
        command = [sys.executable, "-c", code, str(path)]
        foreign = server.accounts.token_role(subprocess.check_output(command, text=True))
        seen.append(foreign and foreign.role)
    after = server.accounts.token_add("of-the-server", Role.RISK)
    server.close()
    later = Control(path, keys)
    kept = [account and account.role for account in map(later.accounts.token_role, (before, after))]
    later.close()
    assert seen == [Role.SERVICE] * 3
    assert kept == [Role.RISK] * 2


def test_a_second_server_is_refused_by_name(tmp_path: Path) -> None:
    refused = pytest.raises(FolderInUse, match=f"Process {os.getpid()} already serves")
    with FolderLock(tmp_path), refused:
        FolderLock(tmp_path, wait_s=0)
    with FolderLock(tmp_path, wait_s=0) as lock:
        lock.release()
        FolderLock(tmp_path, wait_s=0).release()


def test_a_lock_in_a_missing_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInstallation, match="Check that the folder exists"):
        FolderLock(tmp_path / "absent")


def test_a_killed_server_gives_its_lock_back(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from orderguard.stores.sqlite import FolderLock;"
        "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUse, match=f"Process {server.pid} "):
            FolderLock(tmp_path, wait_s=0.1)
        server.send_signal(signal.SIGKILL)
        FolderLock(tmp_path).release()  # At once: the kernel may take a moment, not the caller.
