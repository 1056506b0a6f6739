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
from orderguard.bilingual import Bilingual, Language, Text
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
_UNREADABLE = Bilingual(
    "The request cannot be read; `errors` says what is wrong with it.",
    "请求读不出来；哪里不对见 `errors`。",
)
_FAILED = Bilingual(
    "The server failed; nothing of the request was kept for certain.",
    "服务器出错了；这次请求的内容不一定保存下来。",
)
_UNFIT_ZH = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项。",
    "string_type": "应为文字。",
    "string_too_short": "至少 {min_length} 个字符。",
    "string_too_long": "最多 {max_length} 个字符。",
    "string_pattern_mismatch": "写法不对，应符合 {pattern}。",
    "too_short": "至少 {min_length} 项。",
    "too_long": "最多 {max_length} 项。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "float_type": "应为数字。",
    "float_parsing": "应为数字。",
    "bool_type": "应为是或否。",
    "bool_parsing": "应为是或否。",
    "greater_than": "应大于 {gt}。",
    "greater_than_equal": "应不小于 {ge}。",
    "less_than": "应小于 {lt}。",
    "less_than_equal": "应不大于 {le}。",
    "enum": "应为其中之一：{expected}。",
    "literal_error": "应为其中之一：{expected}。",
    "list_type": "应为列表。",
    "dict_type": "应为一组成员。",
    "json_invalid": "不是有效的 JSON。",
    "model_attributes_type": "应为一组成员。",
    "decimal_parsing": "应为数字。",
    "datetime_from_date_parsing": "应为时刻。",
    "datetime_parsing": "应为时刻。",
    "date_from_datetime_parsing": "应为日期。",
    "date_parsing": "应为日期。",
}
"""What pydantic says in English, by the type of its error."""
TITLES_ZH = {
    400: "请求读不出来",
    401: "没有登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种请求方法",
    408: "请求没有及时传完",
    409: "与现状冲突",
    413: "请求太大",
    422: "内容不符合要求",
    429: "尝试太多",
    500: "服务器出错",
    503: "服务器暂时不可用",
}
"""What HTTP calls in English, by its status."""
_REFUSED_ZH = {"There was an error parsing the body": "请求正文解析不了。"}
"""What the framework says in English."""
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


def status_of(failure: type[BaseException]) -> HTTPStatus | None:
    """How a kind of failure is answered; None for a failure of our own."""
    return next((_STATUSES[kind] for kind in failure.__mro__ if kind in _STATUSES), None)


async def _named(request: Request, error: Exception) -> Response:
    assert isinstance(error, OrderGuardError)
    status = status_of(type(error))
    if status is None:
        return _failure(request, error)
    headers = {}
    if isinstance(error, Overloaded):
        headers["retry-after"] = str(error.retry_after_s)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="orderguard"'
    name = _WORD_START.sub("-", type(error).__name__).lower()
    language = reader_of(request)
    problem = Problem(f"{_TYPE}:{name}", _title(status, language), status, error.told(language))
    if isinstance(error, AlreadyDecided):
        problem = replace(problem, standing=error.standing)
    if isinstance(error, LibraryFaults):
        faults = tuple(
            FaultyMember("body", one.file, one.message.told(language), one.line, one.column)
            for one in error.faults[:FAULTS_MAX]
        )
        problem = replace(problem, errors=faults)
    return _answer(problem, headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    language = reader_of(request)
    faults = tuple(_faulty_member(fault, language) for fault in error.errors()[:FAULTS_MAX])
    title, detail = _title(status, language), _UNREADABLE.told(language)
    return _answer(Problem(f"{_TYPE}:bad-input", title, status, detail, faults))


async def _http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such path or method, a body too large."""
    assert isinstance(error, HTTPException)
    status, language = HTTPStatus(error.status_code), reader_of(request)
    said: Text = error.detail if error.detail != status.phrase else ""
    if not isinstance(said, Bilingual):
        said = Bilingual(said, _REFUSED_ZH.get(said, said))
    problem = Problem("about:blank", _title(status, language), status, said.told(language))
    return _answer(problem, dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:
    return _failure(request, error)


def _failure(request: Request, error: Exception) -> Response:
    """A failure of our own: the log has it all, the caller hears when to come back."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    is_store = isinstance(error, StoreFailure)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_store else HTTPStatus.INTERNAL_SERVER_ERROR
    language = reader_of(request)
    title, detail = _title(status, language), _FAILED.told(language)
    problem = Problem(f"{_TYPE}:failure", title, status, detail)
    return _answer(problem, {"retry-after": str(RETRY_AFTER_S)})


def _title(status: HTTPStatus, language: Language) -> str:
    return TITLES_ZH.get(status, status.phrase) if language == "zh" else status.phrase


def _faulty_member(fault: dict[str, Any], language: Language) -> FaultyMember:
    where, *path = fault["loc"]
    detail = fault["msg"]
    if language == "zh" and fault["type"] in _UNFIT_ZH:
        detail = _UNFIT_ZH[fault["type"]].format_map({"expected": "", **fault.get("ctx", {})})
    return FaultyMember(str(where), ".".join(map(str, path)), detail)


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers={"vary": "accept-language", **(headers or {})},
        media_type=CONTENT_TYPE,
    )
