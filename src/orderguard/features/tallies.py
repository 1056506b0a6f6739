"""What the entries of a window amount to, kept while entries come and go at either end.

A tally is told each item that the window takes in (`add`) or leaves out (`take`) at its newer end,
and the same with `_older` at its older end. That is all a window ever does, so a tally never looks
at the whole of it. A window widens or narrows over a stretch of entries, of which those with its
feature's bit in their mask are told.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

from orderguard.domain.facts import Fact
from orderguard.features.numbers import Arithmetic

DEAD_MAX = 64
"""How many values that left the window a heap may hold beyond the number of those in it."""

SPACING_FACTS_MIN = 4


Items = Sequence[Any]
Masks = Sequence[int]


class Tally(ABC):
    __slots__ = ()

    def widen(self, items: Items, masks: Masks, bit: int, high: int, to: int) -> None:
        add = self.add
        for at in range(high, to):
            if masks[at] & bit:
                add(items[at])

    def narrow(self, items: Items, masks: Masks, bit: int, high: int, to: int) -> None:
        for at in range(high - 1, to - 1, -1):
            if masks[at] & bit:
                self.take(items[at])

    def narrow_older(self, items: Items, masks: Masks, bit: int, low: int, to: int) -> None:
        take = self.take_older
        for at in range(low, to):
            if masks[at] & bit:
                take(items[at])

    def widen_older(self, items: Items, masks: Masks, bit: int, low: int, to: int) -> None:
        for at in range(low - 1, to - 1, -1):
            if masks[at] & bit:
                self.add_older(items[at])

    @abstractmethod
    def add(self, item: Any, /) -> None: ...

    @abstractmethod
    def take(self, item: Any, /) -> None: ...

    def add_older(self, item: Any, /) -> None:
        self.add(item)

    def take_older(self, item: Any, /) -> None:
        self.take(item)

    @abstractmethod
    def value(self, fact: Fact, /) -> Any:
        """What the window amounts to for this fact."""


class Count(Tally):
    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def add(self, _item: Any, /) -> None:
        self.count += 1

    def take(self, _item: Any, /) -> None:
        self.count -= 1

    def value(self, _fact: Fact, /) -> int:
        return self.count


class Sum(Tally):
    __slots__ = ("arithmetic", "count", "total")

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.count = 0
        self.total = arithmetic.zero

    def add(self, item: Any, /) -> None:
        self.total = self.arithmetic.plus(self.total, self.arithmetic.exact(item))
        self.count += 1

    def take(self, item: Any, /) -> None:
        self.total = self.arithmetic.minus(self.total, self.arithmetic.exact(item))
        self.count -= 1

    def value(self, _fact: Fact, /) -> Any:
        return self.arithmetic.total(self.total)


class Average(Sum):
    __slots__ = ()

    def value(self, _fact: Fact, /) -> float | None:
        if not self.count:
            return None
        return float(self.arithmetic.total(self.total)) / self.count


class Least(Tally):
    """A heap of the different values; one that left the window goes when it comes to the top."""

    __slots__ = ("arithmetic", "counts", "dead", "heap")
    sign = 1

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.heap: list[Any] = []
        self.counts: dict[Any, int] = {}
        self.dead = 0

    def add(self, item: Any, /) -> None:
        value = self.sign * item
        count = self.counts.get(value)
        if count is None:
            heappush(self.heap, value)
            count = 0
        elif count == 0:
            self.dead -= 1
        self.counts[value] = count + 1

    def take(self, item: Any, /) -> None:
        value = self.sign * item
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

    def value(self, _fact: Fact, /) -> Any:
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

    def __init__(self) -> None:
        self.counts: dict[Any, int] = {}

    def add(self, item: Any, /) -> None:
        self.counts[item] = self.counts.get(item, 0) + 1

    def take(self, item: Any, /) -> None:
        if self.counts[item] == 1:
            del self.counts[item]
        else:
            self.counts[item] -= 1

    def value(self, _fact: Fact, /) -> int:
        return len(self.counts)


class Commonest(Tally):
    """How often the commonest item stands in the window; `common[n]`: how many stand n times."""

    __slots__ = ("common", "count", "counts", "most")

    def __init__(self) -> None:
        self.counts: dict[Any, int] = {}
        self.common: dict[int, int] = {}
        self.count = 0
        self.most = 0

    def add(self, item: Any, /) -> None:
        times = self.counts.get(item, 0)
        self._move(item, times, times + 1)
        self.most = max(self.most, times + 1)
        self.count += 1

    def take(self, item: Any, /) -> None:
        times = self.counts[item]
        self._move(item, times, times - 1)
        if times == self.most and times not in self.common:
            self.most -= 1
        self.count -= 1

    def _move(self, item: Any, times: int, to: int) -> None:
        common = self.common
        if times:
            common[times] -= 1
            if not common[times]:
                del common[times]
        if to:
            self.counts[item] = to
            common[to] = common.get(to, 0) + 1
        else:
            del self.counts[item]


class Share(Commonest):
    __slots__ = ()

    def value(self, _fact: Fact, /) -> float | None:
        return self.most / self.count if self.count else None


class Prefix(Commonest):
    """Its items are the first characters alone."""

    __slots__ = ()

    def value(self, _fact: Fact, /) -> int:
        return self.most


class Spacing(Tally):
    """How uneven the intervals are, from whole milliseconds: exact whatever came and went."""

    __slots__ = ("instants", "squares")

    def __init__(self) -> None:
        self.instants: deque[int] = deque()
        self.squares = 0

    def add(self, item: int, /) -> None:
        if self.instants:
            self.squares += (item - self.instants[-1]) ** 2
        self.instants.append(item)

    def take(self, item: int, /) -> None:
        self.instants.pop()
        if self.instants:
            self.squares -= (item - self.instants[-1]) ** 2

    def add_older(self, item: int, /) -> None:
        if self.instants:
            self.squares += (self.instants[0] - item) ** 2
        self.instants.appendleft(item)

    def take_older(self, item: int, /) -> None:
        self.instants.popleft()
        if self.instants:
            self.squares -= (self.instants[0] - item) ** 2

    def value(self, _fact: Fact, /) -> float | None:
        return _unevenness(self.instants, self.squares)


def unevenness(instants: Sequence[int]) -> float | None:
    """The same of a few instants in their order."""
    if len(instants) < SPACING_FACTS_MIN:
        return None
    return _unevenness(instants, sum((later - at) ** 2 for at, later in pairwise(instants)))


def _unevenness(instants: Sequence[int], squares: int) -> float | None:
    """From the squares of the intervals: their deviation over their mean."""
    if len(instants) < SPACING_FACTS_MIN:
        return None
    span = instants[-1] - instants[0]
    if not span:
        return 0.0
    # Both times the number of intervals: that number cancels out.
    intervals = len(instants) - 1
    return math.sqrt(intervals * squares - span * span) / span


class Stock(Tally):
    """What each warehouse told last, summed; an item is (warehouse, available)."""

    __slots__ = ("told", "total")

    def __init__(self) -> None:
        self.told: dict[str | None, deque[int]] = {}
        self.total = 0

    def add(self, item: Any, /) -> None:
        warehouse, available = item
        told = self.told.setdefault(warehouse, deque())
        self.total += available - (told[-1] if told else 0)
        told.append(available)

    def take(self, item: Any, /) -> None:
        warehouse, available = item
        told = self.told[warehouse]
        told.pop()
        self.total += (told[-1] if told else 0) - available
        if not told:
            del self.told[warehouse]

    def add_older(self, item: Any, /) -> None:
        warehouse, available = item
        told = self.told.setdefault(warehouse, deque())
        if not told:
            self.total += available
        told.appendleft(available)

    def take_older(self, item: Any, /) -> None:
        warehouse, available = item
        told = self.told[warehouse]
        told.popleft()
        if not told:
            self.total -= available
            del self.told[warehouse]

    def value(self, _fact: Fact, /) -> int | None:
        return self.total if self.told else None
