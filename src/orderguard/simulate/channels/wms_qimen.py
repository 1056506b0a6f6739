"""A warehouse behind Qimen's gateway: tells of parcels, and holds, releases and cancels orders.

It knows orders by the codes that it was given, and nothing of buyers, prices or payments: what it
tells are shipments alone. An order that has left can neither be held nor cancelled.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

from orderguard.domain.calls import Access
from orderguard.domain.events import AftersaleData, CanonicalEvent, EventType, ShipmentData
from orderguard.domain.orders import Order
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.providers.server import Asked, Fault, Told

CHINA = dt.timezone(dt.timedelta(hours=8))
WINDOW_MS = 600_000

_STEPS = {
    EventType.SHIPMENT_ACCEPTED: "ACCEPT",
    EventType.SHIPMENT_PICKED: "PICK",
    EventType.SHIPMENT_DELIVERED: "SIGN",
}
_XML = {"content-type": "text/xml; charset=utf-8"}


class QimenPlatform(Platform):
    """`held`, `cancelled`, `left`: codes of orders. Held and released ones are so once."""

    channel = "wms_qimen"
    tells = frozenset({*_STEPS, EventType.SHIPMENT_SHIPPED, EventType.RETURN_RECEIVED})
    ships = False  # It sees no order of the shop.
    access: ClassVar[Access] = Access()

    def __init__(self, number: int = 1, *, now_ms: Callable[[], int]) -> None:
        self.left: set[str] = set()
        self.cancelled: set[str] = set()
        super().__init__(number, now_ms=now_ms)

    def tellable(self, order: Order) -> Order:
        """Nothing but which order it is: what it tells are shipments."""
        return Order(order_id=order.order_id)

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        data, at = event.data, _written(at_ms)
        match data:
            case ShipmentData() if event.type is EventType.SHIPMENT_SHIPPED:
                self.left.add(data.order_id)
                return [_call("deliveryorder.confirm", _confirmation(event.id, data, at))]
            case ShipmentData() if event.type in _STEPS:
                return [_call("orderprocess.report", _step(_STEPS[event.type], data, at))]
            case AftersaleData() if event.type is EventType.RETURN_RECEIVED:
                return [_call("returnorder.confirm", _return(event.id, data, at))]
            case _:
                return []

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and b"<flag>success</flag>" in body

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": f"{url}/router/qimen/service"}

    def act(self, asked: Asked) -> Told:
        given = dict(parse_qsl(urlsplit(asked.path).query, keep_blank_values=True))
        if fault := self._fault(given, asked.body):
            return _no(*fault)
        told = fromstring(asked.body)
        code = told.findtext("orderCode") or ""
        match given["method"].removeprefix("taobao.qimen."):
            case "order.pending":
                return self._pending(code, told.findtext("actionType") or "")
            case "order.cancel":
                return self._cancelled(code)
            case "orderprocess.query":
                return _no("E0001", "单据不存在") if not self._knows(code) else _yes()
            case _:
                return _no("22", "Invalid method")

    def fail(self, fault: Fault) -> Told:
        match fault:
            case Fault.BUSY:
                return _no("7", "App Call Limited")
            case Fault.REFUSING:
                return _no("25", "Invalid signature")
            case _:
                return Told(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"})

    def _fault(self, given: Mapping[str, str], body: bytes) -> tuple[str, str] | None:
        """What the gateway finds wrong with a call, before the warehouse sees it."""
        settings, secret = self.shop.settings, self.shop.secrets[0]
        if given.get("app_key") != settings["app_key"]:
            return "29", "Invalid app Key"
        pairs = "".join(name + given[name] for name in sorted(given) if name != "sign")
        signed = secret.encode() + pairs.encode() + body + secret.encode()
        made = hashlib.md5(signed, usedforsecurity=False).hexdigest().upper()
        if given.get("sign") != made:
            return "25", "Invalid signature"
        try:
            naive = dt.datetime.fromisoformat(given.get("timestamp", ""))
        except ValueError:
            return "31", "Invalid timestamp"
        off_ms = naive.replace(tzinfo=CHINA).timestamp() * 1000 - self.now_ms()
        if abs(off_ms) > WINDOW_MS:
            return "31", "Invalid timestamp"
        if given.get("customerId") != settings["customer_id"]:
            return "41", "Invalid customerId"
        return None

    def _pending(self, code: str, action: str) -> Told:
        if action == "restore":
            self.held.discard(code)
            self.effects.append(f"restore {code}")
            return _yes()
        if code in self.left:
            return _no("E0002", "订单已发货，不能挂起")
        self.held.add(code)
        self.effects.append(f"pending {code}")
        return _yes()

    def _cancelled(self, code: str) -> Told:
        if code in self.left:
            return _no("E0002", "订单已出库，不能取消")
        if code in self.cancelled:
            return _no("E0003", "单据已取消")
        self.cancelled.add(code)
        self.effects.append(f"cancel {code}")
        return _yes()

    def _knows(self, code: str) -> bool:
        return code in self.orders or code in self.parcels


def _call(method: str, root: Element) -> RawMessage:
    body = b'<?xml version="1.0" encoding="utf-8"?>' + tostring(root, "utf-8")
    return RawMessage(_XML, urlencode({"method": f"taobao.qimen.{method}"}), body)


def _tree(parent: Element, **texts: str | None) -> Element:
    for name, text in texts.items():
        if text is not None:
            SubElement(parent, name).text = text
    return parent


def _confirmation(event_id: str, data: ShipmentData, at: str) -> Element:
    root = Element("request")
    _tree(
        SubElement(root, "deliveryOrder"),
        deliveryOrderCode=data.order_id,
        deliveryOrderId=data.shipment_id,
        warehouseCode=data.warehouse,
        orderType="JYCK",
        status="DELIVERED",
        outBizCode=event_id,
        confirmType="0",
        orderConfirmTime=at,
    )
    package = SubElement(SubElement(root, "packages"), "package")
    _tree(package, logisticsCode=data.carrier, expressCode=data.tracking_no)
    items, lines = SubElement(package, "items"), SubElement(root, "orderLines")
    for place, line in enumerate(data.lines or (), 1):
        quantity = None if line.quantity is None else str(line.quantity)
        _tree(SubElement(items, "item"), itemCode=line.sku, quantity=quantity)
        number = str(place)
        line_of = SubElement(lines, "orderLine")
        _tree(line_of, orderLineNo=number, itemCode=line.sku, actualQty=quantity)
    return root


def _step(status: str, data: ShipmentData, at: str) -> Element:
    root = Element("request")
    _tree(
        SubElement(root, "order"),
        orderCode=data.order_id,
        orderId=data.shipment_id,
        orderType="JYCK",
        warehouseCode=data.warehouse,
    )
    _tree(
        SubElement(root, "process"),
        processStatus=status,
        operatorName="operator",
        operateTime=at,
        expressCode=data.tracking_no,
    )
    return root


def _return(event_id: str, data: AftersaleData, at: str) -> Element:
    root = Element("request")
    _tree(
        SubElement(root, "returnOrder"),
        returnOrderCode=f"RT{data.order_id}",
        outBizCode=event_id,
        orderType="THRK",
        orderConfirmTime=at,
        preDeliveryOrderCode=data.order_id,
        returnReason=data.reason,
    )
    return root


def _written(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _yes() -> Told:
    root = _tree(Element("response"), flag="success", code="0", message="")
    return Told(200, tostring(root, "utf-8"), _XML)


def _no(code: str, message: str) -> Told:
    root = _tree(Element("response"), flag="failure", code=code, message=message)
    return Told(200, tostring(root, "utf-8"), _XML)


PLATFORM = QimenPlatform
