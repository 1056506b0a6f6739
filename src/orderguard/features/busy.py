"""All entries under one busy key, and for each feature a window that slides over them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, MutableSequence, Sequence
from typing import Any

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.features.layout import NO_NUMBER, ROW_HEAD, Layout, Row
from orderguard.features.looks import Entry
from orderguard.features.plan import Plan, Window
from orderguard.features.tallies import Tally

AGAIN_STEPS_MAX = 1_000
"""How many entries are looked at to find the order that a late fact concerns."""
MASK_BITS = 64


class Cursor:
    """One feature's window: its tally stands for the entries from `low` up to `high`.

    `column` is where its items stand, None where the instants are the items.
    """

    __slots__ = ("bit", "column", "high", "low", "tally")

    def __init__(self, plan: Plan, at: int) -> None:
        self.tally = plan.tally()
        self.bit = plan.bit
        self.column = plan.item - ROW_HEAD if plan.item else None
        self.low = self.high = at


class Busy:
    """Entries column by column, sorted by instant, ties by arrival.

    A reading slides the two ends of a feature's window to where they belong, so its cost is the
    number of entries between it and the reading before.
    """

    __slots__ = ("columns", "cursors", "instants", "layout", "masks", "numbers")

    def __init__(self, layout: Layout, rows: Sequence[Row] = ()) -> None:
        self.layout = layout
        self.instants = array("q", [row[0] for row in rows])
        self.numbers = array("q", [row[1] for row in rows])
        self.masks = masks_of(layout, [row[2] for row in rows])
        self.columns: list[list[Any]] = [
            [row[ROW_HEAD + at] for row in rows] for at in range(len(layout.columns))
        ]
        self.cursors: list[Cursor | None] = [None] * len(layout.tags)

    @property
    def newest(self) -> int | None:
        """The instant of the newest entry."""
        return self.instants[-1] if self.instants else None

    def copy(self) -> "Busy":
        """The entries alone: windows are made anew when they are read."""
        made = Busy(self.layout)
        made.instants, made.numbers = self.instants[:], self.numbers[:]
        made.masks = self.masks[:]
        made.columns = [column[:] for column in self.columns]
        return made

    def rows(self) -> list[Row]:
        return list(zip(self.instants, self.numbers, self.masks, *self.columns, strict=True))

    def enter(self, row: list[Any], mask: int, plans: Sequence[Plan], again: set[int]) -> None:
        """The row joins the features of the mask, which are among the plans."""
        instants, instant = self.instants, row[0]
        if row[2]:
            place = self._place_of(row)
            self.masks[place] |= mask
        else:
            place = len(instants)
            if place and instants[-1] > instant:
                place = bisect_right(instants, instant)
                self._make_way(place)
            instants.insert(place, instant)
            self.numbers.insert(place, row[1])
            self.masks.insert(place, mask)
            for at, column in enumerate(self.columns):
                column.insert(place, row[ROW_HEAD + at])
        row[2] |= mask
        if instants[-1] != instant:
            for plan in plans:
                if mask & plan.bit:
                    again.update(self._orders_after(plan, row))

    def _place_of(self, row: list[Any]) -> int:
        """Where this row stands, which entered before: the newest like it."""
        place = bisect_right(self.instants, row[0]) - 1
        while self.numbers[place] != row[1] or self.masks[place] != row[2]:
            place -= 1
        return place

    def _make_way(self, at: int) -> None:
        """A window moves on as a whole, or ends before the place."""
        for cursor in self.cursors:
            if cursor is None:
                continue
            if at <= cursor.low:
                cursor.low += 1
                cursor.high += 1
            elif at < cursor.high:
                items = self._items_of(cursor)
                cursor.tally.narrow(items, self.masks, cursor.bit, cursor.high, at)
                cursor.high = at

    def forget(self, until: int) -> None:
        """Entries up to this instant go once they are half of all, so that each costs little."""
        instants = self.instants
        if not instants or instants[len(instants) // 2] > until:
            return
        gone = bisect_right(instants, until)
        del instants[:gone], self.numbers[:gone], self.masks[:gone]
        for column in self.columns:
            del column[:gone]
        for slot, cursor in enumerate(self.cursors):
            if cursor is not None:
                cursor.low -= gone
                cursor.high -= gone
                if cursor.low < 0:
                    self.cursors[slot] = None

    def holds(self, plan: Plan, instant: int, number: int) -> bool:
        instants = self.instants
        at = bisect_left(instants, instant)
        while at < len(instants) and instants[at] == instant:
            if self.numbers[at] == number and self.masks[at] & plan.bit:
                return True
            at += 1
        return False

    def withdraw(self, instant: int, number: int, mask: int) -> bool:
        """The entry leaves the features of the mask; its place stays until it is forgotten."""
        instants, at = self.instants, bisect_left(self.instants, instant)
        while at < len(instants) and instants[at] == instant:
            if self.numbers[at] == number and self.masks[at] & mask:
                self._end_before(at)
                self.masks[at] &= ~mask
                return True
            at += 1
        return False

    def _end_before(self, at: int) -> None:
        """A window that holds the entry at the place ends before it, until it is read again."""
        for cursor in self.cursors:
            if cursor is not None and cursor.low <= at < cursor.high:
                items = self._items_of(cursor)
                cursor.tally.narrow(items, self.masks, cursor.bit, cursor.high, at)
                cursor.high = at

    def _orders_after(self, plan: Plan, row: Row) -> tuple[int, ...]:
        """The order of the newest entry whose window holds this row."""
        after, number = row[0], row[1]
        last = bisect_left(self.instants, after + plan.window_ms) - 1
        for at in range(last, max(-1, last - AGAIN_STEPS_MAX), -1):
            if self.instants[at] <= after:
                break
            if self.masks[at] & plan.bit and self.numbers[at] not in (number, NO_NUMBER):
                return (self.numbers[at],)
        return ()

    def read(
        self, windows: Sequence[Window], fact: Fact, row: Row | None, values: list[FeatureValue]
    ) -> None:
        at, instants = fact.at, self.instants
        high = len(instants)
        if high and instants[-1] > at:
            high = bisect_right(instants, at)
        for window_ms, plans in windows:
            low = bisect_right(instants, at - window_ms)
            for plan in plans:
                if plan.look is None:
                    values[plan.index] = self._tallied(plan, low, high).value(fact)
                else:
                    values[plan.index] = plan.looked(self.backwards(plan, at), fact, row)

    def _tallied(self, plan: Plan, low: int, high: int) -> Tally:
        """The tally of the feature's entries from `low` up to `high`."""
        cursor = self.cursors[plan.slot]
        if cursor is None or cursor.low >= high or low >= cursor.high:
            cursor = self.cursors[plan.slot] = Cursor(plan, low)
        tally = cursor.tally
        if cursor.low == low and cursor.high == high:
            return tally
        items, masks, bit = self._items_of(cursor), self.masks, cursor.bit
        if cursor.high < high:
            tally.widen(items, masks, bit, cursor.high, high)
        elif cursor.high > high:
            tally.narrow(items, masks, bit, cursor.high, high)
        if cursor.low < low:
            tally.narrow_older(items, masks, bit, cursor.low, low)
        elif cursor.low > low:
            tally.widen_older(items, masks, bit, cursor.low, low)
        cursor.low, cursor.high = low, high
        return tally

    def _items_of(self, cursor: Cursor) -> Sequence[Any]:
        return self.instants if cursor.column is None else self.columns[cursor.column]

    def backwards(self, plan: Plan, at: int) -> Iterator[Entry]:
        """The feature's entries in its window, newest first."""
        instants, masks = self.instants, self.masks
        items = self.columns[plan.item - ROW_HEAD] if plan.item else instants
        low, high = bisect_right(instants, at - plan.window_ms), bisect_right(instants, at)
        for place in range(high - 1, low - 1, -1):
            if masks[place] & plan.bit:
                yield instants[place], self.numbers[place], items[place]


def masks_of(layout: Layout, masks: Sequence[int]) -> MutableSequence[int]:
    return array("Q", masks) if len(layout.tags) <= MASK_BITS else list(masks)
