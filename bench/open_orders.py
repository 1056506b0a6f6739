"""Order health over 2,000,000 open orders: memory, cost of an event, and the start.

The installation is made once and kept for some hours: orders of 20 shops and 20,000 SKUs, all paid
and none shipped, each with a deadline within three days; most are copies (`open_copies.py`). Then
events are folded on top of it, with the health rules and without; and it is started after a stop
during which deadlines have passed.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from bench.figures import CACHE, Budget, Figure, Report, finish
from bench.open_copies import copy_orders
from bench.start_time import Filler, code_digest, forget
from bench.traffic import Message, Seller
from msgspec import Struct
from tests.scenarios.installation import Server, installed, serving

from orderguard.app import Installation
from orderguard.domain.events import OrderEvent
from orderguard.domain.health import SETTLING_MS
from orderguard.flows.fold import Fold
from orderguard.kit import collector
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_SECOND

READY_S_MAX = 10
ORDERS = 2_000_000
SHOPS = tuple(f"shop-{number:02d}" for number in range(20))
SKUS = 20_000
FOLDED = 20_000
"""So many orders are folded one by one; the others are written as copies of them."""
UNITS = 10_000_000
PAID_WITHIN_MS = 12 * MS_PER_HOUR
PAID_BEFORE_MS = 3 * MS_PER_HOUR
"""The newest of them was paid so long ago: what a warehouse has two hours for is told already."""
PROMISED_AFTER_MS = 24 * MS_PER_HOUR
BATCH, SAVE_EVERY = 1_000, 20_000
BUILDING_CACHED_MAX = 100_000
EVENTS = 2_000
"""Events whose cost is measured: half of them new orders, half parcels of orders before."""
COST_ROUNDS = 3
PASSING_SHARE = 100
"""Of so many open orders, the deadline of one passes during a stop: of some thirty minutes."""
PASSING_IN_MS, PASSING_OVER_MS = 180 * MS_PER_SECOND, 5 * MS_PER_SECOND
PROMISE = "lifecycle.promise_missed"
FRESH_S_MAX = 8 * 3_600
"""Some hours later the first deadlines pass; it is made anew before."""
ALL_TOLD_S_MAX = 300
CHILD_S_MAX = 3_000


class Built(Struct, frozen=True):
    """Of the process that filled it: bytes it grew by, seconds of processor time in the fold."""

    resident: int
    seconds: float


class Cost(Struct, frozen=True):
    """Microseconds of processor time an event, and the bytes of the process before and after.

    `first`: of events that are the first of their SKUs after a start, so that ledgers are made.
    """

    first: list[float]
    with_rules: list[float]
    without_rules: list[float]
    small: list[float]
    opened: int
    resident: int


def own_bytes(pid: int | str = "self") -> int:
    """The memory of a process without the files that it looks into."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("Linux tells RssAnon of every process")


def open_orders(start: int, count: int, at_ms: int, step_ms: float) -> Iterator[Message]:
    """Orders that are paid and to be shipped at some instant of the next two days."""
    seller = Seller()
    for order in range(start, start + count):
        paid_ms = at_ms + int((order - start) * step_ms)
        ship_by_ms = paid_ms + PROMISED_AFTER_MS + (order * 7_919 % 36_000) * MS_PER_HOUR // 1_000
        yield seller.sold(order, order, product_of(order), paid_ms, ship_by_ms=ship_by_ms)


def product_of(order: int) -> int:
    """A copy is of the same product as what it is a copy of."""
    return order % FOLDED * 7_919 % SKUS


def stocked(at_ms: int) -> Iterator[Message]:
    seller = Seller()
    return (seller.stocked(product, UNITS, at_ms) for product in range(SKUS))


class Shops:
    """Fills the log with the events of all shops, a batch of each in turn."""

    def __init__(self, installation: Installation) -> None:
        self.log, keyring = installation.open_log(), installation.keyring()
        self._fillers = [Filler(self.log, keyring, shop) for shop in SHOPS]
        self._turn = 0

    def append(self, messages: Iterator[Message]) -> Iterator[list[tuple[int, OrderEvent]]]:
        while batch := list(islice(messages, BATCH)):
            self._turn += 1
            yield self._fillers[self._turn % len(SHOPS)].append(batch)


