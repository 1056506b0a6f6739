import httpx
import pytest
from tests.api.installation import Installation

from orderguard.api import shapes

BURST = "velocity.same_item_burst"


async def test_a_burst_is_found_by_each_of_its_orders(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    orders = await running.burst("buyer-1")
    await running.live.flush()
    for order_id in orders:
        answer = await analyst.get("/api/v1/alerts", params={"order_id": order_id})
        page = shapes.AlertPage.model_validate_json(answer.content)
        assert [alert.rules for alert in page.items] == [[BURST]]
        assert page.items[0].order_ids == orders
        assert page.next_cursor is None


async def test_an_alert_can_be_read_by_its_id(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    await running.live.flush()
    listed = (await analyst.get("/api/v1/alerts")).json()["items"][0]
    answer = await analyst.get(f"/api/v1/alerts/{listed['alert_id']}")
    assert answer.json() == listed
    assert answer.headers["cache-control"] == "no-store"
    assert (await analyst.get("/api/v1/alerts/alert_of_nobody")).status_code == 404


async def test_the_case_of_an_alert_is_found(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    await running.live.flush()
    alert_id = (await analyst.get("/api/v1/alerts")).json()["items"][0]["alert_id"]
    found = (await analyst.get("/api/v1/cases", params={"alert_id": alert_id})).json()
    assert [case["alert_ids"] for case in found["items"]] == [[alert_id]]
    nobody = await analyst.get("/api/v1/cases", params={"alert_id": "alert_of_nobody"})
    assert nobody.json() == {"items": [], "next_cursor": None}


async def test_filters_leave_out_what_does_not_fit(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    await running.burst("buyer-1")
    running.clock.advance(3_600_000)
    await running.burst("buyer-2")
    await running.live.flush()

    async def found(**query: str) -> list[str]:
        answer = await analyst.get("/api/v1/alerts", params=query)
        assert answer.status_code == 200
        return [alert["subject"]["key"] for alert in answer.json()["items"]]

    assert await found() == ["buyer-2", "buyer-1"]
    assert await found(rule=BURST, severity="high", kind="risk") == ["buyer-2", "buyer-1"]
    assert await found(rule="payment.shared_account") == []
    assert await found(severity="low") == []
    assert await found(kind="health") == []
    assert await found(since="2026-11-11T00:30:00+08:00") == ["buyer-2"]
    assert await found(since="2026-11-10T16:30:00Z") == ["buyer-2"]
    assert await found(order_id="buyer-1-5") == ["buyer-1"]


async def test_pages_give_every_alert_once_newest_first(
    running: Installation, analyst: httpx.AsyncClient
) -> None:
    for number in range(230):
        await running.burst(f"buyer-{number}")
    await running.live.flush()
    pages, query = [], dict[str, str]()
    while True:
        answer = (await analyst.get("/api/v1/alerts", params=query)).json()
        pages.append(answer["items"])
        if answer["next_cursor"] is None:
            break
        query = {"cursor": answer["next_cursor"]}
    assert [len(page) for page in pages] == [100, 100, 30]
    found = [alert["subject"]["key"] for page in pages for alert in page]
    assert found == [f"buyer-{number}" for number in reversed(range(230))]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "no cursor"},
        {"cursor": "????"},
        {"cursor": "gaA"},
        {"cursor": "ks__________oWE"},
        {"cursor": "x" * 2_000},
        {"severity": "awful"},
        {"kind": "cases"},
        {"since": "yesterday"},
        {"since": "2026-11-11T00:00:00"},
        {"since": "2026-11-11T00:00:00 08:00"},
        {"since": "99999-01-01T00:00:00Z"},
        {"order_id": "x" * 300},
    ],
)
async def test_a_bad_query_is_told(analyst: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await analyst.get("/api/v1/alerts", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert shapes.Problem.model_validate_json(answer.content).status == 422


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_any_instant_may_be_asked_for(analyst: httpx.AsyncClient, since: str) -> None:
    assert (await analyst.get("/api/v1/alerts", params={"since": since})).status_code == 200
