"""A flash sale with ground truth: `python -m orderguard.simulate.sale --seed 1 --out DIR`."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import msgspec

from orderguard.simulate.anomalies import ANOMALIES
from orderguard.simulate.journal import Journal
from orderguard.simulate.kinds import Kind, plant_kinds, plant_rare
from orderguard.simulate.lives import Lives
from orderguard.simulate.model import Purchase, Shop
from orderguard.simulate.neighbours import NEIGHBOURS
from orderguard.simulate.occasions import OCCASIONS
from orderguard.simulate.showcase import Attack, plant_attack, tell_mappings
from orderguard.simulate.stock import Ledger, tell_stock
from orderguard.simulate.wire import Json, rfc3339
from orderguard.simulate.world import World

BAD_SHARE = 0.14
# Of the 0.6 earlier orders for each order of the sale; kinds bring their own buyers' history.
REGULARS_SHARE = 0.4
# Each honest occasion comes about once in a day of this size.
ORDERS_PER_OCCASION = 15_000
LIMITED_SHARE, TRIFLE_SHARE = 0.06, 0.004
DEFAULT_START = "2026-11-11T00:00:00+08:00"


class SaleImpossibleError(ValueError):
    """The wanted sale cannot be made; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Label:
    bad: bool
    kind: str
    amount_fen: int


@dataclass(frozen=True)
class Sale:
    """`arrivals`: (time of receipt, event as the channel sends it), in the order of the first.

    `labels` has every order; one from before the sale is of kind `history`, unless it belongs to
    a scene.
    """

    arrivals: list[tuple[int, Json]]
    labels: dict[str, Label]
    opening_ms: int
    closing_ms: int
    attack: Attack | None

    @cached_property
    def events(self) -> list[Json]:
        """The events as a file has them, with the time of receipt."""
        return [event | {"received_at": rfc3339(at)} for at, event in self.arrivals]


def plain(world: World, shop: Shop) -> list[Purchase]:
    """One order that resembles nothing else."""
    draw = world.rng.random()
    if draw < LIMITED_SHARE:
        lines = [world.line(world.release(shop))]
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


def plant_all(
    world: World, orders: int, attack: list[tuple[Kind, Purchase]]
) -> list[tuple[Kind, bool, Purchase]]:
    """All orders of the sale, each with its kind and whether it is bad."""
    rng = world.rng
    bad_orders = round(orders * BAD_SHARE * rng.uniform(0.95, 1.05))
    bad = attack + plant_kinds(world, ANOMALIES, bad_orders - len(attack))
    honest = plant_kinds(world, NEIGHBOURS, round(orders * rng.uniform(0.15, 0.25)))
    honest += plant_rare(world, OCCASIONS, orders / ORDERS_PER_OCCASION)
    honest += [(BYSTANDER, purchase) for purchase in world.bystanders]
    rest = max(0, orders - len(bad) - len(honest))
    honest += plant_kinds(world, (PLAIN,), rest)
    return [
        *((kind, True, purchase) for kind, purchase in bad),
        *((kind, False, purchase) for kind, purchase in honest),
        *((HISTORY, False, purchase) for purchase in world.history),
    ]


def shop_names(seed: int) -> tuple[str, ...]:
    """The shops of a sale, known before it is made."""
    world = World(seed, orders=1, days_of_history=1, opening_ms=0)
    return tuple(shop.name for shop in world.shops)


def make_sale(
    seed: int,
    *,
    orders: int = 15_000,
    days_of_history: int = 30,
    start: datetime,
    until: datetime | None = None,
    regulars_share: float = REGULARS_SHARE,
    with_attack: bool = False,
) -> Sale:
    """A sale that opens at `start`, and the days before it.

    From 1,000 orders on, every kind occurs but for the occasions, which take 15,000; a smaller sale
    may have a few orders more than asked.
    What arrives after `until` is left out. `regulars_share` is the number of earlier orders of
    plain buyers for each order. `with_attack` plants one script attack, known order by order, and
    tells how the warehouse calls what the attacked shop sells.
    """
    if orders < 1 or days_of_history < 1:
        raise SaleImpossibleError("Ask for at least one order and one day of history.")
    if start.tzinfo is None:
        raise SaleImpossibleError("Give `start` an offset, such as +08:00.")
    opening_ms = round(start.timestamp() * 1000)
    world = World(seed, orders=orders, days_of_history=days_of_history, opening_ms=opening_ms)
    make_regulars(world, round(orders * regulars_share))
    attack, attackers = plant_attack(world) if with_attack else (None, [])
    planted = plant_all(world, orders, attackers)
    returned_factor = world.rng.uniform(0.6, 1.3)
    journal, ledger = Journal(world, _until_ms(until)), Ledger()
    lives = Lives(world, journal, ledger)
    for buyer in world.registrations:
        lives.register(buyer)
    for kind, _, purchase in planted:
        certain = kind.returned in (0.0, 1.0)
        returned = kind.returned if certain else min(0.95, kind.returned * returned_factor)
        lives.live(purchase, returned=returned)
    tell_stock(world, journal, ledger)
    if attack is not None:
        tell_mappings(world, journal, attack)
    return Sale(
        arrivals=journal.in_order(),
        labels={
            purchase.order_id: Label(bad, kind.name, purchase.amount_fen)
            for kind, bad, purchase in planted
        },
        opening_ms=opening_ms,
        closing_ms=world.closing_ms,
        attack=attack,
    )


def _until_ms(until: datetime | None) -> int | None:
    return None if until is None else round(until.timestamp() * 1000)


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
