"""Which of the merchant's SKUs a channel means, as far as the log tells."""

from collections.abc import Callable, Iterator

import msgspec

from orderguard.domain.entries import SkusMapped
from orderguard.domain.events import BundlePart, EventType, MappingData, OrderEvent
from orderguard.flows.tables import Tables
from orderguard.stock import (
    HeldLine,
    Mapped,
    Mappings,
    Meaning,
    Meant,
    Units,
    meant,
    one_of,
    standing,
    with_change,
)


def cell_name(*parts: str | None) -> str:
    """A name made of parts that may hold any character."""
    return msgspec.json.encode(parts).decode()


class Skus:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def take(self, event: OrderEvent, data: MappingData) -> Mappings | None:
        """All that is known now of the channel SKU; None where the event tells nothing new."""
        channel, shop = event.channel, data.shop or event.shop
        name = cell_name(channel, shop, data.channel_sku)
        known = self.tables.stock.mappings.get(name)
        history = () if known is None else known.history
        after = with_change(history, Mapped(event.occurred_ms, _units(data)))
        if after == history:
            return None
        mappings = Mappings(channel=channel, shop=shop, channel_sku=data.channel_sku, history=after)
        self.tables.stock.mappings.put(name, mappings)
        return mappings

    def meant(self, channel: str, shop: str, line: HeldLine, at: int) -> Meant:
        """What a line of an order means that was named at `at` (ms)."""
        if line.sku is not None or line.channel_sku is None:
            return meant((), line, at)
        known = self.tables.stock.mappings.get(cell_name(channel, shop, line.channel_sku))
        return meant(() if known is None else known.history, line, at)

    def standing(self, channel: str, shop: str, channel_sku: str) -> tuple[Units, ...]:
        """All that it may mean now."""
        known = self.tables.stock.mappings.get(cell_name(channel, shop, channel_sku))
        return () if known is None else standing(known.history)

    def resolve(self, channel: str, shop: str) -> Callable[[HeldLine, int], Units]:
        return lambda line, at: self.meant(channel, shop, line, at).units

    def stocked(self, channel: str, shop: str, code: str, at: int) -> str:
        """The SKU of which a warehouse speaks: mapped one to one, or named as it is."""
        found = self.meant(channel, shop, HeldLine(code, None, 1), at)
        if found.meaning is Meaning.MAPPED and len(found.units) == 1 and found.units[0][1] == 1:
            return found.units[0][0]
        return code


def _units(data: MappingData) -> Units | None:
    if data.bundle is not None:
        units: dict[str, int] = {}
        for part in data.bundle:
            units[part.sku] = units.get(part.sku, 0) + part.quantity
        return tuple(sorted(units.items()))
    return None if not data.sku else one_of(data.sku)


def mapping_events(note: SkusMapped) -> Iterator[OrderEvent]:
    """What people mapped, as the events that a channel would send: what stood goes first."""
    for place, meaning in enumerate(note.meanings):
        added = [None] if not meaning.units else [None, meaning.units]
        for step, units in enumerate(added):
            bundle = (
                None if units is None else tuple(BundlePart(sku=s, quantity=q) for s, q in units)
            )
            yield OrderEvent(
                id=f"mapping-{note.received_ms}-{place}-{step}",
                type=EventType.SKU_MAPPED,
                channel=meaning.channel,
                shop=meaning.shop,
                occurred_ms=note.received_ms,
                received_ms=note.received_ms,
                data=MappingData(channel_sku=meaning.channel_sku, bundle=bundle),
            )
