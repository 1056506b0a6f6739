"""What JOS is asked: orders and requests for refunds, a remark, a fresh token.

Lists are read from their last page to the first: what changes while they are read leaves its page,
and all behind it move up, to pages that are still to come.
"""

import datetime as dt
import json
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from orderguard.bilingual import NO_REASON, Bilingual, quoted
from orderguard.channels.jd import orders, pushes, shapes
from orderguard.channels.jd.settings import value
from orderguard.channels.jd.signing import SIGN, sign
from orderguard.channels.jd.values import CHINA, text, whole, written
from orderguard.domain.calls import (
    Access,
    Asking,
    CallLimits,
    Calls,
    Page,
    Reply,
    Request,
    Want,
)
from orderguard.domain.events import CanonicalEvent, OrderData, ShipmentData
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import (
    MalformedMessage,
    PlatformBusy,
    PlatformFailure,
    PlatformRefused,
    TokenRejected,
)

PAGE_SIZE = 100
REFUNDS_MAX = 50
REMARK_LENGTH_MAX = 200
SEARCH, GET = "jingdong.pop.order.search", "jingdong.pop.order.get"
FIELDS = (
    "orderId,orderState,payType,orderPayment,sellerDiscount,freightPrice,orderStartTime,"
    "orderEndTime,paymentConfirmTime,modified,pin,open_id_buyer,xid_buyer,waybill,logisticsId,"
    "consigneeInfo,itemInfoList,couponDetailList"
)

Business = Mapping[str, str | int]
"""What a call says beyond who asks, as it is written in JSON."""

_TOKEN_ENDED = frozenset({"19"})
_BUSY = frozenset({"1", "2"})
"""JOS's codes for a service that is down and for too many calls."""

_decode_outer = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_answer = msgspec.json.Decoder(shapes.Answer).decode
_decode_failure = msgspec.json.Decoder(shapes.Failure).decode
_decode_token = msgspec.json.Decoder(shapes.Token).decode


