"""One fact through all features: it enters where it belongs, then each is read for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature
from orderguard.features.layout import NO_NUMBER
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


class _Sight(Struct):
    """One key of a fact: its state opened, and the row that enters there, if the fact may."""

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
        self._asked = {
            kind: tuple(plan for plan in self._plans if plan.condition and kind in plan.on)
            for kind in FactKind
        }
        self._wanted: dict[tuple[FactKind, frozenset[str] | None], bool] = {}

    def wants(self, kind: FactKind, amends: frozenset[str] | None) -> bool:
        """Whether a fact of this kind, or the amendment of one, can enter any feature."""
        asked = (kind, amends)
        wanted = self._wanted.get(asked)
        if wanted is None:
            wanted = self._wanted[asked] = any(
                kind in plan.on and (amends is None or not plan.inputs.isdisjoint(amends))
                for plan in self._plans
            )
        return wanted

    def enter(self, fact: Fact) -> Reading:
        """The fact enters where it belongs, then all features are read for it.

        Features with a condition come last and one by one, in their order: a condition may look
        at what was read before.
        """
        values: list[FeatureValue] = [None] * len(self._plans)
        again: set[int] = set()
        scope = _scope_of(fact)
        sights = [_sights(joined, fact, scope, again) for joined in self._groups]
        for joined, seen in zip(self._groups, sights, strict=True):
            _read(joined.group.read[fact.kind], fact, seen, values)
        for plan in self._asked[fact.kind]:
            seen = sights[plan.group]
            if plan.condition is not None and plan.condition(fact, values):
                for sight in seen:
                    _enter(sight, (plan,), fact, again)
            _read((plan,), fact, seen, values)
        for joined, seen in zip(self._groups, sights, strict=True):
            for sight in seen:
                if sight.row is not None and sight.row[2]:
                    joined.cache.put(sight.stored_key, closed(sight.view, joined.group))
        return Reading(values, tuple(sorted(again)[-AGAIN_MAX:]) if again else ())

    def read(self, fact: Fact) -> list[FeatureValue]:
        """The values for a fact that does not enter: it did before, or was only asked about."""
        values: list[FeatureValue] = [None] * len(self._plans)
        scope = _scope_of(fact)
        for joined in self._groups:
            _read(joined.group.plans, fact, _sights(joined, fact, scope), values)
        return values

    def orders(self, feature_id: str, fact: Fact, after: int | None = None) -> tuple[int, ...]:
        """The orders in the window at the key of the greatest value, oldest first.

        With `after` only those that stand later than this instant.
        """
        plan = self._plans_by_id[feature_id]
        sight = self._greatest(plan, fact)
        numbers: dict[int, None] = {}
        for instant, number, _ in sight.view.backwards(plan, fact.at) if sight else ():
            if len(numbers) == ORDERS_MAX or (after is not None and instant <= after):
                break
            if number != NO_NUMBER:
                numbers[number] = None
        return tuple(reversed(numbers))

    def key(self, feature_id: str, fact: Fact) -> str | None:
        """The key of the greatest value, without its scope; the first of equal ones."""
        sight = self._greatest(self._plans_by_id[feature_id], fact)
        return sight.key if sight else None

    def _greatest(self, plan: Plan, fact: Fact) -> _Sight | None:
        greatest: FeatureValue = None
        where = None
        for sight in _sights(self._groups[plan.group], fact, _scope_of(fact)):
            values: list[FeatureValue] = [None] * len(self._plans)
            sight.view.read((plan,), fact, sight.row, values)
            if plan.beats(values[plan.index], greatest):
                greatest, where = values[plan.index], sight
        return where


def _scope_of(fact: Fact) -> str:
    return f"{fact.channel}\n{fact.shop}\n"


def _sights(
    joined: _Joined, fact: Fact, scope: str, again: set[int] | None = None
) -> Sequence[_Sight]:
    """The keys of the fact; with `again` it enters the features that have no condition."""
    group, cache = joined
    keys = group.key_reader(fact)
    if not keys:
        return ()
    plans = None if again is None else group.entered[fact.kind]
    sights = []
    for key in keys:
        stored_key = scope + key if group.scoped else key
        sight = _Sight(key, stored_key, opened(cache.get(stored_key), group), None)
        if plans is not None and again is not None:
            sight.row = _row(group, fact, key)
            _enter(sight, plans, fact, again)
        sights.append(sight)
    return sights


def _row(group: Group, fact: Fact, key: str) -> list[Any] | None:
    row = list(group.head(fact))
    if row[0] is None:
        return None
    if row[1] is None:
        row[1] = NO_NUMBER
    row[2] = 0
    if group.derived:
        row += [read(fact, key) for read in group.derived]
    return row


def _enter(sight: _Sight, plans: Sequence[Plan], fact: Fact, again: set[int]) -> None:
    """The row joins those of these features for which it knows what they need."""
    row, view = sight.row, sight.view
    if row is None:
        return
    if fact.amends is not None:
        plans = [
            plan
            for plan in plans
            if not plan.inputs.isdisjoint(fact.amends) and not view.holds(plan, row[0], row[1])
        ]
    view.enter(plans, row, fact.at, again)


def _read(
    plans: Sequence[Plan], fact: Fact, sights: Sequence[_Sight], values: list[FeatureValue]
) -> None:
    """The values of one key, or the greatest over several."""
    if len(sights) == 1:
        sights[0].view.read(plans, fact, sights[0].row, values)
        return
    for sight in sights:
        told: list[FeatureValue] = [None] * len(values)
        sight.view.read(plans, fact, sight.row, told)
        for plan in plans:
            if plan.beats(told[plan.index], values[plan.index]):
                values[plan.index] = told[plan.index]
