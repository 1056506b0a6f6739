"""What is wrong with the mapping of SKUs: none, or two, for what a channel sells.

    order, mapping ─► is it unsure what is meant? ─► a settling time ─► still? ─► alert

A mapping that is put in another's place comes as two events, and a new one with the first orders:
nothing is told before what may still be on its way had time to come.
"""

from collections.abc import Iterable

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue, Subject
from orderguard.domain.events import OrderData, OrderEvent
from orderguard.domain.health import Check, HealthRule
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.skus import Skus, cell_name
from orderguard.flows.stock_book import Book
from orderguard.stock import Holding, Mappings, Meaning, Units, held_lines, standing

_CHECKS = {Meaning.UNMAPPED: Check.SKU_UNMAPPED, Meaning.AMBIGUOUS: Check.SKU_AMBIGUOUS}
_MEANINGS = {check: meaning for meaning, check in _CHECKS.items()}
TITLE_MAX = 80
ORDERS_MAX = 10_000
"""Orders that one alert names."""


class Unsure(Struct, frozen=True, kw_only=True):
    """A channel SKU whose meaning is not sure since `at`; told as a fault at `due`, if still so.

    `cause` is the event that brought it to light.
    """

    channel: str
    shop: str
    channel_sku: str
    at: int
    due: int
    cause: str
    title: str | None = None


class Catalog:
    """`wake(due_ms, name)` asks for a call of `fire(name)` then."""

    def __init__(self, health: Health, book: Book, keeper: str, prefix: str) -> None:
        self._health, self._book = health, book
        self._skus: Skus = book.skus
        self._keeper, self._prefix = keeper, prefix
        self._unsure = health.tables.kept("sku_unsure", Unsure)
        """By rule, channel, shop and channel SKU, until it is told or sure again."""

    def ordered(self, key: OrderKey, event: OrderEvent) -> None:
        """An order names what it wants."""
        if not isinstance(event.data, OrderData) or not event.data.order.lines:
            return
        for line, held in zip(
            event.data.order.lines, held_lines(event.data.order.lines), strict=True
        ):
            if line.sku is not None or line.channel_sku is None:
                continue
            found = self._skus.meant(key.channel, key.shop, held, event.occurred_ms)
            check = _CHECKS.get(found.meaning)
            if check is not None:
                unsure = (key.channel, key.shop, line.channel_sku)
                self._doubt(check, unsure, event, line.title and line.title[:TITLE_MAX], key)

    def mapped(self, mappings: Mappings, naming: list[Holding], event: OrderEvent) -> None:
        """What stands for a channel SKU changed; `naming` are the open orders that name it."""
        stands = len(standing(mappings.history))
        subject = Subject("sku", mappings.channel_sku)
        over = [Check.SKU_UNMAPPED] if stands else []
        over += [Check.SKU_AMBIGUOUS] if stands <= 1 else []
        for check in over:
            for rule in self._health.rules(check):
                self._health.alerts.settle(
                    rule,
                    subject,
                    mappings.channel,
                    mappings.shop,
                    event.received_ms,
                    event.occurred_ms,
                )
        place = (mappings.channel, mappings.shop, mappings.channel_sku)
        if stands > 1:
            self._doubt(Check.SKU_AMBIGUOUS, place, event, None, None)
        elif not stands and naming:
            self._doubt(Check.SKU_UNMAPPED, place, event, None, None)

    def fire(self, name: str, due_ms: int) -> None:
        """The settling time of a doubt is over: what is still unsure is told."""
        unsure = self._unsure.get(name)
        if unsure is None or unsure.due != due_ms:
            return
        self._unsure.drop(name)
        for check in _MEANINGS:
            for rule in self._health.rules(check):
                if _name(rule, (unsure.channel, unsure.shop, unsure.channel_sku)) == name:
                    self._tell_settled(rule, unsure, due_ms)

    def _doubt(
        self,
        check: Check,
        place: tuple[str, str, str],
        event: OrderEvent,
        title: str | None,
        key: OrderKey | None,
    ) -> None:
        """One more event that met an unsure meaning: told at once where an alert stands."""
        channel, shop, channel_sku = place
        for rule in self._health.rules(check):
            name = _name(rule, place)
            settling_ms = rule.duration("settling")
            unsure = self._unsure.get(name) or Unsure(
                channel=channel,
                shop=shop,
                channel_sku=channel_sku,
                at=event.occurred_ms,
                due=event.received_ms + settling_ms,
                cause=event.id,
                title=title,
            )
            if not settling_ms or self._health.alerts.is_open(
                rule, Subject("sku", channel_sku), channel, shop
            ):
                self._tell(rule, unsure, () if key is None else (key,), event.received_ms)
            elif name not in self._unsure:
                self._unsure.put(name, unsure)
                self._health.wake(unsure.due, self._keeper, f"{self._prefix}{name}")

    def _tell_settled(self, rule: HealthRule, unsure: Unsure, now_ms: int) -> None:
        stands = len(self._skus.standing(unsure.channel, unsure.shop, unsure.channel_sku))
        orders = tuple(self._concerned(rule.watches, unsure))
        if orders or (rule.watches is Check.SKU_AMBIGUOUS and stands > 1):
            self._tell(rule, unsure, orders[-ORDERS_MAX:], now_ms)

    def _concerned(self, check: Check, unsure: Unsure) -> Iterable[OrderKey]:
        """The orders that name it and whose meaning is unsure, by their numbers."""
        found: dict[int, OrderKey] = {}
        for holding in self._book.naming(unsure.channel, unsure.shop, unsure.channel_sku):
            for line in holding.lines:
                if line.channel_sku == unsure.channel_sku:
                    where = (unsure.channel, unsure.shop, line, holding.lines_at)
                    if self._skus.meant(*where).meaning is _MEANINGS[check]:
                        found[holding.number] = holding.key
        return [found[number] for number in sorted(found)]

    def _tell(
        self, rule: HealthRule, unsure: Unsure, orders: tuple[OrderKey, ...], now_ms: int
    ) -> None:
        values: dict[str, FeatureValue]
        if rule.watches is Check.SKU_UNMAPPED:
            values = {"title": unsure.title}
        else:
            stands = self._skus.standing(unsure.channel, unsure.shop, unsure.channel_sku)
            values = _ambiguous(stands)
        fault = Fault(
            subject=Subject("sku", unsure.channel_sku),
            channel=unsure.channel,
            shop=unsure.shop,
            order=orders[-1] if orders else None,
            orders=orders,
            at=unsure.at,
            cause=unsure.cause,
            values=values,
        )
        self._health.alerts.report(rule, fault, now_ms)


def _name(rule: HealthRule, place: tuple[str, str, str]) -> str:
    return cell_name(rule.id, *place)


def _ambiguous(meanings: tuple[Units, ...]) -> dict[str, FeatureValue]:
    return {"skus": ", ".join(sorted(map(told, meanings))), "count": len(meanings)}


def told(units: Units) -> str:
    """A meaning as people read it: `A`, or `A + 2 B`."""
    return " + ".join(sku if count == 1 else f"{count} {sku}" for sku, count in units)
