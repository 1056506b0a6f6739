"""The shapes of answers about what is known of orders, and the members as handlers write them."""

from collections.abc import Iterable
from itertools import islice

from orderguard.api.needs import LiveView
from orderguard.api.shapes import (
    Alert,
    AlertChange,
    Deadline,
    Event,
    Instant,
    LockChange,
    Order,
    Page,
    Response,
    Shape,
    StepTaken,
)
from orderguard.flows.learn import entities_of
from orderguard.flows.present import Json, order_json
from orderguard.flows.tables import OrderRecord
from orderguard.kit.clock import rfc3339
from orderguard.profiles import ProfileKind

LINES_MAX = 100
"""Lines of one order that are shown."""


class OrderLine(Shape):
    sku: str | None
    product: str | None
    quantity: int
    unit_price: str | None


class Linked(Shape):
    """Whom an order belongs to; phones and doorsteps are tokens."""

    kind: ProfileKind
    key: str


class OrderRow(Order):
    """What is known of an order, without what names its buyer or the door.

    `case_id`: the newest case that it belongs to.
    """

    case_id: str | None
    placed_at: Instant
    amount: str | None
    currency: str | None
    buyer: str | None
    province: str | None
    city: str | None
    district: str | None
    payment_method: str | None
    warehouse: str | None
    carrier: str | None
    tracking: list[str]
    lines: list[OrderLine]
    entities: list[Linked]


class OrderDetail(OrderRow):
    """One order with all that happened to it; `deadlines`: what is waited for."""

    timeline: list[Event | StepTaken | Deadline | AlertChange | LockChange]
    deadlines: list[Deadline]
    alerts: list[Alert]
    responses: list[Response]


class OrderPage(Page):
    """`looked_at`: how many orders were looked at for this page, the newest first."""

    items: list[OrderRow]
    looked_at: int


class Personal(Shape):
    """As the channel wrote it; null where it is masked there too, absent or erased."""

    name: str | None
    phone: str | None
    email: str | None
    address: str | None


def order_row(live: LiveView, record: OrderRecord) -> Json:
    """One order as `OrderRow` has it."""
    state = record.state
    members = state.members
    case = live.fold.desk.case_of_order(state.key)
    amount = members.get("order_amount")
    return {
        **order_json(record),
        "case_id": None if case is None else case.case_id,
        "placed_at": rfc3339(members.get("created_at", state.first_ms)),
        "amount": None if amount is None else str(amount),
        "currency": members.get("order_currency"),
        "buyer": members.get("buyer_id"),
        "province": members.get("ship_to_province"),
        "city": members.get("ship_to_city"),
        "district": members.get("ship_to_district"),
        "payment_method": members.get("payment_method"),
        "warehouse": state.warehouse,
        "carrier": state.carrier,
        "tracking": list(state.tracking),
        "lines": list(_lines(record)),
        "entities": [{"kind": kind, "key": key} for kind, key in entities_of(record).items()],
    }


def _lines(record: OrderRecord) -> Iterable[Json]:
    for line in islice(record.state.members.get("lines", ()), LINES_MAX):
        yield {
            "sku": line.sku,
            "product": line.product,
            "quantity": line.quantity,
            "unit_price": None if line.unit_price is None else str(line.unit_price),
        }
