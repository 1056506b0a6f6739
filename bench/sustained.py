"""2,000 signed events a second for a minute: nothing lost, nothing twice, every due alert there.

Every acknowledged event is looked for four times: in the answer, in the log read anew after the
server has ended, by sending all once more (which must tell duplicates only), and, for a sample of
orders, in their timelines. Exits with 1 when anything is missing, with or without `--strict`.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
from bench.alerts import Listener
from bench.event_to_alert import Run, messages_at, run_shop
from bench.figures import NOT_MET, Budget, Figure, Report, finish, percentile
from bench.served import Served, shop_server
from bench.traffic import PATH, Message, Seller
from tests.scenarios.installation import entries_of

from orderguard.domain.events import OrderEvent

RATE, SECONDS = 2_000, 60
CONNECTIONS = 128
BATCH = 500
TIMELINES = 300
ALERTS_S_MAX = 10.0
CATCH_UP_S_MAX = 1.0
"""A rate is kept up when the last answer comes so soon after the last arrival."""


def resent(shop: Served, messages: Sequence[Message]) -> Counter[str]:
    """What is answered when all are sent once more, in batches."""
    told: Counter[str] = Counter()
    seller = Seller()
    with shop.client() as client:
        for start in range(0, len(messages), BATCH):
            bodies = [message.body for message in messages[start : start + BATCH]]
            body = b"[" + b",".join(bodies) + b"]"
            now_ms = time.time_ns() // 1_000_000
            request = seller.signed(f"again-{start}", body, now_ms)
            head = request.partition(b"\r\n\r\n")[0].decode()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
            answer = client.ask("POST", PATH, body, headers)
            assert answer.status == 202, (answer.status, answer.body)
            told.update(answer.json)
    return told


def whole_timelines(shop: Served, messages: Sequence[Message]) -> int:
    """How many of a sample of orders have each of their events exactly once."""
    events: dict[str, list[str]] = {}
    for message in messages:
        events.setdefault(message.order_id, []).append(message.event_id)
    sample = random.Random(3).sample(sorted(events), min(TIMELINES, len(events)))
    whole = 0
    with shop.client() as client:
        for order_id in sample:
            rows = client.order(order_id)["timeline"]
            told = [row["event_id"] for row in rows if row["event_id"] is not None]
            whole += sorted(told) == sorted(events[order_id])
    return whole


def alerts_listed(shop: Served) -> set[str]:
    """The completing orders of all alerts that the API lists."""
    with shop.client() as client:
        return {alert["order_id"] for alert in client.alerts() if alert["order_id"]}


def logged_once(shop: Served, messages: Sequence[Message]) -> int:
    """How many of the events the log holds exactly once, read after the server has ended."""
    assert shop.server.stop() == 0
    logged = Counter(
        entry.id for entry in entries_of(shop.installation) if isinstance(entry, OrderEvent)
    )
    return sum(logged[message.event_id] == 1 for message in messages)


def measure(rate: int, seconds: float) -> Report:
    with shop_server() as shop:
        with Listener(shop.port, shop.headers) as heard:
            run_shop(shop, heard, messages_at(250, 4, 0), 250, CONNECTIONS)
            messages = messages_at(rate, seconds, 1)
            before = shop.metrics()["orderguard_commit_entries_count"]
            run = run_shop(shop, heard, messages, rate, CONNECTIONS)
            commits = shop.metrics()["orderguard_commit_entries_count"] - before
        sent = [
            message
            for message, status in zip(messages, run.outcome.status, strict=True)
            if status == 202
        ]
        due = {message.order_id for message in sent if message.due}
        listed = alerts_listed(shop)
        again = resent(shop, sent)
        whole = whole_timelines(shop, sent)
        once = logged_once(shop, sent)
    counts = [
        _count("acknowledged", run.outcome.accepted, len(messages)),
        _count("acknowledged as new", _accepted(run), len(messages)),
        _count("in the log exactly once", once, len(sent)),
        _count("duplicates when sent again", again["duplicates"], len(sent)),
        _count("timelines that are whole", whole, min(TIMELINES, len({m.order_id for m in sent}))),
        _count("due alerts on the stream", len(due & run.arrivals.keys()), len(due)),
        _count("due alerts in the list", len(due & listed), len(due)),
    ]
    return Report(
        script="sustained",
        title=f"{rate:,} events a second for {seconds:g} s",
        budgets=(*counts, _catch_up(run)),
        figures=tuple(_figures(run, len(messages) / commits)),
        notes=(
            f"Open loop over {CONNECTIONS} connections, one event a request, preset standard.",
            f"Alerts that were not due: {len(run.arrivals.keys() - due)}.",
        ),
    )


def _accepted(run: Run) -> int:
    decode = msgspec.json.decode
    return sum(decode(body)["accepted"] * n for body, n in run.outcome.bodies.items() if body)


def _count(what: str, found: int, wanted: int) -> Budget:
    figure = Figure(name=what, unit="", values=(float(found),))
    return Budget(what=what, figure=figure, limit=float(wanted), at_least=True)


def _catch_up(run: Run) -> Budget:
    outcome = run.outcome
    seconds = max(0.0, (max(outcome.done_ns) - outcome.due_ns[-1]) / 1e9)
    figure = Figure(name="last answer after the last arrival", unit="s", values=(seconds,))
    return Budget(what=figure.name, figure=figure, limit=CATCH_UP_S_MAX)


def _figures(run: Run, batch: float) -> list[Figure]:
    latencies = (("acknowledged", run.outcome.latencies_ms()), ("alert", run.alert_latencies_ms()))
    told = [
        Figure(name=f"{name}, p{share * 100:g}", unit="ms", values=(percentile(values, share),))
        for name, values in latencies
        for share in (0.5, 0.99, 1.0)
    ]
    behind = (percentile(run.outcome.behind_ms(), 0.99),)
    return [
        *told,
        Figure(name="events a commit", unit="", values=(batch,)),
        Figure(name="generator behind its schedule, p99", unit="ms", values=behind),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    report = measure(chosen.rate, chosen.seconds)
    finish(report, strict=chosen.strict)
    if not all(budget.is_met for budget in report.budgets if budget.at_least):
        raise SystemExit(NOT_MET)


if __name__ == "__main__":
    main()
