"""Replay of half a year, 756,000 orders, on one core, against decoding the same files.

The probes: the lines decoded to plain values and nothing else; DuckDB's answer for a single window.
Where all of it would take too long a first part is replayed, and two sizes show that time grows in
step with events.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
from bench.figures import CACHE, Budget, Figure, Report, finish
from bench.history import EVENTS, EVENTS_A_PART, ORDERS, PARTS, parts
from bench.machine import last_core, on_cores
from msgspec import Struct
from tests.scenarios.installation import COMMAND

from orderguard.flows.files import read_lines

SECONDS_MAX = 90
REPLAY_S_MAX = 3_600
BURST = "velocity.same_item_burst"

_CONCERNED = """
WITH told AS (
    SELECT DISTINCT o.order_id, o.buyer.id AS buyer, o.created_at AS moment,
        unnest(o.lines).product_id AS product
    FROM (SELECT data."order" AS o FROM read_json(
        $files, format = 'newline_delimited', columns = {
            type: 'VARCHAR',
            data: 'STRUCT("order" STRUCT(order_id VARCHAR, created_at TIMESTAMPTZ,
                buyer STRUCT(id VARCHAR), lines STRUCT(product_id VARCHAR)[]))'
        }
    ) WHERE type = 'order.created')
), counted AS (
    SELECT *, count(*) OVER (
        PARTITION BY buyer, product ORDER BY moment
        RANGE BETWEEN INTERVAL 599999 MILLISECONDS PRECEDING AND CURRENT ROW
    ) AS orders FROM told
)
SELECT count(DISTINCT told.order_id) FROM told JOIN counted USING (buyer, product)
WHERE counted.orders >= 5
    AND told.moment BETWEEN counted.moment - INTERVAL 599999 MILLISECONDS AND counted.moment
"""


class Replayed(Struct, frozen=True):
    """Processor and wall seconds of the command, and its `summary.json`."""

    cpu_s: float
    wall_s: float
    summary: dict[str, Any]

    @property
    def us_an_event(self) -> float:
        return self.cpu_s / float(self.summary["events"]) * 1e6


def replayed(files: list[Path]) -> Replayed:
    with TemporaryDirectory(dir=CACHE) as out, on_cores(last_core()):
        command = [COMMAND, "replay", *map(str, files), "--out", out, "--json"]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, "nothing is rejected"
        summary = msgspec.json.decode((Path(out) / "summary.json").read_bytes())
    return Replayed(used.ru_utime + used.ru_stime, wall_s, summary)


def decoded(files: list[Path]) -> None:
    decode = msgspec.json.decode
    for path in files:
        for _, line in read_lines(path):
            decode(line)


def concerned_by_duckdb(files: list[Path]) -> int:
    """How many orders are among five or more of one buyer and product within 10 minutes."""
    with duckdb.connect(config={"threads": 1}) as db:
        found = db.execute(_CONCERNED, {"files": [str(path) for path in files]}).fetchone()
    assert found is not None
    return int(found[0])


def cpu_of(work: Callable[[], object]) -> tuple[float, object]:
    """Processor seconds of some work in this process, on one core, and what it gave."""
    with on_cores(last_core()):
        began = time.process_time()
        given = work()
        return time.process_time() - began, given


def measure(rounds: int, wanted: int | None, seconds: float) -> Report:
    few = replayed(parts(1))
    fits = int(seconds / rounds / few.wall_s)
    count = max(2, min(PARTS, fits)) if wanted is None else wanted
    files = parts(count)
    runs = [replayed(files) for _ in range(rounds)]
    events = int(runs[0].summary["events"])
    decode_s, _ = cpu_of(lambda: decoded(files))
    duckdb_s, concerned = cpu_of(lambda: concerned_by_duckdb(files))
    found = runs[0].summary["rules"][BURST]["orders"]
    assert found == concerned, f"DuckDB finds {concerned} orders in bursts, the replay {found}"

    def figure(name: str, unit: str, *values: float) -> Figure:
        return Figure(name=name, unit=unit, values=values)

    scale = EVENTS / events
    share = f"{count} of {PARTS} parts" if count < PARTS else "all of it"
    whole = figure("whole half year", "s", *(run.cpu_s * scale for run in runs))
    return Report(
        script="replay_speed",
        title=f"Replay of {ORDERS:,} orders",
        budgets=(Budget(what="processor time on one core", figure=whole, limit=SECONDS_MAX),),
        figures=(
            figure("measured, processor time", "s", *(run.cpu_s for run in runs)),
            figure("measured, wall time", "s", *(run.wall_s for run in runs)),
            figure("of an event", "us", *(run.us_an_event for run in runs)),
            figure(f"of an event, of {EVENTS_A_PART:,} events", "us", few.us_an_event),
            figure("probe: decoding an event", "us", decode_s / events * 1e6),
            figure("probe: DuckDB, one window, an event", "us", duckdb_s / events * 1e6),
            figure("replay over decoding", "x", *(run.cpu_s / decode_s for run in runs)),
            figure("alerts", "", runs[0].summary["alerts"]),
        ),
        notes=(
            f"Replayed: {share}, {events:,} events, preset standard; the budget is of {EVENTS:,}.",
            f"Orders in bursts: {concerned:,}, as many as DuckDB finds.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--parts", type=int, choices=range(1, PARTS + 1), help="Of the history.")
    parser.add_argument(
        "--seconds", type=float, default=180, help="Replay as many parts as take so long."
    )
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.parts, chosen.seconds), strict=chosen.strict)


if __name__ == "__main__":
    main()
