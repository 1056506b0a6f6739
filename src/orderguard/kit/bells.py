"""Waking many who wait, one at a time, so that a crowd stands in nobody's way."""

import asyncio

PAUSE_S = 0.005
"""Between one and the next: 200 who wait are all awake within a second."""


class Bells:
    """Sets events in the order in which they were asked for, the first at the loop's next turn."""

    def __init__(self) -> None:
        self._due: dict[asyncio.Event, None] = {}
        self._is_ringing = False

    def ring(self, bell: asyncio.Event) -> None:
        """Set it soon, once for all that is asked until then."""
        self._due[bell] = None
        if not self._is_ringing:
            self._is_ringing = True
            asyncio.get_running_loop().call_soon(self._round)

    def forget(self, bell: asyncio.Event) -> None:
        """Nobody waits for it any more."""
        self._due.pop(bell, None)

    def _round(self) -> None:
        bell = next(iter(self._due), None)
        if bell is not None:
            del self._due[bell]
            bell.set()
        self._is_ringing = bool(self._due)
        if self._is_ringing:
            asyncio.get_running_loop().call_later(PAUSE_S, self._round)
