"""An attempt at the checkout counts as its order would, and both together once, in every kind."""

import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.test_engine import Below, feature

from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind, FactLine
from orderguard.domain.library import Feature, FeatureKind
from orderguard.features import FeatureEngine

EXAMPLES = 1_000 if os.environ.get("ORDERGUARD_PROVE") == "1" else 40
START = 1_700_000_000_000
SECOND = 1_000
OF: dict[FeatureKind, dict[str, Any]] = {
    FeatureKind.COUNT: {},
    FeatureKind.GAP: {},
    FeatureKind.SPACING: {},
    FeatureKind.SUM: {"of": "order.amount"},
    FeatureKind.MIN: {"of": "order.amount"},
    FeatureKind.MAX: {"of": "order.amount"},
    FeatureKind.AVG: {"of": "order.amount"},
    FeatureKind.DISTINCT: {"of": "device.id"},
    FeatureKind.LAST: {"of": "device.id"},
    FeatureKind.SHARE: {"of": "device.id"},
    FeatureKind.PREFIX: {"of": "buyer.phone_segment", "length": 3},
    FeatureKind.DISTANCE: {"of": "ship_to.place"},
}
"""All kinds that orders enter when they are placed: stock tells of itself alone."""
KEYS = ((Entity.BUYER,), (Entity.SEGMENT, Entity.PRODUCT), (Entity.DEVICE,))


def every_kind() -> tuple[Feature, ...]:
    return tuple(
        feature(kind, id=f"{kind}_{'_'.join(by)}_{window}", by=by, window_ms=window, **rest)
        for kind, rest in OF.items()
        for by in KEYS
        for window in (20 * SECOND, 600 * SECOND)
    )


class Visit(NamedTuple):
    """Somebody at the checkout `at` seconds, whose order is told `later`."""

    at: int
    later: int
    buyer: int
    device: int
    amount: int


visits = st.lists(
    st.builds(
        Visit,
        at=st.integers(0, 60),
        later=st.integers(0, 30),
        buyer=st.integers(0, 1),
        device=st.integers(0, 2),
        amount=st.integers(1, 9),
    ),
    min_size=1,
    max_size=30,
)


def told(visit: Visit, number: int, at: int, kind: FactKind) -> Fact:
    return Fact(
        kind=kind,
        at=START + at * SECOND,
        known_at=START + at * SECOND,
        event_id=f"{kind} {number}",
        channel="standard",
        shop="demo",
        number=number,
        order_amount=Decimal(visit.amount),
        lines=(FactLine("shoe", "shoe", 1, Decimal(visit.amount)),),
        buyer_id=f"b{visit.buyer}",
        buyer_phone_segment=f"13{visit.buyer}0000",
        device_id=f"d{visit.device}",
        device_segment="203.0.113.0/24",
        ship_to_place=(31.0 + visit.device, 121.0),
        ship_to_error_km=0.1,
    )


def attempt(visit: Visit, place: int) -> Fact:
    return told(visit, -2 - place, visit.at, FactKind.ATTEMPTED)


def order(visit: Visit, place: int) -> Fact:
    return told(visit, place + 1, visit.at + visit.later, FactKind.PLACED)


def asked(engine: FeatureEngine, seen: Sequence[Visit]) -> list[Any]:
    """What the features say to somebody who comes, at several instants."""
    return [
        engine.read(told(visit, 10_000, at, FactKind.PLACED))
        for visit in seen[:4]
        for at in (0, 20, 45, 95)
    ]


@settings(max_examples=EXAMPLES, deadline=None)
@given(visits)
def test_an_attempt_and_its_order_count_once(seen: list[Visit]) -> None:
    features = every_kind()
    screened, plain = Below().engine(*features), Below().engine(*features)
    moves = [(visit.at, 0, place) for place, visit in enumerate(seen)]
    moves += [(visit.at + visit.later, 1, place) for place, visit in enumerate(seen)]
    for _, is_order, place in sorted(moves):
        visit = seen[place]
        if is_order:
            screened.withdraw(attempt(visit, place))
            screened.enter(order(visit, place))
            plain.enter(order(visit, place))
        else:
            screened.enter(attempt(visit, place))
    assert asked(screened, seen) == asked(plain, seen)


@settings(max_examples=EXAMPLES, deadline=None)
@given(visits)
def test_while_it_stands_at_the_checkout_it_counts_as_the_order_would(seen: list[Visit]) -> None:
    features = every_kind()
    attempted, ordered = Below().engine(*features), Below().engine(*features)
    for place, visit in sorted(enumerate(seen), key=lambda one: one[1].at):
        here = attempted.enter(attempt(visit, place)).values
        there = ordered.enter(told(visit, -2 - place, visit.at, FactKind.PLACED)).values
        assert here == there


@settings(max_examples=EXAMPLES, deadline=None)
@given(visits)
def test_what_is_withdrawn_stays_so_when_the_state_is_saved(seen: list[Visit]) -> None:
    features, below = every_kind(), Below()
    engine = below.engine(*features)
    for place, visit in enumerate(seen):
        engine.enter(order(visit, place))
        engine.enter(attempt(visit, place))
        engine.withdraw(attempt(visit, place))
    before = asked(engine, seen)
    assert asked(below.engine(*features), seen) == before


@pytest.mark.parametrize("others", [0, 20], ids=["few", "many"])
def test_a_feature_of_attempts_alone_keeps_them(others: int) -> None:
    attempts = feature(FeatureKind.COUNT, id="tries", on=(FactKind.ATTEMPTED,))
    engine = Below().engine(feature(FeatureKind.COUNT), attempts)
    visit = Visit(at=10, later=5, buyer=0, device=0, amount=1)
    for number in range(others):
        engine.enter(told(visit, number + 100, 0, FactKind.PLACED))
    assert engine.enter(attempt(visit, 0)).values == [others + 1, 1]
    engine.withdraw(attempt(visit, 0))
    assert engine.enter(order(visit, 0)).values == [others + 1, 1]
