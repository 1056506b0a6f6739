"""How a start catches up: with the log, and with what fell due while the server was stopped.

    the log's tail ─► what is overdue, for 2 s ─► ready ─► the rest of it ─► entries that waited

The order of things is that of the log all the same: entries that come while the rest is fired are
durable, and wait until it is.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

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
"""A start waits so long for what is overdue."""
WAITING_MAX = 200_000
"""Entries that wait; with more of them the rest is fired at once."""

log = logging.getLogger(__name__)


async def fold_tail(fold: Fold, event_log: EventLog, flush: Callable[[], Awaitable[None]]) -> None:
    """Fold what the log has beyond the last save, and save after a long part of it.

    The first save of a shorter one comes once there is traffic: it takes as long as the fold.
    """
    unsaved = 0
    while rows := event_log.read(fold.cursor, CATCH_UP_ROWS):
        for row in rows:
            fold.apply(row.offset, decode(row.record))
        unsaved += len(rows)
        if unsaved >= CATCH_UP_SAVED_ROWS:
            await flush()
            unsaved = 0
        await asyncio.sleep(0)


class Overdue:
    """Fires what is overdue: `begin` before the server is ready, `finish` beside its traffic.

    `go` runs a step of the fold, `take` folds entries.
    """

    def __init__(
        self,
        fold: Fold,
        *,
        go: Callable[[Callable[[], object]], None],
        take: Callable[[Committed], None],
    ) -> None:
        self._fold, self._go, self._take = fold, go, take
        self._waiting: Committed = []
        self._until_ms = 0
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

    async def begin(self, now_ms: int) -> None:
        """Fire what is overdue by now, and leave to `finish` what takes too long."""
        self._until_ms, limit = now_ms, time.monotonic() + BEFORE_READY_S_MAX
        self.is_over = await self._fire_all(lambda: time.monotonic() < limit)
        if self.is_over:
            self._ended.set()

    async def finish(self) -> None:
        """Fire the rest, then fold what came meanwhile."""
        if self.is_over:
            return
        await self._fire_all(lambda: True)
        while self._waiting:
            entries, self._waiting = self._waiting[:CATCH_UP_ROWS], self._waiting[CATCH_UP_ROWS:]
            self._take(entries)
            await asyncio.sleep(0)
        self.is_over = True
        self._ended.set()

    def abandon(self) -> None:
        """The server stops: what waits is in the log, and nobody waits for it any more."""
        self._ended.set()

    async def _fire_all(self, may_go_on: Callable[[], bool]) -> bool:
        """Whether all is fired."""
        is_done = self._fire(FIRED_AT_ONCE)
        while not is_done and may_go_on():
            await asyncio.sleep(0)
            is_done = self._fire(FIRED_AT_ONCE if len(self._waiting) < WAITING_MAX else None)
        return is_done

    def _fire(self, most: int | None) -> bool:
        """Whether all is fired; also where the fold can go no further."""
        is_done = True

        def fire() -> None:
            nonlocal is_done
            is_done = self._fold.advance(self._until_ms, most)

        try:
            self._go(fire)
        except Exception:
            # What failed has been taken off the list, as it is while the server runs.
            log.exception("something that is overdue failed and is passed over")
            is_done = False
        return is_done
