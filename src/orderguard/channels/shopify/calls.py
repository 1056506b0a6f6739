"""What Shopify's Admin API can be asked, and told: reading by REST, tags by GraphQL."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
from msgspec import Raw, Struct

from orderguard.bilingual import Bilingual
from orderguard.channels.shopify.adapter import answered_order
from orderguard.channels.shopify.settings import API_VERSION
from orderguard.domain.calls import Asking, CallLimits, Calls, Page, Reply, Request, Want
from orderguard.domain.events import CanonicalEvent, OrderData
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import (
    MalformedMessage,
    PlatformBusy,
    PlatformRefused,
    PlatformTooLate,
    TokenRejected,
)

PAGE_SIZE = 250
WINDOW_S = 7 * 86_400
TAG, TAG_LENGTH_MAX = "OrderGuard", 40
REMARK_ORDER, CANCEL_ORDER = "remark_order", "cancel_order"
CANCEL_REASON = "fraud"
T = TypeVar("T")

_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_NEXT = re.compile(r'<([^<>]{1,4096})>;\s*rel="?next"?')
_TAGS_ADD = (
    "mutation($id: ID!, $tags: [String!]!)"
    " { tagsAdd(id: $id, tags: $tags) { userErrors { message } } }"
)
_THROTTLED = "THROTTLED"


class _Order(Struct, frozen=True):
    order: Raw


class _Orders(Struct, frozen=True):
    orders: list[Raw]


class _Extensions(Struct, frozen=True):
    code: str | None = None


class _Error(Struct, frozen=True):
    message: str = ""
    extensions: _Extensions | None = None


class _Tagged(Struct, frozen=True, rename="camel"):
    user_errors: list[_Error]


class _TagsAdd(Struct, frozen=True, rename="camel"):
    tags_add: _Tagged | None = None


class _GraphQl(Struct, frozen=True):
    data: _TagsAdd | None = None
    errors: list[_Error] | None = None


_decode_order = msgspec.json.Decoder(_Order).decode
_decode_orders = msgspec.json.Decoder(_Orders).decode
_decode_graphql = msgspec.json.Decoder(_GraphQl).decode


class ShopifyCalls(Calls):
    limits = CallLimits(per_s=2.0, parallel_max=2, seconds_max=20.0, window_s_max=WINDOW_S)
    tells_orders = True
    lists = True
    does = frozenset({REMARK_ORDER, CANCEL_ORDER})

    def is_ready(self, shop: ShopConfig) -> bool:
        settings = shop.settings
        where = settings.get("api_url") or settings.get("shop_domain")
        return bool(where and settings.get("access_token"))

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        """The order that was edited: all other topics have it whole, and a deleted one is gone."""
        data = event.data
        if isinstance(data, OrderData) and data.order.lines is None and data.order.status is None:
            return (Want(kind="order", id=data.order.order_id),)
        return ()

    def detail(self, want: Want, asking: Asking) -> Request:
        return _get(asking, f"orders/{quote(want.id, safe='')}.json", {})

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:  # noqa: ARG002
        return _read(reply, lambda body: answered_order(bytes(_decode_order(body).order)))

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        if page is not None:
            # What is asked for stands in it, and must not be said twice.
            return _get(asking, "orders.json", {"limit": str(PAGE_SIZE), "page_info": page})
        query = {
            "status": "any",
            "updated_at_min": _utc(since_ms),
            "updated_at_max": _utc(until_ms),
            "order": "updated_at asc",
            "limit": str(PAGE_SIZE),
        }
        return _get(asking, "orders.json", query)

    def read_changed(self, reply: Reply, asking: Asking, page: str | None) -> Page:  # noqa: ARG002
        def read(body: bytes) -> tuple[Parsed, ...]:
            orders = _decode_orders(body).orders
            return tuple(one for raw in orders for one in answered_order(bytes(raw)))

        return Page(parsed=_read(reply, read), next=_next(reply.headers.get("link", "")))

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        order_id = order.key.order_id
        if action == CANCEL_ORDER:
            reason = doing.values.get("reason") or CANCEL_REASON
            path = f"orders/{quote(order_id, safe='')}/cancel.json"
            return _post(asking, path, {"reason": reason, "email": False})
        tags = [TAG, doing.values.get("remark") or f"{TAG}-{doing.alert.severity}"]
        variables = {
            "id": f"gid://shopify/Order/{order_id}",
            "tags": [tag[:TAG_LENGTH_MAX] for tag in tags],
        }
        return _post(asking, "graphql.json", {"query": _TAGS_ADD, "variables": variables})

    def read_told(self, action: str, reply: Reply) -> str:
        if action == CANCEL_ORDER:
            if reply.status == 422:
                raise PlatformTooLate(f"Shopify did not cancel it: {reply.body[:300]!r}")
            _check(reply)
            return ""
        answer = _read(reply, _decode_graphql)
        codes = {one.extensions.code for one in answer.errors or () if one.extensions}
        if _THROTTLED in codes:
            raise PlatformBusy("Shopify is asked too often.", code=_THROTTLED)
        tagged = answer.data.tags_add if answer.data else None
        wrong = [*(answer.errors or ()), *(tagged.user_errors if tagged else ())]
        if wrong or tagged is None:
            said = "; ".join(one.message for one in wrong)
            raise PlatformRefused(f"Shopify did not tag the order: {said}")
        return ""

    def probe(self, asking: Asking) -> Request:
        return _get(asking, "orders/count.json", {"status": "any"})

    def read_probe(self, reply: Reply) -> None:
        _check(reply)


def _get(asking: Asking, path: str, query: Mapping[str, str]) -> Request:
    tail = f"?{urlencode(query)}" if query else ""
    return Request(method="GET", url=f"{_base(asking.shop)}/{path}{tail}", headers=_headers(asking))


def _post(asking: Asking, path: str, document: Mapping[str, Any]) -> Request:
    headers = {**_headers(asking), "content-type": "application/json"}
    body = msgspec.json.encode(document)
    return Request(url=f"{_base(asking.shop)}/{path}", headers=headers, body=body)


def _headers(asking: Asking) -> dict[str, str]:
    return {"x-shopify-access-token": asking.access.token, "accept": "application/json"}


def _base(shop: ShopConfig) -> str:
    settings = shop.settings
    host = settings.get("api_url") or f"https://{settings.get('shop_domain', '')}"
    return f"{host.rstrip('/')}/admin/api/{settings.get('api_version') or API_VERSION}"


def _check(reply: Reply) -> None:
    status = reply.status
    if 200 <= status < 300:
        return
    if status == 401:
        raise TokenRejected(
            Bilingual("Shopify does not know the access token.", "Shopify 不认这个访问令牌。"),
            code="401",
        )
    if status == 429 or status >= 500:
        after = reply.headers.get("retry-after", "")
        after_s = float(after) if _SECONDS.fullmatch(after) else None
        raise PlatformBusy(
            Bilingual(f"Shopify answered {status}.", f"Shopify 返回 {status}。"),
            retry_after_s=after_s,
        )
    hints = {
        403: Bilingual(
            "Give the app the scopes read_orders and write_orders.",
            "请给应用 read_orders 和 write_orders 权限。",
        ),
        404: Bilingual(
            "Compare shop_domain and api_version, or the order is deleted.",
            "请核对 shop_domain 和 api_version；也可能订单已删除。",
        ),
    }
    body = repr(reply.body[:200])
    said = Bilingual(f"Shopify answered {status}: {body}", f"Shopify 返回 {status}：“{body}”。")
    raise PlatformRefused(said, hint=hints.get(status, ""), code=str(status))


def _read(reply: Reply, read: Callable[[bytes], T]) -> T:
    _check(reply)
    try:
        return read(reply.body)
    except (msgspec.DecodeError, MalformedMessage, RecursionError) as error:
        raise PlatformBusy(
            Bilingual(
                f"Shopify's answer cannot be read: {error}", f"Shopify 的应答读不懂：“{error}”。"
            )
        ) from error


def _next(link: str) -> str | None:
    """The `page_info` of the page that follows."""
    found = _NEXT.search(link)
    if found is None:
        return None
    return next(iter(parse_qs(urlsplit(found.group(1)).query).get("page_info", [])), None)


def _utc(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat(timespec="seconds")
