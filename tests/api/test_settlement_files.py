"""POST /api/v1/settlement-files."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.api.installation import START_MS, Installation, connect, paid
from tests.chinese import check_chinese
from tests.settlement.files import wechat, wechat_row

from orderguard.api.body import BODY_BYTES_MAX
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Role
from orderguard.domain.orders import OrderKey

PATH = "/api/v1/settlement-files"
WHERE = {"channel": "standard", "shop": "demo"}
BILL = wechat(
    wechat_row("4200001", "A1", amount="59.00"),
    wechat_row("4200002", "A2", refund=("5030001", "30.00")),
)


@pytest.fixture
async def finance(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running.api(), running.token(Role.FINANCE)) as client:
        yield client


async def test_a_file_is_brought_once(running: Installation, finance: httpx.AsyncClient) -> None:
    await running.tell(paid("A1", "b1", at_ms=START_MS))
    first = (await finance.post(PATH, params=WHERE, content=BILL)).json()
    assert (first["accepted"], first["duplicates"], first["format"]) == (2, 0, "wechat_pay")
    assert first["errors"] == []
    again = (await finance.post(PATH, params=WHERE, content=BILL)).json()
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    timeline = running.live.timeline(OrderKey("standard", "demo", "A1"))
    assert [row.type for row in timeline] == ["order.paid", "settlement.recorded"]


async def test_a_dry_run_keeps_nothing(running: Installation, finance: httpx.AsyncClient) -> None:
    told = await finance.post(PATH, params={**WHERE, "dry_run": "true"}, content=BILL)
    assert told.status_code == 200
    assert (told.json()["settlements"], told.json()["accepted"]) == (2, 0)
    assert running.live.timeline(OrderKey("standard", "demo", "A1")) == []


async def test_a_file_may_be_larger_than_other_bodies(finance: httpx.AsyncClient) -> None:
    rows = [wechat_row(f"42{number:06}", f"A{number}", amount="1.00") for number in range(1000)]
    bill = wechat(*rows)
    assert len(bill) > BODY_BYTES_MAX
    told = await finance.post(PATH, params=WHERE, content=bill)
    assert told.json()["accepted"] == 1000


async def test_what_is_no_settlement_file_is_refused(finance: httpx.AsyncClient) -> None:
    told = await finance.post(PATH, params=WHERE, content=b"hello")
    assert told.status_code == 422
    assert "no known format" in told.json()["detail"]
    told = await finance.post(PATH, params={**WHERE, "shop": "other"}, content=BILL)
    assert told.status_code == 404


async def test_lines_that_cannot_be_read_are_told_in_the_reader_s_language(
    finance: httpx.AsyncClient,
) -> None:
    table = (
        b"order_id,amount,settlement_id,currency,kind,occurred_at\n"
        b"A1,ten,S1,,payment,2026-11-11\nA2,0.00,S2,,payment,2026-11-11\n"
    )
    english = (await finance.post(PATH, params=WHERE, content=table)).json()
    message = "`ten` in `amount|金额` is no number"
    assert english["errors"] == [{"line": 2, "message": message}]
    assert english["passed_over"] == {"amount 0": 1}
    zh = {"accept-language": "zh"}
    chinese = (await finance.post(PATH, params=WHERE, content=table, headers=zh)).json()
    (fault,) = chinese["errors"]
    check_chinese(Bilingual(message, fault["message"]))
    assert chinese["passed_over"] == {"金额为 0": 1}


async def test_it_is_for_finance_alone(
    analyst: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await analyst.post(PATH, params=WHERE, content=BILL)).status_code == 403
    assert (await stranger.post(PATH, params=WHERE, content=BILL)).status_code == 401
