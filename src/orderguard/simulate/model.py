"""What a simulated sale is made of. Times are milliseconds since 1970; money is in fen."""

from dataclasses import dataclass
from typing import Literal

from orderguard.simulate.places import Place

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop, its share of the traffic, and what its channel does and does not tell us."""

    name: str
    traffic: float
    tells_registered_at: bool
    tells_device_id: bool
    tells_user_agent: bool
    tells_ip: bool
    tells_coupons: bool
    tells_payer_early: bool  # already in order.created, not only in order.paid
    phone: Literal["full", "masked", "token"]
    address: Literal["coordinates", "text", "token"]
    registrations_told: float  # share of new buyers that a buyer.registered announces
    paid_first: float  # share of paid orders whose first event is order.paid
    paid_in_full: bool  # order.paid repeats the whole order
    id_only: float  # share of orders whose order.created holds nothing but the id
    user_agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A /24 (`v6` false) or a /48."""

    prefix: str
    v6: bool


@dataclass(frozen=True, slots=True)
class Device:
    id: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Product:
    product_id: str
    skus: tuple[str, ...]
    title: str
    price_fen: int
    released_at: int
    opening: float  # share of its orders that come with the release
    decay_ms: float  # how fast that first rush dies away


@dataclass(frozen=True, slots=True)
class Buyer:
    id: str
    shop: Shop
    name: str
    phone: str
    registered_at: int
    places: tuple[Place, ...]  # the first is home
    device: Device
    ip: str
    payer: str


@dataclass(frozen=True, slots=True)
class Line:
    product: Product
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order as it truly was; `lives` turns it into what the channel tells."""

    order_id: str
    buyer: Buyer
    placed_at: int
    lines: tuple[Line, ...]
    coupon_fen: int
    freight_fen: int
    pays: bool
    payer: str
    place: Place
    recipient: str
    recipient_phone: str
    device: Device
    ip: str

    @property
    def amount_fen(self) -> int:
        goods_fen = sum(line.product.price_fen * line.quantity for line in self.lines)
        return goods_fen - self.coupon_fen + self.freight_fen
