"""Who may come in: people with passwords, programs with tokens. For admins."""

import asyncio
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from orderguard.api.access import Administrator, administrator
from orderguard.api.answers import answer
from orderguard.api.context import Context, Given
from orderguard.api.needs import PersonRow, TokenRow
from orderguard.api.shapes import Instant, Page, Shape
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Role
from orderguard.errors import BadInput
from orderguard.flows.present import Json
from orderguard.kit.clock import rfc3339

PASSWORD_BYTES = 12

router = APIRouter(tags=["people"], dependencies=[Depends(administrator)])

Name = Annotated[str, Field(pattern=r"^[^\s/\\]{1,100}$", description="Without spaces and slashes")]
Known = Annotated[str, Path(min_length=1, max_length=100)]


class PersonRequest(BaseModel):
    """Without a password one is made, and told this once."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role
    password: Annotated[str | None, Field(min_length=8, max_length=1024)] = None


class RoleRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role


class Person(Shape):
    name: str
    role: str
    added_at: Instant


class PersonAdded(Person):
    """`password` was made here, and is told this once; null where it was given."""

    password: str | None


class PersonPage(Page):
    items: list[Person]


class Token(Shape):
    """`id`: the first characters of what is kept of it, which lets nobody in."""

    id: str
    name: str
    role: str
    added_at: Instant


class TokenAdded(Shape):
    """Told this once."""

    token: str


class TokenPage(Page):
    items: list[Token]


@router.get("/people", response_model=PersonPage)
async def show_people(context: Given) -> Response:
    """Everybody who signs in with a password, by name."""
    items = [_person_json(one) for one in context.control.people()]
    return answer({"items": items, "next_cursor": None})


@router.post("/people", response_model=PersonAdded, status_code=201)
async def add_person(context: Given, wanted: PersonRequest) -> Response:
    """Let a person sign in."""
    made = None if wanted.password is not None else secrets.token_urlsafe(PASSWORD_BYTES)
    password = wanted.password or made or ""
    await asyncio.to_thread(context.control.user_add, wanted.name, wanted.role, password)
    return answer({**_person(context, wanted.name), "password": made}, 201)


@router.patch("/people/{name}", response_model=Person)
async def change_role(
    context: Given, account: Administrator, name: Known, wanted: RoleRequest
) -> Response:
    """Give a person another role. Who is signed in by the former one is signed out."""
    _refuse_self(account.name, name)
    context.control.user_role(name, wanted.role)
    return answer(_person(context, name))


@router.delete("/people/{name}", status_code=204)
async def remove_person(context: Given, account: Administrator, name: Known) -> Response:
    """Let a person in no more; it holds at once."""
    _refuse_self(account.name, name)
    context.control.user_remove(name)
    return Response(status_code=204)


@router.get("/tokens", response_model=TokenPage)
async def show_tokens(context: Given) -> Response:
    """The programs' tokens, oldest first."""
    items = [_token_json(one) for one in context.control.tokens()]
    return answer({"items": items, "next_cursor": None})


@router.post("/tokens", response_model=TokenAdded, status_code=201)
async def add_token(context: Given, wanted: TokenRequest) -> Response:
    """A token for a program, which nobody can show again."""
    return answer({"token": context.control.token_add(wanted.name, wanted.role)}, 201)


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(
    context: Given, token_id: Annotated[str, Path(pattern=r"^[0-9a-f]{8}$")]
) -> Response:
    """Revoke one token; it holds at once."""
    context.control.token_revoke(token_id)
    return Response(status_code=204)


def _refuse_self(own: str, name: str) -> None:
    """Nobody locks themselves out by a slip."""
    if own == name:
        raise BadInput(
            Bilingual("This is you.", "这是您自己。"),
            hint=Bilingual("Ask another admin to do it.", "请让另一位管理员来做。"),
        )


def _person(context: Context, name: str) -> Json:
    return _person_json(next(one for one in context.control.people() if one.name == name))


def _person_json(person: PersonRow) -> Json:
    return {"name": person.name, "role": person.role, "added_at": rfc3339(person.added_ms)}


def _token_json(token: TokenRow) -> Json:
    return {"id": token.token_id, **_person_json(token)}
