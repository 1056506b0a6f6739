"""What the entries of a window amount to, kept while entries come and go at either end.

A tally looks at a sequence that others own and move; it is told the places in it that the window
takes in (`add`) or leaves out (`take`) at its newer end, and `_older` at its older end. That is all
a window ever does, so a tally never looks at the whole of it.
"""

import math
from collections import deque
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from orderguard.features.numbers import WHOLE, Arithmetic

DEAD_MAX = 64
"""How many values that left the window a heap may hold beyond the number of those in it."""

SPACING_FACTS_MIN = 4


class Tally:
    __slots__ = ("items",)

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items

    def add(self, at: int) -> None:
        raise NotImplementedError

    def take(self, at: int) -> None:
        raise NotImplementedError

    def add_older(self, at: int) -> None:
        self.add(at)

    def take_older(self, at: int) -> None:
        self.take(at)

    def value(self, mine: Any) -> Any:
        """`mine` is what the fact that is read holds itself, for kinds that compare with it."""
        raise NotImplementedError


class Count(Tally):
    __slots__ = ("count",)

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.count = 0

    def add(self, at: int) -> None:  # noqa: ARG002 - Every entry counts alike.
        self.count += 1

    def take(self, at: int) -> None:  # noqa: ARG002 - As add.
        self.count -= 1

    def value(self, mine: Any) -> int:  # noqa: ARG002 - As Tally.
        return self.count


class Sum(Tally):
    __slots__ = ("arithmetic", "count", "total")

    def __init__(self, items: Sequence[Any], arithmetic: Arithmetic = WHOLE) -> None:
        self.items = items
        self.arithmetic = arithmetic
        self.count = 0
        self.total = arithmetic.zero

    def add(self, at: int) -> None:
        self.total = self.arithmetic.plus(self.total, self.arithmetic.exact(self.items[at]))
        self.count += 1

    def take(self, at: int) -> None:
        self.total = self.arithmetic.minus(self.total, self.arithmetic.exact(self.items[at]))
        self.count -= 1

    def value(self, mine: Any) -> Any:  # noqa: ARG002 - As Tally.
        return self.arithmetic.total(self.total)


class Average(Sum):
    __slots__ = ()

    def value(self, mine: Any) -> float | None:  # noqa: ARG002 - As Tally.
        if not self.count:
            return None
        return float(self.arithmetic.total(self.total)) / self.count


class Least(Tally):
    """A heap of the different values; one that left the window goes when it comes to the top."""

    __slots__ = ("arithmetic", "counts", "dead", "heap")
    sign = 1

    def __init__(self, items: Sequence[Any], arithmetic: Arithmetic = WHOLE) -> None:
        self.items = items
        self.arithmetic = arithmetic
        self.heap: list[Any] = []
        self.counts: dict[Any, int] = {}
        self.dead = 0

    def add(self, at: int) -> None:
        value = self.sign * self.items[at]
        count = self.counts.get(value)
        if count is None:
            heappush(self.heap, value)
            count = 0
        elif count == 0:
            self.dead -= 1
        self.counts[value] = count + 1

    def take(self, at: int) -> None:
        value = self.sign * self.items[at]
        self.counts[value] -= 1
        if not self.counts[value]:
            self.dead += 1
            if self.dead > len(self.heap) // 2 + DEAD_MAX:
                self._bury()

    def _bury(self) -> None:
        self.counts = {value: count for value, count in self.counts.items() if count}
        self.heap = list(self.counts)
        heapify(self.heap)
        self.dead = 0

    def value(self, mine: Any) -> Any:  # noqa: ARG002 - As Tally.
        heap, counts = self.heap, self.counts
        while heap and not counts[heap[0]]:
            del counts[heappop(heap)]
            self.dead -= 1
        return self.arithmetic.told(self.sign * heap[0]) if heap else None


class Greatest(Least):
    __slots__ = ()
    sign = -1


class Distinct(Tally):
    __slots__ = ("counts",)

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.counts: dict[Any, int] = {}

    def add(self, at: int) -> None:
        value = self.items[at]
        self.counts[value] = self.counts.get(value, 0) + 1

    def take(self, at: int) -> None:
        value = self.items[at]
        if self.counts[value] == 1:
            del self.counts[value]
        else:
            self.counts[value] -= 1

    def value(self, mine: Any) -> int:  # noqa: ARG002 - As Tally.
        return len(self.counts)


