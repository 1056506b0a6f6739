"""What is kept of stock between two entries of the log, beside holdings and mappings."""

from msgspec import Struct

from orderguard.stock.ledger import Snapshot


class StockPlace(Struct, frozen=True, kw_only=True):
    """What a warehouse said last of a SKU, and by which code; `warehouse` None where unnamed."""

    channel: str
    shop: str
    code: str
    sku: str
    warehouse: str | None
    snapshot: Snapshot


class Shortage(Struct, frozen=True, kw_only=True):
    """More was paid for than can ship since `at` (ms); `cause` is the id of the event that did it.

    `channel` and `shop` are those of the event; `units` are short, as was told last, and `orders`
    the numbers of the orders that must go without, latest paid first. At `due` it is looked at
    anew, to be told for the first time, or as it is then.
    """

    at: int
    cause: str
    channel: str
    shop: str
    units: int
    orders: tuple[int, ...] = ()
    is_told: bool = True
    due: int | None = None
