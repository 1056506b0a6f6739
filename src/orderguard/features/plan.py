"""Features made ready to be computed: grouped by their keys, each with its place in the group."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import msgspec

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entities import SOURCES, entity_type, is_merchant_wide
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature, FeatureKind
from orderguard.features.columns import Column, column_of, field_of
from orderguard.features.folds import fold_of
from orderguard.features.keys import key_reader
from orderguard.features.layout import NO_NUMBER, ROW_HEAD, Layout, Row, layout_of
from orderguard.features.looks import LOOKS, Entry, Look, Moment
from orderguard.features.numbers import WHOLE
from orderguard.features.places import Nearest, nearest
from orderguard.features.tallies import (
    Average,
    Count,
    Distinct,
    Greatest,
    Least,
    Prefix,
    Share,
    Spacing,
    Stock,
    Sum,
    Tally,
)

LATENESS_MS = 3_600_000
"""How far before the newest entry under its key a reading is exact."""

TAG_BYTES = 8


class Condition(Protocol):
    """A feature's compiled `where`.

    `members` are the fields of Fact that it reads, `features` the places of other features.
    """

    @property
    def members(self) -> frozenset[str]: ...

    @property
    def features(self) -> frozenset[int]: ...

    def __call__(self, fact: Fact, values: Sequence[FeatureValue], /) -> bool: ...


class Plan:
    """One feature.

    `slot` is its place in its group, `bit` the same as a mask; `item` is where the entry's item
    stands in a row: its column, or the instant for kinds that need no more.
    """

    __slots__ = (
        "bit",
        "column",
        "condition",
        "empty",
        "feature",
        "fold",
        "group",
        "index",
        "inputs",
        "item",
        "least",
        "look",
        "on",
        "place",
        "slot",
        "tally",
        "window_ms",
    )

    def __init__(
        self,
        feature: Feature,
        *,
        index: int,
        group: int,
        slot: int,
        column: Column | None,
        item: int,
        condition: Condition | None,
    ) -> None:
        self.feature = feature
        self.index, self.group, self.slot, self.bit = index, group, slot, 1 << slot
        self.column, self.item = column, item
        self.condition = condition
        self.on = entered_by(feature.on)
        self.window_ms = feature.window_ms
        self.place: Callable[[Fact], int | None] = attrgetter(_place_of(feature))
        self.least = feature.kind is FeatureKind.STOCK
        self.look: Look | None = LOOKS.get(feature.kind)
        self.tally = _tally_of(feature, column)
        self.fold = fold_of(feature.kind, WHOLE if column is None else column.arithmetic)
        self.empty = _empty_of(feature, column)
        self.inputs = _inputs(feature, column, condition)

    def beats(self, value: Any, known: Any) -> bool:
        """Whether this value of one key holds against that of another."""
        if value is None or known is None:
            return value is not None
        return bool(value < known if self.least else value > known)

    def of_items(self, items: list[Any], fact: Fact) -> Any:
        """What these items amount to, of which there is at least one."""
        if self.fold is not None:
            return self.fold(items)
        if self.feature.kind is FeatureKind.DISTANCE:
            return nearest(items, fact, self.feature.least)
        tally = self.tally()
        for item in items:
            tally.add(item)
        return tally.value(fact)

    def looked(self, entries: Iterable[Entry], fact: Fact, row: Row | None) -> Any:
        """What a look back over these entries finds, from where the fact's own entry is.

        A fact of an order has one if its kind belongs there, whether it entered now or before; a
        fact of none has one only if it entered now.
        """
        assert self.look is not None
        if fact.number is None:
            entered = row is not None and row[2] & self.bit
            moment = Moment(fact.at, NO_NUMBER, self.place(fact) if entered else None)
        else:
            belongs = fact.kind in self.on
            moment = Moment(fact.at, fact.number, self.place(fact) if belongs else None)
        return self.look(entries, moment)


def entered_by(on: Iterable[FactKind]) -> frozenset[FactKind]:
    """The kinds of fact that enter: whoever stands at the checkout counts as having ordered."""
    kinds = frozenset(on)
    return kinds | {FactKind.ATTEMPTED} if FactKind.PLACED in kinds else kinds


class Window(NamedTuple):
    """Features of one group that look equally far back."""

    window_ms: int
    plans: tuple[Plan, ...]


def windows_of(plans: Iterable[Plan]) -> tuple[Window, ...]:
    by_length: dict[int, list[Plan]] = {}
    for plan in plans:
        by_length.setdefault(plan.window_ms, []).append(plan)
    return tuple(Window(length, tuple(by_length[length])) for length in sorted(by_length))


class Group:
    """The features that share the keys and the instant by which facts have their place.

    A fact's row is what `head` takes from it at once (its place, its order number, a stopgap for
    the mask, the columns that are fields), then what each of `derived` makes of it. `placed` is
    the mask of the features that orders enter when they are placed.
    """

    __slots__ = (
        "by",
        "derived",
        "fields",
        "head",
        "keep_ms",
        "key_reader",
        "layout",
        "placed",
        "plans",
        "scoped",
        "windows",
    )

    def __init__(self, plans: Sequence[Plan], columns: Sequence[Column]) -> None:
        feature = plans[0].feature
        self.fields = tuple(column.name for column in columns if column.read is None)
        self.head = attrgetter(_place_of(feature), "number", "number", *self.fields)
        self.derived = tuple(column.read for column in columns if column.read is not None)
        self.by = feature.by
        self.key_reader = key_reader(feature.by)
        self.scoped = not is_merchant_wide(feature.by)
        self.plans = tuple(plans)
        self.placed = sum(plan.bit for plan in plans if FactKind.PLACED in plan.on)
        self.windows = windows_of(plans)
        self.keep_ms = max(plan.window_ms for plan in plans) + LATENESS_MS
        self.layout: Layout = layout_of(_tags(plans), tuple(column.name for column in columns))

    def row(self, fact: Fact, key: str) -> list[Any] | None:
        """The fact's entry under a key, in no feature yet; None where it has no place."""
        row = list(self.head(fact))
        if row[0] is None:
            return None
        if row[1] is None:
            row[1] = NO_NUMBER
        row[2] = 0
        row += [read(fact, key) for read in self.derived] if self.derived else ()
        return row


