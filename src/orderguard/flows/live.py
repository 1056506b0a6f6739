"""The fold as it runs in a server: recovery, the log's new entries, deadlines, saving, listeners.

    writer thread:  queue ─► commit ─┐
    loop thread:    webhook ─► queue └─► acknowledge ─► fold ─► listeners   (saves: a third thread)

What is acknowledged is folded in turns of a few ms, between which the next webhooks are heard.
The loop thread owns the fold and all that reads it, so nothing here needs a lock.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.domain.entries import LibraryPublished, ListChanged, ModeSet, Note
from orderguard.domain.events import OrderEvent
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import (
    AlertQuery,
    CaseQuery,
    Clock,
    Draft,
    EventLog,
    StateStore,
    TimelineRow,
)
from orderguard.domain.record import encode_note
from orderguard.errors import StoreFailure
from orderguard.flows.catch_up import CatchUp
from orderguard.flows.fold import Fold
from orderguard.flows.gaps import is_skipped
from orderguard.flows.listeners import Listener, Listeners, Place, Told
from orderguard.flows.live_library import Published
from orderguard.flows.observer import Nobody, Observer
from orderguard.flows.senders import Senders
from orderguard.flows.tables import CACHED_MAX, OrderRecord
from orderguard.flows.writer import Committed, IntakeLimits, Submission, Writer
from orderguard.kit.bells import Bells
from orderguard.kit.ids import digest16
from orderguard.kit.threads import yield_to_others
from orderguard.responses import Run
from orderguard.rules import load_library

log = logging.getLogger(__name__)

MISSED_ALERTS = 500
"""Alerts read at a time for a listener who resumes."""
SAVE_PAUSE_S = 0.2
"""Who reads a list has what came before saved, at most once in so long."""
ENCODE_PAUSE_S, PAUSED_S_MAX = 0.004, 0.25
"""Between two stretches of encoding in a save that nobody waits for: a commit of the log, which
gives up the interpreter at each of its steps, is not to wait for all of them. After so long the
rest comes without pauses, since what is not saved has to be folded again after a kill."""
TICK_S = 0.2


class LiveSettings(Struct, frozen=True, kw_only=True):
    """How a server runs its fold. `acts`: runs that begin from now on act outside."""

    acts: bool = False
    checkpoint_s: float = 2.0
    cached_max: int = CACHED_MAX
    intake: IntakeLimits = IntakeLimits()


class Mailbox(Protocol):
    """Notes that commands of other processes leave for the server to append."""

    def waiting(self, limit: int) -> list[tuple[str, Note]]: ...

    def taken(self, ids: Sequence[str]) -> None: ...

    def change_list(self, note: ListChanged) -> None:
        """Keep what commands show of the lists, and leave the note for the server."""
        ...


class Live:
    """A running fold. `start` before use, `stop` at the end."""

    def __init__(
        self,
        *,
        event_log: EventLog,
        store: StateStore,
        clock: Clock,
        mailbox: Mailbox,
        settings: LiveSettings,
        senders: Senders | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.is_ready = False
        self.saved_at = time.monotonic()
        self.background_failures = 0
        """Saves and looks into the mailbox that failed, and were tried again."""
        self.clock = clock
        self.log_end = event_log.last()
        """(offset, received_ms) of the log's newest entry."""
        self.failure: StoreFailure | None = None
        """Why this fold can go no further; what it did since the last save is not saved."""
        self.failed = asyncio.Event()
        self.on_unsent: Callable[[], None] = lambda: None
        """Told when there may be something new in the outbox."""
        self._log, self._store, self._mailbox = event_log, store, mailbox
        self._settings = settings
        self.bells = Bells(lambda: self.is_called)
        """For all who wait to be told something that is not urgent."""
        self._listeners = Listeners(self.bells)
        self._senders, self._observer = senders or Senders(None, clock), observer or Nobody()
        self.fold = Fold(
            store, on_alert=self._tell, on_case=self._listeners.tell, cached_max=settings.cached_max
        )
        self.writer = Writer(
            event_log,
            clock,
            limits=settings.intake,
            on_committed=self._fold_entries,
            on_durable=self._observer.committed,
        )
        self._overdue = CatchUp(
            self.fold, event_log, go=self._go, take=self._fold_now, flush=self.flush
        )
        self._submitted_at: float | None = None
        """When the entry at hand was submitted, on the monotonic clock; None for what fell due."""
        self._saving = asyncio.Lock()
        self._awaited = 0
        """How many wait for a save."""
        self._freshening: asyncio.Task[None] | None = None
        self._saver = ThreadPoolExecutor(1, "saver", initializer=yield_to_others)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, library: Published) -> None:
        """Fold what the log has beyond the last save, publish a changed library, take traffic.

        Raise LibraryFaults for one that does not pass its checks: nothing may judge by it.
        Raise StoreFailure for a state that has seen more than the log holds: what comes next would
        bear offsets that it passes over.
        """
        self.writer.start()
        if self.fold.cursor > self.log_end[0]:
            raise StoreFailure(
                Bilingual(
                    f"The log has {self.log_end[0]} entries, the state {self.fold.cursor} of them.",
                    f"日志有 {self.log_end[0]} 条，状态已处理 {self.fold.cursor} 条。",
                ),
                hint=Bilingual(
                    "Restore the log, or remove state.db*: the state is rebuilt from the log.",
                    "请恢复日志，或删除 state.db*：状态会按日志重建。",
                ),
            )
        await self._overdue.begin(self.log_end[0], self.writer.stamp())
        if self.failure is not None:
            raise self.failure
        current = self.fold.tables.library.get("")
        if current is None or current.version != library.digest:
            load_library(library.files, preset=library.preset)
            await self._append(
                LibraryPublished(
                    received_ms=0,
                    by="server",
                    version=library.digest,
                    preset=library.preset,
                    files=dict(library.files),
                )
            )
        if self.fold.responder.is_live is not self._settings.acts:
            await self._append(ModeSet(received_ms=0, by="server", live=self._settings.acts))
        if self._overdue.is_over:
            await self._take_mail()
        self.is_ready = True
        self._tasks = [
            asyncio.create_task(self._overdue.finish()),
            asyncio.create_task(self._every(self._settings.checkpoint_s, self._checkpoint)),
            asyncio.create_task(self._every(TICK_S, self._tick)),
        ]

    async def stop(self) -> None:
        """Take no more, commit what is queued, save."""
        self.is_ready = False
        self._overdue.abandon()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.dismiss()
        await self.writer.stop()
        self._awaited += 1  # Whoever stops us.
        await self._checkpoint()
        self._saver.shutdown()

    @property
    def is_called(self) -> bool:
        """Whether something that shops told is in flight: what can wait lets it go first."""
        return self.writer.is_called

    async def note(self, note: Note, *, digest: bytes | None = None) -> int | None:
        """Append a note; when this returns it is durable and in force.

        Its offset, None where one of the same digest is in the log already.
        """
        offset = await self._append(note, digest=digest)
        await self._overdue.wait()
        return offset

    async def _append(self, note: Note, *, digest: bytes | None = None) -> int | None:
        stamped = replace(note, received_ms=self.writer.stamp())
        draft = Draft(stamped.received_ms, encode_note(stamped), digest)
        (offset,) = await self.writer.submit([Submission(stamped, draft)])
        return offset

    async def change_list(self, note: ListChanged) -> None:
        """Change a list as the command does: what is shown of it and what judges stay one."""
        self._mailbox.change_list(note)
        await self._take_mail()

    def order(self, key: OrderKey) -> OrderRecord | None:
        return self.fold.tables.orders.get(str(key))

    def timeline(self, key: OrderKey) -> list[TimelineRow]:
        """All stored events of an order, each once."""
        rows = {row.offset: row for row in self._store.timeline(key)}
        rows |= {row.offset: row for row in self.fold.tables.pending_timeline(key)}
        return [rows[offset] for offset in sorted(rows)]

    def alert(self, alert_id: str) -> Alert | None:
        return self.fold.tables.alerts.get(alert_id)

    def case(self, case_id: str) -> Case | None:
        """A case by its id, or the one that it was merged into."""
        return self.fold.desk.case(case_id)

    def run(self, alert_id: str) -> Run | None:
        return self.fold.tables.runs.get(alert_id)

    async def alerts(self, query: AlertQuery) -> list[Alert]:
        """Alerts from the store, which is brought up to date first, but only so often."""
        await self._freshen()
        return self._store.alerts(query)

    async def cases(self, query: CaseQuery) -> list[Case]:
        """Cases in the same way."""
        await self._freshen()
        return self._store.cases(query)

    async def _freshen(self) -> None:
        """Have saved what there is; all who ask while a save is waited for share it."""
        if self.fold.tables.is_dirty:
            if self._freshening is None:
                self._freshening = asyncio.create_task(self._save_soon())
            await asyncio.shield(self._freshening)

    async def _save_soon(self) -> None:
        try:
            await asyncio.sleep(SAVE_PAUSE_S - (time.monotonic() - self.saved_at))
        finally:
            self._freshening = None  # Who asks from now on may have more than is saved now.
        await self._save_now()

    def listening(self, bell: asyncio.Event) -> AbstractContextManager[Listener]:
        """Hear of alerts and cases as they change from now on; `bell` is rung when some have."""
        return self._listeners.listening(bell)

    async def missed(self, since: Place) -> AsyncIterator[list[tuple[Place, Told]]]:
        """Alerts and cases that changed after a place; of old changes only how they are now."""
        recent = self._listeners.since(since)
        if recent is not None:
            if recent:
                yield recent
            return
        await self._freshen()
        while missed := self._missed(since):
            since = missed[-1][0]
            yield missed

    def _missed(self, since: Place) -> list[tuple[Place, Told]]:
        """The next that changed after a place. Each of both lists has its first ones."""
        alerts = self._store.alerts_changed(since, MISSED_ALERTS)
        cases = self._store.cases_changed(since, MISSED_ALERTS)
        rows: list[tuple[Place, Told]] = [(row.changed, row.alert) for row in alerts]
        rows += [(row.changed, row.case) for row in cases]
        return sorted(rows, key=lambda row: row[0])[:MISSED_ALERTS]

    def dismiss(self) -> None:
        """Let go of all listeners, for good: they may come back to the next start."""
        self._listeners.dismiss()

    async def flush(self) -> None:
        """Save what the fold did since the last save; who gives up waiting does not stop it."""
        await asyncio.shield(asyncio.create_task(self._save_now()))

    async def _checkpoint(self) -> None:
        try:
            await asyncio.shield(asyncio.create_task(self._save()))
        finally:
            await self._senders.save()

    async def _save_now(self) -> None:
        self._awaited += 1
        try:
            await self._save()
        finally:
            self._awaited -= 1

    async def _save(self) -> None:
        async with self._saving:
            if self.failure is None and self.fold.tables.is_dirty:
                taken, cells = self.fold.tables.take(), []
                paused_until = time.monotonic() + PAUSED_S_MAX
                for part in taken.encoded():
                    cells += part
                    is_urgent = self._awaited or time.monotonic() > paused_until
                    await asyncio.sleep(0 if is_urgent else ENCODE_PAUSE_S)
                changes = taken.changes(cells)
                await asyncio.get_running_loop().run_in_executor(
                    self._saver, self._store.save, changes
                )
                self.fold.tables.settle()
            self.saved_at = time.monotonic()

    def _fold_entries(self, entries: Committed) -> None:
        offset, newest, _ = entries[-1]
        self.log_end = (offset, newest.received_ms)
        if not self._overdue.holds(entries):
            self._fold_now(entries)

    def _fold_now(self, entries: Committed) -> None:
        observer = self._observer
        orders = self.fold.tables.progress.orders
        for offset, entry, submitted_at in entries:
            self._submitted_at = submitted_at
            self._go(partial(self.fold.apply, offset, entry))
            if isinstance(entry, OrderEvent):
                self._senders.told(entry, is_gap=is_skipped(entry, self.order))
                known, orders = orders, self.fold.tables.progress.orders
                observer.event_told(entry, is_new_order=orders > known)
        self._submitted_at = None
        self._look_at_outbox()

    def _look_at_outbox(self) -> None:
        if self.fold.responder.unsent:
            self.on_unsent()

    def _tell(self, alert: Alert, place: Place) -> None:
        if self._submitted_at is not None:
            self._observer.alert_told(time.perf_counter() - self._submitted_at)
        self._listeners.tell(alert, place)

    def _go(self, step: Callable[[], object]) -> None:
        """Go on, but no further once the state cannot be read: a start folds it anew."""
        if self.failure is None:
            try:
                step()
            except StoreFailure as failure:
                log.critical("the state cannot be read: the server ends", exc_info=failure)
                self.failure, self.is_ready = failure, False
                self.failed.set()

    async def _tick(self) -> None:
        """What falls due while the log is idle, and what commands have left."""
        if self.writer.in_flight == 0 and self._overdue.is_over:
            self._go(partial(self.fold.advance, self.writer.stamp()))
            self._look_at_outbox()
        await self._take_mail()

    async def _take_mail(self) -> None:
        notes = self._mailbox.waiting(100)
        for note_id, note in notes:
            await self.note(note, digest=digest16("mailbox", note_id))
        if notes:
            self._mailbox.taken([note_id for note_id, _ in notes])

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Work at once, since the next kill may come soon, and then every few seconds."""
        while True:
            try:
                await work()
            except StoreFailure as failure:
                self.background_failures += 1
                log.error("background work failed; it is tried again: %s", failure)  # noqa: TRY400 - expected, every few seconds while a disk is full.
            except Exception:
                # A failed save or look into the mailbox is tried again at the next turn.
                self.background_failures += 1
                log.exception("background work failed; it is tried again")
            await asyncio.sleep(seconds)
