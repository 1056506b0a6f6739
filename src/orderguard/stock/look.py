"""What a channel SKU looks like: its title, its price, and what the warehouse sent for it."""

from msgspec import Struct


class Look(Struct, frozen=True, kw_only=True):
    sku: str
