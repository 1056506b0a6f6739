"""Order lives → how long what is awaited usually takes → limits that a person may take over.

For each absence rule and each (channel, shop, warehouse, carrier) the fold keeps a small histogram.
Nothing here changes a limit: it says what would fit, as a text to paste into the rule.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec import Struct, json, msgpack

from orderguard.domain.events import OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import Check, HealthRule, ParameterValue
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import StateStore
from orderguard.flows.health import Change
from orderguard.flows.tables import Tables
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE
from orderguard.orders.health import life_of
from orderguard.orders.spread import Spread, suggested

LIMITS = "limits"
_HELD = str(FactKind.HELD)
SPACE = "usual"
PLACES_MAX = 5_000
"""Places that are told apart; orders of a later one count for no place at all."""


class Learned(Struct, frozen=True, kw_only=True):
    """How long what a rule awaits took at one place, in ms; and the limit that would fit.

    `limit_ms` is in force there. `within_ms` is None where that may stay, or too few orders are
    known. `override` is the text for the rule's `overrides`.
    """

    rule: str
    channel: str
    shop: str
    warehouse: str | None
    carrier: str | None
    count: int
    median_ms: int
    p95_ms: int
    p99_ms: int
    limit_ms: int
    within_ms: int | None
    override: str | None


class _Wait(Struct, frozen=True):
    """What a rule waits for, ready to be looked at for each new fact."""

    rule: str
    starts: tuple[str, ...]
    expects: frozenset[str]


class Limits:
    """Takes in how long each awaited fact took, once for each order."""

    def __init__(self, tables: Tables, rules: Callable[[], tuple[HealthRule, ...]]) -> None:
        self._rules = rules
        self._compiled: tuple[tuple[HealthRule, ...], dict[str, list[_Wait]]] = ((), {})
        """What waits for a fact, by its kind, under these rules."""
        self._names: dict[tuple[str, str, str, str | None, str | None], str] = {}
        """Places as JSON."""
        self.spreads = tables.kept(SPACE, Spread)
        """By rule, channel, shop, warehouse and carrier, as JSON."""

    def ordered(self, change: Change) -> None:
        before = {} if change.before is None else change.before.instants
        after = change.state.instants
        if len(after) == len(before):
            return
        for name in after:
            if name.startswith(_HELD):
                return  # What was held is late because somebody wanted it so.
        waits = self._waits()
        seen: set[tuple[str, str]] = set()
        for name in after:
            if name in before:
                continue
            kind, _, number = name.partition(":")
            for wait in waits.get(kind, ()):
                if (wait.rule, number) not in seen:
                    seen.add((wait.rule, number))
                    self._met(wait, number, change, before)

    def _waits(self) -> dict[str, list[_Wait]]:
        rules = self._rules()
        if self._compiled[0] is not rules:
            found: dict[str, list[_Wait]] = {}
            for rule in rules:
                starts, expects = rule.parameters.get("after"), rule.parameters.get("expects")
                if rule.watches is Check.ABSENCE:
                    assert isinstance(starts, tuple)
                    assert isinstance(expects, tuple)
                    for kind in expects:
                        wait = _Wait(rule.id, starts, frozenset(expects))
                        found.setdefault(kind, []).append(wait)
            self._compiled = (rules, found)
        return self._compiled[1]

    def _met(self, wait: _Wait, number: str, change: Change, before: Mapping[str, int]) -> None:
        """A fact that the rule waits for is there: how long it took, if it is the first."""
        expects: Collection[str] = wait.expects
        starts: Collection[str] = wait.starts
        if number:
            expects = [f"{kind}:{number}" for kind in expects]
            starts = [f"{kind}:{number}" for kind in starts]
        if not before.keys().isdisjoint(expects):
            return
        after = change.state.instants
        if FactKind.PLACED in starts and FactKind.PLACED not in after:
            after = life_of(change.state).instants
        base = next((after[kind] for kind in starts if kind in after), None)
        if base is not None:
            ended = min([after[kind] for kind in expects if kind in after])
            if ended >= base:
                self._add(wait.rule, change, ended - base)

    def saw(self, event: OrderEvent) -> None:
        """Nothing else is a part of an order's life."""

    def fire(self, name: str, due_ms: int) -> None:
        """Nothing is waited for."""

    def look(self, key: OrderKey, due_ms: int) -> None:
        """What has not happened is not learned from."""

    def _add(self, rule: str, change: Change, took_ms: int) -> None:
        key, state = change.key, change.state
        place = (rule, key.channel, key.shop, state.warehouse, state.carrier)
        name = self._names.get(place)
        if name is None:
            name = json.encode(place).decode()
            if len(self._names) < PLACES_MAX:
                self._names[place] = name
        known = self.spreads.get(name)
        if known is None and len(self.spreads) >= PLACES_MAX:
            return
        self.spreads.put(name, (known or Spread()).plus(took_ms))


def learned_limits(
    spreads: Iterable[tuple[str, Spread]], rules: Iterable[HealthRule]
) -> list[Learned]:
    """What was learned of these rules, by rule and place. One in working hours is left as it is."""
    by_id = {rule.id: rule for rule in rules if rule.watches is Check.ABSENCE}
    found = []
    for name, spread in sorted(spreads):
        rule_id, channel, shop, warehouse, carrier = json.decode(
            name, type=tuple[str, str, str, str | None, str | None]
        )
        rule = by_id.get(rule_id)
        if rule is None or not spread.count:
            continue
        where = {"channel": channel, "shop": shop, "warehouse": warehouse, "carrier": carrier}
        limits = _in_force(rule, where)
        limit_ms = limits["within"]
        assert isinstance(limit_ms, int)
        within_ms = suggested(spread, limit_ms) if limits["hours"] is None else None
        found.append(
            Learned(
                rule=rule_id,
                channel=channel,
                shop=shop,
                warehouse=warehouse,
                carrier=carrier,
                count=spread.count,
                median_ms=spread.within(50),
                p95_ms=spread.within(95),
                p99_ms=spread.within(99),
                limit_ms=limit_ms,
                within_ms=within_ms,
                override=None if within_ms is None else _override(where, within_ms),
            )
        )
    return found


def saved_limits(store: StateStore, rules: Iterable[HealthRule]) -> list[Learned]:
    """The same, from the state that a fold saved last."""
    decode = msgpack.Decoder(Spread).decode
    return learned_limits(((name, decode(cell)) for name, cell in store.scan(SPACE)), rules)


def _in_force(rule: HealthRule, where: Mapping[str, str | None]) -> Mapping[str, ParameterValue]:
    limits: Mapping[str, ParameterValue] = rule.parameters
    for other in rule.overrides:
        said = {name: getattr(other, name) for name in where}
        if all(one is None or one == where[name] for name, one in said.items()):
            limits = {**limits, **other.parameters}
    return limits


def _override(where: Mapping[str, str | None], within_ms: int) -> str:
    """One item of a rule's `overrides`, as YAML."""
    named = [f"{name}: {json.encode(one).decode()}" for name, one in where.items() if one]
    return f"- {{{', '.join(named)}, parameters: {{within: {duration_text(within_ms)}}}}}"


def duration_text(ms: int) -> str:
    """As a rule file has it: the largest unit that fits without a rest."""
    units = ((MS_PER_DAY, "d"), (MS_PER_HOUR, "h"), (MS_PER_MINUTE, "m"))
    return next((f"{ms // size}{unit}" for size, unit in units if ms and not ms % size), f"{ms}ms")
