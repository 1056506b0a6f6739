"""Cases as rows, the scene around one, and many of them taken back at once."""

import httpx
import pytest
from tests.api.installation import Installation

from orderguard.api import case_scene, inbox
from orderguard.kit.clock import MS_PER_SECOND


async def rows(client: httpx.AsyncClient, query: str = "") -> inbox.CaseRowPage:
    answer = await client.get(f"/api/v1/inbox{query}")
    assert answer.status_code == 200, answer.text
    return inbox.CaseRowPage.model_validate_json(answer.content)


async def test_a_row_says_what_a_case_is_about(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    await running.burst("zhao")
    (row,) = (await rows(risk_team)).items
    assert (row.status, row.severity, row.assignee) == ("open", "high", None)
    assert row.rules == ["velocity.same_item_burst"]
    assert row.subject is not None
    assert "buyer" in row.subject.type
    assert (row.channel, row.shop, row.orders, row.order_id) == ("standard", "demo", 5, "zhao-5")
    assert row.score > 0


async def test_rows_come_in_pages(
    running: Installation, risk_team: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "ROWS_MAX", 2)
    for buyer in ("zhao", "qian", "sun"):
        await running.burst(buyer)
    first = await rows(risk_team)
    assert first.next_cursor is not None
    second = await rows(risk_team, f"?cursor={first.next_cursor}")
    told = [row.order_id for page in (first, second) for row in page.items]
    assert told == ["sun-5", "qian-5", "zhao-5"]
    assert second.next_cursor is None
    assert (await rows(risk_team, "?status=closed")).items == []


async def test_the_scene_of_a_case_has_its_orders_and_what_was_told_and_done(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    await running.burst("zhao")
    (row,) = (await rows(risk_team)).items
    answer = await risk_team.get(f"/api/v1/cases/{row.case_id}/scene")
    scene = case_scene.Scene.model_validate_json(answer.content)
    assert [order.order_id for order in scene.orders] == [f"zhao-{n}" for n in range(5, 0, -1)]
    buyers = {one.key for order in scene.orders for one in order.entities if one.kind == "buyer"}
    assert len(buyers) == 1
    opened = [one for one in scene.timeline if one.entry.type == "alert.opened"]
    assert [len(one.order_ids) for one in opened] == [5], "what concerns all is told once"
    paid = [one.order_ids for one in scene.timeline if one.entry.type == "order.paid"]
    assert paid == [[f"zhao-{number}"] for number in range(1, 6)]
    assert [step.action for step in scene.responses[0].steps]
    assert (await risk_team.get("/api/v1/cases/none/scene")).status_code == 404


async def test_many_dispositions_are_taken_back_at_once_in_time(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    for buyer in ("zhao", "qian"):
        await running.burst(buyer)
    ids = [row.case_id for row in (await rows(risk_team)).items]
    found = {"disposition": "false_alarm", "action": "release"}
    bulk = "/api/v1/cases/bulk"
    assert (await risk_team.post(bulk, json={"case_ids": ids, "found": found})).status_code == 200
    answer = await risk_team.post(bulk, json={"case_ids": [*ids, "none"], "undo": True})
    assert [one["status"] for one in answer.json()["items"]] == [200, 200, 404]
    assert {row.status for row in (await rows(risk_team)).items} == {"open"}
    await risk_team.post(bulk, json={"case_ids": ids[:1], "found": found})
    running.clock.advance(11 * MS_PER_SECOND)
    answer = await risk_team.post(bulk, json={"case_ids": ids, "undo": True})
    assert [one["status"] for one in answer.json()["items"]] == [409, 409]
    both = {"case_ids": ids, "undo": True, "found": found}
    assert (await risk_team.post(bulk, json=both)).status_code == 422
