"""How stock stands, and what channel SKUs mean."""

import heapq
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from orderguard.api.access import Editor, signed_in
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    answer,
    page,
    read_cursor,
    write_cursor,
)
from orderguard.api.context import Given
from orderguard.api.reader import Reader
from orderguard.api.shapes import Page
from orderguard.bilingual import Bilingual
from orderguard.domain.entries import SkusMapped
from orderguard.errors import BadInput
from orderguard.flows.present import Json
from orderguard.flows.sheets import read_rows
from orderguard.flows.stock_view import SoldSku, coverage, new_meanings, sold_skus, stock_json
from orderguard.stock import Meaning, read_sheet

FAULTS_SHOWN_MAX = 100

router = APIRouter(dependencies=[Depends(signed_in)])

Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)]


class HeldBy(BaseModel):
    channel: str
    shop: str
    order_id: str


class Holder(HeldBy):
    units: int
    paid: bool


class WarehouseStock(BaseModel):
    """What a warehouse said last (`told_at`), what orders hold there, and what moved since."""

    warehouse: str | None
    told_at: str | None
    told_by: str | None
    available: int | None
    on_hand: int | None
    locked: int | None
    held: int
    moved_since: int


class SkuStock(BaseModel):
    """One SKU over all warehouses, in units; null where no warehouse has told."""

    sku: str
    shippable: int | None
    paid: int
    held: int
    available: int | None
    sold_1h: int
    zero_in_s: int | None
    short: int
    locked_for_nobody: int
    oversold_since: str | None
    unfulfilled: list[HeldBy]
    holders: list[Holder]
    holder_count: int
    warehouses: list[WarehouseStock]


class StockPage(Page):
    items: list[SkuStock]


class ChannelSku(BaseModel):
    channel: str
    shop: str
    channel_sku: str
    meaning: str
    orders: int
    mapped_to: list[str]


class MappingPage(Page):
    coverage: dict[str, object]
    items: list[ChannelSku]


class LineFault(BaseModel):
    line: int
    message: str


class ImportReport(BaseModel):
    """What a table of mappings came to. Nothing is imported of a table with faults."""

    read: int
    changed: int
    imported: int
    faults: list[LineFault]
    fault_count: int


@router.get("/stock", response_model=StockPage, tags=["stock"])
async def show_stock(
    context: Given,
    sku: Annotated[str | None, Query(max_length=128)] = None,
    is_short: Annotated[bool, Query(alias="short")] = False,
    cursor: Cursor = None,
) -> Response:
    """Stock by SKU, in the order of their names; `short`: oversold ones alone."""
    fold = context.live.fold
    after = None if cursor is None else read_cursor(cursor, str)
    wanted = (
        name
        for name in fold.stock.book.skus_known()
        if (sku is None or name == sku)
        and (after is None or name > after)
        and (not is_short or fold.tables.stock.shortages.get(name) is not None)
    )
    found = heapq.nsmallest(PAGE_ITEMS_MAX + 1, wanted)
    return page(found, lambda name: stock_json(fold, name), lambda name: name)


@router.get("/mappings", response_model=MappingPage, tags=["stock"])
async def show_mappings(
    context: Given,
    meaning: Annotated[Meaning | None, Query(description="mapped, unmapped or ambiguous")] = None,
    cursor: Cursor = None,
) -> Response:
    """What channel SKUs mean, and how many open orders name each; with the coverage of all."""
    after = None if cursor is None else read_cursor(cursor, tuple[str, str, str])
    skus = sold_skus(context.live.fold)
    found = [
        one
        for one in skus
        if (meaning is None or one.meaning == meaning) and (after is None or _place(one) > after)
    ]
    items = found[:PAGE_ITEMS_MAX]
    more = len(found) > PAGE_ITEMS_MAX
    return answer(
        {
            "coverage": coverage(skus),
            "items": items,
            "next_cursor": write_cursor(_place(items[-1])) if more else None,
        }
    )


@router.post("/mappings", response_model=ImportReport, tags=["stock"])
async def import_mappings(
    context: Given,
    account: Editor,
    request: Request,
    reader: Reader,
    shop: Annotated[str, Query(description="CHANNEL/SHOP where the table names none")] = "",
    is_dry: Annotated[bool, Query(alias="dry_run")] = False,
) -> Response:
    """Import a table of mappings: the body is CSV or xlsx as it is.

    A line replaces all mappings of its channel SKU; one without a SKU removes them. They are
    durable and in force when this answers.
    """
    channel, _, name = shop.partition("/")
    if shop and not (channel and name):
        raise BadInput(
            Bilingual("`shop` is no shop.", "`shop` 不是店铺。"),
            hint=Bilingual("Write CHANNEL/SHOP.", "请写成：渠道/店铺。"),
        )
    sheet = read_sheet(read_rows(await request.body()), channel=channel, shop=name)
    meanings = new_meanings(context.live.fold, sheet.lines)
    is_imported = not (is_dry or sheet.faults or not meanings)
    if is_imported:
        note = SkusMapped(received_ms=0, by=account.name, meanings=tuple(meanings))
        await context.live.note(note)
    report: Json = {
        "read": len(sheet.lines),
        "changed": len(meanings),
        "imported": len(meanings) if is_imported else 0,
        "faults": [
            {"line": fault.line, "message": fault.message.told(reader)}
            for fault in sheet.faults[:FAULTS_SHOWN_MAX]
        ],
        "fault_count": len(sheet.faults),
    }
    return answer(report, 422 if sheet.faults and not is_dry else 200)


def _place(sku: SoldSku) -> tuple[str, str, str]:
    return (sku.channel, sku.shop, sku.channel_sku)
