"""The ledgers equal a recount of everything that was ever told, whatever comes twice or late."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.flows.stock_recount import recount

from orderguard.domain.events import (
    AftersaleData,
    Data,
    EventType,
    InventoryData,
    MappingData,
    OrderData,
    OrderEvent,
    RefundData,
    ShipmentData,
    ShipmentLine,
)
from orderguard.domain.orders import Buyer, Line, Order, OrderKey, OrderStatus
from orderguard.flows.skus import Skus
from orderguard.flows.stock_book import Book
from orderguard.flows.tables import Tables
from orderguard.orders import OrderState, derive, order_key
from orderguard.stores.memory import MemoryState

PROVE = bool(os.environ.get("ORDERGUARD_PROVE"))
MOVEMENTS = 200_000 if PROVE else 10_000
MOVEMENTS_EACH = 50

T0 = datetime(2026, 11, 11, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
SKUS = ("A", "B")
CHANNEL_SKUS = ("a", "ab")
WAREHOUSES = (None, "east", "west")
ORDERS = 6
SPAN_H = 40
"""Everything happens within this time, so that nothing is forgotten meanwhile."""

lines_drawn = st.lists(
    st.tuples(st.sampled_from(["A", "A", "B", "a", "ab"]), st.integers(0, 3)),
    min_size=1,
    max_size=2,
)
hours = st.integers(0, SPAN_H)
units = st.integers(-2, 12) | st.none()


class World(RuleBasedStateMachine):
    """Events are made, and every third waits; they are heard in any order, some of them twice."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.store = MemoryState()
        self.tables = Tables(self.store)
        self.skus = Skus(self.tables)
        self.book = Book(self.tables, self.skus)
        self.states: dict[str, OrderState] = {}
        self.waiting: list[OrderEvent] = []
        self.heard: list[OrderEvent] = []
        self.made = 0
        for number in range(ORDERS):
            lines = data.draw(lines_drawn)
            self.order(number, 9, EventType.ORDER_CREATED, lines, "10.00")
            if data.draw(st.booleans()):
                self.pay(number, 10)
        for sku in SKUS:
            hour, told = data.draw(hours), data.draw(st.tuples(units, units, units))
            self.snapshot(sku, data.draw(st.sampled_from(WAREHOUSES)), hour, told)

    def _make(self, kind: EventType, hour: int, data: Data) -> None:
        self.made += 1
        # Words of one instant have no order but that of arrival, which a repeat may hide.
        at = T0_MS + hour * 3_600_000 + self.made
        event = OrderEvent(
            id=f"e{self.made}",
            type=kind,
            channel="standard",
            shop="demo",
            occurred_ms=at,
            received_ms=T0_MS + SPAN_H * 3_600_000 + 10_000_000,
            data=data,
        )
        if self.made % 3:
            self._hear(event)
        else:
            self.waiting.append(event)

    def _document(self, kind: EventType, number: int, hour: int, **members: Any) -> None:
        order = Order(order_id=f"o{number}", buyer=Buyer(id="b"), **members)
        self._make(kind, hour, OrderData(order=order))

    @rule(
        number=st.integers(0, ORDERS - 1),
        hour=hours,
        kind=st.sampled_from([EventType.ORDER_CREATED, EventType.ORDER_UPDATED]),
        lines=lines_drawn,
        amount=st.sampled_from(["10.00", None]),
    )
    def order(
        self,
        number: int,
        hour: int,
        kind: EventType,
        lines: list[tuple[str, int]],
        amount: str | None,
    ) -> None:
        told = tuple(
            Line(sku=name, quantity=units)
            if name in SKUS
            else Line(channel_sku=name, quantity=units)
            for name, units in lines
        )
        created = T0 + timedelta(hours=number)
        self._document(kind, number, hour, lines=told, amount=amount, created_at=created)

    @rule(number=st.integers(0, ORDERS - 1), hour=hours)
    def pay(self, number: int, hour: int) -> None:
        paid_at = T0 + timedelta(hours=10, minutes=number // 2)
        self._document(EventType.ORDER_PAID, number, hour, paid_at=paid_at)

    @rule(
        number=st.integers(0, ORDERS - 1),
        hour=hours,
        how=st.sampled_from(
            [
                (EventType.ORDER_CANCELLED, None),
                (EventType.ORDER_CLOSED, None),
                (EventType.ORDER_UPDATED, OrderStatus.SHIPPED),
                (EventType.ORDER_COMPLETED, OrderStatus.COMPLETED),
            ]
        ),
    )
    def end(self, number: int, hour: int, how: tuple[EventType, OrderStatus | None]) -> None:
        kind, status = how
        at = T0 + timedelta(hours=10, minutes=number // 2)
        # The channel that says how far an order has come knows when it was paid.
        paid_at = None if status is None else at
        self._document(kind, number, hour, status=status, paid_at=paid_at)

    @rule(
        number=st.integers(0, ORDERS - 1),
        hour=hours,
        parcel=st.sampled_from(["p", "q"]),
        warehouse=st.sampled_from(WAREHOUSES),
        lines=st.none() | st.tuples(st.sampled_from([*SKUS, "other"]), st.integers(1, 3)),
        kind=st.sampled_from([EventType.SHIPMENT_REQUESTED, EventType.SHIPMENT_SHIPPED]),
    )
    def parcel(
        self,
        number: int,
        hour: int,
        parcel: str,
        warehouse: str | None,
        lines: tuple[str, int] | None,
        kind: EventType,
    ) -> None:
        inside = None
        if lines is not None and kind is EventType.SHIPMENT_SHIPPED:
            inside = (ShipmentLine(sku=lines[0], quantity=lines[1]),)
        data = ShipmentData(
            order_id=f"o{number}", shipment_id=parcel, warehouse=warehouse, lines=inside
        )
        self._make(kind, hour, data)

    @rule(
        number=st.integers(0, ORDERS - 1),
        hour=hours,
        refund=st.sampled_from(["r", "s"]),
        amount=st.sampled_from(["4.00", "6.00", "10.00"]),
    )
    def refund(self, number: int, hour: int, refund: str, amount: str) -> None:
        if any(
            isinstance(one.data, RefundData) and one.data.refund_id == f"{refund}{number}"
            for one in (*self.waiting, *self.heard)
        ):
            return
        data = RefundData(order_id=f"o{number}", refund_id=f"{refund}{number}", amount=amount)
        self._make(EventType.REFUND_SUCCEEDED, hour, data)

    @rule(number=st.integers(0, ORDERS - 1), hour=hours)
    def send_back(self, number: int, hour: int) -> None:
        self._make(EventType.RETURN_RECEIVED, hour, AftersaleData(order_id=f"o{number}"))

    @rule(
        sku=st.sampled_from(SKUS),
        warehouse=st.sampled_from(WAREHOUSES),
        hour=hours,
        told=st.tuples(units, units, units),
    )
    def snapshot(
        self,
        sku: str,
        warehouse: str | None,
        hour: int,
        told: tuple[int | None, int | None, int | None],
    ) -> None:
        available, on_hand, locked = told
        data = InventoryData(
            sku=sku, warehouse=warehouse, available=available, on_hand=on_hand, locked=locked
        )
        self._make(EventType.INVENTORY_CHANGED, hour, data)

    @rule(
        channel_sku=st.sampled_from(CHANNEL_SKUS),
        sku=st.sampled_from([*SKUS, None]),
        hour=hours,
    )
    def map_sku(self, channel_sku: str, sku: str | None, hour: int) -> None:
        self._make(EventType.SKU_MAPPED, hour, MappingData(channel_sku=channel_sku, sku=sku))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), count=st.integers(1, 6))
    def hear(self, data: st.DataObject, count: int) -> None:
        for _ in range(min(count, len(self.waiting))):
            place = data.draw(st.integers(0, len(self.waiting) - 1))
            self._hear(self.waiting.pop(place))

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def hear_again(self, data: st.DataObject) -> None:
        self._hear(data.draw(st.sampled_from(self.heard)))

    @precondition(lambda self: self.heard)
    @rule()
    def stop_and_start(self) -> None:
        self.store.save(self.tables.changes())
        self.tables = Tables(self.store)
        self.skus = Skus(self.tables)
        self.book = Book(self.tables, self.skus)

    def _hear(self, event: OrderEvent) -> None:
        self.heard.append(event)
        key = order_key(event)
        if key is not None:
            self._hear_of_order(key, event)
        elif isinstance(event.data, InventoryData):
            self.book.stocked(event, event.data)
        elif isinstance(event.data, MappingData):
            mappings = self.skus.take(event, event.data)
            if mappings is not None:
                self.book.mapped(mappings)

    def _hear_of_order(self, key: OrderKey, event: OrderEvent) -> None:
        before = self.states.get(key.order_id)
        state = before or OrderState(
            key=key, number=len(self.states) + 1, first_ms=event.occurred_ms
        )
        self.states[key.order_id], _ = derive(state, event)
        self.book.ordered(key, self.states[key.order_id], event, is_first=before is None)

    @invariant()
    def the_recount_agrees(self) -> None:
        numbers = {name: state.number for name, state in self.states.items()}
        now = T0_MS + 10 * 3_600_000 + 1_800_000
        found = recount(self.heard, numbers, now)
        for sku, count in found.items():
            ledger = self.book.ledgers.get(sku)
            assert ledger is not None, sku
            level = ledger.level(now)
            assert (level.shippable, level.paid, level.held) == (
                count.shippable,
                count.paid,
                count.held,
            ), sku
            assert level.sold == count.sold, sku
            assert ledger.excess() == count.excess, sku
            assert list(ledger.unfulfilled(level.short)) == count.losers, sku
            ends = [end for warehouse in ledger.warehouses() for end in warehouse[2:3]]
            assert sum(ends) == level.held, "what is locked at each warehouse adds up"


TestWorld = World.TestCase
TestWorld.settings = settings(
    max_examples=MOVEMENTS // MOVEMENTS_EACH,
    stateful_step_count=MOVEMENTS_EACH,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
