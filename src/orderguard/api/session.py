"""Signing in and out with a browser."""

from importlib.metadata import version
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api import workbench
from orderguard.api.access import (
    ROLES_BY_RIGHT,
    SESSION_COOKIE,
    Right,
    SignedIn,
    is_own_page,
    require_own_page,
)
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.shapes import Shape
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.errors import NotAllowed, NotSignedIn
from orderguard.flows.present import Json

router = APIRouter(tags=["session"])


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=128)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class Session(Shape):
    """Who is signed in, and what they may do.

    `mode` is that of the installation: in `shadow` it watches and never acts outwards; null while
    it starts.
    """

    name: str
    role: str
    rights: list[Right]
    mode: Literal["live", "shadow"] | None
    version: str


@router.get("/sign-in", response_class=RedirectResponse, status_code=303)
async def sign_in(
    request: Request, context: Given, token: Annotated[str, Query(max_length=256)]
) -> Response:
    """Use up a one-time link and go to the workbench with a session."""
    session = context.control.sign_in(token)
    if session is None:
        raise NotSignedIn(
            Bilingual("The link is used up or too old.", "链接已用过或已过期。"),
            hint=Bilingual("Ask for a new one.", "请要一个新的。"),
        )
    went = RedirectResponse(workbench.front_page(), status_code=303)
    went.headers["cache-control"] = "no-store"
    went.headers["referrer-policy"] = "no-referrer"  # The link's token is in this page's address.
    _give(went, session, request)
    return went


@router.post("/api/v1/session", response_model=Session)
async def open_session(request: Request, context: Given, credentials: Credentials) -> Response:
    """Sign in with name and password."""
    is_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
    if is_browser and not is_own_page(request):
        raise NotAllowed(
            Bilingual(
                "The call does not come from a page of this server.", "请求不是来自本服务器的页面。"
            )
        )
    account = await context.passwords.account(credentials.name, credentials.password)
    welcome = answer(_session_json(context, account))
    _give(welcome, context.control.session_add(account), request)
    return welcome


@router.get("/api/v1/session", response_model=Session)
async def show_session(context: Given, account: SignedIn) -> Response:
    """Who is signed in; 401 where nobody is."""
    return answer(_session_json(context, account))


@router.delete("/api/v1/session", status_code=204)
async def close_session(request: Request, context: Given) -> Response:
    """Sign out; without a session there is nothing to do."""
    session = request.cookies.get(SESSION_COOKIE)
    goodbye = Response(status_code=204)
    if session:
        require_own_page(request)
        context.control.sign_out(session)
        goodbye.delete_cookie(SESSION_COOKIE)
    return goodbye


def _session_json(context: Context, account: Account) -> Json:
    mode = None
    if context.live.is_ready:
        mode = "live" if context.live.fold.responder.is_live else "shadow"
    return {
        "name": account.name,
        "role": account.role,
        "rights": [right for right, roles in ROLES_BY_RIGHT.items() if account.role in roles],
        "mode": mode,
        "version": version("orderguard"),
    }


def _give(response: Response, session: str, request: Request) -> None:
    """The browser keeps the session until it is closed, the server until the session ends."""
    protocol = request.headers.get("x-forwarded-proto", request.url.scheme)
    response.set_cookie(
        SESSION_COOKIE,
        session,
        httponly=True,
        samesite="lax",
        secure=protocol == "https",
    )
