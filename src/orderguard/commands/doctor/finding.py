"""What a check finds, and what it looks at."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.app import Installation
from orderguard.bilingual import Bilingual
from orderguard.errors import OrderGuardError
from orderguard.settings import Settings

FAULTS_SHOWN = 10
"""Of one kind; the rest is counted."""


_CORRECT = Bilingual("Correct it, then run doctor again.", "请改正，然后再检查一次。")
_REASONS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样操作",
    errno.ENOENT: "没有这个文件",
    errno.ENOSPC: "磁盘没有剩余空间",
    errno.EDQUOT: "超出磁盘配额",
    errno.EROFS: "文件系统只读",
    errno.EIO: "磁盘读写出错",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


class Grade(StrEnum):
    """`note`: good to know and no fault."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


class Finding(Struct, frozen=True):
    """What one check found. `mend` says what to do; it is None where nothing has to be done."""

    check: str
    found: Bilingual
    mend: Bilingual | None = None
    grade: Grade = Grade.OK

    @property
    def ok(self) -> bool:
        return self.grade is not Grade.FAULT


class Patient(Struct, frozen=True):
    """The installation under examination; `settings` is None where they cannot be read."""

    installation: Installation
    settings: Settings | None
    environment: Mapping[str, str] = {}


Check = Callable[[Patient], Iterator[Finding]]


def note(check: str, found: Bilingual, mend: Bilingual) -> Finding:
    return Finding(check, found, mend, Grade.NOTE)


def fault(check: str, found: Bilingual, mend: Bilingual) -> Finding:
    return Finding(check, found, mend, Grade.FAULT)


def failed(check: str, error: OrderGuardError | OSError) -> Finding:
    """A check that cannot be made is a fault too."""
    if isinstance(error, OSError):
        why = reason(error)
        found = Bilingual(f"{error.filename}: {why.en}.", f"{error.filename}：{why.zh}。")
        return fault(check, found, Bilingual("Check its permissions.", "请检查它的权限。"))
    return fault(check, error.said, error.advised if error.hint else _CORRECT)


def reason(error: OSError) -> Bilingual:
    """The system's word for what went wrong, which it has in English alone."""
    said = error.strerror or str(error)
    return Bilingual(said, _REASONS.get(error.errno or 0, f"“{said}”"))


def user() -> Bilingual:
    return Bilingual(f"user {os.geteuid()}", f"用户 {os.geteuid()}")
