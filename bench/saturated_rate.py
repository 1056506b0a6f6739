"""How many events a second at most, each acknowledged when it is on the disk, against Node-RED.

The peer keeps nothing on a disk and verifies nothing: Node-RED 4 takes the same requests over as
many connections, counts orders by buyer in memory, and answers. Needs node and npm.
"""

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from bench.cpu_per_event import requests_of
from bench.figures import CACHE, Budget, Figure, Report, finish, percentile
from bench.load import Clients, Outcome
from bench.machine import last_core, on_cores
from bench.served import Started, free_port, listening, shop_server

PEERS_MIN = 2
CONNECTIONS = 64
PEER = Path(__file__).with_name("node_red")
INSTALL_S_MAX = 600
PROBE = b"POST /webhooks/standard/demo HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}"
UP_S_MAX = 30.0


def install_peer() -> str:
    """Node-RED as locked, once; its version."""
    program = PEER / "node_modules" / "node-red" / "package.json"
    if not program.exists():
        npm = shutil.which("npm")
        assert npm, "the peer needs node and npm"
        print("installing Node-RED, once", flush=True)
        command = [npm, "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(
            command, cwd=PEER, check=True, stdout=subprocess.DEVNULL, timeout=INSTALL_S_MAX
        )
    version: str = msgspec.json.decode(program.read_bytes())["version"]
    return version


@contextmanager
def node_red() -> Iterator[Started]:
    """The flow, ready to count."""
    node = shutil.which("node")
    assert node, "the peer needs node"
    port = free_port()
    with TemporaryDirectory(dir=CACHE) as folder:
        flows = Path(folder) / "flows.json"
        shutil.copyfile(PEER / "flows.json", flows)
        program = PEER / "node_modules" / "node-red" / "red.js"
        settings = ["--settings", str(PEER / "settings.js"), "--userDir", folder]
        command = [node, str(program), *settings, str(flows)]
        environment = {**os.environ, "NODE_RED_PORT": str(port)}
        with listening(command, port, environment=environment) as started:
            _await_flow(port)
            yield started


def _await_flow(port: int) -> None:
    """Its port is open before its flow runs: until then it knows no such path."""
    limit = time.monotonic() + UP_S_MAX
    while True:
        with Clients(port, connections=1) as clients:
            status = clients.closed_loop([PROBE], seconds=UP_S_MAX).status[0]
        if status != 404:
            return
        assert time.monotonic() < limit, "the flow does not run"
        time.sleep(0.1)


def saturate(port: int, requests: list[bytes], seconds: float) -> Outcome:
    with on_cores(last_core()), Clients(port, CONNECTIONS) as clients:
        outcome = clients.closed_loop(requests, seconds)
    refused = len(outcome.status) - outcome.accepted
    assert not refused, f"{refused} of {len(outcome.status)} requests were not taken"
    return outcome


def measure(rounds: int, seconds: float) -> Report:
    version = install_peer()
    CACHE.mkdir(parents=True, exist_ok=True)
    ours, peers, ratios = list[float](), list[float](), list[float]()
    ours_p99, peers_p99 = list[float](), list[float]()
    with shop_server() as shop, node_red() as peer:
        warm = requests_of(4_000, 0)
        count = 0.0
        for port in (shop.port, peer.port):
            outcome = saturate(port, warm, seconds)
            count = max(count, len(outcome.status) / outcome.seconds)
        for turn in range(1, rounds + 1):
            requests = requests_of(round(2 * count * seconds), turn)
            for port, rates, p99 in ((peer.port, peers, peers_p99), (shop.port, ours, ours_p99)):
                outcome = saturate(port, requests, seconds)
                rates.append(len(outcome.status) / outcome.seconds)
                p99.append(percentile(outcome.latencies_ms(), 0.99))
            ratios.append(ours[-1] / peers[-1])

    def figure(name: str, unit: str, values: list[float]) -> Figure:
        return Figure(name=name, unit=unit, values=tuple(values))

    ratio = figure("over Node-RED", "x", ratios)
    return Report(
        script="saturated_rate",
        title="Saturated rate",
        budgets=(
            Budget(
                what="events a second, each synced, over Node-RED's in memory",
                figure=ratio,
                limit=PEERS_MIN,
                at_least=True,
            ),
        ),
        figures=(
            figure("OrderGuard, events a second", "", ours),
            figure("Node-RED, requests a second", "", peers),
            figure("OrderGuard, acknowledged at p99", "ms", ours_p99),
            figure("Node-RED, answered at p99", "ms", peers_p99),
        ),
        notes=(
            f"Node-RED {version}: http in, a function that counts by buyer, http response.",
            f"{seconds:g} s each in turn, closed loop over {CONNECTIONS} connections.",
            "One event a request; the peer takes the same requests and looks at no signature.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.seconds), strict=chosen.strict)


if __name__ == "__main__":
    main()
