"""The routes by which a buyer solves a challenge."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from altcha import v1
from tests.api.installation import Installation, connect
from tests.puzzles.test_track import by_hand, ruled

from orderguard.api import shapes
from orderguard.flows.challenges import (
    DRAWN_BURST,
    DRAWN_FOR_ONE_MAX,
    GUESSES_MAX,
    OPEN_MS_MAX,
    Opened,
)
from orderguard.flows.screen import Screen

NAME = "standard/demo/a1"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def screen(running: Installation) -> Screen:
    return running.screen()


@pytest.fixture
def opened(screen: Screen) -> Opened:
    return screen.challenges.open(NAME, "13800138000")


@pytest.fixture
async def browser(running: Installation, screen: Screen) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with connect(running.api(screen)) as client:
        yield client


def at(opened: Opened, part: str = "") -> str:
    return f"/challenge/{opened.id}{part}"


async def slid(browser: httpx.AsyncClient, opened: Opened, *, off: float = 0) -> Any:
    """Look at the picture, and put the piece there with a hand."""
    state = await browser.get(at(opened, "/state"))
    shapes.ChallengeState.model_validate_json(state.content)
    assert opened.picture is not None
    x = opened.picture.x + off
    guess = {"x": x, "track": by_hand(opened.guesses, end=x)}
    told = await browser.post(at(opened, "/slide"), json=guess)
    assert told.status_code == 200, told.text
    return shapes.ChallengeGuess.model_validate_json(told.content)


async def test_whoever_puts_the_piece_in_its_place_has_a_token(
    browser: httpx.AsyncClient, opened: Opened, screen: Screen
) -> None:
    token = (await slid(browser, opened)).token
    assert token is not None
    assert not screen.challenges.redeem("standard/demo/other", token)
    assert screen.challenges.redeem(NAME, token)
    assert not screen.challenges.redeem(NAME, token), "once"
    assert (await browser.get(at(opened, "/state"))).status_code == 404, "it is used up"
    assert screen.challenges.open(NAME).id != opened.id


async def test_a_piece_beside_its_place_is_a_guess_the_less(
    browser: httpx.AsyncClient, opened: Opened
) -> None:
    pictures = set()
    for left in reversed(range(GUESSES_MAX)):
        told = await slid(browser, opened, off=20)
        assert (told.token, told.guesses_left) == (None, left)
        pictures.add((await browser.get(at(opened, "/picture.png"))).content)
    assert len(pictures) == GUESSES_MAX, "each guess has a picture of its own"
    more = await browser.post(at(opened, "/slide"), json={"x": 1, "track": []})
    assert more.status_code == 429
    assert int(more.headers["retry-after"]) <= OPEN_MS_MAX / 1000


async def test_a_machines_track_is_refused(browser: httpx.AsyncClient, opened: Opened) -> None:
    await browser.get(at(opened, "/state"))
    assert opened.picture is not None
    x = float(opened.picture.x)
    track = [(a * x / 180.0, b, t) for a, b, t in ruled(30)]
    told = await browser.post(at(opened, "/slide"), json={"x": x, "track": track})
    assert told.json() == {"token": None, "guesses_left": GUESSES_MAX - 1}


async def test_one_picture_is_good_for_one_guess(
    browser: httpx.AsyncClient, opened: Opened
) -> None:
    assert (await slid(browser, opened, off=20)).token is None
    blind = {"x": 100, "track": by_hand(1, end=100)}
    told = await browser.post(at(opened, "/slide"), json=blind)
    assert told.json() == {"token": None, "guesses_left": GUESSES_MAX - 2}


async def test_the_pictures_are_png_and_kept_by_nobody(
    browser: httpx.AsyncClient, opened: Opened
) -> None:
    for part in ("/picture.png", "/piece.png"):
        png = await browser.get(at(opened, part))
        assert png.content.startswith(PNG)
        assert png.headers["cache-control"] == "no-store"
    assert opened.drawn == 1, "both are of one picture"


async def test_an_unknown_and_an_old_challenge_are_not_there(
    browser: httpx.AsyncClient, opened: Opened, running: Installation
) -> None:
    assert (await browser.get("/challenge/guessed/state")).status_code == 404
    running.clock.advance(OPEN_MS_MAX)
    for part in ("/state", "/picture.png", "/piece.png", "/work"):
        assert (await browser.get(at(opened, part))).status_code == 404
    for part, body in (
        ("/slide", {"x": 1, "track": []}),
        ("/work", {"payload": ""}),
        ("/code/check", {"code": "1"}),
    ):
        assert (await browser.post(at(opened, part), json=body)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"x": NaN, "track": []}',
        b'{"x": 1e999, "track": []}',
        b'{"x": 1, "track": [[1, 2]]}',
        b'{"x": "1' + b"0" * 500 + b'", "track": []}',
        json.dumps({"x": 1, "track": [[0, 0, 0]] * 2_001}).encode(),
    ],
)
async def test_what_is_no_guess_is_refused(
    browser: httpx.AsyncClient, opened: Opened, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    told = await browser.post(at(opened, "/slide"), content=body, headers=headers)
    assert told.status_code == 422
    assert opened.guesses == 0


async def test_pictures_cannot_be_asked_for_without_end(
    screen: Screen, running: Installation
) -> None:
    challenges, refused = screen.challenges, 0
    one = challenges.open("standard/demo/one")
    one.drawn = DRAWN_FOR_ONE_MAX
    async with connect(running.api(screen)) as browser:
        assert (await browser.get(at(one, "/state"))).status_code == 429
        for number in range(round(DRAWN_BURST) + 3):
            another = challenges.open(f"standard/demo/{number}")
            refused += (await browser.get(at(another, "/state"))).status_code == 429
    assert refused == 3


# Other ways --------------------------------------------------------------------------------------


def done(work: Any) -> dict[str, Any]:
    """What a browser sends once it has found the number."""
    challenge = v1.Challenge(
        work["algorithm"], work["challenge"], work["maxnumber"], work["salt"], work["signature"]
    )
    found = v1.solve_challenge(challenge)
    assert found is not None
    members = {name: work[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return {**members, "number": found.number}


def encoded(payload: Any) -> dict[str, str]:
    return {"payload": base64.b64encode(json.dumps(payload).encode()).decode()}


async def test_work_that_is_done_has_a_token(
    browser: httpx.AsyncClient, opened: Opened, screen: Screen
) -> None:
    work = (await browser.get(at(opened, "/work"))).json()
    shapes.ChallengeWork.model_validate(work)
    payload = done(work)
    told = (await browser.post(at(opened, "/work"), json=encoded(payload))).json()
    assert screen.challenges.redeem(NAME, told["token"])


async def test_work_of_another_challenge_counts_for_nothing(
    browser: httpx.AsyncClient, opened: Opened, screen: Screen
) -> None:
    another = screen.challenges.open("standard/demo/another")
    payload = done((await browser.get(at(another, "/work"))).json())
    await browser.get(at(opened, "/work"))
    wrong = [
        encoded(payload),
        encoded({**done((await browser.get(at(opened, "/work"))).json()), "number": 1}),
        encoded([]),
        {"payload": "no base64"},
    ]
    for body in wrong:
        told = (await browser.post(at(opened, "/work"), json=body)).json()
        assert told["token"] is None
    assert opened.guesses == len(wrong)


async def test_no_code_where_nobody_can_send_one(
    browser: httpx.AsyncClient, opened: Opened
) -> None:
    state = (await browser.get(at(opened, "/state"))).json()
    assert state["kinds"] == ["slider", "work"]
    assert (await browser.post(at(opened, "/code"))).status_code == 404
    assert opened.phone is None, "a number that is of no use is not kept"


# The page ----------------------------------------------------------------------------------------


async def test_the_page_runs_nothing_but_its_own_files(
    browser: httpx.AsyncClient, opened: Opened
) -> None:
    page = await browser.get(at(opened))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert policy.count("frame-ancestors 'self'") == 1
    assert page.headers["cache-control"] == "no-store"
    assert opened.attempt not in page.text


async def test_storefronts_may_show_it_in_a_frame(running: Installation, screen: Screen) -> None:
    api = running.api(screen, storefronts="https://shop.example")
    async with connect(api) as client:
        page = await client.get("/challenge/any")
        assert (
            "frame-ancestors 'self' https://shop.example"
            in (page.headers["content-security-policy"])
        )
        home = await client.get("/simple")
        assert "frame-ancestors 'none'" in home.headers["content-security-policy"]


async def test_the_widget_may_be_taken_by_other_hosts(browser: httpx.AsyncClient) -> None:
    widget = await browser.get("/page/widget.js")
    assert widget.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await browser.get("/page/live.js")).headers
