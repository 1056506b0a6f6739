"""Days of healthy orders with planted faults: `python -m orderguard.simulate.health.history`."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from orderguard.domain.entries import CampaignChanged
from orderguard.simulate.health.goods_faults import plant_goods, tell_mappings
from orderguard.simulate.health.incidents import Incidents
from orderguard.simulate.health.order_faults import OrderFaults
from orderguard.simulate.health.shops import DAYS, LARGEST, SHOPS, DayCurve
from orderguard.simulate.health.tape import Tape, Teller
from orderguard.simulate.health.truth import Fault
from orderguard.simulate.health.warehouses import tell_stock
from orderguard.simulate.health.world import World, make_repeats
from orderguard.simulate.wire import Json

START = "2026-11-02T00:00:00+08:00"
"""A Monday."""
ORDERS_PER_FAULT, FAULTS_MIN = 1_250, 5
ORDERS_PER_GOODS_FAULT, GOODS_FAULTS_MIN = 5_000, 3
ORDERS_PER_REPEAT = 100


@dataclass(frozen=True)
class History:
    """`events` in order of arrival; `faults` all that is wrong in them; `healthy` the rest."""

    events: list[Json]
    faults: list[Fault]
    campaign: CampaignChanged
    healthy: int


def make_history(seed: int, *, orders: int) -> History:
    """`orders` healthy ones, some more in a surge that nobody planned, and the faults."""
    start_ms = round(datetime.fromisoformat(START).timestamp() * 1000)
    world = World(seed, orders, start_ms)
    incidents = Incidents(world)
    repeats = orders // ORDERS_PER_REPEAT
    for shop in SHOPS:
        boosts = incidents.boosts if shop is LARGEST else None
        curve = DayCurve(start_ms, DAYS, boosts)
        count = round((orders - 2 * repeats) * shop.share)
        if shop is LARGEST:
            campaign = incidents.campaign(curve, count)
        for at in sorted(curve.instants(world.rng, count)):
            purchase = world.buy(shop, at)
            life = world.drawer.healthy(purchase, at)
            incidents.befall(purchase, life)
            world.live(purchase, life)
    make_repeats(world, repeats)
    incidents.plant()
    healthy = len(world.lived)
    planters = OrderFaults(world).planters()
    for _ in range(max(FAULTS_MIN, orders // ORDERS_PER_FAULT)):
        for plant in planters.values():
            plant()
    goods = plant_goods(world, max(GOODS_FAULTS_MIN, orders // ORDERS_PER_GOODS_FAULT))
    tape = Tape(world.rng, world.end_ms)
    teller = Teller(tape)
    tell_mappings(world, goods, tape)
    for lived in world.lived:
        teller.tell(lived.purchase, lived.life, prompt=lived.prompt)
    tell_stock(world, goods, tape)
    return History(tape.events(), world.faults, campaign, healthy)


def write_history(history: History, folder: Path) -> None:
    """Write `events.jsonl` and `faults.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    encode = msgspec.json.Encoder(decimal_format="string").encode_lines
    (folder / "events.jsonl").write_bytes(encode(history.events))
    (folder / "faults.jsonl").write_bytes(encode(history.faults))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a history of orders with planted faults.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args(arguments)
    write_history(make_history(wanted.seed, orders=wanted.orders), wanted.out)


if __name__ == "__main__":
    main()
