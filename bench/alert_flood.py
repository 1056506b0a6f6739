"""3,000 alerts in a minute over steady traffic: every run begins, and few messages go out.

In live mode. The rate is the same before and during the flood: for a minute buyers place four
orders of a burst among honest order lives, then one event in six is somebody's fifth. Each alert
holds its orders, calls a meeting and tells a group: 9,000 steps, and whatever the robots of the two
groups permit, which is 20 messages a minute.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice, repeat

from bench.acting import Acting, acting_server
from bench.alerts import Listener
from bench.event_to_alert import Run, messages_at, run_shop
from bench.figures import Budget, Figure, Report, finish, percentile, shown
from bench.machine import cpu_seconds
from bench.providers import Call
from bench.traffic import BUYERS, PRODUCTS, RUN_BUYERS, Message, Seller, honest
from msgspec import Struct
from tests.scenarios.installation import entries_of

from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Outcome
from orderguard.responses import SENDING

ALERTS, SECONDS, RATE = 3_000, 60.0, 300
BURST_ORDERS = 5
CONNECTIONS = 64
ACCEPTED = 202
TOLD = ("meeting", "notify")
STEPS = ("hold", "meeting", "tell")
QUIET_S, SETTLE_S_MAX = 12.0, 90.0
"""Longer than the pause between two meetings; how long all may take to come to their end."""
P99_RATIO_MAX, BEGUN_S_MAX = 1.2, 60.0
ROBOT_MESSAGES_MAX, ROBOT_WINDOW_NS = 20, 60 * 10**9


class Flooded(Struct, frozen=True, kw_only=True):
    """One round. Times in s from when the alert's last event was due, or as their names say."""

    before_ms: list[float]
    during_ms: list[float]
    before_cpu: float
    during_cpu: float
    behind_ms: list[float]
    refusals: dict[int, int]
    due: int
    heard: int
    extra: int
    begun: list[float]
    ended: list[float]
    holds: int
    holds_asked: int
    messages: dict[str, int]
    busiest: int
    refused: int


