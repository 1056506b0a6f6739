"""What an answer of TOP says: the thing itself, or why not."""

import re
from typing import TypeVar

import msgspec
from msgspec import Struct

from orderguard.bilingual import NO_REASON, Bilingual, quoted
from orderguard.channels.tmall.shapes import Scalar
from orderguard.channels.tmall.values import text
from orderguard.domain.calls import Reply
from orderguard.errors import PlatformBusy, PlatformFailure, PlatformRefused, TokenRejected
from orderguard.kit import jsontext

T = TypeVar("T")

SESSION = frozenset({"26", "27"})
"""The session is missing, has ended or was withdrawn."""
LIMITED = frozenset({"4", "5", "6", "7", "8"})
"""Too many calls: of the user, the session, the partner or the app."""
UNAVAILABLE = frozenset({"10"})
BEHIND = "15"
"""TOP passes on what the service behind it says; without a sub code it said nothing."""
TOO_FAST_S = 10.0
"""A trade is not closed within so many seconds after it was made."""
_HINTS = {
    "25": Bilingual(
        "Check the App Secret and `sign_method` of the shop.",
        "请检查店铺的 App Secret 和 `sign_method`。",
    ),
    "29": Bilingual("Check the App Key of the shop.", "请检查店铺的 App Key。"),
    "31": Bilingual(
        "Set this machine's clock: TOP takes calls that are 10 minutes off at most.",
        "请校准本机时钟：淘宝开放平台最多接受 10 分钟的偏差。",
    ),
    "11": Bilingual(
        "Ask for the API's permission in the console of the Open Platform.",
        "请在淘宝开放平台控制台申请这个接口的权限。",
    ),
    "12": Bilingual(
        "The account that granted the app may not do this.", "授权应用的账号没有这个权限。"
    ),
}
_GRANT = Bilingual("Let the shop grant the app anew.", "请让店铺重新授权应用。")
_BAN = re.compile(r"([0-9]{1,5}) *(?:more +)?seconds?")


class _Error(Struct, frozen=True):
    code: Scalar = None
    msg: Scalar = None
    sub_code: Scalar = None
    sub_msg: Scalar = None


class _Answer(Struct, frozen=True):
    error_response: _Error | None = None


def answered(reply: Reply, shape: type[T], *, may_have_acted: bool = False) -> T:
    """The answer in this shape. Raise what `domain/calls.py` names for anything else."""
    if (fault := jsontext.fault(reply.body)) is None:
        try:
            error = msgspec.json.decode(reply.body, type=_Answer).error_response
            if error is not None:
                raise refused(error, may_have_acted=may_have_acted)
            if reply.status == 200:
                return msgspec.json.decode(reply.body, type=shape)
            fault = f"status {reply.status}"
        except msgspec.DecodeError as problem:
            fault = str(problem)
    after = reply.headers.get("retry-after", "")
    raise PlatformBusy(
        Bilingual(
            f"TOP gave no answer that can be read: {fault}.",
            f"淘宝开放平台的应答读不懂：“{fault}”。",
        ),
        code=str(reply.status),
        retry_after_s=float(after) if after.isascii() and after.isdigit() else None,
        # A gateway that turns a call away has passed nothing on.
        may_have_acted=may_have_acted and reply.status not in {429, 503},
    )


def refused(error: _Error, *, may_have_acted: bool) -> PlatformFailure:
    code, sub_code = text(error.code) or "", text(error.sub_code) or ""
    said = f"{error.msg or ''} {error.sub_msg or ''}".strip()
    named, why = sub_code or code, quoted(said[:300]) if said else NO_REASON
    message = Bilingual(
        f"TOP said no ({named}): {why.en}", f"淘宝开放平台拒绝（{named}）：{why.zh}。"
    )
    if code in SESSION:
        return TokenRejected(message, hint=_GRANT, code=named)
    if code in LIMITED:
        ban = _BAN.search(said)
        return PlatformBusy(message, code=named, retry_after_s=float(ban[1]) if ban else 1.0)
    if "CLOSE_TRADE_TOO_FAST" in f"{sub_code} {said}":
        return PlatformBusy(message, code=named, retry_after_s=TOO_FAST_S)
    if code in UNAVAILABLE or sub_code.startswith("isp.") or (code == BEHIND and not sub_code):
        return PlatformBusy(message, code=named, may_have_acted=may_have_acted)
    return PlatformRefused(message, hint=_HINTS.get(code, ""), code=named)
