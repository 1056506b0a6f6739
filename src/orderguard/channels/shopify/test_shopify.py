import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from orderguard.channels.shopify import CHANNEL
from orderguard.channels.shopify.signer import sign
from orderguard.domain.events import (
    Data,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import (
    Buyer,
    Coupon,
    Device,
    Line,
    Order,
    OrderStatus,
    Payment,
    ShipTo,
)
from orderguard.domain.ports import Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch

SHOP = ShopConfig(channel="shopify", shop="uk", secrets=("secret",))
FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = (
    Path(
        os.environ.get("ORDERGUARD_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data"
    )
    / "fixtures"
)


def call(situation: str) -> RawMessage:
    head, _, body = (FIXTURES / f"{situation}.http").read_bytes().partition(b"\n\n")
    lines = head.decode().splitlines()
    return RawMessage(dict(line.split(": ", 1) for line in lines), "", body)


def parse(situation: str) -> tuple[Parsed, ...]:
    return CHANNEL.parse(call(situation), SHOP)


def tell(topic: str, document: dict[str, Any], **headers: str) -> tuple[Parsed, ...]:
    head = {"x-shopify-topic": topic, **headers}
    return CHANNEL.parse(RawMessage(head, "", json.dumps(document).encode()), SHOP)


def only(parsed: tuple[Parsed, ...]) -> tuple[EventType, Data]:
    (one,) = parsed
    return one.event.type, one.event.data


def order_of(parsed: tuple[Parsed, ...]) -> Order:
    data = parsed[0].event.data
    assert isinstance(data, OrderData)
    return data.order


def test_the_order_is_told_with_all_it_has() -> None:
    new_york = dt.timezone(dt.timedelta(hours=-5))
    order = order_of(parse("created_and_paid"))
    assert order == Order(
        order_id="820982911946154508",
        attempt_id="bd5a8aa1ecd019dd3520ff791ee3a24c",
        status=OrderStatus.PAID,
        created_at=dt.datetime(2026, 11, 11, 3, tzinfo=new_york),
        updated_at=dt.datetime(2026, 11, 11, 3, 0, 5, tzinfo=new_york),
        buyer=Buyer(
            id="115310627314723954",
            registered_at=dt.datetime(2025, 1, 2, 10, tzinfo=new_york),
            phone="+14155552671",
            email="jon@example.com",
            name="Jon Smith",
        ),
        lines=(
            Line(
                line_id="866550311766439020",
                channel_sku="808950810",
                sku="IPOD2008PINK",
                product_id="632910392",
                title="IPod Nano - 8GB",
                quantity=1,
                unit_price="199.00",
            ),
        ),
        amount="204.00",
        discount="5.00",
        freight="10.00",
        currency="USD",
        coupons=(Coupon(id="TEN", amount="5.00"),),
        payment=Payment(method="shopify_payments"),
        ship_to=ShipTo(
            country="US",
            province="Kentucky",
            city="Shippington",
            street="123 Shipping Street Apt 5",
            postcode="40003",
            lat=38.25,
            lng=-85.76,
            name="Jon Smith",
            phone="555-555-0100",
        ),
        device=Device(ip="216.191.105.146", user_agent="Mozilla/5.0 (Macintosh)"),
    )


@pytest.mark.parametrize(
    ("situation", "kind", "status"),
    [
        ("created_and_paid", EventType.ORDER_CREATED, OrderStatus.PAID),
        ("paid", EventType.ORDER_PAID, OrderStatus.PAID),
        ("updated_to_voided", EventType.ORDER_UPDATED, OrderStatus.CANCELLED),
        ("paid_then_cancelled", EventType.ORDER_CANCELLED, OrderStatus.CANCELLED),
        ("fulfilled_in_two_parcels", EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
        ("edited", EventType.ORDER_UPDATED, None),
        ("deleted", EventType.ORDER_CLOSED, OrderStatus.CLOSED),
        (
            "without_approval_for_personal_data",
            EventType.ORDER_CREATED,
            OrderStatus.UNKNOWN,
        ),
    ],
)
def test_topic_and_states_become_type_and_status(
    situation: str, kind: EventType, status: OrderStatus | None
) -> None:
    parsed = parse(situation)
    assert parsed[0].event.type is kind
    assert order_of(parsed).status is status


@pytest.mark.parametrize(
    ("paid", "sent", "status"),
    [
        ("pending", None, OrderStatus.PENDING_PAYMENT),
        ("authorized", None, OrderStatus.PENDING_PAYMENT),
        ("paid", "partial", OrderStatus.FULFILLING),
        ("pending", "fulfilled", OrderStatus.SHIPPED),
        ("partially_refunded", "restocked", OrderStatus.PAID),
        ("refunded", "fulfilled", OrderStatus.CLOSED),
        ("some_new_word", None, OrderStatus.UNKNOWN),
    ],
)
def test_the_states_tell_the_status(paid: str, sent: str | None, status: OrderStatus) -> None:
    document = {
        "id": 1,
        "updated_at": "2026-11-11T00:00:00Z",
        "financial_status": paid,
        "fulfillment_status": sent,
    }
    assert order_of(tell("orders/updated", document)).status is status


def test_a_fulfilled_order_tells_of_its_parcels_too() -> None:
    order, first, second = parse("fulfilled_in_two_parcels")
    assert first.event.type is second.event.type is EventType.SHIPMENT_SHIPPED
    assert first.event.data == ShipmentData(
        order_id="820982911946154508",
        shipment_id="255858046",
        warehouse="905684977",
        carrier="USPS",
        tracking_no="1Z2345",
        lines=(ShipmentLine(sku="IPOD2008PINK", quantity=1),),
    )
    assert len({order.event.id, first.event.id, second.event.id}) == 3


def test_parcels() -> None:
    assert only(parse("delivered"))[0] is EventType.SHIPMENT_DELIVERED
    assert parse("fulfillment_cancelled") == ()


def test_a_refund_counts_what_went_through() -> None:
    assert only(parse("refunded_in_part")) == (
        EventType.REFUND_SUCCEEDED,
        RefundData(
            order_id="820982911946154508",
            refund_id="890088186047892319",
            amount="199.00",
            currency="USD",
            reason="Things were damaged",
            lines=(ShipmentLine(sku="IPOD2008PINK", quantity=1),),
        ),
    )


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([], EventType.REFUND_SUCCEEDED),
        (["pending", "failure"], EventType.REFUND_APPROVED),
        (["failure", "error"], EventType.REFUND_REJECTED),
    ],
)
def test_a_refund_is_as_good_as_its_best_transaction(statuses: list[str], kind: EventType) -> None:
    document = {
        "id": 1,
        "order_id": 2,
        "created_at": "2026-11-11T00:00:00Z",
        "transactions": [{"kind": "refund", "status": status} for status in statuses],
    }
    assert only(tell("refunds/create", document))[0] is kind


def test_stock_is_told_by_inventory_item() -> None:
    assert only(parse("stock_changed")) == (
        EventType.INVENTORY_CHANGED,
        InventoryData(sku="inventory_item:271878346596884015", warehouse="24826418", available=-2),
    )


def test_an_unknown_topic_is_kept_if_it_says_when() -> None:
    (parsed,) = parse("customer_data_requested")
    assert parsed.event.type is EventType.UNKNOWN
    assert parsed.event.type_name == "customers/data_request"
    assert tell("customers/data_request", {}) == ()
    assert tell("", {}) == ()


def test_a_retry_has_the_same_id_and_another_topic_another() -> None:
    ids = {
        (one.event.id, call(situation).headers["x-shopify-topic"])
        for situation in ("created_and_paid", "paid", "created_and_paid")
        for one in parse(situation)
    }
    assert len(ids) == 2


def test_without_a_delivery_id_the_body_tells_events_apart() -> None:
    first = tell("orders/paid", {"id": 1, "updated_at": "2026-11-11T00:00:00Z"})
    again = tell("orders/paid", {"id": 1, "updated_at": "2026-11-11T00:00:00Z"})
    other = tell("orders/paid", {"id": 2, "updated_at": "2026-11-11T00:00:00Z"})
    assert first[0].event.id == again[0].event.id != other[0].event.id


def test_a_long_delivery_id_is_shortened() -> None:
    document = {"id": 1, "updated_at": "2026-11-11T00:00:00Z"}
    (parsed,) = tell("orders/paid", document, **{"x-shopify-webhook-id": "w" * 500})
    assert len(parsed.event.id) <= 128


def test_what_cannot_be_read_is_unknown() -> None:
    document = {
        "id": "77",
        "updated_at": "2026-11-11T00:00:00Z",
        "total_price": 12.5,
        "currency": "dollars",
        "total_discounts": "five",
        "created_at": "yesterday",
        "line_items": [{"id": 1.5, "quantity": -3, "price": "1e9", "sku": True}],
        "shipping_address": {"latitude": 91, "longitude": "x", "city": ""},
    }
    order = order_of(tell("orders/updated", document))
    assert order.order_id == "77"
    assert order.amount == "12.5"
    assert (order.currency, order.discount, order.created_at) == (None, None, None)
    assert order.lines == (Line(),)
    assert order.ship_to == ShipTo()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": None, "updated_at": "2026-11-11T00:00:00Z"},
        {"id": True, "updated_at": "2026-11-11T00:00:00Z"},
        {"id": "9" * 129, "updated_at": "2026-11-11T00:00:00Z"},
        {"id": 1},
        {"id": 1, "updated_at": "2026-11-11T00:00:00"},
        {"id": 1, "updated_at": "2026-11-11T00:00:00Z", "line_items": "none"},
    ],
)
def test_without_an_id_a_time_or_its_shape_it_is_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        tell("orders/create", document)


