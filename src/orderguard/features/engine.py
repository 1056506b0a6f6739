"""One fact through all features: it enters where it belongs, then each is read for it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature
from orderguard.features.generate import Stage, Way, way_of
from orderguard.features.layout import NO_NUMBER
from orderguard.features.plan import Condition, Plan, Window, group_plans, windows_of
from orderguard.features.state import GroupState
from orderguard.features.visit import (
    Joined,
    Joining,
    Sight,
    Visit,
    enter,
    keep,
    read,
    sights,
    visit_group,
    withdraw,
)
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


class _Route(NamedTuple):
    """The way of one kind of fact through all groups, in two stages.

    The conditions of the second look at what the first has read. Features whose conditions look at
    their own group come `later`, join and are read one by one in their order.
    """

    stages: tuple[Stage, ...]
    way: Way
    later: tuple[tuple[Plan, tuple[Window, ...]], ...]


class FeatureEngine:
    """The features of one library over what is remembered.

    `conditions` holds the compiled `where` of each feature that has one; `states` gives the cache
    for the group of a name, made with `encode_group` and `decode_group`. `reads` has the places of
    the features that are wanted at a kind of fact; all are where it is left out.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        conditions: Mapping[str, Condition],
        states: Callable[[str], WriteBack[GroupState]],
        reads: Mapping[FactKind, frozenset[int]] | None = None,
    ) -> None:
        self._plans, groups = group_plans(features, conditions)
        self._groups = tuple(Joined(group, states(space)) for space, group in groups.items())
        self._plans_by_id = {plan.feature.id: plan for plan in self._plans}
        everything = frozenset(range(len(self._plans)))
        self._routes = {
            kind: self._route(kind, everything if reads is None else reads.get(kind, frozenset()))
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

        Features whose condition looks at others come last and one by one, in their order.
        """
        values: list[FeatureValue] = [None] * len(self._plans)
        again: set[int] = set()
        stages, way, later = self._routes[fact.kind]
        scope = _scope_of(fact)
        stay: dict[int, list[Sight]] = {}
        if fact.amends is None:
            way(fact, scope, values, again, stay)
        else:
            holds = [True]
            for conditions, visits in stages:
                holds += [condition(fact, values) for condition in conditions]
                for visit in visits:
                    seen = visit_group(visit, fact, scope, holds, values, again)
                    stay[visit.group_index] = seen
        for plan, reads in later:
            seen = stay[plan.group]
            if plan.condition is not None and plan.condition(fact, values):
                for sight in seen:
                    if sight.row is not None and sight.row[plan.item] is not None:
                        enter(sight, plan.bit, (plan,), self._groups[plan.group], fact, again)
            read(reads, fact, seen, values)
        for index, seen in stay.items():
            keep(self._groups[index], seen)
        return Reading(values, tuple(sorted(again)[-AGAIN_MAX:]) if again else ())

    def withdraw(self, fact: Fact, *, keeping: Entity | None = None) -> None:
        """Take what an attempt entered out of the features that its order enters.

        It stays in those that are keyed by the entity named in `keeping`.
        """
        scope = _scope_of(fact)
        for joined in self._groups:
            if keeping is None or keeping not in joined.group.by:
                withdraw(joined, fact, scope)

    def read(self, fact: Fact) -> list[FeatureValue]:
        """The values for a fact that does not enter: it did before, or was only asked about."""
        values: list[FeatureValue] = [None] * len(self._plans)
        scope = _scope_of(fact)
        for joined in self._groups:
            read(joined.group.windows, fact, sights(joined, fact, scope), values)
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

    def _greatest(self, plan: Plan, fact: Fact) -> Sight | None:
        greatest: FeatureValue = None
        where = None
        for sight in sights(self._groups[plan.group], fact, _scope_of(fact)):
            values: list[FeatureValue] = [None] * len(self._plans)
            sight.view.read(windows_of((plan,)), fact, sight.row, values)
            if plan.beats(values[plan.index], greatest):
                greatest, where = values[plan.index], sight
        return where

    def _route(self, kind: FactKind, wanted: frozenset[int]) -> _Route:
        """Which groups this kind enters or is judged by, and in which order."""
        joins = [plan for plan in self._plans if kind in plan.on]
        later = _later(self._plans, joins)
        needed = set(wanted)
        for plan in reversed(self._plans):
            if plan.condition is not None and (plan in joins or plan.index in needed):
                needed |= plan.condition.features
        asked: list[str] = []
        stages = []
        for looks in (False, True):
            conditions: dict[str, Condition] = {}
            visits = []
            for index, joined in enumerate(self._groups):
                at_once = [
                    plan for plan in joined.group.plans if plan in joins and plan not in later
                ]
                if any(map(_looks, at_once)) is not looks:
                    continue
                for plan in at_once:
                    if plan.condition is not None and str(plan.feature.where) not in asked:
                        conditions[str(plan.feature.where)] = plan.condition
                        asked.append(str(plan.feature.where))
                visit = _visit(index, joined, at_once, needed, later, asked)
                if visit.plans or visit.reads or visit.stays:
                    visits.append(visit)
            stages.append(Stage(tuple(conditions.values()), tuple(visits)))
        told = tuple((plan, windows_of((plan,) if plan.index in needed else ())) for plan in later)
        return _Route(tuple(stages), way_of(stages), told)


def _looks(plan: Plan) -> bool:
    """Whether its condition looks at what other features say."""
    return plan.condition is not None and bool(plan.condition.features)


def _later(plans: Sequence[Plan], joins: Sequence[Plan]) -> list[Plan]:
    """Those that must wait until their own group, or one that waits itself, has been read."""
    looking = {plan.group for plan in joins if _looks(plan)}
    return [
        plan
        for plan in joins
        if plan.condition is not None
        and any(plans[place].group in looking for place in plan.condition.features)
    ]


def _visit(
    index: int,
    joined: Joined,
    at_once: Sequence[Plan],
    needed: Collection[int],
    later: Sequence[Plan],
    asked: Sequence[str],
) -> Visit:
    plans = joined.group.plans
    return Visit(
        group_index=index,
        joined=joined,
        plans=tuple(at_once),
        enters=_joinings(at_once, asked),
        reads=windows_of(plan for plan in plans if plan.index in needed and plan not in later),
        stays=any(plan in later for plan in plans),
    )


def _joinings(plans: Sequence[Plan], conditions: Sequence[str]) -> tuple[Joining, ...]:
    bits: dict[tuple[int, int], int] = {}
    for plan in plans:
        asked = 0 if plan.condition is None else 1 + conditions.index(str(plan.feature.where))
        bits[plan.item, asked] = bits.get((plan.item, asked), 0) | plan.bit
    return tuple(Joining(item, asked, mask) for (item, asked), mask in bits.items())


def _scope_of(fact: Fact) -> str:
    return f"{fact.channel}\n{fact.shop}\n"
