"""Every kind of feature against a reading that looks at all entries each time."""

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import mean, pstdev
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entities import Entity, entity_keys, is_merchant_wide
from orderguard.domain.facts import Fact, FactKind, FactLine
from orderguard.domain.library import Feature, FeatureKind
from orderguard.features import (
    LATENESS_MS,
    FeatureEngine,
    GroupState,
    decode_group,
    encode_group,
    state,
)
from orderguard.kit.cache import WriteBack

EXAMPLES = 2000 if os.environ.get("ORDERGUARD_PROVE") == "1" else 100
START = 1_700_000_000_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
BUYER, DEVICE, PRODUCT = (Entity.BUYER,), (Entity.DEVICE,), (Entity.PRODUCT,)
PLACED, BOTH = (FactKind.PLACED,), (FactKind.PLACED, FactKind.PAID)


@dataclass(frozen=True)
class Where:
    holds: Callable[[Fact, Sequence[FeatureValue]], bool]
    members: frozenset[str] = frozenset()
    features: frozenset[int] = frozenset()

    def __call__(self, fact: Fact, values: Sequence[FeatureValue], /) -> bool:
        return self.holds(fact, values)


def feature(
    kind: FeatureKind, by: tuple[Entity, ...], on: Any, window_ms: int, of: str | None, **rest: Any
) -> Feature:
    name = "_".join([kind, *by, str(window_ms), of or "", *map(str, rest.values())])
    title = Bilingual("a value", "值")
    return Feature(
        id=name, title=title, kind=kind, by=by, on=on, window_ms=window_ms, of=of, **rest
    )


K = FeatureKind
FEATURES = (
    feature(K.COUNT, BUYER, BOTH, 10 * MINUTE, None),
    feature(K.COUNT, PRODUCT, PLACED, HOUR, None, where="order.amount >= 20"),
    feature(K.COUNT, BUYER, BOTH, HOUR, None, where="count_buyer >= 2"),
    feature(K.COUNT, BUYER, PLACED, HOUR, None, at="buyer.registered_at"),
    feature(K.SUM, BUYER, BOTH, HOUR, "order.amount"),
    feature(K.SUM, DEVICE, BOTH, 3 * HOUR, "buyer.account_age_days"),
    feature(K.SUM, PRODUCT, PLACED, HOUR, "line.quantity"),
    feature(K.MIN, BUYER, BOTH, 10 * MINUTE, "order.amount"),
    feature(K.MAX, (Entity.BUYER, Entity.PRODUCT), BOTH, HOUR, "order.amount"),
    feature(K.AVG, DEVICE, BOTH, HOUR, "buyer.account_age_days"),
    feature(K.AVG, BUYER, BOTH, HOUR, "order.amount"),
    feature(K.DISTINCT, BUYER, BOTH, HOUR, "device.id"),
    feature(K.DISTINCT, PRODUCT, PLACED, SECOND, "buyer.id"),
    feature(K.SHARE, PRODUCT, BOTH, HOUR, "buyer.id"),
    feature(K.PREFIX, DEVICE, BOTH, HOUR, "buyer.id", length=6),
    feature(K.LAST, BUYER, BOTH, HOUR, "device.id"),
    feature(K.LAST, DEVICE, (FactKind.BEHAVED,), HOUR, "behaviour.action"),
    feature(K.GAP, BUYER, BOTH, HOUR, None),
    feature(K.GAP, DEVICE, (FactKind.BEHAVED,), HOUR, None),
    feature(K.SPACING, PRODUCT, PLACED, 10 * MINUTE, None),
    feature(K.SPACING, BUYER, BOTH, 3 * HOUR, None),
    feature(K.DISTANCE, BUYER, PLACED, 3 * HOUR, "ship_to.place", least=2),
    feature(K.STOCK, (Entity.SKU,), (FactKind.STOCK_CHANGED,), HOUR, "stock.available"),
)
CONDITIONS = {
    FEATURES[1].id: Where(
        lambda fact, _: fact.order_amount is not None and fact.order_amount >= 20,
        frozenset({"order_amount"}),
    ),
    FEATURES[2].id: Where(
        lambda _, values: values[0] is not None and int(values[0]) >= 2, features=frozenset({0})
    ),
}


