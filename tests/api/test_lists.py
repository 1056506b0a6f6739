import httpx
import pytest
from tests.api.installation import Installation, library

from orderguard.api import shapes

BUYER = {"list": "allow", "kind": "buyer", "value": "buyer-1", "reason": "our own tester"}


async def test_an_allowed_buyer_is_let_pass_at_once(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    put = await risk_team.post("/api/v1/lists", json=BUYER)
    listed = shapes.Listed.model_validate_json(put.content)
    assert (put.status_code, listed.value, listed.until) == (201, "buyer-1", None)
    assert listed.by == "a risk program"
    await running.burst("buyer-1")
    await running.live.flush()
    assert (await risk_team.get("/api/v1/alerts")).json()["items"] == []
    assert (await risk_team.delete("/api/v1/lists", params=_place(BUYER))).status_code == 204
    running.clock.advance(3_600_000)
    await running.burst("buyer-1", first=6)
    await running.live.flush()
    assert len((await risk_team.get("/api/v1/alerts")).json()["items"]) == 1


async def test_a_listing_is_durable_when_it_is_answered(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    await risk_team.post("/api/v1/lists", json=BUYER)
    after_a_crash = running.restarted()
    await after_a_crash.start(library())
    assert [name for name, _ in after_a_crash.fold.tables.lists.items()] == ["allow/buyer/buyer-1"]
    await after_a_crash.stop()


async def test_a_phone_is_kept_as_a_token(risk_team: httpx.AsyncClient) -> None:
    phone = {"list": "watch", "kind": "phone", "value": "13800138000"}
    put = (await risk_team.post("/api/v1/lists", json=phone)).json()
    assert (put["value"], put["shown"]) == ("token-of-13800138000", "138****8000")
    assert "13800138000" not in (await risk_team.get("/api/v1/lists")).text.replace(
        put["value"], ""
    )
    by_token = {**_place(phone), "value": put["value"]}
    assert (await risk_team.delete("/api/v1/lists", params=by_token)).status_code == 204
    await risk_team.post("/api/v1/lists", json=phone)
    assert (await risk_team.delete("/api/v1/lists", params=_place(phone))).status_code == 204
    assert (await risk_team.delete("/api/v1/lists", params=_place(phone))).status_code == 404


async def test_a_listing_ends_by_itself(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    until = {**BUYER, "until": "2026-11-11T01:00:00+08:00"}
    put = (await risk_team.post("/api/v1/lists", json=until)).json()
    assert put["until"] == "2026-11-11T01:00:00.000+08:00"
    running.clock.advance(3_600_000)
    assert (await risk_team.get("/api/v1/lists")).json()["items"] == []
    assert (await risk_team.post("/api/v1/lists", json=until)).status_code == 422


async def test_lists_are_filtered_and_paged(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    for number in range(150):
        running.clock.advance(1)
        listing = {"list": "block", "kind": "device", "value": f"device-{number}"}
        assert (await risk_team.post("/api/v1/lists", json=listing)).status_code == 201
    await risk_team.post("/api/v1/lists", json=BUYER)
    query = {"list": "block", "kind": "device"}
    first = shapes.ListedPage.model_validate_json(
        (await risk_team.get("/api/v1/lists", params=query)).content
    )
    assert first.next_cursor is not None
    query["cursor"] = first.next_cursor
    second = (await risk_team.get("/api/v1/lists", params=query)).json()
    found = [item.value for item in first.items] + [item["value"] for item in second["items"]]
    assert found == [f"device-{number}" for number in reversed(range(150))]
    assert second["next_cursor"] is None
    allowed = (await risk_team.get("/api/v1/lists", params={"list": "allow"})).json()
    assert [item["value"] for item in allowed["items"]] == ["buyer-1"]


@pytest.mark.parametrize(
    "listing",
    [
        {},
        {**BUYER, "list": "grey"},
        {**BUYER, "kind": "shoe"},
        {**BUYER, "value": ""},
        {**BUYER, "value": "x" * 600},
        {**BUYER, "value": None},
        {**BUYER, "until": "tomorrow"},
        {**BUYER, "until": 17},
        {**BUYER, "also": "this"},
        {**BUYER, "kind": "phone", "value": "my phone"},
        [],
        "block",
    ],
)
async def test_a_bad_listing_is_refused(risk_team: httpx.AsyncClient, listing: object) -> None:
    answer = await risk_team.post("/api/v1/lists", json=listing)
    problem = shapes.Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.status) == (422, 422)
    assert (await risk_team.get("/api/v1/lists")).json()["items"] == []


async def test_a_family_is_declared_changed_and_ended(
    running: Installation, risk_team: httpx.AsyncClient
) -> None:
    family = {"channel": "standard", "shop": "demo", "buyers": ["mother", "father", "a/b"]}
    declared = shapes.Relation.model_validate_json(
        (await risk_team.post("/api/v1/relations", json=family)).content
    )
    assert declared.buyers == ["a/b", "father", "mother"]
    shown = shapes.RelationPage.model_validate_json(
        (await risk_team.get("/api/v1/relations")).content
    )
    assert shown.items == [declared]
    assert running.live.fold.tables.households.get("standard/demo/a/b") == declared.relation_id
    place = {"channel": "standard", "shop": "demo", "relation_id": declared.relation_id}
    smaller = {**place, "buyers": ["mother", "father"]}
    assert (await risk_team.post("/api/v1/relations", json=smaller)).json() == {
        **place,
        "buyers": ["father", "mother"],
    }
    ended = await risk_team.post("/api/v1/relations", json={**place, "buyers": []})
    assert ended.json()["buyers"] == []
    assert (await risk_team.get("/api/v1/relations")).json()["items"] == []
    again = await risk_team.post("/api/v1/relations", json={**place, "buyers": []})
    assert again.status_code == 404


async def test_relations_are_paged(risk_team: httpx.AsyncClient) -> None:
    for number in range(120):
        family = {
            "channel": "standard",
            "shop": "demo",
            "relation_id": f"family-{number:03}",
            "buyers": [f"mother-{number}", f"father-{number}"],
        }
        assert (await risk_team.post("/api/v1/relations", json=family)).status_code == 200
    first = (await risk_team.get("/api/v1/relations")).json()
    second = (
        await risk_team.get("/api/v1/relations", params={"cursor": first["next_cursor"]})
    ).json()
    found = [item["relation_id"] for item in first["items"] + second["items"]]
    assert found == [f"family-{number:03}" for number in range(120)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("buyers", [["alone"], ["same", "same"], ["", "x"], ["x"] * 101, "mother"])
async def test_a_bad_relation_is_refused(risk_team: httpx.AsyncClient, buyers: object) -> None:
    relation = {"channel": "standard", "shop": "demo", "buyers": buyers}
    assert (await risk_team.post("/api/v1/relations", json=relation)).status_code == 422


def _place(listing: dict[str, str]) -> dict[str, str]:
    return {name: listing[name] for name in ("list", "kind", "value")}
