"""200 browsers on the stream: what intake pays for them, what a cut loses, what they leave behind.

An open loop of signed single events at a steady rate, first with nobody on the stream, then with
the whole crowd, of which each but one is cut off once at a random moment and comes back as the
workbench does. Then crowds come and go, and the server's memory is looked at after each.
"""

import argparse
import time
from collections.abc import Sequence

from bench.crowd import Judged, Process
from bench.event_to_alert import messages_at
from bench.figures import Budget, Figure, Report, finish, percentile, shown
from bench.load import Clients, Outcome
from bench.machine import cpu_seconds, last_core, on_cores, resident_bytes
from bench.schedule import evenly
from bench.served import Served, shop_server
from bench.traffic import Seller
from msgspec import Struct

CLIENTS, RATE, SECONDS = 200, 200, 30.0
CONNECTIONS = 16
COMINGS, COMING_S, FEW = 8, 3.0, 50
"""How often a crowd comes and goes; how long events are told before and then, and how many."""
SETTLE_S_MAX = 60.0
CUT_SHARE = 0.9
"""Of the time under load, in which all cuts come: the last have time to come back."""
GONE_S_MAX = 30.0
LOOK_S = 0.1
P99_RATIO_MAX, MEMORY_RATIO_MAX = 1.2, 1.05
STREAMS = "orderguard_streams"


class Heard(Struct, frozen=True, kw_only=True):
    """One round: latencies of the acknowledgement in ms, processors used, what the crowd heard.

    `whole`: browsers that lost no hint and had none twice.
    """

    alone_ms: list[float]
    crowd_ms: list[float]
    alone_cpu: float
    crowd_cpu: float
    behind_ms: list[float]
    whole: int
    judged: Judged


class Left(Struct, frozen=True, kw_only=True):
    """The server's memory in bytes: before the last crowd, with it, and after each has gone."""

    before: int
    listening: int
    gone: list[int]

    @property
    def growth(self) -> list[float]:
        return [self.gone[-1] / self.gone[0]]


def under_load(shop: Served, rate: int, seconds: float, run: int) -> tuple[Outcome, float]:
    """What became of the events, and the processors that the server used meanwhile."""
    seller, now_ms = Seller(), time.time_ns() // 1_000_000
    requests = [seller.request(message, now_ms) for message in messages_at(rate, seconds, run)]
    used = cpu_seconds(shop.pid)
    with on_cores(last_core()), Clients(shop.port, CONNECTIONS) as clients:
        outcome = clients.open_loop(requests, evenly(rate, len(requests) / rate))
    assert outcome.accepted == len(requests), "all are accepted at so low a rate"
    return outcome, (cpu_seconds(shop.pid) - used) / outcome.seconds


def heard(shop: Served, clients: int, rate: int, seconds: float, turn: int) -> Heard:
    alone, alone_cpu = under_load(shop, rate, seconds, 2 * turn)
    with on_cores(last_core()), Process(shop.port, shop.headers, clients) as crowd:
        # Each has heard something before it is cut off: who has not asks for everything anyway.
        under_load(shop, rate, COMING_S, 500_000 + turn)
        crowd.settle(SETTLE_S_MAX)
        crowd.cut_within(seconds * CUT_SHARE)
        with_crowd, crowd_cpu = under_load(shop, rate, seconds, 2 * turn + 1)
        is_even = crowd.settle(SETTLE_S_MAX)
        judged = crowd.end()
    _await_none(shop)
    return Heard(
        alone_ms=alone.latencies_ms(),
        crowd_ms=with_crowd.latencies_ms(),
        alone_cpu=alone_cpu,
        crowd_cpu=crowd_cpu,
        behind_ms=alone.behind_ms() + with_crowd.behind_ms(),
        whole=judged.whole if is_even else 0,
        judged=judged,
    )


def left(shop: Served, clients: int, comings: int) -> Left:
    """Few events are told meanwhile, since the state grows by each of them."""
    gone, before, listening = [], 0, 0
    for number in range(comings):
        before = resident_bytes(shop.pid)
        with on_cores(last_core()), Process(shop.port, shop.headers, clients) as crowd:
            under_load(shop, FEW, COMING_S, 600_000 + number)
            crowd.settle(SETTLE_S_MAX)
            listening = resident_bytes(shop.pid)
            crowd.end()
        _await_none(shop)
        gone.append(resident_bytes(shop.pid))
    return Left(before=before, listening=listening, gone=gone)


