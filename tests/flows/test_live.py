"""A server's fold when the disk below its state fails."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.flows.stories import LIBRARY, order_document, taken_in

from orderguard.domain.entries import ListChanged, Note
from orderguard.domain.ports import Draft
from orderguard.domain.record import encode_event
from orderguard.errors import StoreFailure
from orderguard.flows.live import Live, LiveSettings, Published
from orderguard.flows.writer import Submission
from orderguard.kit.clock import SystemClock, rfc3339
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog, MemoryState


class NoMail:
    """A mailbox into which no command puts anything."""

    def waiting(self, limit: int) -> list[tuple[str, Note]]:
        return [][:limit]

    def taken(self, ids: Sequence[str]) -> None:
        assert not ids

    def change_list(self, note: ListChanged) -> None:
        raise AssertionError(f"nobody changes a list here: {note}")


class TornState(MemoryState):
    """A state store on a disk that can be torn away."""

    is_torn = False

    def load(self, space: str, key: str) -> bytes | None:
        if self.is_torn:
            raise StoreFailure("The disk is gone.")
        return super().load(space, key)


def live_over(log: MemoryLog, state: MemoryState) -> Live:
    settings = LiveSettings(checkpoint_s=600)
    return Live(
        event_log=log, store=state, clock=SystemClock(), mailbox=NoMail(), settings=settings
    )


async def send(live: Live, event_id: str) -> None:
    stamp = live.writer.stamp()
    document = {
        "id": event_id,
        "type": "order.paid",
        "occurred_at": rfc3339(stamp),
        "data": {"order": order_document(f"order-{event_id}", f"buyer-{event_id}", stamp)},
    }
    event = taken_in(document, stamp)
    record = encode_event(event, b"{}", Keyring.for_replay())
    await live.writer.submit([Submission(event, Draft(stamp, record))])
    await asyncio.sleep(0)


async def test_a_state_that_cannot_be_read_ends_the_fold_and_is_folded_anew() -> None:
    log, state = MemoryLog(), TornState()
    published = Published(LIBRARY, "standard")
    live = live_over(log, state)
    await live.start(published)
    await send(live, "before")
    await live.flush()
    saved = state.cursor()
    await live.stop()

    live = live_over(log, state)  # What lies below is looked up from here on.
    await live.start(published)
    state.is_torn = True
    await send(live, "lost-sight-of")
    await asyncio.wait_for(live.failed.wait(), 5)
    assert not live.is_ready
    assert isinstance(live.failure, StoreFailure)
    await live.stop()
    assert state.cursor() == saved

    state.is_torn = False
    live = live_over(log, state)
    await live.start(published)
    assert live.fold.tables.progress.events == 2
    assert live.fold.tables.progress.faults == 0
    await live.stop()


async def test_a_state_that_has_seen_more_than_the_log_holds_is_not_served() -> None:
    log, state = MemoryLog(), MemoryState()
    live = live_over(log, state)
    await live.start(Published(LIBRARY, "standard"))
    await send(live, "kept")
    await live.stop()
    of_a_backup = live_over(MemoryLog(), state)
    with pytest.raises(StoreFailure, match=r"The log has 0 entries, the state 2 of them\.") as told:
        await of_a_backup.start(Published(LIBRARY, "standard"))
    assert "Restore the log" in told.value.hint
    assert not of_a_backup.is_ready
    await of_a_backup.stop()
    assert state.cursor() == 2
