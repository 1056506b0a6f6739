"""Calls that block, such as those of SDKs: on a bounded number of threads, with a time limit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from orderguard.errors import MaybeDone, NotDone

T = TypeVar("T")


class BlockingCalls:
    """`parallel_max` calls run at once, the others wait; none is waited for longer than its limit.

    A thread cannot be stopped: a call that hangs keeps its thread until it returns, and the calls
    behind it are told that nothing was begun.
    """

    def __init__(self, name: str, parallel_max: int) -> None:
        self._threads = ThreadPoolExecutor(parallel_max, thread_name_prefix=name)

    async def call(self, function: Callable[[], T], seconds_max: float) -> T:
        """What the function returns or raises.

        Raise NotDone where it had not begun in time and never will, MaybeDone where it had.
        """
        if seconds_max <= 0:
            raise NotDone("No time was left: this was not begun.")
        future: Future[T] = self._threads.submit(function)
        waiting = asyncio.wrap_future(future)
        try:
            async with asyncio.timeout(seconds_max):
                return await asyncio.shield(waiting)
        except TimeoutError as error:
            if future.cancel():
                raise NotDone("Others are being waited for: this was not begun.") from error
            if future.done() and not future.cancelled():
                return future.result()
            waiting.add_done_callback(_forget)
            raise MaybeDone(
                f"No answer within {seconds_max:g} s.", hint="Look there whether it happened."
            ) from error
        except asyncio.CancelledError:
            if not future.cancel():
                waiting.add_done_callback(_forget)
            raise

    def close(self) -> None:
        """Begin nothing more; what has begun is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _forget(future: "asyncio.Future[T]") -> None:
    """Take up what nobody waits for any more, so that it is not called unretrieved."""
    if not future.cancelled():
        future.exception()
