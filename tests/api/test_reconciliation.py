"""GET /api/v1/reconciliation: days, their differing orders, sign-off, spreadsheet."""

import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openpyxl
import pytest
from tests.api.installation import START_MS, Event, Installation, connect, library, paid

from orderguard.domain.accounts import Role
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, rfc3339

PATH = "/api/v1/reconciliation"
DAY = f"{PATH}/standard/demo/2026-11-11"


@pytest.fixture
async def finance(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running.api(), running.token(Role.FINANCE)) as client:
        yield client


@pytest.fixture
async def running(starting: Installation) -> AsyncIterator[Installation]:
    """With the rule that reconciles."""
    await starting.live.start(library("standard"))
    yield starting
    await starting.live.stop()


def settled(order_id: str, amount: str, name: str, *, currency: str = "CNY") -> Event:
    return {
        "id": f"settled-{name}",
        "type": "settlement.recorded",
        "occurred_at": rfc3339(START_MS + MS_PER_HOUR),
        "data": {
            "order_id": order_id,
            "kind": "payment",
            "amount": amount,
            "currency": currency,
            "settlement_id": name,
        },
    }


async def a_day(running: Installation) -> None:
    """One order is right, one is short, one is awaited; the clock stands at the next noon."""
    running.clock.advance(MS_PER_DAY + 12 * MS_PER_HOUR)
    await running.tell(
        *(paid(name, f"b-{name}", at_ms=START_MS) for name in ("=A1", "A2", "A3")),
        settled("=A1", "50.00", "s1"),
        settled("A2", "59.00", "s2"),
    )


