"""Signing in and out with a browser."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import SESSION_COOKIE, is_own_page, require_own_page
from orderguard.api.answers import answer
from orderguard.api.context import Given
from orderguard.api.shapes import Person
from orderguard.errors import NotAllowed, NotSignedIn

router = APIRouter(tags=["session"])


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=128)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


@router.get("/sign-in", response_class=RedirectResponse, status_code=303)
async def sign_in(
    request: Request, context: Given, token: Annotated[str, Query(max_length=256)]
) -> Response:
    """Use up a one-time link and go to the workbench with a session."""
    session = context.control.sign_in(token)
    if session is None:
        raise NotSignedIn("The link is used up or too old.", hint="Ask for a new one.")
    went = RedirectResponse("/", status_code=303)
    went.headers["cache-control"] = "no-store"
    went.headers["referrer-policy"] = "no-referrer"  # The link's token is in this page's address.
    _give(went, session, request)
    return went


@router.post("/api/v1/session", response_model=Person)
async def open_session(request: Request, context: Given, credentials: Credentials) -> Response:
    """Sign in with name and password."""
    is_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
    if is_browser and not is_own_page(request):
        raise NotAllowed("The call does not come from a page of this server.")
    account = await context.passwords.account(credentials.name, credentials.password)
    welcome = answer({"name": account.name, "role": account.role})
    _give(welcome, context.control.session_add(account), request)
    return welcome


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
