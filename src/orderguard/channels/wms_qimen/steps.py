"""The words of `orderprocess.report` and what they mean to us."""

from collections.abc import Mapping

from orderguard.domain.events import EventType

STEPS: Mapping[str, EventType] = {
    "accepted": EventType.SHIPMENT_ACCEPTED,
    "picked": EventType.SHIPMENT_PICKED,
    "shipped": EventType.SHIPMENT_SHIPPED,
    "in_transit": EventType.SHIPMENT_IN_TRANSIT,
    "delivered": EventType.SHIPMENT_DELIVERED,
    "held": EventType.SHIPMENT_HELD,
    "released": EventType.SHIPMENT_RELEASED,
    "unknown": EventType.UNKNOWN,
}
"""What a merchant may call a step in `process_map`."""

PROCESS: Mapping[str, EventType] = {
    "ACCEPT": EventType.SHIPMENT_ACCEPTED,
    "PICK": EventType.SHIPMENT_PICKED,
    "CHECK": EventType.SHIPMENT_PICKED,
    "PACKAGE": EventType.SHIPMENT_PICKED,
    "WEIGH": EventType.SHIPMENT_PICKED,
    "READY": EventType.SHIPMENT_PICKED,
    "PARTDELIVERED": EventType.SHIPMENT_SHIPPED,
    "DELIVERED": EventType.SHIPMENT_SHIPPED,
    "SIGN": EventType.SHIPMENT_DELIVERED,
}
"""Whatever is not here is kept as unknown: NEW, PRINT, EXCEPTION, CANCELED, REJECT, REFUSE …"""

NOT_SHIPPED = frozenset({"NEW", "ACCEPT", "EXCEPTION", "CANCELED", "CLOSED", "REJECT"})
"""States of a delivery order whose confirmation tells of no parcel that left."""

TO_BUYERS = frozenset({"", "JYCK", "HHCK", "BFCK", "PTCK", "QTCK"})
"""Types of documents that send goods to a buyer; the others move them between warehouses."""

AGAIN = frozenset({"HHCK", "BFCK"})
"""Those of them that send for an order once more: in exchange, or what was missing."""
