import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import Struct
from msgspec.structs import replace

from orderguard.channels.shopify import CALLS, CHANNEL
from orderguard.domain.alerts import Alert, AlertKind, Severity, Subject
from orderguard.domain.calls import Access, Asking, Want
from orderguard.domain.events import EventType, OrderData, ShipmentData
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Concerned, Doing, RawMessage, ShopConfig
from orderguard.errors import PlatformBusy, PlatformRefused, PlatformTooLate, TokenRejected

NOW_MS = 1_794_355_210_000
SETTINGS = {"shop_domain": "demo.myshopify.com", "access_token": "shpat_1"}
SHOP = ShopConfig(channel="shopify", shop="demo", secrets=("secret",), settings=SETTINGS)
ORDER_ID = "820982911946154508"
ORDER = {
    "id": int(ORDER_ID),
    "created_at": "2026-11-11T03:00:00-05:00",
    "updated_at": "2026-11-11T03:00:05-05:00",
    "financial_status": "paid",
    "line_items": [{"id": 1, "sku": "A", "quantity": 1}],
    "fulfillments": [{"id": 7, "order_id": int(ORDER_ID), "status": "success"}],
}
CONCERNED = Concerned(key=OrderKey("shopify", "demo", ORDER_ID), status=OrderStatus.PAID)


