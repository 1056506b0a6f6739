"""What the fold keeps of stock and of mappings."""

from typing import Protocol, TypeVar

from orderguard.kit.cache import Kept
from orderguard.stock import Excess, Holding, Mappings, Shortage, StockPlace

V = TypeVar("V")


class Keep(Protocol):
    def __call__(self, space: str, shape: type[V]) -> Kept[V]:
        """The table of this space, as it was saved."""


class StockTables:
    def __init__(self, keep: Keep) -> None:
        self.holdings = keep("holding", Holding)
        """What each order holds that may still move stock, by channel/shop/order."""
        self.places = keep("stock_place", StockPlace)
        """What each warehouse said last, by SKU and warehouse."""
        self.shortages = keep("shortage", Shortage)
        """By SKU, of those of which more is paid for than can ship."""
        self.excess = keep("stock_excess", Excess)
        """By SKU."""
        self.mappings = keep("mapping", Mappings)
        """By channel, shop and channel SKU."""
