"""Where each microsecond of an event goes: the whole path at 3,000 events a second, sampled.

py-spy looks at the stacks of a serving process; each sample belongs to the layer of its innermost
frame that has one. What an event costs in all is measured apart, without anybody looking.
"""

import argparse
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cpu_per_event import SAVED_S
from bench.event_to_alert import messages_at
from bench.figures import CACHE, Figure, Report, Table, finish, percentile, shown
from bench.load import Clients, Outcome
from bench.machine import cpu_seconds, last_core, on_cores
from bench.schedule import evenly
from bench.served import Served, shop_server
from bench.traffic import Seller

RATE = 3_000
CONNECTIONS = 64
SAMPLES_PER_S = 400
SETTLE_S = 1.0
END_S_MAX = 60.0
FUNCTIONS = 20
OTHER = "other"

ABOVE_ALL: tuple[tuple[str, str], ...] = (
    ("save", r"/flows/(live|tables)\.py:\S*\b(_save|flush|changes|settle)\b|/sqlite/state\.py:"),
    ("stream and API", r"/orderguard/api/(?!metrics)|/(fastapi|starlette)/"),
)
"""Layers that take all that is called in them."""

LAYERS: tuple[tuple[str, str], ...] = (
    ("verify", r"/kit/signing\.py:|/channels/\w+/adapter\.py:\S*\bverify\b"),
    ("parse", r"/domain/wire\.py:|/kit/jsontext\.py:|/channels/"),
    ("encode and seal", r"/domain/record\.py:|/kit/sealing\.py:\S*\bseal\b|/kit/ids\.py:"),
    ("protect", r"/flows/(protect|doors)\.py:|/reference/|/kit/sealing\.py:"),
    ("facts", r"/flows/facts\.py:|/orders/facts\.py:"),
    ("order state", r"/orderguard/orders/|/flows/detect\.py:\S*\b(apply|_record|_timeline)\b"),
    ("features", r"/orderguard/features/"),
    ("rules", r"<(judge|condition)>:|/orderguard/rules/"),
    ("alerts", r"/flows/(detect|engine)\.py:|/alerts/|/scoring/"),
    ("respond", r"/flows/respond\.py:|/responses/"),
    ("fold", r"/flows/(fold|tables|live)\.py:"),
    ("log", r"/flows/writer\.py:|/stores/sqlite/"),
    ("ingest", r"/flows/ingest\.py:"),
    ("metrics", r"/prometheus_client/|/api/metrics\.py:"),
    ("http", r"/gateway/|/uvicorn/|/uvloop/|/orderguard/server\.py:"),
)
"""A layer has the frames `path:function` in which its pattern is found; the first counts."""

_ABOVE_ALL = [(layer, re.compile(pattern)) for layer, pattern in ABOVE_ALL]
_LAYERS = [(layer, re.compile(pattern)) for layer, pattern in LAYERS]
_FRAME = re.compile(r"(?P<function>.+) \((?P<path>[^()]*?)(?::\d+)?\)$")
_THREAD = re.compile(r"thread \((\d+)\)")

Stack = tuple[str, ...]
"""Frames as `path:function`, the outermost first."""
Samples = dict[int, Counter[Stack]]
"""How often each stack was seen, by thread."""
Costs = dict[Stack, float]
"""Microseconds an event."""


def layer_of(stack: Stack) -> str:
    for layer, pattern in _ABOVE_ALL:
        if any(map(pattern.search, stack)):
            return layer
    for frame in reversed(stack):
        for layer, pattern in _LAYERS:
            if pattern.search(frame):
                return layer
    return OTHER


def samples_in(folded: str) -> Samples:
    """What py-spy saw, from its folded form with threads."""
    found: Samples = {}
    for line in folded.splitlines():
        text, _, count = line.rpartition(" ")
        thread, *frames = text.split(";")
        told = _THREAD.match(thread)
        if told and frames:
            stacks = found.setdefault(int(told[1]), Counter())
            stacks[tuple(map(_frame, frames))] += int(count)
    return found


def costs_of(samples: Samples, used_ns: dict[int, int], each_us: float) -> Costs:
    """What each stack costs an event, which costs `each_us` in all.

    A thread that waits for the disk looks busy, so its samples share what it really used.
    """
    costs: Costs = {}
    total = sum(used_ns[thread] for thread in samples)
    for thread, stacks in samples.items():
        cost = each_us * used_ns[thread] / total / stacks.total()
        for stack, count in stacks.items():
            costs[stack] = costs.get(stack, 0.0) + count * cost
    return costs


