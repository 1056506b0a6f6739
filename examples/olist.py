"""Turn the order lives of `olist` into events, and what became of them into labels."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

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

from orderguard.domain.events import EventType, OrderData, ShipmentData
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo

SHOP = "olist"
ZONE = ZoneInfo("America/Sao_Paulo")
CURRENCY = "BRL"
LATITUDES = (-34.0, 6.0)  # Brazil's; two points of the set lie in Europe.
LONGITUDES = (-75.0, -28.0)


class OrderRow(msgspec.Struct, frozen=True):
    order_id: str
    customer_id: str
    order_status: str  # The final one: for the label alone.
    bought_at: dt.datetime = msgspec.field(name="order_purchase_timestamp")
    approved_at: dt.datetime | None = msgspec.field(name="order_approved_at")
    shipped_at: dt.datetime | None = msgspec.field(name="order_delivered_carrier_date")
    delivered_at: dt.datetime | None = msgspec.field(name="order_delivered_customer_date")
    promised_at: dt.datetime | None = msgspec.field(name="order_estimated_delivery_date")


class ItemRow(msgspec.Struct, frozen=True):
    order_id: str
    order_item_id: int
    product_id: str
    ship_by: dt.datetime = msgspec.field(name="shipping_limit_date")
    price: float
    freight_value: float


class PaymentRow(msgspec.Struct, frozen=True):
    order_id: str
    payment_sequential: int
    payment_type: str
    payment_value: float


class CustomerRow(msgspec.Struct, frozen=True):
    customer_id: str
    customer_unique_id: str
    postcode: str = msgspec.field(name="customer_zip_code_prefix")
    city: str = msgspec.field(name="customer_city")
    state: str = msgspec.field(name="customer_state")


class PointRow(msgspec.Struct, frozen=True):
    postcode: str = msgspec.field(name="geolocation_zip_code_prefix")
    lat: float = msgspec.field(name="geolocation_lat")
    lng: float = msgspec.field(name="geolocation_lng")


class Point(msgspec.Struct, frozen=True):
    lat: float | None = None
    lng: float | None = None


class Tables:
    """The tables of the set, joined on what an order needs."""

    def __init__(self, folder: Path) -> None:
        self.orders = read_rows(folder / "orders.parquet", OrderRow)
        self.customers = {
            customer.customer_id: customer
            for customer in read_rows(folder / "customers.parquet", CustomerRow)
        }
        self.points = find_centres(read_rows(folder / "geolocation.parquet", PointRow))
        self.items: defaultdict[str, list[ItemRow]] = defaultdict(list)
        for item in read_rows(folder / "order_items.parquet", ItemRow):
            self.items[item.order_id].append(item)
        self.payments: defaultdict[str, list[PaymentRow]] = defaultdict(list)
        for payment in read_rows(folder / "order_payments.parquet", PaymentRow):
            self.payments[payment.order_id].append(payment)

    def tell_life(self, row: OrderRow) -> Iterator[Event]:
        """Tell only what has a time, also when the times contradict: the channel said so."""
        bought_at = row.bought_at.replace(tzinfo=ZONE)
        placed = OrderData(order=self._describe_order(row, bought_at))
        yield make_event(SHOP, EventType.ORDER_CREATED, row.order_id, bought_at, placed)
        if row.approved_at is not None:
            paid_at = row.approved_at.replace(tzinfo=ZONE)
            paid = OrderData(order=self._describe_payment(row.order_id, paid_at))
            yield make_event(SHOP, EventType.ORDER_PAID, row.order_id, paid_at, paid)
        for kind, reached_at in (
            (EventType.SHIPMENT_SHIPPED, row.shipped_at),
            (EventType.SHIPMENT_DELIVERED, row.delivered_at),
        ):
            if reached_at is not None:
                parcel = ShipmentData(order_id=row.order_id)
                told_at = reached_at.replace(tzinfo=ZONE)
                yield make_event(SHOP, kind, row.order_id, told_at, parcel)

    def _describe_order(self, row: OrderRow, bought_at: dt.datetime) -> Order:
        items = sorted(self.items[row.order_id], key=lambda item: item.order_item_id)
        freight = sum((to_money(item.freight_value) for item in items), Decimal())
        goods = sum((to_money(item.price) for item in items), Decimal())
        # Orders that ended as "unavailable" have lost their items; their payment still has a sum.
        amount = goods + freight if items else self._sum_payments(row.order_id)
        lines = [
            Line(
                line_id=str(item.order_item_id),
                sku=item.product_id,
                quantity=1,
                unit_price=str(to_money(item.price)),
            )
            for item in items
        ]
        customer = self.customers[row.customer_id]
        centre = self.points.get(customer.postcode, Point())
        return Order(
            order_id=row.order_id,
            status=OrderStatus.PENDING_PAYMENT,
            created_at=bought_at,
            buyer=Buyer(id=customer.customer_unique_id),
            lines=tuple(lines or [unnamed_line(amount)]),
            amount=str(amount),
            freight=str(freight) if items else None,
            currency=CURRENCY,
            ship_to=ShipTo(
                country="BR",
                province=customer.state,
                city=customer.city,
                postcode=customer.postcode,
                lat=centre.lat,
                lng=centre.lng,
            ),
        )

    def _describe_payment(self, order_id: str, paid_at: dt.datetime) -> Order:
        """Join a payment in parts, such as 29 vouchers, into one: the contract knows one."""
        parts = sorted(self.payments[order_id], key=lambda part: part.payment_sequential)
        payment = Payment(
            method="+".join(dict.fromkeys(part.payment_type for part in parts)) or None,
            amount=str(self._sum_payments(order_id)) if parts else None,
            currency=CURRENCY,
            paid_at=paid_at,
        )
        return Order(
            order_id=order_id,
            status=OrderStatus.PAID,
            paid_at=paid_at,
            ship_by=in_zone(max((item.ship_by for item in self.items[order_id]), default=None)),
            payment=payment,
        )

    def _sum_payments(self, order_id: str) -> Decimal:
        return sum((to_money(part.payment_value) for part in self.payments[order_id]), Decimal())


def in_zone(wall: dt.datetime | None) -> dt.datetime | None:
    return None if wall is None else wall.replace(tzinfo=ZONE)


def find_centres(points: Iterable[PointRow]) -> dict[str, Point]:
    """Find the median of each postcode's points, for some are far off."""
    by_postcode: defaultdict[str, list[PointRow]] = defaultdict(list)
    for point in points:
        if is_within(point.lat, LATITUDES) and is_within(point.lng, LONGITUDES):
            by_postcode[point.postcode].append(point)
    return {
        postcode: Point(
            lat=round(median(point.lat for point in near), 6),
            lng=round(median(point.lng for point in near), 6),
        )
        for postcode, near in by_postcode.items()
    }


def is_within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def convert(folder: Path) -> Conversion:
    tables = Tables(folder)
    return Conversion(
        events=[event for row in tables.orders for event in tables.tell_life(row)],
        labels=[
            Label(order_id=row.order_id, bad=row.order_status != "delivered")
            for row in tables.orders
        ],
    )


if __name__ == "__main__":
    run(SHOP, __doc__, convert)
