"""What each document of a warehouse tells, as canonical events."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, tostring

from msgspec import Struct

from orderguard.channels.wms_qimen.documents import said
from orderguard.channels.wms_qimen.settings import Usage
from orderguard.channels.wms_qimen.steps import AGAIN, NOT_SHIPPED, TO_BUYERS
from orderguard.channels.wms_qimen.values import (
    QUANTITY_MAX,
    TEXT_LENGTH_MAX,
    UNITS_MAX,
    identity,
    instant,
    text,
    whole,
)
from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    ShipmentData,
    ShipmentLine,
    UnknownData,
)
from orderguard.errors import MalformedMessage

SOUND = frozenset({"", "ZP"})
"""Kinds of stock that can be sold."""


class Told(Struct, frozen=True, kw_only=True):
    """One event. `parts` tell it from all others of its warehouse, and are the same on a repeat.

    `at` None: the time of the call. `name`: of a type that we do not know.
    """

    type: EventType
    data: Data
    at: dt.datetime | None
    parts: tuple[str, ...]
    name: str = ""


Tell = Callable[[Element, Usage], list[Told]]


def confirmed(document: Element, usage: Usage) -> list[Told]:
    """`deliveryorder.confirm`: a parcel each for what has left.

    Confirmation type 1 says that more will follow; each names its own parcels either way.
    """
    order = _needed_node(document, "deliveryOrder")
    code = _needed(order, "deliveryOrderCode")
    status = (said(order, "status") or "").upper()
    at = instant(said(order, "orderConfirmTime", "operateTime"))
    parts = (code, said(order, "outBizCode") or _content(document))
    kind = (said(order, "orderType") or "").upper()
    if status in NOT_SHIPPED or kind not in TO_BUYERS:
        name = f"deliveryorder.confirm {status if status in NOT_SHIPPED else kind}"
        return [_unknown(name, at, parts)]
    former = identity(said(order, "preDeliveryOrderCode")) if kind in AGAIN else None
    told = []
    for number, parcel in _parcels(document, order, usage.order_id(former or code)):
        told.append(
            Told(type=EventType.SHIPMENT_SHIPPED, data=parcel, at=at, parts=(*parts, number))
        )
    return told


def processed(document: Element, usage: Usage) -> list[Told]:
    """`orderprocess.report`: a step inside the warehouse, or of the parcel."""
    order, process = _needed_node(document, "order"), _needed_node(document, "process")
    code = _needed(order, "orderCode")
    status = _needed(process, "processStatus").upper()
    written = said(process, "operateTime")
    at = instant(written)
    number = said(process, "expressCode")
    order_id = said(order, "orderId")
    parts = (code, order_id or "", status, written or "", number or "")
    kind = usage.steps.get(status, EventType.UNKNOWN)
    if kind is EventType.UNKNOWN or (said(order, "orderType") or "").upper() not in TO_BUYERS:
        return [_unknown(f"orderprocess.report {status}", at, parts)]
    data = ShipmentData(
        order_id=usage.order_id(code),
        # Without a number it is the order's first parcel, whatever that will be called.
        shipment_id=_shipment_id(order_id, number) if number else None,
        warehouse=text(said(order, "warehouseCode")),
        tracking_no=text(number),
    )
    return [Told(type=kind, data=data, at=at, parts=parts)]


def returned(document: Element, usage: Usage) -> list[Told]:
    """`returnorder.confirm`: goods came back, for the order that they had left with."""
    order = _needed_node(document, "returnOrder")
    code = said(order, "preDeliveryOrderCode") or next(_sources(document), None)
    code = identity(code) or _needed(order, "returnOrderCode")
    at = instant(said(order, "orderConfirmTime"))
    parts = (
        said(order, "returnOrderCode", "returnOrderId") or code,
        said(order, "outBizCode") or _content(document),
    )
    data = AftersaleData(order_id=usage.order_id(code), reason=text(said(order, "returnReason")))
    return [Told(type=EventType.RETURN_RECEIVED, data=data, at=at, parts=parts)]


def counted(document: Element, usage: Usage) -> list[Told]:  # noqa: ARG001 - a Tell.
    """`inventory.report`: what is there, where a total is told; a difference alone is kept.

    A SKU that has several lines is counted by batch: their totals are of nothing that we know.
    """
    at = instant(said(document, "checkTime"))
    warehouse = said(document, "warehouseCode")
    parts = (said(document, "outBizCode") or _content(document),)
    totals: dict[str, list[int | None]] = {}
    for item in document.findall("items/*"):
        sku = identity(said(item, "itemCode"))
        if sku and (said(item, "inventoryType") or "").upper() in SOUND:
            total = whole(said(item, "totalQty"), least=-UNITS_MAX, most=UNITS_MAX)
            totals.setdefault(sku, []).append(total)
    told = [
        Told(
            type=EventType.INVENTORY_CHANGED,
            data=InventoryData(sku=sku, warehouse=text(warehouse), on_hand=total[0]),
            at=at,
            parts=(*parts, sku),
        )
        for sku, total in totals.items()
        if len(total) == 1 and total[0] is not None
    ]
    return told or [_unknown("inventory.report", at, parts)]


def kept(method: str) -> Tell:
    """A document that tells nothing canonical: counted under its name, its text with it."""

    def tell(document: Element, usage: Usage) -> list[Told]:  # noqa: ARG001 - a Tell.
        written = said(document, *(f".//{name}" for name in _TIMES))
        identifying = said(document, "outBizCode", "*/outBizCode")
        parts = (identifying or "", _content(document))
        return [_unknown(method, instant(written), parts)]

    return tell


def batch(document: Element) -> Iterator[Element]:
    """The confirmations of a `deliveryorder.batchconfirm`, each as if it came alone."""
    for order in document.findall("orders/*"):
        alone = Element(document.tag)
        alone.extend(order)
        yield alone


BATCH = "deliveryorder.batchconfirm"
TELLS: Mapping[str, Tell] = {
    "deliveryorder.confirm": confirmed,
    "orderprocess.report": processed,
    "returnorder.confirm": returned,
    "inventory.report": counted,
}
_MARKS: Mapping[str, str] = {
    "orders": BATCH,
    "deliveryOrder": "deliveryorder.confirm",
    "process": "orderprocess.report",
    "returnOrder": "returnorder.confirm",
}
_TIMES = (
    "operateTime",
    "orderConfirmTime",
    "checkTime",
    "changeTime",
    "createTime",
)


def method_of(document: Element) -> str:
    """The method that a document must have come by, told by what it holds; empty if by none."""
    return next((method for mark, method in _MARKS.items() if document.find(mark) is not None), "")


def _parcels(
    document: Element, order: Element, order_id: str
) -> Iterator[tuple[str, ShipmentData]]:
    """Each parcel with what tells it apart; one without a name where none is listed."""
    packages = document.findall("packages/*")
    document_id, warehouse = said(order, "deliveryOrderId"), said(order, "warehouseCode")
    ordered = _lines(document.findall("orderLines/*"), "actualQty")
    seen: set[str] = set()
    for place, package in enumerate(packages or [order]):
        number = said(package, "expressCode")
        name = number or (str(place) if place else "")
        name = f"{name}:{place}" if name in seen else name
        seen.add(name)
        lines = _lines(package.findall("items/*"), "quantity")
        yield (
            name,
            ShipmentData(
                order_id=order_id,
                shipment_id=_shipment_id(document_id, name),
                warehouse=text(warehouse),
                carrier=text(said(package, "logisticsCode", "logisticsName")),
                tracking_no=text(number),
                lines=lines or (ordered if len(packages) <= 1 else None),
            ),
        )


def _lines(items: Iterable[Element], counted_by: str) -> tuple[ShipmentLine, ...] | None:
    """What is in it, without lines of which nothing left."""
    lines = (
        ShipmentLine(
            sku=text(said(item, "itemCode")),
            quantity=whole(said(item, counted_by), least=0, most=QUANTITY_MAX),
        )
        for item in items
    )
    return tuple(line for line in lines if line.quantity != 0 and line != ShipmentLine()) or None


def _shipment_id(document_id: str | None, number: str | None) -> str | None:
    joined = ":".join(filter(None, (document_id, number)))
    return joined[:TEXT_LENGTH_MAX] or None


def _sources(document: Element) -> Iterator[str]:
    """The platform's order numbers that the lines of a return name."""
    for line in document.findall("orderLines/*"):
        if code := said(line, "sourceOrderCode", "orderSourceCode"):
            yield code


def _unknown(name: str, at: dt.datetime | None, parts: tuple[str, ...]) -> Told:
    return Told(type=EventType.UNKNOWN, data=UnknownData(), at=at, parts=parts, name=name)


def _content(document: Element) -> str:
    """Stands for a document that has no id of its own: a repeat says the same."""
    return tostring(document, "unicode")


def _needed_node(document: Element, name: str) -> Element:
    node = document.find(name)
    if node is None:
        raise MalformedMessage(f"The element `{name}` is missing.")
    return node


def _needed(node: Element, name: str) -> str:
    known = identity(said(node, name))
    if known is None:
        raise MalformedMessage(f"The element `{name}` is missing or too long.")
    return known
