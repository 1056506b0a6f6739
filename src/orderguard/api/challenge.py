"""What a buyer's browser asks for to solve a challenge: a page, a picture, an answer.

Nobody is signed in here. Who has a challenge's id, which cannot be guessed, may try to solve it.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.home import FOLDER, protected
from orderguard.api.shapes import ChallengeGuess, ChallengeState, ChallengeWork
from orderguard.bilingual import Bilingual
from orderguard.errors import ActionFailure, Overloaded, TooManyGuesses
from orderguard.flows.challenges import GUESSES_MAX, Opened
from orderguard.puzzles import HEIGHT, SIZE, WIDTH
from orderguard.puzzles.track import POINTS_MAX

router = APIRouter(prefix="/challenge/{challenge_id}", tags=["challenge"])

_PAGE = (FOLDER / "challenge.html").read_text("utf-8")
_NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

Number = Annotated[float, Field(ge=-10_000, le=100_000, allow_inf_nan=False)]


class Slide(BaseModel):
    """Where the piece was put, and the pointer's way there: [x, y, ms] from its beginning."""

    model_config = ConfigDict(extra="forbid")

    x: Number
    track: Annotated[list[tuple[Number, Number, Number]], Field(max_length=POINTS_MAX)]


class Proof(BaseModel):
    model_config = ConfigDict(extra="forbid")

    payload: Annotated[str, Field(max_length=2_048)]


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=16)]


async def _opened(context: Given, challenge_id: str) -> Opened:
    return context.screen.challenges.find(challenge_id)


Found = Annotated[Opened, Depends(_opened)]


@router.get("", response_class=HTMLResponse)
async def challenge_page(request: Request) -> HTMLResponse:
    """The page on which a buyer solves a challenge; storefronts show it in a frame.

    It is the same for all, and says itself where there is no such challenge.
    """
    headers = protected(request.app.state.context.storefronts)
    return HTMLResponse(_PAGE, headers={"cache-control": "no-store", **headers})


@router.get("/state", response_model=ChallengeState)
async def state(context: Given, opened: Found) -> Response:
    """How the challenge may be solved; a picture to slide in is drawn."""
    challenges = context.screen.challenges
    picture = await challenges.picture(opened)
    return answer(
        {
            "kinds": challenges.kinds(opened),
            "width": WIDTH,
            "height": HEIGHT,
            "size": SIZE,
            "y": picture.y,
            "drawn": opened.drawn,
            "guesses_left": GUESSES_MAX - opened.guesses,
            "left_ms": challenges.left_ms(opened),
        }
    )


@router.get("/picture.png", response_class=Response)
async def picture_png(context: Given, opened: Found) -> Response:
    """The picture with a hole."""
    picture = await context.screen.challenges.picture(opened)
    return Response(picture.picture, media_type="image/png", headers=_NO_STORE)


@router.get("/piece.png", response_class=Response)
async def piece_png(context: Given, opened: Found) -> Response:
    """The piece that fits the hole."""
    picture = await context.screen.challenges.picture(opened)
    return Response(picture.piece, media_type="image/png", headers=_NO_STORE)


@router.post("/slide", response_model=ChallengeGuess)
async def slide(context: Given, opened: Found, guess: Slide) -> Response:
    """Put the piece somewhere; a wrong guess, or a track that no hand draws, has no token."""
    return answer(context.screen.challenges.slide(opened, guess.x, guess.track))


@router.get("/work", response_model=ChallengeWork)
async def work(context: Given, opened: Found) -> Response:
    """Work for a browser, in the members of ALTCHA's first format."""
    return answer(context.screen.challenges.work(opened))


@router.post("/work", response_model=ChallengeGuess)
async def prove(context: Given, opened: Found, proof: Proof) -> Response:
    """The work is done; the payload is what ALTCHA's widget sends."""
    return answer(context.screen.challenges.prove(opened, proof.payload))


@router.post("/code", status_code=204)
async def send_code(context: Given, opened: Found) -> Response:
    """Send a code to the buyer's telephone, where an SMS provider is connected."""
    codes = context.metrics.codes
    try:
        await context.screen.challenges.send_code(opened)
    except TooManyGuesses:
        codes["limited"] += 1
        raise
    except ActionFailure as error:
        codes["failed"] += 1
        raise Overloaded(
            Bilingual("No code could be sent: use another kind.", "验证码发不出去：请换一种方式。"),
            retry_after_s=60,
        ) from error
    codes["sent"] += 1
    return Response(status_code=204)


@router.post("/code/check", response_model=ChallengeGuess)
async def check_code(context: Given, opened: Found, code: Code) -> Response:
    """The code that was sent."""
    guess = context.screen.challenges.check_code(opened, code.code)
    context.metrics.codes["wrong" if guess.token is None else "right"] += 1
    return answer(guess)
