"""Memory of the engine for 1,000,000 active buyers: what a process of its own really holds.

Each buyer places an order and pays it, within one hour; every third is new. Nothing is dropped from
the caches. A (key, feature) is active when the feature has an entry there.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
from bench.engine import PRESET, Caches, Entering, compiled, facts_of
from bench.figures import Budget, Figure, Report, finish
from bench.machine import resident_bytes
from bench.traffic import PAID_AFTER, PRODUCTS, Seller, honest
from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.facts import Fact, FactLine

BYTES_MAX = 150
HOUR_MS = 3_600_000
START_MS = 1_794_326_400_000
SAVE_EVERY = 50_000
COUNTED = 5_000
"""Buyers whose active pairs are counted one by one; each further one has as many."""
CHILD_S_MAX = 3_000


class Held(Struct, frozen=True):
    """What the child tells: bytes in memory and below, seconds of processor time, facts."""

    resident: int
    encoded: int
    seconds: float
    facts: int


def _templates() -> tuple[Fact, Fact]:
    """An order placed and the same paid, as the fold tells them."""
    instants = iter(range(START_MS, START_MS + HOUR_MS))
    lives = honest(Seller(), instants)
    facts = facts_of([next(lives) for _ in range(3 * PAID_AFTER)])
    paid = next(fact for fact in facts if fact.kind == "paid" and len(fact.lines) == 1)
    placed = next(fact for fact in facts if fact.kind == "placed" and fact.number == paid.number)
    return placed, paid


def facts_of_buyers(buyers: int) -> Iterator[Fact]:
    """Placed and paid, of one buyer after another; two of them share a door."""
    placed, paid = _templates()
    for number in range(buyers):
        at = START_MS + number * HOUR_MS // buyers
        product = f"product-{number * 7_919 % PRODUCTS:05d}"
        own = {
            "number": number + 1,
            "event_id": f"event-{number}",
            "order_id": f"order-{number}",
            "lines": (FactLine(product, product, 1, placed.lines[0].unit_price),),
            "buyer_id": f"buyer-{number}",
            "buyer_household": f"buyer-{number}",
            "buyer_is_new": number % 3 == 0,
            "buyer_account_age_days": 3.0 if number % 3 == 0 else 700.0,
            "buyer_phone_token": f"phone-token-of-{number}",
            "device_id": f"device-{number}",
            "device_segment": f"10.{number // 65_536}.{number // 256 % 256}.0/24",
            "ship_to_doorstep": f"doorstep-token-{number // 2}",
        }
        yield replace(placed, at=at, known_at=at, **own)
        account = f"account-{number}"
        yield replace(paid, at=at + 1, known_at=at + 1, payment_account=account, **own)


def held_by(buyers: int) -> Held:
    """In this process: enter them all, saving now and then as a server does."""
    caches = Caches()
    engine = compiled(caches)
    encoded = entered = 0
    gc.collect()
    gc.freeze()
    gc.disable()  # What the engine keeps has no cycles; a server looks for them but seldom.
    before, began = resident_bytes(), time.process_time()
    for fact in facts_of_buyers(buyers):
        engine.features.enter(fact)
        entered += 1
        if entered % SAVE_EVERY == 0:
            encoded += caches.save()
    encoded += caches.save()
    seconds = time.process_time() - began
    gc.collect()
    return Held(resident_bytes() - before, encoded, seconds, entered)


def pairs_of_a_buyer(counted: int) -> float:
    """How many (key, feature) each buyer makes active."""
    engine = compiled(Caches())
    entering, pairs = Entering.of(engine), set[tuple[str, str]]()
    for fact in facts_of_buyers(counted):
        values = engine.features.enter(fact).values
        pairs.update(entering.pairs(fact, values))
    return len(pairs) / counted


def measure(rounds: int, buyers: int) -> Report:
    command = [sys.executable, "-m", "bench.active_buyers", "--child", "--buyers", str(buyers)]
    held = []
    for _ in range(rounds):
        told = subprocess.run(command, capture_output=True, check=True, timeout=CHILD_S_MAX)
        held.append(msgspec.json.decode(told.stdout, type=Held))
    pairs = pairs_of_a_buyer(COUNTED)
    count = pairs * buyers

    def figure(name: str, unit: str, *values: float) -> Figure:
        return Figure(name=name, unit=unit, values=values)

    each = figure("memory of a pair", "bytes", *(one.resident / count for one in held))
    return Report(
        script="active_buyers",
        title=f"Memory of {buyers:,} active buyers",
        budgets=(Budget(what="memory of one active (key, feature)", figure=each, limit=BYTES_MAX),),
        figures=(
            figure("growth of the process", "MiB", *(one.resident / 2**20 for one in held)),
            figure("of a buyer", "bytes", *(one.resident / buyers for one in held)),
            figure("active (key, feature) of a buyer", "", pairs),
            figure("state written, of a pair", "bytes", *(one.encoded / count for one in held)),
            figure("facts a second", "", *(one.facts / one.seconds for one in held)),
        ),
        notes=(f"Preset {PRESET}, resident memory of a child process, nothing dropped.",),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--buyers", type=int, default=1_000_000)
    parser.add_argument("--child", action="store_true", help="Fill this process and tell.")
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    if chosen.child:
        print(msgspec.json.encode(held_by(chosen.buyers)).decode())
    else:
        finish(measure(chosen.rounds, chosen.buyers), strict=chosen.strict)


if __name__ == "__main__":
    main()
