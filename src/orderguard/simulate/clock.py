"""The clock of a played sale, shared by the processes that play and serve it."""

import time
from ctypes import c_int64
from multiprocessing.sharedctypes import RawValue


class PlayedClock:
    """Stands where its one player has put it and never goes back; runs once it is let go.

    It is handed to another process as an argument of that process. Both values are written by the
    player alone, eight bytes at a time, so that a reader needs no lock.
    """

    def __init__(self, now_ms: int) -> None:
        self._stands_at_ms = RawValue(c_int64, now_ms)
        self._let_go_ns = RawValue(c_int64, 0)  # On the monotonic clock, which processes share.

    def now_ms(self) -> int:
        let_go_ns = self._let_go_ns.value
        # Read in this order: once it is let go, the place where it stood does not change any more.
        stood_at_ms = int(self._stands_at_ms.value)
        if not let_go_ns:
            return stood_at_ms
        return stood_at_ms + (time.monotonic_ns() - let_go_ns) // 1_000_000

    def move_to(self, ms: int) -> None:
        """Put it there, unless it is there or further already."""
        assert not self._let_go_ns.value, "a clock that runs is not moved"
        self._stands_at_ms.value = max(ms, self._stands_at_ms.value)

    def let_go(self) -> None:
        """From now on a second lasts a second."""
        self._let_go_ns.value = time.monotonic_ns()
