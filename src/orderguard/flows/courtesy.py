"""Work that can wait lets those go first who wait for an answer."""

import asyncio
from collections import deque
from collections.abc import Callable

LOOK_S = 0.002
"""How often it is looked whether still somebody waits for an answer."""


class Courtesy:
    """Gives out turns in the order in which they were asked for, one each turn of the loop.

    While `is_called` says that somebody waits for an answer none is given out, but to who has
    waited for `patience_s`: a busy hour must not keep anything from being done.
    """

    def __init__(self, is_called: Callable[[], bool], *, patience_s: float) -> None:
        self._is_called, self._patience_s = is_called, patience_s
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._is_over = False

    async def turn(self) -> None:
        """Return when it is time to go on."""
        if self._is_over:
            return
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + self._patience_s, mine))
        if len(self._waiting) == 1:
            loop.call_soon(self._give, loop)
        await mine

    def end(self) -> None:
        """From now on nobody waits any more."""
        self._is_over = True
        for _, mine in self._waiting:
            if not mine.done():
                mine.set_result(None)

    def _give(self, loop: asyncio.AbstractEventLoop) -> None:
        until, mine = self._waiting[0]
        # Who gave up waiting takes no turn.
        if not mine.done():
            if self._is_called() and loop.time() < until:
                loop.call_later(LOOK_S, self._give, loop)
                return
            mine.set_result(None)
        self._waiting.popleft()
        if self._waiting:
            loop.call_soon(self._give, loop)
