"""A shop page for the demo: what a storefront does with the screen and its widget.

Served by the demo alone. Its two calls are those of a merchant's own backend, which asks the screen
with a token that no browser sees.
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.home import FOLDER, protected
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, rfc3339

SHOP = "flagship"
"""The first shop of every demo."""
SEGMENT = "203.0.113"
"""Addresses that are kept for documentation."""
BOTS_DEVICES = 2

router = APIRouter(prefix="/demo/shop", tags=["demo"], include_in_schema=False)

_PAGE = (FOLDER / "shop.html").read_text("utf-8")


class Wanted(BaseModel):
    """Who is at the checkout: an old customer, or account number `robot` of a script."""

    model_config = ConfigDict(extra="forbid")

    attempt_id: Annotated[str, Field(min_length=1, max_length=128)]
    robot: Annotated[int, Field(ge=0, le=10_000)] | None = None
    challenge_token: Annotated[str, Field(max_length=256)] | None = None


@router.get("", response_class=HTMLResponse)
async def shop_page() -> HTMLResponse:
    """One shoe, a button, and a script that wants all of them."""
    headers = protected(frames="'self'")
    return HTMLResponse(_PAGE, headers={"cache-control": "no-store", **headers})


@router.post("/ask", response_class=Response)
async def ask(request: Request, context: Given, wanted: Wanted) -> Response:
    """What the merchant's backend does: it knows the buyer and the address, and asks."""
    now_ms, robot = context.clock.now_ms(), wanted.robot
    age_ms = 400 * MS_PER_DAY if robot is None else MS_PER_HOUR
    host = request.client.host if request.client else "127.0.0.1"
    attempt = {
        "attempt_id": wanted.attempt_id,
        "channel": "standard",
        "shop": SHOP,
        "buyer": {
            "id": "visitor" if robot is None else f"robot-{robot}",
            "registered_at": rfc3339(now_ms - age_ms),
        },
        "device": {
            "id": "visitors-own" if robot is None else f"bot-{robot % BOTS_DEVICES}",
            # The visitor sits in the network of the script, so that the challenge is seen.
            "ip": f"{SEGMENT}.{(sum(host.encode()) if robot is None else robot) % 250 + 1}",
        },
        "lines": [{"sku": "demo-shoe", "quantity": 1, "unit_price": "999.00"}],
        "amount": "999.00",
        "currency": "CNY",
        **({"challenge_token": wanted.challenge_token} if wanted.challenge_token else {}),
    }
    return answer(await context.screen.ask(msgspec.json.encode(attempt), "demo shop"))