def build(folder: Path, orders: int) -> None:
    print(f"filling an installation with {orders:,} open orders, once", flush=True)
    installation = installed(folder / "data", *SHOPS)
    with serving(installation) as server:  # Publishes the library.
        assert server.stop() == 0
    shops = Shops(installation)
    with closing(shops.log), closing(installation.open_state()) as store:
        fold = Fold(store, cached_max=BUILDING_CACHED_MAX)
        collector.put_aside()
        start_ms = time.time_ns() // 1_000_000 - PAID_WITHIN_MS - PAID_BEFORE_MS
        before, seconds, done, folded = own_bytes(), 0.0, 0, min(orders, FOLDED)
        step_ms = PAID_WITHIN_MS / folded
        for messages in (stocked(start_ms), open_orders(0, folded, start_ms, step_ms)):
            for entries in shops.append(messages):
                began = time.process_time()
                for offset, event in entries:
                    fold.apply(offset, event)
                done += len(entries)
                if done % SAVE_EVERY == 0:
                    fold.save()
                    print(f"  {done:,}", flush=True)
                seconds += time.process_time() - began
        # All came at once and late: each is looked at when what may have come with it has come.
        fold.advance(fold.clock_ms + SETTLING_MS)
        fold.save()
        built = Built(own_bytes() - before, seconds)
        copy_orders(fold, store, folded, orders, lambda place: f"o-{place:08d}")
        assert not fold.tables.progress.faults
        assert fold.tables.progress.orders == orders
        assert len(fold.tables.deadlines) >= orders
    (folder / "built.json").write_bytes(msgspec.json.encode(built))


def kept_folder(orders: int, *, reuse: bool) -> Path:
    """The one of an earlier run if the code is still the same, or with `reuse` in any case."""
    former = sorted(CACHE.glob(f"open-{orders}-*"))
    folder = former[0] if reuse and former else CACHE / f"open-{orders}-{code_digest()}"
    built = folder / "built.json"
    if not built.exists() or time.time() - built.stat().st_mtime > FRESH_S_MAX:
        for old in {*former, folder}:
            shutil.rmtree(old, ignore_errors=True)
        build(folder, orders)
    return folder


def shop_of(order: int) -> int:
    """Batches of stock come first."""
    return (SKUS // BATCH + order % FOLDED // BATCH + 1) % len(SHOPS)


def let_pass(installation: Installation, first: int, count: int) -> None:
    """Add orders whose deadlines pass while nothing runs, and wait until they have."""
    now_ms = time.time_ns() // 1_000_000
    due_ms = now_ms + PASSING_IN_MS
    seller, shops = Seller(), Shops(installation)
    messages = (
        seller.sold(
            order,
            order,
            product_of(order),
            now_ms - MS_PER_HOUR,
            ship_by_ms=due_ms + number * PASSING_OVER_MS // count,
        )
        for number, order in enumerate(range(first, first + count))
    )
    with closing(shops.log), closing(installation.open_state()) as store:
        fold = Fold(store)
        for entries in shops.append(messages):
            for offset, event in entries:
                fold.apply(offset, event)
        fold.save()
    assert time.time_ns() // 1_000_000 < due_ms, "the deadlines passed before the stop"
    time.sleep(max(0.0, (due_ms + PASSING_OVER_MS) / 1_000 - time.time() + 0.1))


def told(installation: Installation) -> int:
    """How many alerts of a missed promise are saved."""
    path = installation.folder / "state.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        (count,) = db.execute(
            "SELECT count(*) FROM alert_rule WHERE rule = ?", (PROMISE,)
        ).fetchone()
    return int(count)


def reported(installation: Installation) -> int:
    """How often a missed promise was reported, as the fold has counted."""
    with closing(installation.open_state()) as store:
        count = Fold(store).tables.rule_counts.get(PROMISE)
    return 0 if count is None else count.hits


class Start(Struct, frozen=True):
    """Seconds until ready, and until all that was overdue is told; bytes of the server then."""

    ready: float
    all_told: float
    resident: int


