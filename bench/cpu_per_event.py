"""CPU per event over the whole path, against a bare echo that only verifies the signature.

Both servers are kept busy by the same closed loop of many connections, so that commits of the log
are of many events; what counts is the processor time of the server's process, not the clock.
"""

import argparse
import time
from collections.abc import Iterator

from bench.figures import Budget, Figure, Report, finish
from bench.load import Clients, Outcome
from bench.machine import cpu_seconds, last_core, on_cores
from bench.served import Served, Started, echo_server, shop_server
from bench.traffic import BLOCK, Seller, stream

from orderguard.kit.clock import MS_PER_SECOND

ECHOES_MAX = 6
BATCH_MIN = 16
CONNECTIONS = 256
SAVED_S = 3.0
"""After so long what was told last is saved too, which is part of its cost."""
WARM_UP = 0
"""The run before those that count."""
BLOCKS = 5
"""One block in so many has patterns that end in alerts."""


def requests_of(count: int, run: int) -> list[bytes]:
    """So many signed requests of one event each, as if they came 1,000 a second."""
    seller, now_ms = Seller(run), time.time_ns() // 1_000_000
    instants = [now_ms + number * MS_PER_SECOND // 1_000 for number in range(count)]
    messages = stream(seller, count, instants, blocks=BLOCKS)
    return [seller.request(message, now_ms) for message in messages]


def microseconds_each(server: Served | Started, requests: list[bytes]) -> tuple[float, Outcome]:
    """Processor time per event while all of them are sent as quickly as they are taken."""
    with on_cores(last_core()), Clients(server.port, CONNECTIONS) as clients:
        before = cpu_seconds(server.pid)
        outcome = clients.closed_loop(requests, seconds=120)
        time.sleep(SAVED_S)
        used = cpu_seconds(server.pid) - before
    assert outcome.accepted == len(requests), "each is taken"
    return used / len(requests) * 1e6, outcome


def measure(rounds: int, events: int) -> Report:
    whole, echo, ratios, batches, rates = [], [], [], [], []
    with shop_server() as shop, echo_server() as probe:
        microseconds_each(shop, requests_of(events // 4, WARM_UP))
        microseconds_each(probe, requests_of(events // 4, WARM_UP))
        for turn in range(1, rounds + 1):
            requests = requests_of(events, turn)
            used, _ = microseconds_each(probe, requests)
            echo.append(used)
            commits = shop.metrics()["orderguard_commit_entries_count"]
            used, outcome = microseconds_each(shop, requests)
            whole.append(used)
            commits = shop.metrics()["orderguard_commit_entries_count"] - commits
            batches.append(events / commits)
            ratios.append(used / echo[-1])
            rates.append(events / outcome.seconds)
    ratio = Figure(name="whole path over echo", unit="x", values=tuple(ratios))
    batch = Figure(name="events a commit", unit="", values=tuple(batches))
    return Report(
        script="cpu_per_event",
        title="CPU per event, whole path",
        budgets=(Budget(what="CPU of one event, in bare echoes", figure=ratio, limit=ECHOES_MAX),),
        figures=(
            batch,
            Figure(name="whole path", unit="us", values=tuple(whole)),
            Figure(name="bare echo", unit="us", values=tuple(echo)),
            Figure(name="events a second, one a request", unit="", values=tuple(rates)),
        ),
        notes=(
            f"{rounds} rounds of {events:,} signed requests of one event each, preset standard.",
            f"Closed loop over {CONNECTIONS} connections; user and system time of the process.",
            *shape_of(requests, batch),
        ),
    )


def shape_of(requests: list[bytes], batch: Figure) -> Iterator[str]:
    size = sum(map(len, requests)) / len(requests)
    yield (
        f"Created, paid and shipped in equal parts, {size:.0f} bytes a request on average;"
        f" {2 / (BLOCK * BLOCKS):.1%} of them raise an alert."
    )
    reached = "reached" if batch.median >= BATCH_MIN else "not reached"
    yield f"Commits of at least {BATCH_MIN} events are asked for: {reached}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=20_000, help="In each round.")
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.events), strict=chosen.strict)


if __name__ == "__main__":
    main()
