"""From the moment an event is due to the arrival of the alert that it completes, by rate.

An open loop of signed single events; 2 in 100 complete a pattern. The probes in the same run: one
fdatasync and one round trip over loopback, and the bare echo under the same load.
"""

import argparse
import math
import time
from collections.abc import Sequence
from statistics import median

from bench.alerts import Listener
from bench.figures import Budget, Figure, Line, Plot, Report, Table, finish, percentile, shown
from bench.load import Clients, Outcome
from bench.machine import fdatasync_ms, last_core, loopback_ms, on_cores
from bench.schedule import evenly
from bench.served import Served, Started, echo_server, shop_server
from bench.traffic import BLOCK, Message, Seller, stream
from msgspec import Struct

RATES = (250, 500, 1_000, 2_000, 3_000, 4_000)
BUDGET_RATES = (1_000, 2_000)
CONNECTIONS = 64
PROBES_MAX = 4
ECHO_MS_MORE = 10
AFTER_S = 0.5
"""How long alerts are awaited after the last answer."""
KEPT_UP_MS = 500
"""A rate at which half of the acknowledgements take longer is beyond what the server can do."""
BEHIND_MS_MAX = 1.0
HISTOGRAM = "orderguard_event_to_alert_seconds"


class Measured(Struct, frozen=True, kw_only=True):
    """One run at one rate; all in ms. `own` is the server's histogram: bound to share."""

    rate: int
    ack: list[float]
    alert: list[float]
    echo: list[float]
    behind: list[float]
    due: int
    disk: float
    loopback: float
    own: dict[float, float]

    @property
    def probe(self) -> float:
        return self.disk + self.loopback


class Run(Struct, frozen=True):
    """What was sent, what became of it, and when the alert of each completing order arrived."""

    messages: list[Message]
    outcome: Outcome
    arrivals: dict[str, int]

    def alert_latencies_ms(self) -> list[float]:
        """From when the completing event was due, of each alert that arrived."""
        return [
            (self.arrivals[message.order_id] - due) / 1e6
            for message, due in zip(self.messages, self.outcome.due_ns, strict=True)
            if message.due and message.order_id in self.arrivals
        ]