def shown(document: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(document[name] for name in names)


async def test_days_with_their_differences_by_cause_and_age(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    found = (await finance.get(PATH)).json()
    (day,) = found["items"]
    assert shown(day, "channel", "shop", "day", "currency", "orders") == (
        *("standard", "demo", "2026-11-11", "CNY", 3),
    )
    assert shown(day, "channel_amount", "payments", "refunds", "net", "settled", "difference") == (
        *("177.00", "177.00", "0.00", "177.00", "109.00", "-68.00"),
    )
    assert day["causes"] == [
        {
            "cause": "short",
            "title": {"en": "settled too little", "zh": "少结"},
            "orders": 1,
            "amount": "9.00",
            "effect": "-9.00",
        }
    ]
    assert shown(day["awaited"], "orders", "effect") == (1, "-59.00")
    assert (day["not_expected"], day["signed"], day["age"]) == (None, None, "0-1")
    assert [shown(one, "age", "orders", "amount") for one in found["ageing"]] == [
        ("0-1", 1, "9.00"),
        ("2-3", 0, "0.00"),
        ("4-7", 0, "0.00"),
        ("8-30", 0, "0.00"),
        (">30", 0, "0.00"),
    ]
    (shop,) = found["shops"]
    assert shown(shop, "tells_settlements", "zone") == (True, "Asia/Shanghai")


async def test_days_are_asked_for_by_their_names(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    for query, count in (
        ({"from": "2026-11-11", "to": "2026-11-11"}, 1),
        ({"from": "2026-11-12", "to": "2026-11-20"}, 0),
        ({"channel": "standard", "shop": "demo"}, 1),
        ({"shop": "other"}, 0),
    ):
        assert len((await finance.get(PATH, params=query)).json()["items"]) == count
    for query in ({"from": "2026-11-12", "to": "2026-11-11"}, {"from": "2020-01-01"}):
        assert (await finance.get(PATH, params=query)).status_code == 422
    assert (await finance.get(PATH, params={"from": "yesterday"})).status_code == 422
    assert (await finance.get(PATH, params={"cursor": "nonsense"})).status_code == 422


async def test_currencies_have_rows_of_their_own_and_pages_go_on(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    currencies = [f"{one}{two}A" for one in "ABCDEFGHIJK" for two in "ABCDEFGHIJ"]
    for start in range(0, len(currencies), 50):
        part = currencies[start : start + 50]
        await running.tell(*(settled(f"o-{one}", "1.00", one, currency=one) for one in part))
    first = (await finance.get(PATH)).json()
    assert len(first["items"]) == 100
    second = (await finance.get(PATH, params={"cursor": first["next_cursor"]})).json()
    assert second["next_cursor"] is None
    told = [row["currency"] for row in (*first["items"], *second["items"])]
    assert told == sorted(currencies, reverse=True)


async def test_one_day_tells_its_differing_orders(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    day = (await finance.get(DAY)).json()
    assert shown(day, "channel", "shop", "day", "zone", "sign_offs", "next_cursor") == (
        *("standard", "demo", "2026-11-11", "Asia/Shanghai", [], None),
    )
    (order,) = day["items"]
    assert order["order_id"] == "=A1"
    (one,) = order["differences"]
    assert shown(one, "cause", "kind", "currency", "owed", "settled", "amount") == (
        *("short", "payment", "CNY", "59.00", "50.00", "9.00"),
    )
    assert "差额 9.00 CNY" in one["explanation"]["zh"]
    running.clock.advance(3 * MS_PER_DAY)
    running.live.fold.advance(running.clock.now_ms())
    late = (await finance.get(DAY)).json()
    assert [one["order_id"] for one in late["items"]] == ["=A1", "A3"]
    assert late["version"] != day["version"]
    for path in (f"{PATH}/standard/demo/2026-11-12", f"{PATH}/standard/other/2026-11-11"):
        assert (await finance.get(path)).status_code == 404
    assert (await finance.get(f"{PATH}/standard/demo/today")).status_code == 422


async def test_a_day_is_signed_as_it_was_seen_and_shows_what_changed(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    seen = (await finance.get(DAY)).json()["version"]
    await running.tell(settled("=A1", "50.00", "s9"))
    stale = await finance.post(f"{DAY}/sign-off", json={"version": seen, "comment": "fine"})
    assert stale.status_code == 409
    assert "changed since you looked" in stale.json()["detail"]
    seen = (await finance.get(DAY)).json()["version"]
    signed = await finance.post(f"{DAY}/sign-off", json={"version": seen, "comment": "fine"})
    assert signed.status_code == 200
    (sign_off,) = signed.json()["sign_offs"]
    assert shown(sign_off, "by", "comment", "changed") == ("a finance program", "fine", False)
    assert sign_off["at"] == rfc3339(running.clock.now_ms())
    await running.tell(settled("A3", "59.00", "s3"))
    (day,) = (await finance.get(PATH)).json()["items"]
    assert shown(day["signed"], "by", "changed") == ("a finance program", True)
    again = await finance.post(f"{DAY}/sign-off", json={"comment": "now right"})
    assert [one["changed"] for one in again.json()["sign_offs"]] == [False, True]
    missing = await finance.post(f"{PATH}/standard/demo/2026-11-12/sign-off", json={})
    assert missing.status_code == 404


async def test_a_sign_off_survives_a_restart(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    await finance.post(f"{DAY}/sign-off", json={"comment": "fine"})
    await running.live.flush()
    again = running.restarted()
    (signed,) = again.fold.tables.money.signed.get("standard/demo/2026-11-11") or ()
    assert signed.comment == "fine"


async def test_a_day_is_a_spreadsheet_whose_texts_are_texts(
    running: Installation, finance: httpx.AsyncClient
) -> None:
    await a_day(running)
    await finance.post(f"{DAY}/sign-off", json={"comment": "=1+1"})
    told = await finance.get(f"{DAY}.xlsx")
    assert told.status_code == 200
    assert told.headers["content-disposition"].endswith('"reconciliation-2026-11-11.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(told.content))
    totals, causes, orders, signed = book.worksheets
    assert [cell.value for cell in totals[2]] == [
        *("standard", "demo", "2026-11-11", "CNY", 3),
        *(177, 177, 0, 177, 109, -68),
    ]
    assert [row[1].value for row in causes.iter_rows(min_row=2)] == [
        "within its grace",
        "settled too little",
    ]
    assert (orders["A2"].value, orders["A2"].data_type) == ("=A1", "s")
    assert (orders["F2"].value, orders["H2"].value) == (59, 9)
    assert (signed["C2"].value, signed["C2"].data_type) == ("=1+1", "s")


@pytest.mark.parametrize("role", [Role.SERVICE, Role.OPERATIONS, Role.RISK, Role.ANALYST])
async def test_it_is_for_finance_and_admin(running: Installation, role: Role) -> None:
    await a_day(running)
    async with connect(running.api(), running.token(role)) as other:
        for path in (PATH, DAY, f"{DAY}.xlsx"):
            assert (await other.get(path)).status_code == 403
        assert (await other.post(f"{DAY}/sign-off", json={})).status_code == 403
    async with connect(running.api(), running.token(Role.ADMIN)) as admin:
        assert (await admin.get(DAY)).status_code == 200