class Answered(Struct, frozen=True):
    """An answer of the platform."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = {}


def answered(document: Any, status: int = 200, **headers: str) -> Answered:
    return Answered(json.dumps(document).encode(), status, headers)


def asking(shop: ShopConfig = SHOP) -> Asking:
    access = Access(token="shpat_1")  # noqa: S106 - nobody's.
    return Asking(shop=shop, access=access, now_ms=NOW_MS)


def doing(**values: str) -> Doing:
    alert = Alert(
        alert_id="alert_1",
        kind=AlertKind.RISK,
        subject=Subject("buyer", "b"),
        channel="shopify",
        shop="demo",
        order=None,
        orders=(),
        rules=(),
        hits=(),
        floor=Severity.HIGH,
        severity=Severity.HIGH,
        score=80,
        occurred_at=NOW_MS,
        detected_at=NOW_MS,
        updated_at=NOW_MS,
        last_hit_at=NOW_MS,
        quiet_ms=1,
    )
    return Doing(key="k", step="remark_order", alert=alert, orders=(), values=values)


def test_a_detail_is_the_order_with_its_parcels() -> None:
    request = CALLS.detail(Want(kind="order", id=ORDER_ID), asking())
    assert request.method == "GET"
    assert request.url == f"https://demo.myshopify.com/admin/api/2026-01/orders/{ORDER_ID}.json"
    assert request.headers["x-shopify-access-token"] == "shpat_1"
    want = Want(kind="order", id=ORDER_ID)
    order, parcel = CALLS.read_detail(want, answered({"order": ORDER}), asking())
    assert isinstance(order.event.data, OrderData)
    assert order.event.data.order.status is OrderStatus.PAID
    assert isinstance(parcel.event.data, ShipmentData)
    assert parcel.event.type is EventType.SHIPMENT_SHIPPED
    assert parcel.event.occurred_at == order.event.occurred_at
    assert order.event.data in [one.event.data for one in CHANNEL.reread(order.raw, SHOP)]
    again, _ = CALLS.read_detail(want, answered({"order": ORDER}), asking())
    changed = {**ORDER, "updated_at": "2026-11-11T04:00:00-05:00"}
    later, _ = CALLS.read_detail(want, answered({"order": changed}), asking())
    assert again.event.id == order.event.id != later.event.id


def test_only_an_edited_order_is_wanted() -> None:
    def wanted(topic: str, document: dict[str, Any]) -> tuple[Want, ...]:
        head = {"x-shopify-topic": topic, "x-shopify-triggered-at": "2026-11-11T00:00:00Z"}
        message = RawMessage(head, "", json.dumps(document).encode())
        return CALLS.wants(CHANNEL.parse(message, SHOP)[0].event)

    assert wanted("orders/edited", {"order_edit": {"order_id": 7}}) == (Want(kind="order", id="7"),)
    assert wanted("orders/updated", ORDER) == ()
    assert wanted("orders/delete", {"id": 7}) == ()


def test_a_list_is_followed_by_its_links() -> None:
    since = int(dt.datetime(2026, 11, 11, tzinfo=dt.UTC).timestamp() * 1000)
    first = CALLS.changed(since, since + 60_000, None, asking())
    assert parse_qs(urlsplit(first.url).query) == {
        "status": ["any"],
        "updated_at_min": ["2026-11-11T00:00:00+00:00"],
        "updated_at_max": ["2026-11-11T00:01:00+00:00"],
        "order": ["updated_at asc"],
        "limit": ["250"],
    }
    links = (
        '<https://demo.myshopify.com/o.json?limit=250&page_info=aaa>; rel="previous", '
        '<https://demo.myshopify.com/o.json?limit=250&page_info=bb%3D>; rel="next"'
    )
    page = CALLS.read_changed(answered({"orders": [ORDER]}, link=links), asking(), None)
    assert len(page.parsed) == 2
    assert page.next == "bb="
    second = CALLS.changed(since, since + 60_000, page.next, asking())
    assert parse_qs(urlsplit(second.url).query) == {"limit": ["250"], "page_info": ["bb="]}
    assert CALLS.read_changed(answered({"orders": []}), asking(), page.next).next is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answered({"errors": "no"}, 401), TokenRejected),
        (answered({"errors": "no"}, 403), PlatformRefused),
        (answered({"errors": "Not Found"}, 404), PlatformRefused),
        (answered({"errors": "no"}, 429), PlatformBusy),
        (Answered(b"<html>", 502), PlatformBusy),
        (Answered(b"<html>", 200), PlatformBusy),
        (answered({"order": {}}), PlatformBusy),
        (answered({"order": {"id": 7}}), PlatformBusy),
    ],
)
def test_what_answers_mean(answer: Answered, error: type[Exception]) -> None:
    with pytest.raises(error):
        CALLS.read_detail(Want(kind="order", id=ORDER_ID), answer, asking())


def test_how_long_to_wait_is_kept() -> None:
    with pytest.raises(PlatformBusy) as caught:
        CALLS.read_probe(Answered(b"{}", 429, {"retry-after": "2.0"}))
    assert caught.value.retry_after_s == 2.0


def test_an_order_is_tagged() -> None:
    request = CALLS.tell("remark_order", CONCERNED, doing(), asking())
    assert urlsplit(request.url).path == "/admin/api/2026-01/graphql.json"
    assert json.loads(request.body)["variables"] == {
        "id": f"gid://shopify/Order/{ORDER_ID}",
        "tags": ["OrderGuard", "OrderGuard-high"],
    }
    done = answered({"data": {"tagsAdd": {"userErrors": []}}})
    assert CALLS.read_told("remark_order", done) == ""
    wrong = answered({"data": {"tagsAdd": {"userErrors": [{"message": "gone"}]}}})
    with pytest.raises(PlatformRefused, match="gone"):
        CALLS.read_told("remark_order", wrong)
    throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    with pytest.raises(PlatformBusy):
        CALLS.read_told("remark_order", answered({"errors": [throttled]}))
    with pytest.raises(PlatformRefused):
        CALLS.read_told("remark_order", answered({"data": None}))


def test_an_order_is_cancelled_until_it_is_shipped() -> None:
    request = CALLS.tell("cancel_order", CONCERNED, doing(), asking())
    assert urlsplit(request.url).path.endswith(f"/orders/{ORDER_ID}/cancel.json")
    assert json.loads(request.body) == {"reason": "fraud", "email": False}
    assert CALLS.read_told("cancel_order", answered({"order": ORDER})) == ""
    with pytest.raises(PlatformTooLate):
        CALLS.read_told("cancel_order", answered({"errors": "fulfilled"}, 422))
    with pytest.raises(PlatformRefused):
        CALLS.read_told("cancel_order", answered({"errors": "no"}, 403))


def test_a_shop_without_a_token_is_listened_to_alone() -> None:
    assert CALLS.is_ready(SHOP)
    assert not CALLS.is_ready(replace(SHOP, settings={}))
    assert not CALLS.is_ready(replace(SHOP, settings={"shop_domain": "demo.myshopify.com"}))
    assert CALLS.renew(asking()) is None
    other = replace(SHOP, settings={**SETTINGS, "api_version": "2026-10", "api_url": "http://x/"})
    assert CALLS.probe(asking(other)).url.startswith("http://x/admin/api/2026-10/orders/count")
