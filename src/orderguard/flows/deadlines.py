"""When each order is to be looked at again: millions of instants in a few megabytes.

    bucket 29384721 ─► [(instant, order number), ...]     a minute wide, saved as one cell

An order is put down once for the nearest of its instants. Nothing is ever taken out: who has gone
on in the meantime is looked at in vain. Only the buckets that begin by now are spread out.
"""

import heapq
from array import array
from collections.abc import Iterable

from orderguard.kit.clock import MS_PER_MINUTE

BUCKET_MS = MS_PER_MINUTE


class Deadlines:
    """What falls due, by minutes; saved as the other tables of the fold are."""

    def __init__(self, cells: Iterable[tuple[str, bytes]]) -> None:
        self._buckets: dict[int, array[int]] = {}
        """Instant, number, instant, number ... of each minute."""
        self._starts: list[int] = []
        """Buckets that are not spread out yet, a heap."""
        self._spread_out: set[int] = set()
        self._near: list[tuple[int, int]] = []
        self._changed: set[int] = set()
        self._saving: set[int] = set()
        for key, encoded in cells:
            bucket: array[int] = array("q")
            bucket.frombytes(encoded)
            self._buckets[int(key)] = bucket
        self._starts = sorted(self._buckets)

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets.values()) // 2

    @property
    def next_due(self) -> int | None:
        """No order is to be looked at before this instant; ms since the epoch."""
        first = self._starts[0] * BUCKET_MS if self._starts else None
        if not self._near:
            return first
        near = self._near[0][0]
        return near if first is None else min(near, first)

    def put(self, due_ms: int, number: int) -> None:
        """Look at this order then."""
        index = due_ms // BUCKET_MS
        bucket = self._buckets.get(index)
        if bucket is None:
            bucket = self._buckets[index] = array("q")
            heapq.heappush(self._starts, index)
        bucket.append(due_ms)
        bucket.append(number)
        self._changed.add(index)
        if index in self._spread_out:
            heapq.heappush(self._near, (due_ms, number))

    def pop_due(self, now_ms: int) -> tuple[int, int] | None:
        """(instant, order number) of the earliest that falls due by now, None where none does."""
        self._spread(now_ms)
        if not self._near or self._near[0][0] > now_ms:
            return None
        due_ms, number = heapq.heappop(self._near)
        self._forget_before(due_ms)
        return due_ms, number

    def _spread(self, now_ms: int) -> None:
        while self._starts and self._starts[0] * BUCKET_MS <= now_ms:
            index = heapq.heappop(self._starts)
            self._spread_out.add(index)
            pairs = iter(self._buckets[index])
            for due_ms, number in zip(pairs, pairs, strict=True):
                heapq.heappush(self._near, (due_ms, number))

    def _forget_before(self, due_ms: int) -> None:
        """Drop the buckets of which nothing is left."""
        index = due_ms // BUCKET_MS
        if not self._near or self._near[0][0] // BUCKET_MS > index:
            self._spread_out.discard(index)
            del self._buckets[index]
            self._changed.add(index)

    def changes(self) -> list[tuple[str, bytes | None]]:
        """What changed and is not yet safe, encoded now; None for what was dropped."""
        self._saving |= self._changed
        self._changed = set()
        found: list[tuple[str, bytes | None]] = []
        for index in sorted(self._saving):
            bucket = self._buckets.get(index)
            found.append((str(index), None if bucket is None else bucket.tobytes()))
        return found

    def settle(self) -> None:
        """What `changes` returned last is safe."""
        self._saving = set()
