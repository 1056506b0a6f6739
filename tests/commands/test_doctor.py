import json
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.chinese import check_chinese
from tests.commands.conftest import Command
from tests.scenarios.disks import fill, read_only, small_disk

from orderguard.cli import main
from orderguard.commands.doctor import diagnose
from orderguard.domain.ports import Changes, Draft, ShopConfig
from orderguard.kit.clock import SystemClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite import FolderLock, SqliteLog, SqliteState
from orderguard.stores.sqlite.control import Control

NOBODY = 65_534


@pytest.fixture(autouse=True)
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A free port for the server under examination."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number: int = listener.getsockname()[1]
    monkeypatch.setenv("ORDERGUARD_SERVER_PORT", str(number))
    return number


@pytest.fixture
def healthz(port: int) -> Iterator[None]:
    """A server on that port which says that it is well."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - Its name there.
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def served(folder: Path, *, entries: int = 3, cursor: int = 3, received_ms: int = 0) -> None:
    """What a server leaves behind."""
    received_ms = received_ms or SystemClock().now_ms()
    with closing(SqliteLog(folder)) as log, closing(SqliteState(folder)) as state:
        log.append([Draft(received_ms, b"record") for _ in range(entries)])
        state.save(Changes(cursor=cursor))


def faults(og: Command, folder: Path) -> list[tuple[str, str, str]]:
    """(check, what was found, how to mend it); the exit status must agree."""
    for one in diagnose(folder, os.environ):
        check_chinese(one.found)
        if one.mend is not None:
            check_chinese(one.mend)
    data = ("--data", str(folder), "--json")
    checks = json.loads(og("doctor", *data, status=1).stdout)["checks"]
    return [(one["check"], one["found"], one["mend"]) for one in checks if not one["ok"]]


def faults_of(folder: Path, check: str) -> list[tuple[str, str]]:
    result = CliRunner().invoke(main, ("doctor", "--data", str(folder), "--json"))
    checks = json.loads(result.stdout)["checks"]
    return [
        (one["found"], one["mend"]) for one in checks if one["check"] == check and not one["ok"]
    ]


def the_fault(og: Command, folder: Path) -> tuple[str, str, str]:
    (fault,) = faults(og, folder)
    return fault


def test_a_new_installation_is_well(og: Command, folder: Path) -> None:
    said = og("doctor", "--data", str(folder)).stdout
    assert "FAULT" not in said
    assert "log.db is not there yet" in said
    assert json.loads(og("doctor", "--data", str(folder), "--json").stdout)["ok"] is True


def test_people_and_programs_are_told_the_same(og: Command, folder: Path) -> None:
    og("shop", "add", "uk", "--channel", "shopify", "--data", str(folder))
    folder.chmod(0o755)
    people = og("doctor", "--data", str(folder), status=1).stdout.splitlines()
    told = json.loads(og("doctor", "--data", str(folder), "--json", status=1).stdout)
    assert told["ok"] is False
    assert {one["grade"] for one in told["checks"]} == {"ok", "note", "fault"}
    words = {"ok": "ok", "note": "note", "fault": "FAULT"}
    for one in told["checks"]:
        assert one["ok"] == (one["grade"] != "fault")
        line = people.pop(0).split(maxsplit=2)
        assert line[:2] == [words[one["grade"]], one["check"]]
        assert line[2] == one["found"] or one["check"] in {"clock", "disk"}, "those go on"
        assert not one["mend"] or people.pop(0).strip() == one["mend"]
    assert people == []


def test_a_used_installation_is_well_and_left_as_it_was(og: Command, folder: Path) -> None:
    og("shop", "add", "demo", "--channel", "standard", "--data", str(folder))
    served(folder, entries=5, cursor=3)
    before = {path: path.read_bytes() for path in folder.rglob("*.db")}
    said = og("doctor", "--data", str(folder)).stdout
    assert "The log has 5 entries, the state 3 of them." in said
    assert "log.db is whole" in said
    assert "1 shops" in said
    assert {path: path.read_bytes() for path in folder.rglob("*.db")} == before


def test_a_running_server_s_port_is_its_own(
    og: Command, folder: Path, port: int, healthz: None
) -> None:
    assert healthz is None
    check, found, _ = the_fault(og, folder)
    assert check == "port"
    assert f"{port} is taken by another program" in found
    with FolderLock(folder):
        assert "is served by process" in og("doctor", "--data", str(folder)).stdout


def test_a_port_that_does_not_answer_is_not_the_server_s(
    og: Command, folder: Path, port: int
) -> None:
    with FolderLock(folder), socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        assert the_fault(og, folder)[0] == "port"
    assert "is free" in og("doctor", "--data", str(folder)).stdout


def test_a_folder_that_is_not_there(og: Command, tmp_path: Path) -> None:
    fault = the_fault(og, tmp_path / "none")
    assert fault[2] == f"orderguard init --data {tmp_path}/none"


def test_an_empty_folder_is_no_installation(og: Command, tmp_path: Path) -> None:
    found = {check for check, _, _ in faults(og, tmp_path)}
    assert {"settings", "keys", "stores", "library"} <= found
    assert list(tmp_path.iterdir()) == []


def test_doors_that_stand_open(og: Command, folder: Path) -> None:
    (folder / "keys.json").chmod(0o640)
    folder.chmod(0o755)
    said = {(found, mend) for _, found, mend in faults(og, folder)}
    assert (f"Others may enter {folder}/keys.json (640).", f"chmod go= {folder}/keys.json") in said
    assert (f"Others may enter {folder} (755).", f"chmod go= {folder}") in said
    for _, _, mend in faults(og, folder):
        Path(mend.removeprefix("chmod go= ")).chmod(0o700)
    og("doctor", "--data", str(folder))


def test_settings_that_cannot_be_read(og: Command, folder: Path) -> None:
    (folder / "orderguard.toml").write_text("[server]\nprot = 1\n")
    check, found, mend = the_fault(og, folder)
    assert check == "settings"
    assert f"{folder}/orderguard.toml:2: unknown setting `server.prot`" in found
    assert mend


def test_lost_or_garbled_keys(og: Command, folder: Path) -> None:
    og("shop", "add", "demo", "--channel", "standard", "--data", str(folder))
    (folder / "keys.json").write_text("{}")
    assert {"keys", "shops"} <= {check for check, _, _ in faults(og, folder)}
    Keyring.create().save(folder / "keys.json")
    assert "shops" in {check for check, _, _ in faults(og, folder)}, "the keys of another folder"
    (folder / "keys.json").unlink()
    assert any("Restore the file from a backup" in mend for _, _, mend in faults(og, folder))


@pytest.mark.parametrize("name", ["log.db", "state.db", "control.db"])
def test_a_damaged_file_is_named(og: Command, folder: Path, name: str) -> None:
    served(folder)
    (folder / name).write_bytes(b"no database at all" * 1000)
    mends = [mend for check, found, mend in faults(og, folder) if check == "stores"]
    assert len(mends) == 1
    assert name in mends[0]


def test_damage_within_a_file_is_found(og: Command, folder: Path) -> None:
    served(folder, entries=2_000)
    content = bytearray((folder / "log.db").read_bytes())
    content[8_192:12_288] = b"\xff" * 4_096
    (folder / "log.db").write_bytes(content)
    assert "restore log.db from a backup" in " ".join(m for _, _, m in faults(og, folder))


def test_a_file_of_a_newer_version(og: Command, folder: Path) -> None:
    served(folder)
    with closing(sqlite3.connect(folder / "state.db")) as db:
        db.execute("PRAGMA user_version = 99")
    check, found, mend = the_fault(og, folder)
    assert check == "stores"
    assert "schema 99, newer than 4" in found
    assert "newest OrderGuard" in mend


def test_a_state_ahead_of_its_log(og: Command, folder: Path) -> None:
    served(folder, entries=3, cursor=4)
    check, found, mend = the_fault(og, folder)
    assert (check, found) == ("lag", "The log has 3 entries, the state 4 of them.")
    assert "remove state.db*" in mend


def test_a_clock_that_went_back(og: Command, folder: Path) -> None:
    served(folder, received_ms=SystemClock().now_ms() + 3_600_000)
    check, found, _ = the_fault(og, folder)
    assert check == "clock"
    assert "yet to come" in found


def test_a_broken_library(og: Command, folder: Path) -> None:
    path = folder / "library/velocity/same_item_burst.yaml"
    path.write_text(path.read_text().replace("severity: high", "severity: huge", 1))
    check, found, mend = the_fault(og, folder)
    assert check == "library"
    assert f"{path}:" in found
    assert f"orderguard rules check {folder}/library" in mend


def test_a_shop_that_nobody_can_sign_for(og: Command, folder: Path) -> None:
    with closing(Control(folder / "control.db", Keyring.load(folder / "keys.json"))) as control:
        control.shop_add(ShopConfig(channel="standard", shop="demo", secrets=("no base64!",)))
        control.shop_add(ShopConfig(channel="gone", shop="old", secrets=("x",)))
    said = {found: mend for check, found, mend in faults(og, folder) if check == "shops"}
    assert len(said) == 2
    assert "`orderguard shop rotate-secret demo --channel standard`" in said.values()
    assert "gone/old: no such channel." in said


def test_rules_that_cannot_fire_are_told_and_are_no_fault(og: Command, folder: Path) -> None:
    og("shop", "add", "uk", "--channel", "shopify", "--data", str(folder))
    said = og("doctor", "--data", str(folder)).stdout
    assert "shopify/uk: payment.shared_account cannot fire here" in said


def test_rules_are_told_once_for_all_shops_of_a_channel(og: Command, folder: Path) -> None:
    for name in ("uk", "de", "fr"):
        og("shop", "add", name, "--channel", "shopify", "--data", str(folder))
    checks = json.loads(og("doctor", "--data", str(folder), "--json").stdout)["checks"]
    told = [one for one in checks if one["check"] == "coverage"]
    (shared,) = [one for one in told if "payment.shared_account" in one["found"]]
    assert shared["found"].startswith("shopify/de and 2 more: payment.shared_account cannot fire")
    assert shared["grade"] == "note"
    assert shared["ok"] is True
    assert shared["mend"]


def test_a_disk_without_room(og: Command) -> None:
    with small_disk() as disk:
        folder = disk / "data"
        og("init", "--data", str(folder))
        check, found, _ = the_fault(og, folder)
        assert (check, found.endswith(" MiB are free.")) == ("disk", True), "less than it needs"
        fill(disk)
        check, found, mend = the_fault(og, folder)
        assert check == "disk", "what cannot be looked at without room is no fault of its own"
        assert found == f"Nothing more can be written to {folder}: No space left on device."
        assert mend.startswith("Free at least 1,024 MiB")


def test_a_disk_that_is_mounted_for_reading_alone(og: Command) -> None:
    with small_disk() as disk:
        folder = disk / "data"
        og("init", "--data", str(folder))
        with read_only(disk):
            found = {(check, said) for check, said, _ in faults(og, folder)}
    assert ("files", f"{folder} cannot be written: Read-only file system.") in found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_to_write(og: Command, folder: Path) -> None:
    folder.chmod(0o500)
    try:
        found = {(check, said) for check, said, _ in faults(og, folder)}
    finally:
        folder.chmod(0o700)
    assert ("files", f"{folder} cannot be written: Permission denied.") in found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_a_command_of_root_has_left(folder: Path) -> None:
    served(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    assert faults_of(folder, "files") == []
    os.chown(folder / "log.db", 0, 0)
    ((found, mend),) = faults_of(folder, "files")
    assert found == f"{folder}/log.db is not the folder's owner's to write."
    assert mend.startswith(f"chown {NOBODY} {folder}/log.db")
    (folder / "log.db").chmod(0o666)
    assert faults_of(folder, "files") == []
    os.chown(folder / "orderguard.toml", 0, 0)
    assert faults_of(folder, "files") == [], "an administrator may own the settings"


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_an_address_that_is_not_ours(
    og: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("ORDERGUARD_SERVER_HOST", host)
    assert f"Nobody can listen on {host}:" in the_fault(og, folder)[1]
