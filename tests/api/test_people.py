"""People, tokens and the installation over the API, for admins alone."""

import httpx
import pytest
from tests.api.installation import Installation, connect

from orderguard.api import installation, people
from orderguard.domain.accounts import Role

MEI = {"name": "mei", "role": "service"}


async def test_a_person_is_let_in_with_a_password_that_is_told_once(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    answer = await admin.post("/api/v1/people", json=MEI)
    added = people.PersonAdded.model_validate_json(answer.content)
    assert (answer.status_code, added.role) == (201, "service")
    listed = await admin.get("/api/v1/people")
    assert [one["name"] for one in listed.json()["items"]] == ["mei"]
    assert added.password
    assert added.password not in listed.text
    signed_in = await stranger.post(
        "/api/v1/session", json={"name": "mei", "password": added.password}
    )
    assert signed_in.status_code == 200
    assert (await admin.post("/api/v1/people", json=MEI)).status_code == 422


async def test_another_role_or_none_holds_at_once(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    chosen = {**MEI, "password": "long enough"}
    assert (await admin.post("/api/v1/people", json=chosen)).json()["password"] is None
    credentials = {"name": "mei", "password": "long enough"}
    await stranger.post("/api/v1/session", json=credentials)
    changed = await admin.patch("/api/v1/people/mei", json={"role": "risk"})
    assert changed.json()["role"] == "risk"
    assert (await stranger.get("/api/v1/session")).status_code == 401
    assert (await stranger.post("/api/v1/session", json=credentials)).json()["role"] == "risk"
    assert (await admin.delete("/api/v1/people/mei")).status_code == 204
    assert (await stranger.get("/api/v1/session")).status_code == 401
    assert (await stranger.post("/api/v1/session", json=credentials)).status_code == 401
    assert (await admin.delete("/api/v1/people/mei")).status_code == 422


async def test_nobody_removes_themselves(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    running.control.accounts.user_add("an", Role.ADMIN, "long enough")
    await stranger.post("/api/v1/session", json={"name": "an", "password": "long enough"})
    own = {"sec-fetch-site": "same-origin"}
    refused = await stranger.delete("/api/v1/people/an", headers=own)
    assert refused.status_code == 422
    lesser = await stranger.patch("/api/v1/people/an", json={"role": "risk"}, headers=own)
    assert lesser.status_code == 422


async def test_a_token_works_until_it_is_revoked(
    running: Installation, admin: httpx.AsyncClient
) -> None:
    asked = {"name": "till", "role": "analyst"}
    token = (await admin.post("/api/v1/tokens", json=asked)).json()["token"]
    listed = await admin.get("/api/v1/tokens")
    assert token not in listed.text
    (row,) = [one for one in listed.json()["items"] if one["name"] == "till"]
    async with connect(running.api(), {"authorization": f"Bearer {token}"}) as program:
        assert (await program.get("/api/v1/session")).status_code == 200
        assert (await admin.delete(f"/api/v1/tokens/{row['id']}")).status_code == 204
        assert (await program.get("/api/v1/session")).status_code == 401
    assert (await admin.delete(f"/api/v1/tokens/{row['id']}")).status_code == 422


async def test_the_installation_shows_its_settings_and_what_is_wrong(
    admin: httpx.AsyncClient,
) -> None:
    settings = installation.InstallationSettings.model_validate_json(
        (await admin.get("/api/v1/installation/settings")).content
    )
    respond = next(one for one in settings.sections if one.name == "respond")
    mode = next(one for one in respond.settings if one.name == "mode")
    assert (mode.value, mode.default) == ("shadow", "shadow")
    assert "only watches" in mode.help
    found = installation.Examination.model_validate_json(
        (await admin.get("/api/v1/installation/examination")).content
    )
    assert found.is_well
    assert [one.grade for one in found.findings] == ["ok", "note"]
    assert [one.mend for one in found.findings] == ["", "Tidy."]


async def test_the_installation_speaks_the_reader_s_language(admin: httpx.AsyncClient) -> None:
    chinese = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
    settings = await admin.get("/api/v1/installation/settings", headers=chinese)
    respond = next(one for one in settings.json()["sections"] if one["name"] == "respond")
    assert respond["help"] == "对外可以做什么。"
    assert "只观察" in respond["settings"][0]["help"]
    found = await admin.get("/api/v1/installation/examination", headers=chinese)
    assert [one["mend"] for one in found.json()["findings"]] == ["", "请清理。"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/people"),
        ("POST", "/api/v1/people"),
        ("PATCH", "/api/v1/people/mei"),
        ("DELETE", "/api/v1/people/mei"),
        ("GET", "/api/v1/tokens"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", "/api/v1/tokens/01234567"),
        ("GET", "/api/v1/installation/settings"),
        ("GET", "/api/v1/installation/examination"),
    ],
)
async def test_only_an_admin_sees_them(
    risk_team: httpx.AsyncClient, stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    body = MEI if method in {"POST", "PATCH"} else None
    assert (await risk_team.request(method, path, json=body)).status_code == 403
    assert (await stranger.request(method, path, json=body)).status_code == 401
