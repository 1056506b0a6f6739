"""The data folder: whether it can be written, by whom, and how much room there is."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orderguard.bilingual import Bilingual
from orderguard.commands.doctor.finding import Finding, Patient, fault, reason, user

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
            found = Bilingual(f"{path} cannot be written.", f"{path} 不能写入。")
            mend = Bilingual(f"chown it to {user().en}.", f"用 chown 把它交给{user().zh}。")
            yield fault("files", found, mend)
    yield from _strangers(installation.folder)
    for path in (installation.folder, installation.keys_path, installation.control_path):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            found = Bilingual(
                f"Others may enter {path} ({mode:o}).", f"其他人可以进入 {path}（{mode:o}）。"
            )
            mend = Bilingual(f"chmod go= {path}", f"请执行 `chmod go= {path}`")
            yield fault("files", found, mend)


def disk(patient: Patient) -> Iterator[Finding]:
    """The server goes on without room: it refuses webhooks with 503 until there is some."""
    folder = patient.installation.folder
    free = shutil.disk_usage(folder).free
    least = f"{FREE_BYTES_MIN // _MIB:,} MiB"
    wanted = Bilingual(
        f"Free at least {least}, or move the folder.", f"请腾出至少 {least}，或把文件夹移到别处。"
    )
    try:
        _try_to_write(folder)
    except OSError as error:
        if error.errno in _NO_ROOM:
            why = reason(error)
            found = Bilingual(
                f"Nothing more can be written to {folder}: {why.en}.",
                f"{folder} 写不进任何东西了：{why.zh}。",
            )
            mend = Bilingual(
                f"{wanted.en} A running server takes webhooks again by itself.",
                f"{wanted.zh}服务器会自己恢复接收推送。",
            )
            yield fault("disk", found, mend)
            return
    found = Bilingual(f"{free // _MIB:,} MiB are free.", f"剩余 {free // _MIB:,} MiB。")
    yield Finding("disk", found) if free >= FREE_BYTES_MIN else fault("disk", found, wanted)


def _try_to_write(folder: Path) -> None:
    """A file that has no name, or loses it at once, is written to the disk."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(bytes(TRIED_BYTES))
        os.fsync(file.fileno())


def _unwritable(folder: Path, error: OSError) -> Finding:
    mend = Bilingual(
        f"Let {user().en} write to it (chown, chmod u+w), or run as its owner.",
        f"请让{user().zh}能写入（chown、chmod u+w），或以它的所有者运行。",
    )
    if error.errno == errno.EROFS:
        mend = Bilingual(
            "Mount the disk for writing; see in the system's log why it is not.",
            "请以可写方式挂载磁盘；为什么只读见系统日志。",
        )
    why = reason(error)
    found = Bilingual(f"{folder} cannot be written: {why.en}.", f"{folder} 不能写入：{why.zh}。")
    return fault("files", found, mend)


def _strangers(folder: Path) -> Iterator[Finding]:
    """Files that a command run as another user has left, and the folder's owner cannot write."""
    owner, group = folder.stat().st_uid, folder.stat().st_gid
    for path in sorted(folder.iterdir()):
        if path.name.endswith(_WRITTEN) and not _may_write(path.stat(), owner, group):
            mend = Bilingual(
                f"chown {owner} {path}, and run commands as that user.",
                f"请执行 `chown {owner} {path}`，以后以该用户运行命令。",
            )
            found = Bilingual(
                f"{path} is not the folder's owner's to write.",
                f"{path} 不能由文件夹的所有者写入。",
            )
            yield fault("files", found, mend)


def _may_write(file: os.stat_result, owner: int, group: int) -> bool:
    if owner in {0, file.st_uid}:
        return True
    wanted = stat.S_IWGRP if file.st_gid == group else stat.S_IWOTH
    return bool(file.st_mode & wanted)
