"""How long a storefront waits for its answer, against a bare echo under the same load.

An open loop of attempts at the checkout, each of a buyer and a device of its own, two in a hundred
from one segment and product, as a small script would: they are challenged. Every answer comes
after its attempt is durable, folded and judged.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from itertools import count

from bench.figures import Budget, Figure, Report, finish, percentile
from bench.load import HOST, Clients, Outcome
from bench.machine import fdatasync_ms, last_core, on_cores
from bench.schedule import evenly
from bench.served import Served, Started, echo_server, shop_server
from bench.traffic import Seller, stream

from orderguard.kit.clock import MS_PER_DAY, rfc3339

RATES = (50, 200)
CONNECTIONS = 64
P99_ECHO_MS_MORE = 10
"""As for an alert: what the whole path may take beyond a bare echo."""
SHARES = (0.5, 0.99)
UNLIMITED = "100000"
SCRIPT_OF = 50
"""One attempt in so many is the script's."""


def attempts(serial: "count[int]", number: int) -> list[bytes]:
    """The bodies of so many questions."""
    now_ms = time.time_ns() // 1_000_000
    bodies = []
    for at in range(number):
        n = next(serial)
        is_script = at % SCRIPT_OF == 0
        age_ms = MS_PER_DAY * (1 if is_script else 400)
        body = {
            "attempt_id": f"attempt-{n}",
            "channel": "standard",
            "shop": "demo",
            "buyer": {
                "id": f"buyer-{n}",
                "registered_at": rfc3339(now_ms - age_ms),
                "phone": f"138{n:08d}",
            },
            "device": {
                "id": f"device-{n}",
                "ip": "203.0.113.9" if is_script else f"{11 + n % 150}.{n // 150 % 250}.7.9",
                "user_agent": "Mozilla/5.0 (iPhone)",
            },
            "lines": [{"sku": "limited" if is_script else f"sku-{n % 400}", "quantity": 1}],
            "amount": "359.00",
            "currency": "CNY",
            "ship_to": {"country": "CN", "city": "杭州市", "street": f"文三路{n}号"},
        }
        bodies.append(json.dumps(body, ensure_ascii=False).encode())
    return bodies


def asked(shop: Served, bodies: list[bytes], rate: int) -> Outcome:
    head = "".join(f"{name}: {value}\r\n" for name, value in shop.headers.items())
    start = f"POST /api/v1/screen HTTP/1.1\r\nhost: {HOST}\r\n{head}content-type: application/json"
    requests = [
        f"{start}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body for body in bodies
    ]
    with on_cores(last_core()), Clients(shop.port, CONNECTIONS) as clients:
        return clients.open_loop(requests, evenly(rate, len(requests) / rate))


def echoed(echo: Started, number: int, rate: int, run: int) -> Outcome:
    seller, now_ms = Seller(run), time.time_ns() // 1_000_000
    messages = stream(seller, number, [now_ms + n * 1_000 // rate for n in range(number)])
    requests = [seller.request(message, now_ms) for message in messages]
    with on_cores(last_core()), Clients(echo.port, CONNECTIONS) as clients:
        return clients.open_loop(requests, evenly(rate, len(requests) / rate))


def over(some: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    return tuple(one / other for one, other in zip(some, others, strict=True))


def less(some: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    return tuple(one - other for one, other in zip(some, others, strict=True))


def measure(rounds: int, seconds: float) -> Report:
    os.environ["ORDERGUARD_SCREEN_ASKS_PER_S_MAX"] = UNLIMITED
    serial = count(1)
    # Of each rate: p50 of the screen and of the echo, then p99 of both.
    found: dict[int, tuple[list[float], ...]] = {rate: ([], [], [], []) for rate in RATES}
    budgets, figures, disks = [], [], []
    with shop_server() as shop, echo_server() as echo:
        asked(shop, attempts(serial, 200), 100)
        for turn in range(1, rounds + 1):
            for rate in RATES:
                number = round(rate * seconds)
                disks.append(percentile(fdatasync_ms(100), 0.5))
                bare = echoed(echo, number, rate, turn).latencies_ms()
                outcome = asked(shop, attempts(serial, number), rate)
                assert outcome.accepted == number, "each is answered"
                checked = sum(n for body, n in outcome.bodies.items() if b'ed":false' in body)
                assert checked == number, "and looked at"
                whole = outcome.latencies_ms()
                told = [percentile(some, share) for share in SHARES for some in (whole, bare)]
                for kept, value in zip(found[rate], told, strict=True):
                    kept.append(value)
    for rate in RATES:
        at, (p50, p50_echo, p99, p99_echo) = f"at {rate}/s", found[rate]
        more = Figure(name=f"p99 {at} beyond the echo's", unit="ms", values=less(p99, p99_echo))
        what = f"screen {at}, p99, more than the echo's, ms"
        budgets.append(Budget(what=what, figure=more, limit=P99_ECHO_MS_MORE))
        figures += [
            Figure(name=f"p50 {at} over the echo's", unit="x", values=over(p50, p50_echo)),
            Figure(name=f"p99 {at} over the echo's", unit="x", values=over(p99, p99_echo)),
            Figure(name=f"screen p50 {at}", unit="ms", values=tuple(p50)),
            Figure(name=f"screen p99 {at}", unit="ms", values=tuple(p99)),
            Figure(name=f"echo p50 {at}", unit="ms", values=tuple(p50_echo)),
            Figure(name=f"echo p99 {at}", unit="ms", values=tuple(p99_echo)),
        ]
    figures.append(Figure(name="one fdatasync, p50", unit="ms", values=tuple(disks)))
    return Report(
        script="screen",
        title="The screen before the checkout",
        budgets=tuple(budgets),
        figures=tuple(figures),
        notes=(
            f"{rounds} rounds of {seconds:g} s at each rate, preset standard, an empty history.",
            "An answer waits for one commit of the log, so one fdatasync is in every one of them.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="At each rate.")
    parser.add_argument("--strict", action="store_true", help="Exit with 1 unless all are met.")
    chosen = parser.parse_args()
    finish(measure(chosen.rounds, chosen.seconds), strict=chosen.strict)


if __name__ == "__main__":
    main()