@dataclass(frozen=True)
class Item:
    place: int
    number: int | None
    value: Any


@dataclass
class Reference:
    """All entries for ever, in arrival order; each reading sorts and filters them anew."""

    items: dict[tuple[str, str], list[Item]] = field(default_factory=dict)

    def enter(self, fact: Fact) -> tuple[list[FeatureValue], tuple[int, ...]]:
        values: list[FeatureValue] = [None] * len(FEATURES)
        again: set[int] = set()
        for index, one in enumerate(FEATURES):
            entered = self._enter(one, fact, values, again)
            values[index] = self.value(one, fact, entered=entered)
        return values, tuple(sorted(again)[-16:])

    def _enter(
        self, one: Feature, fact: Fact, values: Sequence[FeatureValue], again: set[int]
    ) -> bool:
        condition = CONDITIONS.get(one.id)
        place = fact.at if one.at is None else fact.buyer_registered_at
        if (
            fact.kind not in one.on
            or place is None
            or (fact.amends is not None and not inputs_of(one) & fact.amends)
            or (condition is not None and not condition(fact, values))
        ):
            return False
        entered = False
        for key in entity_keys(one.by, fact):
            value = value_of(one, fact, key)
            items = self.items.setdefault((one.id, scoped(one, fact, key)), [])
            told = any((i.place, i.number) == (place, fact.number) for i in items)
            if value is None or (fact.amends is not None and told):
                continue
            items.append(Item(place, fact.number, value))
            entered = True
            later = [
                i
                for i in sorted(items, key=lambda i: i.place)
                if place < i.place < place + one.window_ms and i.number not in (None, fact.number)
            ]
            again |= {i.number for i in later[-1:] if i.number is not None}
        return entered

    def value(self, one: Feature, fact: Fact, *, entered: bool) -> FeatureValue:
        return self.greatest(one, fact, entered=entered)[0]

    def greatest(
        self, one: Feature, fact: Fact, *, entered: bool
    ) -> tuple[FeatureValue, str | None]:
        found = [
            (judged(one, fact, self.window(one, fact, key), key, entered=entered), key)
            for key in entity_keys(one.by, fact)
        ]
        known = [(value, key) for value, key in found if value is not None]
        if not known:
            return None, None
        choose: Any = min if one.kind is K.STOCK else max
        best = choose(value for value, _ in known)
        return next((value, key) for value, key in known if value == best)

    def window(self, one: Feature, fact: Fact, key: str) -> list[Item]:
        items = self.items.get((one.id, scoped(one, fact, key)), [])
        inside = [i for i in items if fact.at - one.window_ms < i.place <= fact.at]
        return sorted(inside, key=lambda i: i.place)


def scoped(one: Feature, fact: Fact, key: str) -> str:
    return key if is_merchant_wide(one.by) else repr((fact.channel, fact.shop, key))


def inputs_of(one: Feature) -> set[str]:
    fields = {"buyer": "buyer_id", "device": "device_id", "product": "lines", "sku": "lines"}
    inputs = {fields[entity] for entity in one.by}
    if one.of is not None:
        inputs.add("lines" if one.of.startswith("line.") else one.of.replace(".", "_", 1))
    if one.at is not None:
        inputs.add("buyer_registered_at")
    if one.id in CONDITIONS:
        inputs |= CONDITIONS[one.id].members
    return inputs


def value_of(one: Feature, fact: Fact, key: str) -> Any:
    if one.of is None:
        return True
    if one.of == "line.quantity":
        return sum(line.quantity for line in fact.lines if line.product == key)
    value = getattr(fact, one.of.replace(".", "_", 1))
    if one.kind is K.DISTANCE and value is not None:
        return (*value, fact.ship_to_error_km or 0.0)
    if one.kind is K.STOCK and value is not None:
        return (fact.stock_warehouse, value)
    return value


