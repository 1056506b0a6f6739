"""Copies of folded orders are what the fold would have left of such orders."""

from bench.open_copies import copy_orders
from bench.start_time import Filler
from bench.traffic import Seller
from tests.flows.stories import LIBRARY, START_MS

from orderguard.domain.entries import LibraryPublished
from orderguard.domain.orders import OrderKey
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog, MemoryState

FOLDED, WANTED = 4, 12
PROMISE = "lifecycle.promise_missed"


def filled(store: MemoryState) -> Fold:
    """A fold of open orders, each promised to leave within a day, looked at since they came."""
    fold = Fold(store)
    fold.apply(
        1,
        LibraryPublished(
            received_ms=START_MS, by="li", version="1", preset="standard", files=LIBRARY
        ),
    )
    log, seller = MemoryLog(), Seller()
    log.append([])
    messages = [
        seller.sold(order, order, order, START_MS + order, ship_by_ms=START_MS + MS_PER_DAY + order)
        for order in range(FOLDED)
    ]
    for offset, event in Filler(log, Keyring.for_replay()).append(messages):
        fold.apply(offset + 1, event)
    fold.advance(START_MS + 6 * MS_PER_HOUR)
    fold.save()
    return fold


def key_of(place: int) -> OrderKey:
    return OrderKey("standard", "demo", f"o-{place:08d}")


def test_a_copy_is_told_late_holds_stock_and_has_its_timeline_as_what_it_is_a_copy_of() -> None:
    store = MemoryState()
    fold = filled(store)
    copy_orders(fold, store, FOLDED, WANTED, lambda place: key_of(place).order_id)

    fold = Fold(store)
    tables = fold.tables
    assert tables.progress.orders == WANTED
    for place in range(FOLDED, WANTED):
        record = tables.orders.get(str(key_of(place)))
        original = tables.orders.get(str(key_of(place % FOLDED)))
        assert record is not None
        assert original is not None
        assert record.state.key == key_of(place)
        assert tables.keys.get(str(record.state.number)) == key_of(place)
        assert record.state.told == original.state.told
        due = [one.due_ms for _, one in fold.health.awaited(record.state)]
        assert record.wake in due, "it is looked at when something is due"
        assert [row.order for row in store.timeline(key_of(place))] == [key_of(place)]
    for product in range(FOLDED):
        held = fold.stock.book.level_claims(f"sku-{product:05d}")
        assert len(held) == WANTED // FOLDED
        assert tables.stock.claimed.get(f"sku-{product:05d}") == WANTED // FOLDED

    fold.advance(START_MS + 4 * MS_PER_DAY)
    assert not tables.progress.faults
    count = tables.rule_counts.get(PROMISE)
    assert count is not None
    assert count.orders == WANTED, "each is told once"
