"""Few messages out of many: those that come too fast are gathered into one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from orderguard.errors import NotDone

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Sends at once while it may, and what comes meanwhile together as soon as it may again.

    At most `burst` at once and then one each `seconds_between`: within a minute never more than
    `burst` and 60 / `seconds_between` together. Everybody waits for the message that is theirs,
    and learns what came of it; who stops waiting is left out of it.
    """

    def __init__(
        self,
        send: Callable[[Sequence[T]], Awaitable[R]],
        *,
        burst: int,
        seconds_between: float,
    ) -> None:
        self._send, self._between_s = send, seconds_between
        self._ahead_s = (burst - 1) * seconds_between
        self._even_s = 0.0
        """When as many will have been sent as one each `seconds_between` would have been."""
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, item: T) -> R:
        """What `send` returned, or raised, for the message that had this in it."""
        if not self._waiting and self._wait_s() <= 0:
            self._count()
            return await self._send((item,))
        mine: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, mine))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._send_together())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await mine

    async def close(self) -> None:
        """Nothing that still waits is sent; what is being sent is waited for no longer."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, mine in self._waiting:
            if not mine.done():
                mine.set_exception(NotDone("It was not sent before the end."))
        self._waiting.clear()

    def _wait_s(self) -> float:
        return self._even_s - self._ahead_s - asyncio.get_running_loop().time()

    def _count(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._even_s = max(self._even_s, now_s) + self._between_s

    async def _send_together(self) -> None:
        # Nobody else sends while somebody waits, so that one sleep is enough.
        await asyncio.sleep(max(self._wait_s(), 0.0))
        gathered = [(item, mine) for item, mine in self._waiting if not mine.done()]
        self._waiting.clear()
        if not gathered:
            return
        self._count()
        sending = asyncio.gather(self._send([item for item, _ in gathered]))
        try:
            await asyncio.wait((sending,))
        finally:
            sending.cancel()  # Where we are stopped ourselves; else it is done.
            for _, mine in gathered:
                _settle(mine, sending)


def _settle(mine: "asyncio.Future[R]", sending: "asyncio.Future[tuple[R]]") -> None:
    """Tell one who waits what came of the message, if he still does."""
    if mine.done():
        return
    if not sending.done() or sending.cancelled():
        mine.cancel()
    elif error := sending.exception():
        mine.set_exception(error)
    else:
        mine.set_result(sending.result()[0])
