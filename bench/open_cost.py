"""What events cost on top of all open orders, in a process of its own.

`python -m bench.open_cost FOLDER ORDERS`: the kept installation, and how many orders it has. It
prints a `Cost` as JSON.
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from bench.open_orders import (
    COST_ROUNDS,
    EVENTS,
    FOLDED,
    ORDERS,
    SHOPS,
    Cost,
    open_orders,
    own_bytes,
    product_of,
    shop_of,
)
from bench.start_time import Filler
from bench.traffic import Message, Seller

from orderguard.app import Installation
from orderguard.domain.entries import LibraryPublished
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import StateStore
from orderguard.flows.fold import Fold
from orderguard.kit import collector
from orderguard.stores.memory import MemoryLog, MemoryState

WITHOUT = "without health"


def without_health(library: LibraryPublished) -> LibraryPublished:
    """The same library without a health rule, and without the packs that held nothing else."""
    files = {path: text for path, text in library.files.items() if "\nwatches:" not in text}
    emptied = {path.split("/")[0] for path in library.files.keys() - files.keys()}
    emptied -= {path.split("/")[0] for path in files}
    gone = re.compile(rf",\s*(?:{'|'.join(sorted(emptied))})\b")
    files = {
        path: gone.sub("", text) if path.startswith("presets/") else text
        for path, text in files.items()
    }
    return msgspec.structs.replace(library, version=WITHOUT, files=files)


def cost_of(
    store: StateStore, library: LibraryPublished, *parts: list[OrderEvent]
) -> tuple[float, ...]:
    """Microseconds an event of each part, one after another; nothing of it is saved."""
    fold = Fold(store)
    offset = fold.cursor + 1
    stamped = msgspec.structs.replace(library, received_ms=parts[0][0].received_ms)
    fold.apply(offset, stamped)
    count = len(fold.engine.library.health)
    assert bool(count) is not library.version.startswith(WITHOUT), count
    collector.put_aside()
    took = list[float]()
    for events in parts:
        began = time.process_time()
        for event in events:
            offset += 1
            fold.apply(offset, event)
        took.append((time.process_time() - began) / len(events) * 1e6)
    assert not fold.tables.progress.faults
    return tuple(took)


def some_events(orders: int, now_ms: int, turn: int) -> Iterator[Message]:
    """New orders and parcels of open ones in turn, of one shop; of the same SKUs at each turn."""
    seller, first = Seller(), 10 * ORDERS + turn * FOLDED
    # The same shop's orders: those of each twentieth batch.
    places = (number * 7_919 % FOLDED + turn * FOLDED for number in range(FOLDED))
    own = (place % orders for place in places if shop_of(place) == shop_of(0))
    for number, new in enumerate(open_orders(first, EVENTS // 2, now_ms, 1)):
        place = next(own)
        yield new
        yield seller.shipped(place, product_of(place), now_ms + number)


def cost(folder: Path, orders: int) -> Cost:
    """In this process: what events cost on top of all open orders, and of none."""
    installation = Installation(folder / "data")
    scratch = Filler(MemoryLog(), installation.keyring(), SHOPS[shop_of(0)])
    now_ms = installation.log_end()[1] + 1
    one, two = (
        [event for _, event in scratch.append(some_events(orders, now_ms, turn))] for turn in (0, 1)
    )
    before = own_bytes()
    with closing(installation.open_state()) as store:
        library = Fold(store).tables.library.get("")
        assert library is not None
        opened = own_bytes()
        cost_of(store, library, one)  # What it reads is in the system's memory from here on.
        resident = own_bytes()
        first, with_rules = list[float](), list[float]()
        without_rules, small = list[float](), list[float]()
        for _ in range(COST_ROUNDS):
            cold, warm = cost_of(store, library, one, two)
            first.append(cold)
            with_rules.append(warm)
            without_rules.append(cost_of(store, without_health(library), one, two)[1])
            small.append(cost_of(MemoryState(), library, one, two)[1])
    return Cost(first, with_rules, without_rules, small, opened - before, resident - before)


if __name__ == "__main__":
    print(msgspec.json.encode(cost(Path(sys.argv[1]), int(sys.argv[2]))).decode())