def _await_none(shop: Served) -> None:
    """Until the server has noticed that they are gone."""
    limit = time.monotonic() + GONE_S_MAX
    while shop.metrics()[STREAMS]:
        assert time.monotonic() < limit, "the server holds listeners that are gone"
        time.sleep(LOOK_S)


def measure(rounds: int, clients: int, rate: int, seconds: float, comings: int) -> Report:
    found: list[Heard] = []
    with shop_server() as shop:
        under_load(shop, rate, COMING_S, 0)
        for turn in range(1, rounds + 1):
            found.append(heard(shop, clients, rate, seconds, turn))
            print(_told(found[-1]), flush=True)
        memory = left(shop, clients, comings)
        print(f"MB after each crowd: {[size // 2**20 for size in memory.gone]}", flush=True)
        assert shop.server.stop() == 0
    return _report(found, memory, clients, rate, seconds)


def _told(one: Heard) -> str:
    parts = [
        f"{name} {shown(percentile(values, 0.5))} / {shown(percentile(values, 0.99))} ms"
        for name, values in (("alone", one.alone_ms), ("with the crowd", one.crowd_ms))
    ]
    parts.append(f"CPU {shown(one.alone_cpu)} and {shown(one.crowd_cpu)}")
    return f"ack p50 / p99 {', '.join(parts)}; {one.judged}"


def _report(
    found: Sequence[Heard], memory: Left, clients: int, rate: int, seconds: float
) -> Report:
    ratios = [percentile(one.crowd_ms, 0.99) / percentile(one.alone_ms, 0.99) for one in found]
    behind = max(percentile(one.behind_ms, 0.99) for one in found)
    cuts, hints = (sum(getattr(one.judged, name) for one in found) for name in ("cuts", "hints"))
    whole = _figure("browsers that heard all, in order", "", [one.whole for one in found])
    return Report(
        script="stream_clients",
        title=f"{clients} browsers on the stream",
        budgets=(
            _budget("intake's p99, with them over without", ratios, P99_RATIO_MAX),
            Budget(what=whole.name, figure=whole, limit=clients, at_least=True),
            _budget("memory after the last over after the first", memory.growth, MEMORY_RATIO_MAX),
        ),
        figures=tuple(_figures(found, memory, clients)),
        notes=(
            f"{rate} events a second without them and with them, {seconds:g} s each.",
            f"Each but one is cut off once: {cuts} cuts, {hints} hints to each browser.",
            f"Memory: {len(memory.gone)} crowds came and went.",
            f"The generator was {shown(behind)} ms behind at the 99th percentile.",
        ),
    )


def _budget(what: str, values: Sequence[float], limit: float) -> Budget:
    return Budget(what=what, figure=_figure(what, "", values), limit=limit)


def _figure(name: str, unit: str, values: Sequence[float]) -> Figure:
    return Figure(name=name, unit=unit, values=tuple(map(float, values)))


def _figures(found: Sequence[Heard], memory: Left, clients: int) -> list[Figure]:
    told: list[tuple[str, str, list[float]]] = []
    for share in (0.5, 0.99):
        for name, lists in (
            ("without them", [one.alone_ms for one in found]),
            ("with them", [one.crowd_ms for one in found]),
        ):
            values = [percentile(one, share) for one in lists]
            told.append((f"intake {name}, p{share * 100:g}", "ms", values))
    told.append(("processor without them", "cores", [one.alone_cpu for one in found]))
    told.append(("processor with them", "cores", [one.crowd_cpu for one in found]))
    listener = (memory.listening - memory.before) / clients / 1024
    told.append(("memory of a browser", "KB", [listener]))
    told.append(("memory after each crowd", "MB", [size / 2**20 for size in memory.gone]))
    return [_figure(*one) for one in told]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="Without them, and with.")
    parser.add_argument("--comings", type=int, default=COMINGS, help="Crowds that come and go.")
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    report = measure(chosen.rounds, chosen.clients, chosen.rate, chosen.seconds, chosen.comings)
    finish(report, strict=chosen.strict)


if __name__ == "__main__":
    main()
