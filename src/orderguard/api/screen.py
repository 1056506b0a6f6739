"""POST /api/v1/screen: what a storefront asks before it accepts an order."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from orderguard.api.access import SignedIn
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import ScreenAnswer
from orderguard.bilingual import Bilingual
from orderguard.errors import MalformedMessage
from orderguard.flows.screen import Asked

router = APIRouter(tags=["screen"])

_SCHEMAS = "#/components/schemas/"
_ASKED, ASKED_SCHEMAS = msgspec.json.schema_components(
    [Asked], ref_template=f"{_SCHEMAS}Checkout{{name}}"
)
"""The members of `checkout.attempted`, which stand nowhere else in the API."""
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _ASKED[0]}},
    }
}


@router.post("/api/v1/screen", response_model=ScreenAnswer, openapi_extra=_BODY)
async def screen(request: Request, context: Given, account: SignedIn) -> Response:
    """Whether this attempt at the checkout may become an order: any token may ask.

    The attempt is logged once by its `attempt_id`. When we fail, or are still starting, the answer
    is `allow` with `unchecked`; who asks too often is challenged. With `shadow` the shop lets
    everything pass: the decision only says what it would have been.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise MalformedMessage(
            Bilingual("Encoded bodies are not read.", "不接受压缩或编码过的报文。"),
            hint=Bilingual("Send without Content-Encoding.", "请不要带 Content-Encoding。"),
        )
    decision = await context.screen.ask(await request.body(), account.name)
    context.metrics.screened[decision.decision] += 1
    return answer(decision)
