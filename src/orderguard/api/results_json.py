"""The table of results as JSON, and how it is asked for."""

import asyncio
from typing import Annotated

from fastapi import Query
from msgspec import structs

from orderguard.api.context import Context
from orderguard.flows.present import Json
from orderguard.flows.results_asked import asked_for
from orderguard.flows.results_view import Asked, By, Pieces, Reader, Report, Row
from orderguard.kit.clock import rfc3339

INSTANT = "A day such as 2026-11-11, counted whole, or RFC 3339 with an offset"
From = Annotated[str | None, Query(alias="from", max_length=64, description=INSTANT)]
Until = Annotated[str | None, Query(max_length=64, description=INSTANT)]
Shop = Annotated[str | None, Query(max_length=257, description="As `channel/shop`")]


async def read_report(
    context: Context, since: str | None, until: str | None, days: int, by: By, shop: str | None
) -> Report:
    """The report that a query asks for. Raise BadInput for what is no query."""
    fold = context.live.fold
    asked = asked_for(since, until, now_ms=fold.clock_ms, days=days, by=by, shop=shop)
    return await report(context, asked)


async def report(context: Context, asked: Asked) -> Report:
    fold = context.live.fold
    reader = Reader(fold.tables, fold.results, context.results_before)
    return await _in_pieces(reader.report(asked))


async def _in_pieces(pieces: Pieces) -> Report:
    """Made between the loop's other work."""
    while True:
        try:
            next(pieces)
        except StopIteration as made:
            found: Report = made.value
            return found
        await asyncio.sleep(0)


def report_json(found: Report) -> Json:
    return {
        "by": found.asked.by,
        "since": rfc3339(found.asked.since_ms),
        "until": rfc3339(found.asked.until_ms),
        "shop": found.asked.shop,
        "live_since": None if found.live_since is None else rfc3339(found.live_since),
        "rows": [_row(row) for row in found.rows],
        "total": _row(found.total),
        "measured_before": None if found.measured_before is None else _row(found.measured_before),
        "compared": [structs.asdict(one) for one in found.compared],
    }


def _row(row: Row) -> Json:
    return {
        "name": row.name,
        "since": rfc3339(row.since_ms),
        "until": rfc3339(row.until_ms),
        "shops": row.shops,
        "figures": row.figures,
        "attacks": [{**structs.asdict(one), "at": rfc3339(one.at)} for one in row.attacks],
        "settlement": row.settled,
    }
