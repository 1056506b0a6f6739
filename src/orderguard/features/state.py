"""What is remembered under one key of a group: few entries in rows, or many in columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.features.busy import Busy
from orderguard.features.layout import NO_NUMBER, ROW_HEAD, Layout, Row
from orderguard.features.looks import Entry
from orderguard.features.plan import Group, Plan, Window

FEW_MAX = 8
"""How many entries a group keeps in rows; with more each feature has a window that slides."""


class Few:
    """The rows of a key, sorted by instant, ties by arrival, opened for one fact.

    All features of the group share a row, so a key with one order costs one small tuple.
    """

    __slots__ = ("rows",)

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    @property
    def newest(self) -> int | None:
        """The instant of the newest entry."""
        return self.rows[-1][0] if self.rows else None

    def enter(self, row: list[Any], mask: int, plans: Sequence[Plan], again: set[int]) -> None:
        """The row joins the features of the mask, which are among the plans."""
        rows = self.rows
        if not row[2]:
            place, instant = len(rows), row[0]
            while place and rows[place - 1][0] > instant:
                place -= 1
            rows = self.rows = [*rows[:place], row, *rows[place:]]
        row[2] |= mask
        if rows[-1] is not row:
            for plan in plans:
                if mask & plan.bit:
                    again.update(self._orders_after(plan, row))

    def forget(self, until: int) -> None:
        """Entries up to this instant go."""
        rows, gone = self.rows, 0
        while gone < len(rows) and rows[gone][0] <= until:
            gone += 1
        if gone:
            self.rows = rows[gone:]

    def holds(self, plan: Plan, instant: int, number: int) -> bool:
        return any(
            row[0] == instant and row[1] == number and row[2] & plan.bit for row in self.rows
        )

    def withdraw(self, instant: int, number: int, mask: int) -> bool:
        """The entry leaves the features of the mask; its place stays until it is forgotten."""
        rows = self.rows
        for at, row in enumerate(rows):
            if row[0] == instant and row[1] == number and row[2] & mask:
                gone = (*row[:2], row[2] & ~mask, *row[ROW_HEAD:])
                self.rows = [*rows[:at], gone, *rows[at + 1 :]]
                return True
        return False

    def _orders_after(self, plan: Plan, row: Row) -> tuple[int, ...]:
        """The order of the newest entry whose window holds this row."""
        after, before = row[0], row[0] + plan.window_ms
        for later in reversed(self.rows):
            if (
                later[2] & plan.bit
                and after < later[0] < before
                and later[1] not in (row[1], NO_NUMBER)
            ):
                return (later[1],)
        return ()

    def read(
        self, windows: Sequence[Window], fact: Fact, row: Row | None, values: list[FeatureValue]
    ) -> None:
        rows, at = self.rows, fact.at
        high = len(rows)
        while high and rows[high - 1][0] > at:
            high -= 1
        for window_ms, plans in windows:
            low, start = high, at - window_ms
            while low and rows[low - 1][0] > start:
                low -= 1
            inside = rows[low:high]
            for plan in plans:
                if plan.look is not None:
                    values[plan.index] = plan.looked(self.backwards(plan, at), fact, row)
                    continue
                bit, place = plan.bit, plan.item
                items = [one[place] for one in inside if one[2] & bit]
                if not items:
                    values[plan.index] = plan.empty
                elif plan.fold is not None:
                    values[plan.index] = plan.fold(items)
                else:
                    values[plan.index] = plan.of_items(items, fact)

    def backwards(self, plan: Plan, at: int) -> Iterator[Entry]:
        """The feature's entries in its window, newest first."""
        bit, start = plan.bit, at - plan.window_ms
        for row in reversed(self.rows):
            if row[2] & bit and start < row[0] <= at:
                yield row[0], row[1], row[plan.item]


GroupState = tuple[Any, ...] | Busy
"""What a cache keeps under one key: (layout, row, row …) while they are few, else Busy."""


def still(state: GroupState) -> GroupState:
    """The state as it stands now; rows never change in place."""
    return state.copy() if isinstance(state, Busy) else state


View = Few | Busy


def opened(state: GroupState | None, group: Group) -> View:
    """A state made ready for a fact, brought to the layout of this library first."""
    if state is None:
        return Few(())
    if isinstance(state, Busy):
        if state.layout is group.layout:
            return state
        return Busy(group.layout, _realigned(state.rows(), state.layout, group.layout))
    if state[0] is group.layout:
        return Few(state[1:])
    return Few(_realigned(state[1:], state[0], group.layout))


def closed(view: View, group: Group) -> GroupState:
    """A view as the cache shall keep it."""
    if isinstance(view, Busy):
        return view
    if len(view.rows) <= FEW_MAX:
        return (group.layout, *map(tuple, view.rows))
    return Busy(group.layout, view.rows)


def _realigned(rows: Sequence[Row], old: Layout, new: Layout) -> list[Row]:
    """The rows with the masks and columns of another library, without those of no feature in it."""
    bits = [
        (1 << old.tags.index(tag), 1 << at) for at, tag in enumerate(new.tags) if tag in old.tags
    ]
    places = [
        ROW_HEAD + old.columns.index(name) if name in old.columns else None for name in new.columns
    ]
    realigned: list[Row] = []
    for row in rows:
        mask = sum(bit for old_bit, bit in bits if row[2] & old_bit)
        if mask:
            items = [None if place is None else row[place] for place in places]
            realigned.append((row[0], row[1], mask, *items))
    return realigned
