"""What Youzan can be asked, and told."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Raw, Struct

from orderguard.bilingual import Bilingual
from orderguard.channels.youzan.adapter import ANSWERED, answered_refund, answered_trade
from orderguard.channels.youzan.settings import (
    API_URL,
    CLOSE_CALL,
    MEMO_CALL,
    ORDER_SET_CLOSE,
    TRADE_CLOSE,
    TRADE_MEMO,
)
from orderguard.channels.youzan.values import CHINA, NOTHING, Scalar, text, whole
from orderguard.domain.calls import Access, Asking, CallLimits, Calls, Page, Reply, Request, Want
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData
from orderguard.domain.orders import OrderStatus
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import (
    MalformedMessage,
    PlatformBusy,
    PlatformFailure,
    PlatformRefused,
    PlatformTooLate,
    TokenRejected,
)

TRADE_GET, REFUND_GET = "youzan.trade.get/4.0.2", "youzan.trade.refund.get/3.0.1"
ORDERS, REFUNDS = "orders", "refunds"
"""The two lists that `changed` reads one after the other; a page is `refunds/2`, from 1."""
_LISTS: Mapping[str, str] = {
    ORDERS: "youzan.trades.sold.get/4.0.4",
    REFUNDS: "youzan.trade.refund.search/3.0.1",
}
_SIZES: Mapping[str, int] = {ORDERS: 100, REFUNDS: 30}
PAGE_MAX = 100
"""The last page of both lists: of the refunds, 3000 can be read."""
SETTLE_S = 30.0
WINDOW_S = 3600
PROBED_S = 60
MEMO_LENGTH_MAX = 256
STAR_RED = "5"
REMARK_ORDER, CANCEL_ORDER = "remark_order", "cancel_order"
OUT_OF_STOCK = "17"
"""The reason of a close that names no buyer's fault: the goods cannot be had."""
TOKEN_MS_MIN, TOKEN_S_MIN = 10**12, 10**9
_LOCAL = "%Y-%m-%d %H:%M:%S"

DONE = 200
_TOKEN_CODES = frozenset({4201, 4202, 4203})
_LATER_CODES = frozenset(
    {
        *(-100, 4101, 5003, 500_100_004, 123_000_042, 141_500_203),
        *(106_000_001, 106_100_118, 102_010_003),
    }
)
_NOT_FOUND, _NOT_FOUND_WORDS = 5000, "not found"
"""A fresh order is not found for half a minute."""


class _Error(Struct, frozen=True):
    err_code: Scalar = None
    err_msg: Scalar = None
    code: Scalar = None
    msg: Scalar = None


class _Answer(Struct, frozen=True):
    """The gateway's refusal, an older call's yes or no, and what all others answer."""

    code: Scalar = None
    success: Scalar = None
    message: Scalar = None
    data: Raw = NOTHING
    response: Raw = NOTHING
    gw_err_resp: _Error | None = None
    error_response: _Error | None = None


class _List(Struct, frozen=True):
    """Of orders, or of refunds."""

    full_order_info_list: list[Raw] | None = None
    total_results: Scalar = None
    refunds: list[Raw] | None = None
    total: Scalar = None


class _Done(Struct, frozen=True):
    is_success: bool = True


class _Token(Struct, frozen=True):
    access_token: str
    expires: int | None = None
    refresh_token: str | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_list = msgspec.json.Decoder(_List).decode
_decode_done = msgspec.json.Decoder(_Done | bool | None).decode
_decode_token = msgspec.json.Decoder(_Token).decode


