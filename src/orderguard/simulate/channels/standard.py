"""A sender of canonical events: the platform is whatever tells them."""

import msgspec

from orderguard.domain.events import CanonicalEvent, EventType
from orderguard.domain.orders import Order
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform


class StandardPlatform(Platform):
    channel = "standard"
    tells = frozenset(EventType) - {EventType.UNKNOWN}
    ships = False  # A shipment says nothing of the channel's own status.

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:  # noqa: ARG002
        document = {
            "id": event.id,
            "type": event.type_name,
            "occurred_at": event.occurred_at,
            "data": event.data,
        }
        head = {"content-type": "application/json"}
        return [RawMessage(head, "", msgspec.json.encode(document))]

    def tellable(self, order: Order) -> Order:
        return order


PLATFORM = StandardPlatform
