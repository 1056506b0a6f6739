"""One fact through all features: it enters where it belongs, then each is read for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature
from orderguard.features.columns import NO_NUMBER
from orderguard.features.looks import Moment
from orderguard.features.plan import Condition, Group, Plan, group_plans
from orderguard.features.state import GroupState, View, closed, opened
from orderguard.kit.cache import WriteBack

ORDERS_MAX = 10_000
"""How many orders of one window are named, the newest."""

AGAIN_MAX = 16
"""How many orders one late fact makes to be judged again, the newest."""


class Reading(NamedTuple):
    """The values by the index of their feature, None where missing.

    `again`: the orders whose judgement this fact changed because it came late.
    """

    values: list[FeatureValue]
    again: tuple[int, ...]


class _Sight(NamedTuple):
    """One key of a fact: its state opened, and the row with which the fact enters, if it may."""

    key: str
    stored_key: str
    view: View
    row: list[Any] | None


class _Joined(NamedTuple):
    """A group with its cache."""

    group: Group
    cache: WriteBack[GroupState]


class FeatureEngine:
    """The features of one library over what is remembered.

    `conditions` holds the compiled `where` of each feature that has one; `states` gives the cache
    for the group of a name, made with `encode_group` and `decode_group`.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        conditions: Mapping[str, Condition],
        states: Callable[[str], WriteBack[GroupState]],
    ) -> None:
        self._plans, groups = group_plans(features, conditions)
        self._groups = tuple(_Joined(group, states(space)) for space, group in groups.items())
        self._plans_by_id = {plan.feature.id: plan for plan in self._plans}
        self._own = {kind: tuple(kind in plan.on for plan in self._plans) for kind in FactKind}

    def enter(self, fact: Fact) -> Reading:
        """The fact enters where it belongs, then all features are read for it."""
        sights = [_sights(joined, fact, entering=True) for joined in self._groups]
        values: list[FeatureValue] = [None] * len(self._plans)
        again: set[int] = set()
        for plan, own in zip(self._plans, self._own[fact.kind], strict=True):
            seen = sights[plan.group]
            if seen:
                entered = own and _enter(plan, fact, values, seen, again)
                values[plan.index] = _greatest(plan, fact, seen, entered=entered)[0]
        for joined, seen in zip(self._groups, sights, strict=True):
            for sight in seen:
                if sight.row is not None and sight.row[2]:
                    joined.cache.put(sight.stored_key, closed(sight.view, joined.group))
        return Reading(values, tuple(sorted(again)[-AGAIN_MAX:]))

    def read(self, fact: Fact) -> list[FeatureValue]:
        """The values for a fact that does not enter: it did before, or was only asked about."""
        sights = [_sights(joined, fact, entering=False) for joined in self._groups]
        return [_greatest(plan, fact, sights[plan.group], entered=False)[0] for plan in self._plans]

    def orders(self, feature_id: str, fact: Fact, after: int | None = None) -> tuple[int, ...]:
        """The orders in the window at the key of the greatest value, oldest first.

        With `after` only those that stand later than this instant.
        """
        plan = self._plans_by_id[feature_id]
        sight = self._greatest_sight(plan, fact)
        numbers: dict[int, None] = {}
        for entry in sight.view.backwards(plan, fact.at) if sight else ():
            if len(numbers) == ORDERS_MAX or (after is not None and entry.instant <= after):
                break
            if entry.number != NO_NUMBER:
                numbers[entry.number] = None
        return tuple(reversed(numbers))

    def key(self, feature_id: str, fact: Fact) -> str | None:
        """The key of the greatest value, without its scope; the first of equal ones."""
        sight = self._greatest_sight(self._plans_by_id[feature_id], fact)
        return sight.key if sight else None

    def _greatest_sight(self, plan: Plan, fact: Fact) -> _Sight | None:
        sights = _sights(self._groups[plan.group], fact, entering=False)
        return _greatest(plan, fact, sights, entered=False)[1]


def _sights(joined: _Joined, fact: Fact, *, entering: bool) -> Sequence[_Sight]:
    group, cache = joined
    keys = group.key_reader(fact)
    if not keys:
        return ()
    place = group.place(fact) if entering and fact.kind in group.kinds else None
    number = NO_NUMBER if fact.number is None else fact.number
    sights = []
    for key in keys:
        row = None
        if place is not None:
            row = [place, number, 0, *[column.read(fact, key) for column in group.columns]]
        stored_key = f"{fact.channel}\n{fact.shop}\n{key}" if group.scoped else key
        sights.append(_Sight(key, stored_key, opened(cache.get(stored_key), group), row))
    return sights


def _enter(
    plan: Plan,
    fact: Fact,
    values: Sequence[FeatureValue],
    sights: Sequence[_Sight],
    again: set[int],
) -> bool:
    """Whether the fact entered under any key; the orders that it came before join `again`."""
    amends = fact.amends
    if amends is not None and plan.inputs.isdisjoint(amends):
        return False
    if plan.condition is not None and not plan.condition(fact, values):
        return False
    entered = False
    for _, _, view, row in sights:
        if row is None or row[plan.item] is None:
            continue
        if amends is not None and view.holds(plan, row[0], row[1]):
            continue
        view.enter(plan, row, fact.at)
        entered = True
        later = view.again(plan, row)
        if later is not None:
            again.add(later)
    return entered


def _greatest(
    plan: Plan, fact: Fact, sights: Sequence[_Sight], *, entered: bool
) -> tuple[FeatureValue, _Sight | None]:
    """The greatest value over the keys, for stock the least, and the first key that has it."""
    greatest: Any = None
    where = None
    for sight in sights:
        value = _value(plan, fact, sight, entered=entered)
        if value is not None and (
            where is None or (value < greatest if plan.least else value > greatest)
        ):
            greatest, where = value, sight
    return greatest, where


def _value(plan: Plan, fact: Fact, sight: _Sight, *, entered: bool) -> Any:
    if plan.look is not None:
        return plan.look(sight.view.backwards(plan, fact.at), _moment(plan, fact, entered=entered))
    mine = plan.column.read(fact, sight.key) if plan.compares and plan.column else None
    return sight.view.value(plan, fact.at, mine)


def _moment(plan: Plan, fact: Fact, *, entered: bool) -> Moment:
    """Where the fact's own entry is.

    A fact of an order has one if its kind belongs there, whether it entered now or before; a fact
    of none has one only if it entered now.
    """
    if fact.number is None:
        return Moment(fact.at, NO_NUMBER, plan.place(fact) if entered else None)
    return Moment(fact.at, fact.number, plan.place(fact) if fact.kind in plan.on else None)
