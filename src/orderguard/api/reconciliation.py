"""Payments less refunds against settlements: days, their orders, sign-off, spreadsheet."""

import asyncio
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Accountant, accountant
from orderguard.api.answers import (
    CURSOR_CHARACTERS_MAX,
    PAGE_ITEMS_MAX,
    answer,
    read_cursor,
    write_cursor,
)
from orderguard.api.context import Context, Given
from orderguard.api.reconciliation_json import (
    age_json,
    day_json,
    order_json,
    shop_json,
    signed_json,
)
from orderguard.api.reconciliation_shapes import DayDetail, DayPage
from orderguard.bilingual import Bilingual
from orderguard.domain.entries import DaySigned
from orderguard.errors import BadInput, ChangedMeanwhile, NotFound
from orderguard.flows.money_tables import SignOff
from orderguard.flows.present import Json
from orderguard.flows.reconciliation import DayRow, Reconciliation, WrongOrder, ageing
from orderguard.kit.clock import MS_PER_DAY, from_ms

DAYS_MAX = 400
DAYS_DEFAULT = 30
EXPORTED_ORDERS_MAX = 20_000
COMMENT_CHARACTERS_MAX = 1_000
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(
    prefix="/reconciliation", tags=["reconciliation"], dependencies=[Depends(accountant)]
)

Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX)]
Name = Annotated[str | None, Query(min_length=1, max_length=128)]


class SignOffRequest(BaseModel):
    """`version` is that of the day as it was seen; without it, of the day as it is."""

    model_config = ConfigDict(extra="forbid")

    comment: Annotated[str, Field(max_length=COMMENT_CHARACTERS_MAX)] = ""
    version: Annotated[str | None, Field(max_length=64)] = None


@router.get("", response_model=DayPage)
async def show_days(
    context: Given,
    first: Annotated[dt.date | None, Query(alias="from")] = None,
    last: Annotated[dt.date | None, Query(alias="to")] = None,
    channel: Name = None,
    shop: Name = None,
    cursor: Cursor = None,
) -> Response:
    """Each day's money by shop and currency, newest first: by default those of the last 30 days."""
    money = _money(context)
    # A day that has begun anywhere is asked for: shops have zones of their own.
    last = last or from_ms(context.clock.now_ms() + MS_PER_DAY).date()
    first = first or last - dt.timedelta(days=DAYS_DEFAULT)
    if not dt.timedelta(0) <= last - first <= dt.timedelta(days=DAYS_MAX):
        raise BadInput(
            Bilingual(
                f"From {first} to {last} is no span of days.",
                f"从 {first} 到 {last} 不是一段日期。",
            ),
            hint=Bilingual(f"Ask for at most {DAYS_MAX} days.", f"一次最多 {DAYS_MAX} 天。"),
        )
    rows = money.days(first, last, channel, shop)
    before = None if cursor is None else read_cursor(cursor, tuple[str, str, str, str])
    left = [row for row in rows if before is None or row.place < before]
    shops = sorted({(row.channel, row.shop) for row in rows})
    more = len(left) > PAGE_ITEMS_MAX
    page = left[:PAGE_ITEMS_MAX]
    return answer(
        {
            "items": [day_json(money, row) for row in page],
            "ageing": [age_json(bucket) for bucket in ageing(rows)],
            "shops": [shop_json(context.live.fold.tables.money, *one) for one in shops],
            "next_cursor": write_cursor(page[-1].place) if more else None,
        }
    )


@router.get(
    "/{channel}/{shop}/{day}.xlsx",
    response_class=Response,
    responses={200: {"content": {SPREADSHEET: {}}}},
)
async def export_day(context: Given, channel: str, shop: str, day: dt.date) -> Response:
    """The day as a spreadsheet: its totals, its causes, its differing orders, who signed."""
    money, rows = _found(context, channel, shop, day)
    orders = money.wrong_orders(channel, shop, day.isoformat(), limit=EXPORTED_ORDERS_MAX)
    signed = money.sign_offs(channel, shop, day.isoformat())
    content = await asyncio.to_thread(_workbook, rows, orders, signed)
    name = f"reconciliation-{day.isoformat()}.xlsx"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, headers=headers, media_type=SPREADSHEET)


@router.get("/{channel}/{shop}/{day}", response_model=DayDetail)
async def show_day(
    context: Given, channel: str, shop: str, day: dt.date, cursor: Cursor = None
) -> Response:
    """One day, with the orders that differ on it, by their numbers."""
    _found(context, channel, shop, day)
    after = "" if cursor is None else read_cursor(cursor, str)
    return answer(_detail(context, channel, shop, day.isoformat(), after))


@router.post("/{channel}/{shop}/{day}/sign-off", response_model=DayDetail)
async def sign_off(
    context: Given,
    account: Accountant,
    channel: str,
    shop: str,
    day: dt.date,
    request: SignOffRequest,
) -> Response:
    """Say that a day is in order, or explained. It is durable when this answers.

    Refused (409) where the day is not any more what you saw. What changes afterwards shows.
    """
    money, _ = _found(context, channel, shop, day)
    standing = money.version(channel, shop, day.isoformat())
    if request.version not in {None, standing}:
        raise ChangedMeanwhile(
            Bilingual(
                "The day has changed since you looked at it.", "您看过以后，这一天的数据有变化。"
            ),
            hint=Bilingual("Look again.", "请重新看一遍。"),
        )
    await context.live.note(
        DaySigned(
            received_ms=0,
            by=account.name,
            channel=channel,
            shop=shop,
            day=day.isoformat(),
            version=standing,
            comment=request.comment,
        )
    )
    return answer(_detail(context, channel, shop, day.isoformat(), ""))


def _workbook(rows: list[DayRow], orders: list[WrongOrder], signed: tuple[SignOff, ...]) -> bytes:
    from orderguard.api.workbook import workbook  # noqa: PLC0415  # Loaded only where it is used.

    return workbook(rows, orders, signed)


def _money(context: Context) -> Reconciliation:
    fold = context.live.fold
    return Reconciliation(fold.reconciler, fold.clock_ms)


def _found(
    context: Context, channel: str, shop: str, day: dt.date
) -> tuple[Reconciliation, list[DayRow]]:
    money = _money(context)
    rows = money.days(day, day, channel, shop)
    if not rows:
        raise NotFound(
            Bilingual("No money moved there on this day.", "这一天那里没有资金往来。"),
            hint=Bilingual(
                "GET /api/v1/reconciliation tells the days.",
                "有哪些日期见 GET /api/v1/reconciliation。",
            ),
        )
    return money, rows[::-1]


def _detail(context: Context, channel: str, shop: str, day: str, after: str) -> Json:
    money, rows = _found(context, channel, shop, dt.date.fromisoformat(day))
    orders = money.wrong_orders(channel, shop, day, after=after, limit=PAGE_ITEMS_MAX + 1)
    page = orders[:PAGE_ITEMS_MAX]
    more = len(orders) > PAGE_ITEMS_MAX
    standing = money.version(channel, shop, day)
    return {
        "channel": channel,
        "shop": shop,
        "day": day,
        "zone": money.zone(channel, shop),
        "version": standing,
        "money": [day_json(money, row) for row in rows],
        "items": [order_json(order) for order in page],
        "sign_offs": [
            signed_json(one, standing) for one in money.sign_offs(channel, shop, day)[::-1]
        ],
        "next_cursor": write_cursor(page[-1].key.order_id) if more else None,
    }
