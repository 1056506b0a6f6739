import http.client
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from errno import EADDRINUSE
from pathlib import Path

import click
from msgspec import Struct

from orderguard.app import Installation, channels, examine_store
from orderguard.commands.options import data_option, json_option, print_json
from orderguard.commands.rules import rules_that_cannot_fire
from orderguard.commands.shops import secret_fault
from orderguard.errors import LibraryFaults, OrderGuardError
from orderguard.kit.clock import MS_PER_MINUTE, SystemClock, from_ms, rfc3339
from orderguard.rules import check_library
from orderguard.settings import Settings

DISK_FREE_BYTES_MIN = 1024 * 1024 * 1024
LAG_ENTRIES_MAX = 1_000_000
"""More than this much log to fold delays the next start by over 5 s."""
AHEAD_MS_MAX = 5 * MS_PER_MINUTE
YEAR_MIN = 2026
ANSWER_S_MAX = 2.0
FAULTS_SHOWN = 10


class Finding(Struct, frozen=True):
    """What one check found. `mend` says what to do; it is empty where nothing is wrong."""

    check: str
    found: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        return not self.mend


class Patient(Struct, frozen=True):
    """The installation under examination; `settings` is None where they cannot be read."""

    installation: Installation
    settings: Settings | None


Check = Callable[[Patient], Iterator[Finding]]


def _permissions(patient: Patient) -> Iterator[Finding]:
    """Everything is ours to write, and secrets are nobody else's to read."""
    installation = patient.installation
    for path in (installation.folder, *installation.folder.iterdir()):
        if not os.access(path, os.W_OK):
            yield Finding("files", f"{path} cannot be written.", f"chown it to {_user()}.")
    for path in (installation.folder, installation.keys_path, installation.control_path):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            yield Finding("files", f"Others may enter {path} ({mode:o}).", f"chmod go= {path}")


def _disk(patient: Patient) -> Iterator[Finding]:
    free = shutil.disk_usage(patient.installation.folder).free
    found = f"{free // 1024**2:,} MiB are free."
    wanted = f"Free at least {DISK_FREE_BYTES_MIN // 1024**2:,} MiB, or move the folder."
    yield Finding("disk", found, "" if free >= DISK_FREE_BYTES_MIN else wanted)


def _keys(patient: Patient) -> Iterator[Finding]:
    keyring = patient.installation.keyring()
    yield Finding("keys", f"{len(keyring.data_keys)} data keys; key {keyring.active} seals.")


def _stores(patient: Patient) -> Iterator[Finding]:
    for path in patient.installation.store_paths:
        if not path.exists():
            is_lost = path == patient.installation.control_path
            mend = "Restore it from a backup." if is_lost else ""
            found = f"{path.name} is not there{'' if is_lost else ' yet: the server makes it'}."
            yield Finding("stores", found, mend)
            continue
        try:
            examined = examine_store(path)
        except OrderGuardError as error:
            yield Finding("stores", error.message, _repair(path))
            continue
        if examined.damage:
            yield Finding("stores", f"{path} is damaged: {examined.damage}", _repair(path))
        elif examined.version > examined.version_max:
            found = f"{path} has schema {examined.version}, newer than {examined.version_max}."
            yield Finding("stores", found, "Start the newest OrderGuard that wrote to it.")
        else:
            yield Finding("stores", f"{path.name} is whole, schema {examined.version}.")


def _lag(patient: Patient) -> Iterator[Finding]:
    """How far the state is behind the log; it can never be ahead."""
    (last, _), cursor = patient.installation.log_end(), patient.installation.state_cursor()
    found = f"The log has {last} entries, the state {cursor} of them."
    mend = ""
    if cursor > last:
        mend = "Restore the log, or remove state.db*: the state is rebuilt from the log."
    elif last - cursor > LAG_ENTRIES_MAX:
        mend = "See the server's messages for saves that fail; the next start takes long."
    yield Finding("lag", found, mend)


def _clock(patient: Patient) -> Iterator[Finding]:
    now_ms = SystemClock().now_ms()
    mend = "Set the clock, best by NTP; what is received bears its time."
    if from_ms(now_ms).year < YEAR_MIN:
        yield Finding("clock", f"The system's clock says {rfc3339(now_ms)}.", mend)
    _, received_ms = patient.installation.log_end()
    if received_ms > now_ms + AHEAD_MS_MAX:
        found = f"The log's newest entry is of {rfc3339(received_ms)}, which is yet to come."
        yield Finding("clock", found, mend)


def _library(patient: Patient) -> Iterator[Finding]:
    folder = patient.installation.library_folder
    try:
        faults = check_library(patient.installation.library())
    except LibraryFaults as error:
        faults = error.faults
    for fault in faults[:FAULTS_SHOWN]:
        mend = f"Correct it; `orderguard rules check {folder}` names all {len(faults)} faults."
        yield Finding("library", f"{folder / fault.file}:{fault.line}: {fault.message}.", mend)


