import asyncio

import httpx
import pytest
from tests.api.installation import HOST, Installation, connect

from orderguard.api import shapes, workbench
from orderguard.api.access import SESSION_COOKIE
from orderguard.api.passwords import GUESSES_FREE, PAUSE_S, WAITING_MAX
from orderguard.domain.accounts import Role

PASSWORD = "correct horse battery"  # noqa: S105 - of a person in this test.
LISTING = {"list": "block", "kind": "buyer", "value": "buyer-1"}
READ = [
    "/api/v1/alerts",
    "/api/v1/alerts/alert_1",
    "/api/v1/orders/standard/demo/1",
    "/api/v1/rules",
    "/api/v1/rules/velocity.same_item_burst",
    "/api/v1/lists",
    "/api/v1/relations",
    "/api/v1/cases",
    "/api/v1/cases/case_1",
    "/api/v1/profiles/device/d1",
    "/api/v1/stream",
    "/api/v1/metrics/summary",
]


@pytest.fixture
async def browser(running: Installation, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Signed in by a one-time link as somebody of the risk team."""
    link = running.control.accounts.link_add("li", Role.RISK)
    went = await stranger.get("/sign-in", params={"token": link})
    assert (went.status_code, went.headers["location"]) == (303, workbench.front_page())
    return stranger


@pytest.mark.parametrize("path", READ)
async def test_nobody_reads_without_a_token(stranger: httpx.AsyncClient, path: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer og_wrong"},
        {"authorization": "Bearer"},
        {"authorization": "Basic bGk6bGk="},
        {"cookie": f"{SESSION_COOKIE}=session_wrong"},
    ):
        answer = await stranger.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert shapes.Problem.model_validate_json(answer.content).type.endswith(":not-signed-in")


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_reads_and_three_change_lists(running: Installation, role: Role) -> None:
    async with connect(running.api(), running.token(role)) as client:
        assert (await client.get("/api/v1/lists")).status_code == 200
        put = await client.post("/api/v1/lists", json=LISTING)
        related = await client.post(
            "/api/v1/relations", json={"channel": "c", "shop": "s", "buyers": ["a", "b"]}
        )
        taken = await client.delete("/api/v1/lists", params=LISTING)
    may_change = role in {Role.OPERATIONS, Role.RISK, Role.ADMIN}
    expected = [201, 200, 204] if may_change else [403, 403, 403]
    assert [put.status_code, related.status_code, taken.status_code] == expected


async def test_a_revoked_token_is_worth_nothing_at_once(running: Installation) -> None:
    async with connect(running.api(), running.token(Role.ADMIN)) as client:
        assert (await client.get("/api/v1/rules")).status_code == 200
        running.control.accounts.token_revoke("a admin program")
        assert (await client.get("/api/v1/rules")).status_code == 401


async def test_a_link_signs_in_once(running: Installation, stranger: httpx.AsyncClient) -> None:
    link = running.control.accounts.link_add("li", Role.RISK)
    first = await stranger.get("/sign-in", params={"token": link})
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # The page came without TLS.
    assert link not in first.headers["location"]
    assert (await stranger.get("/sign-in", params={"token": link})).status_code == 401
    assert (await stranger.get("/sign-in")).status_code == 422
    assert 'data-person="li"' in (await stranger.get("/simple")).text


@pytest.mark.parametrize(
    ("scheme", "headers"), [("https", {}), ("http", {"x-forwarded-proto": "https"})]
)
async def test_over_tls_the_session_never_leaves_it(
    running: Installation, stranger: httpx.AsyncClient, scheme: str, headers: dict[str, str]
) -> None:
    link = running.control.accounts.link_add("li", Role.RISK)
    went = await stranger.get(f"{scheme}://{HOST}/sign-in", params={"token": link}, headers=headers)
    assert "Secure" in went.headers["set-cookie"]


async def test_a_wrong_token_is_not_covered_by_a_session(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/api/v1/rules")).status_code == 200
    wrong = {"authorization": "Bearer og_wrong"}
    assert (await browser.get("/api/v1/rules", headers=wrong)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": "https://elsewhere.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"http://{HOST}.elsewhere.test"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": f"http://{HOST}"}, 201),
        ({"sec-fetch-site": "same-origin"}, 201),
    ],
)
async def test_a_session_changes_something_only_from_our_own_pages(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await browser.post("/api/v1/lists", json=LISTING, headers=headers)
    assert answer.status_code == status


async def test_a_session_ends_by_signing_out(browser: httpx.AsyncClient) -> None:
    own = {"origin": f"http://{HOST}"}
    session = browser.cookies[SESSION_COOKIE]
    assert (await browser.delete("/api/v1/session")).status_code == 403
    assert (await browser.delete("/api/v1/session", headers=own)).status_code == 204
    assert SESSION_COOKIE not in browser.cookies
    kept = {"cookie": f"{SESSION_COOKIE}={session}"}
    assert (await browser.get("/api/v1/rules", headers=kept)).status_code == 401
    assert (await browser.delete("/api/v1/session", headers=own)).status_code == 204


async def test_a_session_grows_old(running: Installation, browser: httpx.AsyncClient) -> None:
    running.clock.advance(13 * 3_600_000)
    assert (await browser.get("/api/v1/rules")).status_code == 401


async def test_a_password_signs_in(running: Installation, stranger: httpx.AsyncClient) -> None:
    running.control.accounts.user_add("wang", Role.OPERATIONS, PASSWORD)
    credentials = {"name": "wang", "password": PASSWORD}
    elsewhere = {"origin": "https://elsewhere.test"}
    refused = await stranger.post("/api/v1/session", json=credentials, headers=elsewhere)
    assert refused.status_code == 403
    welcome = await stranger.post("/api/v1/session", json=credentials)
    assert (welcome.json()["name"], welcome.json()["role"]) == ("wang", "operations")
    assert (await stranger.get("/api/v1/rules")).status_code == 200


async def test_guessing_a_password_gets_slow(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    running.control.accounts.user_add("wang", Role.OPERATIONS, PASSWORD)
    wrong = {"name": "wang", "password": "wrong"}
    for _ in range(GUESSES_FREE):
        assert (await stranger.post("/api/v1/session", json=wrong)).status_code == 401
    right = {"name": "wang", "password": PASSWORD}
    paused = await stranger.post("/api/v1/session", json=right)
    assert paused.status_code == 429
    assert paused.headers["retry-after"] == str(PAUSE_S)
    running.clock.advance(PAUSE_S * 1000)
    assert (await stranger.post("/api/v1/session", json=right)).status_code == 200
    assert (await stranger.post("/api/v1/session", json=wrong)).status_code == 401


async def test_not_everybody_waits_for_a_password_check(stranger: httpx.AsyncClient) -> None:
    async def guess(name: str) -> int:
        wrong = {"name": name, "password": "wrong"}
        return (await stranger.post("/api/v1/session", json=wrong)).status_code

    answers = await asyncio.gather(*(guess(f"nobody-{n}") for n in range(WAITING_MAX + 2)))
    assert sorted(answers) == [401] * WAITING_MAX + [429] * 2


async def test_nothing_is_answered_before_the_log_is_folded(starting: Installation) -> None:
    async with connect(starting.api(), starting.token(Role.ADMIN)) as client:
        for path in (*READ, "/readyz"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/simple")).status_code == 200
