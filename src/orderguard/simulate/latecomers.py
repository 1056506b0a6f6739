"""What comes when the sale is over: a few clusters that wait for whoever sits at the workbench."""

from random import Random

from orderguard.simulate.model import MINUTE_MS, SECOND_MS, Purchase
from orderguard.simulate.places import draw_place, respell
from orderguard.simulate.wire import Json, order_json, paid_json, rfc3339
from orderguard.simulate.world import World

COUNT_FROM = 1_000_000
"""Ids are counted from here on: the world of this seed gave the earlier ones to the sale."""
OF_EACH = 2
LASTS_MS = 8 * MINUTE_MS
PAYS_AFTER_MS = 20 * SECOND_MS
PRICE_FEN = 69_900


def latecomers(seed: int, now_ms: int) -> list[tuple[str, Json]]:
    """(shop, event) of each, placed in the minutes before `now_ms` and in that order."""
    world = World(seed, orders=1, days_of_history=30, opening_ms=now_ms - LASTS_MS)
    world.rng, world.count = Random(f"late {seed}"), COUNT_FROM
    purchases: list[Purchase] = []
    for _ in range(OF_EACH):
        purchases += [*burst(world), *doorstep(world), *device(world), *device(world)]
    told: list[tuple[int, str, Json]] = []
    for purchase in purchases:
        shop, whole, paid_at = purchase.buyer.shop, order_json(purchase), _paid_at(purchase)
        for kind, at, order in (
            ("order.created", purchase.placed_at, whole),
            ("order.paid", paid_at, whole | paid_json(purchase, paid_at)),
        ):
            event = {
                "id": f"late_{purchase.order_id}_{kind}",
                "type": kind,
                "occurred_at": rfc3339(at),
                "data": {"order": order},
            }
            told.append((at, shop.name, event))
    return [(shop, event) for _, shop, event in sorted(told, key=lambda one: one[0])]


def burst(world: World) -> list[Purchase]:
    """One buyer wants one product again and again: for the risk team."""
    buyer = world.buyer(world.shop(lambda shop: shop.tells_registered_at))
    product = world.product()
    return [world.buy(buyer, at, product, pays=True) for at in _times(world, 6)]


def doorstep(world: World) -> list[Purchase]:
    """Newcomers want one dear product at one door: for the risk team."""
    shop, door = world.shop(lambda shop: shop.tells_registered_at), draw_place(world.rng)
    product = world.product(price_fen=PRICE_FEN)
    purchases = []
    for at in _times(world, 7):
        place = respell(world.rng, door)
        buyer = world.newcomer(shop, days_max=14, home=place)
        purchases.append(
            world.buy(buyer, at, product, place=place, coupon_fen=0, pays=True),
        )
    return purchases


def device(world: World) -> list[Purchase]:
    """Three old accounts on one device, each with its door: for customer service."""
    shop = world.shop(lambda shop: shop.tells_device_id)
    shared = world.device(shop)
    return [
        world.buy(world.buyer(shop, device=shared), at, world.product(), pays=True)
        for at in _times(world, 3)
    ]


def _times(world: World, count: int) -> list[int]:
    return world.scattered(world.opening_ms, world.opening_ms + LASTS_MS - 2 * PAYS_AFTER_MS, count)


def _paid_at(purchase: Purchase) -> int:
    return purchase.placed_at + PAYS_AFTER_MS
