"""How often hours of an honest live stream look like a script: alerts of the pack `attack`.

A host sells one product for hours. Most buyers are new; they come independently of each other, more
of them after each call to buy; all sit in a few apps and behind a few carriers. The shop is new as
well, so that it has seen none of the clients before. Nothing here is of the simulated sale. Exits
with 1 where a limit fails.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
from bench.figures import NOT_MET, aligned
from bench.recognition import percent
from msgspec import Struct

from orderguard.app import PACKAGED_LIBRARY, memory_state, read_library
from orderguard.domain.ports import AlertQuery
from orderguard.flows.replay import Replay

FLAGGED_MAX = 0.001
"""Share of the orders that an alert of the pack concerns."""
ALERTS_PER_HOUR_MAX = 1 / 24
"""Of all streams together: each challenges the buyers of a product who did nothing."""

PACK, PRESET = "attack.", "standard"
PACE_MIN, PACE_MAX = 0.1, 3.0
"""Orders a second while the host only talks."""
NEW_SHARE_MIN, NEW_SHARE_MAX = 0.5, 0.95
START = datetime(2026, 6, 18, 12, tzinfo=UTC)
ALERTS_MAX = 100_000


class Stream(Struct, frozen=True, kw_only=True):
    """What one stream came to; `alerts` by rule, `flagged` are the orders they concern."""

    seed: int
    pace: float
    new_share: float
    hours: float
    orders: int
    flagged: int
    alerts: dict[str, int]


def arrivals(rng: Random, pace: float, hours: float) -> Iterator[float]:
    """Seconds from the start at which orders come, one independent of the other."""
    push, fading_s = rng.uniform(0.5, 6), rng.uniform(15, 120)
    highest = pace * (1 + push)
    at = called_at = 0.0
    next_call_at = rng.uniform(120, 900)
    while True:
        # Candidates at the highest pace, of which as many stay as the present one allows.
        at += rng.expovariate(highest)
        if at >= hours * 3_600:
            return
        while next_call_at <= at:
            called_at, next_call_at = next_call_at, next_call_at + rng.uniform(120, 900)
        present = pace * (1 + push * math.exp((called_at - at) / fading_s))
        if rng.random() * highest < present:
            yield at


def skewed(rng: Random, names: Sequence[str]) -> str:
    """One of them, the first the most often."""
    return names[int(len(names) * rng.random() ** 2)]


def told(
    rng: Random, seconds: Iterator[float], new_share: float, clock_ms: int
) -> Iterator[object]:
    """The event of each order, from a channel whose clock counts in `clock_ms`."""
    clients = [f"Live/{rng.randint(100, 999)}" for _ in range(rng.choice((3, 8, 25)))]
    nets = [f"{rng.randint(1, 220)}.{rng.randrange(256)}" for _ in range(rng.choice((3, 20)))]
    for number, second in enumerate(seconds):
        at = START + timedelta(milliseconds=int(second * 1_000) // clock_ms * clock_ms)
        is_new = rng.random() < new_share
        days = rng.uniform(1, 90) / 1_440 if is_new else rng.uniform(40, 900)
        order = {
            "order_id": f"o{number}",
            "created_at": at,
            "updated_at": at,
            "buyer": {"id": f"b{number}", "registered_at": at - timedelta(days)},
            "lines": [{"sku": "offer", "quantity": 1, "unit_price": "129.00"}],
            "amount": "129.00",
            "currency": "CNY",
            "device": {
                "id": f"d{number}",
                "user_agent": skewed(rng, clients),
                "ip": f"{skewed(rng, nets)}.{rng.randrange(8)}.{rng.randint(1, 254)}",
            },
            "ship_to": {"country": "CN", "city": "杭州市", "street": f"文三路{number}号"},
        }
        yield {
            "id": f"e{number}",
            "type": "order.created",
            "occurred_at": at,
            "data": {"order": order},
        }


def judged(seed: int, hours: float, clock_ms: int) -> Stream:
    rng = Random(seed)
    pace = PACE_MIN * (PACE_MAX / PACE_MIN) ** rng.random()
    new_share = rng.uniform(NEW_SHARE_MIN, NEW_SHARE_MAX)
    events = told(rng, arrivals(rng, pace, hours), new_share, clock_ms)
    replay = Replay(read_library(PACKAGED_LIBRARY), PRESET, store=memory_state(), strict=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(msgspec.json.Encoder().encode_lines(events))
        replay.run([path])
    assert not replay.fold.tables.progress.faults, "every event is judged"
    alerts = [
        alert
        for alert in replay.fold.tables.store.alerts(AlertQuery(limit=ALERTS_MAX))
        if alert.rules[0].startswith(PACK)
    ]
    return Stream(
        seed=seed,
        pace=pace,
        new_share=new_share,
        hours=hours,
        orders=replay.events,
        flagged=len({order for alert in alerts for order in alert.orders}),
        alerts=dict(Counter(rule for alert in alerts for rule in alert.rules)),
    )


def row(name: str, streams: Sequence[Stream]) -> tuple[str, ...]:
    orders = sum(stream.orders for stream in streams)
    alerts = Counter[str]()
    for stream in streams:
        alerts.update(stream.alerts)
    return (
        name,
        f"{sum(stream.hours for stream in streams):.0f}",
        f"{orders:,}",
        f"{alerts['attack.product_script']}",
        f"{alerts['attack.ip_segment_script']}",
        percent(sum(stream.flagged for stream in streams) / orders),
    )


def text_of(streams: Sequence[Stream]) -> str:
    """A row a band of pace, and one for all."""
    bands = [("up to 0.3 a second", 0.0), ("0.3 to 1", 0.3), ("above 1", 1.0)]
    bounds = [*(least for _, least in bands[1:]), math.inf]
    rows: list[tuple[str, ...]] = [
        ("pace", "hours", "orders", "product_script", "ip_segment_script", "flagged orders")
    ]
    for (name, least), below in zip(bands, bounds, strict=True):
        if chosen := [stream for stream in streams if least <= stream.pace < below]:
            rows.append(row(name, chosen))
    return aligned([*rows, row("all", streams)])


def is_met(streams: Sequence[Stream]) -> bool:
    flagged = sum(stream.flagged for stream in streams)
    alerts = sum(count for stream in streams for count in stream.alerts.values())
    return flagged <= FLAGGED_MAX * sum(
        stream.orders for stream in streams
    ) and alerts <= ALERTS_PER_HOUR_MAX * sum(stream.hours for stream in streams)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="How many streams.")
    parser.add_argument("--hours", type=float, default=3, help="Of each stream.")
    parser.add_argument(
        "--clock-ms", type=int, default=1, help="What the channel counts in: 1000 are seconds."
    )
    parser.add_argument("--json", action="store_true", help="One JSON object in place of tables.")
    chosen = parser.parse_args()
    streams = [judged(seed, chosen.hours, chosen.clock_ms) for seed in range(1, chosen.seeds + 1)]
    if chosen.json:
        print(msgspec.json.encode({"streams": streams, "is_met": is_met(streams)}).decode())
    else:
        print(text_of(streams))
    if not is_met(streams):
        raise SystemExit(NOT_MET)


if __name__ == "__main__":
    main()