def _place_of(feature: Feature) -> str:
    return "at" if feature.at is None else field_of(feature.at)


def space_of(feature: Feature) -> str:
    """The name of a feature's group: `buyer`, `segment@buyer.registered_at`."""
    space = entity_type(feature.by)
    return f"{space}@{feature.at}" if feature.at else space


def group_plans(
    features: Sequence[Feature], conditions: Mapping[str, Condition]
) -> tuple[tuple[Plan, ...], dict[str, Group]]:
    """The plans in the order of the features, and the groups by their space."""
    columns: dict[str, dict[str, Column]] = {}
    for feature in features:
        known = columns.setdefault(space_of(feature), {})
        column = column_of(feature)
        if column is not None:
            known[column.name] = column
    # Columns that are fields come first: a row takes them from the fact at once.
    ordered = {
        space: sorted(known.values(), key=lambda column: column.read is not None)
        for space, known in columns.items()
    }
    spaces = list(columns)
    members: dict[str, list[Plan]] = {space: [] for space in spaces}
    plans = []
    for index, feature in enumerate(features):
        space = space_of(feature)
        column = column_of(feature)
        names = [known.name for known in ordered[space]]
        plan = Plan(
            feature,
            index=index,
            group=spaces.index(space),
            slot=len(members[space]),
            column=column,
            item=0 if column is None else ROW_HEAD + names.index(column.name),
            condition=None if feature.where is None else conditions[feature.id],
        )
        members[space].append(plan)
        plans.append(plan)
    return tuple(plans), {space: Group(members[space], ordered[space]) for space in spaces}


def _tally_of(feature: Feature, column: Column | None) -> Callable[[], Tally]:
    kind = feature.kind
    if column is not None and kind in _OF_NUMBERS:
        return partial(_OF_NUMBERS[kind], column.arithmetic)
    if kind is FeatureKind.DISTANCE:
        return partial(Nearest, feature.least)
    return _PLAIN.get(kind, Count)


_COUNTS = frozenset({FeatureKind.COUNT, FeatureKind.DISTINCT, FeatureKind.PREFIX})
_OF_NUMBERS: dict[FeatureKind, type[Sum | Least]] = {
    FeatureKind.SUM: Sum,
    FeatureKind.AVG: Average,
    FeatureKind.MIN: Least,
    FeatureKind.MAX: Greatest,
}
_PLAIN: dict[FeatureKind, type[Tally]] = {
    FeatureKind.DISTINCT: Distinct,
    FeatureKind.SHARE: Share,
    FeatureKind.PREFIX: Prefix,
    FeatureKind.STOCK: Stock,
    FeatureKind.SPACING: Spacing,
}


def _empty_of(feature: Feature, column: Column | None) -> Any:
    """The value over no entries: a number where there is one of them, else missing."""
    if feature.kind is FeatureKind.SUM and column is not None:
        return column.arithmetic.sum_of(())
    return 0 if feature.kind in _COUNTS else None


def _inputs(feature: Feature, column: Column | None, condition: Condition | None) -> frozenset[str]:
    sources = [SOURCES[entity] for entity in feature.by]
    inputs = {"lines" if source.per_line else source.field for source in sources}
    if column is not None:
        inputs |= column.inputs
    if feature.at is not None:
        inputs.add(field_of(feature.at))
    if condition is not None:
        inputs |= condition.members
    return frozenset(inputs)


def _tags(plans: Sequence[Plan]) -> tuple[bytes, ...]:
    """One for each feature, from what it computes: equal over libraries as long as that is equal.

    Two features that compute the same are told apart by which comes first.
    """
    tags: list[bytes] = []
    seen: dict[bytes, int] = {}
    for plan in plans:
        feature = plan.feature
        meaning = msgspec.json.encode(
            [
                *(feature.kind, feature.by, sorted(feature.on), feature.of, feature.where),
                *(feature.window_ms, feature.at, feature.length, feature.least),
            ]
        )
        times = seen[meaning] = seen.get(meaning, 0) + 1
        tags.append(sha256(b"%b#%d" % (meaning, times)).digest()[:TAG_BYTES])
    return tuple(tags)
