"""The rules about single orders, each with its check under the limits of the order's place.

    (channel, shop, warehouse, carrier) ─► limits ─► checks ─► those that may find something

What an order has been through leaves few of them to look: which, is found once for each set of
facts.
"""

from collections.abc import Callable, Mapping
from functools import partial

from orderguard.domain.health import Check, HealthRule, ParameterValue
from orderguard.flows.tables import OrderRecord
from orderguard.orders import OrderState
from orderguard.orders.health import (
    Absence,
    AmountLimits,
    Found,
    Life,
    Promise,
    StatusLimits,
    absence,
    amount_mismatch,
    life_of,
    promise,
    status_mismatch,
)

PLACES_MAX = 10_000
"""Places whose limits are remembered."""
LIVES_MAX = 1_000
"""Of each place, sets of facts for which it is remembered who may find something."""

Limits = Mapping[str, ParameterValue]
OrderCheck = Callable[[Life], Found | None]
"""What is wrong with an order, or will be at an instant to come, under limits of its own."""
MayFind = Callable[[frozenset[str], bool], bool]
"""Whether a check may find something after these facts, and where there are several parcels."""
Judge = tuple[HealthRule, OrderCheck, MayFind]


class _Place:
    """The judges of one place, in the order of the library."""

    def __init__(self, judges: tuple[Judge, ...]) -> None:
        self.judges = judges
        self._concerned: dict[tuple[frozenset[str], bool], tuple[Judge, ...]] = {}

    def concerned(self, life: Life) -> tuple[Judge, ...]:
        """Those that may find something."""
        where = (life.kinds, bool(life.state.parcels))
        found = self._concerned.get(where)
        if found is None:
            found = tuple(judge for judge in self.judges if judge[2](*where))
            if len(self._concerned) >= LIVES_MAX:
                self._concerned.clear()
            self._concerned[where] = found
        return found


class Judges:
    """Looks at one order by all of them; `has_warehouse` tells of shops whose warehouse speaks."""

    def __init__(
        self, rules: Callable[[], tuple[HealthRule, ...]], has_warehouse: Callable[[str], bool]
    ) -> None:
        self._rules, self._has_warehouse = rules, has_warehouse
        self._compiled: tuple[HealthRule, ...] = ()
        self._places: dict[tuple[str, str, str | None, str | None], _Place] = {}

    def look(self, record: OrderRecord, state: OrderState) -> list[tuple[HealthRule, Found | None]]:
        """What each rule finds; those that find nothing only where it may be the end of a fault."""
        place, life = self._place(state), life_of(state)
        if record.faults:
            return [(rule, check(life)) for rule, check, _ in place.judges]
        found = list[tuple[HealthRule, Found | None]]()
        for rule, check, _ in place.concerned(life):
            one = check(life)
            if one is not None:
                found.append((rule, one))
        return found

    def limits(self, rule: HealthRule, state: OrderState) -> Limits:
        """The rule's limits for this order: the last override that fits has the word."""
        limits: Limits = rule.parameters
        for other in rule.overrides:
            fits = (
                other.channel in (None, state.key.channel)
                and other.shop in (None, state.key.shop)
                and other.warehouse in (None, state.warehouse)
                and other.carrier in (None, state.carrier)
            )
            if fits:
                limits = {**limits, **other.parameters}
        return limits

    def _place(self, state: OrderState) -> _Place:
        rules = self._rules()
        if self._compiled is not rules:
            self._compiled, self._places = rules, {}
        key = state.key
        where = (key.channel, key.shop, state.warehouse, state.carrier)
        known = self._places.get(where)
        if known is None:
            judges = (self._judge(rule, self.limits(rule, state)) for rule in rules)
            known = _Place(tuple(judge for judge in judges if judge is not None))
            if len(self._places) >= PLACES_MAX:
                self._places.clear()
            self._places[where] = known
        return known

    def _judge(self, rule: HealthRule, limits: Limits) -> Judge | None:
        """The judge of a rule about single orders, None for what a keeper judges."""
        match rule.watches:
            case Check.ABSENCE:
                awaited = Absence.of(limits)
                return rule, partial(absence, awaited), awaited.may_find
            case Check.PROMISE:
                promised = Promise.of(limits)
                return rule, partial(promise, promised), promised.may_find
            case Check.STATUS_MISMATCH:
                return rule, partial(self._status_mismatch, StatusLimits.of(limits)), _always
            case Check.AMOUNT_MISMATCH:
                return rule, partial(amount_mismatch, AmountLimits.of(limits)), _always
        return None

    def _status_mismatch(self, limits: StatusLimits, life: Life) -> Found | None:
        key = life.state.key
        speaks = self._has_warehouse(f"{key.channel}/{key.shop}")
        return status_mismatch(limits, life, has_warehouse=speaks)


def _always(kinds: frozenset[str], has_parcels: bool) -> bool:  # noqa: ARG001 - as all of them.
    return True
