"""How to reach a buyer, and a parcel: read from the log when it is needed, kept nowhere."""

from collections.abc import Callable, Mapping

from orderguard.domain.events import OrderData, OrderEvent, ShipmentData
from orderguard.domain.orders import OrderKey
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
        channel = self._channels.get(order.channel)
        shop = self._shops.find(order.channel, order.shop)
        if channel is None or shop is None:
            return None
        for row in self._timeline(order)[: -ROWS_MAX - 1 : -1]:
            for record in self._log.read(row.offset - 1, 1):
                try:
                    raw = raw_of(record.record, self._keys)
                except UnknownRecord:
                    continue
                if found := _phone_in(raw, channel, shop, order):
                    return found
        return None

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


def _phone_in(raw: bytes, channel: Channel, shop: ShopConfig, order: OrderKey) -> str | None:
    try:
        parsed = channel.reread(raw, shop)
    except BadInput:
        return None
    for one in parsed:
        data = one.event.data
        if isinstance(data, OrderData) and data.order.order_id == order.order_id:
            buyer, ship_to = data.order.buyer, data.order.ship_to
            for given in (buyer and buyer.phone, ship_to and ship_to.phone):
                if given and phones.normalise(given):
                    return given
    return None
