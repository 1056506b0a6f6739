"""Stock: what each warehouse said last and what orders moved since; which SKU a channel means."""

from orderguard.stock.claim import Claim, Part
from orderguard.stock.excess import Excess, Step, fallen, next_due, risen, standing_for
from orderguard.stock.holding import (
    HeldLine,
    Holding,
    Parcel,
    Repaid,
    Units,
    claims,
    first,
    held_lines,
    takes_the_same,
    with_lines,
    with_parcel,
    with_refund,
)
from orderguard.stock.kept import Shortage, StockPlace
from orderguard.stock.ledger import Ledger, Level, Snapshot
from orderguard.stock.mapping import (
    Mapped,
    Mappings,
    Meaning,
    Meant,
    meant,
    one_of,
    standing,
    with_change,
)
from orderguard.stock.sheet import LINES_MAX, Sheet, SheetFault, SheetLine, read_sheet

__all__ = [
    "LINES_MAX",
    "Claim",
    "Excess",
    "HeldLine",
    "Holding",
    "Ledger",
    "Level",
    "Mapped",
    "Mappings",
    "Meaning",
    "Meant",
    "Parcel",
    "Part",
    "Repaid",
    "Sheet",
    "SheetFault",
    "SheetLine",
    "Shortage",
    "Snapshot",
    "Step",
    "StockPlace",
    "Units",
    "claims",
    "fallen",
    "first",
    "held_lines",
    "meant",
    "next_due",
    "one_of",
    "read_sheet",
    "risen",
    "standing",
    "standing_for",
    "takes_the_same",
    "with_change",
    "with_lines",
    "with_parcel",
    "with_refund",
]
