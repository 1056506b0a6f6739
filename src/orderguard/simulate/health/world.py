"""The world that orders are drawn from: shops, goods, buyers, and everything that was lived."""

import random
from dataclasses import dataclass

from orderguard.domain.orders import OrderKey
from orderguard.simulate.health.life import Drawer, Item, Life, Purchase
from orderguard.simulate.health.shops import DAYS, SHOPS, Product, Shop, make_products
from orderguard.simulate.health.truth import Fault
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS

ORDERS_PER_PRODUCT, PRODUCTS_MIN = 600, 8
ORDERS_PER_BUYER = 1.3
SAME_BASKET_AFTER_MS = 3 * HOUR_MS
EUR_SHARE, FOREIGN_MONEY_SHARE = 0.02, 0.01
YUAN_PER_DOLLAR, DOLLARS_PER_EURO = "7.1243", "1.0817"


@dataclass(frozen=True, slots=True)
class Lived:
    """`keeps_lock`: the warehouse does not hear that it was cancelled."""

    purchase: Purchase
    life: Life
    prompt: bool = False
    keeps_lock: bool = False


class World:
    """`products` are counted by their warehouses; of `quiet` ones no stock is ever told."""

    def __init__(self, seed: int, orders: int, start_ms: int) -> None:
        self.rng = random.Random(seed)
        self.drawer = Drawer(self.rng)
        self.orders = orders
        self.start_ms, self.end_ms = start_ms, start_ms + DAYS * DAY_MS
        self.products: dict[str, list[Product]] = {}
        self.quiet: dict[str, list[Product]] = {}
        for shop in SHOPS:
            count = max(PRODUCTS_MIN, round(orders * shop.share / ORDERS_PER_PRODUCT))
            self.products[shop.name] = make_products(self.rng, shop, count, start_ms)
            self.quiet[shop.name] = [
                self.product(f"{shop.name}-quiet-{number}") for number in range(3)
            ]
        self.lived: list[Lived] = []
        self.faults: list[Fault] = []
        self._numbers = 0
        self._baskets: dict[tuple[str, tuple[tuple[str, int], ...]], int] = {}

    def product(self, sku: str) -> Product:
        return Product(f"c-{sku}", sku, self.rng.randrange(1_900, 39_900, 10))

    def when(self, first_day: float, last_day: float) -> int:
        """An instant between two days of the history."""
        return self.start_ms + int(self.rng.uniform(first_day, last_day) * DAY_MS)

    def shop(self, *, with_finance: bool = False) -> Shop:
        shops = [shop for shop in SHOPS if shop.has_finance or not with_finance]
        return self.rng.choices(shops, [shop.share for shop in shops])[0]

    def item(self, product: Product, at: int, quantity: int = 1) -> Item:
        return Item(product, product.sku_at(at), quantity)

    def buy(
        self,
        shop: Shop,
        at: int,
        *,
        items: tuple[Item, ...] | None = None,
        buyer: str | None = None,
        paid_by_fen: int = 0,
    ) -> Purchase:
        """What a buyer puts in the basket then; `paid_by_fen` is paid more than is asked."""
        rng = self.rng
        self._numbers += 1
        chosen = self._basket(shop, at) if items is None else items
        if buyer is None:
            buyer = self._buyer(shop, at, chosen) if items is None else f"b-{self._numbers}-once"
        amount_fen = sum(item.product.price_fen * item.quantity for item in chosen)
        currency, paid_currency, paid_fen, rate = shop.currency, shop.currency, amount_fen, None
        draw = rng.random()
        if currency == "USD" and items is None and draw < EUR_SHARE:
            currency, paid_currency, rate = "EUR", "EUR", DOLLARS_PER_EURO
        elif currency == "USD" and items is None and draw < EUR_SHARE + FOREIGN_MONEY_SHARE:
            paid_currency, paid_fen = "CNY", round(amount_fen * float(YUAN_PER_DOLLAR))
        return Purchase(
            order_id=f"{shop.name[0]}{700_000 + self._numbers}",
            shop=shop,
            buyer=buyer,
            items=chosen,
            amount_fen=amount_fen,
            currency=currency,
            paid_fen=paid_fen + paid_by_fen,
            paid_currency=paid_currency,
            warehouse=rng.choice(shop.warehouses),
            exchange_rate=rate,
        )

    def _basket(self, shop: Shop, at: int) -> tuple[Item, ...]:
        rng, products = self.rng, self.products[shop.name]
        weights = popularity(len(products))
        count = rng.choices((1, 2, 3), (0.72, 0.2, 0.08))[0]
        chosen = dict.fromkeys(rng.choices(products, weights, k=count))
        quantities = rng.choices((1, 2, 3), (0.85, 0.12, 0.03), k=count)
        return tuple(
            self.item(product, at, quantity)
            for product, quantity in zip(chosen, quantities, strict=False)
        )

    def _buyer(self, shop: Shop, at: int, items: tuple[Item, ...]) -> str:
        """Anyone who does not buy the very same twice within a few hours by chance."""
        pool = max(20, round(self.orders * shop.share / ORDERS_PER_BUYER))
        basket = tuple(sorted((item.sku, item.quantity) for item in items))
        while True:
            buyer = f"{shop.name[0]}b{self.rng.randrange(pool)}"
            last = self._baskets.get((buyer, basket))
            if last is None or abs(at - last) > SAME_BASKET_AFTER_MS:
                self._baskets[buyer, basket] = at
                return buyer

    def live(
        self, purchase: Purchase, life: Life, *, prompt: bool = False, keeps_lock: bool = False
    ) -> OrderKey:
        self.lived.append(Lived(purchase, life, prompt, keeps_lock))
        return OrderKey(purchase.shop.channel, purchase.shop.name, purchase.order_id)


def popularity(products: int) -> list[float]:
    """How often each of so many products is bought, as weights."""
    return [1 / (rank + 1) ** 0.7 for rank in range(products)]


def make_repeats(world: World, count: int) -> None:
    """Buyers who honestly buy again: much later, something else, or in place of a cancelled one."""
    rng, drawer = world.rng, world.drawer
    for number in range(count):
        shop, at = world.shop(), world.when(0.1, 13)
        items = (world.item(rng.choice(world.products[shop.name]), at),)
        first = world.buy(shop, at, items=items)
        again_at = at + rng.randrange(6 * MINUTE_MS, 40 * MINUTE_MS)
        life = drawer.sent(first, at)
        match number % 4:
            case 0:  # The same, but more than an hour after the first was paid.
                assert life.paid is not None, "it was sent"
                again_at = life.paid + rng.randrange(65 * MINUTE_MS, 5 * HOUR_MS)
            case 1:  # Within minutes, but more of it.
                items = (world.item(items[0].product, again_at, quantity=2),)
            case 2:  # The first was cancelled before the second was paid.
                life = drawer.cancelled(first, at)
                assert life.cancelled is not None, "just cancelled"
                again_at = life.cancelled + rng.randrange(6 * MINUTE_MS, 30 * MINUTE_MS)
            case _:  # The first was never paid.
                life = drawer.unpaid(at)
        again = world.buy(shop, again_at, items=items, buyer=first.buyer)
        world.live(first, life)
        world.live(again, drawer.sent(again, again_at))
