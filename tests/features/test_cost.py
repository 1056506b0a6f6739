"""The cost of a fact does not grow with the entries under its key: operations are counted."""

import sys
from collections.abc import Callable
from decimal import Decimal
from random import Random
from types import FrameType
from typing import Any

import pytest

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature, FeatureKind
from orderguard.features import FeatureEngine, GroupState, decode_group, encode_group
from orderguard.kit.cache import WriteBack

START = 1_700_000_000_000
MINUTE = 60_000
STEP_MS = 2_000
FEW, MANY, SAMPLE = 200, 4_000, 200
KINDS = {
    FeatureKind.COUNT: None,
    FeatureKind.SUM: "order.amount",
    FeatureKind.AVG: "buyer.account_age_days",
    FeatureKind.MIN: "order.amount",
    FeatureKind.MAX: "order.amount",
    FeatureKind.DISTINCT: "device.id",
    FeatureKind.SHARE: "device.id",
    FeatureKind.PREFIX: "device.id",
    FeatureKind.LAST: "device.id",
    FeatureKind.GAP: None,
    FeatureKind.SPACING: None,
    FeatureKind.STOCK: "stock.available",
    FeatureKind.DISTANCE: "ship_to.place",
}


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of the package ran."""
    count = 0

    def inside(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return inside

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        return inside if "features" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def fact(number: int, at: int, random: Random) -> Fact:
    return Fact(
        kind=FactKind.PLACED,
        at=at,
        known_at=at,
        event_id=str(number),
        channel="standard",
        shop="demo",
        number=number,
        buyer_id="b",
        order_amount=Decimal(random.randrange(10**6)) / 100,
        buyer_account_age_days=random.random() * 1000,
        device_id=f"device-{random.randrange(50)}",
        ship_to_place=(30 + random.randrange(100) / 10, 120.0),
        stock_available=random.randrange(9),
        stock_warehouse=random.choice(["north", "south"]),
    )


def cost(kind: FeatureKind, of: str | None, late_ms: int, entries: int) -> int:
    """The lines run for a sample of facts when the window has so many entries and is full."""
    feature = Feature(
        id="x",
        title=Bilingual("a value", "值"),
        kind=kind,
        by=(Entity.BUYER,),
        on=(FactKind.PLACED,),
        window_ms=entries * STEP_MS,
        of=of,
    )
    cache: WriteBack[GroupState] = WriteBack(
        load=lambda _: None, encode=encode_group, decode=decode_group, capacity=10
    )
    engine = FeatureEngine((feature,), {}, lambda _: cache)
    random = Random(7)
    told = [
        fact(number, START + number * STEP_MS - random.randint(0, late_ms), random)
        for number in range(2 * entries + SAMPLE)
    ]
    for one in told[:-SAMPLE]:
        engine.enter(one)
    return lines_run(lambda: [engine.enter(one) for one in told[-SAMPLE:]])


@pytest.mark.parametrize("late_ms", [0, MINUTE], ids=["in order", "up to a minute late"])
@pytest.mark.parametrize(("kind", "of"), KINDS.items(), ids=list(KINDS))
def test_a_fact_costs_the_same_under_a_busy_key(
    kind: FeatureKind, of: str | None, late_ms: int
) -> None:
    few, many = (cost(kind, of, late_ms, entries) for entries in (FEW, MANY))
    # A heap is cleared of what left the window now and then, perhaps in one sample alone.
    assert many < 1.5 * few
