"""The `shopify` channel: webhooks of the Admin API, signed with the app's client secret."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.channels.shopify import events, shapes
from orderguard.channels.shopify.events import Told
from orderguard.channels.shopify.values import ID_LENGTH_MAX, instant
from orderguard.domain.events import CanonicalEvent, EventType, UnknownData
from orderguard.domain.ports import Answer, Parsed, RawMessage, ShopConfig
from orderguard.errors import MalformedMessage, SignatureMismatch
from orderguard.kit import jsontext
from orderguard.kit.ids import stable_id
from orderguard.kit.signing import verify_hmac_base64

SECRET_BYTES = 32


class Topic(Struct, frozen=True):
    """How the body of one topic is read, and what it tells."""

    decode: Callable[[bytes], Any]
    tell: Callable[[Any, dt.datetime | None], list[Told]]


def _topic(
    shape: type[Struct], tell: Callable[[Any, dt.datetime | None], list[Told]]
) -> Topic:
    return Topic(msgspec.json.Decoder(shape).decode, tell)


TOPICS: Mapping[str, Topic] = {
    "orders/create": _topic(shapes.Order, events.created),
    "orders/paid": _topic(shapes.Order, events.paid),
    "orders/updated": _topic(shapes.Order, events.updated),
    "orders/edited": _topic(shapes.OrderEdited, events.edited),
    "orders/cancelled": _topic(shapes.Order, events.cancelled),
    "orders/fulfilled": _topic(shapes.Order, events.fulfilled),
    "orders/partially_fulfilled": _topic(shapes.Order, events.fulfilled),
    "orders/delete": _topic(shapes.Order, events.deleted),
    "refunds/create": _topic(shapes.Refund, events.refunded),
    "fulfillments/create": _topic(shapes.Fulfillment, events.shipment),
    "fulfillments/update": _topic(shapes.Fulfillment, events.shipment),
    "inventory_levels/update": _topic(shapes.InventoryLevel, events.stocked),
}
