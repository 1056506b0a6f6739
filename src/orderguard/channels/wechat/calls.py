"""The shop's interface: orders whole, refunds with their amounts, changed orders, a remark."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from orderguard.bilingual import NO_REASON, Bilingual, quoted
from orderguard.channels.wechat import reading, shapes
from orderguard.channels.wechat.adapter import parsed
from orderguard.channels.wechat.events import PUSHED
from orderguard.channels.wechat.orders import tell_order, tell_refund
from orderguard.channels.wechat.settings import setting
from orderguard.channels.wechat.values import identity, text, whole
from orderguard.domain.calls import Access, Asking, CallLimits, Calls, Page, Reply, Request, Want
from orderguard.domain.events import CanonicalEvent, OrderData, RefundData
from orderguard.domain.ports import Concerned, Doing, Parsed, ShopConfig
from orderguard.errors import MalformedMessage, PlatformBusy, PlatformRefused, TokenRejected

PAGE_SIZE_MAX = 100
WINDOW_S_MAX = 86_400
"""Seven days are borne. A day at a time, little has to be read again after a failure."""
PROBE_S = 60
REMARK_LENGTH_MAX = 200
TOKEN_S_MAX = 86_400

ORDER = "/channels/ec/order/get"
REFUND = "/channels/ec/aftersale/getaftersaleorder"
LIST = "/channels/ec/order/list/get"
REMARK = "/channels/ec/order/merchantnotes/update"

_TOKEN_CODES = frozenset({"40001", "40014", "41001", "42001"})
_BUSY_CODES = frozenset({"-1", "45009", "45011"})
"""The system is busy; the day's or the minute's quota is used up."""
_IP_LIST = "IP 白名单"
_HINTS = {
    "40013": Bilingual(
        "Compare the shop's app_id with the console.", "请与后台核对店铺的 `app_id`。"
    ),
    "40125": Bilingual(
        "Compare the shop's app_secret with the console.", "请与后台核对店铺的 `app_secret`。"
    ),
    "40164": Bilingual(
        f"Put this server's public address on the IP list ({_IP_LIST}) beside the AppSecret.",
        f"请把本服务器的公网地址加入 AppSecret 旁的 {_IP_LIST}。",
    ),
    "48001": Bilingual(
        "Give the app the permissions for orders and after-sales in the console.",
        "请在后台给应用开通订单和售后的权限。",
    ),
}


class WechatCalls(Calls):
    limits = CallLimits(window_s_max=WINDOW_S_MAX)
    tells_orders = True
    lists = True
    does = frozenset({"remark_order"})
    # The remark is not taken back: by then a person may have written on in the same place.

    def app(self, shop: ShopConfig) -> str:
        return f"{shop.channel}/{shop.settings.get('app_id', '')}"

    def is_ready(self, shop: ShopConfig) -> bool:
        return bool(shop.settings.get("app_secret") or shop.settings.get("access_token"))

    def wants(self, event: CanonicalEvent) -> tuple[Want, ...]:
        """Every push of the shop is of ids alone; mini-program orders cannot be asked for here."""
        if not event.id.startswith(f"{PUSHED}_"):
            return ()
        match event.data:
            case OrderData():
                return (Want(kind="order", id=event.data.order.order_id),)
            case RefundData():
                data = event.data
                return (Want(kind="refund", id=data.refund_id, order_id=data.order_id),)
            case _:
                return ()

    def detail(self, want: Want, asking: Asking) -> Request:
        if want.kind == "refund":
            return _call(REFUND, {"after_sale_order_id": want.id}, asking)
        return _call(ORDER, {"order_id": want.id}, asking)

    def read_detail(self, want: Want, reply: Reply, asking: Asking) -> tuple[Parsed, ...]:  # noqa: ARG002
        answer = _answer(reply)
        try:
            if want.kind == "refund" and answer.after_sale_order is not None:
                told = tell_refund(answer.after_sale_order, want.order_id)
            elif want.kind == "order" and answer.order is not None:
                told = tell_order(answer.order)
            else:
                raise PlatformBusy("The answer has not what was asked for.")
        except MalformedMessage as error:
            raise PlatformBusy(error.message) from error
        return tuple(parsed(one, reply.body) for one in told)

    def changed(self, since_ms: int, until_ms: int, page: str | None, asking: Asking) -> Request:
        asked: dict[str, Any] = {
            "update_time_range": {"start_time": since_ms // 1000, "end_time": -(-until_ms // 1000)},
            "page_size": PAGE_SIZE_MAX,
        }
        if page is not None:
            asked["next_key"] = page
        return _call(LIST, asked, asking)

    def read_changed(
        self,
        reply: Reply,
        asking: Asking,  # noqa: ARG002
        page: str | None = None,  # noqa: ARG002
    ) -> Page:
        answer = _answer(reply)
        ids = [known for one in answer.order_id_list or () if (known := identity(one))]
        following = text(answer.next_key) if answer.has_more else None
        return Page(wants=tuple(Want(kind="order", id=one) for one in ids), next=following)

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:  # noqa: ARG002
        """The remark stands in place of a former one: there is one for each order."""
        asked = {"order_id": order.key.order_id, "merchant_notes": remark(doing)}
        return _call(REMARK, asked, asking)

    def read_told(self, action: str, reply: Reply) -> str:  # noqa: ARG002
        _answer(reply, is_effect=True)
        return ""

    def renew(self, asking: Asking) -> Request | None:
        shop = asking.shop
        secret = shop.settings.get("app_secret")
        if not secret:
            return None
        path = setting(shop, "token_path")
        given = {"grant_type": "client_credential", "appid": shop.settings.get("app_id", "")}
        url = f"{setting(shop, 'api_url').rstrip('/')}{path}"
        if path.endswith("stable_token"):
            return _post(url, {**given, "secret": secret})
        return Request(method="GET", url=f"{url}?{urlencode({**given, 'secret': secret})}")

    def read_renewed(self, reply: Reply, asking: Asking) -> Access:
        try:
            answer = _answer(reply)
        except TokenRejected as error:
            # Here the same codes say that the secret is wrong: asking again is of no use.
            hint = "Compare the shop's app_secret with the console."
            raise PlatformRefused(error.message, hint=hint, code=error.code) from error
        token, seconds = text(answer.access_token), whole(answer.expires_in, most=TOKEN_S_MAX)
        if token is None:
            raise PlatformBusy("The answer has no access token.")
        expires_ms = None if seconds is None else asking.now_ms + seconds * 1000
        return Access(token=token, expires_ms=expires_ms)

    def probe(self, asking: Asking) -> Request:
        until = asking.now_ms // 1000
        window = {"start_time": until - PROBE_S, "end_time": until}
        return _call(LIST, {"update_time_range": window, "page_size": 1}, asking)

    def read_probe(self, reply: Reply) -> None:
        _answer(reply)


def remark(doing: Doing) -> str:
    """What customer service reads on the order: the playbook's tag, and why."""
    last = doing.alert.hits[-1].explanation if doing.alert.hits else None
    why = "" if last is None else (last.zh if doing.language == "zh" else last.en)
    words = ": ".join(filter(None, ("OrderGuard", doing.values.get("tag"), why)))
    return words[:REMARK_LENGTH_MAX]


