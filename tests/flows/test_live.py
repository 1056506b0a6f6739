"""A server's fold when the disk below its state fails, and after a long stop."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.flows.stories import LIBRARY, START_MS, order_document, taken_in

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.entries import ListChanged, ListKind, ListName, Note
from orderguard.domain.ports import AlertQuery, Clock, Draft
from orderguard.domain.record import decode, encode_event
from orderguard.errors import StoreFailure
from orderguard.flows import catch_up
from orderguard.flows.fold import Fold
from orderguard.flows.live import Live, LiveSettings
from orderguard.flows.live_library import Published
from orderguard.flows.writer import Submission
from orderguard.kit.clock import MS_PER_HOUR, ManualClock, SystemClock, rfc3339
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


def live_over(log: MemoryLog, state: MemoryState, clock: Clock | None = None) -> Live:
    settings = LiveSettings(checkpoint_s=600)
    return Live(
        event_log=log,
        store=state,
        clock=clock or SystemClock(),
        mailbox=NoMail(),
        settings=settings,
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


ORDERS_DUE = 300
"""Far more turns of the loop, one each, than it takes to tell an event."""
TOLD = 20
"""Those of which it is told: the rule's `silent_after`, as this shop tells of no shipping."""


def health_alerts(state: MemoryState) -> list[Alert]:
    return state.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1000))


async def test_what_fell_due_during_a_stop_is_fired_once_and_before_what_comes_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "BEFORE_READY_S_MAX", 0.0)
    monkeypatch.setattr(catch_up, "FIRED_AT_ONCE", 1)
    log, state, clock = MemoryLog(), MemoryState(), ManualClock(START_MS)
    published = Published(LIBRARY, "standard")
    live = live_over(log, state, clock)
    await live.start(published)
    for number in range(ORDERS_DUE):
        await send(live, f"{number}")
        clock.advance(1_000)
    await live.stop()
    assert health_alerts(state) == []

    clock.advance(3 * MS_PER_HOUR)
    live = live_over(log, state, clock)
    await live.start(published)
    assert live.is_ready
    assert live.fold.tables.fired < ORDERS_DUE, "it is ready before all is fired"
    await send(live, "meanwhile")
    assert live.fold.cursor < live.log_end[0], "what comes meanwhile is durable and waits"
    note = ListChanged(
        received_ms=0, by="li", name=ListName.BLOCK, kind=ListKind.BUYER, value="x", on=True
    )
    offset = await live.note(note)
    assert live.fold.cursor == offset, "when this returns it is in force"
    await live.flush()
    alerts = health_alerts(state)
    assert len(alerts) == TOLD
    await live.stop()

    live = live_over(log, state, clock)
    await live.start(published)
    assert await live.note(note) == (offset or 0) + 1
    await live.stop()
    assert health_alerts(state) == alerts, "each once"

    anew = MemoryState()
    again = Fold(anew)
    for row in log.read(0, 1_000):
        again.apply(row.offset, decode(row.record))
    again.save()
    assert health_alerts(anew) == alerts, "as if it had never stopped"


async def test_a_kill_while_it_catches_up_makes_no_start_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, state, clock = MemoryLog(), MemoryState(), ManualClock(START_MS)
    published = Published(LIBRARY, "standard")
    live = live_over(log, state, clock)
    await live.start(published)
    for number in range(20):
        await send(live, f"{number}")
        clock.advance(1_000)
    await live.stop()

    monkeypatch.setattr(catch_up, "BEFORE_READY_S_MAX", 0.0)
    monkeypatch.setattr(catch_up, "FIRED_AT_ONCE", 1)
    clock.advance(3 * MS_PER_HOUR)
    tail_of = Fold(state).cursor
    for number in range(3):  # What a killed server took in, and never folded.
        stamp = clock.now_ms() + number
        document = {
            "id": f"taken-{number}",
            "type": "order.paid",
            "occurred_at": rfc3339(stamp),
            "data": {"order": order_document(f"order-taken-{number}", f"new-{number}", stamp)},
        }
        record = encode_event(taken_in(document, stamp), b"{}", Keyring.for_replay())
        log.append([Draft(stamp, record)])

    live = live_over(log, state, clock)
    await live.start(published)
    assert live.is_ready
    assert live.fold.cursor == tail_of, "what is in the log waits for what was due before it"
    assert live.fold.tables.fired < 20
    await send(live, "meanwhile")
    await live.stop()

    live = live_over(log, state, clock)
    await live.start(published)
    note = ListChanged(
        received_ms=0, by="li", name=ListName.BLOCK, kind=ListKind.BUYER, value="x", on=True
    )
    assert await live.note(note) == live.fold.cursor, "when this returns all before it is folded"
    await live.flush()
    alerts = health_alerts(state)
    assert len(alerts) == 20
    await live.stop()

    anew = MemoryState()
    again = Fold(anew)
    for row in log.read(0, 100):
        again.apply(row.offset, decode(row.record))
    again.save()
    assert health_alerts(anew) == alerts, "as if it had never been killed"


async def test_what_falls_due_while_nothing_comes_is_saved() -> None:
    log, state, clock = MemoryLog(), MemoryState(), ManualClock(START_MS)
    live = live_over(log, state, clock)
    await live.start(Published(LIBRARY, "standard"))
    await send(live, "alone")
    await live.flush()
    live.fold.advance(START_MS + 3 * MS_PER_HOUR)
    await live.flush()
    assert len(health_alerts(state)) == 1
    assert not live.fold.tables.is_dirty
    await live.stop()