def judged(one: Feature, fact: Fact, window: list[Item], key: str, *, entered: bool) -> Any:
    values = [item.value for item in window]
    if one.kind in (K.GAP, K.LAST):
        return looked_back(one, fact, window, entered=entered)
    if one.kind is K.DISTANCE:
        return nearest(value_of(one, fact, key), fact.number, window, one.least)
    if one.kind is K.STOCK:
        return sum(dict(values).values()) if values else None
    if one.kind is K.SPACING:
        gaps = [b.place - a.place for a, b in pairwise(window)]
        if len(gaps) < 3:
            return None
        return pstdev(gaps) / mean(gaps) if any(gaps) else 0.0
    return summed(one, values)


def summed(one: Feature, values: list[Any]) -> Any:
    if not values:
        return 0 if one.kind in (K.COUNT, K.SUM, K.DISTINCT, K.PREFIX) else None
    readings: dict[FeatureKind, Callable[[list[Any]], Any]] = {
        K.COUNT: len,
        K.SUM: lambda values: sum(map(Fraction, values)),
        K.MIN: min,
        K.MAX: max,
        K.AVG: lambda values: float(sum(map(Fraction, values))) / len(values),
        K.DISTINCT: lambda values: len(set(values)),
        K.SHARE: lambda values: max(Counter(values).values()) / len(values),
        K.PREFIX: lambda values: max(Counter(v[: one.length] for v in values).values()),
    }
    return readings[one.kind](values)


def looked_back(one: Feature, fact: Fact, window: list[Item], *, entered: bool) -> Any:
    own = fact.kind in one.on and (fact.number is not None or entered)
    others = window[:]
    for item in reversed(window):
        if own and (item.place, item.number) == (fact.at, fact.number):
            others.remove(item)
            break
    if one.kind is K.GAP:
        return (fact.at - others[-1].place) / 1000 if others else None
    different = [i for i in others if fact.number is None or i.number != fact.number]
    return different[-1].value if different else None


def nearest(mine: Any, number: int | None, window: list[Item], least: int) -> Any:
    others = [i for i in window if i.number is not None and i.number != number]
    if mine is None or len({i.number for i in others}) < least:
        return None
    distances = [apart_km(mine, i.value) - mine[2] - i.value[2] for i in others]
    return max(0.0, min(distances))


def apart_km(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """By the angle between the two directions from the centre of the earth."""

    def direction(place: tuple[float, ...]) -> tuple[float, float, float]:
        north, east = math.radians(place[0]), math.radians(place[1])
        return (
            math.cos(north) * math.cos(east),
            math.cos(north) * math.sin(east),
            math.sin(north),
        )

    return 2 * 6371.0088 * math.asin(min(1.0, math.dist(direction(one), direction(other)) / 2))


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and theirs is not None:
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-6)
    return bool(ours == theirs)


