"""What TOP can be asked, and told: one address, one signature, JSON both ways."""

import math
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from orderguard.channels.tmall import shapes
from orderguard.channels.tmall.answers import answered
from orderguard.channels.tmall.events import refund_told, trade_told
from orderguard.channels.tmall.messages import parsed_body, parsed_told
from orderguard.channels.tmall.orders import listed
from orderguard.channels.tmall.settings import setting
from orderguard.channels.tmall.signing import SIGN, request_sign
from orderguard.channels.tmall.values import china_time, identity, instant
from orderguard.domain.calls import Asking, CallLimits, Calls, Page, Reply, Request, Want
from orderguard.domain.events import CanonicalEvent, OrderData, RefundData
from orderguard.domain.orders import OrderStatus
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import MalformedMessage, PlatformBusy, PlatformRefused

TRADE, REFUND = "taobao.trade.fullinfo.get", "taobao.refund.get"
REFUNDS = "taobao.refunds.receive.get"
CLOSE = "taobao.trade.close"
TRADE_FIELDS = ",".join(
    (
        *("tid", "status", "type", "created", "modified", "pay_time", "consign_time"),
        # TOP gives the open uid to those who ask for the nick.
        *("buyer_nick", "buyer_open_uid", "payment", "discount_fee", "post_fee"),
        *("receiver_state", "receiver_city", "receiver_district", "receiver_zip", "oaid"),
        *("orders", "promotion_details"),
    )
)
REFUND_FIELDS = "refund_id,tid,oid,status,created,modified,refund_fee,reason,num,outer_id"
LIST_FIELDS = {REFUNDS: "refund_id,tid,oid,status,created,modified,refund_fee,reason"}
TRADE_LIST_FIELDS = "tid,status,modified"
PAGE_SIZE = 100
CLOSE_REASON = "买家不想买了"
MEMO_BYTES_MAX = 1000
RED = "1"
_MS_PER_S = 1000
_PAGE = re.compile(r"(trades|refunds)@([0-9]{0,14})/([0-9]{1,6})")


class TmallCalls(Calls):
    """Lists are paged from the newest change back: where a page began to be old, the next one ends.

    TOP's own numbers would pass by an order that changes while pages are turned.
    """

    limits = CallLimits(per_s=10.0, parallel_max=8, seconds_max=10.0, window_s_max=86_400)
    tells_orders = True
    lists = True
    does = frozenset({"remark_order", "cancel_order"})

    def app(self, shop: ShopConfig) -> str:
        return shop.settings.get("app_key", "")

    def is_ready(self, shop: ShopConfig) -> bool:
        return bool(shop.secrets and setting(shop, "app_key") and setting(shop, "session"))

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        match event.data:
            case OrderData(order=order) if order.lines is None:
                return (Want(kind="order", id=order.order_id),)
            case RefundData(reason=None) as refund:
                return (Want(kind="refund", id=refund.refund_id, order_id=refund.order_id),)
        return ()

    def detail(self, want: Want, asking: Asking) -> Request:
        if want.kind == "refund":
            return _request(REFUND, {"refund_id": want.id, "fields": REFUND_FIELDS}, asking)
        return _request(TRADE, {"tid": want.id, "fields": TRADE_FIELDS}, asking)

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:
        said = answered(reply, shapes.Said)
        trade = said.trade_fullinfo_get_response and said.trade_fullinfo_get_response.trade
        refund = said.refund_get_response and said.refund_get_response.refund
        app_key = asking.shop.settings.get("app_key", "")
        try:
            if want.kind == "order" and trade:
                told = trade_told(trade, app_key)
            elif want.kind == "refund" and refund:
                told = [refund_told(refund, want.order_id)]
            else:
                raise PlatformBusy(f"The answer has no {want.kind}.")
        except MalformedMessage as error:
            raise PlatformBusy(error.message) from error
        return parsed_told(told, reply.body)

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        place = _place(page)
        method = REFUNDS if place.is_of_refunds else setting(asking.shop, "list_method")
        until_ms = until_ms if place.until_ms is None else min(until_ms, place.until_ms)
        # TOP counts in seconds, both ends included, and wants the end behind the start.
        since_s, until_s = since_ms // _MS_PER_S, math.ceil(until_ms / _MS_PER_S)
        parameters = {
            "fields": LIST_FIELDS.get(method, TRADE_LIST_FIELDS),
            "start_modified": china_time(since_s * _MS_PER_S),
            "end_modified": china_time(max(until_s, since_s + 1) * _MS_PER_S),
            "page_no": str(place.number),
            "page_size": str(PAGE_SIZE),
            "use_has_next": "true",
        }
        return _request(method, parameters, asking)

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:
        said, place = answered(reply, dict[str, msgspec.Raw]), _place(page)
        method = REFUNDS if place.is_of_refunds else setting(asking.shop, "list_method")
        raw = said.get(_root(method))
        if raw is None:
            raise PlatformBusy("The answer has no list.")
        try:
            told = msgspec.json.decode(raw, type=shapes.Listed)
            return _refunds(told, place, asking) if place.is_of_refunds else _trades(told, place)
        except (msgspec.DecodeError, MalformedMessage) as error:
            raise PlatformBusy(f"The list cannot be read: {error}.") from error

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        tid = order.key.order_id
        if action == "cancel_order":
            if order.status is not OrderStatus.PENDING_PAYMENT:
                raise PlatformRefused(
                    "TOP closes unpaid trades alone.",
                    hint="Ask the buyer for a refund, or stop the parcel in the warehouse.",
                )
            return _request(CLOSE, {"tid": tid, "close_reason": CLOSE_REASON}, asking)
        if action != "remark_order":
            raise PlatformRefused(f"TOP has no call that does {action}.")
        memo = _remark(doing)
        method = setting(asking.shop, "memo_method")
        return _request(method, {"tid": tid, "memo": memo, "flag": RED}, asking)

    def read_told(self, action: str, reply: Reply) -> str:
        said = answered(reply, dict[str, msgspec.Raw], may_have_acted=True)
        if not said:
            raise PlatformBusy(f"The answer to {action} is empty.", may_have_acted=True)
        return ""

    def probe(self, asking: Asking) -> Request:
        """One line of the list: it needs the key, the secret, the session and the right."""
        parameters = {
            "fields": "tid",
            "start_modified": china_time(asking.now_ms - 60 * _MS_PER_S),
            "end_modified": china_time(asking.now_ms),
            "page_no": "1",
            "page_size": "1",
            "use_has_next": "true",
        }
        return _request(setting(asking.shop, "list_method"), parameters, asking)

    def read_probe(self, reply: Reply) -> None:
        answered(reply, dict[str, msgspec.Raw])


