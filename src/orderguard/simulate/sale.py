"""A flash sale with ground truth: `python -m orderguard.simulate.sale --seed 1 --out DIR`."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from orderguard.simulate.anomalies import ANOMALIES
from orderguard.simulate.journal import Journal
from orderguard.simulate.kinds import Kind, plant_kinds
from orderguard.simulate.lives import Lives
from orderguard.simulate.model import Purchase, Shop
from orderguard.simulate.neighbours import NEIGHBOURS
from orderguard.simulate.stock import Ledger, tell_stock
from orderguard.simulate.wire import Json
from orderguard.simulate.world import World

BAD_SHARE = 0.14
# Of the 0.6 earlier orders for each order of the sale; kinds bring their own buyers' history.
REGULARS_HISTORY_SHARE = 0.4
LIMITED_SHARE, TRIFLE_SHARE = 0.06, 0.004
DEFAULT_START = "2026-11-11T00:00:00+08:00"


class SaleImpossibleError(ValueError):
    """The wanted sale cannot be made; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Label:
    bad: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Sale:
    """`events` as they arrive; `labels` for every order, kind `history` for those before."""

    events: list[Json]
    labels: dict[str, Label]


def plain(world: World, shop: Shop) -> list[Purchase]:
    """One order that resembles nothing else."""
    draw = world.rng.random()
    if draw < LIMITED_SHARE:
        lines = [world.line(world.limited(shop))]
    elif draw < LIMITED_SHARE + TRIFLE_SHARE:
        lines = [world.line(world.catalogues[shop.name].trifle)]
    else:
        lines = world.basket(shop)
    return [world.buy(world.anyone(shop), world.moment(lines[0].product), lines)]


PLAIN = Kind("plain", 1, plain, returned=0.06)
HISTORY = Kind("history", 1, plain, returned=0.06)
# They took the last pieces but one; a return would spoil the scarcity that they made.
BYSTANDER = Kind("plain", 0, plain, returned=0.0)


def make_regulars(world: World, orders: int) -> None:
    """Established buyers of each shop, with the orders they placed before the sale."""
    for shop in world.shops:
        regulars = world.regulars[shop.name]
        until = len(world.history) + max(1, round(orders * shop.traffic))
        while len(world.history) < until:
            regulars.append(world.established(shop, purchases=(1, 5)))


def plant_all(world: World, orders: int) -> list[tuple[Kind, bool, Purchase]]:
    """All orders of the sale, each with its kind and whether it is bad."""
    rng = world.rng
    bad = plant_kinds(world, ANOMALIES, round(orders * BAD_SHARE * rng.uniform(0.95, 1.05)))
    honest = plant_kinds(world, NEIGHBOURS, round(orders * rng.uniform(0.15, 0.25)))
    honest += [(BYSTANDER, purchase) for purchase in world.bystanders]
    rest = max(0, orders - len(bad) - len(honest))
    honest += plant_kinds(world, (PLAIN,), rest)
    return [
        *((kind, True, purchase) for kind, purchase in bad),
        *((kind, False, purchase) for kind, purchase in honest),
        *((HISTORY, False, purchase) for purchase in world.history),
    ]


def make_sale(
    seed: int, *, orders: int = 15_000, days_of_history: int = 30, start: datetime
) -> Sale:
    """A sale that opens at `start`, and the days before it.

    From 1,000 orders on, every kind occurs; a smaller sale may have a few orders more than asked.
    """
    if orders < 1 or days_of_history < 1:
        raise SaleImpossibleError("Ask for at least one order and one day of history.")
    if start.tzinfo is None:
        raise SaleImpossibleError("Give `start` an offset, such as +08:00.")
    opening_ms = round(start.timestamp() * 1000)
    world = World(seed, orders=orders, days_of_history=days_of_history, opening_ms=opening_ms)
    make_regulars(world, round(orders * REGULARS_HISTORY_SHARE))
    planted = plant_all(world, orders)
    returned_factor = world.rng.uniform(0.6, 1.3)
    journal, ledger = Journal(world), Ledger()
    lives = Lives(world, journal, ledger)
    for buyer in world.registrations:
        lives.register(buyer)
    for kind, _, purchase in planted:
        certain = kind.returned in (0.0, 1.0)
        returned = kind.returned if certain else min(0.95, kind.returned * returned_factor)
        lives.live(purchase, returned=returned)
    tell_stock(world, journal, ledger)
    labels = {purchase.order_id: Label(bad, kind.name) for kind, bad, purchase in planted}
    return Sale(journal.in_order(), labels)


def write_sale(sale: Sale, folder: Path) -> None:
    """Write `events.jsonl` and `labels.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    encode = msgspec.json.Encoder().encode_lines
    (folder / "events.jsonl").write_bytes(encode(sale.events))
    (folder / "labels.jsonl").write_bytes(
        encode(
            {"order_id": order_id, "bad": label.bad, "kind": label.kind}
            for order_id, label in sale.labels.items()
        )
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a flash sale with ground truth.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=15_000)
    parser.add_argument("--start", type=datetime.fromisoformat, default=DEFAULT_START)
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args(arguments)
    try:
        sale = make_sale(wanted.seed, orders=wanted.orders, start=wanted.start)
    except SaleImpossibleError as error:
        parser.error(str(error))
    write_sale(sale, wanted.out)


if __name__ == "__main__":
    main()
