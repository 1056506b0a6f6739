"""Sleeping by a clock that may be played: who sleeps wakes when that clock says so."""

import asyncio
import heapq
from itertools import count
from typing import Protocol

LOOK_S = 0.05
"""How often the clock is looked at while somebody sleeps."""


class _Clock(Protocol):
    def now_ms(self) -> int: ...


class Alarm:
    """One look at the clock wakes all whose time has come. `run` it beside those who sleep."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        due_ms = self._clock.now_ms() + round(seconds * 1000)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (due_ms, next(self._numbers), woken))
        await woken

    def look(self) -> None:
        now_ms = self._clock.now_ms()
        while self._sleepers and self._sleepers[0][0] <= now_ms:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)