@pytest.mark.parametrize("body", [b"", b"1", b"null", b"[1]", b'{"id":NaN}', b'{"x":"\xff"}'])
@pytest.mark.parametrize("topic", ["orders/create", "orders/delete"])
def test_what_is_no_webhook(topic: str, body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        CHANNEL.parse(RawMessage({"x-shopify-topic": topic}, "", body), SHOP)


def test_the_signature_of_the_documentation() -> None:
    body = b'{"id":1}'
    signature = "A971iWIMgT8Zj9A9eWfikrFj7wQ16/Qwcc4OlRl2PLc="
    assert sign(body, "secret", 0) == {"x-shopify-hmac-sha256": signature}
    CHANNEL.verify(RawMessage({"x-shopify-hmac-sha256": signature}, "", body), SHOP, 0)


@pytest.mark.parametrize(
    ("sample", "member", "topic"),
    [
        ("go_shopify/order.json", "order", "orders/create"),
        ("shopify_python_api/order.json", "order", "orders/updated"),
        ("shopify_python_api/refund.json", "refund", "refunds/create"),
        ("go_shopify/fulfillment.json", "fulfillment", "fulfillments/create"),
    ],
)
def test_samples_of_the_platform_are_read(sample: str, member: str, topic: str) -> None:
    path = SAMPLES / sample
    if not path.is_file():
        pytest.skip("the shared samples are not here")
    document = json.loads(path.read_text())[member]
    (parsed,) = tell(topic, document)
    assert parsed.event.type is not EventType.UNKNOWN


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({}, SignatureFault.MISSING),
        ({"x-shopify-hmac-sha256": ""}, SignatureFault.MISSING),
        ({"x-shopify-hmac-sha256": "AAAA"}, SignatureFault.WRONG),
    ],
)
def test_a_header_that_is_missing_is_told_from_a_wrong_one(
    headers: dict[str, str], fault: SignatureFault
) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        CHANNEL.verify(RawMessage(headers, "", b"{}"), SHOP, 0)
    assert caught.value.fault is fault
