"""Errors as RFC 9457 problem details: nothing of a stack, nothing of what the caller sent."""

import logging
import re
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from msgspec.structs import replace
from starlette.exceptions import HTTPException

from orderguard.api.reader import reader_of
from orderguard.errors import (
    AlreadyDecided,
    BadInput,
    ChangedMeanwhile,
    LibraryFaults,
    MalformedMessage,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OrderGuardError,
    Overloaded,
    StoreFailure,
    TooLate,
    TooManyGuesses,
    UnknownShop,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""When to come back after a failure of our own."""
FAULTS_MAX = 20
"""Faults told of one request."""

_STATUSES: dict[type[Exception], HTTPStatus] = {
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    UnknownShop: HTTPStatus.NOT_FOUND,
    MalformedMessage: HTTPStatus.BAD_REQUEST,
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    AlreadyDecided: HTTPStatus.CONFLICT,
    TooLate: HTTPStatus.CONFLICT,
    ChangedMeanwhile: HTTPStatus.CONFLICT,
    TooManyGuesses: HTTPStatus.TOO_MANY_REQUESTS,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}
_TYPE = "urn:orderguard:problem"
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")

log = logging.getLogger(__name__)


class FaultyMember(Struct, frozen=True, omit_defaults=True):
    """What is wrong with one member of the request; `name` is its path, joined by dots.

    `line` and `column`, from 1, are those within a text.
    """

    where: str
    name: str
    detail: str
    line: int | None = None
    column: int | None = None


class Problem(Struct, frozen=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FaultyMember, ...] = ()
    standing: dict[str, Any] | None = None
    """The case as it stands, where the disposition came second."""


def explain_errors(api: FastAPI) -> None:
    """Answer every error with a problem."""
    api.add_exception_handler(OrderGuardError, _named)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unexpected)


async def _named(request: Request, error: Exception) -> Response:
    assert isinstance(error, OrderGuardError)
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), None)
    if status is None:
        return _failure(request, error)
    headers = {}
    if isinstance(error, Overloaded):
        headers["retry-after"] = str(error.retry_after_s)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="orderguard"'
    name = _WORD_START.sub("-", type(error).__name__).lower()
    language = reader_of(request)
    problem = Problem(f"{_TYPE}:{name}", status.phrase, status, error.told(language))
    if isinstance(error, AlreadyDecided):
        problem = replace(problem, standing=error.standing)
    if isinstance(error, LibraryFaults):
        faults = tuple(
            FaultyMember("body", one.file, one.message.told(language), one.line, one.column)
            for one in error.faults[:FAULTS_MAX]
        )
        problem = replace(problem, errors=faults)
    return _answer(problem, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    faults = tuple(_faulty_member(fault) for fault in error.errors()[:FAULTS_MAX])
    detail = "The request cannot be read; `errors` says what is wrong with it."
    return _answer(Problem(f"{_TYPE}:bad-input", status.phrase, status, detail, faults))


async def _http(_request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such path or method, a body too large."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else ""
    return _answer(Problem("about:blank", status.phrase, status, detail), dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:
    return _failure(request, error)


def _failure(request: Request, error: Exception) -> Response:
    """A failure of our own: the log has it all, the caller hears when to come back."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    is_store = isinstance(error, StoreFailure)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_store else HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "The server failed; nothing of the request was kept for certain."
    problem = Problem(f"{_TYPE}:failure", status.phrase, status, detail)
    return _answer(problem, {"retry-after": str(RETRY_AFTER_S)})


def _faulty_member(fault: dict[str, Any]) -> FaultyMember:
    where, *path = fault["loc"]
    return FaultyMember(str(where), ".".join(map(str, path)), fault["msg"])


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=headers,
        media_type=CONTENT_TYPE,
    )
