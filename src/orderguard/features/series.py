"""All entries of one feature under one busy key, and a window that slides over them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any

from orderguard.features.layout import NO_NUMBER
from orderguard.features.looks import Entry
from orderguard.features.tallies import Tally

AGAIN_STEPS_MAX = 1_000
"""How many entries are looked at to find the order that a late fact concerns."""


class Series:
    """Entries sorted by instant, ties by arrival, with what `column` tells of each.

    Without a column the instants are the items.

    The tally stands for the entries from `low` up to `high`. A reading slides these two ends to
    its own window, so its cost is the number of entries between it and the reading before.
    """

    __slots__ = ("column", "high", "instants", "items", "low", "numbers", "tally")

    def __init__(self, column: str | None) -> None:
        self.column = column
        self.instants = array("q")
        self.numbers = array("q")
        self.items: list[Any] | None = None if column is None else []
        self.tally: Tally | None = None
        self.low = self.high = 0

    def enter(self, instant: int, number: int, item: Any) -> None:
        instants = self.instants
        at = len(instants)
        if at and instants[-1] > instant:
            at = bisect_right(instants, instant)
            self._make_way(at)
        instants.insert(at, instant)
        self.numbers.insert(at, number)
        if self.items is not None:
            self.items.insert(at, item)

    def _make_way(self, at: int) -> None:
        """The window moves on as a whole, or ends before the place."""
        if at <= self.low:
            self.low += 1
            self.high += 1
        elif at < self.high and self.tally is not None:
            self._slide(self.tally, self.low, at)

    def forget(self, until: int) -> None:
        """Entries up to this instant go once they are half of all, so that each costs little."""
        instants = self.instants
        if not instants or instants[len(instants) // 2] > until:
            return
        gone = bisect_right(instants, until)
        del instants[:gone], self.numbers[:gone]
        if self.items is not None:
            del self.items[:gone]
        self.low -= gone
        self.high -= gone
        if self.low < 0:
            self.tally = None

    def holds(self, instant: int, number: int) -> bool:
        instants = self.instants
        at = bisect_left(instants, instant)
        while at < len(instants) and instants[at] == instant:
            if self.numbers[at] == number:
                return True
            at += 1
        return False

    def orders_after(self, after: int, before: int, other_than: int) -> tuple[int, ...]:
        """The order of the newest entry between these instants, both left out, if there is one."""
        last = bisect_left(self.instants, before) - 1
        for at in range(last, max(-1, last - AGAIN_STEPS_MAX), -1):
            if self.instants[at] <= after:
                break
            if self.numbers[at] not in (other_than, NO_NUMBER):
                return (self.numbers[at],)
        return ()

    def tallied(self, start: int, end: int, tally: Callable[[], Tally]) -> Tally:
        """The tally of the entries in (start, end]."""
        low, high = self._window(start, end)
        if self.tally is None or low >= self.high or high <= self.low:
            self.tally = tally()
            self.low = self.high = low
        self._slide(self.tally, low, high)
        return self.tally

    def backwards(self, start: int, end: int) -> Iterator[Entry]:
        """The entries in (start, end], newest first."""
        instants, numbers, items = self.instants, self.numbers, self.items
        low, high = self._window(start, end)
        for at in range(high - 1, low - 1, -1):
            yield instants[at], numbers[at], None if items is None else items[at]

    def _window(self, start: int, end: int) -> tuple[int, int]:
        instants = self.instants
        low = bisect_right(instants, start)
        if not instants or instants[-1] <= end:
            return low, len(instants)
        return low, bisect_right(instants, end)

    def _slide(self, tally: Tally, low: int, high: int) -> None:
        items = self.instants if self.items is None else self.items
        while self.high < high:
            tally.add(items[self.high])
            self.high += 1
        while self.high > high:
            self.high -= 1
            tally.take(items[self.high])
        while self.low < low:
            tally.take_older(items[self.low])
            self.low += 1
        while self.low > low:
            self.low -= 1
            tally.add_older(items[self.low])
