"""The one writer of the log: group commit on its own thread.

Everything that is appended passes here, events and notes alike. All methods but the thread's own
are called on the loop's thread, so what queues is in the order of the clock.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from msgspec import Struct

from orderguard.domain.entries import Entry
from orderguard.domain.ports import Clock, Draft, EventLog
from orderguard.errors import NotReady, Overloaded, StoreFailure


class IntakeLimits(Struct, frozen=True, kw_only=True):
    """How much may wait for the log, the batch being written included.

    While the last batch took `linger_from` submissions or more, the next one is given `linger_s`
    to grow: a commit costs far more than that, and a lone sender never waits.
    """

    queue_entries_max: int = 20_000
    queue_bytes_max: int = 64 * 1024 * 1024
    retry_after_s: int = 1
    linger_from: int = 4
    linger_s: float = 0.002


class Submission(Struct, frozen=True):
    """An entry and its record, ready to append."""

    entry: Entry
    draft: Draft


Committed = list[tuple[int, Entry, float]]
"""(offset, entry, when it was submitted), in the order of the log.

The last is on the monotonic clock, in seconds: what came of an entry is measured from there.
"""
_Offsets = list[int | None]


class _Waiting(NamedTuple):
    """Submissions taken or refused together, and who waits for their offsets."""

    submissions: Sequence[Submission]
    offsets: asyncio.Future[_Offsets]
    size: int
    submitted_at: float


class Writer:
    """Appends what is submitted; a batch is what queued while the last one was written.

    `on_committed` is called on the loop's thread with each batch, after its futures are resolved.
    """

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        *,
        limits: IntakeLimits,
        on_committed: Callable[[Committed], None],
    ) -> None:
        self._log, self._clock, self._limits = log, clock, limits
        self._on_committed = on_committed
        self._stamped_ms = log.last()[1]
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._entries = self._bytes = 0
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._is_open = False

    @property
    def in_flight(self) -> int:
        """Entries submitted and not yet durable."""
        return self._entries

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._thread.start()

    async def stop(self) -> None:
        """Refuse what comes from now on, and return once everything submitted is durable."""
        self._is_open = False
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def stamp(self) -> int:
        """The time of receipt for what is submitted next, before anything else is awaited.

        It never goes back, not even when the machine's clock does, or over a restart.
        """
        self._stamped_ms = max(self._stamped_ms, self._clock.now_ms())
        return self._stamped_ms

    def submit(self, submissions: Sequence[Submission]) -> asyncio.Future[_Offsets]:
        """The offset of each once it is durable, None for a duplicate."""
        limits = self._limits
        if not self._is_open:
            raise NotReady("The log is not open.", retry_after_s=limits.retry_after_s)
        size = sum(len(submission.draft.record) for submission in submissions)
        entries = self._entries + len(submissions)
        if entries > limits.queue_entries_max or self._bytes + size > limits.queue_bytes_max:
            raise Overloaded("Too much waits for the log.", retry_after_s=limits.retry_after_s)
        self._entries, self._bytes = entries, self._bytes + size
        waiting = _Waiting(submissions, self._loop.create_future(), size, time.perf_counter())
        self._queue.put(waiting)
        return waiting.offsets

    def _run(self) -> None:
        limits, size, is_stopping = self._limits, 0, False
        while not is_stopping:
            batch = [self._queue.get()]
            if size >= limits.linger_from and batch[0]:
                time.sleep(limits.linger_s)
            while not self._queue.empty():
                batch.append(self._queue.get())
            size, is_stopping = len(batch), batch[-1] is None
            self._write([waiting for waiting in batch if waiting])

    def _write(self, batch: list[_Waiting]) -> None:
        drafts = [submission.draft for waiting in batch for submission in waiting.submissions]
        try:
            offsets = self._log.append(drafts) if drafts else []
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it.
            self._loop.call_soon_threadsafe(self._fail, batch, error)
        else:
            self._loop.call_soon_threadsafe(self._commit, batch, offsets)

    def _commit(self, batch: list[_Waiting], offsets: _Offsets) -> None:
        self._settle(batch)
        committed: Committed = []
        place = 0
        for waiting in batch:
            own = offsets[place : place + len(waiting.submissions)]
            place += len(own)
            if not waiting.offsets.done():  # Who waited may have hung up.
                waiting.offsets.set_result(own)
            committed += _kept(waiting, own)
        if committed:
            self._on_committed(committed)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        self._settle(batch)
        for waiting in batch:
            if not waiting.offsets.done():
                failure = StoreFailure("The log could not be written.", hint=str(error))
                failure.__cause__ = error
                waiting.offsets.set_exception(failure)

    def _settle(self, batch: list[_Waiting]) -> None:
        self._entries -= sum(len(waiting.submissions) for waiting in batch)
        self._bytes -= sum(waiting.size for waiting in batch)


def _kept(waiting: _Waiting, offsets: _Offsets) -> Iterable[tuple[int, Entry, float]]:
    for submission, offset in zip(waiting.submissions, offsets, strict=True):
        if offset is not None:
            yield offset, submission.entry, waiting.submitted_at
