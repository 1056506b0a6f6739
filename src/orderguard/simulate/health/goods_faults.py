"""Faults of goods: sold beyond the stock, locked for nobody, mapped to nothing or to two."""

from dataclasses import dataclass, field, replace

from orderguard.domain.orders import OrderKey
from orderguard.simulate.health.life import Purchase
from orderguard.simulate.health.shops import SHOPS, Product, Shop
from orderguard.simulate.health.tape import Tape
from orderguard.simulate.health.truth import Fault, Kind
from orderguard.simulate.health.world import World
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

SOLD_WITHIN_S = 36_000
MAPPED = next(shop for shop in SHOPS if not shop.tells_sku)


@dataclass(slots=True)
class Goods:
    """What the planted faults mean for stock and mapping; `limited` has the units of a release."""

    limited: dict[tuple[Shop, str, str], int] = field(default_factory=dict)
    mappings: list[tuple[int, str, str | None]] = field(default_factory=list)


def _at(purchase: Purchase, warehouse: str) -> Purchase:
    return replace(purchase, warehouse=warehouse)


def plant_goods(world: World, count: int) -> Goods:
    goods = Goods()
    for number in range(count):
        _plant_oversold(world, goods, number)
        _plant_phantom_lock(world, number)
        _plant_unmapped(world, goods, number)
        _plant_ambiguous(world, goods, number)
        _plant_suspect(world, goods, number)
    return goods


