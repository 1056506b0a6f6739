"""Playbooks over the API: changed by one, approved by another, tried on a past alert."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.api.installation import Installation, connect

from orderguard.api import playbook_shapes as shapes
from orderguard.domain.accounts import Role
from orderguard.rules import check_library

LOW, HIGH = "/api/v1/playbooks/low", "/api/v1/playbooks/high"
REMIND = {"step": "remind_again", "action": "notify", "after_step": "remind", "after": "1d"}


class People:
    """Who writes, who approves, who may only look; and the library's folder."""

    def __init__(self, *clients: httpx.AsyncClient) -> None:
        self.analyst, self.approver, self.onlooker = clients
        self.written: dict[str, str] = {}


@pytest.fixture
async def people(running: Installation) -> AsyncIterator[People]:
    written: dict[str, str] = {}
    api = running.api(written=written)
    async with (
        connect(api, running.token(Role.ANALYST)) as analyst,
        connect(api, running.token(Role.RISK)) as approver,
        connect(api, running.token(Role.SERVICE)) as onlooker,
    ):
        people = People(analyst, approver, onlooker)
        people.written = written
        yield people


async def book(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    shapes.PlaybookBook.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def with_step(text: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    return {**text, "steps": [*text["steps"], *steps]}


async def test_a_change_comes_into_force_by_somebody_else(
    people: People, running: Installation
) -> None:
    start = await book(people.analyst, HIGH)
    assert (start["draft_by"], start["can"]) == (None, ["draft"])
    text = with_step(start["text"], REMIND)
    drafted = await people.analyst.put(HIGH, json={"text": text})
    assert drafted.status_code == 200, drafted.text
    assert drafted.json()["can"] == ["draft", "drop"]
    assert drafted.json()["text"]["steps"][-1]["after"] == "1d"
    before = await running.burst("before")
    alone = await people.analyst.post(f"{HIGH}/approve")
    assert alone.status_code == 403
    assert "somebody else" in alone.json()["detail"]
    row = (await people.onlooker.get("/api/v1/playbooks")).json()["items"]
    assert [one["draft_by"] for one in row if one["id"] == "high"] == ["a analyst program"]

    approved = await people.approver.post(f"{HIGH}/approve")
    assert approved.status_code == 200, approved.text
    assert approved.json()["draft_by"] is None
    versions = [(one["number"], one["author"]) for one in approved.json()["versions"]]
    assert versions == [(2, "a analyst program"), (1, "server")]
    assert "remind_again" in people.written["playbooks/high.yaml"]
    after = await running.burst("after")
    steps = {name: _steps(running, name) for name in (before[-1], after[-1])}
    assert "remind_again" not in steps[before[-1]]
    assert "remind_again" in steps[after[-1]]

    back = await people.analyst.post(f"{HIGH}/rollback", json={"version": 1})
    assert back.status_code == 200, back.text
    assert back.json()["text"] == start["text"]
    assert [one["number"] for one in back.json()["versions"]] == [3, 2, 1]


def _steps(running: Installation, order_id: str) -> list[str]:
    tables = running.live.fold.tables
    record = tables.orders.get(f"standard/demo/{order_id}")
    assert record is not None
    run = tables.runs.get(record.standing.alerts[0])
    assert run is not None
    return [step.step for step in run.steps]


async def test_a_draft_is_taken_away(people: People) -> None:
    text = (await book(people.analyst, LOW))["text"]
    changed = {**text, "title": {"en": "Ask", "zh": "询问"}}
    assert (await people.analyst.put(LOW, json={"text": changed})).status_code == 200
    assert (await book(people.approver, LOW))["text"]["title"]["zh"] == "询问"
    assert (await people.analyst.delete(f"{LOW}/draft")).status_code == 204
    assert (await book(people.approver, LOW))["text"] == text
    assert (await people.analyst.delete(f"{LOW}/draft")).status_code == 404
    assert (await people.approver.post(f"{LOW}/approve")).status_code == 404


async def test_a_faulty_playbook_is_told_where_and_never_kept(people: People) -> None:
    text = (await book(people.analyst, HIGH))["text"]
    wrong = with_step(text, {**REMIND, "after": "tomorrow", "after_step": "nobody"})
    answer = await people.analyst.post(f"{HIGH}/try", json={"text": wrong})
    tried = shapes.Tried.model_validate_json(answer.content)
    assert tried.run is None
    places = {(one.step, one.member) for one in tried.problems}
    assert places == {(len(text["steps"]), "after"), (len(text["steps"]), "after_step")}
    chinese = await people.analyst.post(
        f"{HIGH}/try", json={"text": wrong}, headers={"accept-language": "zh"}
    )
    assert all(
        "这里" in one["message"] or "前面" in one["message"] for one in chinese.json()["problems"]
    )
    refused = await people.analyst.put(HIGH, json={"text": wrong})
    assert refused.status_code == 422
    assert (await book(people.analyst, HIGH))["draft_by"] is None
    for body in ({}, {"text": {**text, "steps": [{"step": "x"}]}}, {"text": None}):
        assert (await people.analyst.put(HIGH, json=body)).status_code == 422


async def test_a_past_alert_is_run_again_without_anything_being_done(
    people: People, running: Installation
) -> None:
    orders = await running.burst("hoarder")
    await running.live.flush()
    (alert,) = (await people.analyst.get("/api/v1/alerts")).json()["items"]
    cursor, text = running.live.fold.cursor, (await book(people.analyst, HIGH))["text"]
    asked = {"text": with_step(text, REMIND), "alert_id": alert["alert_id"]}
    answer = await people.analyst.post(f"{HIGH}/try", json=asked)
    tried = shapes.Tried.model_validate_json(answer.content)
    assert tried.run is not None
    steps = {one.step: one for one in tried.run.steps}
    assert (steps["hold"].state, steps["hold"].order_ids) == ("done", orders)
    assert steps["chase"].state == "skipped"
    assert steps["remind_again"].at is not None
    late = {**asked, "answers": {"hold": "too_late"}}
    answer = await people.analyst.post(f"{HIGH}/try", json=late)
    chase = next(one for one in answer.json()["run"]["steps"] if one["step"] == "chase")
    assert (chase["state"], chase["orders"]) == ("done", len(orders))
    assert running.live.fold.cursor == cursor, "nothing came into the log"

    unknown = {**asked, "alert_id": "alt_none"}
    assert (await people.analyst.post(f"{HIGH}/try", json=unknown)).status_code == 404
    nobody = {**asked, "answers": {"nobody": "done"}}
    assert (await people.analyst.post(f"{HIGH}/try", json=nobody)).status_code == 422


async def test_only_rule_makers_and_only_playbooks(people: People) -> None:
    assert (await people.onlooker.get(HIGH)).status_code == 403
    assert (await people.analyst.get("/api/v1/playbooks/none")).status_code == 404
    text = (await book(people.analyst, HIGH))["text"]
    assert (await people.onlooker.put(HIGH, json={"text": text})).status_code == 403
    # A playbook's draft is no rule's: it cannot come into force by that way.
    await people.analyst.put(HIGH, json={"text": with_step(text, REMIND)})
    for way in ("publish", "rollback"):
        body = {"to": "shadow"} if way == "publish" else {"version": 1}
        answer = await people.analyst.post(f"/api/v1/rules/playbooks.high/{way}", json=body)
        assert answer.status_code == 404
    assert (await people.analyst.delete("/api/v1/rules/playbooks.high/draft")).status_code == 404
    rows = (await people.analyst.get("/api/v1/rulebook")).json()["items"]
    assert not [row for row in rows if row["id"].startswith("playbooks")]


async def test_the_file_passes_the_checks_of_the_command_line(
    people: People, running: Installation
) -> None:
    library = running.live.fold.tables.library.get("")
    assert library is not None
    for row in (await people.analyst.get("/api/v1/playbooks")).json()["items"]:
        path = f"/api/v1/playbooks/{row['id']}"
        text = (await book(people.analyst, path))["text"]
        tried = (await people.analyst.post(f"{path}/try", json={"text": text})).json()
        assert tried["problems"] == []
        files = {**library.files, f"playbooks/{row['id']}.yaml": tried["file"]}
        assert check_library(files) == ()
