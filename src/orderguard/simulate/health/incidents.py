"""What happens to a whole shop: a planned sale, and three things that nobody planned."""

from msgspec import Struct

from orderguard.domain.entries import CampaignChanged
from orderguard.simulate.health.life import Life, Purchase
from orderguard.simulate.health.shops import DAYS, LARGEST, DayCurve
from orderguard.simulate.health.truth import Fault, Kind
from orderguard.simulate.health.world import World, popularity
from orderguard.simulate.model import HOUR_MS, MINUTE_MS


class Window(Struct, frozen=True):
    """Hours from the start of the history."""

    from_h: int
    to_h: int


SALE, SALE_BOOST = Window(8 * 24 + 20, 8 * 24 + 22), 5.0
PENDING, PENDING_SHARE = Window(6 * 24 + 12, 6 * 24 + 15), 0.75
SURGE, SURGE_FACTOR, SURGE_ORDERS_MIN = Window(10 * 24 + 14, 10 * 24 + 16), 3.5, 40
STUCK, STUCK_SHARE = Window(12 * 24 + 12, 12 * 24 + 20), 0.66
CATCHES_UP_MS = 2 * HOUR_MS
PICKED_BEFORE_MS_MAX = 23 * HOUR_MS


class Incidents:
    """All of them in the largest shop, on days of their own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.boosts = dict.fromkeys(range(SALE.from_h, SALE.to_h), SALE_BOOST)

    def _ms(self, hour: int) -> int:
        return self.world.start_ms + hour * HOUR_MS

    def _holds(self, window: Window, at: int | None) -> bool:
        return at is not None and self._ms(window.from_h) <= at < self._ms(window.to_h)

    def campaign(self, curve: DayCurve, orders: int) -> CampaignChanged:
        """The planned sale as the merchant announces it, the day before."""
        products = self.world.products[LARGEST.name]
        a_minute = curve.expected(SALE.from_h, orders) / 60
        weights = popularity(len(products))
        rates = [a_minute * weight / sum(weights) for weight in weights]
        skus = [product.sku for product in products]
        return CampaignChanged(
            received_ms=self.world.start_ms,
            campaign_id="sale",
            channel=LARGEST.channel,
            shop=LARGEST.name,
            starts_ms=self._ms(SALE.from_h),
            ends_ms=self._ms(SALE.to_h),
            products=tuple(skus),
            orders_per_minute=dict(zip(skus, rates, strict=True)),
        )

    def plant(self) -> None:
        """The truth of all three, and the orders of the surge."""
        world = self.world
        usual = DayCurve(world.start_ms, DAYS)
        count = round(world.orders * LARGEST.share)
        expected = sum(usual.expected(hour, count) for hour in range(SURGE.from_h, SURGE.to_h))
        for _ in range(max(SURGE_ORDERS_MIN, round(SURGE_FACTOR * expected))):
            at = world.rng.randrange(self._ms(SURGE.from_h), self._ms(SURGE.to_h))
            purchase = world.buy(LARGEST, at)
            world.live(purchase, world.drawer.healthy(purchase, at))
        for kind, window in (
            (Kind.VOLUME_SURGE, SURGE),
            (Kind.PAYMENT_PENDING_SHARE, PENDING),
            (Kind.SHIPPING_RATE_LOW, STUCK),
        ):
            since, until = self._ms(window.from_h), self._ms(window.to_h)
            world.faults.append(Fault(kind=kind, shop=LARGEST.key, since=since, until=until))

    def befall(self, purchase: Purchase, life: Life) -> None:
        """What the incidents do to a healthy order of the shop; it stays healthy."""
        world, drawer = self.world, self.world.drawer
        is_plain = not life.refunds and life.completed is not None
        if purchase.shop is not LARGEST or not is_plain:
            return
        if self._holds(PENDING, life.placed) and world.rng.random() < PENDING_SHARE:
            paid = drawer.later(life.placed, 75 * MINUTE_MS, 108 * MINUTE_MS)
            drawer.pay(life, purchase, at=paid)
            drawer.send(life)
        if self._holds(STUCK, life.shipped) and world.rng.random() < STUCK_SHARE:
            ends = self._ms(STUCK.to_h)
            shipped = drawer.later(ends, 0, CATCHES_UP_MS)
            if life.picked is not None and shipped - life.picked < PICKED_BEFORE_MS_MAX:
                life.shipped = shipped
                drawer.send(life, since="shipped")
