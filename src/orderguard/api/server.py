"""What is told of the server itself: liveness, readiness, measurements, and a first page."""

from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from orderguard.api.access import RETRY_AFTER_S, caller
from orderguard.api.context import Given
from orderguard.errors import NotReady, NotSignedIn

router = APIRouter(tags=["server"])

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>OrderGuard</title>
<h1>OrderGuard 订单健康度实时预警系统</h1>
<p>State: {state}</p>
<p>{who}</p>
<p>The API is described in <a href="/openapi.json">/openapi.json</a>.</p>
</html>
"""


@router.get("/", response_class=HTMLResponse)
async def home(request: Request, context: Given) -> HTMLResponse:
    """Name and state, until the workbench stands here."""
    account = caller(request, context)
    who = "Not signed in." if account is None else f"Signed in as {escape(account.name)}."
    state = "ready" if context.live.is_ready else "starting"
    return HTMLResponse(
        _PAGE.format(state=state, who=who),
        headers={
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "cache-control": "no-store",
        },
    )


@router.get("/healthz", response_class=PlainTextResponse)
async def alive() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", response_class=PlainTextResponse)
async def is_ready(context: Given) -> PlainTextResponse:
    """The log is folded and traffic is taken; 503 with Retry-After until then."""
    if not context.live.is_ready:
        raise NotReady("The server is starting.", retry_after_s=RETRY_AFTER_S)
    return PlainTextResponse("ready\n")


@router.get("/metrics", response_class=PlainTextResponse)
async def measurements(request: Request, context: Given) -> Response:
    """For Prometheus: from this machine without a token, from elsewhere with one of any role.

    What a proxy forwards comes from elsewhere, though its connection is from this machine.
    """
    host = request.client.host if request.client else ""
    is_forwarded = any(name in request.headers for name in _FORWARDED)
    if (host not in _LOOPBACK or is_forwarded) and caller(request, context) is None:
        raise NotSignedIn(
            "From elsewhere this needs a token.", hint="Send `Authorization: Bearer <token>`."
        )
    return Response(context.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
