"""How often somebody may ask: a bucket for each that fills as time goes by."""

KEYS_MAX = 10_000
"""Who is remembered; beyond them the one who asked longest ago is forgotten."""


class Rates:
    """At most `per_s` in the long run, and `burst` at once, for each key."""

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._per_ms, self._burst = per_s / 1000, burst
        self._left: dict[str, tuple[float, int]] = {}

    def take(self, key: str, now_ms: int) -> bool:
        """Whether this one may pass; if so it has been counted."""
        left, at = self._left.pop(key, (self._burst, now_ms))
        left = min(self._burst, left + max(0, now_ms - at) * self._per_ms)
        may_pass = left >= 1
        if len(self._left) >= KEYS_MAX:
            del self._left[next(iter(self._left))]
        self._left[key] = (left - 1 if may_pass else left, max(at, now_ms))
        return may_pass
