"""Turn the first purchases of `fraud_ecommerce` into events and labels."""

import datetime as dt
from ipaddress import IPv4Address
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

SHOP = "fraud_ecommerce"
ZONE = dt.UTC  # "GMT time" in the exercise that the set was published with; the files are silent.
CURRENCY = "USD"  # From the same text.


class Purchase(msgspec.Struct, frozen=True):
    user_id: int
    signup_time: dt.datetime
    purchase_time: dt.datetime
    purchase_value: int
    device_id: str
    ip_address: float | None
    is_fraud: int = msgspec.field(name="class")


def convert(folder: Path) -> Conversion:
    purchases = read_rows(folder / "fraud_data.parquet", Purchase)
    return Conversion(
        events=[tell_purchase(purchase) for purchase in purchases],
        labels=[
            Label(order_id=str(purchase.user_id), bad=purchase.is_fraud == 1)
            for purchase in purchases
        ],
    )


def tell_purchase(purchase: Purchase) -> Event:
    """Tell a purchase by `order.paid` alone: it is when we hear of it, and it is paid by then."""
    order_id = str(purchase.user_id)  # The set has no order number, and one purchase a user.
    bought_at = purchase.purchase_time.replace(tzinfo=ZONE)
    amount = to_money(purchase.purchase_value)
    ip_address = purchase.ip_address
    order = Order(
        order_id=order_id,
        status=OrderStatus.PAID,
        created_at=bought_at,
        paid_at=bought_at,
        buyer=Buyer(id=order_id, registered_at=purchase.signup_time.replace(tzinfo=ZONE)),
        lines=(unnamed_line(amount),),
        amount=str(amount),
        currency=CURRENCY,
        payment=Payment(amount=str(amount), currency=CURRENCY, paid_at=bought_at),
        device=Device(
            id=purchase.device_id,
            ip=None if ip_address is None else str(IPv4Address(int(ip_address))),
        ),
    )
    return make_event(SHOP, EventType.ORDER_PAID, order_id, bought_at, OrderData(order=order))


if __name__ == "__main__":
    run(SHOP, __doc__, convert)
