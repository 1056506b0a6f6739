import httpx
from tests.api.installation import Installation
from tests.chinese import check_chinese

from orderguard.bilingual import Bilingual

TWICE = "channel_sku,sku\nc-1,A\nc-1,B\n"
TABLE = "channel_sku,sku\nc-1,A\nc-2,A*2+B\n"
SHOP = {"shop": "standard/demo"}


async def test_an_import_is_in_force_when_it_answers(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    tried = await risk_team.post(
        "/api/v1/mappings", content=TABLE, params={**SHOP, "dry_run": True}
    )
    assert tried.json() == {
        "read": 2,
        "changed": 2,
        "imported": 0,
        "faults": [],
        "fault_count": 0,
    }
    assert (await risk_team.get("/api/v1/mappings")).json()["items"] == []
    put = await risk_team.post("/api/v1/mappings", content=TABLE, params=SHOP)
    assert put.json()["imported"] == 2
    told = (await risk_team.get("/api/v1/mappings")).json()
    assert told["coverage"]["channel_skus"] == {"mapped": 2, "unmapped": 0, "ambiguous": 0}
    assert [item["mapped_to"] for item in told["items"]] == [["A"], ["2 A + B"]]
    again = await risk_team.post("/api/v1/mappings", content=TABLE, params=SHOP)
    assert again.json()["changed"] == 0
    assert running.live.fold.tables.progress.faults == 0


async def test_a_table_with_faults_changes_nothing(risk_team: httpx.AsyncClient) -> None:
    answer = await risk_team.post("/api/v1/mappings", content=TWICE, params=SHOP)
    assert answer.status_code == 422
    assert [fault["line"] for fault in answer.json()["faults"]] == [3]
    assert (await risk_team.get("/api/v1/mappings")).json()["items"] == []


async def test_faults_of_a_table_are_told_in_the_reader_s_language(
    risk_team: httpx.AsyncClient,
) -> None:
    told = []
    for headers in ({}, {"accept-language": "zh"}):
        answer = await risk_team.post(
            "/api/v1/mappings", content=TWICE, params=SHOP, headers=headers
        )
        (fault,) = answer.json()["faults"]
        told.append(fault["message"])
    assert "is mapped in line 2 already" in told[0]
    check_chinese(Bilingual(*told))


async def test_stock_tells_who_holds_it(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    await running.live.flush()
    (told,) = (await risk_team.get("/api/v1/stock")).json()["items"]
    assert told["shippable"] is None
    assert told["held"] == told["holder_count"] == len(told["holders"])
    assert (await risk_team.get("/api/v1/stock", params={"short": True})).json()["items"] == []
    assert (await risk_team.get("/api/v1/stock", params={"sku": "-"})).json()["items"] == []
