"""What a fact does to one group: it enters under each of its keys, and is read there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import Fact
from orderguard.features.plan import Group, Plan, Window
from orderguard.features.state import Few, GroupState, View, closed, opened
from orderguard.kit.cache import WriteBack


class Sight:
    """One key of a fact: its state opened, and the fact's row, if it may enter there."""

    __slots__ = ("key", "row", "stored_key", "view")

    def __init__(self, key: str, stored_key: str, view: View, row: list[Any] | None) -> None:
        self.key, self.stored_key, self.view, self.row = key, stored_key, view, row


class Joined(NamedTuple):
    """A group with its cache."""

    group: Group
    cache: WriteBack[GroupState]


class Joining(NamedTuple):
    """Features that a row enters together: where its item is known and the condition holds."""

    item: int
    condition: int
    bits: int


class Visit(NamedTuple):
    """What a kind of fact does to one group.

    `plans` are the features that it enters before any is read, `enters` says which of them at
    once, `reads` those that are read then. With `stays` a feature joins later, by a condition over
    what was read.
    """

    group_index: int
    joined: Joined
    plans: tuple[Plan, ...]
    enters: tuple[Joining, ...]
    reads: tuple[Window, ...]
    stays: bool


def visit_group(
    visit: Visit,
    fact: Fact,
    scope: str,
    holds: Sequence[bool],
    values: list[FeatureValue],
    again: set[int],
) -> list[Sight]:
    """Enter and read under each key of the fact; the sights, for features that join later."""
    group, cache = visit.joined
    seen = []
    for key in group.key_reader(fact):
        stored_key = scope + key if group.scoped else key
        row = group.row(fact, key) if visit.plans or visit.stays else None
        mask = 0
        if row is not None:
            for item, condition, bits in visit.enters:
                if holds[condition] and row[item] is not None:
                    mask |= bits
        sight = Sight(key, stored_key, opened(cache.get(stored_key), group), row)
        if mask:
            enter(sight, mask, visit.plans, visit.joined, fact, again)
        seen.append(sight)
    if visit.reads:
        read(visit.reads, fact, seen, values)
    if not visit.stays:
        keep(visit.joined, seen)
    return seen


def visit_known(
    visit: Visit,
    stored_key: str,
    state: GroupState | None,
    row: list[Any],
    mask: int,
    fact: Fact,
    values: list[FeatureValue],
    again: set[int],
) -> None:
    """The same under one key whose state is at hand, for a fact that amends nothing."""
    group, cache = visit.joined
    view = opened(state, group)
    if mask and isinstance(view, Few) and _is_newest(view, row[0]):
        row[2] = mask
        view.forget(row[0] - group.keep_ms)
        view.rows = (*view.rows, tuple(row))
        cache.put(stored_key, closed(view, group))
    elif mask:
        enter(Sight("", stored_key, view, row), mask, visit.plans, visit.joined, fact, again)
        cache.put(stored_key, closed(view, group))
    view.read(visit.reads, fact, row, values)


def visit_staying(
    visit: Visit,
    stored_key: str,
    state: GroupState | None,
    row: list[Any],
    mask: int,
    fact: Fact,
    values: list[FeatureValue],
    again: set[int],
) -> list[Sight]:
    """The same where features join later: what they need for that, and nothing is kept yet."""
    sight = Sight("", stored_key, opened(state, visit.joined.group), row)
    if mask:
        enter(sight, mask, visit.plans, visit.joined, fact, again)
    sight.view.read(visit.reads, fact, row, values)
    return [sight]


def visit_one_of(
    visit: Visit,
    stored_key: str,
    state: GroupState | None,
    row: list[Any],
    mask: int,
    fact: Fact,
    values: list[FeatureValue],
    again: set[int],
) -> None:
    """The same for one of several keys, over which the greatest value holds."""
    told: list[FeatureValue] = [None] * len(values)
    visit_known(visit, stored_key, state, row, mask, fact, told, again)
    _take_greater(visit.reads, told, values)


def _is_newest(view: Few, instant: int) -> bool:
    return not view.rows or view.rows[-1][0] <= instant


def is_over(state: GroupState, until: int) -> bool:
    """Whether all entries are so old that no reading needs them."""
    return isinstance(state, tuple) and state[-1][0] <= until


def sights(joined: Joined, fact: Fact, scope: str) -> list[Sight]:
    """The keys of a fact that does not enter."""
    group, cache = joined
    found = []
    for key in group.key_reader(fact):
        stored_key = scope + key if group.scoped else key
        found.append(Sight(key, stored_key, opened(cache.get(stored_key), group), None))
    return found


def enter(
    sight: Sight,
    mask: int,
    plans: Sequence[Plan],
    joined: Joined,
    fact: Fact,
    again: set[int],
) -> None:
    """The row joins those of these features for which it knows what they need."""
    row, view = sight.row, sight.view
    assert row is not None
    if fact.amends is not None:
        for plan in plans:
            if plan.inputs.isdisjoint(fact.amends) or view.holds(plan, row[0], row[1]):
                mask &= ~plan.bit
    if not mask:
        return
    if not row[2]:
        newest = view.newest
        until = row[0] if newest is None or newest < row[0] else newest
        view.forget(min(until, fact.at) - joined.group.keep_ms)
    view.enter(row, mask, plans, again)


def keep(joined: Joined, seen: Sequence[Sight]) -> None:
    """What the fact entered is kept."""
    for sight in seen:
        if sight.row is not None and sight.row[2]:
            joined.cache.put(sight.stored_key, closed(sight.view, joined.group))


def withdraw(joined: Joined, fact: Fact, scope: str) -> None:
    """The fact's entries leave the features of orders placed, under each of its keys."""
    group, cache = joined
    if not group.placed:
        return
    for sight in sights(joined, fact, scope):
        row = group.row(fact, sight.key)
        if row is not None and sight.view.withdraw(row[0], row[1], group.placed):
            cache.put(sight.stored_key, closed(sight.view, group))


def read(
    windows: Sequence[Window],
    fact: Fact,
    seen: Sequence[Sight],
    values: list[FeatureValue],
) -> None:
    """The values of one key, or the greatest over several."""
    if len(seen) == 1:
        seen[0].view.read(windows, fact, seen[0].row, values)
        return
    for sight in seen:
        told: list[FeatureValue] = [None] * len(values)
        sight.view.read(windows, fact, sight.row, told)
        _take_greater(windows, told, values)


def _take_greater(
    windows: Sequence[Window], told: Sequence[FeatureValue], values: list[FeatureValue]
) -> None:
    for _, plans in windows:
        for plan in plans:
            if plan.beats(told[plan.index], values[plan.index]):
                values[plan.index] = told[plan.index]
