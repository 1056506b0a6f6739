"""How soon a stopped server with 1,000,000 logged orders is ready.

The installation is made once and kept: real records in the log, folded and saved by the code that
serves. It is started as it was left by a stop, with its files in the system's memory and without,
and with a tail of entries that the last save did not see, as after a kill.
"""

import argparse
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from bench.figures import CACHE, Budget, Figure, Report, finish
from bench.traffic import BURST_ORDERS, PRODUCTS, Message, Seller
from tests.scenarios.installation import COMMAND, Client, Server, installed, serving

from orderguard.app import PACKAGED_LIBRARY, Installation
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Draft, EventLog
from orderguard.domain.record import encode_event
from orderguard.domain.wire import decode_event
from orderguard.flows.fold import Fold
from orderguard.flows.protect import protect
from orderguard.kit import collector
from orderguard.kit.clock import MS_PER_DAY
from orderguard.kit.ids import digest16
from orderguard.kit.sealing import Keyring

READY_S_MAX = 5
ORDERS = 1_000_000
TAIL = 4_000
"""What a kill leaves unsaved at 2,000 events a second: saves are 2 s apart."""
DAYS = 90
BUYERS = 300_000
BURST_EVERY = 200
BATCH, SAVE_EVERY = 1_000, 20_000
SOURCE = PACKAGED_LIBRARY.parent


def sales(start: int, count: int, at_ms: int, step_ms: int) -> Iterator[Message]:
    """Orders told once each, when paid; one series in so many is a burst of one buyer."""
    seller = Seller()
    for order in range(start, start + count):
        series = order // BURST_ORDERS
        who, product = order * 7_919 % BUYERS, order * 31 % PRODUCTS
        if series % BURST_EVERY == 0:
            who, product = BUYERS + 2 * series, series % PRODUCTS
        yield seller.sold(order, who, product, at_ms + (order - start) * step_ms)


class Filler:
    """Appends events of a shop to an installation's log, as intake does."""

    def __init__(self, log: EventLog, keyring: Keyring, shop: str = "demo") -> None:
        self._log, self._keyring, self._shop = log, keyring, shop

    def append(self, messages: Iterable[Message]) -> list[tuple[int, OrderEvent]]:
        """In one commit; each with its offset."""
        events, drafts = [], []
        received_ms = self._log.last()[1]
        for message in messages:
            told = decode_event(message.body).event
            received_ms = max(received_ms, round(told.occurred_at.timestamp() * 1_000))
            event = protect(
                told,
                channel="standard",
                shop=self._shop,
                received_ms=received_ms,
                tokens=self._keyring,
            )
            record = encode_event(event, message.body, self._keyring)
            events.append(event)
            digest = digest16("standard", self._shop, event.id)
            drafts.append(Draft(received_ms, record, digest))
        offsets = [offset for offset in self._log.append(drafts) if offset is not None]
        return list(zip(offsets, events, strict=True))


def build(folder: Path, orders: int) -> Installation:
    """An installation with so many orders, all folded and saved."""
    print(f"filling an installation with {orders:,} orders, once", flush=True)
    installation = installed(folder / "data", "demo")
    with serving(installation) as server:  # Publishes the library.
        assert server.stop() == 0
    collector.put_aside()
    with closing(installation.open_log()) as log, closing(installation.open_state()) as store:
        filler, fold = Filler(log, installation.keyring()), Fold(store)
        start_ms = time.time_ns() // 1_000_000 - DAYS * MS_PER_DAY
        messages = sales(0, orders, start_ms, DAYS * MS_PER_DAY // orders)
        for done in range(0, orders, BATCH):
            batch = [message for _, message in zip(range(BATCH), messages, strict=False)]
            for offset, event in filler.append(batch):
                fold.apply(offset, event)
            if done % SAVE_EVERY == 0:
                fold.save()
        fold.save()
        assert not fold.tables.progress.faults
    return installation


def code_digest() -> str:
    """The same as long as the code and the library are."""
    digest = blake2b(digest_size=6)
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".py", ".yaml", ".sql"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def kept_installation(orders: int, *, reuse: bool) -> Installation:
    """The one of an earlier run if the code is still the same, or with `reuse` in any case."""
    former = sorted(CACHE.glob(f"started-{orders}-*"))
    folder = former[0] if reuse and former else CACHE / f"started-{orders}-{code_digest()}"
    if not (folder / "built").exists():
        for old in former:
            shutil.rmtree(old)
        build(folder, orders)
        (folder / "built").touch()
    return Installation(folder / "data")


def start(installation: Installation) -> float:
    """Seconds until it is ready; it has all orders then."""
    offset, _ = installation.log_end()
    with Server(installation.folder) as server:
        seconds = server.start()
        with Client(server.port) as client:
            told = client.ask("GET", "/metrics").body.decode()
        (cursor,) = re.findall(r"^orderguard_cursor (\S+)$", told, re.MULTILINE)
        assert float(cursor) == offset, "all entries are folded"
        assert server.stop() == 0
    return seconds


def forget(folder: Path) -> None:
    """Let the system drop the files from its memory, as far as it listens to us."""
    os.sync()
    for path in folder.iterdir():
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def leave_tail(installation: Installation) -> None:
    """More entries in the log, which no save has seen."""
    offset, last_ms = installation.log_end()
    with closing(installation.open_log()) as log:
        filler = Filler(log, installation.keyring())
        messages = list(sales(10 * ORDERS + offset, TAIL, last_ms, 1))
        for done in range(0, TAIL, BATCH):
            filler.append(messages[done : done + BATCH])


def version_s() -> float:
    """How long the command takes to say its version: the least that any start costs."""
    began = time.perf_counter()
    subprocess.run([COMMAND, "--version"], check=True, capture_output=True)
    return time.perf_counter() - began


def measure(rounds: int, orders: int, *, reuse: bool) -> Report:
    installation = kept_installation(orders, reuse=reuse)
    start(installation)
    warm, cold, tail, probe = [], [], [], []
    for _ in range(rounds):
        probe.append(version_s())
        warm.append(start(installation))
        forget(installation.folder)
        cold.append(start(installation))
        leave_tail(installation)
        tail.append(start(installation))

    def figure(name: str, unit: str, *values: float) -> Figure:
        return Figure(name=name, unit=unit, values=values)

    cases = (("stopped", warm), ("stopped, its files not in memory", cold))
    sizes = {path.name: path.stat().st_size for path in installation.folder.glob("*.db")}
    return Report(
        script="start_time",
        title=f"Start with {orders:,} logged orders",
        budgets=tuple(
            Budget(what=name, figure=figure(name, "s", *values), limit=READY_S_MAX)
            for name, values in cases
        ),
        figures=(
            figure(f"killed, {TAIL:,} entries not saved", "s", *tail),
            figure("probe: orderguard --version", "s", *probe),
            figure(
                "stopped, over its probe", "x", *(a / b for a, b in zip(warm, probe, strict=True))
            ),
        ),
        notes=(
            "From the start of the process until it says that it is ready.",
            ", ".join(f"{name} {size / 2**20:,.0f} MiB" for name, size in sorted(sizes.items())),
        ),
    )


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
