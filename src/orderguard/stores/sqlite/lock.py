"""One server a data folder."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInstallation, FolderInUse
from orderguard.stores.sqlite.unopened import HINT, cannot_open

FILE_NAME = "lock"

WAIT_S_MAX = 2.0
"""A killed server's lock goes with its process, which may take the system a moment."""

_RETRY_S = 0.02


class FolderLock:
    """Held by the process that writes a data folder; readers need none.

    The kernel releases it when the process ends, however it ends. A forked child would hold it
    on, so start children by `spawn` or as a command.
    """

    def __init__(self, folder: Path, *, wait_s: float = WAIT_S_MAX) -> None:
        path = folder / FILE_NAME
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise BadInstallation(cannot_open(path, error), hint=HINT) from error
        if not _locked_within(self._handle, wait_s):
            owner = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise FolderInUse(
                Bilingual(
                    f"Process {owner or '(unknown)'} already serves {folder}.",
                    f"进程 {owner or '(unknown)'} 已经在服务 {folder}。",
                ),
                hint=Bilingual(
                    "Stop it first, or serve another folder.", "请先停止它，或换一个文件夹。"
                ),
            )
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            self.release()
            raise BadInstallation(
                Bilingual(
                    f"{path} cannot be written: {error.strerror}.",
                    f"{path} 写不进去：“{error.strerror}”。",
                ),
                hint=Bilingual("Free some space on the disk.", "请腾出一些磁盘空间。"),
            ) from error

    def release(self) -> None:
        """May be called again. The file stays: removing it would let two processes lock two."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _locked_within(handle: int, wait_s: float) -> bool:
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(_RETRY_S)
        else:
            return True
