"""What the fold keeps of stock and of mappings.

What grows with orders is not held: holdings are cached, claims lie in a drawer for each SKU.
"""

from typing import Protocol, TypeVar

from orderguard.flows.deadlines import Deadlines
from orderguard.kit.cache import Drawers, Kept, WriteBack
from orderguard.stock import Claim, Excess, Holding, Mappings, Shortage, StockPlace

V = TypeVar("V")

HOLDINGS_CACHED_MAX = 40_000
"""Orders whose holdings may be in memory; few events speak of any but the newest."""


class Opens(Protocol):
    """Opens tables, each by its space."""

    def cached(self, space: str, shape: type[V], most: int = ..., /) -> WriteBack[V]: ...

    def kept(self, space: str, shape: type[V], /) -> Kept[V]: ...

    def drawers(self, space: str, shape: type[V], /) -> Drawers[V]: ...

    def instants(self, space: str, /) -> Deadlines: ...


class StockTables:
    def __init__(self, tables: Opens, claims_max: int) -> None:
        self.claims_max = claims_max
        """Claims in the ledgers in memory; beyond them those least recently used are let go."""
        self.holdings = tables.cached("holding", Holding, HOLDINGS_CACHED_MAX)
        """What each order holds that may still move stock, by its number."""
        self.ends = tables.instants("holding_end")
        """When each of these may be forgotten."""
        self.claims = tables.drawers("claim", Claim)
        """By SKU and number."""
        self.claimed = tables.kept("claimed", int)
        """How many claims there are, by SKU."""
        self.naming = tables.drawers("naming", int)
        """The orders that name a channel SKU alone, by channel, shop and channel SKU."""
        self.named = tables.kept("named", int)
        """How many these are, in the same way."""
        self.places = tables.kept("stock_place", StockPlace)
        """What each warehouse said last, by SKU and warehouse."""
        self.shortages = tables.kept("shortage", Shortage)
        """By SKU, of those of which more is paid for than can ship."""
        self.excess = tables.kept("stock_excess", Excess)
        """By SKU."""
        self.mappings = tables.kept("mapping", Mappings)
        """By channel, shop and channel SKU."""
