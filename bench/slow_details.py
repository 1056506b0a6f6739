"""Acknowledgements over all platforms that are asked for details, while each detail takes 2 s.

An open loop of signed pushes of many orders, evenly over the platforms' shops; the bare echo gets
as many signed single events at the same rate in the same run.
"""

import argparse
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.event_to_alert import messages_at, run_echo
from bench.figures import CACHE, Budget, Figure, Report, finish, percentile, shown
from bench.load import Clients, Outcome
from bench.machine import cpu_seconds, last_core, on_cores
from bench.schedule import evenly
from bench.served import Served, Started, echo_server
from msgspec import Struct
from msgspec.structs import replace
from tests.contracts.platform_contract import life
from tests.scenarios.installation import HOST, api_headers, installed, serving

from orderguard.channels import discover_calls
from orderguard.domain.events import CanonicalEvent, OrderData
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels import discover
from orderguard.simulate.channels.platform import Platform

RATE, SECONDS, DETAIL_S = 300, 30.0, 2.0
PLATFORMS = 6
CONNECTIONS = 64
ECHO_MS_MORE = 20


class Measured(Struct, frozen=True, kw_only=True):
    """One round; latencies in ms."""

    ack: list[float]
    echo: list[float]
    behind: list[float]
    refused: dict[int, int]
    asked: int
    cpu_us: float
    """Of the server, for each push."""


@contextmanager
def slow_platforms() -> Iterator[list[Platform]]:
    """Those whose details are asked for, one shop each; one platform may have several shops."""
    names = sorted(discover_calls().keys() & discover().keys())
    with ExitStack() as stack:
        played: list[Platform] = []
        for number in range(PLATFORMS):
            kind = discover()[names[number % len(names)]]
            platform = kind(1 + number // len(names), now_ms=lambda: time.time_ns() // 1_000_000)
            platform.detail_s = DETAIL_S
            stack.callback(platform.close)
            played.append(platform)
        yield played


def pushes(platforms: Sequence[Platform], count: int) -> list[tuple[Platform, RawMessage]]:
    """One platform after another."""
    rng, now_ms, number = random.Random(3), time.time_ns() // 1_000_000, 0
    told: list[list[tuple[Platform, RawMessage]]] = [[] for _ in platforms]
    share = -(-count // len(platforms))
    for platform, one in zip(platforms, told, strict=True):
        while len(one) < share:
            for event in _placed_and_paid(rng, number, now_ms):
                one += [(platform, message) for message in platform.happened(event)]
            number += 1
    return [one[place] for place in range(share) for one in told][:count]


def _placed_and_paid(rng: random.Random, number: int, now_ms: int) -> Iterator[CanonicalEvent]:
    """The first two events of a life, as if they happened now: no push is late."""
    at = dt.datetime.fromtimestamp(now_ms // 1_000, dt.timezone(dt.timedelta(hours=8)))
    for event in islice(life(rng, number, now_ms), 2):
        assert isinstance(event.data, OrderData)
        order, paid = event.data.order, event.data.order.payment
        order = replace(
            order,
            created_at=at if order.created_at else None,
            updated_at=at,
            paid_at=at if order.paid_at else None,
            payment=replace(paid, paid_at=at) if paid else None,
        )
        yield replace(event, occurred_at=at, data=OrderData(order=order))


def request(platform: Platform, message: RawMessage) -> bytes:
    """The call, as it goes over the wire."""
    shop = platform.shop
    below = f"/{message.path}" if message.path else ""
    query = f"?{message.query}" if message.query else ""
    head = [f"POST /webhooks/{shop.channel}/{shop.shop}{below}{query} HTTP/1.1", f"host: {HOST}"]
    head += [f"{name}: {value}" for name, value in message.headers.items()]
    head.append(f"content-length: {len(message.body)}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + message.body


def measured(rate: int, seconds: float, echo: Started) -> Measured:
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as folder, slow_platforms() as played:
        installation = installed(Path(folder) / "data")
        control = installation.open_control()
        for platform in played:
            control.shop_add(platform.connected())
        control.close()
        headers = api_headers(installation)
        requests = [request(*one) for one in pushes(played, round(rate * seconds))]
        with serving(installation) as server:
            bare = run_echo(echo, messages_at(rate, seconds / 2, 1), rate)
            used = cpu_seconds(server.pid)
            outcome = _run(Served(installation, server, headers), requests, rate)
            used = cpu_seconds(server.pid) - used
        asked = sum(len(platform.asked) for platform in played)
    statuses = Counter(status for status in outcome.status if not 200 <= status < 300)
    return Measured(
        ack=outcome.latencies_ms(),
        echo=bare.latencies_ms(),
        behind=outcome.behind_ms(),
        refused=dict(statuses),
        asked=asked,
        cpu_us=used * 1e6 / len(requests),
    )


def _run(shop: Served, requests: list[bytes], rate: int) -> Outcome:
    with on_cores(last_core()), Clients(shop.port, CONNECTIONS) as clients:
        return clients.open_loop(requests, evenly(rate, len(requests) / rate))


def measure(rounds: int, rate: int, seconds: float) -> Report:
    with echo_server() as echo:
        found = [measured(rate, seconds, echo) for _ in range(rounds)]
    more = [percentile(one.ack, 0.99) - percentile(one.echo, 0.99) for one in found]
    for one in found:
        ack, bare = (shown(percentile(values, 0.99)) for values in (one.ack, one.echo))
        print(f"ack p99 {ack} ms, echo {bare} ms, {one.asked} details asked", flush=True)
    values = {
        "acknowledgement, p50": [percentile(one.ack, 0.5) for one in found],
        "acknowledgement, p99": [percentile(one.ack, 0.99) for one in found],
        "bare echo, p99": [percentile(one.echo, 0.99) for one in found],
        "generator behind, p99": [percentile(one.behind, 0.99) for one in found],
    }
    refused = sum(sum(one.refused.values()) for one in found)
    return Report(
        script="slow_details",
        title=f"Acknowledgements while details take {DETAIL_S:g} s",
        budgets=(
            Budget(
                what="acknowledgement's p99 beyond the bare echo's",
                figure=Figure(name="more", unit="ms", values=tuple(more)),
                limit=ECHO_MS_MORE,
            ),
            Budget(
                what="pushes that were not acknowledged",
                figure=Figure(name="refused", unit="", values=(float(refused),)),
                limit=0.5,
            ),
        ),
        figures=(
            *(Figure(name=name, unit="ms", values=tuple(some)) for name, some in values.items()),
            Figure(
                name="server's processor time, a push",
                unit="us",
                values=tuple(one.cpu_us for one in found),
            ),
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--strict", action="store_true")
    given = parser.parse_args()
    finish(measure(given.rounds, given.rate, given.seconds), strict=given.strict)


if __name__ == "__main__":
    main()