class JdCalls(Calls):
    limits = CallLimits(per_s=10.0, parallel_max=4, settle_s=1.0, window_s_max=86_400)
    tells_orders = True
    lists = True
    does = frozenset({"remark_order"})

    def app(self, shop: ShopConfig) -> str:
        return value(shop, "app_key")

    def is_ready(self, shop: ShopConfig) -> bool:
        """A Daojia shop has no token of JOS, and is listened to alone."""
        return bool(shop.secrets and value(shop, "app_key") and value(shop, "access_token"))

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        if not event.id.startswith(f"{pushes.ID_PREFIX}_"):
            return ()
        match event.data:
            case OrderData(order=order):
                order_id = order.order_id
            case ShipmentData():
                order_id = event.data.order_id
            case _:
                return ()
        fits = order_id.isascii() and order_id.isdigit()
        return (Want(kind="order", id=order_id),) if fits else ()

    def detail(self, want: Want, asking: Asking) -> Request:
        if want.kind == "refund":
            told: Business = {
                "orderId": want.order_id,
                "pageIndex": "1",
                "pageSize": str(REFUNDS_MAX),
            }
            return _asked(value(asking.shop, "refund_method"), told, asking)
        # JOS wants the number as a number, and JSON's are as long as they are written.
        number = int(want.id) if want.id.isascii() and want.id.isdigit() else want.id
        told = {"order_id": number, "optional_fields": FIELDS, "source_id": "JOS"}
        return _asked(GET, told, asking)

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:  # noqa: ARG002
        answer = _read(reply)
        try:
            if want.kind == "refund":
                if answer.refunds is None:
                    raise _unreadable(reply)
                rows = answer.refunds.result or ()
                return tuple(parsed for row in rows for parsed in orders.refund_events(bytes(row)))
            info = bytes(answer.detail.order_info) if answer.detail else b""
            if not info.startswith(b"{"):
                raise _unreadable(reply)
            return orders.order_events(info)
        except MalformedMessage as error:
            raise PlatformRefused(error.message, hint=error.hint) from error

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        told: Business = {
            "start_date": written(since_ms),
            # To the second, and the whole of the last one.
            "end_date": written(until_ms + 999),
            "order_state": value(asking.shop, "order_states"),
            "optional_fields": FIELDS,
            "page": page or "1",
            "page_size": str(PAGE_SIZE),
            "sortType": 0,
            "dateType": 0,
            "source_id": "JOS",
        }
        return _asked(SEARCH, told, asking)

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:  # noqa: ARG002
        answer = _read(reply)
        if answer.search is None:
            raise _unreadable(reply)
        rows = [bytes(row) for row in answer.search.order_info_list or ()]
        parsed: list[Parsed] = []
        wants: list[Want] = []
        for row in rows:
            try:
                parsed += orders.order_events(row)
            except MalformedMessage:
                continue  # One order that cannot be read keeps no other from us.
            if order_id := orders.is_locked(row):
                wants.append(Want(kind="refund", id=order_id, order_id=order_id))
        total = whole(answer.search.order_total) or 0
        following = _following(page, -(-total // PAGE_SIZE))
        return Page(parsed=tuple(parsed), wants=tuple(wants), next=following)

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:  # noqa: ARG002
        words = [doing.values.get("tag", ""), ", ".join(doing.alert.rules)]
        remark = " ".join(filter(None, words))[:REMARK_LENGTH_MAX]
        number = order.key.order_id
        told = {
            "order_id": int(number) if number.isascii() and number.isdigit() else number,
            "flag": whole(value(asking.shop, "remark_flag")) or 0,
            "remark": remark,
        }
        return _asked(value(asking.shop, "remark_method"), told, asking)

    def read_told(self, action: str, reply: Reply) -> str:  # noqa: ARG002
        _read(reply)
        return ""

    def renew(self, asking: Asking) -> Request | None:
        if not asking.access.refresh:
            return None
        shop = asking.shop
        given = {
            "app_key": value(shop, "app_key"),
            "app_secret": shop.secrets[0],
            "grant_type": "refresh_token",
            "refresh_token": asking.access.refresh,
        }
        return Request(method="GET", url=f"{value(shop, 'oauth_url')}?{urlencode(given)}")

    def read_renewed(self, reply: Reply, asking: Asking) -> Access:
        try:
            token = _decode_token(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(reply) from error
        fresh = text(token.access_token)
        if fresh is None:
            reason = text(token.msg)
            missing = Bilingual("no token in the answer", "应答里没有令牌")
            said = quoted(reason) if reason else missing
            raise TokenRejected(
                Bilingual(f"JD renews no token: {said.en}.", f"京东没有续期令牌：{said.zh}。"),
                hint=Bilingual(
                    "Let the shop grant the application again, and set `access_token`.",
                    "请让店铺重新授权应用，并填写 `access_token`。",
                ),
                code=text(token.code) or "",
            )
        seconds = whole(token.expires_in)
        return Access(
            token=fresh,
            refresh=text(token.refresh_token) or asking.access.refresh,
            expires_ms=None if seconds is None else asking.now_ms + seconds * 1000,
        )

    def probe(self, asking: Asking) -> Request:
        told: Business = {
            "start_date": written(asking.now_ms - 60_000),
            "end_date": written(asking.now_ms),
            "order_state": value(asking.shop, "order_states"),
            "optional_fields": "orderId",
            "page": "1",
            "page_size": "1",
            "sortType": 0,
            "dateType": 0,
            "source_id": "JOS",
        }
        return _asked(SEARCH, told, asking)

    def read_probe(self, reply: Reply) -> None:
        _read(reply)


def _following(page: str | None, pages: int) -> str | None:
    """First the first page, for their number; then from the last one to the first again."""
    if page is None:
        return str(pages) if pages > 1 else None
    number = int(page) - 1
    return str(min(number, max(pages, 1))) if number >= 1 else None


def _asked(method: str, told: Business, asking: Asking) -> Request:
    shop, now = asking.shop, dt.datetime.fromtimestamp(asking.now_ms / 1000, CHINA)
    given = {
        "method": method,
        "access_token": asking.access.token,
        "app_key": value(shop, "app_key"),
        "timestamp": f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}{now:%z}",
        "v": "2.0",
        "360buy_param_json": json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    }
    given[SIGN] = sign(given, shop.secrets[0] if shop.secrets else "")
    return Request(
        url=value(shop, "api_url"),
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=urlencode(given).encode(),
    )


def _read(reply: Reply) -> shapes.Answer:
    """The answer of a call that went well. Raise a PlatformFailure for every other."""
    try:
        outer = _decode_outer(reply.body)
        if failure := outer.get("error_response"):
            raise _failure(_decode_failure(failure), reply)
        inner = next((raw for name, raw in outer.items() if name.endswith(_ENDINGS)), None)
        if inner is None:
            raise _unreadable(reply)
        answer = _decode_answer(inner)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(reply) from error
    if text(answer.code) not in (None, "0"):
        raise _failure(shapes.Failure(code=answer.code, zh_desc=answer.zh_desc), reply)
    outcome = _outcome(answer)
    if outcome is not None and str(outcome.success).lower() == "false":
        said = text(outcome.chinese_err_code) or text(outcome.english_err_code)
        code = text(outcome.number_code) or ""
        raise PlatformRefused(_no(said, code), code=code)
    return answer


_AGAIN = Bilingual("It is tried again.", "会自动重试。")
_FRESH = Bilingual("Set a fresh `access_token`.", "请填写新的 `access_token`。")
_ENDINGS = ("_responce", "_response")
"""JD spells it so; one day it may not."""


def _outcome(answer: shapes.Answer) -> shapes.Outcome | None:
    if answer.search is not None:
        return answer.search.api_result
    if answer.detail is not None:
        return answer.detail.api_result
    if answer.refunds is not None:
        refunds = answer.refunds
        return shapes.Outcome(success=refunds.success, number_code=refunds.error_code)
    return answer.remarked


def _failure(failure: shapes.Failure, reply: Reply) -> PlatformFailure:
    code = text(failure.code) or str(reply.status)
    told = _no(text(failure.zh_desc) or text(failure.en_desc), code)
    if code in _TOKEN_ENDED:
        return TokenRejected(told, hint=_FRESH, code=code)
    if code in _BUSY or reply.status in (429, 503):
        return PlatformBusy(told, hint=_AGAIN, code=code)
    hint = Bilingual(
        "Compare app key and app secret with the console, and the permissions of the app.",
        "请与控制台核对 App Key、App Secret 和应用的权限。",
    )
    return PlatformRefused(told, hint=hint, code=code)


def _unreadable(reply: Reply) -> PlatformBusy:
    return PlatformBusy(
        Bilingual(
            f"JOS answered {reply.status} with nothing that can be read.",
            f"宙斯返回 {reply.status}，内容读不懂。",
        ),
        hint=_AGAIN,
    )


def _no(reason: str | None, code: str) -> Bilingual:
    said = quoted(reason) if reason else NO_REASON
    return Bilingual(f"JD said no: {said.en} ({code}).", f"京东拒绝：{said.zh}（{code}）。")
