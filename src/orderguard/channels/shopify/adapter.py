"""The `shopify` channel: webhooks of the Admin API, signed with the app's client secret."""

import contextlib
import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from orderguard.channels.shopify import events, shapes
from orderguard.channels.shopify.events import Told
from orderguard.channels.shopify.orders import SUPPLIES
from orderguard.channels.shopify.settings import SETTINGS
from orderguard.channels.shopify.values import ID_LENGTH_MAX, identity, instant
from orderguard.domain.events import CanonicalEvent, EventType, UnknownData
from orderguard.domain.ports import Answer, Channel, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.kit import jsontext
from orderguard.kit.ids import stable_id
from orderguard.kit.signing import verify_hmac_base64

SECRET_BYTES = 32
TYPE_NAME_LENGTH_MAX = 128
_SOME_TIME = "1970-01-01T00:00:00Z"

S = TypeVar("S", bound=msgspec.Struct)


def _topic(shape: type[S], tell: Callable[[S], list[Told]]) -> Callable[[bytes], list[Told]]:
    decode = msgspec.json.Decoder(shape).decode
    return lambda body: tell(decode(body))


_TOPICS: Mapping[str, Callable[[bytes], list[Told]]] = {
    "orders/create": _topic(shapes.Order, events.order_event(EventType.ORDER_CREATED)),
    "orders/paid": _topic(shapes.Order, events.order_event(EventType.ORDER_PAID)),
    "orders/updated": _topic(shapes.Order, events.order_event(EventType.ORDER_UPDATED)),
    "orders/cancelled": _topic(shapes.Order, events.order_event(EventType.ORDER_CANCELLED)),
    "orders/fulfilled": _topic(shapes.Order, events.fulfilled),
    "orders/partially_fulfilled": _topic(shapes.Order, events.fulfilled),
    "orders/edited": _topic(shapes.OrderEdited, events.edited),
    "orders/delete": _topic(shapes.Order, events.deleted),
    "refunds/create": _topic(shapes.Refund, events.refunded),
    "fulfillments/create": _topic(shapes.Fulfillment, events.shipment),
    "fulfillments/update": _topic(shapes.Fulfillment, events.shipment),
    "inventory_levels/update": _topic(shapes.InventoryLevel, events.stocked),
}
_decode_order = msgspec.json.Decoder(shapes.Order).decode
_check_json = msgspec.json.Decoder(msgspec.Raw).decode


class ShopifyChannel(Channel):
    name = "shopify"
    title = "Shopify"
    supplies = SUPPLIES
    settings = SETTINGS

    def verify(self, message: RawMessage, shop: ShopConfig, now_ms: int) -> None:  # noqa: ARG002
        # Shopify signs the body alone and prescribes no replay window.
        signature = message.headers.get("x-shopify-hmac-sha256", "")
        for secret in shop.secrets:
            if verify_hmac_base64(secret.encode(), message.body, signature):
                return
        raise SignatureMismatch(
            "The header X-Shopify-Hmac-Sha256 is missing or not made with this shop's secret.",
            hint="Give the shop the client secret of the app that subscribes to the webhooks.",
            fault=SignatureFault.WRONG if signature else SignatureFault.MISSING,
        )

    def parse(self, message: RawMessage, shop: ShopConfig) -> tuple[Parsed, ...]:  # noqa: ARG002
        if fault := jsontext.fault(message.body):
            raise MalformedMessage(f"Not a Shopify webhook: {fault}.")
        topic = message.headers.get("x-shopify-topic", "")
        tell = _TOPICS.get(topic)
        try:
            if tell is None:
                return _unknown(message, topic)
            told = tell(message.body)
        except msgspec.DecodeError as error:
            raise MalformedMessage(f"Not a Shopify webhook: {error}.") from error
        return tuple(_parsed(one, message, topic) for one in told)

    def reread(self, raw: bytes, shop: ShopConfig) -> tuple[Parsed, ...]:
        """Without its topic: as each of those that speak of an order."""
        again: tuple[Parsed, ...] = ()
        for topic in _TOPICS:
            headers = {"x-shopify-topic": topic, "x-shopify-triggered-at": _SOME_TIME}
            message = RawMessage(headers, "", raw)
            with contextlib.suppress(MalformedMessage):
                again += self.parse(message, shop)
        return again

    def acknowledge(self, accepted: int, duplicates: int) -> Answer:  # noqa: ARG002
        # Any 2xx will do; the body is ignored.
        return Answer(200, b"{}")

    def new_secret(self) -> str:
        return secrets.token_hex(SECRET_BYTES)


def answered_order(raw: bytes) -> tuple[Parsed, ...]:
    """An order as a call answers it, and its parcels; one that did not change has the same ids."""
    if fault := jsontext.fault(raw):
        raise MalformedMessage(f"Not an order: {fault}.")
    try:
        order = _decode_order(raw)
    except msgspec.DecodeError as error:
        raise MalformedMessage(f"Not an order: {error}.") from error
    changed_at = instant(order.updated_at) or instant(order.created_at)
    if changed_at is None:
        raise MalformedMessage("Nothing in the order says when it changed.")
    parsed = []
    for told in events.fulfilled(order):
        at = told.at or changed_at
        names = (identity(order.id) or "", at.isoformat(), told.part)
        event = CanonicalEvent(
            id=stable_id("shopify_order", *names),
            type=told.type,
            type_name=told.type.value,
            occurred_at=at,
            data=told.data,
        )
        parsed.append(Parsed(event, raw))
    return tuple(parsed)


def _unknown(message: RawMessage, topic: str) -> tuple[Parsed, ...]:
    """A topic that we do not know is kept, if it says when it happened."""
    _check_json(message.body)
    if _triggered_at(message) is None:
        return ()
    return (_parsed(Told(EventType.UNKNOWN, UnknownData(), None), message, topic),)


def _parsed(told: Told, message: RawMessage, topic: str) -> Parsed:
    occurred_at = told.at or _triggered_at(message)
    if occurred_at is None:
        raise MalformedMessage("Nothing in the webhook says when it happened.")
    known = told.type is not EventType.UNKNOWN
    event = CanonicalEvent(
        id=_event_id(message, topic, told.part),
        type=told.type,
        type_name=told.type.value if known else topic[:TYPE_NAME_LENGTH_MAX] or "unknown",
        occurred_at=occurred_at,
        data=told.data,
    )
    return Parsed(event, message.body)


def _triggered_at(message: RawMessage) -> dt.datetime | None:
    return instant(message.headers.get("x-shopify-triggered-at"))


def _event_id(message: RawMessage, topic: str, part: str) -> str:
    """The delivery, which is the same on each retry; without one, what it says."""
    delivery = message.headers.get("x-shopify-webhook-id")
    if not delivery:
        return stable_id("shopify", topic, message.body.decode(), part)
    name = ":".join(filter(None, (delivery, topic, part)))
    return name if len(name) <= ID_LENGTH_MAX else stable_id("shopify", delivery, topic, part)
