"""The one writer of the log: group commit on its own thread, then the fold in short turns.

    queue ─► commit ─► acknowledge ─► fold for a few ms ─► other work ─► fold …

Everything that is appended passes here, events and notes alike. All methods but the thread's own
are called on the loop's thread, so what queues is in the order of the clock.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.entries import Entry
from orderguard.domain.ports import Clock, Draft, EventLog
from orderguard.errors import NotReady, Overloaded, StoreFailure

FOLDED_AT_ONCE = 8
"""Entries of one submission that are handed on together, whatever time they take."""


class IntakeLimits(Struct, frozen=True, kw_only=True):
    """How much may wait for the log and the fold, the batch being written included.

    While the last batch took `linger_from` submissions or more, the next one is given `linger_s`
    to grow: a commit costs far more than that, and a lone sender never waits. What is durable is
    folded for `turn_s` at a time, and in between whoever calls is heard and answered; while more
    than `unfolded_max` wait for that, an answer waits too: nobody tells more than is folded.
    """

    queue_entries_max: int = 20_000
    queue_bytes_max: int = 64 * 1024 * 1024
    retry_after_s: int = 1
    linger_from: int = 4
    linger_s: float = 0.002
    turn_s: float = 0.005
    unfolded_max: int = 100


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
    is_told_first: bool


class _Durable(NamedTuple):
    """What is in the log and still to be folded; the last part settles the submission."""

    entries: Committed
    settles: _Waiting | None
    offsets: _Offsets


class Writer:
    """Appends what is submitted; a batch is what queued while the last one was written.

    `on_durable` is told of each commit with how many entries it added. `on_committed` is called on
    the loop's thread with all of them in their order, a few at a time.
    """

    def __init__(
        self,
        log: EventLog,
        clock: Clock,
        *,
        limits: IntakeLimits,
        on_committed: Callable[[Committed], None],
        on_durable: Callable[[int], None] = lambda _entries: None,
    ) -> None:
        self._log, self._clock, self._limits = log, clock, limits
        self._on_committed, self._on_durable = on_committed, on_durable
        self._stamped_ms = log.last()[1]
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._durable: deque[_Durable] = deque()
        self._all_folded = asyncio.Event()
        self._all_folded.set()
        self._entries = self._bytes = self._callers = 0
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._is_open = False

    @property
    def in_flight(self) -> int:
        """Entries submitted and not yet durable and folded."""
        return self._entries

    @property
    def is_called(self) -> bool:
        """Whether something is in flight that came by a call from outside."""
        return self._callers > 0

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._thread.start()

    async def stop(self) -> None:
        """Refuse what comes from now on, and return once everything submitted is folded."""
        self._is_open = False
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await self.until_folded()

    async def until_folded(self) -> None:
        """Return when everything that is durable by now is folded."""
        await self._all_folded.wait()

    def stamp(self) -> int:
        """The time of receipt for what is submitted next, before anything else is awaited.

        It never goes back, not even when the machine's clock does, or over a restart.
        """
        self._stamped_ms = max(self._stamped_ms, self._clock.now_ms())
        return self._stamped_ms

    def submit(
        self, submissions: Sequence[Submission], *, is_told_first: bool = False
    ) -> asyncio.Future[_Offsets]:
        """The offset of each once it is durable and folded, None for a duplicate.

        With `is_told_first` once it is durable, unless there is long to fold.
        """
        limits = self._limits
        if not self._is_open:
            raise NotReady(
                Bilingual("The log is not open.", "日志没有打开。"),
                retry_after_s=limits.retry_after_s,
            )
        size = sum(len(submission.draft.record) for submission in submissions)
        entries = self._entries + len(submissions)
        if entries > limits.queue_entries_max or self._bytes + size > limits.queue_bytes_max:
            raise Overloaded(
                Bilingual("Too much waits for the log.", "等待写入日志的太多了。"),
                retry_after_s=limits.retry_after_s,
            )
        self._entries, self._bytes = entries, self._bytes + size
        self._callers += is_told_first
        waiting = _Waiting(
            submissions, self._loop.create_future(), size, time.perf_counter(), is_told_first
        )
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
        """All of it is durable: answer, then fold."""
        place = 0
        for waiting in batch:
            own = offsets[place : place + len(waiting.submissions)]
            place += len(own)
            if waiting.is_told_first and self._is_folded_soon(waiting):
                _tell(waiting, own)
            self._durable += _parts(waiting, own)
        if added := len(offsets) - offsets.count(None):
            self._on_durable(added)
        if self._durable and self._all_folded.is_set():
            self._all_folded.clear()
            # Those who were just told have their turn first.
            self._loop.call_soon(self._hand_on)

    def _is_folded_soon(self, waiting: _Waiting) -> bool:
        is_short = len(waiting.submissions) <= FOLDED_AT_ONCE
        return is_short and len(self._durable) < self._limits.unfolded_max

    def _hand_on(self) -> None:
        """Fold for one turn. What comes to the loop meanwhile is heard before the next one."""
        until, is_over = time.perf_counter() + self._limits.turn_s, False
        try:
            while self._durable and not is_over:
                self._fold(self._durable.popleft())
                is_over = time.perf_counter() >= until
        finally:
            if self._durable:
                self._loop.call_soon(self._hand_on)
            else:
                self._all_folded.set()

    def _fold(self, part: _Durable) -> None:
        try:
            if part.entries:
                self._on_committed(part.entries)
        finally:
            # Until here it counts as in flight: no deadline fires before it.
            if part.settles:
                self._settle(part.settles)
                _tell(part.settles, part.offsets)

    def _fail(self, batch: list[_Waiting], error: Exception) -> None:
        for waiting in batch:
            self._settle(waiting)
            if not waiting.offsets.done():
                failure = StoreFailure(
                    Bilingual("The log could not be written.", "日志写不进去。"), hint=str(error)
                )
                failure.__cause__ = error
                waiting.offsets.set_exception(failure)

    def _settle(self, waiting: _Waiting) -> None:
        self._entries -= len(waiting.submissions)
        self._bytes -= waiting.size
        self._callers -= waiting.is_told_first


def _tell(waiting: _Waiting, offsets: _Offsets) -> None:
    if not waiting.offsets.done():  # Who waited may have hung up, or was told before.
        waiting.offsets.set_result(offsets)


def _parts(waiting: _Waiting, offsets: _Offsets) -> Iterator[_Durable]:
    """Those that are no duplicates, a few at a time."""
    kept: Committed = [
        (offset, submission.entry, waiting.submitted_at)
        for submission, offset in zip(waiting.submissions, offsets, strict=True)
        if offset is not None
    ]
    last = max(0, (len(kept) - 1) // FOLDED_AT_ONCE * FOLDED_AT_ONCE)
    for place in range(0, last, FOLDED_AT_ONCE):
        yield _Durable(kept[place : place + FOLDED_AT_ONCE], None, [])
    yield _Durable(kept[last:], waiting, offsets)
