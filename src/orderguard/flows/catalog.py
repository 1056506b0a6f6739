"""What is wrong with the mapping of SKUs: none, or two, for what a channel sells."""

from orderguard.domain.alerts import FeatureValue, Subject
from orderguard.domain.events import OrderData, OrderEvent
from orderguard.domain.health import Check
from orderguard.domain.orders import Line, OrderKey
from orderguard.flows.health import Health
from orderguard.flows.health_alerts import Fault
from orderguard.flows.skus import Skus
from orderguard.stock import Mappings, Meaning, Units, held_lines, standing

_CHECKS = {Meaning.UNMAPPED: Check.SKU_UNMAPPED, Meaning.AMBIGUOUS: Check.SKU_AMBIGUOUS}
TITLE_MAX = 80


class Catalog:
    def __init__(self, health: Health, skus: Skus) -> None:
        self._health, self._skus = health, skus

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
                self._report(check, line.channel_sku, key, event, line)

    def mapped(self, mappings: Mappings, names: list[str], event: OrderEvent) -> None:
        """What stands for a channel SKU changed; `names` are the open orders that name it."""
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
        if stands > 1:
            self._report_ambiguous(mappings, names, event)

    def _report_ambiguous(self, mappings: Mappings, names: list[str], event: OrderEvent) -> None:
        orders = []
        for name in names:
            holding = self._health.tables.stock.holdings.get(name)
            for line in () if holding is None else holding.lines:
                if holding is not None and line.channel_sku == mappings.channel_sku:
                    found = self._skus.meant(
                        mappings.channel, mappings.shop, line, holding.lines_at
                    )
                    if found.meaning is Meaning.AMBIGUOUS:
                        orders.append(holding.key)
        values = _ambiguous(standing(mappings.history))
        for rule in self._health.rules(Check.SKU_AMBIGUOUS):
            fault = Fault(
                subject=Subject("sku", mappings.channel_sku),
                channel=mappings.channel,
                shop=mappings.shop,
                order=orders[-1] if orders else None,
                orders=tuple(dict.fromkeys(orders)),
                at=event.occurred_ms,
                cause=event.id,
                values=values,
            )
            self._health.alerts.report(rule, fault, event.received_ms)

    def _report(
        self, check: Check, channel_sku: str, key: OrderKey, event: OrderEvent, line: Line
    ) -> None:
        values: dict[str, FeatureValue]
        if check is Check.SKU_UNMAPPED:
            values = {"title": line.title and line.title[:TITLE_MAX]}
        else:
            values = _ambiguous(self._skus.standing(key.channel, key.shop, channel_sku))
        for rule in self._health.rules(check):
            fault = Fault(
                subject=Subject("sku", channel_sku),
                channel=key.channel,
                shop=key.shop,
                order=key,
                orders=(key,),
                at=event.occurred_ms,
                cause=event.id,
                values=values,
            )
            self._health.alerts.report(rule, fault, event.received_ms)


def _ambiguous(meanings: tuple[Units, ...]) -> dict[str, FeatureValue]:
    return {"skus": ", ".join(sorted(map(told, meanings))), "count": len(meanings)}


def told(units: Units) -> str:
    """A meaning as people read it: `A`, or `A + 2 B`."""
    return " + ".join(sku if count == 1 else f"{count} {sku}" for sku, count in units)
