"""The merchant, its buyers and its products; draws every entity that a kind of order needs."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random

from orderguard.simulate import shops as drawn
from orderguard.simulate.model import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Buyer,
    Device,
    Line,
    Product,
    Purchase,
    Segment,
    Shop,
)
from orderguard.simulate.places import CITY_NAMES, Place, draw_place, km_between

REAL_PREFIXES = ("133", "135", "136", "138", "139", "150", "158", "159", "177", "186", "189", "199")
VIRTUAL_PREFIXES = ("170", "171", "162", "165", "167")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN_NAMES = "伟芳娜敏静强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉兰欣怡子涵浩宇"
DRAWS_MAX = 500
# Multiplying by a number coprime to the modulus gives each count another number, so that ids are
# unique and yet say nothing about the order in which things were planted.
NUMBERS, NUMBER_STEP = 10**10, 7_368_787_331


def length_ms(seed: int) -> int:
    """How long a sale lasts: known before it is made, so that one can be made to end now."""
    return int(Random(f"length {seed}").uniform(3, 8) * HOUR_MS)


class World:
    """All drawing goes through the one `rng`, so a seed fixes the sale to the last byte.

    What is drawn, and how often, does not depend on the hour at which the sale opens.
    """

    def __init__(self, seed: int, *, orders: int, days_of_history: int, opening_ms: int) -> None:
        self.rng = rng = Random(seed)
        self.count = 0
        self.salt = rng.randrange(NUMBERS)
        self.opening_ms = opening_ms
        self.closing_ms = opening_ms + length_ms(seed)
        self.history_ms = opening_ms - days_of_history * DAY_MS
        self.new_share = rng.uniform(0.1, 0.25)
        self.mobile_share = rng.uniform(0.15, 0.4)
        self.v6_share = rng.uniform(0.0, 0.2)
        self.coupon_share = rng.uniform(0.35, 0.65)
        self.unpaid_share = rng.uniform(0.06, 0.10)
        self.shops = drawn.draw_shops(rng)
        self.catalogues = {shop.name: self._catalogue() for shop in self.shops}
        segments = max(20, orders // 150)
        self.segments = {city: [self.segment() for _ in range(segments)] for city in CITY_NAMES}
        self.regulars: dict[str, list[Buyer]] = {shop.name: [] for shop in self.shops}
        self.registrations: list[Buyer] = []
        self.history: list[Purchase] = []
        self.bystanders: list[Purchase] = []  # plain orders that a kind needed for its scene
        self.stock_pins: dict[str, tuple[int, int]] = {}  # SKU: (when, what is available then)
        self.stock_firsts: dict[str, int] = {}  # SKU: the units that it starts with
        self.talked_of: dict[str, Product] = {}  # by shop
        self.stock_arrivals: dict[str, tuple[int, int]] = {}  # SKU: (when told, units)

    def shop(self, fits: Callable[[Shop], bool]) -> Shop:
        """One of the shops that fit, by their traffic."""
        shops = [shop for shop in self.shops if fits(shop)]
        return self.rng.choices(shops, [shop.traffic for shop in shops])[0]

    # Chance

    def number(self) -> str:
        self.count += 1
        return f"{(self.count * NUMBER_STEP + self.salt) % NUMBERS:010d}"

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def moment(self, product: Product | None = None) -> int:
        """When an order of the sale is placed: a rush at the release, then a calm."""
        released_at = product.released_at if product else self.opening_ms
        released_at = max(released_at, self.opening_ms)
        opening, decay_ms = (
            (product.opening, product.decay_ms) if product else (0.3, 12 * MINUTE_MS)
        )
        if self.chance(opening):
            at = released_at + int(self.rng.expovariate(1 / decay_ms))
            if at < self.closing_ms:
                return at
        return self.rng.randint(released_at, self.closing_ms)

    def past_moment(self, since: int | None = None, until: int | None = None) -> int:
        """Some time in the history, seldom at night."""
        since = max(self.history_ms, since or 0)
        until = min(self.opening_ms - 3 * HOUR_MS, until or self.opening_ms)
        at = self.rng.randint(min(since, until), until)
        is_asleep = self.chance(0.85)
        if (at // HOUR_MS + 8) % 24 < 7 and is_asleep:
            at = max(since, at - 9 * HOUR_MS)
        return at

    def scattered(self, since: int, until: int, count: int) -> list[int]:
        """Independent moments: what honest crowds make, bunched and gappy."""
        return sorted(self.rng.randint(since, until) for _ in range(count))

    def even(self, since: int, until: int, count: int) -> list[int]:
        """A machine's moments: one step each, with the jitter its author thought enough."""
        step = (until - since) / count
        jitter = self.rng.uniform(0.02, 0.2) * step
        return sorted(
            int(since + (i + 0.5) * step + self.rng.gauss(0, jitter)) for i in range(count)
        )

    # Places and nets

    def far_place(self, places: Sequence[Place], *, km_min: float, km_max: float = 9e9) -> Place:
        """A place at least `km_min` from all of these and, where there is one, within `km_max`."""
        far = places[0]
        for _ in range(DRAWS_MAX):
            drawn = draw_place(self.rng)
            km = min(km_between(drawn, known) for known in places)
            if km >= km_min:
                far = drawn
                if km <= km_max:
                    break
        return far

    def segment(self) -> Segment:
        rng = self.rng
        if self.chance(self.v6_share):
            head = rng.choice(("2408:8", "2409:8", "240e:3"))
            return Segment(f"{head}{rng.randrange(4096):03x}:{rng.randrange(1, 65536):x}", v6=True)
        first = rng.choice((36, 39, 58, 60, 101, 111, 112, 117, 120, 121, 183, 220, 223))
        return Segment(f"{first}.{rng.randrange(256)}.{rng.randrange(256)}", v6=False)

    def host(self, segment: Segment) -> str:
        if segment.v6:
            net, host = self.rng.randrange(1, 65536), self.rng.randrange(1, 65536)
            return f"{segment.prefix}:{net:x}::{host:x}"
        return f"{segment.prefix}.{self.rng.randint(1, 254)}"

    def ip(self, place: Place) -> str:
        """Carriers put most of a city behind a few of their segments."""
        segments = self.segments[place.province, place.city]
        return self.host(segments[int(len(segments) * self.rng.random() ** 2)])

    # Buyers

    def name(self) -> str:
        given = self.rng.choices(GIVEN_NAMES, k=self.rng.randint(1, 2))
        return self.rng.choice(SURNAMES) + "".join(given)

    def phone(self) -> str:
        return f"{self.rng.choice(REAL_PREFIXES)}{self.rng.randrange(10**8):08d}"

    def virtual_prefix(self) -> str:
        return f"{self.rng.choice(VIRTUAL_PREFIXES)}{self.rng.randrange(10**4):04d}"

    def payer(self) -> str:
        return f"{self.rng.choice(('2088', 'wx_', 'card_'))}{self.number()}"

    def device(self, shop: Shop, user_agent: str | None = None) -> Device:
        agents = shop.user_agents
        # Some clients are far commoner than others.
        agent = user_agent or agents[int(len(agents) * self.rng.random() ** 1.5)]
        return Device(f"d{self.number()}{self.rng.randrange(16**6):06x}", agent)

    def registered_old(self) -> int:
        return self.opening_ms - self.rng.randint(61, 2200) * DAY_MS - self.rng.randrange(DAY_MS)

    def registered_new(self, days_max: float = 28) -> int:
        """Before the sale opens, and most of it in the last days."""
        age_ms = self.rng.random() ** 2.5 * days_max * DAY_MS
        return self.opening_ms - int(age_ms) - self.rng.randint(1, 10 * MINUTE_MS)

    def buyer(
        self,
        shop: Shop,
        *,
        registered_at: int | None = None,
        home: Place | None = None,
        device: Device | None = None,
        phone: str | None = None,
        payer: str | None = None,
        ip: str | None = None,
        told: bool = False,
    ) -> Buyer:
        """`told` makes sure that a buyer.registered announces this buyer."""
        home = home or draw_place(self.rng)
        places: tuple[Place, ...] = (home,)
        if self.chance(0.25):
            places = (home, draw_place(self.rng, (home.province, home.city)))
        if registered_at is None:
            registered_at = self.registered_old()
        buyer = Buyer(
            id=f"b{self.number()}",
            shop=shop,
            name=self.name(),
            phone=phone or self.phone(),
            registered_at=registered_at,
            places=places,
            device=device or self.device(shop),
            ip=ip or self.ip(home),
            payer=payer or self.payer(),
        )
        young = registered_at >= self.history_ms
        if told or (young and self.chance(shop.registrations_told)):
            self.registrations.append(buyer)
        return buyer

    def newcomer(
        self,
        shop: Shop,
        *,
        days_max: float = 28,
        home: Place | None = None,
        device: Device | None = None,
        payer: str | None = None,
        ip: str | None = None,
    ) -> Buyer:
        registered_at = self.registered_new(days_max)
        return self.buyer(
            shop, registered_at=registered_at, home=home, device=device, payer=payer, ip=ip
        )

    def established(
        self,
        shop: Shop,
        *,
        purchases: tuple[int, int] = (1, 4),
        home: Place | None = None,
        device: Device | None = None,
        payer: str | None = None,
        ip: str | None = None,
    ) -> Buyer:
        """An old account that ordered in the history, at its usual places."""
        buyer = self.buyer(shop, home=home, device=device, payer=payer, ip=ip)
        for _ in range(self.rng.randint(*purchases)):
            self.recall(buyer)
        return buyer

    def anyone(self, shop: Shop, *, new_share: float | None = None) -> Buyer:
        if self.chance(self.new_share if new_share is None else new_share):
            return self.newcomer(shop)
        if self.chance(0.6):
            return self.rng.choice(self.regulars[shop.name])
        return self.buyer(shop)

    def recall(self, buyer: Buyer, at: int | None = None) -> None:
        """Remember an earlier order of this buyer."""
        self.history.append(self.buy(buyer, self.past_moment() if at is None else at))

    # Products

    def product(self, *, price_fen: int | None = None, sizes: int = 1) -> Product:
        return drawn.draw_product(
            self.rng,
            self.number(),
            price_fen=drawn.draw_price_fen(self.rng) if price_fen is None else price_fen,
            released_at=self.history_ms,
            sizes=sizes,
        )

    def _catalogue(self) -> drawn.Catalogue:
        rng = self.rng
        regular = tuple(
            self.product(sizes=rng.choice((1, 1, 3, 5))) for _ in range(rng.randint(18, 40))
        )
        steepness = rng.uniform(0.6, 1.1)
        sale_ms = self.closing_ms - self.opening_ms
        return drawn.Catalogue(
            regular=regular,
            popularity=tuple(accumulate((i + 1) ** -steepness for i in range(len(regular)))),
            limited=tuple(
                drawn.draw_limited(rng, self.number(), opening_ms=self.opening_ms, sale_ms=sale_ms)
                for _ in range(rng.randint(1, 3))
            ),
            near_threshold=self.product(price_fen=rng.choice((98_900, 98_900, 97_900, 99_800))),
            trifle=self.product(price_fen=rng.choice((1, 10, 50, 100))),
        )

    def regular(self, shop: Shop) -> Product:
        catalogue = self.catalogues[shop.name]
        return self.rng.choices(catalogue.regular, cum_weights=catalogue.popularity)[0]

    def limited(self, shop: Shop) -> Product:
        return self.rng.choice(self.catalogues[shop.name].limited)

    def release(self, shop: Shop) -> Product:
        """A limited release as people choose one: most want the one that all talk of."""
        talked_of = self.talked_of.get(shop.name)
        if talked_of is not None and self.chance(0.6):
            return talked_of
        return self.limited(shop)

    # Orders

    def line(self, product: Product, quantity: int = 1) -> Line:
        return Line(product, self.rng.choice(product.skus), quantity)

    def basket(self, shop: Shop) -> list[Line]:
        sizes = self.rng.choices((1, 2, 3), (80, 15, 5))[0]
        products = {(drawn := self.regular(shop)).product_id: drawn for _ in range(sizes)}
        return [
            self.line(product, self.rng.choices((1, 2, 3), (86, 11, 3))[0])
            for product in products.values()
        ]

    def buy(
        self,
        buyer: Buyer,
        at: int,
        what: Product | Sequence[Line] | None = None,
        *,
        coupon_fen: int | None = None,
        pays: bool | None = None,
        payer: str | None = None,
        place: Place | None = None,
        recipient: str | None = None,
        device: Device | None = None,
        ip: str | None = None,
    ) -> Purchase:
        """`buyer` places an order at `at`; whatever is left out is as this buyer usually does."""
        if what is None:
            what = self.basket(buyer.shop)
        lines = (self.line(what),) if isinstance(what, Product) else tuple(what)
        goods_fen = sum(line.product.price_fen * line.quantity for line in lines)
        if coupon_fen is None:
            usual_fen = int(goods_fen * self.rng.uniform(0.03, 0.15)) // 100 * 100
            coupon_fen = usual_fen if self.chance(self.coupon_share) else 0
        if place is None:
            place = buyer.places[0 if self.chance(0.8) else -1]
        if ip is None:
            ip = self.ip(place) if self.chance(self.mobile_share) else buyer.ip
        return Purchase(
            order_id=f"{self.number()}{at // 1000 % 10**7:07d}",
            buyer=buyer,
            placed_at=at,
            lines=lines,
            coupon_fen=coupon_fen,
            freight_fen=self.rng.choice((600, 800, 1200)) if 100 < goods_fen < 4_900 else 0,
            pays=not self.chance(self.unpaid_share) if pays is None else pays,
            payer=payer or buyer.payer,
            place=place,
            recipient=recipient or buyer.name,
            recipient_phone=buyer.phone if recipient is None else self.phone(),
            device=device or buyer.device,
            ip=ip,
        )
