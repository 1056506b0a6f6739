"""Disks that are small, full, or mounted for reading alone: real ones, which only root can make."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1024 * 1024
FILLING = "filling"


@contextmanager
def small_disk(size_mib: int = 8) -> Iterator[Path]:
    """A disk of its own in memory. Skips the test where nobody may mount one."""
    with tempfile.TemporaryDirectory() as place:
        options = f"size={size_mib}m,mode=700"
        mounted = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", place)
        if mounted.returncode:
            pytest.skip(f"needs a disk of its own: {mounted.stderr.strip()}")
        try:
            yield Path(place)
        finally:
            _run("umount", "--lazy", place).check_returncode()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    _run("mount", "-o", "remount,ro", str(disk)).check_returncode()
    try:
        yield
    finally:
        _run("mount", "-o", "remount,rw", str(disk)).check_returncode()


def fill(disk: Path, *, leave_bytes: int = 0) -> None:
    """Leave no room, or as much as said."""
    handle = os.open(disk / FILLING, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(handle, bytes(MIB))
    except OSError:
        os.ftruncate(handle, os.fstat(handle).st_size - leave_bytes)
    finally:
        os.close(handle)


def make_room(disk: Path) -> None:
    (disk / FILLING).unlink()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))
