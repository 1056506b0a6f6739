"""Features and rules in this process: microseconds a feature, a rule and a fact.

The peer is the textbook's window: a deque a key, from whose end the old is taken.
"""

import argparse
import gc
import time
from collections import deque
from collections.abc import Sequence

from bench.engine import PRESET, Caches, Entering, compiled, facts_of
from bench.figures import Budget, Figure, Report, finish
from bench.traffic import Seller, stream
from msgspec import Struct

from orderguard.domain.facts import Fact
from orderguard.flows.engine import JUDGED

FEATURE_US_MAX = 2.0
RULE_US_MAX = 0.1
EVENTS_PER_S = 1_000
START_MS = 1_794_326_400_000
WINDOW_MS = 600_000
BLOCKS = 5


class Round(Struct, frozen=True):
    """Microseconds of one pass over all facts, and what it did, all facts together.

    `touched` are the features that a fact enters, or that are read for it, or both.
    """

    enter_us: float
    judge_us: float
    touched: int
    read: int
    entered: int
    judged: int


def pass_over(facts: Sequence[Fact]) -> Round:
    """All facts through a fresh engine: first the features, then the rules on what was read."""
    engine = compiled(Caches())
    enter, judge = engine.features.enter, engine.judge
    gc.collect()
    gc.freeze()
    began = time.process_time()
    readings = [enter(fact) for fact in facts]
    entered_at = time.process_time()
    values = [reading.values for reading in readings]
    judged = [pair for pair in zip(facts, values, strict=True) if pair[0].kind in JUDGED]
    judge_began = time.process_time()
    for fact, known in judged:
        judge(fact, known)
    judged_at = time.process_time()
    gc.unfreeze()
    touched = entered = read = 0
    entering = Entering.of(engine)
    ids = [feature.id for feature in engine.library.features]
    for fact, known in zip(facts, values, strict=True):
        pairs = list(entering.pairs(fact, known))
        told = {name for name, value in zip(ids, known, strict=True) if value is not None}
        entered, read = entered + len(pairs), read + len(told)
        touched += len(told | {name for name, _ in pairs})
    return Round(
        enter_us=(entered_at - began) * 1e6,
        judge_us=(judged_at - judge_began) * 1e6,
        touched=touched,
        read=read,
        entered=entered,
        judged=len(judged),
    )


def textbook_us(facts: Sequence[Fact]) -> float:
    """Microseconds for one count over a deque, a fact."""
    windows: dict[str, deque[int]] = {}
    began = time.process_time()
    for fact in facts:
        key = f"{fact.channel}\n{fact.shop}\n{fact.buyer_id}"
        window = windows.get(key)
        if window is None:
            window = windows[key] = deque()
        window.append(fact.at)
        while window[0] <= fact.at - WINDOW_MS:
            window.popleft()
        len(window)
    return (time.process_time() - began) * 1e6 / len(facts)


def measure(rounds: int, events: int) -> Report:
    instants = [START_MS + number * 1_000 // EVENTS_PER_S for number in range(events)]
    facts = facts_of(stream(Seller(), events, instants, blocks=BLOCKS))
    library = compiled(Caches()).library
    passes = [pass_over(facts) for _ in range(rounds)]
    textbook = [textbook_us(facts) for _ in range(rounds)]

    def figure(name: str, unit: str, *values: float) -> Figure:
        return Figure(name=name, unit=unit, values=values)

    feature = figure("a feature", "us", *(one.enter_us / one.touched for one in passes))
    rule_count = len(library.rules)
    rule = figure("a rule", "us", *(one.judge_us / one.judged / rule_count for one in passes))
    first, count = passes[0], len(facts)
    return Report(
        script="feature_cost",
        title="Features and rules",
        budgets=(
            Budget(what="one feature of one fact", figure=feature, limit=FEATURE_US_MAX),
            Budget(what="one rule of one fact", figure=rule, limit=RULE_US_MAX),
        ),
        figures=(
            figure("all features of a fact", "us", *(one.enter_us / count for one in passes)),
            figure("all rules of a fact", "us", *(one.judge_us / one.judged for one in passes)),
            figure("features entered or read for a fact", "", first.touched / count),
            figure("features read for a fact", "", first.read / count),
            figure("(key, feature) entered by a fact", "", first.entered / count),
            figure("peer: a count over a deque", "us", *textbook),
            figure(
                "a feature over its peer",
                "x",
                *(
                    one.enter_us / one.touched / peer
                    for one, peer in zip(passes, textbook, strict=True)
                ),
            ),
        ),
        notes=(
            f"Preset {PRESET}: {len(library.features)} features, {rule_count} rules.",
            f"{count:,} facts of {events:,} events at {EVENTS_PER_S:,} a second.",
            "Each pass through a fresh engine; processor time.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.events), strict=chosen.strict)


if __name__ == "__main__":
    main()
