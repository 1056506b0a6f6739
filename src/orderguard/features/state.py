"""What is remembered under one key of a group: few entries in rows, or many in series."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.features.layout import NO_NUMBER, ROW_HEAD, Layout, Row
from orderguard.features.looks import Entry, Moment
from orderguard.features.plan import Group, Plan
from orderguard.features.series import Series

FEW_MAX = 8
"""How many entries a group keeps in rows before each feature has a series of its own."""


class Few(Struct):
    """The rows of a key, sorted by instant, ties by arrival, opened for one fact.

    All features of the group share a row, so a key with one order costs one small tuple.
    """

    rows: Sequence[Row]
    keep_ms: int

    def enter(self, plans: Sequence[Plan], row: list[Any], at: int, again: set[int]) -> None:
        mask = 0
        for plan in plans:
            if row[plan.item] is not None:
                mask |= plan.bit
        if mask and not row[2]:
            self._insert(row, at)
        row[2] |= mask
        if mask and self.rows[-1] is not row:
            again.update(*(self._orders_after(plan, row) for plan in plans if mask & plan.bit))

    def _insert(self, row: list[Any], at: int) -> None:
        rows, instant = list(self.rows), row[0]
        until = min(max(rows[-1][0], instant) if rows else instant, at) - self.keep_ms
        while rows and rows[0][0] <= until:
            del rows[0]
        place = len(rows)
        while place and rows[place - 1][0] > instant:
            place -= 1
        rows.insert(place, row)
        self.rows = rows

    def holds(self, plan: Plan, instant: int, number: int) -> bool:
        return any(
            row[0] == instant and row[1] == number and row[2] & plan.bit for row in self.rows
        )

    def _orders_after(self, plan: Plan, row: Row) -> tuple[int, ...]:
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
        self, plans: Sequence[Plan], fact: Fact, row: Row | None, values: list[FeatureValue]
    ) -> None:
        rows, at = self.rows, fact.at
        for plan in plans:
            if plan.look is not None:
                values[plan.index] = plan.look(self.backwards(plan, at), _moment(plan, fact, row))
                continue
            bit, place, start = plan.bit, plan.item, at - plan.window_ms
            items = []
            for one in rows:
                if one[2] & bit and start < one[0] <= at:
                    items.append(one[place])  # noqa: PERF401 - A comprehension is a call more.
            if not items:
                values[plan.index] = plan.empty
            elif plan.fold is not None:
                values[plan.index] = plan.fold(items)
            else:
                tally = plan.tally()
                for item in items:
                    tally.add(item)
                values[plan.index] = tally.value(fact)

    def backwards(self, plan: Plan, at: int) -> Iterator[Entry]:
        bit, start = plan.bit, at - plan.window_ms
        for row in reversed(self.rows):
            if row[2] & bit and start < row[0] <= at:
                yield row[0], row[1], row[plan.item]


class Many:
    """A series for each feature of the group that has entries."""

    __slots__ = ("layout", "series")

    def __init__(self, layout: Layout, series: list[Series | None]) -> None:
        self.layout = layout
        self.series = series

    def enter(self, plans: Sequence[Plan], row: list[Any], at: int, again: set[int]) -> None:
        for plan in plans:
            if row[plan.item] is None:
                continue
            row[2] |= plan.bit
            series = self.series[plan.slot]
            if series is None:
                series = self.series[plan.slot] = _empty_series(plan)
            else:
                series.forget(min(max(series.instants[-1], row[0]), at) - plan.keep_ms)
            series.enter(row[0], row[1], row[plan.item])
            if series.instants[-1] != row[0]:
                again.update(series.orders_after(row[0], row[0] + plan.window_ms, row[1]))

    def holds(self, plan: Plan, instant: int, number: int) -> bool:
        series = self.series[plan.slot]
        return series is not None and series.holds(instant, number)

    def read(
        self, plans: Sequence[Plan], fact: Fact, row: Row | None, values: list[FeatureValue]
    ) -> None:
        at = fact.at
        for plan in plans:
            series = self.series[plan.slot]
            if plan.look is not None:
                values[plan.index] = plan.look(self.backwards(plan, at), _moment(plan, fact, row))
            elif series is None:
                values[plan.index] = plan.empty
            else:
                tally = series.tallied(at - plan.window_ms, at, plan.tally)
                values[plan.index] = tally.value(fact)

    def backwards(self, plan: Plan, at: int) -> Iterator[Entry]:
        series = self.series[plan.slot]
        return iter(()) if series is None else series.backwards(at - plan.window_ms, at)


GroupState = tuple[Any, ...] | Many
"""What a cache keeps under one key: (layout, row, row …) while they are few, else Many."""

View = Few | Many


def opened(state: GroupState | None, group: Group) -> View:
    """A state made ready for a fact, brought to the layout of this library first."""
    if state is None:
        return Few((), group.keep_ms)
    if isinstance(state, Many):
        return state if state.layout is group.layout else _many_realigned(state, group.layout)
    rows: Sequence[Row] = state[1:]
    if state[0] is not group.layout:
        rows = _rows_realigned(rows, state[0], group.layout)
    return Few(rows, group.keep_ms)


def closed(view: View, group: Group) -> GroupState:
    """A view as the cache shall keep it."""
    if isinstance(view, Many):
        return view
    if len(view.rows) <= FEW_MAX:
        return (group.layout, *map(tuple, view.rows))
    return Many(group.layout, [_series_of(plan, view.rows) for plan in group.plans])


def _empty_series(plan: Plan) -> Series:
    return Series(None if plan.column is None else plan.column.name)


def _series_of(plan: Plan, rows: Sequence[Row]) -> Series | None:
    series = None
    for row in rows:
        if row[2] & plan.bit:
            series = series or _empty_series(plan)
            series.enter(row[0], row[1], row[plan.item])
    return series


def _rows_realigned(rows: Sequence[Row], old: Layout, new: Layout) -> list[Row]:
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


def _many_realigned(many: Many, layout: Layout) -> Many:
    by_tag = dict(zip(many.layout.tags, many.series, strict=True))
    return Many(layout, [by_tag.get(tag) for tag in layout.tags])


def _moment(plan: Plan, fact: Fact, row: Row | None) -> Moment:
    """Where the fact's own entry is.

    A fact of an order has one if its kind belongs there, whether it entered now or before; a fact
    of none has one only if it entered now.
    """
    if fact.number is None:
        entered = row is not None and row[2] & plan.bit
        return Moment(fact.at, NO_NUMBER, plan.place(fact) if entered else None)
    return Moment(fact.at, fact.number, plan.place(fact) if fact.kind in plan.on else None)
