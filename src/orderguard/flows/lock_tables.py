"""The tables of the ledger of stock locks."""

from typing import NamedTuple

from orderguard.domain.locks import Lock
from orderguard.kit.cache import Kept, WriteBack
from orderguard.responses.locks import LockTotal

Numbers = tuple[int, ...]


class LockTables(NamedTuple):
    """Locks by number, the numbers of an order's, and when those that stand began."""

    locks: WriteBack[Lock]
    of_orders: WriteBack[Numbers]
    standing: Kept[int]
    totals: Kept[LockTotal]
