"""A server that acts, and the providers that it calls."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import CACHE, ROOT
from bench.providers import Call, calls_in
from bench.served import END_S_MAX, Served
from msgspec import Struct
from tests.scenarios.acting import acts
from tests.scenarios.installation import api_headers, installed, serving

LOOK_S = 0.5


class Acting(Struct, frozen=True):
    """`folder` has the record of the providers' calls."""

    shop: Served
    folder: Path

    def calls(self) -> list[Call]:
        return calls_in(self.folder)

    def settle(self, quiet_s: float, seconds_max: float) -> None:
        """Wait until no provider was called for so long, or the time is over."""
        until = time.monotonic() + seconds_max
        while time.monotonic() < until:
            last_ns = max((call.at_ns for call in self.calls()), default=0)
            if time.monotonic_ns() - last_ns > quiet_s * 1e9:
                return
            time.sleep(LOOK_S)


@contextmanager
def acting_server(*steps: str) -> Iterator[Acting]:
    """A server on a fresh installation in live mode; `steps` are added to the high playbook."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.providers", name]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as providers:
            assert providers.stdout is not None
            tables = json.loads(providers.stdout.readline())
            installation = installed(folder / "data", "demo")
            acts(installation, tables, *steps)
            headers = api_headers(installation)
            try:
                with serving(installation) as server:
                    yield Acting(Served(installation, server, headers), folder)
            finally:
                assert providers.stdin is not None
                providers.stdin.close()
                providers.wait(END_S_MAX)
