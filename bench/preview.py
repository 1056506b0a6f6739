"""A changed threshold over 2 M orders, answered from the feature log: at most 0.5 s.

Half a year of orders with made-up values; the columns lie in Parquet files by day as the server
writes them. The first answer reads them, later ones have them.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.figures import Budget, Figure, Report, finish

from orderguard.domain.entities import Entity
from orderguard.flows.judged import MONEY, OUTCOMES, About, Columns
from orderguard.flows.preview import preview
from orderguard.kit.clock import MS_PER_DAY, rfc3339
from orderguard.rules import FACT_NAMES, Name, ValueType, check

DAYS = 182
BUDGET_S = 0.5
NAME = "doorstep.product_orders_10m"
START_MS = 1_762_790_400_000
CHANGED = "a changed threshold"
ASKED = (("the first question", 500, None), (CHANGED, 400, None), ("the curve", 400, 0))
"""Each question with its amount and the number that is tuned."""


def lay_out(folder: Path, orders: int) -> None:
    """Write the feature log: a judgement an order, one order in a hundred near the pattern."""
    chance = random.Random(11)
    each = orders // DAYS
    number = 0
    for day in range(DAYS):
        begin = START_MS + day * MS_PER_DAY
        numbers = range(number + 1, number + each + 1)
        number += each
        text = pa.array(["placed"] * each).dictionary_encode()
        shop = pa.array(["demo"] * each).dictionary_encode()
        table = {
            "number": pa.array(numbers, pa.int64()),
            "at": pa.array([begin + n * 20_000 for n in range(each)], pa.int64()),
            "kind": text,
            "channel": shop,
            "shop": shop,
            "order_id": pa.array([str(n) for n in numbers]),
            "hits": pa.array([chance.choice((0, 0, 0, 1)) for _ in numbers], pa.int64()),
            "order.amount": pa.array([chance.randrange(1, 2000) for _ in numbers]).cast(MONEY),
            "ship_to.doorstep": pa.array(
                [str(chance.randrange(each)) for _ in numbers]
            ).dictionary_encode(),
            NAME: pa.array(
                [chance.randrange(1, 12) if chance.random() < 0.01 else 1 for _ in numbers],
                pa.int64(),
            ),
        }
        pq.write_table(pa.table(table), folder / f"{rfc3339(begin)[:10]}.parquet")
    outcomes = pa.array(chance.choices(range(5), (50, 1, 4, 1, 44), k=number + 1), pa.int8())
    pq.write_table(pa.table({"outcome": outcomes}), folder / OUTCOMES)


def measure(rounds: int, orders: int) -> Report:
    names = {
        **FACT_NAMES,
        NAME: Name(type=ValueType.INT, place=0, title=FACT_NAMES["buyer.id"].title),
    }
    about = About(
        offset=orders,
        clock_ms=START_MS,
        events=orders,
        orders=orders,
        rules=("a.rule",),
        columns={},
        features={},
    )
    took: dict[str, list[float]] = {asked: [] for asked, _, _ in ASKED}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(folder, orders)
        for _ in range(rounds):
            columns = Columns(folder)
            for asked, amount, tune in ASKED:
                tree = check(f"{NAME} >= 5 && order.amount > {amount}.0", names).tree
                began = time.perf_counter()
                found = preview(about, columns, tree, names, (), (Entity.DOORSTEP,), tune=tune)
                took[asked].append(time.perf_counter() - began)
                assert found.orders, "the made-up log has orders that the rule finds"
    figures = {
        asked: Figure(name=asked, unit="s", values=tuple(values)) for asked, values in took.items()
    }
    return Report(
        script="preview",
        title="Preview of a changed rule",
        budgets=(Budget(what="a changed threshold", figure=figures[CHANGED], limit=BUDGET_S),),
        figures=tuple(figures.values()),
        notes=(f"{orders:,} orders of {DAYS} days in Parquet files by day.",),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=2_000_000)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.orders), strict=chosen.strict)


if __name__ == "__main__":
    main()
