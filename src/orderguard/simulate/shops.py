"""Draw the merchant: its shops, what their channels tell, and what each of them sells."""

from dataclasses import dataclass
from random import Random

from orderguard.simulate.model import MINUTE_MS, SECOND_MS, Product, Shop

SHOP_NAMES = ("flagship", "live", "mini")
LIMITED_TITLE = "限量跑鞋"
"""What the titles of limited releases begin with."""
PRICE_ENDINGS_FEN = (0, 0, 90, 90, 50, 80)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A shop's products. Each shop has its own, for merchants allot stock by channel."""

    regular: tuple[Product, ...]
    popularity: tuple[float, ...]
    limited: tuple[Product, ...]  # a limited release: everyone comes in its first minute
    near_threshold: Product  # honestly priced just below the risk threshold
    trifle: Product  # at most 1 yuan: a postage top-up, a sample


def draw_user_agents(rng: Random) -> tuple[str, ...]:
    """A shop's own app shows a dozen clients; a shop in the browser shows a hundred."""
    if rng.random() < 0.4:
        app, major = rng.choice(("ShopApp", "MallClient", "Buy")), rng.randint(3, 9)
        systems = [f"iPhone; iOS {rng.randint(14, 18)}.{rng.randint(0, 6)}" for _ in range(6)]
        systems += [f"Android {rng.randint(9, 15)}" for _ in range(7)]
        clients = [f"{app}/{major}.{rng.randint(0, 4)} ({system})" for system in systems]
    else:
        clients = [draw_browser(rng) for _ in range(rng.randint(40, 120))]
    return tuple(dict.fromkeys(clients))


def draw_browser(rng: Random) -> str:
    version = f"{rng.randint(96, 131)}.0.{rng.randint(4000, 6800)}.{rng.randint(10, 200)}"
    if rng.random() < 0.35:
        ios = f"{rng.randint(14, 18)}_{rng.randint(0, 6)}"
        head = f"Mozilla/5.0 (iPhone; CPU iPhone OS {ios} like Mac OS X) AppleWebKit/605.1.15"
        tail = f"MicroMessenger/8.0.{rng.randint(20, 54)}" if rng.random() < 0.6 else "Safari/604.1"
        return f"{head} {tail}"
    model = rng.choice(("V2244A", "PGT-AN10", "22081212C", "NOH-AN00", "PHB110", "SM-S9180"))
    android = f"Linux; Android {rng.randint(9, 15)}; {model}"
    return f"Mozilla/5.0 ({android}) AppleWebKit/537.36 Chrome/{version} Mobile Safari/537.36"


def draw_shops(rng: Random) -> tuple[Shop, ...]:
    """Two or three shops. The first tells everything; what the others tell is a matter of luck."""
    names = SHOP_NAMES[: rng.randint(2, 3)]
    first_share = rng.uniform(0.45, 0.7)
    return tuple(
        Shop(
            name=name,
            traffic=first_share if i == 0 else (1 - first_share) / (len(names) - 1),
            tells_registered_at=i == 0 or rng.random() < 0.6,
            tells_device_id=i == 0 or rng.random() < 0.6,
            tells_user_agent=i == 0 or rng.random() < 0.7,
            tells_ip=i == 0 or rng.random() < 0.75,
            tells_coupons=i == 0 or rng.random() < 0.8,
            tells_payer_early=rng.random() < 0.4,
            phone="full" if i == 0 else rng.choice(("full", "masked", "token")),
            address=rng.choice(("coordinates", "text", "token")),
            registrations_told=rng.uniform(0.2, 0.8),
            paid_first=rng.choice((0.02, 0.05, 0.25)),
            paid_in_full=rng.random() < 0.5,
            id_only=rng.choice((0.03, 0.08, 0.3)),
            user_agents=draw_user_agents(rng),
        )
        for i, name in enumerate(names)
    )


def draw_price_fen(rng: Random) -> int:
    yuan = min(1500, max(12, round(rng.lognormvariate(4.9, 0.8))))
    return yuan * 100 + rng.choice(PRICE_ENDINGS_FEN)


def draw_product(
    rng: Random, number: str, *, price_fen: int, released_at: int, sizes: int = 1
) -> Product:
    model = f"P{number}"
    skus = (model,) if sizes == 1 else tuple(f"{model}-{size}" for size in range(36, 36 + sizes))
    return Product(
        product_id=model,
        skus=skus,
        title=f"{rng.choice(('轻羽', '山岚', '云步', '初夏', '逐光'))}{number[-4:]}",
        price_fen=price_fen,
        released_at=released_at,
        opening=rng.uniform(0.1, 0.5),
        decay_ms=rng.uniform(2, 20) * MINUTE_MS,
    )


def draw_limited(rng: Random, number: str, *, opening_ms: int, sale_ms: int) -> Product:
    """A limited release opens with the sale or at a full half hour later, and sells in minutes."""
    half_hours = sale_ms // (30 * MINUTE_MS)
    offset = 0 if rng.random() < 0.5 else rng.randrange(max(1, half_hours - 2)) * 30 * MINUTE_MS
    return Product(
        product_id=f"P{number}",
        skus=tuple(f"P{number}-{size}" for size in range(38, 38 + rng.randint(1, 7))),
        title=f"{LIMITED_TITLE}{number[-3:]}",
        price_fen=rng.randrange(399, 1600, 100) * 100,
        released_at=opening_ms + offset,
        opening=rng.uniform(0.85, 0.97),
        decay_ms=rng.uniform(30, 180) * SECOND_MS,
    )
