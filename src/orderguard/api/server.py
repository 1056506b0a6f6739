"""What is told of the server itself: liveness, readiness, measurements."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from orderguard.api.access import RETRY_AFTER_S, caller
from orderguard.api.context import Given
from orderguard.bilingual import Bilingual
from orderguard.errors import NotReady, NotSignedIn

router = APIRouter(tags=["server"])

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@router.get("/healthz", response_class=PlainTextResponse)
async def alive() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", response_class=PlainTextResponse)
async def is_ready(context: Given) -> PlainTextResponse:
    """The log is folded and traffic is taken; 503 with Retry-After until then."""
    if not context.live.is_ready:
        raise NotReady(
            Bilingual("The server is starting.", "服务器正在启动。"), retry_after_s=RETRY_AFTER_S
        )
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
            Bilingual("From elsewhere this needs a token.", "从别处访问需要令牌。"),
            hint=Bilingual(
                "Send `Authorization: Bearer <token>`.", "请带上 `Authorization: Bearer <token>`。"
            ),
        )
    return Response(context.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
