"""How long things took lately, at any rate of them, in little memory."""

import time
from collections import deque
from math import frexp

SLOT_S = 10
SLOTS = 7
"""The slot that is being filled, and a minute before it."""

_STEPS = 16
"""Buckets to a doubling: each is 3 to 6 % wide, and so is the error of a quantile."""
_SECONDS_MIN = 1e-6
_DOUBLINGS = 32
"""Added to the exponent, so that no bucket is negative, which `int` would round up."""


class Latencies:
    """Counts by bucket of length, in slots of the monotonic clock."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, dict[int, int]]] = deque(maxlen=SLOTS)
        self._slot = 0
        self._counts: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        slot = int(time.monotonic()) // SLOT_S
        if slot != self._slot:
            self._slot, self._counts = slot, {}
            self._slots.append((slot, self._counts))
        mantissa, exponent = frexp(seconds or _SECONDS_MIN)
        bucket = int((exponent + _DOUBLINGS + mantissa * 2) * _STEPS)
        counts = self._counts
        counts[bucket] = counts.get(bucket, 0) + 1

    def quantiles_ms(self, *shares: float) -> list[float | None]:
        """For each share the ms within which so many were done; None where there was nothing."""
        oldest = int(time.monotonic()) // SLOT_S - SLOTS + 1
        counts: dict[int, int] = {}
        for slot, counted in self._slots:
            if slot >= oldest:
                for bucket, count in counted.items():
                    counts[bucket] = counts.get(bucket, 0) + count
        total = sum(counts.values())
        return [_quantile_ms(counts, share * total) if total else None for share in shares]


def _quantile_ms(counts: dict[int, int], wanted: float) -> float:
    """The upper bound of the bucket with the `wanted`-th of all counted, shortest first."""
    seen, bucket = 0, 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            break
    doublings, step = divmod(bucket, _STEPS)
    seconds: float = (1 + (step + 1) / _STEPS) * 2.0 ** (doublings - _DOUBLINGS - 2)
    return round(seconds * 1000, 3)