@dataclass
class Saved:
    """Caches over bytes; `restart` reads everything from bytes again."""

    engine: FeatureEngine = field(init=False)
    caches: dict[str, WriteBack[GroupState]] = field(default_factory=dict)
    below: dict[str, dict[str, bytes | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        for space, cache in self.caches.items():
            self.below[space].update(cache.changes())
        self.engine = FeatureEngine(FEATURES, CONDITIONS, self._cache)

    def _cache(self, space: str) -> WriteBack[GroupState]:
        below = self.below.setdefault(space, {})
        self.caches[space] = WriteBack(
            load=below.get, encode=encode_group, decode=decode_group, capacity=100
        )
        return self.caches[space]


GAPS = st.sampled_from([0, 0, 1, 500, SECOND, 30 * SECOND, 9 * MINUTE, 10 * MINUTE, HOUR])
LATE = st.sampled_from([0, 0, 0, 0, 1, SECOND, MINUTE, 10 * MINUTE, LATENESS_MS])
KINDS = st.sampled_from([FactKind.PLACED] * 4 + [FactKind.PAID] * 2 + [FactKind.BEHAVED] * 2)
PRODUCTS = st.lists(st.sampled_from(["p1", "p2"]), max_size=3)
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "buyer_id": st.sampled_from([None, "buyer-1", "buyer-1", "buyer-2"]),
    "device_id": st.sampled_from([None, "d1", "d2"]),
    "order_amount": st.sampled_from([None, Decimal("9.90"), Decimal(20), Decimal("1e3")]),
    "buyer_account_age_days": st.sampled_from([None, 0.1, 0.2, 1e9, 365.25]),
    "ship_to_place": st.sampled_from([None, (31.2, 121.5), (31.3, 121.5), (-33.9, 151.2)]),
    "lines": PRODUCTS.map(lambda ps: tuple(FactLine(p, p, n + 1, None) for n, p in enumerate(ps))),
}


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    told: list[Fact] = []
    clock = START
    for arrival in range(draw(st.integers(1, 45))):
        clock += draw(GAPS)
        near = [fact for fact in told if fact.at >= clock - LATENESS_MS]
        if near and draw(st.integers(0, 7)) == 0:
            told.append(amended(draw, draw(st.sampled_from(near))))
        elif draw(st.integers(0, 5)) == 0:
            told.append(stock_changed(draw, clock - draw(LATE), arrival))
        else:
            told.append(happened(draw, clock - draw(LATE), arrival))
    return told


def happened(draw: st.DrawFn, at: int, arrival: int) -> Fact:
    kind = draw(KINDS)
    members = {name: draw(strategy) for name, strategy in MEMBERS.items()}
    return Fact(
        **header(draw, kind, at, arrival),
        **members,
        number=None if kind is FactKind.BEHAVED else draw(st.integers(0, max(1, arrival // 2))),
        buyer_registered_at=draw(st.sampled_from([None, at, at - 30 * MINUTE])),
        ship_to_error_km=draw(st.sampled_from([None, 5.0, 30.0])),
        behaviour_action=draw(st.sampled_from(["view", "cart"])),
    )


def stock_changed(draw: st.DrawFn, at: int, arrival: int) -> Fact:
    return Fact(
        **header(draw, FactKind.STOCK_CHANGED, at, arrival),
        stock_sku=draw(st.sampled_from(["p1", "p2"])),
        stock_warehouse=draw(st.sampled_from([None, "north", "south"])),
        stock_available=draw(st.sampled_from([None, 0, 3, 7])),
    )


def amended(draw: st.DrawFn, fact: Fact) -> Fact:
    name = draw(st.sampled_from(sorted(MEMBERS)))
    return replace(fact, amends=frozenset({name}), **{name: draw(MEMBERS[name])})


def header(draw: st.DrawFn, kind: FactKind, at: int, arrival: int) -> dict[str, Any]:
    shop = draw(st.sampled_from(["demo", "demo", "demo", "other"]))
    return {
        "kind": kind,
        "at": at,
        "known_at": at,
        "event_id": f"e{arrival}",
        "channel": "standard",
        "shop": shop,
    }


@pytest.fixture(params=[1, state.FEW_MAX], ids=["in series", "in rows first"])
def few_max(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(state, "FEW_MAX", request.param)
    return int(request.param)


@pytest.mark.usefixtures("few_max")
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts(), st.sets(st.integers(0, 44)), st.sets(st.integers(0, 44), max_size=8))
def test_every_kind_reads_what_all_entries_say(
    told: list[Fact], restarts: set[int], judged_again: set[int]
) -> None:
    saved, reference = Saved(), Reference()
    for arrival, fact in enumerate(told):
        if arrival in restarts:
            saved.restart()
        values, again = saved.engine.enter(fact)
        expected, expected_again = reference.enter(fact)
        for one, ours, theirs in zip(FEATURES, values, expected, strict=True):
            assert same(ours, theirs), one.id
        assert again == expected_again
        for earlier in sorted(judged_again & set(range(arrival))):
            if told[earlier].at >= max(f.at for f in told[: arrival + 1]) - LATENESS_MS:
                agree_on_reading(saved.engine, reference, told[earlier])


def agree_on_reading(engine: FeatureEngine, reference: Reference, fact: Fact) -> None:
    for one, ours in zip(FEATURES, engine.read(fact), strict=True):
        theirs, key = reference.greatest(one, fact, entered=False)
        assert same(ours, theirs), one.id
        assert engine.key(one.id, fact) == key, one.id
        numbers = [] if key is None else [i.number for i in reference.window(one, fact, key)]
        newest_first = dict.fromkeys(n for n in reversed(numbers) if n is not None)
        assert engine.orders(one.id, fact) == tuple(reversed(newest_first)), one.id
