"""One fact through all features: it enters where it belongs, then each is read for it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature
from orderguard.features.columns import NO_NUMBER
from orderguard.features.looks import Entry, Moment
from orderguard.features.plan import Condition, Group, Plan, group_plans
from orderguard.features.state import GroupState, View, closed, opened
from orderguard.kit.cache import WriteBack

ORDERS_MAX = 10_000
"""How many orders of one window are named, the newest."""

AGAIN_MAX = 16
"""How many orders one late fact makes to be judged again, the newest."""


class Reading(NamedTuple):
    """The values by the index of their feature, None where missing, and the orders whose
    judgement this fact changed because it came late."""

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
    """`conditions` holds the compiled `where` of each feature that has one; `states` gives the
    cache for the group of a name, made with `encode_group` and `decode_group`.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        conditions: Mapping[str, Condition],
        states: Callable[[str], WriteBack[GroupState]],
    ) -> None:
        self._plans, groups = group_plans(features, conditions)
        self._groups = tuple(_Joined(group, states(space)) for space, group in groups.items())
        self._by_id = {plan.feature.id: plan for plan in self._plans}
        self._own = {kind: tuple(kind in plan.on for plan in self._plans) for kind in FactKind}

    def enter(self, fact: Fact) -> Reading:
        """The fact enters where it belongs, then all features are read for it."""
        sights = [self._sights(joined, fact, entering=True) for joined in self._groups]
        values: list[FeatureValue] = [None] * len(self._plans)
        again: set[int] = set()
        for plan, own in zip(self._plans, self._own[fact.kind], strict=True):
            seen = sights[plan.group]
            if seen:
                entered = own and _enter(plan, fact, values, seen, again)
                here = _here(fact, seen, entered) if own else None
                values[plan.index] = _greatest(plan, fact, seen, here)[0]
        for joined, seen in zip(self._groups, sights, strict=True):
            for sight in seen:
                if sight.row is not None and sight.row[2]:
                    joined.cache.put(sight.stored_key, closed(sight.view, joined.group))
        return Reading(values, tuple(sorted(again)[-AGAIN_MAX:]))
