"""Rules made over the API: real log, real state, two people."""

from typing import Any

import httpx
import pytest
from tests.api.installation import Installation, connect

from orderguard.api import playbook_shapes as playbooks
from orderguard.api import rulebook_shapes as shapes
from orderguard.domain.accounts import Role
from orderguard.domain.library import StepAnswer

RULE = "own.doorstep_burst"
NAME = "doorstep.product_orders_10m"
WHEN = f"{NAME} >= 5 && order.amount > 500.0"


@pytest.fixture
async def people(running: Installation) -> Any:
    """An analyst who writes, a second person who approves, and a person who may only look."""
    written: dict[str, str] = {}
    api = running.api(
        written=written,
        supplies={
            "standard": frozenset({"amount", "lines.sku", "ship_to.street"}),
            "mute": frozenset(),
        },
    )
    async with (
        connect(api, running.token(Role.ANALYST)) as analyst,
        connect(api, running.token(Role.RISK)) as approver,
        connect(api, running.token(Role.FINANCE)) as onlooker,
    ):
        yield analyst, approver, onlooker, written


async def new_value(client: httpx.AsyncClient) -> dict[str, Any]:
    asked = {"kind": "count", "by": ["doorstep", "product"], "window_ms": 600_000}
    answer = await client.post("/api/v1/rulebook/values", json=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def rule_text(**changed: Any) -> dict[str, Any]:
    return {
        "title": {"en": "Five to one door", "zh": "同址五单"},
        "why": "Limits are split over many orders to one door.",
        "severity": "medium",
        "when": WHEN,
        "subject": ["doorstep"],
        "explanation": {"en": f"{{{NAME}}} orders.", "zh": f"{{{NAME}}}单。"},
        "prior": {"bad": 0.3, "weight": 10, "source": "A guess."},
        "false_alarms": ["An office orders together."],
        "runbook": "Ask the buyer.",
        **changed,
    }


async def drafted(client: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    lines = (await new_value(client))["lines"]
    body = {"text": rule_text(**changed), "features": {NAME: lines}}
    return await client.put(f"/api/v1/rules/{RULE}", json=body)


async def publish(client: httpx.AsyncClient, to: str) -> httpx.Response:
    return await client.post(f"/api/v1/rules/{RULE}/publish", json={"to": to})


async def test_the_catalogue_names_what_conditions_may_name(people: Any) -> None:
    analyst, *_ = people
    answer = await analyst.get("/api/v1/rulebook/catalogue")
    found = shapes.Catalogue.model_validate_json(answer.content)
    by_name = {one.name: one for one in found.operands}
    amount = by_name["order.amount"]
    assert (amount.type, amount.unit, amount.channels) == ("money", "currency", ["standard"])
    burst = by_name["buyer.same_product_orders_10m"]
    assert (burst.kind, burst.window_ms, burst.used_by[0]) == (
        "count",
        600_000,
        "velocity.same_item_burst",
    )
    assert burst.channels == [], "no channel here tells who buys"
    assert found.channels == ["mute", "standard"]


async def test_a_condition_becomes_cards_and_text_again(people: Any) -> None:
    analyst, *_ = people
    text = "order.amount > 500.0 && (buyer.is_new || lists.blocked) && !(ship_to.is_public)"
    answer = await analyst.post("/api/v1/rulebook/parse", json={"text": text})
    parsed = shapes.Parsed.model_validate_json(answer.content)
    assert parsed.cards is not None
    assert parsed.cards.unless is not None
    assert [(one.name, one.value) for one in parsed.comparisons] == [("order.amount", 500)]
    printed = await analyst.post(
        "/api/v1/rulebook/print", json={"cards": parsed.cards.model_dump(mode="json")}
    )
    assert printed.json()["text"] == text
    wrong = await analyst.post(
        "/api/v1/rulebook/parse", json={"text": "order.amount > 5 &&\n order.amout > 6"}
    )
    (problem,) = wrong.json()["problems"]
    assert (problem["line"], problem["column"]) == (2, 2)
    assert "order.amount" in problem["message"]


async def test_a_rule_goes_from_draft_to_live_by_two_people_and_back(
    running: Installation, people: Any
) -> None:
    analyst, approver, onlooker, written = people
    assert (await drafted(onlooker)).status_code == 403
    looked = await onlooker.get("/api/v1/rulebook/velocity.same_item_burst")
    assert (looked.status_code, looked.json()["can"]) == (200, [])
    book = shapes.Book.model_validate_json((await drafted(analyst)).content)
    assert (book.status, book.can) == (None, ["draft", "shadow"])
    assert [test.hit for test in book.text.tests] == [True, False], "written for it"
    assert (await publish(analyst, "live")).status_code == 422, "not before it was in shadow"
    assert (await publish(analyst, "shadow")).status_code == 200
    assert RULE in running.live.fold.engine.by_id, "judges at once"
    own = await publish(analyst, "live")
    assert own.status_code == 403
    assert "somebody else" in own.json()["detail"]
    live = await publish(approver, "live")
    assert live.json()["status"] == "live"
    versions = live.json()["versions"]
    assert [one["status"] for one in versions] == ["live", "shadow"]
    assert versions[0]["author"] == versions[1]["author"] != versions[0]["approved_by"]
    assert set(written) == {"own/doorstep_burst.yaml", "own/features.yaml"}
    back = await approver.post(f"/api/v1/rules/{RULE}/rollback", json={"version": 1})
    assert back.json()["status"] == "shadow"
    compiled = running.live.fold.engine.by_id[RULE]
    assert compiled.rule.status == "shadow"
    assert [one["number"] for one in back.json()["versions"]] == [3, 2, 1]


async def test_a_change_of_a_live_rule_waits_for_the_second_person(people: Any) -> None:
    analyst, approver, *_ = people
    await drafted(analyst)
    await publish(analyst, "shadow")
    await publish(approver, "live")
    changed = await drafted(analyst, when=f"{NAME} >= 6 && order.amount > 500.0", tests=[])
    assert changed.json()["status"] == "live"
    assert ">= 6" in changed.json()["text"]["when"]
    assert (await publish(analyst, "live")).status_code == 403
    rows = shapes.Rows.model_validate_json((await analyst.get("/api/v1/rulebook")).content)
    row = next(one for one in rows.items if one.id == RULE)
    assert row.draft_by
    assert row.draft_by.startswith("a analyst")
    assert row.status == "live"
    assert (row.severity, row.draft_severity, row.draft_names) == ("medium", "medium", row.names)
    live = (await publish(approver, "live")).json()
    assert (live["draft_by"], live["text"]["when"][-25:]) == (None, "6 && order.amount > 500.0")


async def test_the_list_tells_what_a_draft_would_make_of_a_rule(people: Any) -> None:
    analyst, *_ = people
    book = (await analyst.get("/api/v1/rulebook/address.far_from_usual")).json()
    text = {**book["text"], "severity": "info", "when": "order.amount > 900.0", "raises": []}
    answer = await analyst.put(
        "/api/v1/rules/address.far_from_usual", json={"text": text | {"tests": []}}
    )
    assert answer.status_code == 200, answer.text
    await drafted(analyst)
    rows = shapes.Rows.model_validate_json((await analyst.get("/api/v1/rulebook")).content).items
    changed = next(one for one in rows if one.id == "address.far_from_usual")
    assert (changed.status, changed.severity) == (book["status"], book["text"]["severity"])
    assert (changed.draft_severity, changed.draft_names) == ("info", ["order.amount"])
    assert changed.names != changed.draft_names
    new = rows[-1]
    assert (new.id, new.status, new.severity, new.draft_severity) == (
        RULE,
        "draft",
        "medium",
        "medium",
    )
    assert [one.draft_severity for one in rows].count(None) == len(rows) - 2
    dropped = await analyst.delete("/api/v1/rules/address.far_from_usual/draft")
    assert dropped.status_code == 204
    rows = shapes.Rows.model_validate_json((await analyst.get("/api/v1/rulebook")).content).items
    assert [one.id for one in rows if one.draft_by] == [RULE]


async def test_what_is_wrong_is_told_with_its_place(people: Any) -> None:
    analyst, *_ = people
    answer = await drafted(analyst, when="order.amount > 500.0\n  && order.amout > 1")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert (error["where"], error["name"]) == ("body", "when")
    assert (error["line"], error["column"]) == (2, 6)
    missing = await drafted(analyst, runbook="")
    assert missing.status_code == 422
    other = await analyst.put("/api/v1/rules/own.Bad-Name", json={"text": rule_text()})
    assert other.status_code == 422


async def test_what_is_wrong_is_told_in_the_reader_s_language(people: Any) -> None:
    analyst, *_ = people
    analyst.headers["accept-language"] = "zh-CN"
    parsed = await analyst.post("/api/v1/rulebook/parse", json={"text": "order.amout > 1"})
    assert [one["message"] for one in parsed.json()["problems"]] == [
        "没有名称 `order.amout`：您要写的是 `order.amount` 吗？"
    ]
    refused = (await drafted(analyst, when="order.amout > 1")).json()
    assert refused["errors"][0]["detail"].startswith("没有名称 `order.amout`")
    assert refused["detail"].startswith("when:1:1: 没有名称")


async def test_tests_run_on_demand(people: Any) -> None:
    analyst, *_ = people
    lines = (await new_value(analyst))["lines"]
    tests = [
        {"name": "five", "hit": True, "given": {NAME: 5, "order.amount": 501}},
        {"name": "four", "hit": True, "given": {NAME: 4, "order.amount": 501}},
        {"name": "cheap", "hit": False, "given": {NAME: 5, "order.amount": 500}},
    ]
    body = {"text": rule_text(tests=tests), "features": {NAME: lines}}
    answer = await analyst.post(f"/api/v1/rulebook/{RULE}/tests", json=body)
    assert [one["passed"] for one in answer.json()["items"]] == [True, False, True]


async def test_drafts_and_versions_survive_a_restart(running: Installation, people: Any) -> None:
    analyst, *_ = people
    await drafted(analyst)
    await publish(analyst, "shadow")
    await drafted(analyst, severity="high")
    await running.live.flush()
    again = running.restarted()
    tables = again.fold.tables
    assert tables.drafts.get(RULE) is not None
    assert [one.number for one in tables.rule_histories.get(RULE) or ()] == [1]


async def test_the_playbooks_in_force_are_told(analyst: httpx.AsyncClient) -> None:
    answer = await analyst.get("/api/v1/playbooks")
    page = playbooks.PlaybookPage.model_validate_json(answer.content)
    low = next(one for one in page.items if one.id == "low")
    steps = {step.step: step for step in low.steps}
    assert low.severity == "low"
    assert steps["unlock"].undoes == "lock"
    assert steps["cancel"].on == playbooks.Condition(step="ask", answers=[StepAnswer.DENIED])