def start(installation: Installation, expected: int) -> Start:
    with Server(installation.folder) as server:
        ready = server.start()
        limit = time.monotonic() + ALL_TOLD_S_MAX
        began = time.monotonic()
        while told(installation) < expected:
            assert time.monotonic() < limit, (told(installation), expected)
            time.sleep(0.2)
        all_told = ready + time.monotonic() - began
        resident = own_bytes(server.pid)
        assert server.stop() == 0
    return Start(ready, all_told, resident)


def measure(rounds: int, orders: int, *, reuse: bool) -> Report:
    folder = kept_folder(orders, reuse=reuse)
    built = msgspec.json.decode((folder / "built.json").read_bytes(), type=Built)
    installation = Installation(folder / "data")
    size = sum(path.stat().st_size for path in installation.folder.glob("state.db*"))
    command = [sys.executable, "-m", "bench.open_cost", str(folder), str(orders)]
    said = subprocess.run(command, capture_output=True, check=True, timeout=CHILD_S_MAX)
    costs = msgspec.json.decode(said.stdout, type=Cost)
    plain, cold, passed, probe = [], [], [], []
    passing = orders // PASSING_SHARE
    for _ in range(rounds):
        with TemporaryDirectory(dir=CACHE) as scratch:
            empty = installed(Path(scratch) / "data", SHOPS[0])
            start(empty, 0)  # Publishes the library.
            probe.append(start(empty, 0).ready)
        plain.append(start(installation, told(installation)))
        forget(installation.folder)
        cold.append(start(installation, told(installation)))
        before, counted = told(installation), reported(installation)
        # A number that no run before has used.
        let_pass(installation, 20 * ORDERS + installation.log_end()[0], passing)
        passed.append(start(installation, before + passing))
        start(installation, before + passing)
        assert told(installation) == before + passing, "each once"
        assert reported(installation) == counted + passing, "each once"
    cases = (
        ("stopped", plain),
        ("stopped, its files not in memory", cold),
        (f"{passing:,} deadlines passed meanwhile", passed),
    )
    return Report(
        script="open_orders",
        title=f"{orders:,} open orders with deadlines",
        budgets=tuple(
            Budget(
                what=name, figure=_figure(name, "s", [x.ready for x in starts]), limit=READY_S_MAX
            )
            for name, starts in cases
        ),
        figures=(
            _figure("probe: start without an order", "s", probe),
            _figure(f"{passing:,} passed deadlines all told", "s", [x.all_told for x in passed]),
            _figure("memory of the server when ready", "MiB", [x.resident / 2**20 for x in plain]),
            _figure("the same, of an open order", "bytes", [x.resident / orders for x in plain]),
            _figure("state on disk, of an open order", "bytes", [size / orders]),
            *_costs_of(built, orders, costs),
        ),
        notes=(
            f"{len(SHOPS)} shops, {SKUS:,} SKUs; half of the events are parcels of any open order.",
            "Memory is that of the process without the files that it looks into.",
            "Each deadline that passed during the stop was told once, over two starts.",
        ),
    )


def _costs_of(built: Built, orders: int, costs: Cost) -> tuple[Figure, ...]:
    folded, mib = min(orders, FOLDED), 2**20
    return (
        _figure("growth of the process that folds them", "MiB", [built.resident / mib]),
        _figure("the same, of an order that it folded", "bytes", [built.resident / folded]),
        _figure("fold and save of an order, when filled", "us", [built.seconds / folded * 1e6]),
        _figure("an event on top of them", "us", costs.with_rules),
        _figure("the first events of their SKUs after a start", "us", costs.first),
        _figure("the same without health rules", "us", costs.without_rules),
        _figure("the same events on top of nothing", "us", costs.small),
        _figure("memory to open the fold", "MiB", [costs.opened / mib]),
        _figure(f"and after {EVENTS:,} events", "MiB", [costs.resident / mib]),
    )


def _figure(name: str, unit: str, values: list[float]) -> Figure:
    return Figure(name=name, unit=unit, values=tuple(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument(
        "--reuse", action="store_true", help="Take a kept installation of other code as well."
    )
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    report = measure(chosen.rounds, chosen.orders, reuse=chosen.reuse)
    finish(report, strict=chosen.strict)


if __name__ == "__main__":
    main()
