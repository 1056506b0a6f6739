"""How a start catches up: with the log, and with what fell due while the server was stopped.

    the log's tail, and what was due between ─► what is overdue ─► ready ─► entries that waited
                 └──── what takes longer than 2 s is left to later ────┘

The order of things is that of the log all the same: entries that come while the rest is fired are
durable, and wait until it is.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from orderguard.domain.ports import EventLog
from orderguard.domain.record import decode
from orderguard.flows.fold import Fold
from orderguard.flows.writer import Committed

CATCH_UP_ROWS = 500
"""Log entries folded at a stretch while the server starts; other tasks run in between."""
CATCH_UP_SAVED_ROWS = 20_000
"""Log entries folded at a start between two saves."""
FIRED_AT_ONCE = 200
"""Deadlines fired at a stretch, likewise."""
BEFORE_READY_S_MAX = 2.0
"""A start spends so long on what fell due, and leaves the rest of it to later."""
TAIL_LEFT_MAX = 200_000
"""With more entries in the log's tail the state is made anew, and nobody is served before it is."""
WAITING_MAX = 200_000
"""Entries that wait; with more of them the rest is fired at once."""

log = logging.getLogger(__name__)


class CatchUp:
    """Folds the tail and fires what is overdue: `begin` before the server is ready, then `finish`.

    `go` runs a step of the fold, `take` folds entries, `flush` saves. The tail is what the log has
    beyond the last save. It is folded before the server is ready, unless what fell due between its
    entries is too much: a kill in the middle of a long catching up leaves such a tail.
    """

    def __init__(
        self,
        fold: Fold,
        event_log: EventLog,
        *,
        go: Callable[[Callable[[], object]], None],
        take: Callable[[Committed], None],
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._fold, self._log = fold, event_log
        self._go, self._take, self._flush = go, take, flush
        self._waiting: Committed = []
        self._tail_end = self._until_ms = 0
        self._firing_s, self._firing_s_max = 0.0, BEFORE_READY_S_MAX
        self._unsaved = 0
        self._ended = asyncio.Event()
        self.is_over = False

    def holds(self, entries: Committed) -> bool:
        """Whether these entries wait until all is fired that was due before them."""
        if not self.is_over:
            self._waiting += entries
        return not self.is_over

    async def wait(self) -> None:
        """Return when entries are in force as soon as they are durable, or at a stop."""
        await self._ended.wait()

    async def begin(self, tail_end: int, now_ms: int) -> None:
        """Fold the log's tail up to this offset and fire what is overdue by now.

        What takes too long is left to `finish`.
        """
        self._tail_end, self._until_ms = tail_end, now_ms
        is_left = tail_end - self._fold.cursor <= TAIL_LEFT_MAX
        self._firing_s_max = BEFORE_READY_S_MAX if is_left else float("inf")
        if not await self._fold_tail():
            return
        self._firing_s_max = BEFORE_READY_S_MAX
        self.is_over = await self._fire_all(self._until_ms)
        if self.is_over:
            self._ended.set()

    async def finish(self) -> None:
        """Go on where `begin` left off, then fold what came meanwhile."""
        if self.is_over:
            return
        self._firing_s_max = float("inf")
        await self._fold_tail()
        await self._fire_all(self._until_ms)
        while self._waiting:
            entries, self._waiting = self._waiting[:CATCH_UP_ROWS], self._waiting[CATCH_UP_ROWS:]
            self._take(entries)
            await asyncio.sleep(0)
        self.is_over = True
        self._ended.set()

    def abandon(self) -> None:
        """The server stops: what waits is in the log, and nobody waits for it any more."""
        self._ended.set()

    async def _fold_tail(self) -> bool:
        """Whether all of it is folded, and nothing is left to later.

        A long part is saved. The first save of a shorter one comes once there is traffic: it takes
        as long as the fold.
        """
        while self._fold.cursor < self._tail_end:
            cursor = self._fold.cursor
            for row in self._log.read(cursor, min(CATCH_UP_ROWS, self._tail_end - cursor)):
                if not await self._fire_all(row.received_ms):
                    return False
                self._go(partial(self._fold.apply, row.offset, decode(row.record)))
            self._unsaved += self._fold.cursor - cursor
            if self._fold.cursor == cursor:
                break  # The fold can go no further.
            if self._unsaved >= CATCH_UP_SAVED_ROWS:
                await self._flush()
                self._unsaved = 0
            await asyncio.sleep(0)
        return True

    async def _fire_all(self, until_ms: int) -> bool:
        """Whether all is fired that falls due by then, and nothing is left to later."""
        began = time.monotonic()
        is_done = self._fire(until_ms, FIRED_AT_ONCE)
        while not is_done:
            self._firing_s += time.monotonic() - began
            if self._firing_s >= self._firing_s_max:
                return False
            await asyncio.sleep(0)
            began = time.monotonic()
            most = FIRED_AT_ONCE if len(self._waiting) < WAITING_MAX else None
            is_done = self._fire(until_ms, most)
        return True

    def _fire(self, until_ms: int, most: int | None) -> bool:
        """Whether all is fired; also where the fold can go no further."""
        is_done = True

        def fire() -> None:
            nonlocal is_done
            is_done = self._fold.advance(until_ms, most)

        try:
            self._go(fire)
        except Exception:
            # What failed has been taken off the list, as it is while the server runs.
            log.exception("something that is overdue failed and is passed over")
            is_done = False
        return is_done
