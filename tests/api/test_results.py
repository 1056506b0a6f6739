"""The table of results, planned sales and the report, over HTTP."""

import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from tests.api.installation import Installation
from tests.api.test_summary import three_days

from orderguard.api import result_shapes
from orderguard.api.report_words import MEASURE_TITLES
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.orders.goals import MEASURES

SUMMARY, SALES, REPORT = "/api/v1/metrics/summary", "/api/v1/sales", "/api/v1/metrics/report"
SALE = {
    "name": "双11",
    "channel": "standard",
    "shop": "demo",
    "from": "2026-11-10T23:00:00+08:00",
    "until": "2026-11-11",
    "orders_per_minute": {"shoe-42": 2.5},
}


async def results(client: httpx.AsyncClient, **query: str) -> result_shapes.Results:
    answer = await client.get(SUMMARY, params=query)
    assert answer.status_code == 200, answer.text
    return result_shapes.Summary.model_validate_json(answer.content).results


async def test_each_day_has_its_figures(running: Installation, analyst: httpx.AsyncClient) -> None:
    await three_days(running)
    found = await results(analyst, days="4")
    rows = [(row.name, row.figures.orders, row.figures.flagged) for row in found.rows]
    assert rows == [
        ("2026-11-11", 7, 0),
        ("2026-11-12", 0, 0),
        ("2026-11-13", 2, 2),
        ("2026-11-14", 4, 4),
    ]
    assert (found.total.figures.orders, found.total.figures.orders_in_cases) == (13, 6)
    assert [one.name for one in found.compared] == [measure.name for measure in MEASURES]
    assert (found.live_since, found.measured_before) == (None, None)


async def test_a_time_and_a_shop_can_be_asked_for(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await three_days(running)
    day = {"from": "2026-11-11", "until": "2026-11-11"}
    found = await results(analyst, by="shop", **day)
    assert [(row.name, row.figures.orders) for row in found.rows] == [("standard/demo", 7)]
    assert (await results(analyst, shop="standard/other", **day)).total.figures.orders == 0


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-11-12", "until": "2026-11-11"},
        {"from": "2026-11-11T00:00:00"},
        {"from": "2020-01-01"},
        {"shop": "demo"},
        {"by": "week"},
    ],
)
async def test_what_cannot_be_asked_is_refused(
    analyst: httpx.AsyncClient, query: dict[str, str]
) -> None:
    for path in (SUMMARY, REPORT):
        answer = await analyst.get(path, params=query)
        assert 400 <= answer.status_code < 500


async def test_a_sale_is_planned_told_of_and_removed(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    answer = await risk_team.post(SALES, json=SALE)
    assert answer.status_code == 201, answer.text
    sale: dict[str, Any] = answer.json()
    assert sale["until"] == "2026-11-12T00:00:00.000+08:00"
    assert (sale["products"], sale["by"]) == (["shoe-42"], "a risk program")
    page = result_shapes.SalePage.model_validate_json((await risk_team.get(SALES)).content)
    assert [one.name for one in page.items] == ["双11"]
    (row,) = (await results(risk_team, by="sale")).rows
    assert (row.name, row.figures.orders, row.figures.flagged) == ("双11", 5, 5)
    named = {name: sale[name] for name in ("name", "channel", "shop")}
    assert (await risk_team.delete(SALES, params=named)).status_code == 204
    assert (await risk_team.delete(SALES, params=named)).status_code == 404
    assert (await risk_team.get(SALES)).json()["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2026-11-09"},
        {"from": "soon"},
        {"until": "2027-11-11"},
        {"name": "a/b"},
        {"orders_per_minute": {"shoe": 0}},
        {"discount": 1},
    ],
)
async def test_a_sale_that_cannot_be_is_refused(
    risk_team: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    answer = await risk_team.post(SALES, json=SALE | change)
    assert 400 <= answer.status_code < 500
    assert (await risk_team.get(SALES)).json()["items"] == []


async def test_who_only_reads_plans_no_sale(
    analyst: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await analyst.post(SALES, json=SALE)).status_code == 403
    assert (await stranger.get(SALES)).status_code == 401
    assert (await stranger.get(REPORT)).status_code == 401


async def test_the_report_is_a_page_in_either_language(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("<b>&amp;")
    for lang, title in (("zh", "成效报告"), ("en", "Report of results")):
        answer = await analyst.get(REPORT, params={"lang": lang, "days": "1"})
        assert answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert f"<h1>{title}</h1>" in answer.text
        for measure in MEASURES:
            text = MEASURE_TITLES[measure.name]
            assert (text.zh if lang == "zh" else text.en) in answer.text
        units = ("4.2 小时 → 38 分钟", "&lt; 38.0 分钟", "&lt; 10 毫秒")
        if lang == "en":
            units = ("4.2 h → 38 min", "&lt; 38.0 min", "&lt; 10 ms")
        assert [told for told in units if told not in answer.text] == []
        assert "http" not in answer.text, "nothing of another host"


async def test_the_report_is_a_spreadsheet_too(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    running.clock.advance(MS_PER_MINUTE)
    answer = await analyst.get(REPORT, params={"format": "xlsx", "days": "2"})
    assert answer.headers["content-disposition"] == 'attachment; filename="results.xlsx"'
    book = load_workbook(io.BytesIO(answer.content))
    compared, rows, attacks = book.worksheets
    assert [cell.value for cell in compared["B"]][1:] == [
        MEASURE_TITLES[measure.name].en for measure in MEASURES
    ]
    originals = [cell.value for cell in compared["K"]]
    assert {"96 %", "38 分钟 38 min", "800 毫秒 800 ms"} <= {*originals}
    heading = [str(cell.value) for cell in rows[1]]
    assert [text for text in heading if text.isascii()] == [], "each says it in Chinese too"
    orders = heading.index("订单数 orders")
    assert [row[orders].value for row in rows.iter_rows(min_row=2)] == [0, 5, 5]
    assert rows.cell(4, 1).value == "合计 Total"
    assert attacks.max_row == 1
