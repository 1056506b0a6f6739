"""What of planted faults is found among healthy orders, and what is said of them without reason.

Each seed draws a merchant's fortnight with faults of every kind and their truth. It goes through
the code that serves live traffic. Kinds whose rule the library does not have are told as such.
Exits with 1 where a limit fails.
"""

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial, reduce
from pathlib import Path

from bench.figures import NOT_MET, ROOT, aligned
from bench.recognition import Limit, at_least, percent, seldom_collect

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.simulate.health.history import make_history
from orderguard.simulate.health.run import judge
from orderguard.simulate.health.score import Score, joined
from orderguard.simulate.health.truth import RULES, TAGGED, Kind

RECALL_MIN = 0.99
"""Of every kind, over all histories."""
FALSE_PER_1000_MAX = 1.0
"""Alerts on orders, SKUs or shops without that fault, for 1,000 healthy orders."""
CAUSES_RIGHT_MIN = 0.98
"""The rule, the deadline to the minute, and the cause that the evidence names."""

HISTORY_S_MAX = 3_600
PAGE = ROOT / "docs" / "reference" / "recognition.md"
BEGIN, END = "<!-- planted faults: begin -->", "<!-- planted faults: end -->"


def judged(orders: int, seed: int) -> Score:
    """Make one history and judge it."""
    library = read_library(PACKAGED_LIBRARY)
    return judge(make_history(seed, orders=orders), library, memory_state())


def side_by_side(seeds: Sequence[int], orders: int, *, jobs: int) -> list[Score]:
    """The scores of these histories. Each needs about 2 GB at 50,000 orders."""
    # A process a history, so that each begins with clean memory.
    with ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=seldom_collect,
        max_tasks_per_child=1,
    ) as pool:
        timeout = HISTORY_S_MAX * len(seeds)
        return list(pool.map(partial(judged, orders), seeds, timeout=timeout))


def limits(score: Score) -> Iterator[Limit]:
    recall = min((count.recall for count in score.kinds.values()), default=1.0)
    yield at_least("found, of the kind that is found least", recall, RECALL_MIN)
    false = score.false_per_1000 / 1000
    must_be = f"at most {FALSE_PER_1000_MAX / 1000:.1%}"
    yield Limit(
        "false alarms for a healthy order", false, must_be, false <= FALSE_PER_1000_MAX / 1000
    )
    yield at_least("causes right", score.causes_right, CAUSES_RIGHT_MIN)
    yield at_least("money right to the cent", score.moneys_right, 1.0)


def kind_rows(score: Score) -> list[tuple[str, ...]]:
    """A head and a row a kind."""
    rows: list[tuple[str, ...]] = [
        ("kind", "rule", "planted", "found", "recall", "causes right", "money right")
    ]
    for kind in Kind:
        count = score.kinds.get(kind)
        if count is None:
            rows.append((f"`{kind}`", f"`{RULES[kind]}`", "no such rule", "", "", "", ""))
            continue
        rows.append(
            (
                f"`{kind}`",
                "a tag" if kind in TAGGED else f"`{RULES[kind]}`",
                f"{count.planted:,}",
                f"{count.found:,}",
                percent(count.recall),
                share(count.causes_right, count.causes),
                share(count.moneys_right, count.moneys),
            )
        )
    return rows


def share(right: int, judged: int) -> str:
    return percent(right / judged) if judged else ""


def text_of(score: Score, histories: int, orders: int) -> str:
    """The tables as Markdown."""
    false = [("rule", "false alarms", "for 1,000 healthy orders")]
    false += [
        (f"`{rule}`", f"{count:,}", f"{1000 * count / score.healthy:.3f}")
        for rule, count in sorted(score.false_alarms.items())
    ]
    total = sum(score.false_alarms.values())
    false.append(("all", f"{total:,}", f"{score.false_per_1000:.3f}"))
    bounds = [("limit", "measured", "must be", "")]
    bounds += [
        (one.what, percent(one.measured), one.must_be, "met" if one.is_met else "NOT MET")
        for one in limits(score)
    ]
    return "\n\n".join(
        (
            f"{histories} histories of {orders:,} healthy orders ({score.healthy:,} in all).",
            aligned(kind_rows(score)),
            aligned(false),
            aligned(bounds),
        )
    )


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Put the text between two lines of a page that hold its place."""
    head, _, rest = page.read_text().partition(begin)
    _, found, tail = rest.partition(end)
    assert found, f"{page} has no place for it: {begin} ... {end}"
    page.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="How many histories, from seed 1 on.")
    parser.add_argument("--orders", type=int, default=50_000, help="Healthy ones of each.")
    parser.add_argument("--jobs", type=int, default=1, help="Histories judged side by side.")
    parser.add_argument("--notes", action="store_true", help="Tell misses and false alarms.")
    parser.add_argument("--write", action="store_true", help=f"Into {PAGE.relative_to(ROOT)} too.")
    chosen = parser.parse_args()
    seeds = range(1, chosen.seeds + 1)
    score = reduce(joined, side_by_side(seeds, chosen.orders, jobs=chosen.jobs))
    text = text_of(score, chosen.seeds, chosen.orders)
    print(text)
    if chosen.notes:
        print("\n".join(score.notes))
    if chosen.write:
        write_between(PAGE, BEGIN, END, text)
    if not all(limit.is_met for limit in limits(score)):
        raise SystemExit(NOT_MET)


if __name__ == "__main__":
    main()