def traffic(seller: Seller, rate: int, seconds: float, alerts: int) -> list[Message]:
    """First four orders of each burst, then the fifths, evenly among honest order lives."""
    count = round(rate * seconds)
    now_ms = time.time_ns() // 1_000_000
    told: list[Message] = []
    # Each occurs when it is sent: what comes late has its neighbours judged again.
    instants = (now_ms + len(told) * 1_000 // rate for _ in repeat(None))
    lives = honest(seller, instants)
    orders = BURST_ORDERS - 1
    for parts, stages in ((alerts * orders, range(orders)), (alerts, range(orders, orders + 1))):
        for number in range(count):
            place = number * parts // count
            if place == (number + 1) * parts // count:
                told.extend(islice(lives, 1))
                continue
            stage, buyer = divmod(place, alerts)
            told.append(_order(seller, buyer, stages[stage], next(instants)))
    return told


def _order(seller: Seller, buyer: int, stage: int, at_ms: int) -> Message:
    who = seller.run * RUN_BUYERS + 2 * BUYERS + 4 * buyer
    due = f"flood-{buyer}" if stage == BURST_ORDERS - 1 else ""
    order, product = buyer * BURST_ORDERS + stage, buyer % PRODUCTS
    return seller.placed(order, who, product, at_ms, name="flood", due=due)


def flooded(rate: int, seconds: float, alerts: int, turn: int) -> Flooded:
    """A fresh server, since runs of a round before would still be open."""
    with acting_server("{step: tell, action: notify}") as acting:
        shop = acting.shop
        with Listener(shop.port, shop.headers) as heard:
            run_shop(shop, heard, messages_at(250, 4, 0), 250, CONNECTIONS)
            acting.settle(1.0, QUIET_S)
            before = acting.calls()
            messages = traffic(Seller(turn), rate, seconds, alerts)
            assert sum(bool(message.due) for message in messages) == alerts
            half, used = len(messages) // 2, [cpu_seconds(shop.pid)]
            runs = []
            for part in (messages[:half], messages[half:]):
                runs.append(run_shop(shop, heard, part, rate, CONNECTIONS))
                used.append(cpu_seconds(shop.pid))
        acting.settle(QUIET_S, SETTLE_S_MAX)
        calls = acting.calls()[len(before) :]
        with shop.client() as client:
            alert_of = {one["order_id"]: one["alert_id"] for one in client.alerts()}
        assert shop.server.stop() == 0
        return _found(acting, runs, used, alert_of, calls)


def _found(
    acting: Acting, runs: list[Run], used: list[float], alert_of: dict[str, str], calls: list[Call]
) -> Flooded:
    before, run = runs
    statuses = Counter(before.outcome.status) + Counter(run.outcome.status)
    due = {message.event_id: message.order_id for message in run.messages if message.due}
    alerts = {alert_of[order_id] for order_id in due.values() if order_id in alert_of}
    completed, begun = dict[str, int](), dict[str, int]()
    ended = dict[tuple[str, str], int]()
    for entry in entries_of(acting.shop.installation):
        if isinstance(entry, OrderEvent) and entry.id in due:
            completed[alert_of.get(due[entry.id], "")] = entry.received_ms
        elif isinstance(entry, ResponseReceipt) and entry.alert_id in alerts:
            if entry.outcome == SENDING:
                begun.setdefault(entry.alert_id, entry.received_ms)
            elif entry.outcome == Outcome.DONE:
                ended[entry.alert_id, entry.step] = entry.received_ms
    holds = Counter(call.key for call in calls if call.action == "hold_shipment")
    taken = {name: [c.at_ns for c in calls if c.action == name and c.is_taken] for name in TOLD}
    return Flooded(
        before_ms=before.outcome.latencies_ms(),
        during_ms=run.outcome.latencies_ms(),
        before_cpu=(used[1] - used[0]) / before.outcome.seconds,
        during_cpu=(used[2] - used[1]) / run.outcome.seconds,
        behind_ms=run.outcome.behind_ms(),
        refusals={status: count for status, count in statuses.items() if status != ACCEPTED},
        due=len(due),
        heard=len(set(due.values()) & run.arrivals.keys()),
        extra=len(run.arrivals.keys() - set(due.values())),
        begun=[(at_ms - completed[alert_id]) / 1e3 for alert_id, at_ms in begun.items()],
        ended=[(at_ms - completed[alert_id]) / 1e3 for (alert_id, _), at_ms in ended.items()],
        holds=len(holds),
        holds_asked=holds.total(),
        messages={name: len(instants) for name, instants in taken.items()},
        busiest=max(map(_busiest, taken.values())),
        refused=sum(not call.is_taken for call in calls),
    )


def _busiest(instants_ns: Sequence[int]) -> int:
    """The most messages within any minute."""
    counts = (sum(at <= one < at + ROBOT_WINDOW_NS for one in instants_ns) for at in instants_ns)
    return max(counts, default=0)


def measure(rounds: int, rate: int, seconds: float, alerts: int) -> Report:
    found: list[Flooded] = []
    for turn in range(1, rounds + 1):
        one = flooded(rate, seconds, alerts, turn)
        found.append(one)
        print(_told(one), flush=True)
    return _report(found, rate, seconds, alerts)


def _told(one: Flooded) -> str:
    parts = [
        f"{name} {shown(percentile(values, 0.5))} / {shown(percentile(values, 0.99))} ms"
        for name, values in (("before", one.before_ms), ("during", one.during_ms))
    ]
    parts += [f"{count} messages by {name}" for name, count in one.messages.items()]
    parts.append(f"{one.heard} of {one.due} alerts, {len(one.begun)} runs, {len(one.ended)} steps")
    parts.append(f"CPU {shown(one.before_cpu)} and {shown(one.during_cpu)}")
    if one.refusals:
        parts.append(f"not accepted, by status: {one.refusals}")
    return f"ack p50 / p99 {', '.join(parts)}"


def _report(found: Sequence[Flooded], rate: int, seconds: float, alerts: int) -> Report:
    ratios = [percentile(one.during_ms, 0.99) / percentile(one.before_ms, 0.99) for one in found]
    behind = max(percentile(one.behind_ms, 0.99) for one in found)
    extra, refused = sum(one.extra for one in found), sum(one.refused for one in found)
    at_least: list[tuple[str, list[float], float]] = [
        ("alerts on the stream", [one.heard for one in found], alerts),
        ("runs that have begun", [len(one.begun) for one in found], alerts),
        ("steps that are done", [len(one.ended) for one in found], alerts * len(STEPS)),
        ("alerts whose orders are held", [one.holds for one in found], alerts),
    ]
    at_most: list[tuple[str, list[float], float]] = [
        ("seconds from event to run, the slowest", [max(one.begun) for one in found], BEGUN_S_MAX),
        ("intake's p99, during over before", ratios, P99_RATIO_MAX),
        ("messages of one robot a minute", [one.busiest for one in found], ROBOT_MESSAGES_MAX),
        ("calls for these holds", [one.holds_asked for one in found], alerts),
    ]
    return Report(
        script="alert_flood",
        title=f"{alerts:,} alerts in {seconds:g} s",
        budgets=(
            *(_budget(what, values, limit, at_least=True) for what, values, limit in at_least),
            *(_budget(what, values, limit) for what, values, limit in at_most),
        ),
        figures=tuple(_figures(found)),
        notes=(
            f"{rate} events a second in both halves of {seconds:g} s; bursts end in the second.",
            "Each alert holds, calls a meeting and tells a group; the playbook's budget is off.",
            f"Events that were not accepted: {sum(sum(o.refusals.values()) for o in found)}.",
            f"Alerts that were not due: {extra}; messages that a robot refused: {refused}.",
            f"The generator was {shown(behind)} ms behind at the 99th percentile.",
        ),
    )


def _budget(what: str, values: Sequence[float], limit: float, *, at_least: bool = False) -> Budget:
    figure = Figure(name=what, unit="", values=tuple(map(float, values)))
    return Budget(what=what, figure=figure, limit=limit, at_least=at_least)


def _figures(found: Sequence[Flooded]) -> list[Figure]:
    told: list[tuple[str, str, list[float]]] = []
    for share in (0.5, 0.99):
        name = f"p{share * 100:g}"
        before = [percentile(one.before_ms, share) for one in found]
        during = [percentile(one.during_ms, share) for one in found]
        begun = [percentile(one.begun, share) for one in found]
        told.append((f"intake before, {name}", "ms", before))
        told.append((f"intake during, {name}", "ms", during))
        told.append((f"event to run, {name}", "s", begun))
    told.append(("event to a step's end, slowest", "s", [max(one.ended) for one in found]))
    told.append(("processor before", "cores", [one.before_cpu for one in found]))
    told.append(("processor during", "cores", [one.during_cpu for one in found]))
    for action in TOLD:
        told.append((f"messages by {action}", "", [one.messages[action] for one in found]))
        alerts = [one.due / one.messages[action] for one in found]
        told.append((f"alerts a message by {action}", "", alerts))
    return [Figure(name=name, unit=unit, values=tuple(map(float, v))) for name, unit, v in told]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="Of each half.")
    parser.add_argument("--alerts", type=int, default=ALERTS)
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    report = measure(chosen.rounds, chosen.rate, chosen.seconds, chosen.alerts)
    finish(report, strict=chosen.strict)


if __name__ == "__main__":
    main()
