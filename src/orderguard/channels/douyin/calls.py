"""What Douyin's shop platform can be asked, and told."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Raw, Struct

from orderguard.bilingual import Bilingual
from orderguard.channels.douyin.adapter import ANSWERED, answered_order, answered_refund
from orderguard.channels.douyin.settings import API_URL
from orderguard.channels.douyin.signing import CALL_SIGN, VERSION, sign_call
from orderguard.channels.douyin.values import NOTHING, Scalar, text, whole
from orderguard.domain.calls import Access, Asking, CallLimits, Calls, Page, Reply, Request, Want
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import (
    MalformedMessage,
    PlatformBusy,
    PlatformFailure,
    PlatformRefused,
    TokenRejected,
)

PAGE_SIZE = 100
PROBED_S = 60
REMARK_LENGTH_MAX = 200
STAR_RED = "5"
REMARK_ORDER, INTERCEPT_PARCEL = "remark_order", "intercept_parcel"
OP_FROM_MERCHANT = 1

ORDERS, REFUNDS = "orders", "refunds"
"""The two lists that `changed` reads one after the other; a page is `refunds/2`."""

DONE = 10_000
_LATER_CODES = frozenset({20_000})
_LATER_SUBS = ("isp.", "isv.flow", "isv.limit", "isv.access-limit", "dop.limit")
_LATER_WORDS = ("稍后", "限流", "频繁", "超时")
_TOKEN_SUBS = (
    "isv.access-token-expired",
    "isv.access-token-no-existed",
    "isv.access-token-invalid",
    "isv.access-token-missing",
)


class _Answer(Struct, frozen=True):
    """`err_no` and `message` are how older documents write `code` and `msg`."""

    code: Scalar = None
    msg: Scalar = None
    sub_code: Scalar = None
    sub_msg: Scalar = None
    err_no: Scalar = None
    message: Scalar = None
    data: Raw = NOTHING


class _Detail(Struct, frozen=True):
    shop_order_detail: Raw


class _List(Struct, frozen=True):
    """Of orders, or of after-sales."""

    total: Scalar
    shop_order_list: list[Raw] | None = None
    items: list[Raw] | None = None


class _Token(Struct, frozen=True):
    access_token: str
    expires_in: int
    refresh_token: str = ""


class _Intercepted(Struct, frozen=True):
    tracking_no: Scalar = None
    is_success: Scalar = None
    unavailable_reason: Scalar = None


class _Interception(Struct, frozen=True):
    intercept_results: list[_Intercepted] | None = None
    unavailable_reason: Scalar = None


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_detail = msgspec.json.Decoder(_Detail).decode
_decode_list = msgspec.json.Decoder(_List).decode
_decode_token = msgspec.json.Decoder(_Token).decode
_decode_interception = msgspec.json.Decoder(_Interception).decode


class DouyinCalls(Calls):
    limits = CallLimits(per_s=10.0, parallel_max=4, seconds_max=10.0)
    tells_orders = True
    lists = True
    does = frozenset({REMARK_ORDER, INTERCEPT_PARCEL})

    def app(self, shop: ShopConfig) -> str:
        return shop.settings.get("app_key", "")

    def is_ready(self, shop: ShopConfig) -> bool:
        names = ("access_token", "refresh_token", "shop_id")
        return any(shop.settings.get(name) for name in names)

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        """Of an order its goods, its buyer and its address; a refund may have closed it."""
        data = event.data
        if isinstance(data, OrderData) and data.order.lines is None:
            return (Want(kind="order", id=data.order.order_id),)
        if not isinstance(data, RefundData):
            return ()
        wants = []
        if data.amount is None and not event.id.startswith(ANSWERED):
            wants.append(Want(kind="refund", id=data.refund_id, order_id=data.order_id))
        if event.type is EventType.REFUND_SUCCEEDED:
            wants.append(Want(kind="order", id=data.order_id))
        return tuple(wants)

    def detail(self, want: Want, asking: Asking) -> Request:
        if want.kind == "refund":
            return _call(asking, "afterSale.Detail", {"after_sale_id": want.id})
        return _call(asking, "order.orderDetail", {"shop_order_id": want.id})

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:  # noqa: ARG002
        data = _data(reply)
        try:
            if want.kind == "refund":
                return answered_refund(data, want.order_id)
            return answered_order(bytes(_decode_detail(data).shop_order_detail))
        except (msgspec.DecodeError, MalformedMessage) as error:
            raise _unreadable(error) from error

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        name, number = _place(page)
        # The ends of the span are whole seconds; the later one is not counted in.
        since, until = since_ms // 1000, -(-until_ms // 1000) + 1
        params: dict[str, Any] = {"page": number, "size": PAGE_SIZE}
        if name == REFUNDS:
            params |= {"update_start_time": since, "update_end_time": until}
            return _call(asking, "afterSale.List", params | {"order_by": ["update_time asc"]})
        params |= {"update_time_start": since, "update_time_end": until}
        return _call(
            asking, "order.searchList", params | {"order_by": "update_time", "order_asc": True}
        )

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:  # noqa: ARG002
        name, number = _place(page)
        is_orders = name == ORDERS
        read = answered_order if is_orders else answered_refund
        try:
            found = _decode_list(_data(reply))
            elements = found.shop_order_list if is_orders else found.items
            parsed = tuple(one for raw in elements or () for one in read(bytes(raw)))
        except (msgspec.DecodeError, MalformedMessage) as error:
            raise _unreadable(error) from error
        total = whole(found.total)
        if total is None or (total and elements is None):
            raise PlatformBusy(Bilingual("Douyin's list is not whole.", "抖店的列表不完整。"))
        if (number + 1) * PAGE_SIZE < total:
            return Page(parsed=parsed, next=f"{name}/{number + 1}")
        return Page(parsed=parsed, next=f"{REFUNDS}/0" if is_orders else None)

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        if action == INTERCEPT_PARCEL:
            return _call(asking, "afterSale.applyLogisticsIntercept", _interception(order, doing))
        remark = doing.values.get("remark") or _reason(doing)
        params = {
            "order_id": order.key.order_id,
            "remark": remark[:REMARK_LENGTH_MAX],
            "is_add_star": True,
            "star": doing.values.get("star") or STAR_RED,
        }
        return _call(asking, "order.addOrderRemark", params)

    def read_told(self, action: str, reply: Reply) -> str:
        data = _data(reply)
        if action != INTERCEPT_PARCEL:
            return ""
        try:
            found = _decode_interception(data)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        results = found.intercept_results or []
        done = [text(one.tracking_no) or "" for one in results if one.is_success is True]
        if not done:
            reasons = [text(one.unavailable_reason) for one in results]
            reason = next(filter(None, (*reasons, text(found.unavailable_reason))), "")
            raise PlatformRefused(f"Douyin did not intercept the parcel: {reason}")
        return ",".join(done)

    def renew(self, asking: Asking) -> Request | None:
        """An app of the merchant's own gets a token by the shop's id, another one by refreshing."""
        settings = asking.shop.settings
        if settings.get("shop_id") and not settings.get("refresh_token"):
            params = {
                "code": "",
                "grant_type": "authorization_self",
                "shop_id": settings["shop_id"],
            }
            return _call(asking, "token.create", params, with_token=False)
        refresh = asking.access.refresh or settings.get("refresh_token", "")
        if not refresh:
            return None
        params = {"grant_type": "refresh_token", "refresh_token": refresh}
        return _call(asking, "token.refresh", params, with_token=False)

    def read_renewed(self, reply: Reply, asking: Asking) -> Access:
        try:
            token = _decode_token(_data(reply))
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error
        return Access(
            token=token.access_token,
            refresh=token.refresh_token,
            expires_ms=asking.now_ms + token.expires_in * 1000,
        )

    def probe(self, asking: Asking) -> Request:
        """The orders of the last minute, one at most."""
        now = asking.now_ms // 1000
        params = {
            "page": 0,
            "size": 1,
            "update_time_start": now - PROBED_S,
            "update_time_end": now,
            "order_by": "update_time",
            "order_asc": True,
        }
        return _call(asking, "order.searchList", params)

    def read_probe(self, reply: Reply) -> None:
        _data(reply)


def _call(
    asking: Asking, method: str, params: Mapping[str, Any], *, with_token: bool = True
) -> Request:
    """A signed call: the parameters, sorted at every level and without spaces, are its body."""
    settings = asking.shop.settings
    app_key, timestamp = settings.get("app_key", ""), str(asking.now_ms // 1000)
    secret = next(iter(asking.shop.secrets), "")
    body = msgspec.json.encode(params, order="sorted")
    query = {
        "app_key": app_key,
        "method": method,
        **({"access_token": asking.access.token} if with_token else {}),
        "timestamp": timestamp,
        "v": VERSION,
        "sign_method": CALL_SIGN,
        "sign": sign_call(app_key, secret, method=method, timestamp=timestamp, body=body),
    }
    address = (settings.get("api_url") or API_URL).rstrip("/")
    return Request(
        url=f"{address}/{method.replace('.', '/')}?{urlencode(query)}",
        headers={"content-type": "application/json;charset=UTF-8", "accept": "application/json"},
        body=body,
    )


def _data(reply: Reply) -> bytes:
    """The `data` of an answer that says yes."""
    if reply.status == 429 or reply.status >= 500:
        raise PlatformBusy(
            Bilingual(f"Douyin answered {reply.status}.", f"抖店返回 {reply.status}。"),
            retry_after_s=_retry_after_s(reply),
        )
    try:
        answer = _decode_answer(reply.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable(error) from error
    code = whole(answer.code)
    if code == DONE or (code is None and whole(answer.err_no) == 0):
        return bytes(answer.data) or b"null"
    raise _refusal(answer)


def _refusal(answer: _Answer) -> PlatformFailure:
    sub = text(answer.sub_code) or ""
    code = text(answer.code) or text(answer.err_no) or ""
    said = text(answer.sub_msg) or text(answer.msg) or text(answer.message) or ""
    message = Bilingual(
        f"Douyin answered {code} {sub}: {said}", f"抖店返回 {code} {sub}：“{said}”。"
    )
    if sub.startswith(_TOKEN_SUBS):
        return TokenRejected(message, code=sub)
    is_later = sub.startswith(_LATER_SUBS) or any(word in said for word in _LATER_WORDS)
    if whole(answer.code) in _LATER_CODES or is_later or not code:
        return PlatformBusy(message, code=sub or code)
    page = "op.jinritemai.com/docs/guide-docs/212/1427"
    hint = Bilingual(f"{page} explains the code.", f"错误码的含义见 {page} 。")
    return PlatformRefused(message, hint=hint, code=sub or code)


def _unreadable(error: Exception) -> PlatformBusy:
    return PlatformBusy(
        Bilingual(f"Douyin's answer cannot be read: {error}", f"抖店的应答读不懂：“{error}”。")
    )


def _retry_after_s(reply: Reply) -> float | None:
    seconds = whole(reply.headers.get("retry-after"))
    return float(seconds) if seconds is not None else None


def _place(page: str | None) -> tuple[str, int]:
    """Which list, and which page of it."""
    name, _, number = (page or f"{ORDERS}/0").partition("/")
    return name, int(number)


def _interception(order: Concerned, doing: Doing) -> dict[str, Any]:
    """The order's parcels and its open after-sale, unless the step names others."""
    values = doing.values
    named = values.get("company_code", ""), values.get("tracking_no", "")
    targets = [
        {"company_code": company, "tracking_no": number}
        for company, number in ((named,) if all(named) else order.parcels)
    ]
    after_sale_id = values.get("after_sale_id") or next(iter(order.refunds), "")
    if not (after_sale_id and targets):
        raise PlatformRefused(
            "Douyin intercepts parcels of an open after-sale alone.",
            hint="Intercept it with the carrier, or wait until the buyer asks for a refund.",
        )
    return {
        "after_sale_id": after_sale_id,
        "op_from": OP_FROM_MERCHANT,
        "intercept_targets": targets,
    }


def _reason(doing: Doing) -> str:
    """Why the order is marked, in the language of the playbook."""
    hits = doing.alert.hits
    said = getattr(hits[-1].explanation, doing.language) if hits else ", ".join(doing.alert.rules)
    return f"OrderGuard {doing.alert.severity}: {said}"
