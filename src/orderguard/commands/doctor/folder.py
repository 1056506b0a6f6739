"""The data folder: whether it can be written, by whom, and how much room there is."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orderguard.commands.doctor.finding import Finding, Patient, fault, user

FREE_BYTES_MIN = 1024 * 1024 * 1024
TRIED_BYTES = 64 * 1024

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_WRITTEN = (".db", ".db-wal", ".db-shm")
_MIB = 1024 * 1024


def is_writable(folder: Path) -> bool:
    try:
        _try_to_write(folder)
    except OSError:
        return False
    return True


def files(patient: Patient) -> Iterator[Finding]:
    """Everything is the server's to write, and secrets are nobody else's to read."""
    installation = patient.installation
    try:
        _try_to_write(installation.folder)
    except OSError as error:
        if error.errno not in _NO_ROOM:  # That is the disk's.
            yield _unwritable(installation.folder, error)
    for path in installation.folder.iterdir():
        if not os.access(path, os.W_OK):
            yield fault("files", f"{path} cannot be written.", f"chown it to {user()}.")
    yield from _strangers(installation.folder)
    for path in (installation.folder, installation.keys_path, installation.control_path):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            yield fault("files", f"Others may enter {path} ({mode:o}).", f"chmod go= {path}")


def disk(patient: Patient) -> Iterator[Finding]:
    """The server goes on without room: it refuses webhooks with 503 until there is some."""
    folder = patient.installation.folder
    free = shutil.disk_usage(folder).free
    wanted = f"Free at least {FREE_BYTES_MIN // _MIB:,} MiB, or move the folder."
    try:
        _try_to_write(folder)
    except OSError as error:
        if error.errno in _NO_ROOM:
            found = f"Nothing more can be written to {folder}: {error.strerror}."
            mend = f"{wanted} A running server takes webhooks again by itself."
            yield fault("disk", found, mend)
            return
    found = f"{free // _MIB:,} MiB are free."
    yield Finding("disk", found) if free >= FREE_BYTES_MIN else fault("disk", found, wanted)


def _try_to_write(folder: Path) -> None:
    """A file that has no name, or loses it at once, is written to the disk."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(bytes(TRIED_BYTES))
        os.fsync(file.fileno())


def _unwritable(folder: Path, error: OSError) -> Finding:
    mend = f"Let {user()} write to it (chown, chmod u+w), or run as its owner."
    if error.errno == errno.EROFS:
        mend = "Mount the disk for writing; see in the system's log why it is not."
    return fault("files", f"{folder} cannot be written: {error.strerror}.", mend)


def _strangers(folder: Path) -> Iterator[Finding]:
    """Files that a command run as another user has left, and the folder's owner cannot write."""
    owner, group = folder.stat().st_uid, folder.stat().st_gid
    for path in sorted(folder.iterdir()):
        if path.name.endswith(_WRITTEN) and not _may_write(path.stat(), owner, group):
            mend = f"chown {owner} {path}, and run commands as that user."
            yield fault("files", f"{path} is not the folder's owner's to write.", mend)


def _may_write(file: os.stat_result, owner: int, group: int) -> bool:
    if owner in {0, file.st_uid}:
        return True
    wanted = stat.S_IWGRP if file.st_gid == group else stat.S_IWOTH
    return bool(file.st_mode & wanted)