def _request(method: str, own: Mapping[str, str], asking: Asking) -> Request:
    shop = asking.shop
    way = setting(shop, "sign_method")
    parameters = {
        "method": method,
        "app_key": setting(shop, "app_key"),
        # A token that was renewed counts before the one that was pasted.
        "session": asking.access.token or setting(shop, "session"),
        "timestamp": china_time(asking.now_ms),
        "v": "2.0",
        "format": "json",
        "sign_method": way,
        **own,
    }
    secret = shop.secrets[0] if shop.secrets else ""
    parameters[SIGN] = request_sign(parameters, secret, way)
    return Request(
        url=setting(shop, "api_url"),
        headers={"content-type": "application/x-www-form-urlencoded;charset=utf-8"},
        body=urlencode(parameters).encode(),
    )


def _root(method: str) -> str:
    """The member of an answer that holds it."""
    return f"{method.removeprefix('taobao.').replace('.', '_')}_response"


class _Place(Struct, frozen=True):
    """A page of one of the two lists: those up to an instant, and the how many-th of them."""

    is_of_refunds: bool = False
    until_ms: int | None = None
    number: int = 1

    def __str__(self) -> str:
        until = "" if self.until_ms is None else self.until_ms
        return f"{'refunds' if self.is_of_refunds else 'trades'}@{until}/{self.number}"


def _place(page: str | None) -> _Place:
    if page is None:
        return _Place()
    found = _PAGE.fullmatch(page)
    if found is None:
        raise PlatformRefused("This is no page of a list.")
    return _Place(found[1] == "refunds", int(found[2]) if found[2] else None, int(found[3]))


def _trades(page: shapes.Listed, place: _Place) -> Page:
    trades = page.trades
    rows = listed(trades.trade if isinstance(trades, shapes.TradeList) else trades)
    wants = tuple(
        Want(kind="order", id=tid)
        for one in rows
        if (tid := identity(one.tid_str) or identity(one.tid))
    )
    following = _next(page, [one.modified for one in rows], place)
    return Page(wants=wants, next=str(following or _Place(is_of_refunds=True)))


def _refunds(page: shapes.Listed, place: _Place, asking: Asking) -> Page:
    refunds = page.refunds
    raws = (refunds.refund if isinstance(refunds, shapes.RefundList) else refunds) or []
    app_key = asking.shop.settings.get("app_key", "")
    parsed = tuple(one for raw in raws for one in parsed_body(bytes(raw), "utf-8", app_key))
    rows = [msgspec.json.decode(raw, type=shapes.Refund) for raw in raws]
    following = _next(page, [one.modified for one in rows], place)
    return Page(parsed=parsed, next=str(following) if following else None)


def _next(page: shapes.Listed, changes: list[shapes.Scalar], place: _Place) -> _Place | None:
    """The next page ends where this one's oldest change is.

    Only while all of it changed in one second are pages counted.
    """
    total = page.total_results
    is_last = not (isinstance(total, int) and total > len(changes))
    if page.has_next is not None:
        is_last = page.has_next not in {True, "true"}
    instants = [known for one in changes if (known := instant(one))]
    if is_last or not instants:
        return None
    oldest, newest = min(instants), max(instants)
    until_ms = round(oldest.timestamp() * _MS_PER_S)
    number = 1 if oldest != newest else place.number + 1
    return _Place(place.is_of_refunds, until_ms, number)


def _remark(doing: Doing) -> str:
    """What the playbook says, and which alert says so; cut to what TOP takes."""
    said = doing.values.get("tag", "")
    text = " ".join(filter(None, (said, f"[OrderGuard {doing.alert.alert_id}]")))
    return text.encode()[:MEMO_BYTES_MAX].decode("utf-8", "ignore")
