"""Shopify on this machine: webhooks by topic out, the Admin API in."""

import base64
import datetime as dt
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec.structs import replace

from orderguard.domain.events import (
    CanonicalEvent,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import Buyer, Device, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform, Refund
from orderguard.simulate.providers.server import RETRY_AFTER_S, Asked, Fault, Told

PAGE_SIZE, PAGE_SIZE_MAX = 50, 250
API = "/admin/api/2026-01/"
TOPICS: Mapping[EventType, str] = {
    EventType.ORDER_CREATED: "orders/create",
    EventType.ORDER_PAID: "orders/paid",
    EventType.ORDER_CANCELLED: "orders/cancelled",
}
"""Every other change of an order comes as `orders/updated`."""
SHIPPED = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED})


class ShopifyPlatform(Platform):
    channel = "shopify"
    tells = frozenset(TOPICS) | {EventType.SHIPMENT_SHIPPED, EventType.REFUND_SUCCEEDED}

    def __init__(self, number: int = 1, **kwargs: Any) -> None:
        self._webhooks = itertools.count(1)
        super().__init__(number, **kwargs)

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": url, "access_token": self.access.token}

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        match event.data:
            case OrderData():
                order_id = event.data.order.order_id
                topic = TOPICS.get(event.type, "orders/updated")
                parcels = self.parcels.get(order_id, {}) if _is_over(event.type) else {}
                delivered = [
                    self._push("fulfillments/update", _fulfillment(one, at_ms, "delivered"), at_ms)
                    for one in parcels.values()
                ]
                return [*delivered, self._order_push(topic, order_id, at_ms)]
            case ShipmentData() if event.data.order_id in self.orders:
                parcel = _fulfillment(event.data, at_ms, None)
                pushed = self._push("fulfillments/create", parcel, at_ms)
                return [pushed, self._order_push("orders/updated", event.data.order_id, at_ms)]
            case RefundData() if event.type is EventType.REFUND_SUCCEEDED:
                return self._refunded(self.refunds[event.data.refund_id], at_ms)
            case _:
                return []

    def _refunded(self, refund: Refund, at_ms: int) -> list[RawMessage]:
        """Only money that went back is told of; with all of it, the order is refunded."""
        order_id = refund.data.order_id
        pushed = [self._push("refunds/create", _refund(refund), at_ms)]
        order = self.orders.get(order_id)
        if order is None:
            return pushed
        at = dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC)
        is_whole = refund.data.amount == order.amount
        status = OrderStatus.CLOSED if is_whole else order.status
        self.orders[order_id] = replace(order, status=status, updated_at=at)
        return [*pushed, self._order_push("orders/updated", order_id, at_ms)]

    def _order_push(self, topic: str, order_id: str, at_ms: int) -> RawMessage:
        return self._push(topic, self._order(self.orders[order_id]), at_ms)

    def _push(self, topic: str, document: Mapping[str, Any], at_ms: int) -> RawMessage:
        number = next(self._webhooks)
        headers = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": "demo.myshopify.com",
            "x-shopify-api-version": "2026-01",
            "x-shopify-webhook-id": f"b54557e4-bdd9-4b37-8a5f-{number:012x}",
            "x-shopify-event-id": f"98880550-7158-44d4-b7cd-{number:012x}",
            "x-shopify-triggered-at": _iso(at_ms),
        }
        return RawMessage(headers, "", json.dumps(document, ensure_ascii=False).encode())

    def tellable(self, order: Order) -> Order:
        buyer, ship_to = order.buyer or Buyer(), order.ship_to or ShipTo()
        payment = order.payment or Payment()
        return Order(
            order_id=order.order_id,
            status=OrderStatus.SHIPPED if order.status in SHIPPED else order.status,
            created_at=_whole_second(order.created_at),
            updated_at=_whole_second(order.updated_at),
            buyer=Buyer(id=buyer.id, phone=buyer.phone, email=buyer.email, name=buyer.name),
            lines=tuple(replace(line, hs_code=None) for line in order.lines or ()),
            amount=order.amount,
            discount=order.discount,
            freight=order.freight,
            currency=order.currency,
            coupons=order.coupons or (),
            payment=Payment(method=payment.method) if payment.method else None,
            ship_to=replace(ship_to, district=None, address_token=None),
            device=replace(order.device or Device(), id=None),
        )

    def act(self, asked: Asked) -> Told:
        if self.detail_s:
            time.sleep(self.detail_s)
        parts = urlsplit(asked.path)
        if asked.headers.get("x-shopify-access-token") != self.access.token:
            return _no(401, "[API] Invalid API key or access token (unrecognized login)")
        path = parts.path.removeprefix(API) if parts.path.startswith(API) else ""
        query = dict(parse_qsl(parts.query))
        name, _, tail = path.removesuffix(".json").partition("/")
        match asked.method, name, tail:
            case "GET", "orders", "count":
                told = _yes({"count": len(self.orders)})
            case "GET", "orders", "":
                told = self._list(query)
            case "GET", "orders", order_id if order_id in self.orders:
                told = _yes({"order": self._order(self.orders[order_id])})
            case "POST", "orders", rest if rest.removesuffix("/cancel") in self.orders:
                told = self._cancel(rest.removesuffix("/cancel"))
            case "POST", "graphql", "":
                told = self._tag(json.loads(asked.body)["variables"])
            case _:
                told = _no(404, "Not Found")
        return told

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            busy = _no(429, "Exceeded 2 calls per second for api client.")
            return Told(429, busy.body, {"retry-after": f"{RETRY_AFTER_S}.0"})
        if fault is Fault.REFUSING:
            return _no(403, "[API] This action requires merchant approval for read_orders scope.")
        return Told(502, b"<html>Bad Gateway</html>")

    def _list(self, query: Mapping[str, str]) -> Told:
        """A page stands for its whole question: nothing but `limit` may be said beside it."""
        if page := query.get("page_info"):
            if set(query) - {"limit", "page_info"}:
                return _no(400, "page_info: Invalid value.")
            since, until, first = base64.urlsafe_b64decode(page).decode().split("|")
        else:
            since, until, first = query["updated_at_min"], query["updated_at_max"], "0"
        size = min(int(query.get("limit", PAGE_SIZE)), PAGE_SIZE_MAX)
        span = dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until)
        found = sorted(
            (at, order.order_id)
            for order in self.orders.values()
            if (at := _whole_second(order.updated_at)) and span[0] <= at <= span[1]
        )
        place = int(first)
        shown = [self._order(self.orders[order_id]) for _, order_id in found[place : place + size]]
        told = _yes({"orders": shown})
        if place + size >= len(found):
            return told
        info = base64.urlsafe_b64encode(f"{since}|{until}|{place + size}".encode()).decode()
        following = urlencode({"limit": size, "page_info": info})
        link = f'<https://demo.myshopify.com{API}orders.json?{following}>; rel="next"'
        return Told(200, told.body, {"link": link})

    def _cancel(self, order_id: str) -> Told:
        order = self.orders[order_id]
        if order.status in SHIPPED:
            return _no(422, "Cannot cancel a paid and fulfilled order")
        now = dt.datetime.fromtimestamp(self.now_ms() // 1000, dt.UTC)
        self.orders[order_id] = replace(order, status=OrderStatus.CANCELLED, updated_at=now)
        self.changed_ms[order_id] = self.now_ms()
        self.effects.append(f"cancel_order {order_id}")
        return _yes({"order": self._order(self.orders[order_id])})

    def _tag(self, variables: Mapping[str, Any]) -> Told:
        order_id = variables["id"].rpartition("/")[2]
        wrong = [] if order_id in self.orders else [{"message": "Order does not exist"}]
        if not wrong:
            self.remarks[order_id] = ", ".join(variables["tags"])
            self.effects.append(f"remark_order {order_id}")
        return _yes({"data": {"tagsAdd": {"userErrors": wrong}}})

    def _order(self, order: Order) -> dict[str, Any]:
        buyer, device = order.buyer or Buyer(), order.device or Device()
        method = order.payment.method if order.payment else None
        is_cancelled = order.status is OrderStatus.CANCELLED
        return {
            "id": int(order.order_id),
            "created_at": _zoned(order.created_at),
            "updated_at": _zoned(order.updated_at),
            "cancelled_at": _zoned(order.updated_at) if is_cancelled else None,
            "closed_at": None,
            "currency": order.currency,
            "financial_status": _financial(order),
            "fulfillment_status": "fulfilled" if order.status in SHIPPED else None,
            "total_price": order.amount,
            "total_discounts": order.discount,
            "total_shipping_price_set": {"shop_money": {"amount": order.freight}},
            "discount_codes": [
                {"code": coupon.id, "amount": coupon.amount} for coupon in order.coupons or ()
            ],
            "payment_gateway_names": [method] if method else None,
            "email": buyer.email,
            "phone": None,
            "browser_ip": device.ip,
            "client_details": {"browser_ip": device.ip, "user_agent": device.user_agent},
            "customer": {"id": buyer.id, "first_name": buyer.name, "phone": buyer.phone},
            "shipping_address": _address(order.ship_to or ShipTo()),
            "line_items": [_item(line) for line in order.lines or ()],
            "tags": self.remarks.get(order.order_id, ""),
            "fulfillments": [
                _fulfillment(parcel, self.changed_ms[order.order_id], None)
                for parcel in self.parcels.get(order.order_id, {}).values()
            ],
        }


def _is_over(kind: EventType) -> bool:
    return kind is EventType.ORDER_COMPLETED


def _financial(order: Order) -> str:
    if order.status is OrderStatus.PENDING_PAYMENT:
        return "pending"
    if order.status is OrderStatus.CLOSED:
        return "refunded"
    return "voided" if order.status is OrderStatus.CANCELLED else "paid"


def _item(line: Line) -> dict[str, Any]:
    return {
        "id": int(line.line_id or 0),
        "variant_id": int(line.channel_sku or 0),
        "product_id": int(line.product_id or 0),
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "price": line.unit_price,
    }


def _address(ship_to: ShipTo) -> dict[str, Any]:
    return {
        "country_code": ship_to.country,
        "province": ship_to.province,
        "city": ship_to.city,
        "address1": ship_to.street,
        "zip": ship_to.postcode,
        "latitude": ship_to.lat,
        "longitude": ship_to.lng,
        "name": ship_to.name,
        "phone": ship_to.phone,
    }


def _fulfillment(parcel: ShipmentData, at_ms: int, progress: str | None) -> dict[str, Any]:
    return {
        "id": int(parcel.shipment_id or 0),
        "order_id": int(parcel.order_id),
        "status": "success",
        "shipment_status": progress,
        "updated_at": _iso(at_ms),
        "location_id": parcel.warehouse,
        "tracking_company": parcel.carrier,
        "tracking_number": parcel.tracking_no,
        "line_items": [{"sku": line.sku, "quantity": line.quantity} for line in parcel.lines or ()],
    }


def _refund(refund: Refund) -> dict[str, Any]:
    data = refund.data
    money = {"amount": data.amount, "currency": data.currency}
    return {
        "id": int(data.refund_id),
        "order_id": int(data.order_id),
        "created_at": _iso(refund.changed_ms),
        "note": data.reason,
        "refund_line_items": [],
        "transactions": [{"kind": "refund", "status": "success", **money}],
    }


def _yes(document: Mapping[str, Any]) -> Told:
    return Told(200, json.dumps(document, ensure_ascii=False).encode())


def _no(status: int, said: str) -> Told:
    return Told(status, json.dumps({"errors": said}).encode())


def _iso(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC).isoformat()


def _zoned(at: dt.datetime | None) -> str | None:
    return at.replace(microsecond=0).isoformat() if at else None


def _whole_second(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(microsecond=0) if at else None


PLATFORM = ShopifyPlatform
