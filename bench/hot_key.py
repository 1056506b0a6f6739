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

from orderguard.bilingual import Bilingual
from orderguard.domain.entities import Entity
from orderguard.domain.facts import Fact, FactKind
from orderguard.domain.library import Feature, FeatureKind

GROWTH_MAX = 2.0
"""How much dearer a fact may be among 1,000,000 than among the fewest: what caches of the processor
cost, not work that grows."""

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
START_MS = 1_700_000_000_000
STEP_MS = 10_000
LATENESS_MS = 3_600_000
SAMPLE, SAMPLES = 5_000, 5
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


class _Key:
    """An engine of one feature under whose one key so many facts stand in the window."""

    def __init__(self, kind: FeatureKind, size: int, pool: Sequence[Fact]) -> None:
        feature = Feature(
            id="x",
            title=Bilingual("a value", "值"),
            kind=kind,
            by=(Entity.BUYER,),
            on=(FactKind.PLACED,),
            window_ms=size * STEP_MS,
            of=OF[kind],
        )
        self.size = size
        self._enter, self._pool, self._following = single(feature).enter, pool, 0
        # What has left the window stays for some time, in case facts come late: fill that too.
        wanted = size + LATENESS_MS // STEP_MS + SAMPLE
        while self._following < wanted:
            for fact in self._next():
                self._enter(fact)

    def _next(self) -> list[Fact]:
        start = self._following
        self._following += SAMPLE
        return _facts(self._pool, start, SAMPLE)

    def mean_us(self) -> float:
        """Of the next facts, processor time."""
        enter, facts = self._enter, self._next()
        began = time.thread_time()
        for fact in facts:
            enter(fact)
        return (time.thread_time() - began) / SAMPLE * 1e6

    def worst_us(self) -> float:
        """The dearest of the next facts; looking at each costs too, so this is measured apart."""
        enter, clock, worst = self._enter, time.thread_time, 0.0
        for fact in self._next():
            began = clock()
            enter(fact)
            worst = max(worst, clock() - began)
        return worst * 1e6


def costs_of(kind: FeatureKind, sizes: Sequence[int]) -> list[Cost]:
    """The cost of a fact at each size, all sizes in turn, so that a busy machine is so to all."""
    gc.collect()
    gc.disable()
    try:
        pool = _pool()
        keys = [_Key(kind, size, pool) for size in sizes]
        means = [[key.mean_us() for key in keys] for _ in range(SAMPLES)]
        return [
            Cost(key.size, median(column), key.worst_us())
            for key, column in zip(keys, zip(*means, strict=True), strict=True)
        ]
    finally:
        gc.enable()


def measure(kinds: Sequence[FeatureKind], size_max: int) -> Report:
    sizes = [size for size in SIZES if size <= size_max]
    costs: dict[FeatureKind, list[Cost]] = {}
    for kind in kinds:
        costs[kind] = costs_of(kind, sizes)
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
