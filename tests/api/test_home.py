"""The page as it is served; how it looks and works is for tests/browser."""

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.api.installation import Installation, connect

from orderguard.api import home
from orderguard.domain.accounts import Role

FILES = sorted(path.name for path in home.FOLDER.iterdir() if path.suffix not in {"", ".html"})
PAGES = sorted(path for path in home.FOLDER.iterdir() if path.suffix == ".html")
TOKENS = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")

TEXTS = [
    *(("ink", ground) for ground in ("ground", "surface", "raised", "accent-ground")),
    *(("ink-soft", ground) for ground in ("ground", "surface", "raised")),
    *(("accent", ground) for ground in ("ground", "surface", "raised", "accent-ground")),
    *((tone, f"{tone}-ground") for tone in ("critical", "high", "medium", "low", "info")),
    *(("ink", f"{tone}-ground") for tone in ("critical", "high", "info")),
    *((tone, "surface") for tone in ("critical", "good")),
    ("ground", "accent"),
]
"""What is written on what."""
SHAPES = [("bar", "surface"), ("critical", "surface"), ("high", "surface"), ("low", "surface")]


async def signed_in(running: Installation, client: httpx.AsyncClient, name: str) -> None:
    link = running.control.accounts.link_add(name, Role.OPERATIONS)
    assert (await client.get("/sign-in", params={"token": link})).status_code == 303


async def test_a_stranger_gets_the_way_in_and_others_the_page(
    running: Installation, stranger: httpx.AsyncClient
) -> None:
    assert "/page/sign-in.js" in (await stranger.get("/simple")).text
    await signed_in(running, stranger, 'li"><b>')
    page = await stranger.get("/simple")
    assert "/page/live.js" in page.text
    assert 'data-person="li&quot;&gt;&lt;b&gt;"' in page.text


async def test_the_page_is_there_while_the_server_starts(starting: Installation) -> None:
    async with connect(starting.api()) as client:
        assert (await client.get("/simple")).status_code == 200


@pytest.mark.parametrize("path", ["/simple", *(f"/page/{name}" for name in FILES)])
async def test_nothing_runs_but_our_own_files(stranger: httpx.AsyncClient, path: str) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == 200
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == ("no-store" if path == "/simple" else "no-cache")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_nothing_inline_and_names_files_that_are_there(page: object) -> None:
    text = home.FOLDER.joinpath(str(page)).read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)
    named = re.findall(r'(?:href|src)="/page/([^"]+)"', text)
    assert set(named) <= set(FILES)


def test_a_module_imports_what_is_there() -> None:
    scripts = {
        name: (home.FOLDER / name).read_text("utf-8") for name in FILES if name.endswith("js")
    }
    imported = {name for text in scripts.values() for name in re.findall(r"from '\./(.+)'", text)}
    assert imported | {"challenge.js", "live.js", "shop.js", "sign-in.js"} == set(scripts)
    assert not any(
        "innerHTML" in text or "://" in re.sub("http://www.w3.org/", "", text)
        for text in scripts.values()
    )


@pytest.mark.parametrize("name", FILES)
async def test_a_file_is_sent_again_only_when_it_has_changed(
    stranger: httpx.AsyncClient, name: str
) -> None:
    first = await stranger.get(f"/page/{name}")
    again = await stranger.get(f"/page/{name}", headers={"if-none-match": first.headers["etag"]})
    other = await stranger.get(f"/page/{name}", headers={"if-none-match": '"other"'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.content == first.content == (home.FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", ["live.html", "none.js", "..%2fhome.py", "%2e%2e/home.py", ""])
async def test_nothing_else_is_served(stranger: httpx.AsyncClient, name: str) -> None:
    assert (await stranger.get(f"/page/{name}")).status_code == 404


def schemes() -> Iterator[tuple[str, dict[str, str]]]:
    """The tokens of the dark scheme and of the light one."""
    text = (home.FOLDER / "page.css").read_text("utf-8")
    dark, light, *_ = re.split(r"@media", text)
    yield "dark", dict(TOKENS.findall(dark))
    yield "light", dict(TOKENS.findall(light))


@pytest.mark.parametrize(("scheme", "tokens"), list(schemes()), ids=["dark", "light"])
def test_contrasts_suffice(scheme: str, tokens: dict[str, str]) -> None:
    """WCAG AA: 4.5 for text, 3 for what has a meaning without being text."""
    wanted = [(pair, 4.5) for pair in TEXTS] + [(pair, 3.0) for pair in SHAPES]
    poor = {
        pair: round(contrast(*(tokens[name] for name in pair)), 2)
        for pair, least in wanted
        if contrast(*(tokens[name] for name in pair)) < least
    }
    assert poor == {}, scheme


def test_every_colour_is_a_token() -> None:
    text = (home.FOLDER / "page.css").read_text("utf-8")
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    _, dark = next(schemes())
    own = {"tone", "tone-ground", "mood", "mood-ground", "shade"}
    assert used - own == set(dark)
    rules = re.sub(r"^\s*--[\w-]+: .*;$", "", text, flags=re.MULTILINE)
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", rules)


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
