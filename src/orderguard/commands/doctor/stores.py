"""The keys, the stores, and whether they fit together."""

from collections.abc import Iterator
from pathlib import Path

from orderguard.app import examine_store
from orderguard.commands.doctor.finding import Finding, Patient, fault

LAG_ENTRIES_MAX = 1_000_000
"""More than this much log to fold delays the next start by over 5 s."""


def keys(patient: Patient) -> Iterator[Finding]:
    keyring = patient.installation.keyring()
    yield Finding("keys", f"{len(keyring.data_keys)} data keys; key {keyring.active} seals.")


def stores(patient: Patient) -> Iterator[Finding]:
    for path in patient.installation.store_paths:
        if not path.exists():
            if path == patient.installation.control_path:
                yield fault("stores", f"{path.name} is not there.", "Restore it from a backup.")
            else:
                yield Finding("stores", f"{path.name} is not there yet: the server makes it.")
            continue
        examined = examine_store(path)
        if examined.damage:
            yield fault("stores", f"{path} is damaged: {examined.damage}", _repair(path))
        elif examined.version > examined.version_max:
            found = f"{path} has schema {examined.version}, newer than {examined.version_max}."
            yield fault("stores", found, "Start the newest OrderGuard that wrote to it.")
        else:
            yield Finding("stores", f"{path.name} is whole, schema {examined.version}.")


def lag(patient: Patient) -> Iterator[Finding]:
    """How far the state is behind the log; it can never be ahead."""
    (last, _), cursor = patient.installation.log_end(), patient.installation.state_cursor()
    found = f"The log has {last} entries, the state {cursor} of them."
    if cursor > last:
        mend = "Restore the log, or remove state.db*: the state is rebuilt from the log."
        yield fault("lag", found, mend)
    elif last - cursor > LAG_ENTRIES_MAX:
        mend = "See the server's messages for saves that fail; the next start takes long."
        yield fault("lag", found, mend)
    else:
        yield Finding("lag", found)


def _repair(path: Path) -> str:
    if path.name == "state.db":
        return "Stop the server, remove state.db* and start it: the state is rebuilt from the log."
    return f"Stop the server and restore {path.name} from a backup."
