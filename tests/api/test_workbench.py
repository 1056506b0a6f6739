"""The workbench as it is served; what it does is for its own tests and for tests/browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.installation import Installation

from orderguard.api import workbench
from orderguard.domain.accounts import Role

SCRIPT = "assets/index-abc.js"


def build(folder: Path) -> Path:
    """What a build leaves: a page, a script that is compressed too, a map that is for nobody."""
    for name, content in {
        "index.html": b"<!doctype html><title>workbench</title>",
        SCRIPT: b"console.log(1)",
        f"{SCRIPT}.br": b"in brotli",
        f"{SCRIPT}.gz": b"in gzip",
        f"{SCRIPT}.map": b"{}",
        "icon.svg": b"<svg/>",
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(workbench, "FOLDER", build(tmp_path))
    workbench.built.cache_clear()
    yield
    workbench.built.cache_clear()


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(workbench, "FOLDER", tmp_path / "none")
    workbench.built.cache_clear()
    yield
    workbench.built.cache_clear()


@pytest.mark.usefixtures("built")
async def test_a_link_and_the_root_lead_into_the_workbench(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    link = running.control.accounts.link_add("li", Role.RISK)
    went = await stranger.get("/sign-in", params={"token": link})
    assert (went.status_code, went.headers["location"]) == (303, "/workbench/")
    assert (await stranger.get("/")).headers["location"] == "/workbench/"


@pytest.mark.usefixtures("unbuilt")
async def test_where_none_was_built_the_simple_page_serves(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    link = running.control.accounts.link_add("li", Role.RISK)
    went = await stranger.get("/sign-in", params={"token": link})
    assert went.headers["location"] == "/simple"
    assert (await stranger.get("/")).headers["location"] == "/simple"
    missing = await stranger.get("/workbench/")
    assert missing.status_code == 404
    assert "/simple" in missing.json()["detail"]


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("place", ["", "/", "/live", "/orders/standard/demo/1.2", "/cases/a%2Fb"])
async def test_every_place_in_it_is_its_page(stranger: httpx.AsyncClient, place: str) -> None:
    answer = await stranger.get(f"/workbench{place}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy, "scripts are our own files alone, as by default"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [
        ("gzip, deflate, br", "br", b"in brotli"),
        ("gzip;q=0.5, br;q=0", "gzip", b"in gzip"),
        ("identity", None, b"console.log(1)"),
    ],
)
async def test_a_file_is_sent_compressed_and_kept(
    stranger: httpx.AsyncClient, accepted: str, coding: str | None, content: bytes
) -> None:
    async with stranger.stream(
        "GET", f"/workbench/{SCRIPT}", headers={"accept-encoding": accepted}
    ) as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == content
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name", ["assets/old.js", f"{SCRIPT}.map", f"{SCRIPT}.br"])
async def test_a_file_that_is_not_there_is_not_the_page(
    stranger: httpx.AsyncClient, name: str
) -> None:
    assert (await stranger.get(f"/workbench/{name}")).status_code == 404


@pytest.mark.usefixtures("built")
async def test_nothing_beside_it_is_served(stranger: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.json").write_text("{}")
    answer = await stranger.get("/workbench/%2e%2e/secret.json")
    assert answer.headers["content-type"].startswith("text/html")


# Who is signed in -------------------------------------------------------------------------------

RIGHTS = {
    Role.OPERATIONS: ["change_lists", "decide_cases"],
    Role.SERVICE: ["decide_cases"],
    Role.RISK: ["change_lists", "decide_cases", "change_rules"],
    Role.ANALYST: ["change_rules"],
    Role.FINANCE: ["reconcile"],
    Role.ADMIN: ["administer", "change_lists", "decide_cases", "reconcile", "change_rules"],
}


@pytest.mark.parametrize("role", Role)
async def test_the_session_says_what_a_role_may_do(
    running: Installation, stranger: httpx.AsyncClient, role: Role
) -> None:
    assert (await stranger.get("/api/v1/session")).status_code == 401
    link = running.control.accounts.link_add("li", role)
    await stranger.get("/sign-in", params={"token": link})
    told = (await stranger.get("/api/v1/session")).json()
    assert (told["name"], told["role"], told["mode"]) == ("li", role, "shadow")
    assert told["rights"] == RIGHTS[role]
