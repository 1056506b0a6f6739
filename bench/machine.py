"""This machine: what it is, what a process used, and how quick its disk and its loopback are."""

import os
import platform
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from bench.figures import CACHE

PROBE_BYTES = 4096
REQUEST_BYTES, ANSWER_BYTES = 1_300, 180

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("uvicorn", "uvloop", "httptools", "msgspec", "fastapi", "cryptography", "duckdb")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def resident_bytes(pid: int | str = "self") -> int:
    """The memory that a process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("Linux tells VmRSS of every process")


@contextmanager
def on_cores(*cores: int) -> Iterator[None]:
    """Run on these processors alone, as will all processes that are started inside."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores) & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def last_core() -> int:
    """Where load is made, so that the kernel finds the others for who is measured."""
    return max(os.sched_getaffinity(0))


def fdatasync_ms(times: int) -> list[float]:
    """How long each of so many appends of 4 KiB takes to be on the disk of the data folders."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"fdatasync-{os.getpid()}"
    taken = []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(file, bytes(PROBE_BYTES))
            os.fdatasync(file)
            taken.append((time.perf_counter() - began) * 1e3)
    finally:
        os.close(file)
        path.unlink()
    return taken


def loopback_ms(times: int) -> list[float]:
    """How long each of so many round trips over loopback takes, in the sizes of a webhook call."""
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pid = os.fork()
        if not pid:
            _answer(listener)
        with socket.create_connection(listener.getsockname()) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = bytes(REQUEST_BYTES)
            for _ in range(times):
                began = time.perf_counter()
                connection.sendall(request)
                _take(connection, ANSWER_BYTES)
                taken.append((time.perf_counter() - began) * 1e3)
        os.waitpid(pid, 0)
    return taken


def _answer(listener: socket.socket) -> None:
    """The other side, in a process of its own; ends with its one connection."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answer = bytes(ANSWER_BYTES)
    while _take(connection, REQUEST_BYTES):
        connection.sendall(answer)
    os._exit(0)


def _take(connection: socket.socket, size: int) -> int:
    """Receive so many bytes; 0 when the other side has ended."""
    left = size
    while left:
        piece = connection.recv(left)
        if not piece:
            return 0
        left -= len(piece)
    return size


def description() -> tuple[str, ...]:
    """What the figures were measured on, a line each."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{_processor()}, {os.cpu_count()} processors, {memory_gib:.0f} GiB of memory",
        f"Linux {platform.release()}, data on {_file_system()}",
        f"{python}, SQLite {sqlite3.sqlite_version}, {packages}",
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system() -> str:
    """The kind of the file system below the data folders."""
    CACHE.mkdir(parents=True, exist_ok=True)
    device = CACHE.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        fields = line.split()
        if fields[2] == wanted:
            return fields[fields.index("-") + 1]
    return "an unknown file system"
