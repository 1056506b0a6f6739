"""Mappings that are likely wrong: the warehouse moves other goods than the mapping means.

    order of one mapped SKU ─► what left for it ─► the same other goods, several times in a row

What a mapping means is said by whoever made it; what is sold under that name shows in what the
warehouse packs. One odd parcel is a slip; the same one each time is a mapping.
"""

from msgspec import Struct

from orderguard.domain.alerts import Subject
from orderguard.domain.events import EventType, OrderEvent, ShipmentData
from orderguard.domain.health import Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.skus import cell_name
from orderguard.flows.stock_book import Book
from orderguard.stock import HeldLine, Mappings, Meaning

ORDERS_MAX = 100
"""Orders in a row that are remembered of one channel SKU, the newest."""


class Moved(Struct, frozen=True, kw_only=True):
    """The orders in a row for which `other` left where `meant` is mapped; `at` is the last."""

    meant: str
    other: str
    orders: tuple[OrderKey, ...]
    at: int
    cause: str


class Suspects:
    def __init__(self, health: Health, book: Book) -> None:
        self._health, self._book = health, book
        self._moved = health.tables.kept("sku_moved", Moved)
        """By channel, shop and channel SKU, where the goods that left last were others."""

    def ordered(self, key: OrderKey, event: OrderEvent) -> None:
        """A parcel of an order of one mapped SKU left."""
        if event.type is not EventType.SHIPMENT_SHIPPED or not isinstance(event.data, ShipmentData):
            return
        line, lines = self._only_line(key), event.data.lines
        skus = {one.sku for one in lines or ()}
        if line is None or line.channel_sku is None or len(skus) != 1:
            return
        [left] = skus
        holding = self._book.holding(key)
        assert holding is not None, "it has a line"
        found = self._book.skus.meant(key.channel, key.shop, line, holding.lines_at)
        if found.meaning is not Meaning.MAPPED or len(found.units) != 1 or not left:
            return
        meant = found.units[0][0]
        code = HeldLine(left, None, 1)
        as_named = self._book.skus.meant(key.channel, key.shop, code, event.occurred_ms)
        is_right = left in (meant, line.channel_sku) or (
            as_named.meaning is Meaning.MAPPED and as_named.units == found.units
        )
        name = cell_name(key.channel, key.shop, line.channel_sku)
        if is_right:
            self._right(name, line.channel_sku, key, event)
        else:
            self._other(name, line.channel_sku, key, event, (meant, left))

    def mapped(self, mappings: Mappings, event: OrderEvent) -> None:
        """It means something else now: what left before says nothing of that."""
        name = cell_name(mappings.channel, mappings.shop, mappings.channel_sku)
        where = OrderKey(mappings.channel, mappings.shop, "")
        self._right(name, mappings.channel_sku, where, event)

    def _only_line(self, key: OrderKey) -> HeldLine | None:
        """The line of an order that has one alone, which names no SKU of ours."""
        holding = self._book.holding(key)
        if holding is None or len(holding.lines) != 1 or holding.lines[0].sku is not None:
            return None
        return holding.lines[0]

    def _right(self, name: str, channel_sku: str, key: OrderKey, event: OrderEvent) -> None:
        if self._moved.get(name) is None:
            return
        self._moved.drop(name)
        for rule in self._health.rules(Check.SKU_SUSPECT):
            subject, times = Subject("sku", channel_sku), (event.received_ms, event.occurred_ms)
            self._health.alerts.settle(rule, subject, key.channel, key.shop, *times)

    def _other(
        self, name: str, channel_sku: str, key: OrderKey, event: OrderEvent, goods: tuple[str, str]
    ) -> None:
        meant, other = goods
        known = self._moved.get(name)
        is_same = known is not None and (known.meant, known.other) == goods
        before = known.orders if known is not None and is_same else ()
        if key in before:
            return
        orders = (*before, key)[-ORDERS_MAX:]
        cause = known.cause if known is not None and is_same else event.id
        moved = Moved(meant=meant, other=other, orders=orders, at=event.occurred_ms, cause=cause)
        self._moved.put(name, moved)
        for rule in self._health.rules(Check.SKU_SUSPECT):
            least = rule.parameters["least"]
            assert isinstance(least, int)
            if len(orders) >= least:
                self._tell(rule, channel_sku, moved, event.received_ms)

    def _tell(self, rule: HealthRule, channel_sku: str, moved: Moved, now_ms: int) -> None:
        last = moved.orders[-1]
        fault = Fault(
            subject=Subject("sku", channel_sku),
            channel=last.channel,
            shop=last.shop,
            order=last,
            orders=moved.orders,
            at=moved.at,
            cause=moved.cause,
            values={"meant": moved.meant, "moved": moved.other, "orders": len(moved.orders)},
        )
        self._health.alerts.report(rule, fault, now_ms)
