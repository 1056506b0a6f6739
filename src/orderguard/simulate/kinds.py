"""A kind of order: how to plant one occurrence of it, and how many of its orders come back."""

from collections.abc import Callable
from dataclasses import dataclass

from orderguard.simulate.model import Purchase, Shop
from orderguard.simulate.world import World


def any_shop(_: Shop) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    share: float  # of the orders of all anomalies, or of all neighbours; relative
    plant: Callable[[World, Shop], list[Purchase]]
    returned: float  # share of its paid orders that end in a refund
    # Planting what a channel cannot show would only measure the channel.
    seen_in: Callable[[Shop], bool] = any_shop


def plant_rare(world: World, kinds: tuple[Kind, ...], scenes: float) -> list[tuple[Kind, Purchase]]:
    """Each kind `scenes` times on average, and as near to it as chance has to be."""
    purchases: list[tuple[Kind, Purchase]] = []
    for kind in kinds:
        for _ in range(int(scenes) + world.chance(scenes % 1)):
            purchases += [
                (kind, purchase) for purchase in kind.plant(world, world.shop(kind.seen_in))
            ]
    return purchases


def plant_kinds(world: World, kinds: tuple[Kind, ...], orders: int) -> list[tuple[Kind, Purchase]]:
    """About `orders` orders of these kinds in proportion to their shares, each once at first.

    Shares differ by half from sale to sale. A sale too small for all kinds lacks the last ones.
    """
    shares = {kind.name: kind.share * world.rng.uniform(0.5, 1.5) for kind in kinds}
    planted = dict.fromkeys(shares, 0)
    purchases: list[tuple[Kind, Purchase]] = []
    while len(purchases) < orders:
        kind = min(kinds, key=lambda kind: planted[kind.name] / shares[kind.name])
        scene = kind.plant(world, world.shop(kind.seen_in))
        planted[kind.name] += len(scene)
        purchases += [(kind, purchase) for purchase in scene]
    return purchases
