"""What the warehouses count: snapshots of each SKU, as it truly lies and is locked."""

from collections import defaultdict
from collections.abc import Iterable

from orderguard.simulate.health.goods_faults import Goods
from orderguard.simulate.health.shops import SHOPS, Shop
from orderguard.simulate.health.tape import Tape
from orderguard.simulate.health.world import World
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS

EVERY_MS = 6 * HOUR_MS
RESTOCKED_AT_MS = 5 * DAY_MS + 6 * HOUR_MS
SPARE_SHARE, SPARE_UNITS = 0.1, 30
"""Beyond what is ordered until it is restocked, and from then on."""

Place = tuple[Shop, str, str]
"""Shop, warehouse, SKU."""
Change = tuple[int, int, int]
"""Instant, units on hand, units locked."""


def _changes(world: World) -> dict[Place, list[Change]]:
    changes: dict[Place, list[Change]] = defaultdict(list)
    for lived in world.lived:
        purchase, life = lived.purchase, lived.life
        for item in purchase.items:
            place = (purchase.shop, purchase.warehouse, item.sku)
            changes[place].append((life.placed, 0, item.quantity))
            ended = life.cancelled or life.closed
            if life.shipped is not None:
                changes[place].append((life.shipped, -item.quantity, -item.quantity))
            elif ended is not None and not lived.keeps_lock:
                changes[place].append((ended, 0, -item.quantity))
    return changes


def tell_stock(world: World, goods: Goods, tape: Tape) -> None:
    """Snapshots of everything that is counted, from before the first order on."""
    changes = _changes(world)
    for shop in SHOPS:
        skus = [product.sku for product in world.products[shop.name]]
        skus += [one.later_sku for one in world.products[shop.name] if one.remapped_at is not None]
        for place in ((shop, house, sku) for house in shop.warehouses for sku in skus):
            at = world.start_ms + RESTOCKED_AT_MS
            restocked = (at, _supply(one for one in changes[place] if one[0] >= at), 0)
            first = _supply(one for one in changes[place] if one[0] < at)
            _tell_place(world, tape, place, [*changes[place], restocked], first)
    for place, units in goods.limited.items():
        _tell_place(world, tape, place, changes[place], units)


def _supply(changes: Iterable[Change]) -> int:
    """Enough for all that is ordered in these changes."""
    ordered = sum(max(locked, 0) for _, _, locked in changes)
    return round(ordered * (1 + SPARE_SHARE)) + SPARE_UNITS


def _tell_place(world: World, tape: Tape, place: Place, changes: list[Change], supply: int) -> None:
    shop, warehouse, sku = place
    changes.sort()
    on_hand, locked, done = supply, 0, 0
    at = world.start_ms - HOUR_MS - world.rng.randrange(30 * MINUTE_MS)
    while at < world.end_ms:
        while done < len(changes) and changes[done][0] <= at:
            on_hand, locked = on_hand + changes[done][1], locked + changes[done][2]
            done += 1
        held = min(locked, on_hand)  # Nothing can be set aside that is not there.
        count = {"available": on_hand - held, "on_hand": on_hand, "locked": held}
        tape.tell(shop, "inventory.changed", at, {"sku": sku, "warehouse": warehouse} | count)
        at += EVERY_MS + world.rng.randrange(10 * MINUTE_MS)
