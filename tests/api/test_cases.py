"""Cases over HTTP: listed, taken, worked on, decided once, taken back."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.api.installation import Installation, connect, library, served
from tests.api.test_stream import STREAM, events, listening, place
from tests.scenarios.installation import is_proof

from orderguard.api import case_shapes, shapes
from orderguard.cases import UNDO_MS
from orderguard.domain.accounts import Role
from orderguard.domain.orders import OrderKey

CASES = "/api/v1/cases"
RACES = 1_000 if is_proof() else 50
WORDS = ("confirmed", "false_alarm", "inconclusive")

Json = dict[str, Any]


async def opened(running: Installation, *buyers: str) -> list[str]:
    """The cases of buyers who order the same again and again, in the order of the buyers."""
    found = []
    for buyer in buyers:
        (first, *_) = await running.burst(buyer)
        case = running.live.fold.desk.case_of_order(OrderKey("standard", "demo", first))
        assert case is not None, "a high alert has a case"
        found.append(case.case_id)
    await running.live.flush()
    return found


async def decide(
    client: httpx.AsyncClient, case_id: str, word: str = "confirmed", **more: str
) -> httpx.Response:
    found = {"disposition": word, **more}
    return await client.post(f"{CASES}/{case_id}/disposition", json=found)


async def ids(client: httpx.AsyncClient, **asked: str) -> list[str]:
    items = (await client.get(CASES, params=asked)).json()["items"]
    return [item["case_id"] for item in items]


async def test_cases_are_listed_newest_first_by_what_is_asked(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    one, two, three = await opened(running, "b1", "b2", "b3")
    page = case_shapes.CasePage.model_validate_json((await risk_team.get(CASES)).content)
    assert [case.case_id for case in page.items] == [three, two, one]
    assert page.next_cursor is None
    assert page.items[0].order_ids == [f"b3-{number}" for number in range(1, 6)]
    await risk_team.patch(f"{CASES}/{two}", json={"assignee": "li"})
    await decide(risk_team, three)
    await running.live.flush()
    assert await ids(risk_team, status="open") == [two, one]
    assert await ids(risk_team, status="closed") == [three]
    assert await ids(risk_team, assignee="li") == [two]
    assert await ids(risk_team, assignee="", status="open") == [one]
    assert await ids(risk_team, inbox="service") == []
    assert await ids(risk_team, severity="high", inbox="risk") == [three, two, one]


async def test_one_page_follows_another(
    running: Installation, analyst: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await opened(running, "b1", "b2", "b3")
    monkeypatch.setattr("orderguard.api.cases.PAGE_ITEMS_MAX", 2)
    monkeypatch.setattr("orderguard.api.answers.PAGE_ITEMS_MAX", 2)
    first = (await analyst.get(CASES)).json()
    second = (await analyst.get(CASES, params={"cursor": first["next_cursor"]})).json()
    found = [item["case_id"] for page in (first, second) for item in page["items"]]
    assert (found, second["next_cursor"]) == (made[::-1], None)


async def test_a_case_shows_its_alerts_and_what_is_remembered(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    before = await risk_team.get(f"{CASES}/{case_id}")
    case = case_shapes.CaseDetail.model_validate_json(before.content)
    assert [alert.alert_id for alert in case.alerts] == case.alert_ids
    assert (case.disposition, case.proposals, case.profiles) == (None, [], [])
    order = (await risk_team.get("/api/v1/orders/standard/demo/hoarder-1")).json()
    assert order["case_id"] == case_id
    await decide(risk_team, case_id)
    after = (await risk_team.get(f"{CASES}/{case_id}")).json()
    (profile,) = [one for one in after["profiles"] if one["kind"] == "buyer"]
    assert (profile["key"], profile["confirmed_bad"]) == ("standard/demo/hoarder", 5)
    found = await risk_team.get("/api/v1/profiles/buyer/standard/demo/hoarder")
    assert case_shapes.Profile.model_validate_json(found.content).confirmed_bad == 5
    assert (await risk_team.get("/api/v1/profiles/buyer/nobody")).status_code == 404


async def test_a_disposition_stands_once_it_is_answered(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    said = await decide(risk_team, case_id, "confirmed", action="cancel", comment="stolen card")
    assert said.status_code == 200
    case = shapes.Case.model_validate_json(said.content)
    assert (case.disposition, case.action, case.comment) == ("confirmed", "cancel", "stolen card")
    assert (case.status, case.decided_by) == ("closed", "a risk program")
    again = await decide(risk_team, case_id, "false_alarm")
    problem = shapes.Problem.model_validate_json(again.content)
    assert (again.status_code, problem.type) == (409, "urn:orderguard:problem:already-decided")
    assert problem.standing is not None
    assert (problem.standing.case_id, problem.standing.disposition) == (case_id, "confirmed")
    after_a_crash = running.restarted()
    await after_a_crash.start(library())
    kept = after_a_crash.case(case_id)
    assert kept is not None
    assert kept.decision is not None
    assert kept.decision.comment == "stolen card"
    await after_a_crash.stop()


async def test_what_cannot_be_decided_is_refused(
    running: Installation, risk_team: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    assert (await decide(risk_team, case_id, "maybe")).status_code == 422
    assert (await decide(risk_team, case_id, "confirmed", action="burn")).status_code == 422
    assert (await decide(risk_team, "case_nobody")).status_code == 404
    assert (await decide(stranger, case_id)).status_code == 401
    path = f"{CASES}/{case_id}/disposition"
    assert (await risk_team.post(path, json={})).status_code == 422
    assert (await risk_team.post(path, content=b"{")).status_code == 422
    assert (await risk_team.get(f"{CASES}/case_nobody")).status_code == 404
    assert (await risk_team.patch(f"{CASES}/{case_id}", json={"status": "closed"})).is_error
    assert (await risk_team.get(f"{CASES}/{case_id}")).json()["status"] == "open"


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_reads_cases_and_four_decide(running: Installation, role: Role) -> None:
    (case_id,) = await opened(running, "hoarder")
    async with connect(running.api(), running.token(role)) as client:
        assert await ids(client) == [case_id]
        decides = role in {Role.SERVICE, Role.RISK, Role.OPERATIONS, Role.ADMIN}
        assert (await decide(client, case_id)).status_code == (200 if decides else 403)


async def test_of_two_people_at_once_one_wins_and_the_other_is_told(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    cases = await opened(running, *(f"b{number}" for number in range(RACES)))
    async with connect(running.api(), running.token(Role.SERVICE)) as service:
        for number, case_id in enumerate(cases):
            words = WORDS[number % 3], WORDS[(number + 1) % 3]
            said = await asyncio.gather(
                decide(risk_team, case_id, words[0]), decide(service, case_id, words[1])
            )
            assert sorted(one.status_code for one in said) == [200, 409]
            won = words[[one.status_code for one in said].index(200)]
            stands = next(one.json()["standing"] for one in said if one.status_code == 409)
            assert stands["disposition"] == won
            assert (await service.get(f"{CASES}/{case_id}")).json()["disposition"] == won


async def test_each_who_takes_the_next_gets_another(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    cases = await opened(running, "b1", "b2", "b3")
    await risk_team.patch(f"{CASES}/{cases[1]}", json={"status": "waiting"})
    take = [risk_team.post(f"{CASES}/take-next", json={}) for _ in range(3)]
    taken = await asyncio.gather(*take)
    assert sorted(one.status_code for one in taken) == [200, 200, 404]
    got = [one.json()["case_id"] for one in taken if one.status_code == 200]
    assert sorted(got) == sorted([cases[0], cases[2]])
    nothing = await risk_team.post(f"{CASES}/take-next", json={"inbox": "service"})
    assert nothing.status_code == 404


async def test_work_on_a_case_is_shown(running: Installation, risk_team: httpx.AsyncClient) -> None:
    (case_id,) = await opened(running, "hoarder")
    change = {"assignee": "li", "inbox": "service", "status": "waiting", "comment": "called"}
    case = (await risk_team.patch(f"{CASES}/{case_id}", json=change)).json()
    assert (case["assignee"], case["inbox"], case["status"]) == ("li", "service", "waiting")
    assert [(said["by"], said["text"]) for said in case["comments"]] == [
        ("a risk program", "called")
    ]
    await decide(risk_team, case_id)
    assert (await risk_team.patch(f"{CASES}/{case_id}", json=change)).status_code == 409


async def test_many_are_decided_at_once_and_each_is_answered(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    one, two, three = await opened(running, "b1", "b2", "b3")
    await decide(risk_team, two, "false_alarm")
    bulk: Json = {"case_ids": [one, two, three, "case_x"], "found": {"disposition": "confirmed"}}
    answer = await risk_team.post(f"{CASES}/bulk", json=bulk)
    results = case_shapes.BulkAnswer.model_validate_json(answer.content).items
    assert [(each.case_id, each.status) for each in results] == [
        (one, 200),
        (two, 409),
        (three, 200),
        ("case_x", 404),
    ]
    assert (await risk_team.post(f"{CASES}/bulk", json={"case_ids": [one]})).status_code == 422
    running.clock.advance(60_000)
    (four,) = await opened(running, "b4")
    both: Json = {"case_ids": [one, four], "change": {"assignee": "li"}}
    assert (await risk_team.post(f"{CASES}/bulk", json=both)).json()["items"][1]["status"] == 200
    assert (await risk_team.get(f"{CASES}/{four}")).json()["assignee"] == "li"


async def test_a_disposition_is_taken_back_within_ten_seconds(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    assert (await risk_team.post(f"{CASES}/{case_id}/undo")).status_code == 409
    await decide(risk_team, case_id, action="release")
    assert not _held(running)
    running.clock.advance(UNDO_MS - 1)
    undone = await risk_team.post(f"{CASES}/{case_id}/undo")
    assert (undone.status_code, undone.json()["disposition"]) == (200, None)
    assert _held(running)
    assert (await decide(risk_team, case_id, "false_alarm")).status_code == 200
    running.clock.advance(UNDO_MS)
    assert (await risk_team.post(f"{CASES}/{case_id}/undo")).status_code == 409
    assert (await risk_team.get(f"{CASES}/{case_id}")).json()["disposition"] == "false_alarm"


def _held(running: Installation) -> bool:
    record = running.live.fold.tables.orders.get("standard/demo/hoarder-1")
    assert record is not None
    return record.standing.held


async def test_a_false_alarm_proposes_what_would_have_spared_it(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    await decide(risk_team, case_id, "false_alarm")
    case = (await risk_team.get(f"{CASES}/{case_id}")).json()
    (proposal,) = case["proposals"]
    assert (proposal["what"], proposal["value"]) == ("allow", "standard/demo/hoarder")
    assert not proposal["is_accepted"]
    path = f"{CASES}/{case_id}/proposals"
    accepted = await risk_team.post(f"{path}/{proposal['proposal_id']}")
    assert case_shapes.CaseDetail.model_validate_json(accepted.content).proposals[0].is_accepted
    assert (await risk_team.post(f"{path}/allow_nothing")).status_code == 404
    running.clock.advance(3_600_000)
    await running.burst("hoarder", first=6)
    await running.live.flush()
    assert await ids(risk_team) == [case_id], "an allowed buyer has no other case"
    async with connect(running.api(), running.token(Role.SERVICE)) as service:
        refused = await service.post(f"{path}/{proposal['proposal_id']}")
    assert refused.status_code == 403


async def test_cases_come_on_the_stream_and_are_not_missed(running: Installation) -> None:
    async with (
        served(running.api()) as address,
        httpx.AsyncClient(base_url=address, headers=running.token(Role.RISK)) as client,
    ):
        async with client.stream("GET", STREAM) as answer:
            await listening(running, 1)
            (case_id,) = await opened(running, "b1")
            (told,) = await events(answer, 1, "case")
        case = shapes.Case.model_validate_json(told["data"])
        assert (case.case_id, case.status) == (case_id, "open")
        await listening(running, 0)
        await decide(client, case_id)
        await opened(running, "b2")
        resume = {"last-event-id": told["id"]}
        async with client.stream("GET", STREAM, headers=resume) as answer:
            decided, opened_next = await events(answer, 2, "case")
        assert shapes.Case.model_validate_json(decided["data"]).disposition == "confirmed"
        assert shapes.Case.model_validate_json(opened_next["data"]).order_ids[0] == "b2-1"
        assert place(told) < place(decided) < place(opened_next)


async def test_a_second_verification_asks_what_the_buyer_knows_and_is_kept(
    running: Installation, risk_team: httpx.AsyncClient, analyst: httpx.AsyncClient
) -> None:
    (case_id,) = await opened(running, "hoarder")
    path = f"{CASES}/{case_id}"
    found = await risk_team.get(f"{path}/verification")
    verification = case_shapes.Verification.model_validate_json(found.content)
    assert verification.order.order_id == "hoarder-5"
    answers = {question.en: question.answer for question in verification.questions}
    assert answers["How many units did you buy?"] == "1"
    assert answers["What did you pay in all?"] == "59.00 CNY"
    other = await risk_team.get(f"{path}/verification", params={"order_id": "hoarder-2"})
    assert other.json()["order"]["order_id"] == "hoarder-2"
    nobodys = await risk_team.get(f"{path}/verification", params={"order_id": "x"})
    assert nobodys.status_code == 404
    assert (await analyst.get(f"{path}/verification")).status_code == 403
    check = {"kind": "call", "has_passed": False, "detail": "did not know the city"}
    kept = (await risk_team.post(f"{path}/checks", json=check)).json()
    assert [(one["kind"], one["has_passed"]) for one in kept["checks"]] == [("call", False)]
    assert kept["disposition"] is None
    await decide(risk_team, case_id)
    assert (await risk_team.post(f"{path}/checks", json=check)).status_code == 409