class YouzanCalls(Calls):
    limits = CallLimits(
        per_s=10.0,
        parallel_max=4,
        seconds_max=10.0,
        settle_s=SETTLE_S,
        window_s_max=WINDOW_S,
    )
    tells_orders = True
    lists = True
    does = frozenset({REMARK_ORDER, CANCEL_ORDER})

    def app(self, shop: ShopConfig) -> str:
        return shop.settings.get("client_id", "")

    def is_ready(self, shop: ShopConfig) -> bool:
        names = ("access_token", "refresh_token", "kdt_id")
        return any(shop.settings.get(name) for name in names)

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        """Of an order its goods; of a refund whether it is done, which older pushes do not say."""
        data = event.data
        if isinstance(data, OrderData) and data.order.lines is None:
            return (Want(kind="order", id=data.order.order_id),)
        if not isinstance(data, RefundData):
            return ()
        wants = []
        is_unsaid = data.amount is None or event.type is EventType.REFUND_APPROVED
        if is_unsaid and not event.id.startswith(ANSWERED):
            wants.append(Want(kind="refund", id=data.refund_id, order_id=data.order_id))
        if event.type is EventType.REFUND_SUCCEEDED:
            wants.append(Want(kind="order", id=data.order_id))
        return tuple(wants)

    def detail(self, want: Want, asking: Asking) -> Request:
        if want.kind == "refund":
            return _call(asking, REFUND_GET, {"refund_id": want.id})
        return _call(asking, TRADE_GET, {"tid": want.id})

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:  # noqa: ARG002
        data = _data(reply)
        try:
            if want.kind == "refund":
                return answered_refund(data, want.order_id)
            return answered_trade(data)
        except MalformedMessage as error:
            raise _unreadable(error) from error

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        name, number = _place(page)
        # The ends of the span are whole seconds.
        since, until = since_ms // 1000, -(-until_ms // 1000) + 1
        params: dict[str, Any] = {"page_no": number, "page_size": _SIZES[name]}
        if name == ORDERS:
            params |= {"start_update": _local(since), "end_update": _local(until)}
        else:
            params |= {"update_time_start": since, "update_time_end": until}
        return _call(asking, _LISTS[name], params)

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:  # noqa: ARG002
        name, number = _place(page)
        is_orders = name == ORDERS
        read = answered_trade if is_orders else answered_refund
        try:
            found = _decode_list(_data(reply))
            rows = found.full_order_info_list if is_orders else found.refunds
            parsed = tuple(one for raw in rows or () for one in read(bytes(raw)))
        except (msgspec.DecodeError, MalformedMessage) as error:
            raise _unreadable(error) from error
        total = whole(found.total_results if is_orders else found.total)
        if total is None or (total and rows is None):
            raise PlatformBusy(Bilingual("Youzan's list is not whole.", "有赞的列表不完整。"))
        if number * _SIZES[name] < total and number < PAGE_MAX:
            return Page(parsed=parsed, next=f"{name}/{number + 1}")
        return Page(parsed=parsed, next=f"{REFUNDS}/1" if is_orders else None)

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        tid, settings = order.key.order_id, asking.shop.settings
        if action == CANCEL_ORDER:
            if order.status not in {OrderStatus.PENDING_PAYMENT, OrderStatus.UNKNOWN}:
                raise PlatformTooLate("Youzan closes unpaid orders alone; a paid one is refunded.")
            reason = doing.values.get("reason") or _reason(doing)
            params = {"tid": tid, "close_reason": reason[:MEMO_LENGTH_MAX]}
            name = settings.get(CLOSE_CALL) or TRADE_CLOSE
            if name != ORDER_SET_CLOSE:
                params["close_reason_id"] = doing.values.get("close_reason_id") or OUT_OF_STOCK
            return _call(asking, name, params)
        memo = doing.values.get("remark") or _reason(doing)
        params = {
            "tid": tid,
            "memo": memo[:MEMO_LENGTH_MAX],
            "flag": doing.values.get("star") or STAR_RED,
        }
        return _call(asking, settings.get(MEMO_CALL) or TRADE_MEMO, params)

    def read_told(self, action: str, reply: Reply) -> str:  # noqa: ARG002
        try:
            done = _decode_done(_data(reply))
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        if done is False or (isinstance(done, _Done) and not done.is_success):
            raise PlatformRefused("Youzan answered that it did not do it.")
        return ""

    def renew(self, asking: Asking) -> Request | None:
        """An app of the merchant's own gets a token by the shop's id, another one by refreshing."""
        settings = asking.shop.settings
        body = {
            "client_id": settings.get("client_id", ""),
            "client_secret": next(iter(asking.shop.secrets), ""),
        }
        refresh = asking.access.refresh or settings.get("refresh_token", "")
        if settings.get("kdt_id") and not settings.get("refresh_token"):
            body |= {"authorize_type": "silent", "grant_id": settings["kdt_id"]}
        elif refresh:
            body |= {"authorize_type": "refresh_token", "refresh_token": refresh}
        else:
            return None
        return _post(f"{_address(asking.shop)}/auth/token", body)

    def read_renewed(self, reply: Reply, asking: Asking) -> Access:
        try:
            token = _decode_token(_data(reply))
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        return Access(
            token=token.access_token,
            refresh=token.refresh_token or asking.access.refresh,
            expires_ms=_ends_ms(token.expires, asking.now_ms),
        )

    def probe(self, asking: Asking) -> Request:
        """The orders of the last minute, one at most."""
        now = asking.now_ms // 1000
        span = {"start_update": _local(now - PROBED_S), "end_update": _local(now)}
        return _call(asking, _LISTS[ORDERS], {**span, "page_no": 1, "page_size": 1})

    def read_probe(self, reply: Reply) -> None:
        _data(reply)