class Commonest(Tally):
    """How often the commonest value stands in the window; `common[n]`: how many stand n times."""

    __slots__ = ("common", "count", "counts", "most")

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.counts: dict[Any, int] = {}
        self.common: dict[int, int] = {}
        self.count = 0
        self.most = 0

    def add(self, at: int) -> None:
        value = self.items[at]
        times = self.counts.get(value, 0)
        self._move(value, times, times + 1)
        self.most = max(self.most, times + 1)
        self.count += 1

    def take(self, at: int) -> None:
        value = self.items[at]
        times = self.counts[value]
        self._move(value, times, times - 1)
        if times == self.most and times not in self.common:
            self.most -= 1
        self.count -= 1

    def _move(self, value: Any, times: int, to: int) -> None:
        common = self.common
        if times:
            common[times] -= 1
            if not common[times]:
                del common[times]
        if to:
            self.counts[value] = to
            common[to] = common.get(to, 0) + 1
        else:
            del self.counts[value]


class Share(Commonest):
    __slots__ = ()

    def value(self, mine: Any) -> float | None:  # noqa: ARG002 - As Tally.
        return self.most / self.count if self.count else None


class Prefix(Commonest):
    """Its items are the first characters alone."""

    __slots__ = ()

    def value(self, mine: Any) -> int:  # noqa: ARG002 - As Tally.
        return self.most


class Spacing(Tally):
    """How uneven the intervals are, from whole milliseconds: exact whatever came and went."""

    __slots__ = ("count", "span", "squares")

    def __init__(self, items: Sequence[int]) -> None:
        self.items = items
        self.count = 0
        self.span = 0
        self.squares = 0

    def _join(self, interval: int) -> None:
        self.span += interval
        self.squares += interval * interval

    def _part(self, interval: int) -> None:
        self.span -= interval
        self.squares -= interval * interval

    def add(self, at: int) -> None:
        if self.count:
            self._join(self.items[at] - self.items[at - 1])
        self.count += 1

    def take(self, at: int) -> None:
        self.count -= 1
        if self.count:
            self._part(self.items[at] - self.items[at - 1])

    def add_older(self, at: int) -> None:
        if self.count:
            self._join(self.items[at + 1] - self.items[at])
        self.count += 1

    def take_older(self, at: int) -> None:
        self.count -= 1
        if self.count:
            self._part(self.items[at + 1] - self.items[at])

    def value(self, mine: Any) -> float | None:  # noqa: ARG002 - As Tally.
        if self.count < SPACING_FACTS_MIN:
            return None
        if not self.span:
            return 0.0
        # Deviation over mean, both times the number of intervals: that number cancels out.
        intervals = self.count - 1
        return math.sqrt(intervals * self.squares - self.span * self.span) / self.span


class Stock(Tally):
    """What each warehouse told last, summed; an item is (warehouse, available)."""

    __slots__ = ("told", "total")

    def __init__(self, items: Sequence[tuple[str | None, int]]) -> None:
        self.items = items
        self.told: dict[str | None, deque[int]] = {}
        self.total = 0

    def add(self, at: int) -> None:
        warehouse, available = self.items[at]
        told = self.told.setdefault(warehouse, deque())
        self.total += available - (told[-1] if told else 0)
        told.append(available)

    def take(self, at: int) -> None:
        warehouse, available = self.items[at]
        told = self.told[warehouse]
        told.pop()
        self.total += (told[-1] if told else 0) - available
        if not told:
            del self.told[warehouse]

    def add_older(self, at: int) -> None:
        warehouse, available = self.items[at]
        told = self.told.setdefault(warehouse, deque())
        if not told:
            self.total += available
        told.appendleft(available)

    def take_older(self, at: int) -> None:
        warehouse, available = self.items[at]
        told = self.told[warehouse]
        told.popleft()
        if not told:
            self.total -= available
            del self.told[warehouse]

    def value(self, mine: Any) -> int | None:  # noqa: ARG002 - As Tally.
        return self.total if self.told else None
