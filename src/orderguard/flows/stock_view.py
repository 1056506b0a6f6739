"""How much of what channels sell is mapped, and how stock stands: for people to read."""

from collections import defaultdict

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.entries import SkuMeaning
from orderguard.flows.catalog import told
from orderguard.flows.fold import Fold
from orderguard.flows.present import Json
from orderguard.flows.skus import cell_name
from orderguard.kit.clock import MS_PER_SECOND, rfc3339
from orderguard.stock import Meaning, SheetLine, standing

HOLDERS_MAX = 20
"""Orders that are named as holding units of one SKU."""


class SoldSku(Struct, frozen=True, order=True):
    """A channel SKU that open orders name, and how many do; what it means now."""

    channel: str
    shop: str
    channel_sku: str
    meaning: str
    orders: int
    mapped_to: tuple[str, ...]


def sold_skus(fold: Fold) -> list[SoldSku]:
    """Every channel SKU that is mapped, or that open orders name without the merchant's SKU."""
    skus, tables = fold.stock.skus, fold.tables.stock
    orders: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for holding in tables.holdings.values():
        for channel_sku in holding.channel_skus:
            orders[holding.key.channel, holding.key.shop, channel_sku] += 1
    for known in tables.mappings.values():
        if standing(known.history):
            orders[known.channel, known.shop, known.channel_sku] += 0
    found = []
    for (channel, shop, channel_sku), count in orders.items():
        stands = skus.standing(channel, shop, channel_sku)
        meaning = Meaning.MAPPED if len(stands) == 1 else Meaning.AMBIGUOUS
        if not stands:
            meaning = Meaning.UNMAPPED
        names = tuple(sorted(map(told, stands)))
        found.append(SoldSku(channel, shop, channel_sku, meaning, count, names))
    return sorted(found)


def coverage(skus: list[SoldSku]) -> Json:
    """Of the channel SKUs, and of the orders that name them: how many mean one thing."""
    count = dict.fromkeys((Meaning.MAPPED, Meaning.UNMAPPED, Meaning.AMBIGUOUS), 0)
    orders = dict(count)
    for sku in skus:
        count[Meaning(sku.meaning)] += 1
        orders[Meaning(sku.meaning)] += sku.orders
    total = sum(count.values())
    return {
        "channel_skus": {str(meaning): number for meaning, number in count.items()},
        "orders": {str(meaning): number for meaning, number in orders.items()},
        "share": None if not total else round(count[Meaning.MAPPED] / total, 4),
    }


def new_meanings(fold: Fold | None, lines: tuple[SheetLine, ...]) -> list[SkuMeaning]:
    """The lines of a table that say something new; all of them, where nothing is known."""
    return [
        SkuMeaning(line.channel, line.shop, line.channel_sku, line.units)
        for line in lines
        if fold is None
        or fold.stock.skus.standing(line.channel, line.shop, line.channel_sku)
        != ((line.units,) if line.units else ())
    ]


def stock_json(fold: Fold, sku: str) -> Json:
    """How one SKU stands: in all, at each warehouse, and who holds units of it."""
    ledger, tables = fold.stock.book.ledgers[sku], fold.tables
    level = ledger.level(fold.clock_ms)
    shortage, excess = tables.stock.shortages.get(sku), tables.stock.excess.get(sku)
    zero_in_ms = level.zero_in_ms
    holders = fold.stock.book.level_claims(sku)
    totals: dict[str, FeatureValue] = {
        "shippable": level.shippable,
        "paid": level.paid,
        "held": level.held,
        "available": level.available,
        "sold_1h": level.sold,
        "zero_in_s": None if zero_in_ms is None else zero_in_ms // MS_PER_SECOND,
        "short": level.short,
        "locked_for_nobody": 0 if excess is None else excess.units,
    }
    return {
        "sku": sku,
        **totals,
        "oversold_since": rfc3339(shortage.at) if shortage and shortage.is_told else None,
        "unfulfilled": [
            _key_json(fold, number) for number in (shortage.orders if shortage else ())
        ],
        "holders": [
            {
                **_key_json(fold, claim.number),
                "units": claim.open_units,
                "paid": claim.paid_at is not None,
            }
            for claim in holders[:HOLDERS_MAX]
        ],
        "holder_count": len(holders),
        "warehouses": [
            {
                "warehouse": name,
                "told_at": None if snapshot is None else rfc3339(snapshot.at),
                "available": None if snapshot is None else snapshot.available,
                "on_hand": None if snapshot is None else snapshot.on_hand,
                "locked": None if snapshot is None else snapshot.locked,
                "told_by": _told_by(fold, sku, name),
                "held": held,
                "moved_since": moved,
            }
            for name, snapshot, held, moved in ledger.warehouses()
        ],
    }


def _told_by(fold: Fold, sku: str, warehouse: str | None) -> str | None:
    place = fold.tables.stock.places.get(cell_name(sku, warehouse))
    return None if place is None else f"{place.channel}/{place.shop}"


def _key_json(fold: Fold, number: int) -> Json:
    key = fold.tables.keys.get(str(number))
    if key is None:
        return {"channel": "", "shop": "", "order_id": ""}
    return {"channel": key.channel, "shop": key.shop, "order_id": key.order_id}