def _call(asking: Asking, name: str, params: Mapping[str, Any]) -> Request:
    """`name` with its version. Nothing is signed: the token alone lets us in."""
    query = urlencode({"access_token": asking.access.token})
    return _post(f"{_address(asking.shop)}/api/{name}?{query}", params)


def _post(url: str, params: Mapping[str, Any]) -> Request:
    headers = {"content-type": "application/json", "accept": "application/json"}
    return Request(url=url, headers=headers, body=msgspec.json.encode(params))


def _address(shop: ShopConfig) -> str:
    return (shop.settings.get("api_url") or API_URL).rstrip("/")


def _data(reply: Reply) -> bytes:
    """The `data` of an answer that says yes."""
    if reply.status == 429 or reply.status >= 500:
        seconds = whole(reply.headers.get("retry-after"))
        after_s = None if seconds is None else float(seconds)
        raise PlatformBusy(
            Bilingual(f"Youzan answered {reply.status}.", f"有赞返回 {reply.status}。"),
            retry_after_s=after_s,
        )
    try:
        answer = _decode_answer(reply.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    if no := answer.gw_err_resp or answer.error_response:
        code = whole(no.err_code) or whole(no.code)
        raise _refusal(code, text(no.err_msg) or text(no.msg))
    if bytes(answer.response):
        return bytes(answer.response)
    if whole(answer.code) != DONE or answer.success is False:
        raise _refusal(whole(answer.code), text(answer.message))
    return bytes(answer.data) or b"null"


def _refusal(code: int | None, said: str | None) -> PlatformFailure:
    reason = said or ""
    message = Bilingual(f"Youzan answered {code}: {reason}", f"有赞返回 {code}：“{reason}”。")
    if code in _TOKEN_CODES:
        return TokenRejected(message, code=str(code))
    is_fresh = code == _NOT_FOUND and _NOT_FOUND_WORDS in (said or "")
    if code is None or code in _LATER_CODES or is_fresh:
        return PlatformBusy(message, code=str(code))
    hint = Bilingual(
        "doc.youzanyun.com explains the code; 4204 and 4007 are permissions and the IP list.",
        "错误码的含义见 doc.youzanyun.com；4204 和 4007 是权限和 IP 白名单。",
    )
    return PlatformRefused(message, hint=hint, code=str(code))


def _unreadable(error: Exception) -> PlatformBusy:
    return PlatformBusy(
        Bilingual(f"Youzan's answer cannot be read: {error}", f"有赞的应答读不懂：“{error}”。")
    )


def _place(page: str | None) -> tuple[str, int]:
    """Which list, and which page of it."""
    name, _, number = (page or f"{ORDERS}/1").partition("/")
    return name, int(number)


def _local(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, CHINA).strftime(_LOCAL)


def _ends_ms(expires: int | None, now_ms: int) -> int | None:
    """The documents disagree: an instant in milliseconds or seconds, or seconds from now."""
    if expires is None or expires <= 0:
        return None
    if expires >= TOKEN_MS_MIN:
        return expires
    return expires * 1000 if expires >= TOKEN_S_MIN else now_ms + expires * 1000


def _reason(doing: Doing) -> str:
    """Why the order is marked or closed, in the language of the playbook."""
    hits = doing.alert.hits
    said = getattr(hits[-1].explanation, doing.language) if hits else ", ".join(doing.alert.rules)
    return f"OrderGuard {doing.alert.severity}: {said}"
