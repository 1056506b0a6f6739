"""Processes under load: an installation with its server, and the bare echo."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import CACHE
from msgspec import Struct
from tests.scenarios.installation import (
    HOST,
    Client,
    Server,
    api_headers,
    installed,
    serving,
)

from orderguard.app import Installation

START_S_MAX = 20.0
END_S_MAX = 20.0
_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)
_BUCKET = re.compile(r'^(\w+)_bucket\{le="([^"]+)"\} ([0-9.e+-]+)$', re.MULTILINE)


class Served(Struct, frozen=True):
    """A server that is ready, with what is needed to talk to it."""

    installation: Installation
    server: Server
    headers: dict[str, str]

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def pid(self) -> int:
        return self.server.pid

    def client(self) -> Client:
        return Client(self.port, self.headers)

    def metrics(self) -> dict[str, float]:
        """Each series of /metrics, those of one name added up."""
        found: dict[str, float] = {}
        for name, value in _SAMPLE.findall(self._exposition()):
            found[name] = found.get(name, 0.0) + float(value)
        return found

    def histogram(self, name: str) -> dict[float, float]:
        """How many observations were at most each bound, in seconds."""
        found = _BUCKET.findall(self._exposition())
        return {float(bound): float(count) for one, bound, count in found if one == name}

    def _exposition(self) -> str:
        with self.client() as client:
            return client.ask("GET", "/metrics").body.decode()


@contextmanager
def shop_server(preset: str = "standard") -> Iterator[Served]:
    """A server on a fresh installation with one shop, on the disk of the probes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as folder:
        installation = installed(Path(folder) / "data", "demo", preset=preset)
        headers = api_headers(installation)
        with serving(installation) as server:
            yield Served(installation, server, headers)


class Started(Struct, frozen=True):
    port: int
    pid: int


@contextmanager
def echo_server() -> Iterator[Started]:
    port = free_port()
    with listening([sys.executable, "-m", "bench.echo", str(port)], port) as started:
        yield started


@contextmanager
def listening(
    command: list[str], port: int, *, environment: dict[str, str] | None = None
) -> Iterator[Started]:
    """A process that takes connections on this port; ended with the context."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment
    )
    try:
        _await_port(process, port)
        yield Started(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S_MAX)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    limit = time.monotonic() + START_S_MAX
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            assert process.poll() is None, f"it ended with {process.returncode}"
            assert time.monotonic() < limit, "it takes no connections"
            time.sleep(0.05)
        else:
            return