def _call(path: str, asked: dict[str, Any], asking: Asking) -> Request:
    url = f"{setting(asking.shop, 'api_url').rstrip('/')}{path}"
    return _post(f"{url}?access_token={quote(asking.access.token, safe='')}", asked)


def _post(url: str, asked: dict[str, Any]) -> Request:
    # The interface shows escaped characters as they are escaped: text is sent as UTF-8.
    body = json.dumps(asked, ensure_ascii=False).encode()
    return Request(url=url, headers={"content-type": "application/json"}, body=body)


def _answer(reply: Reply, *, is_effect: bool = False) -> shapes.Answer:
    """The answer of a call that went well. Raise for all others, as `Calls` says."""
    try:
        answer = reading.read(reply.body, shapes.Answer)
    except MalformedMessage as error:
        raise PlatformBusy(
            Bilingual(
                f"HTTP {reply.status}: {error.message}",
                f"HTTP {reply.status}，应答读不懂：“{error.message}”。",
            ),
            may_have_acted=is_effect,
        ) from error
    code = text(answer.errcode) or "0"
    reason = text(answer.errmsg)
    why = quoted(reason) if reason else NO_REASON
    said = Bilingual(f"{code}: {why.en}", f"微信返回 {code}：{why.zh}。")
    if code in _TOKEN_CODES:
        raise TokenRejected(said, code=code)
    if code in _BUSY_CODES or (code == "0" and not 200 <= reply.status < 300):
        unclear = is_effect and code in {"-1", "0"}
        raise PlatformBusy(said, code=code, may_have_acted=unclear)
    if code != "0":
        raise PlatformRefused(said, code=code, hint=_HINTS.get(code, ""))
    return answer