def _shops(patient: Patient) -> Iterator[Finding]:
    known = channels()
    with closing(patient.installation.open_control()) as control:
        shops = control.all()
    for shop in shops:
        place = f"{shop.channel}/{shop.shop}"
        if shop.channel not in known:
            yield Finding("shops", f"{place}: no such channel.", "Install the version that has it.")
            continue
        for secret in shop.secrets:
            if fault := secret_fault(known[shop.channel], secret):
                rotate = f"`orderguard shop rotate {shop.shop} --channel {shop.channel}`"
                yield Finding("shops", f"{place}: a secret cannot sign: {fault}.", rotate)
    yield Finding("shops", f"{len(shops)} shops.")


def _coverage(patient: Patient) -> Iterator[Finding]:
    """Not a fault: some channels never tell what a rule needs."""
    if patient.settings is None:
        return
    library = patient.installation.library()
    try:
        silent = rules_that_cannot_fire(patient.installation, library, patient.settings)
    except LibraryFaults:
        return  # Told by the library's own check.
    for one in silent:
        yield Finding("coverage", str(one))


def _port(patient: Patient) -> Iterator[Finding]:
    if patient.settings is None:
        return
    host, port = patient.settings.server.host, patient.settings.server.port
    process = patient.installation.server_process()
    try:
        is_free = _is_free(host, port)
    except OSError as error:
        found = f"Nobody can listen on {host}:{port}: {error.strerror}."
        yield Finding("port", found, "Correct [server] in orderguard.toml.")
        return
    if is_free:
        serving = f"; process {process} serves on another" if process else ""
        yield Finding("port", f"{host}:{port} is free{serving}.")
    elif process and _answers(host, port):
        yield Finding("port", f"{host}:{port} is served by process {process}.")
    else:
        mend = "Stop who has it, or set [server] port in orderguard.toml."
        yield Finding("port", f"{host}:{port} is taken by another program.", mend)


CHECKS: Mapping[str, Check] = {
    "files": _permissions,
    "disk": _disk,
    "keys": _keys,
    "stores": _stores,
    "lag": _lag,
    "clock": _clock,
    "library": _library,
    "shops": _shops,
    "coverage": _coverage,
    "port": _port,
}


def diagnose(folder: Path, environment: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order of the checks; a check that finds nothing says `in order`."""
    if not folder.is_dir():
        return [Finding("folder", f"{folder} is not there.", f"orderguard init --data {folder}")]
    installation = Installation(folder)
    findings = []
    settings = None
    try:
        settings = installation.settings(environment)
        findings.append(Finding("settings", f"mode {settings.respond.mode}, in order."))
    except OrderGuardError as error:
        findings.append(_fault("settings", error))
    for name, check in CHECKS.items():
        findings += _examined(name, check, Patient(installation, settings))
    return findings


@click.command("doctor")
@data_option
@json_option
@click.pass_context
def command(context: click.Context, *, data: Path, as_json: bool) -> None:
    """Find what is wrong with an installation, and say how to mend each fault.

    Exit status 1 when there is a fault. Safe beside a running server.
    """
    findings = diagnose(data, os.environ)
    is_well = all(finding.ok for finding in findings)
    if as_json:
        checks = [
            {"check": one.check, "ok": one.ok, "found": one.found, "mend": one.mend}
            for one in findings
        ]
        print_json({"ok": is_well, "checks": checks})
    else:
        for one in findings:
            click.echo(f"{'ok   ' if one.ok else 'FAULT'}  {one.check:<9}{one.found}")
            if not one.ok:
                click.echo(f"{'':16}{one.mend}")
    context.exit(0 if is_well else 1)


def _examined(name: str, check: Check, patient: Patient) -> list[Finding]:
    """A check that cannot be made is a finding too."""
    try:
        return list(check(patient)) or [Finding(name, "in order.")]
    except OrderGuardError as error:
        return [_fault(name, error)]
    except OSError as error:
        return [Finding(name, f"{error.filename}: {error.strerror}.", "Check its permissions.")]


def _fault(name: str, error: OrderGuardError) -> Finding:
    return Finding(name, error.message, error.hint or "Correct it, then run doctor again.")


def _repair(path: Path) -> str:
    if path.name == "state.db":
        return "Stop the server, remove state.db* and start it: the state is rebuilt from the log."
    return f"Stop the server and restore {path.name} from a backup."


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno == EADDRINUSE:
                return False
            raise
    return True


def _answers(host: str, port: int) -> bool:
    """Whether a server like ours answers there."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S_MAX)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _user() -> str:
    return f"user {os.geteuid()}"
