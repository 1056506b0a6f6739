"""Cost of a fact under one key, from 10 to 1,000,000 facts there: flat for each kind of feature.

The window is full and as old entries leave as new ones come, so that all upkeep is in the cost.
"""

import argparse
import gc
import time
from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from bench.engine import single
from bench.figures import Budget, Figure, Line, Plot, Report, Table, finish, shown
from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Bilingual, Feature, FeatureKind
from orderguard.features import FeatureEngine

GROWTH_MAX = 2.0
"""How much dearer a fact may be among 1,000,000 than among the fewest: what caches of the processor
cost, not work that grows."""

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
START_MS = 1_700_000_000_000
STEP_MS = 10_000
SAMPLE, SAMPLES = 10_000, 3
PIECE = 10_000
POOL = 512
OF: dict[FeatureKind, str | None] = {
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


class Cost(Struct, frozen=True):
    """Of a fact among `size`: on average, and the dearest of all in the sample, in us."""

    size: int
    mean_us: float
    worst_us: float


def _pool() -> list[Fact]:
    """Facts that differ in all that features look at."""
    return [
        Fact(
            kind=FactKind.PLACED,
            at=0,
            known_at=0,
            event_id="",
            channel="standard",
            shop="demo",
            number=1,
            buyer_id="b",
            order_amount=Decimal(number * 7_919 % 100_000) / 100,
            buyer_account_age_days=number * 104_729 % 10_000 / 10,
            device_id=f"device-{number * 31 % 50}",
            ship_to_place=(30 + number % 100 / 10, 120.0),
            stock_available=number % 9,
            stock_warehouse=("north", "south")[number % 2],
        )
        for number in range(POOL)
    ]


def _facts(pool: Sequence[Fact], start: int, count: int) -> list[Fact]:
    facts = []
    for number in range(start, start + count):
        at = START_MS + number * STEP_MS
        facts.append(replace(pool[number % POOL], at=at, known_at=at, number=number))
    return facts


def cost(kind: FeatureKind, size: int) -> Cost:
    """The cost of a fact when so many stand in the window."""
    feature = Feature(
        id="x",
        title=Bilingual("a value", "值"),
        kind=kind,
        by=(Entity.BUYER,),
        on=(FactKind.PLACED,),
        window_ms=size * STEP_MS,
        of=OF[kind],
    )
    engine, pool = single(feature), _pool()
    gc.collect()
    gc.disable()
    try:
        following = _fill(engine, pool, size)
        return _sample(engine, pool, following, size)
    finally:
        gc.enable()


def _fill(engine: FeatureEngine, pool: Sequence[Fact], size: int) -> int:
    """Enter until as many leave as come; the number of the fact to follow."""
    lateness = (
        3_600_000 // STEP_MS
    )  # What has left the window stays so long, in case of late facts.
    count = size + lateness + PIECE
    for start in range(0, count, PIECE):
        for fact in _facts(pool, start, PIECE):
            engine.enter(fact)
    return -(-count // PIECE) * PIECE


def _sample(engine: FeatureEngine, pool: Sequence[Fact], start: int, size: int) -> Cost:
    """Some samples for the mean, and one more for the dearest fact, since looking costs too."""
    enter, clock = engine.enter, time.thread_time
    means, worst = [], 0.0
    for sample in range(SAMPLES):
        facts = _facts(pool, start + sample * SAMPLE, SAMPLE)
        began = clock()
        for fact in facts:
            enter(fact)
        means.append((clock() - began) / SAMPLE * 1e6)
    for fact in _facts(pool, start + SAMPLES * SAMPLE, SAMPLE):
        began = clock()
        enter(fact)
        worst = max(worst, clock() - began)
    return Cost(size, median(means), worst * 1e6)


def measure(kinds: Sequence[FeatureKind], size_max: int) -> Report:
    sizes = [size for size in SIZES if size <= size_max]
    costs: dict[FeatureKind, list[Cost]] = {}
    for kind in kinds:
        costs[kind] = [cost(kind, size) for size in sizes]
        told = "  ".join(f"{one.size:,}: {shown(one.mean_us)} us" for one in costs[kind])
        print(f"{kind:10} {told}", flush=True)
    growth = {kind: of[-1].mean_us / min(one.mean_us for one in of) for kind, of in costs.items()}
    worst = Figure(name="growth of the dearest kind", unit="x", values=(max(growth.values()),))
    every = Figure(name="growth, all kinds", unit="x", values=tuple(growth.values()))
    rows = [
        (
            str(kind),
            *(shown(one.mean_us) for one in of),
            f"{growth[kind]:.2f} x",
            shown(max(one.worst_us for one in of) / 1e3),
        )
        for kind, of in costs.items()
    ]
    head = ("kind", *(f"{size:,}" for size in sizes), "growth", "dearest fact, ms")
    return Report(
        script="hot_key",
        title="One hot key",
        budgets=(
            Budget(
                what=f"a fact among {sizes[-1]:,} over one among the cheapest size",
                figure=worst,
                limit=GROWTH_MAX,
            ),
        ),
        figures=(every,),
        tables=(
            Table(
                title="Microseconds of one fact and one feature, by the facts under its key:",
                head=head,
                rows=tuple(rows),
            ),
        ),
        plots=(
            Plot(
                name="hot_key",
                title="Cost of one fact under a hot key",
                x_label="facts under the key",
                y_label="microseconds",
                lines=tuple(
                    Line(
                        name=str(kind),
                        colour=place % 10,
                        is_dashed=place >= 10,
                        x=tuple(one.size for one in of),
                        y=tuple(one.mean_us for one in of),
                    )
                    for place, (kind, of) in enumerate(costs.items())
                ),
            ),
        ),
        notes=(
            f"Median of {SAMPLES} samples of {SAMPLE:,} facts in a full window; processor time.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", default=list(OF), choices=list(OF))
    parser.add_argument("--facts", type=int, default=SIZES[-1], help="The most under one key.")
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(
        measure([FeatureKind(kind) for kind in chosen.kinds], chosen.facts), strict=chosen.strict
    )


if __name__ == "__main__":
    main()
