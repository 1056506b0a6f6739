"""GET /api/v1/metrics/report: the table of results to take away, as a page or a spreadsheet."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from orderguard.api.access import signed_in
from orderguard.api.context import Given
from orderguard.api.report_page import POLICY, report_page
from orderguard.api.results_json import From, Shop, Until, read_report
from orderguard.api.summary import Days
from orderguard.bilingual import Language
from orderguard.flows.results_view import By, Report

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(prefix="/metrics", tags=["metrics"], dependencies=[Depends(signed_in)])


@router.get(
    "/report",
    response_class=HTMLResponse,
    responses={200: {"content": {SPREADSHEET: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def show_report(
    context: Given,
    days: Days = 31,
    since: From = None,
    until: Until = None,
    shop: Shop = None,
    by: By = By.DAY,
    kind: Annotated[Literal["html", "xlsx"], Query(alias="format")] = "html",
    lang: Language = "zh",
) -> Response:
    """The report: a page to print (A4), in one language, or an xlsx file in both."""
    found = await read_report(context, since, until, days, by, shop)
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if kind == "html":
        page = report_page(found, lang)
        return HTMLResponse(page, headers={**headers, "content-security-policy": POLICY})
    content = await asyncio.to_thread(_book, found)
    name = {"content-disposition": 'attachment; filename="results.xlsx"'}
    return Response(content, headers={**headers, **name}, media_type=SPREADSHEET)


def _book(report: Report) -> bytes:
    from orderguard.api.report_sheet import report_book  # noqa: PLC0415  # Loaded where it is used.

    return report_book(report)
