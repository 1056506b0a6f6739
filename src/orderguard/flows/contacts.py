"""How to reach a buyer, and a parcel: read from the log when it is needed, kept nowhere."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from orderguard.domain.events import OrderData, OrderEvent, ShipmentData
from orderguard.domain.orders import Order, OrderKey
from orderguard.domain.ports import (
    Channel,
    EventLog,
    ShopConfig,
    ShopDirectory,
    TimelineRow,
)
from orderguard.domain.record import Sealer, decode, raw_of
from orderguard.errors import BadInput, UnknownRecord
from orderguard.reference import phones

ROWS_MAX = 20
"""Messages of one order that are looked through, the newest first."""


class Person(Struct, frozen=True, kw_only=True):
    """Who bought, as the channel wrote it; None where it is masked, absent or erased."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None


class Contacts:
    def __init__(
        self,
        *,
        event_log: EventLog,
        keys: Sealer,
        channels: Mapping[str, Channel],
        shops: ShopDirectory,
        timeline: Callable[[OrderKey], list[TimelineRow]],
    ) -> None:
        self._log, self._keys = event_log, keys
        self._channels, self._shops, self._timeline = channels, shops, timeline

    def phone(self, order: OrderKey) -> str | None:
        """The number as the buyer gave it, None where it is masked, absent or erased."""
        return next((found for told in self._told(order) if (found := _phone(told))), None)

    def person(self, order: OrderKey) -> Person:
        """How the buyer is called and reached, each from the newest message that tells it."""
        found: dict[str, str] = {}
        for told in self._told(order):
            found = {**_personal(told), **found}
        return Person(**found)

    def _told(self, order: OrderKey) -> Iterator[Order]:
        """The order as its channel told of it, unmasked, the newest message first."""
        channel = self._channels.get(order.channel)
        shop = self._shops.find(order.channel, order.shop)
        if channel is None or shop is None:
            return
        for row in self._timeline(order)[: -ROWS_MAX - 1 : -1]:
            for record in self._log.read(row.offset - 1, 1):
                try:
                    raw = raw_of(record.record, self._keys)
                except UnknownRecord:
                    continue
                yield from _orders_in(raw, channel, shop, order)

    def parcels(self, order: OrderKey) -> tuple[tuple[str, str], ...]:
        """The carrier and tracking number of each parcel that has left, as far as both are told."""
        found: dict[tuple[str, str], None] = {}
        for row in self._timeline(order)[: -ROWS_MAX - 1 : -1]:
            if not row.type.startswith("shipment."):
                continue
            for record in self._log.read(row.offset - 1, 1):
                entry = decode(record.record)
                data = entry.data if isinstance(entry, OrderEvent) else None
                if isinstance(data, ShipmentData) and data.carrier and data.tracking_no:
                    found[data.carrier, data.tracking_no] = None
        return tuple(found)


def _orders_in(raw: bytes, channel: Channel, shop: ShopConfig, order: OrderKey) -> Iterator[Order]:
    try:
        parsed = channel.reread(raw, shop)
    except BadInput:
        return
    for one in parsed:
        data = one.event.data
        if isinstance(data, OrderData) and data.order.order_id == order.order_id:
            yield data.order


def _phone(told: Order) -> str | None:
    for given in (told.buyer and told.buyer.phone, told.ship_to and told.ship_to.phone):
        if given and phones.normalise(given):
            return given
    return None


def _personal(told: Order) -> dict[str, str]:
    buyer, to = told.buyer, told.ship_to
    places = () if to is None else (to.province, to.city, to.district, to.street)
    known = {
        "name": (to and to.name) or (buyer and buyer.name),
        "phone": _phone(told),
        "email": buyer and buyer.email,
        "address": " ".join(place for place in places if place),
    }
    return {name: value for name, value in known.items() if value}
