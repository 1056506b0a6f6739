"""What a demonstration shows besides its sale: an attack order by order, and mapped SKUs."""

from dataclasses import dataclass

from orderguard.simulate.anomalies import segment_script
from orderguard.simulate.journal import Journal
from orderguard.simulate.kinds import Kind
from orderguard.simulate.model import DAY_MS, MINUTE_MS, SECOND_MS, Purchase, Shop
from orderguard.simulate.shops import draw_limited
from orderguard.simulate.wire import channel_sku
from orderguard.simulate.world import World

ATTACK_ORDERS = 47
ATTACK_MS = 30 * SECOND_MS
RELEASE_UNITS = 3_000
PRODUCTS_MAPPED = 12


@dataclass(frozen=True, slots=True)
class Attack:
    """One script on one limited release, of which the warehouse tells `units` at first."""

    shop: str
    product_id: str
    title: str
    units: int
    began_ms: int
    ended_ms: int
    order_ids: tuple[str, ...]


def script_attack(world: World, shop: Shop) -> list[Purchase]:
    """A script wants a limited release minutes after it has opened."""
    rng, product = world.rng, world.talked_of[shop.name]
    start = product.released_at + int(rng.uniform(2, 9) * MINUTE_MS)
    times = world.even(start, start + ATTACK_MS, ATTACK_ORDERS)
    return segment_script(world, shop, product, times)


SCRIPT_ATTACK = Kind(
    "script_attack", 0, script_attack, returned=0.3, seen_in=lambda shop: shop.tells_ip
)


def plant_attack(world: World) -> tuple[Attack, list[tuple[Kind, Purchase]]]:
    """The attack, on a shop where it can be seen, and its orders."""
    shop = next(shop for shop in world.shops if SCRIPT_ATTACK.seen_in(shop))
    sale_ms = world.closing_ms - world.opening_ms
    product = draw_limited(world.rng, world.number(), opening_ms=world.opening_ms, sale_ms=sale_ms)
    world.talked_of[shop.name] = product
    purchases = SCRIPT_ATTACK.plant(world, shop)
    each, rest = divmod(RELEASE_UNITS, len(product.skus))
    for i, sku in enumerate(product.skus):
        world.stock_firsts[sku] = each + (i < rest)
    attack = Attack(
        shop=shop.name,
        product_id=product.product_id,
        title=product.title,
        units=RELEASE_UNITS,
        began_ms=purchases[0].placed_at,
        ended_ms=purchases[-1].placed_at,
        order_ids=tuple(purchase.order_id for purchase in purchases),
    )
    return attack, [(SCRIPT_ATTACK, purchase) for purchase in purchases]


def tell_mappings(world: World, journal: Journal, attack: Attack) -> None:
    """How the warehouse calls what the attacked shop sells.

    A gift set is two articles, and one that is sold no longer has lost its mapping.
    """
    shop = next(shop for shop in world.shops if shop.name == attack.shop)
    at = world.history_ms
    skus = [
        sku for one in world.catalogues[shop.name].regular[:PRODUCTS_MAPPED] for sku in one.skus
    ]
    for sku in skus:
        journal.tell(shop, "sku.mapped", at, {"channel_sku": channel_sku(shop, sku), "sku": sku})
    parts = [{"sku": sku, "quantity": count} for sku, count in ((skus[0], 1), (skus[-1], 2))]
    gift_set = {"channel_sku": channel_sku(shop, f"SET-{skus[0]}"), "bundle": parts}
    journal.tell(shop, "sku.mapped", at, gift_set)
    gone = channel_sku(shop, f"{skus[0]}-OLD")
    journal.tell(shop, "sku.mapped", at, {"channel_sku": gone, "sku": skus[0]})
    journal.tell(shop, "sku.mapped", at + DAY_MS, {"channel_sku": gone})
