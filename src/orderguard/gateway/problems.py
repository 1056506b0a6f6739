"""Errors as RFC 9457 problem details."""

import re
from http import HTTPStatus

import msgspec
from msgspec import Struct

from orderguard.errors import (
    BodyTooLarge,
    BodyTooSlow,
    EncodedBody,
    MalformedMessage,
    Overloaded,
    SignatureMismatch,
    UnknownShop,
    WrongMethod,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""When to come back after a failure of our own."""

_STATUSES: dict[type[Exception], HTTPStatus] = {
    MalformedMessage: HTTPStatus.BAD_REQUEST,
    SignatureMismatch: HTTPStatus.UNAUTHORIZED,
    UnknownShop: HTTPStatus.NOT_FOUND,
    WrongMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EncodedBody: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
_TYPE = "urn:orderguard:problem"
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Problem(Struct, frozen=True, omit_defaults=True):
    """`index` is the place of the bad element in a batch."""

    type: str
    title: str
    status: int
    detail: str = ""
    index: int | None = None

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)


def is_foreseen(error: Exception) -> bool:
    """Whether a sender may be told; all else is a failure of our own."""
    return type(error) in _STATUSES or isinstance(error, Overloaded)


def problem_of(error: Exception) -> Problem:
    status = _STATUSES.get(type(error), HTTPStatus.SERVICE_UNAVAILABLE)
    if not is_foreseen(error):
        return Problem(f"{_TYPE}:unavailable", status.phrase, status, "Nothing was taken.")
    return Problem(
        type=f"{_TYPE}:{_WORD_START.sub('-', type(error).__name__).lower()}",
        title=status.phrase,
        status=status,
        detail=str(error),
        index=error.index if isinstance(error, MalformedMessage) else None,
    )


def retry_after_s(error: Exception) -> int:
    return error.retry_after_s if isinstance(error, Overloaded) else RETRY_AFTER_S
