"""A platform as its merchants meet it: it keeps orders, pushes what happens, answers calls.

    happened(event) ─► truth changes ─► pushes, signed ─► Postman (drops, repeats, reorders)
    calls (detail, list, answers back) ◄─► act(asked), over real HTTP with faults on demand

The truth is canonical: a subclass writes it in the platform's shape. What a platform cannot tell
is no part of its truth (`tellable`), so that what an adapter makes of it can be compared whole.
"""

import importlib
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.calls import Access
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData, ShipmentData
from orderguard.domain.orders import Order, OrderStatus
from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.simulate.providers.server import (
    RETRY_AFTER_S,
    Asked,
    Fault,
    HttpProvider,
    Told,
)

STATUS_OF: Mapping[EventType, OrderStatus] = {
    EventType.ORDER_CREATED: OrderStatus.PENDING_PAYMENT,
    EventType.ORDER_PAID: OrderStatus.PAID,
    EventType.ORDER_CANCELLED: OrderStatus.CANCELLED,
    EventType.ORDER_CLOSED: OrderStatus.CLOSED,
    EventType.ORDER_COMPLETED: OrderStatus.COMPLETED,
    EventType.SHIPMENT_SHIPPED: OrderStatus.SHIPPED,
    EventType.SHIPMENT_DELIVERED: OrderStatus.DELIVERED,
}
"""What an event makes of an order on a platform that sees it."""


class Refund(Struct, frozen=True, kw_only=True):
    """A refund as it stands: `stage` is the type of the last event of it."""

    stage: EventType
    data: RefundData
    changed_ms: int


class Platform(HttpProvider):
    """One shop on one platform. A subclass has `channel`, and says what it pushes and answers."""

    channel: ClassVar[str]
    tells: ClassVar[frozenset[EventType]] = frozenset()
    """Events that it pushes as such, and that must arrive as such."""
    ships: ClassVar[bool] = True
    """Whether its order's status follows the parcels."""
    access: ClassVar[Access] = Access(token="simulated-token")  # noqa: S106 - nobody's.
    """What its calls have to bear."""

    def __init__(self, number: int = 1, *, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.signer = signer(self.channel)
        shop: ShopConfig = self.signer.shop(number)
        self.shop = shop if number == 1 else replace(shop, shop=f"{shop.shop}-{number}")
        self.orders: dict[str, Order] = {}
        self.changed_ms: dict[str, int] = {}
        """When each order changed last, on the platform's clock."""
        self.parcels: dict[str, dict[str, ShipmentData]] = {}
        """By order and parcel."""
        self.refunds: dict[str, Refund] = {}
        self.remarks: dict[str, str] = {}
        self.held: set[str] = set()
        self.detail_s = 0.0
        """How long every call takes."""
        super().__init__()

    def happened(self, event: CanonicalEvent) -> list[RawMessage]:
        """Let it be true from now on; the pushes that tell of it, each a call to our webhook."""
        at_ms = round(event.occurred_at.timestamp() * 1000)
        match event.data:
            case OrderData():
                self._keep(event, event.data.order, at_ms)
            case ShipmentData():
                parcel = event.data.shipment_id or ""
                self.parcels.setdefault(event.data.order_id, {})[parcel] = event.data
                if self.ships and event.data.order_id in self.orders:
                    self._keep(event, Order(order_id=event.data.order_id), at_ms)
            case RefundData():
                known = self.refunds.get(event.data.refund_id)
                data = _merged(known.data, event.data) if known else event.data
                self.refunds[data.refund_id] = Refund(stage=event.type, data=data, changed_ms=at_ms)
                if data.order_id in self.changed_ms:
                    self.changed_ms[data.order_id] = at_ms
            case _:
                pass
        pushes = self.pushes(event, at_ms)
        return [self.signer.signed(message, self.shop, self.now_ms()) for message in pushes]

    @abstractmethod
    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        """What the platform sends of this, before it is signed; nothing where it says nothing."""

    @abstractmethod
    def tellable(self, order: Order) -> Order:
        """What of an order this platform can tell, as exactly as it can tell it."""

    def is_acknowledged(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        """Whether the platform takes this answer for a yes."""
        return 200 <= status < 300

    def calls_settings(self, url: str) -> Mapping[str, str]:  # noqa: ARG002
        """The shop's settings that lead its calls here."""
        return {}

    def connected(self) -> ShopConfig:
        """The shop, with its calls led here."""
        settings = {**self.shop.settings, **self.connection()}
        return replace(self.shop, settings=settings)

    def settings(self, url: str) -> Mapping[str, Any]:
        return self.calls_settings(url)

    def secrets(self) -> tuple[str, ...]:
        return self.shop.secrets

    def act(self, asked: Asked) -> Told:  # noqa: ARG002
        """Answer a call. A platform without calls answers none."""
        return Told(404, b"{}")

    def fail(self, fault: Fault) -> Told:
        match fault:
            case Fault.BUSY:
                return Told(429, b"{}", {"retry-after": str(RETRY_AFTER_S)})
            case Fault.REFUSING:
                return Told(400, b"{}")
            case _:
                return Told(500, b"{}")

    def answer(self, asked: Asked) -> Told:
        if self.detail_s:
            time.sleep(self.detail_s)
        return super().answer(asked)

    def _keep(self, event: CanonicalEvent, told: Order, at_ms: int) -> None:
        known = self.orders.get(told.order_id)
        order = _merged(known, told) if known else told
        status = told.status or STATUS_OF.get(event.type) or order.status
        order = replace(order, status=status, updated_at=event.occurred_at)
        self.orders[order.order_id] = order
        self.changed_ms[order.order_id] = at_ms


def signer(channel: str) -> ModuleType:
    """What the platform signs with: the sender's half of a channel's folder."""
    return importlib.import_module(f"orderguard.channels.{channel}.signer")


def _merged(known: Any, told: Any) -> Any:
    """Members that are not told keep their former value."""
    news = {
        name: value for name in told.__struct_fields__ if (value := getattr(told, name)) is not None
    }
    return msgspec.structs.replace(known, **news)
