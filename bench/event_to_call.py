"""From the moment an event is due to the first call at a provider, beside the alert's arrival.

In live mode; 2 in 100 events complete a pattern. A burst has its orders held, a shared account has
its orders' stock locked: both at a simulated system of the merchant, which notes when it was asked.
"""

import argparse
from collections.abc import Sequence

from bench.acting import Acting, acting_server
from bench.alerts import Listener
from bench.event_to_alert import CONNECTIONS, Run, messages_at, run_shop
from bench.figures import Budget, Figure, Report, Table, finish, percentile, shown
from msgspec import Struct

RATES = (250, 500, 1_000)
SHARES = (0.5, 0.99)
QUIET_S, SETTLE_S_MAX = 1.0, 30.0
ASKED = ("hold_shipment", "lock_stock")


class Called(Struct, frozen=True, kw_only=True):
    """One run at one rate; all in ms."""

    rate: int
    alert: list[float]
    call: list[float]
    due: int
    behind: list[float]


def first_calls(acting: Acting) -> dict[str, int]:
    """When a provider was first asked to do something about each order, in ns."""
    first: dict[str, int] = {}
    for call in acting.calls():
        if call.action in ASKED:
            for order_id in call.orders:
                first[order_id] = min(call.at_ns, first.get(order_id, call.at_ns))
    return first


def call_latencies_ms(run: Run, first: dict[str, int]) -> list[float]:
    """From when the completing event was due, of each alert for which somebody was called."""
    return [
        (first[message.order_id] - due) / 1e6
        for message, due in zip(run.messages, run.outcome.due_ns, strict=True)
        if message.due and message.order_id in first
    ]


def called_at(rate: int, seconds: float, turn: int, acting: Acting, heard: Listener) -> Called:
    messages = messages_at(rate, seconds, turn)
    run = run_shop(acting.shop, heard, messages, rate, CONNECTIONS)
    acting.settle(QUIET_S, SETTLE_S_MAX)
    return Called(
        rate=rate,
        alert=run.alert_latencies_ms(),
        call=call_latencies_ms(run, first_calls(acting)),
        due=sum(bool(message.due) for message in messages),
        behind=run.outcome.behind_ms(),
    )


def measure(rounds: int, seconds: float, rates: Sequence[int]) -> Report:
    found: list[Called] = []
    with acting_server() as acting:
        shop = acting.shop
        with Listener(shop.port, shop.headers) as heard:
            called_at(250, 4, 0, acting, heard)
            for _ in range(rounds):
                for rate in rates:
                    found.append(called_at(rate, seconds, len(found) + 1, acting, heard))
                    print(_told(found[-1]), flush=True)
    return _report(found, seconds, rates)


def _told(one: Called) -> str:
    parts = [
        f"{name} {' / '.join(shown(percentile(values, share)) for share in SHARES)} ms"
        for name, values in (("alert", one.alert), ("call", one.call))
    ]
    return f"{one.rate:,} a second, p50 / p99: {', '.join(parts)}"


def _report(found: Sequence[Called], seconds: float, rates: Sequence[int]) -> Report:
    figures, rows = [], []
    for rate in rates:
        runs = [one for one in found if one.rate == rate]
        for share in SHARES:
            values = tuple(percentile(o.call, share) / percentile(o.alert, share) for o in runs)
            name = f"call over alert at {rate:,}/s, p{share * 100:g}"
            figures.append(Figure(name=name, unit="x", values=values))
    for one in found:
        cells = [shown(percentile(v, share)) for v in (one.alert, one.call) for share in SHARES]
        rows.append((f"{one.rate:,}", *cells, shown(percentile(one.behind, 0.99))))
    due, called = sum(one.due for one in found), sum(len(one.call) for one in found)
    return Report(
        script="event_to_call",
        title="Event to call",
        budgets=(
            Budget(
                what="alerts for which a provider was called",
                figure=Figure(name="called", unit="", values=(float(called),)),
                limit=float(due),
                at_least=True,
            ),
        ),
        figures=tuple(figures),
        tables=(
            Table(
                title="Milliseconds by rate, of each run:",
                head=("events/s", "alert p50", "p99", "call p50", "p99", "generator behind p99"),
                rows=tuple(rows),
            ),
        ),
        notes=(
            f"{seconds:g} s at each rate over {CONNECTIONS} connections, live, preset standard.",
            "A call waits for the commit of the note that it begins, and for a new connection.",
        ),
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