def messages_at(rate: int, seconds: float, run: int) -> list[Message]:
    """Events of now, as they will be sent."""
    now_ms = time.time_ns() // 1_000_000
    count = round(rate * seconds)
    return stream(Seller(run), count, [now_ms + n * 1_000 // rate for n in range(count)])


def run_shop(
    shop: Served, listener: Listener, messages: list[Message], rate: int, connections: int
) -> Run:
    """Send them at this rate, and hear the alerts."""
    seller, now_ms = Seller(), time.time_ns() // 1_000_000
    requests = [seller.request(message, now_ms) for message in messages]
    with on_cores(last_core()), Clients(shop.port, connections) as clients:
        clients.watch(listener.connection, listener.note)
        outcome = clients.open_loop(requests, evenly(rate, len(requests) / rate))
        clients.listen(AFTER_S)
    return Run(messages, outcome, listener.arrivals())


def run_echo(echo: Started, messages: list[Message], rate: int) -> Outcome:
    seller, now_ms = Seller(), time.time_ns() // 1_000_000
    requests = [seller.request(message, now_ms) for message in messages]
    with on_cores(last_core()), Clients(echo.port, CONNECTIONS) as clients:
        return clients.open_loop(requests, evenly(rate, len(requests) / rate))


def measured_at(
    rate: int, seconds: float, run: int, shop: Served, echo: Started, listener: Listener
) -> Measured:
    messages = messages_at(rate, seconds, run)
    disk, loopback = median(fdatasync_ms(300)), median(loopback_ms(1_000))
    bare = run_echo(echo, messages[: len(messages) // 2], rate)
    before = shop.histogram(HISTOGRAM)
    sent = run_shop(shop, listener, messages, rate, CONNECTIONS)
    own = {bound: count - before[bound] for bound, count in shop.histogram(HISTOGRAM).items()}
    return Measured(
        rate=rate,
        ack=sent.outcome.latencies_ms(),
        alert=sent.alert_latencies_ms(),
        echo=bare.latencies_ms(),
        behind=sent.outcome.behind_ms(),
        due=sum(bool(message.due) for message in messages),
        disk=disk,
        loopback=loopback,
        own={bound: count / max(1.0, *own.values()) for bound, count in own.items()},
    )


def measure(rounds: int, seconds: float, rates: Sequence[int]) -> Report:
    found: list[Measured] = []
    with shop_server() as shop, echo_server() as echo, Listener(shop.port, shop.headers) as heard:
        measured_at(250, 4, 0, shop, echo, heard)
        for turn in range(rounds):
            for rate in rates:
                if turn and rate not in BUDGET_RATES:
                    continue
                one = measured_at(rate, seconds, len(found) + 1, shop, echo, heard)
                found.append(one)
                print(_told(one), flush=True)
                if percentile(one.ack, 0.5) > KEPT_UP_MS:
                    break
    return _report(found, seconds)


def _told(one: Measured) -> str:
    parts = [
        f"{name} {shown(percentile(values, 0.5))} / {shown(percentile(values, 0.99))} ms"
        for name, values in (("ack", one.ack), ("alert", one.alert), ("echo", one.echo))
    ]
    return f"{one.rate:,} a second, p50 / p99: {', '.join(parts)}"


def _report(found: Sequence[Measured], seconds: float) -> Report:
    slow, quick = ([one for one in found if one.rate == rate] for rate in BUDGET_RATES)
    missing = sum(one.due - len(one.alert) for one in found)
    behind = max(percentile(one.behind, 0.99) for one in found)
    fell = "fell behind its schedule" if behind > BEHIND_MS_MAX else "kept its schedule"
    return Report(
        script="event_to_alert",
        title="Event to alert",
        budgets=tuple(_budgets(slow, quick)),
        figures=(
            Figure(name="fdatasync", unit="ms", values=tuple(one.disk for one in found)),
            Figure(name="loopback", unit="ms", values=tuple(one.loopback for one in found)),
        ),
        tables=(_table(found),),
        plots=(_plot(found),),
        notes=(
            f"{seconds:g} s at each rate over {CONNECTIONS} connections.",
            "Latency counts from when an event was due, not from when it could be sent.",
            f"{200 / BLOCK:g} % of the events complete a pattern; {missing} alerts are missing.",
            f"The generator {fell}: {shown(behind)} ms behind at the 99th percentile.",
        ),
    )


def _budgets(slow: Sequence[Measured], quick: Sequence[Measured]) -> list[Budget]:
    budgets = []
    if slow:
        ratios = tuple(percentile(one.alert, 0.5) / one.probe for one in slow)
        budgets.append(
            Budget(
                what="p50 at 1,000/s, in (fdatasync + loopback)",
                figure=Figure(name="p50 over its probe", unit="x", values=ratios),
                limit=PROBES_MAX,
            )
        )
    if quick:
        above = tuple(percentile(one.alert, 0.99) - percentile(one.echo, 0.99) for one in quick)
        budgets.append(
            Budget(
                what="p99 at 2,000/s, above the bare echo's",
                figure=Figure(name="p99 above the echo's", unit="ms", values=above),
                limit=ECHO_MS_MORE,
            )
        )
    return budgets


def _table(found: Sequence[Measured]) -> Table:
    rows = []
    for one in found:
        cells = [
            shown(percentile(values, share))
            for values in (one.ack, one.alert, one.echo)
            for share in (0.5, 0.99)
        ]
        own = [_own(one.own, share) for share in (0.5, 0.99)]
        bounds = " / ".join(shown(bound * 1e3) for bound in own)
        rows.append((f"{one.rate:,}", *cells, bounds, shown(percentile(one.behind, 0.99))))
    head = ("events/s", "ack p50", "p99", "alert p50", "p99", "echo p50", "p99")
    return Table(
        title="Milliseconds by rate; the server's own view is the bound of its histogram:",
        head=(*head, "own p50 / p99 at most", "generator behind p99"),
        rows=tuple(rows),
    )


def _own(histogram: dict[float, float], share: float) -> float:
    """The least bound of the histogram that so many observations did not exceed."""
    return min((bound for bound, part in histogram.items() if part >= share), default=math.nan)


def _plot(found: Sequence[Measured]) -> Plot:
    rates = sorted({one.rate for one in found})
    lines = []
    for colour, name in enumerate(("ack", "alert", "echo")):
        for share in (0.5, 0.99):
            y = [
                median(percentile(getattr(one, name), share) for one in found if one.rate == rate)
                for rate in rates
            ]
            label = f"{name} p{share * 100:g}"
            x, is_dashed = tuple(map(float, rates)), share > 0.5
            lines.append(Line(name=label, x=x, y=tuple(y), colour=colour, is_dashed=is_dashed))
    return Plot(
        name="latency",
        title="Latency against rate, from when an event was due",
        x_label="events a second, one a request",
        y_label="ms",
        lines=tuple(lines),
        is_logarithmic=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="At each rate.")
    parser.add_argument("--rates", type=int, nargs="+", default=RATES)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.seconds, chosen.rates), strict=chosen.strict)


if __name__ == "__main__":
    main()
