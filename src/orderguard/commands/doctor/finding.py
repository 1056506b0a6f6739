"""What a check finds, and what it looks at."""

import os
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from orderguard.app import Installation
from orderguard.errors import OrderGuardError
from orderguard.settings import Settings

FAULTS_SHOWN = 10
"""Of one kind; the rest is counted."""


class Grade(StrEnum):
    """`note`: good to know and no fault."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


class Finding(Struct, frozen=True):
    """What one check found. `mend` says what to do; it is empty where nothing has to be done."""

    check: str
    found: str
    mend: str = ""
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


def note(check: str, found: str, mend: str) -> Finding:
    return Finding(check, found, mend, Grade.NOTE)


def fault(check: str, found: str, mend: str) -> Finding:
    return Finding(check, found, mend, Grade.FAULT)


def failed(check: str, error: OrderGuardError | OSError) -> Finding:
    """A check that cannot be made is a fault too."""
    if isinstance(error, OSError):
        return fault(check, f"{error.filename}: {error.strerror}.", "Check its permissions.")
    return fault(check, error.message, error.hint or "Correct it, then run doctor again.")


def user() -> str:
    return f"user {os.geteuid()}"
