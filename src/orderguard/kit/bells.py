"""Waking many who wait, one at a time, so that a crowd stands in nobody's way."""

import asyncio
from collections.abc import Callable

PAUSE_S = 0.005
"""Between one and the next: 200 who wait are all awake within a second or two."""
LOOK_S, PATIENCE_S = 0.001, 0.02
"""How often is looked whether nobody waits for an answer, and for how long the next is put off."""


class Bells:
    """Sets events in the order in which they were asked for, the first at the loop's next turn.

    While `is_called` says that somebody waits for an answer, the next is put off a little.
    """

    def __init__(self, is_called: Callable[[], bool] = lambda: False) -> None:
        self._is_called = is_called
        self._due: dict[asyncio.Event, None] = {}
        self._is_ringing = False

    def ring(self, bell: asyncio.Event) -> None:
        """Set it soon, once for all that is asked until then."""
        self._due[bell] = None
        if not self._is_ringing:
            self._is_ringing = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._round, loop.time() + PATIENCE_S)

    def forget(self, bell: asyncio.Event) -> None:
        """Nobody waits for it any more."""
        self._due.pop(bell, None)

    def _round(self, until: float) -> None:
        """The next is rung by then."""
        loop = asyncio.get_running_loop()
        if self._due and self._is_called() and loop.time() < until:
            loop.call_later(LOOK_S, self._round, until)
            return
        bell = next(iter(self._due), None)
        if bell is not None:
            del self._due[bell]
            bell.set()
        self._is_ringing = bool(self._due)
        if self._is_ringing:
            loop.call_later(PAUSE_S, self._round, loop.time() + PAUSE_S + PATIENCE_S)
