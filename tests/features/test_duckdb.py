"""Windows against an independent engine: as-of self-joins in SQL by order of arrival."""

import os
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pytest

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature, FeatureKind
from orderguard.features import FeatureEngine, GroupState, decode_group, encode_group
from orderguard.kit.cache import WriteBack

FACTS = 20_000 if os.environ.get("ORDERGUARD_PROVE") == "1" else 2_000
START = 1_700_000_000_000
WINDOWS_MS = (1_000, 60_000, 3_600_000)
LATE_MS = (0, 0, 0, 1_000, 60_000)

SQL = {
    FeatureKind.COUNT: "count(*)",
    FeatureKind.SUM: "sum(b.amount)",
    FeatureKind.MIN: "min(b.amount)",
    FeatureKind.MAX: "max(b.amount)",
    FeatureKind.DISTINCT: "count(DISTINCT b.device)",
}
OF = {FeatureKind.COUNT: None, FeatureKind.DISTINCT: "device.id"}
FEATURES = tuple(
    Feature(
        id=f"{kind}_{window_ms}",
        title=Bilingual("a value", "值"),
        kind=kind,
        by=(Entity.BUYER,),
        on=(FactKind.PLACED,),
        window_ms=window_ms,
        of=OF.get(kind, "order.amount"),
    )
    for kind in SQL
    for window_ms in WINDOWS_MS
)


def facts() -> list[Fact]:
    random = Random(11)
    clock = START
    told = []
    for arrival in range(FACTS):
        clock += random.choice([0, 1, 500, 5_000])
        at = clock - random.choice(LATE_MS)
        told.append(
            Fact(
                kind=FactKind.PLACED,
                at=at,
                known_at=clock,
                event_id=str(arrival),
                channel="standard",
                shop="demo",
                number=arrival,
                buyer_id=f"buyer-{int(random.random() ** 3 * 40)}",
                device_id=f"device-{random.randrange(9)}",
                order_amount=Decimal(random.randrange(100, 100_000)) / 100,
            )
        )
    return told


def in_sql(told: Sequence[Fact]) -> list[tuple[Any, ...]]:
    columns = ", ".join(
        f"{SQL[feature.kind]} FILTER (b.instant > a.instant - {feature.window_ms})"
        for feature in FEATURES
    )
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE f "
            "(arrival INT, instant BIGINT, buyer TEXT, device TEXT, amount DECIMAL(18,2))"
        )
        connection.executemany(
            "INSERT INTO f VALUES (?, ?, ?, ?, ?)",
            [(f.number, f.at, f.buyer_id, f.device_id, f.order_amount) for f in told],
        )
        return connection.execute(
            f"SELECT {columns} FROM f a JOIN f b ON a.buyer = b.buyer AND b.arrival <= a.arrival "  # noqa: S608 - All of it is our own text.
            f"AND b.instant <= a.instant AND b.instant > a.instant - {max(WINDOWS_MS)} "
            "GROUP BY a.arrival ORDER BY a.arrival"
        ).fetchall()


@pytest.fixture
def engine() -> FeatureEngine:
    cache: WriteBack[GroupState] = WriteBack(
        load=lambda _: None, encode=encode_group, decode=decode_group, capacity=1_000
    )
    return FeatureEngine(FEATURES, {}, lambda _: cache)


def test_windows_are_those_of_self_joins_in_sql(engine: FeatureEngine) -> None:
    told = facts()
    for fact, expected in zip(told, in_sql(told), strict=True):
        assert engine.enter(fact).values == list(expected), fact.number
