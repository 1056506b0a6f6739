"""The edges of the windows, late facts, and what stays when the library changes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Any

import pytest

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind, FactLine
from orderguard.domain.library import Feature, FeatureKind
from orderguard.errors import BadInput, UnknownRecord
from orderguard.features import (
    ORDERS_MAX,
    Condition,
    FeatureEngine,
    GroupState,
    decode_group,
    encode_group,
)
from orderguard.features.places import Spot, apart_km
from orderguard.kit.cache import WriteBack

START = 1_700_000_000_000
MINUTE = 60_000
COUNT = FeatureKind.COUNT


def feature(kind: FeatureKind, **rest: Any) -> Feature:
    defaults = {
        "id": "x",
        "title": Bilingual("a value", "值"),
        "by": (Entity.BUYER,),
        "on": (FactKind.PLACED,),
        "window_ms": 10 * MINUTE,
    }
    return Feature(kind=kind, **{**defaults, **rest})


def placed(at: int, number: int | None, **rest: Any) -> Fact:
    defaults = {
        "kind": FactKind.PLACED,
        "event_id": f"e{number}",
        "channel": "standard",
        "shop": "demo",
        "buyer_id": "b",
    }
    return Fact(at=at, known_at=at, number=number, **{**defaults, **rest})


class Below:
    """What the engines of successive libraries have saved."""

    def __init__(self) -> None:
        self.saved: dict[str, dict[str, bytes | None]] = {}
        self.caches: dict[str, WriteBack[GroupState]] = {}

    def engine(
        self, *features: Feature, conditions: Mapping[str, Condition] = MappingProxyType({})
    ) -> FeatureEngine:
        for space, cache in self.caches.items():
            self.saved[space].update(cache.changes())
        return FeatureEngine(features, conditions, self._cache)

    def _cache(self, space: str) -> WriteBack[GroupState]:
        saved = self.saved.setdefault(space, {})
        self.caches[space] = WriteBack(
            load=saved.get, encode=encode_group, decode=decode_group, capacity=100
        )
        return self.caches[space]


def values(engine: FeatureEngine, facts: Sequence[Fact]) -> list[Any]:
    return [engine.enter(fact).values[0] for fact in facts]


def busy(engine: FeatureEngine, entries: int) -> FeatureEngine:
    """The key has had so many orders two hours ago."""
    for number in range(entries):
        engine.enter(placed(START - 120 * MINUTE, -number - 2))
    return engine


few_or_many = pytest.mark.parametrize("entries", [0, 20], ids=["few", "many"])


@few_or_many
def test_a_window_ends_with_the_fact_and_leaves_out_its_start(entries: int) -> None:
    engine = busy(Below().engine(feature(COUNT)), entries)
    end = START + 10 * MINUTE
    assert values(engine, [placed(START, 1), placed(end - 1, 2), placed(end, 3)]) == [1, 2, 2]
    assert [engine.read(placed(end + ms, 9))[0] for ms in (-2, -1, 0)] == [1, 2, 2]


@few_or_many
def test_only_orders_whose_window_holds_a_late_fact_are_judged_again(entries: int) -> None:
    for ms, again in ((0, ()), (1, (1,)), (10 * MINUTE - 1, (1,)), (10 * MINUTE, ())):
        engine = busy(Below().engine(feature(COUNT)), entries)
        engine.enter(placed(START + ms, 1))
        assert engine.enter(placed(START, 2)).again == again, ms


def test_a_reading_an_hour_late_is_exact() -> None:
    engine = Below().engine(feature(COUNT))
    for minute in range(300):
        engine.enter(placed(START + minute * MINUTE, minute))
        if minute >= 70:
            assert engine.read(placed(START + (minute - 60) * MINUTE, minute - 60)) == [10]


def test_a_reading_from_long_ago_leaves_no_trace() -> None:
    engine = Below().engine(feature(FeatureKind.SUM, of="order.amount", window_ms=180 * MINUTE))
    for minute in range(800):
        order = placed(START + minute * MINUTE, minute, order_amount=Decimal(minute))
        expected = sum(range(max(0, minute - 179), minute + 1))
        assert engine.enter(order).values == [expected]
        engine.read(placed(START + (minute - 150) * MINUTE, minute))


def test_facts_of_one_instant_count_by_arrival() -> None:
    engine = Below().engine(feature(COUNT))
    assert values(engine, [placed(START, number) for number in range(12)]) == list(range(1, 13))


def test_shops_are_apart_except_for_what_means_the_same_everywhere() -> None:
    by_buyer = feature(COUNT)
    by_payer = feature(COUNT, id="y", by=(Entity.PAYER,))
    engine = Below().engine(by_buyer, by_payer)
    engine.enter(placed(START, 1, payment_account="p", shop="one"))
    assert engine.enter(placed(START, 2, payment_account="p", shop="two")).values == [1, 2]


def test_an_unknown_key_or_member_keeps_a_fact_out() -> None:
    total = feature(FeatureKind.SUM, of="order.amount")
    engine = Below().engine(total)
    assert values(engine, [placed(START, 1, buyer_id=None), placed(START, 2)]) == [
        None,
        Decimal("0.00"),
    ]


def test_sums_of_money_never_drift_and_have_one_text() -> None:
    engine = Below().engine(feature(FeatureKind.SUM, of="order.amount", window_ms=MINUTE))
    amounts = ["0.1", "0.000001", "999999999999999.99", "5"]
    facts = [
        placed(START + n * 20_000, n, order_amount=Decimal(amounts[n % 4])) for n in range(200)
    ]
    told = values(engine, facts)
    assert str(told[-1]) == "1000000000000004.990001"
    assert str(engine.enter(placed(START + 10**9, 1, order_amount=Decimal("1E+3"))).values[0]) == (
        "1000.00"
    )


def test_a_late_fact_enters_where_it_belongs_and_names_the_newest_order_it_changed() -> None:
    engine = Below().engine(feature(COUNT))
    for number, minute in enumerate((0, 4, 8, 30)):
        engine.enter(placed(START + minute * MINUTE, number))
    late = engine.enter(placed(START + 2 * MINUTE, 9))
    assert late.values == [2]
    assert late.again == (2,)
    assert engine.read(placed(START + 8 * MINUTE, 2)) == [4]
    assert engine.enter(placed(START + 31 * MINUTE, 5)).again == ()


def test_a_late_fact_does_not_send_its_own_order_back() -> None:
    paid_too = feature(COUNT, on=(FactKind.PLACED, FactKind.PAID))
    engine = Below().engine(paid_too)
    engine.enter(placed(START + MINUTE, 7, kind=FactKind.PAID))
    assert engine.enter(placed(START, 7)).again == ()


def test_what_is_asked_about_does_not_enter() -> None:
    engine = Below().engine(feature(COUNT))
    engine.enter(placed(START, 1))
    attempt = placed(START + 1, None, kind=FactKind.ATTEMPTED)
    assert [engine.read(attempt) for _ in range(3)] == [[1]] * 3


def test_an_amendment_enters_only_what_it_made_known() -> None:
    devices = feature(FeatureKind.DISTINCT, id="y", of="device.id")
    engine = Below().engine(feature(COUNT), devices)
    engine.enter(placed(START, 1))
    told = placed(START, 1, device_id="d", amends=frozenset({"device_id"}))
    assert [engine.enter(told).values for _ in range(2)] == [[1, 1]] * 2


class SecondOrder:
    """A condition over a feature declared earlier."""

    members: frozenset[str] = frozenset()
    features = frozenset({0})

    def __call__(self, _fact: Fact, values: Sequence[FeatureValue], /) -> bool:
        return values[0] == 2


def test_a_condition_sees_earlier_features_and_an_amendment_of_nothing_it_reads_stays_out() -> None:
    repeated = feature(COUNT, id="y", where="x == 2")
    engine = Below().engine(feature(COUNT), repeated, conditions={"y": SecondOrder()})
    assert [engine.enter(placed(START, number)).values for number in (1, 2)] == [[1, 0], [2, 1]]
    told = placed(START, 1, device_id="d", amends=frozenset({"device_id"}))
    assert engine.enter(told).values == [2, 1]


def test_over_lines_the_greatest_value_holds_and_names_its_key() -> None:
    engine = Below().engine(feature(COUNT, by=(Entity.PRODUCT,)))

    def order(number: int, *products: str) -> Fact:
        lines = tuple(FactLine(product, product, 1, None) for product in products)
        return placed(START + number, number, lines=lines)

    engine.enter(order(1, "a"))
    engine.enter(order(2, "b"))
    both = order(3, "a", "b", "b")
    assert engine.enter(both).values == [2]
    assert engine.key("x", both) == "a"
    assert engine.orders("x", both) == (1, 3)
    engine.enter(order(4, "b"))
    assert engine.key("x", order(5, "a", "b")) == "b"
    assert engine.orders("x", order(5, "a", "b"), after=START + 2) == (3, 4)


def test_orders_are_bounded_and_the_newest_are_kept() -> None:
    engine = Below().engine(feature(COUNT))
    for number in range(ORDERS_MAX + 5):
        engine.enter(placed(START + number, number))
    last = placed(START + ORDERS_MAX + 4, ORDERS_MAX + 4)
    assert engine.orders("x", last) == tuple(range(5, ORDERS_MAX + 5))


def test_the_same_place_is_no_distance_and_error_bars_shorten_it() -> None:
    far = feature(FeatureKind.DISTANCE, of="ship_to.place", least=2)
    engine = Below().engine(far)
    shanghai, hangzhou = (31.2304, 121.4737), (30.2741, 120.1551)
    told = values(
        engine,
        [
            placed(START, 1, ship_to_place=shanghai),
            placed(START, 2, ship_to_place=shanghai, ship_to_error_km=10.0),
            placed(START, 3, ship_to_place=hangzhou, ship_to_error_km=4.0),
            placed(START, 4, ship_to_place=shanghai, ship_to_error_km=7.0),
        ],
    )
    assert told[:2] == [None, None]
    assert told[2] == pytest.approx(164.5 - 14, abs=1)
    assert told[3] == 0.0


def test_the_nearest_of_many_places_is_found() -> None:
    engine = Below().engine(feature(FeatureKind.DISTANCE, of="ship_to.place"))
    random = Random(5)
    spots: list[Spot] = []
    for number in range(300):
        spot = Spot(random.uniform(-60, 60), random.uniform(-180, 180), random.choice([0, 5, 90]))
        order = placed(
            START + number,
            number,
            ship_to_place=(spot.latitude, spot.longitude),
            ship_to_error_km=spot.error_km,
        )
        apart = [apart_km(spot, other) - spot.error_km - other.error_km for other in spots]
        expected = max(0.0, min(apart)) if apart else None
        assert engine.enter(order).values == [pytest.approx(expected)]
        spots.append(spot)


def test_a_text_too_short_has_no_prefix() -> None:
    engine = Below().engine(feature(FeatureKind.PREFIX, of="device.id", length=3))
    devices = ["ab", "ab", "abc", "abd", "abcd"]
    told = [placed(START + number, number, device_id=id_) for number, id_ in enumerate(devices)]
    assert values(engine, told) == [0, 0, 1, 1, 2]


def test_only_the_fact_itself_is_not_before_it() -> None:
    both = (FactKind.PLACED, FactKind.PAID)
    engine = Below().engine(feature(FeatureKind.GAP, on=both))
    engine.enter(placed(START, 1))
    paid_at_once = placed(START, 1, kind=FactKind.PAID)
    assert engine.enter(paid_at_once).values == [0.0]
    assert engine.enter(placed(START + 1500, 2)).values == [1.5]
    assert engine.read(paid_at_once) == [0.0]


@pytest.mark.parametrize("entries", [3, 20], ids=["few", "many"])
def test_a_new_library_keeps_what_it_computes_as_before(entries: int) -> None:
    below = Below()
    count = feature(COUNT)
    total = feature(FeatureKind.SUM, id="y", of="order.amount")
    engine = below.engine(count, total)
    for number in range(entries):
        engine.enter(placed(START + number, number, order_amount=Decimal(2), device_id="d"))
    renamed = feature(FeatureKind.SUM, id="z", of="order.amount", title=Bilingual("sum", "和"))
    longer = feature(COUNT, window_ms=20 * MINUTE)
    devices = feature(FeatureKind.DISTINCT, id="w", of="device.id")
    engine = below.engine(devices, longer, renamed)
    after = placed(START + 100, 100, order_amount=Decimal(2), device_id="d")
    assert engine.enter(after).values == [1, 1, Decimal(2 * entries + 2)]


@pytest.mark.parametrize("encoded", [b"", b"\x95\x02\x90\x90\x90\x90"], ids=["none", "newer"])
def test_a_state_of_another_version_is_refused_by_name(encoded: bytes) -> None:
    with pytest.raises(UnknownRecord, match="cannot be read"):
        decode_group(encoded)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": FeatureKind.SUM},
        {"kind": FeatureKind.SUM, "of": "order.colour"},
        {"kind": FeatureKind.SUM, "of": "line.sku"},
        {"kind": COUNT, "at": "buyer.born_at"},
    ],
)
def test_a_feature_over_what_no_fact_has_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Below().engine(feature(**wrong))


def test_even_spacing_is_zero_and_instants_alike_are_even() -> None:
    engine = Below().engine(feature(FeatureKind.SPACING))
    told = values(engine, [placed(START + 1000 * number, number) for number in range(12)])
    assert told == [None, None, None] + [0.0] * 9
    alike = [placed(START, number, buyer_id="c") for number in range(4)]
    assert values(engine, alike)[-1] == 0.0
