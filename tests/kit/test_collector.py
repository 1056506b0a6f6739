"""The cyclic collector while a server runs."""

import asyncio
import gc
import weakref

import pytest

from orderguard.kit import collector


class _Knot:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _left_as_before() -> object:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_lives_is_looked_at_no_more() -> None:
    kept = [_Knot() for _ in range(1_000)]
    collector.put_aside()
    assert gc.get_freeze_count() >= len(kept)
    del kept


def test_what_was_put_aside_is_freed_when_nobody_refers_to_it() -> None:
    kept = _Knot()
    collector.put_aside()
    told = weakref.ref(kept)
    kept.itself = kept.__class__()  # No cycle of its own any more.
    del kept
    assert told() is None


def test_a_full_collection_finds_cycles_that_were_put_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "PUT_ASIDE_S", 0.01)
    monkeypatch.setattr(collector, "FULL_S", 0.05)

    async def runs_until_freed() -> None:
        kept, freed = _Knot(), asyncio.Event()
        weakref.finalize(kept, freed.set)
        collector.put_aside()
        del kept
        assert not freed.is_set()
        keeping = asyncio.create_task(collector.keep_short())
        await asyncio.wait_for(freed.wait(), 10)
        keeping.cancel()
        await asyncio.wait({keeping})

    asyncio.run(runs_until_freed())
