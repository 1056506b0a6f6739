"""GET /api/v1/live: what the live screen shows beside the stream's health."""

import asyncio
import heapq
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from orderguard.api.access import signed_in
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import Instant, Shape
from orderguard.flows.fold import Fold
from orderguard.flows.present import Json
from orderguard.flows.shop_view import usual_json, waiting_json
from orderguard.kit.clock import MS_PER_SECOND, rfc3339

router = APIRouter(tags=["live"], dependencies=[Depends(signed_in)])

SKUS_AT_ONCE = 200
"""SKUs looked at at a stretch; other tasks run in between."""


class UsualSlot(Shape):
    """A quarter of an hour. `far_above`: from so many orders a minute on it is far too many."""

    from_: Annotated[Instant, Field(alias="from")]
    orders_per_minute: float
    far_above: float | None


class WaitingAge(Shape):
    """Orders that wait since so many hours; `until_h` is null for the longest."""

    from_h: int
    until_h: int | None
    orders: int


class Waiting(Shape):
    """Paid orders that have neither left nor ended, as if who paid first left first."""

    orders: int
    ages: list[WaitingAge]


class ShopPicture(Shape):
    channel: str
    shop: str
    usual: list[UsualSlot]
    waiting: Waiting


class RunningOut(Shape):
    """A SKU that is gone soon at the rate of the last hour, or is sold beyond what can ship."""

    sku: str
    available: int | None
    sold_1h: int
    zero_in_s: int | None
    short: int


class LivePicture(Shape):
    as_of: Instant
    shops: list[ShopPicture]
    running_out: list[RunningOut]


@router.get("/live", response_model=LivePicture)
async def show_live(context: Given, skus: Annotated[int, Query(ge=1, le=100)] = 12) -> Response:
    """The shops beside what is usual there, and the stock that runs out first."""
    fold = context.live.fold
    shops = []
    for name in sorted(fold.tables.shops):
        channel, _, shop = name.partition("/")
        shops.append(
            {
                "channel": channel,
                "shop": shop,
                "usual": usual_json(fold, name),
                "waiting": waiting_json(fold, name),
            }
        )
        await asyncio.sleep(0)
    return answer(
        {
            "as_of": rfc3339(fold.clock_ms),
            "shops": shops,
            "running_out": await _running_out(fold, skus),
        }
    )


async def _running_out(fold: Fold, most: int) -> list[Json]:
    """The oversold first, those with the greatest lack at the top; then what is gone soonest."""
    found: list[tuple[int, int, str, Json]] = []
    for number, sku in enumerate(sorted(fold.stock.book.skus_known()), 1):
        ledger = fold.stock.book.ledger(sku)
        level = None if ledger is None else ledger.level(fold.clock_ms)
        if level is not None and (level.short > 0 or level.zero_in_ms is not None):
            zero_in_ms = level.zero_in_ms
            told: Json = {
                "sku": sku,
                "available": level.available,
                "sold_1h": level.sold,
                "zero_in_s": None if zero_in_ms is None else zero_in_ms // MS_PER_SECOND,
                "short": level.short,
            }
            found.append((-level.short, zero_in_ms or 0, sku, told))
        if number % SKUS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return [told for *_, told in heapq.nsmallest(most, found, key=lambda one: one[:3])]