def _plant_oversold(world: World, goods: Goods, number: int) -> None:
    """A release of few pieces, of which more are paid than there are."""
    rng, drawer = world.rng, world.drawer
    shop = rng.choice([shop for shop in SHOPS if shop.tells_sku])
    product = world.product(f"{shop.name}-limited-{number}")
    units, extra = rng.randrange(4, 9 + world.orders // 2_000), rng.randrange(2, 7)
    opens, paid_units = world.when(2, 9), 0
    beyond: list[tuple[int, OrderKey]] = []
    moments = sorted(rng.sample(range(SOLD_WITHIN_S), units + extra + 1))
    abandoned = moments.pop(rng.randrange(units))
    warehouse = shop.warehouses[0]
    goods.limited[shop, warehouse, product.sku] = units
    for at in (opens + second * SECOND_MS for second in moments):
        is_beyond = paid_units >= units
        if len(beyond) == extra:
            break
        quantity = 2 if not is_beyond and units - paid_units > 1 and rng.random() < 0.2 else 1
        purchase = world.buy(shop, at, items=(world.item(product, at, quantity),))
        # Paid in the order placed, so that who came too late is known.
        life = drawer.sent(purchase, at)
        drawer.pay(life, purchase, at=at + rng.randrange(200, 900))
        drawer.send(life)
        paid_units += quantity
        if is_beyond:
            life.stop_after("accepted")
            assert life.paid is not None, "just paid"
            life.cancelled = drawer.later(life.paid, 9 * HOUR_MS, 20 * HOUR_MS)
            asked = life.cancelled - SECOND_MS
            life.refunds = [drawer.refund(purchase, asked, purchase.paid_fen)]
        key = world.live(_at(purchase, warehouse), life, prompt=True)
        if is_beyond:
            beyond.append((life.paid or 0, key))
    at = opens + abandoned * SECOND_MS
    world.live(
        _at(world.buy(shop, at, items=(world.item(product, at),)), warehouse), drawer.unpaid(at)
    )
    world.faults.append(
        Fault(
            kind=Kind.OVERSOLD,
            shop=shop.key,
            since=beyond[0][0],
            until=world.end_ms,
            orders=tuple(key for _, key in beyond),
            skus=(product.sku,),
        )
    )


def _plant_phantom_lock(world: World, number: int) -> None:
    """Orders that end unpaid, and a warehouse that never hears of it."""
    rng, drawer = world.rng, world.drawer
    shop = SHOPS[number % len(SHOPS)]
    products = world.products[shop.name][1:]
    product = products[(number // len(SHOPS)) % len(products)]
    warehouse, at, ended, keys = rng.choice(shop.warehouses), world.when(2, 9), 0, []
    for _ in range(rng.randrange(2, 6)):
        at += rng.randrange(MINUTE_MS, 2 * HOUR_MS)
        purchase = world.buy(shop, at, items=(world.item(product, at, rng.choice((1, 2))),))
        life = drawer.unpaid(at)
        ended = max(ended, life.cancelled or life.closed or 0)
        keys.append(world.live(_at(purchase, warehouse), life, keeps_lock=True))
    world.faults.append(
        Fault(
            kind=Kind.PHANTOM_LOCK,
            shop=shop.key,
            since=ended,
            until=world.end_ms,
            orders=tuple(keys),
            skus=(product.sku_at(at),),
        )
    )


def _orders(
    world: World, product: Product, since: int, until: int, *, least: int = 2
) -> list[OrderKey]:
    keys = []
    for _ in range(world.rng.randrange(least, 6)):
        at = world.rng.randrange(since, until)
        purchase = world.buy(MAPPED, at, items=(world.item(product, at),))
        keys.append(world.live(purchase, world.drawer.sent(purchase, at)))
    return keys


def _plant_unmapped(world: World, goods: Goods, number: int) -> None:
    """Goods that are sold before anybody maps them; of every other one nobody ever does."""
    product = world.product(f"{MAPPED.name}-new-{number}")
    since = world.when(1, 9)
    until = since + DAY_MS
    keys = _orders(world, product, since, until)
    if number % 2:
        mapped = until + HOUR_MS
        goods.mappings.append((mapped, product.channel_sku, product.sku))
        _orders(world, product, mapped + HOUR_MS, mapped + DAY_MS)
    _tell(world, Kind.SKU_UNMAPPED, product, since, keys)


def _plant_ambiguous(world: World, goods: Goods, number: int) -> None:
    """A second mapping is added, and the first is not taken back."""
    product = world.product(f"{MAPPED.name}-twice-{number}")
    since = world.when(2, 10)
    goods.mappings.append((world.start_ms - 2 * HOUR_MS, product.channel_sku, product.sku))
    _orders(world, product, world.start_ms + HOUR_MS, since - HOUR_MS)
    goods.mappings.append((since, product.channel_sku, f"{product.sku}-other"))
    keys = _orders(world, product, since + HOUR_MS, since + 2 * DAY_MS)
    _tell(world, Kind.SKU_AMBIGUOUS, product, since, keys)


def _plant_suspect(world: World, goods: Goods, number: int) -> None:
    """A mapping to the wrong goods; the warehouse knows better and sends the right ones."""
    product = world.product(f"{MAPPED.name}-wrong-{number}")
    since = world.when(1, 8)
    goods.mappings.append((world.start_ms - 2 * HOUR_MS, product.channel_sku, f"{product.sku}-not"))
    keys = _orders(world, product, since, since + 2 * DAY_MS, least=3)
    _tell(world, Kind.SKU_SUSPECT, product, since, keys)


def _tell(world: World, kind: Kind, product: Product, since: int, keys: list[OrderKey]) -> None:
    skus = (product.channel_sku, product.sku)
    world.faults.append(
        Fault(
            kind=kind,
            shop=MAPPED.key,
            since=since,
            until=world.end_ms,
            orders=tuple(keys),
            skus=skus,
        )
    )


def tell_mappings(world: World, goods: Goods, tape: Tape) -> None:
    """The mappings of all goods of the shops that name their own alone."""
    mappings: list[tuple[int, str, str | None]] = list(goods.mappings)
    ready = world.start_ms - 2 * HOUR_MS
    for product in (*world.products[MAPPED.name], *world.quiet[MAPPED.name]):
        mappings.append((ready, product.channel_sku, product.sku))
        if product.remapped_at is not None:
            mappings.append((product.remapped_at - 1, product.channel_sku, None))
            mappings.append((product.remapped_at, product.channel_sku, product.later_sku))
    for at, channel_sku, sku in mappings:
        tape.tell(MAPPED, "sku.mapped", at, {"channel_sku": channel_sku, "sku": sku})
