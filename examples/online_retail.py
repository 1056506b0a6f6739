"""Turn the invoices and cancellations of `online_retail` into events."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from _events import Conversion, Event, make_event, read_rows, run, to_money

from orderguard.domain.events import EventType, OrderData, RefundData, ShipmentLine
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment

SHOP = "online_retail"
ZONE = ZoneInfo("Europe/London")
CURRENCY = "GBP"
FREIGHT_CODES = frozenset({"POST", "DOT", "C2"})
LEDGER_CODES = frozenset({"AMAZONFEE", "BANK CHARGES", "B", "CRUK", "D", "S"})  # No sale at all.
# "M" is a sale typed in by hand: of something, but nobody knows of what.
NAMELESS_CODES = FREIGHT_CODES | LEDGER_CODES | {"M"}


class InvoiceRow(msgspec.Struct, frozen=True):
    invoice: str = msgspec.field(name="InvoiceNo")
    code: str = msgspec.field(name="StockCode")
    title: str | None = msgspec.field(name="Description")
    quantity: int = msgspec.field(name="Quantity")
    told_at: dt.datetime = msgspec.field(name="InvoiceDate")
    price: float = msgspec.field(name="UnitPrice")
    customer: int | None = msgspec.field(name="CustomerID")

    @property
    def sku(self) -> str | None:
        """The stock code. Its letter is typed in either case, for one and the same article."""
        code = self.code.upper()
        return None if code in NAMELESS_CODES else code

    @property
    def total(self) -> Decimal:
        return abs(self.quantity) * to_money(self.price)


class SaleKey(msgspec.Struct, frozen=True):
    """What a cancelled line shares with the line that it cancels."""

    customer: int
    sku: str
    quantity: int
    price: Decimal


class RefundedLine(msgspec.Struct, frozen=True):
    sku: str | None
    quantity: int
    total: Decimal


class Journal:
    """Reads the invoices in order and knows which sold lines may still be cancelled."""

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        self._sold: defaultdict[SaleKey, list[str]] = defaultdict(list)

    def tell_invoice(self, invoice: str, rows: list[InvoiceRow]) -> Iterator[Event]:
        # 39 invoices span two minutes; an invoice is told when its last line is written.
        told_at = rows[-1].told_at.replace(tzinfo=ZONE)
        if invoice.startswith("C"):
            yield from self._tell_cancellation(invoice, rows, told_at)
            return
        sold = [row for row in rows if self._is_sale(row)]
        goods = [row for row in sold if row.code.upper() not in FREIGHT_CODES]
        if not goods:
            self.skipped["freight on an invoice without goods"] += len(sold)
            return
        for row in goods:
            if row.sku is not None and row.customer is not None:
                self._sold[key_of(row.customer, row.sku, row)].append(invoice)
        order = OrderData(order=describe_order(invoice, sold, goods, told_at))
        yield make_event(SHOP, EventType.ORDER_PAID, invoice, told_at, order)

    def _is_sale(self, row: InvoiceRow) -> bool:
        if row.invoice.startswith("A"):
            reason = "bad-debt adjustment"
        elif row.quantity <= 0:
            reason = "stock write-off"
        elif to_money(row.price) <= 0:
            reason = "no price"
        elif row.code.upper() in LEDGER_CODES:
            reason = "bookkeeping, not goods"
        else:
            return True
        self.skipped[reason] += 1
        return False

    def _tell_cancellation(
        self, invoice: str, rows: list[InvoiceRow], told_at: dt.datetime
    ) -> Iterator[Event]:
        """One cancellation may take back lines of several orders: one refund for each."""
        cancelled: defaultdict[str, list[RefundedLine]] = defaultdict(list)
        for row in rows:
            order_id = self._find_order(row)
            if order_id is not None:
                cancelled[order_id].append(RefundedLine(row.sku, -row.quantity, row.total))
        for order_id, lines in cancelled.items():
            refund = RefundData(
                order_id=order_id,
                refund_id=f"{invoice}:{order_id}",
                amount=str(sum(line.total for line in lines)),
                currency=CURRENCY,
                reason="cancelled",
                lines=tuple(ShipmentLine(sku=line.sku, quantity=line.quantity) for line in lines),
            )
            yield Event(
                id=f"{refund.refund_id}:{EventType.REFUND_SUCCEEDED}",
                type=EventType.REFUND_SUCCEEDED,
                occurred_at=told_at,
                shop=SHOP,
                data=refund,
            )

    def _find_order(self, row: InvoiceRow) -> str | None:
        """Name the one order that holds the cancelled line; with two candidates it is a guess."""
        if row.customer is None or row.sku is None:
            self.skipped["cancelled line without a customer or an article"] += 1
            return None
        candidates = self._sold[key_of(row.customer, row.sku, row)]
        if len(set(candidates)) == 1:
            return candidates.pop()
        reason = "several earlier lines" if candidates else "no earlier line"
        self.skipped[f"cancelled line with {reason} to match"] += 1
        return None


def key_of(customer: int, sku: str, row: InvoiceRow) -> SaleKey:
    return SaleKey(customer, sku, abs(row.quantity), to_money(row.price))


def describe_order(
    invoice: str, sold: list[InvoiceRow], goods: list[InvoiceRow], told_at: dt.datetime
) -> Order:
    amount = sum((row.total for row in sold), Decimal())
    freight = amount - sum((row.total for row in goods), Decimal())
    customer = sold[0].customer
    return Order(
        order_id=invoice,
        status=OrderStatus.PAID,
        created_at=sold[0].told_at.replace(tzinfo=ZONE),
        paid_at=told_at,
        buyer=None if customer is None else Buyer(id=str(customer)),
        lines=tuple(
            Line(
                sku=row.sku,
                title=row.title,
                quantity=row.quantity,
                unit_price=str(to_money(row.price)),
            )
            for row in goods
        ),
        amount=str(amount),
        freight=str(freight),
        currency=CURRENCY,
        payment=Payment(amount=str(amount), currency=CURRENCY, paid_at=told_at),
    )


def convert(folder: Path) -> Conversion:
    rows = read_rows(folder / "online_retail.parquet", InvoiceRow)
    journal = Journal()
    invoices: defaultdict[str, list[InvoiceRow]] = defaultdict(list)
    for row in rows:
        invoices[row.invoice].append(row)
    # By its last line, as it is told: a cancellation must find its order written.
    in_order = sorted(invoices.items(), key=lambda invoice: invoice[1][-1].told_at)
    events = [
        event for invoice, lines in in_order for event in journal.tell_invoice(invoice, lines)
    ]
    return Conversion(events=events, skipped=journal.skipped)


if __name__ == "__main__":
    run(SHOP, __doc__, convert)