def threads_ns(pid: int) -> dict[int, int]:
    """Processor time of each thread so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(task.name): int((task / "schedstat").read_text().split()[0]) for task in tasks}


def _frame(text: str) -> str:
    told = _FRAME.match(text)
    return f"{told['path']}:{told['function']}" if told else text


@contextmanager
def sampled(pid: int, output: Path) -> Iterator[None]:
    """py-spy looks at the process meanwhile, and writes what it saw."""
    program = Path(sys.executable).with_name("py-spy")
    assert program.exists(), "`make bench` installs py-spy"
    options = ["--format", "raw", "--full-filenames", "--nonblocking", "--threads", "--function"]
    where = ["--rate", str(SAMPLES_PER_S), "--output", str(output), "--pid", str(pid)]
    process = subprocess.Popen(
        [str(program), "record", *options, *where],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(END_S_MAX)


def run(shop: Served, rate: int, seconds: float, turn: int) -> tuple[float, Outcome]:
    """Microseconds of processor time per event at this rate, and what became of the events."""
    messages = messages_at(rate, seconds, turn)
    seller, now_ms = Seller(), time.time_ns() // 1_000_000
    requests = [seller.request(message, now_ms) for message in messages]
    with on_cores(last_core()), Clients(shop.port, CONNECTIONS) as clients:
        before = cpu_seconds(shop.pid)
        outcome = clients.open_loop(requests, evenly(rate, seconds))
        time.sleep(SAVED_S)
        used = cpu_seconds(shop.pid) - before
    return used / len(requests) * 1e6, outcome


def measure(rate: int, seconds: float) -> Report:
    CACHE.mkdir(parents=True, exist_ok=True)
    folded = CACHE / "profile.folded"
    folded.unlink(missing_ok=True)
    with shop_server() as shop:
        run(shop, rate, seconds / 4, 0)
        each, outcome = run(shop, rate, seconds, 1)
        with sampled(shop.pid, folded):
            before = threads_ns(shop.pid)
            _, looked_at = run(shop, rate, seconds, 2)
            after = threads_ns(shop.pid)
    used = {thread: after[thread] - before.get(thread, 0) for thread in after}
    samples = samples_in(folded.read_text("utf-8")) if folded.exists() else {}
    costs = costs_of(samples, used, each)
    count = sum(stacks.total() for stacks in samples.values())
    seen = f"{count:,} samples" if count else "py-spy was not allowed to look at the process"
    reached = outcome.accepted / max(outcome.seconds, seconds)
    slowed = looked_at.accepted / max(looked_at.seconds, seconds)
    return Report(
        script="where_time_goes",
        title="Where each microsecond goes",
        figures=(
            Figure(name="an event, processor time", unit="us", values=(each,)),
            Figure(name="events a second", unit="", values=(reached,)),
            Figure(name="events a second while looked at", unit="", values=(slowed,)),
            Figure(
                name="acknowledged, p99",
                unit="ms",
                values=(percentile(outcome.latencies_ms(), 0.99),),
            ),
        ),
        tables=(_by_layer(costs), _by_function(costs)) if costs else (),
        notes=(
            f"{rate:,} events a second asked for, one a request; {seen}.",
            "Time in C is of the Python function that called it.",
        ),
    )


def _by_layer(costs: Costs) -> Table:
    layers: dict[str, float] = {}
    for stack, cost in costs.items():
        layer = layer_of(stack)
        layers[layer] = layers.get(layer, 0.0) + cost
    return Table(
        title="By layer:",
        head=("layer", "share", "us an event"),
        rows=tuple(_rows(layers, len(layers))),
    )


def _by_function(costs: Costs) -> Table:
    functions: dict[str, float] = {}
    for stack, cost in costs.items():
        path, _, function = stack[-1].rpartition(":")
        name = f"{'/'.join(path.split('/')[-2:])} {function}"
        functions[name] = functions.get(name, 0.0) + cost
    return Table(
        title=f"The {FUNCTIONS} dearest functions, without what they call:",
        head=("function", "share", "us an event"),
        rows=tuple(_rows(functions, FUNCTIONS)),
    )


def _rows(costs: dict[str, float], count: int) -> Iterator[tuple[str, str, str]]:
    """The dearest, each with its share of all."""
    total = sum(costs.values())
    for name, cost in sorted(costs.items(), key=lambda pair: -pair[1])[:count]:
        yield name, f"{cost / total:.1%}", shown(cost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--strict", action="store_true", help="Of no effect: there is no budget.")
    chosen = parser.parse_args()
    finish(measure(chosen.rate, chosen.seconds), strict=chosen.strict)


if __name__ == "__main__":
    main()
