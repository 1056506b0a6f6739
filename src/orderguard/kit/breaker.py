"""A circuit breaker: who failed several times in a row is left alone for a while."""

FAILURES_MAX = 5
OPEN_MS = 30_000


class Breaker:
    """Closed at first; open after so many failures in a row; after a while one try decides."""

    def __init__(self, *, failures_max: int = FAILURES_MAX, open_ms: int = OPEN_MS) -> None:
        self._failures_max, self._open_ms = failures_max, open_ms
        self._failures = 0
        self._until_ms = 0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._failures_max

    def blocked_ms(self, now_ms: int) -> int:
        """How long to wait before a try, 0 to go on now.

        When an open breaker says 0 the caller is the one who tries: the next one has to wait.
        """
        if not self.is_open:
            return 0
        if now_ms < self._until_ms:
            return self._until_ms - now_ms
        self._until_ms = now_ms + self._open_ms
        return 0

    def left_ms(self, now_ms: int) -> int:
        """The same for who only looks."""
        return max(0, self._until_ms - now_ms) if self.is_open else 0

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, now_ms: int) -> None:
        self._failures += 1
        if self.is_open:
            self._until_ms = now_ms + self._open_ms
