"""Turn the card payments of `card_chargebacks` into events and labels."""

import datetime as dt
from pathlib import Path

import msgspec
from _events import (
    Conversion,
    Event,
    Label,
    make_event,
    read_rows,
    run,
    to_money,
    unnamed_line,
)

from orderguard.domain.events import EventType, OrderData
from orderguard.domain.orders import Buyer, Device, Order, OrderStatus, Payment

SHOP = "card_chargebacks"
ZONE = dt.UTC  # Unstated. Rules look at distances in time, which no fixed offset changes.
CURRENCY = "BRL"  # Unstated; the payment firm is Brazilian.


class Transaction(msgspec.Struct, frozen=True):
    transaction_id: int
    user_id: int
    card_number: str
    transaction_date: str
    transaction_amount: float
    device_id: int | None
    has_cbk: bool


def convert(folder: Path) -> Conversion:
    transactions = read_rows(folder / "transactional_sample.parquet", Transaction)
    return Conversion(
        events=[tell_payment(transaction) for transaction in transactions],
        labels=[
            Label(order_id=str(transaction.transaction_id), bad=transaction.has_cbk)
            for transaction in transactions
        ],
    )


def tell_payment(transaction: Transaction) -> Event:
    """Tell a payment by `order.paid`.

    A chargeback has no date here, so it is a label only: a `dispute.opened` would need one.
    """
    order_id = str(transaction.transaction_id)
    paid_at = dt.datetime.fromisoformat(transaction.transaction_date).replace(tzinfo=ZONE)
    amount = to_money(transaction.transaction_amount)
    device_id = transaction.device_id
    order = Order(
        order_id=order_id,
        status=OrderStatus.PAID,
        created_at=paid_at,
        paid_at=paid_at,
        buyer=Buyer(id=str(transaction.user_id)),
        lines=(unnamed_line(amount),),
        amount=str(amount),
        currency=CURRENCY,
        payment=Payment(
            id=order_id,
            method="card",
            account=transaction.card_number,
            amount=str(amount),
            currency=CURRENCY,
            paid_at=paid_at,
        ),
        device=None if device_id is None else Device(id=str(device_id)),
    )
    return make_event(SHOP, EventType.ORDER_PAID, order_id, paid_at, OrderData(order=order))


if __name__ == "__main__":
    run(SHOP, __doc__, convert)
