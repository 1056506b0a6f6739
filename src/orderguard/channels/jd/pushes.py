"""A push of Daojia: a form whose one business parameter is JSON with ids and a status."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import msgspec

from orderguard.channels.jd import shapes
from orderguard.channels.jd.values import identity, instant, text
from orderguard.domain.events import (
    CanonicalEvent,
    Data,
    EventType,
    OrderData,
    ShipmentData,
    UnknownData,
)
from orderguard.domain.orders import Order, OrderStatus
from orderguard.domain.ports import Parsed, RawMessage
from orderguard.errors import MalformedMessage
from orderguard.kit import jsontext
from orderguard.kit.ids import stable_id

PARAMETERS_MAX = 64
BUSINESS, SEALED = "jd_param_json", "encrypt_jd_param_json"
ID_PREFIX = "jdpush"
"""Of events whose detail is still to be asked for."""
NEW_ORDER, TO_BE_SHIPPED = "newOrder", "32000"
TYPE_NAME_LENGTH_MAX = 128

_STATUS = {
    EventType.ORDER_PAID: OrderStatus.PAID,
    EventType.ORDER_CANCELLED: OrderStatus.CANCELLED,
    EventType.ORDER_CLOSED: OrderStatus.CLOSED,
    EventType.ORDER_COMPLETED: OrderStatus.COMPLETED,
}
_decode = msgspec.json.Decoder(shapes.Push).decode


def parameters(message: RawMessage) -> dict[str, str] | None:
    """Those of the address and of the form, which JD's servers do not tell apart.

    None where it is no form. Bytes that are no UTF-8 stay what they are.
    """
    try:
        body = message.body.decode("utf-8", "surrogateescape")
        pairs = [
            pair
            for written in (message.query, body)
            for pair in parse_qsl(
                written,
                keep_blank_values=True,
                max_num_fields=PARAMETERS_MAX,
                errors="surrogateescape",
            )
        ]
    except ValueError:
        return None
    return dict(pairs)


def raw_of(message: RawMessage) -> bytes:
    """All that was said, as one form."""
    if not message.query:
        return message.body
    given = parameters(message) or {}
    return urlencode(given, errors="surrogateescape").encode()


def event_of(
    given: Mapping[str, str], interface: str, meanings: Mapping[str, EventType], raw: bytes
) -> Parsed:
    """What a push tells. Raise MalformedMessage where it cannot be read."""
    push = _business(given)
    order_id = identity(push.bill_id) or identity(push.order_id)
    status = text(push.status_id) or ""
    written = text(push.timestamp) or given.get("timestamp", "")
    at = instant(push.timestamp) or instant(given.get("timestamp"))
    if order_id is None or at is None:
        raise MalformedMessage("The push has no `billId`, or no time.")
    kind = _meant(interface, status, meanings)
    known = kind is not EventType.UNKNOWN
    name = f"{interface or 'push'} {status}".strip()
    event = CanonicalEvent(
        # JD repeats a push for hours, to any of its interfaces.
        id=stable_id(ID_PREFIX, order_id, status or interface, written),
        type=kind,
        type_name=kind.value if known else name[:TYPE_NAME_LENGTH_MAX],
        occurred_at=at,
        data=_data(kind, order_id, status),
    )
    return Parsed(event, raw)


def _meant(interface: str, status: str, meanings: Mapping[str, EventType]) -> EventType:
    """By the status, which is signed, before the interface, which is not."""
    if status == TO_BE_SHIPPED or (interface == NEW_ORDER and status not in meanings):
        return EventType.ORDER_CREATED
    return meanings.get(status) or meanings.get(interface) or EventType.UNKNOWN


def _data(kind: EventType, order_id: str, status: str) -> Data:
    if kind is EventType.UNKNOWN:
        return UnknownData()
    if kind.value.startswith("shipment."):
        return ShipmentData(order_id=order_id)
    told = OrderStatus.PAID if status == TO_BE_SHIPPED else _STATUS.get(kind)
    return OrderData(order=Order(order_id=order_id, status=told))


def _business(given: Mapping[str, str]) -> shapes.Push:
    written = given.get(BUSINESS, "")
    if not written and given.get(SEALED):
        raise MalformedMessage(
            "The push is encrypted, and JD does not publish how.",
            hint="Switch the encryption of messages off in Daojia's console.",
        )
    try:
        encoded = written.encode()
    except UnicodeEncodeError as error:
        raise MalformedMessage("`jd_param_json` is no UTF-8.") from error
    if fault := jsontext.fault(encoded):
        raise MalformedMessage(f"`jd_param_json` is no JSON: {fault}.")
    try:
        return _decode(encoded)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedMessage(f"`jd_param_json` is no push: {error}.") from error
