"""What a warehouse is asked for through Qimen's gateway: hold an order, release it, cancel it."""

from collections.abc import Mapping
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from orderguard.bilingual import NO_REASON, Bilingual, quoted
from orderguard.channels.wms_qimen import documents
from orderguard.channels.wms_qimen.documents import said
from orderguard.channels.wms_qimen.settings import KEPT, value
from orderguard.channels.wms_qimen.signing import parameters, sign
from orderguard.channels.wms_qimen.values import written
from orderguard.domain.calls import Asking, CallLimits, Calls, Reply, Request
from orderguard.domain.ports import Concerned, Doing, Receipt, ShopConfig
from orderguard.errors import (
    MalformedMessage,
    PlatformBusy,
    PlatformFailure,
    PlatformRefused,
    PlatformTooLate,
)

HOLD, CANCEL = "hold_shipment", "cancel_order"
REASON_LENGTH_MAX = 200

_PENDING, _CANCELLING = "taobao.qimen.order.pending", "taobao.qimen.order.cancel"
_PROBING = "taobao.qimen.orderprocess.query"
_LIMITED = "7"
"""The gateway's code for too many calls."""
_GATEWAYS = frozenset({"11", "12", "13", *map(str, range(20, 35)), "40", "41"})
"""Codes of the gateway itself: no permission, a bad key, a wrong signature, a missing parameter."""
_GONE = ("已发货", "已出库", "发货完成", "出库完成", "DELIVERED")
"""Codes of warehouses are their own: these words in a no mean that the parcel has left."""


class QimenCalls(Calls):
    limits = CallLimits(per_s=5.0, parallel_max=4)
    does = frozenset({HOLD, CANCEL})
    undoes = frozenset({HOLD})
    serves = "orders_of"

    def app(self, shop: ShopConfig) -> str:
        return f"{shop.channel}/{value(shop, 'app_key')}"

    def is_ready(self, shop: ShopConfig) -> bool:
        return bool(shop.secrets and value(shop, "app_key") and value(shop, "customer_id"))

    def tell(self, action: str, order: Concerned, doing: Doing, asking: Asking) -> Request:
        reason = ", ".join(doing.alert.rules)[:REASON_LENGTH_MAX]
        if action == CANCEL:
            return _asked(_CANCELLING, _about(order, asking, cancelReason=reason), asking)
        told = _about(order, asking, actionType="pending", reason=reason)
        return _asked(_PENDING, told, asking)

    def untell(self, action: str, order: Concerned, receipt: Receipt, asking: Asking) -> Request:  # noqa: ARG002
        return _asked(_PENDING, _about(order, asking, actionType="restore"), asking)

    def read_told(self, action: str, reply: Reply) -> str:
        """The warehouse's own number of the document, where it says one.

        Asked twice, a warehouse holds once; to cancel what is cancelled it may say no.
        """
        answer = _read(reply, may_have_acted=action == CANCEL)
        return said(answer, "orderId", "requestId", "request_id") or ""

    def probe(self, asking: Asking) -> Request:
        """Ask how far an order is that nobody has: the answer shows that the signature is right."""
        told = {"orderCode": "orderguard-probe", "orderType": value(asking.shop, "order_type")}
        return _asked(_PROBING, _addressed(told, asking), asking)

    def read_probe(self, reply: Reply) -> None:
        try:
            _read(reply)
        except PlatformRefused as refused:
            if refused.code in _GATEWAYS or "sign" in refused.code:
                raise


def _about(order: Concerned, asking: Asking, **told: str) -> dict[str, str]:
    code = value(asking.shop, "code_prefix") + order.key.order_id
    named = {"orderCode": code, "orderType": value(asking.shop, "order_type"), **told}
    return _addressed(named, asking)


def _addressed(told: Mapping[str, str], asking: Asking) -> dict[str, str]:
    """With the warehouse and the owner of the goods."""
    return {
        "warehouseCode": value(asking.shop, "warehouse_code"),
        "ownerCode": value(asking.shop, "owner_code"),
        **told,
    }


def _asked(method: str, told: Mapping[str, str], asking: Asking) -> Request:
    root = Element("request")
    for name, text in told.items():
        if text:
            SubElement(root, name).text = text
    body = b'<?xml version="1.0" encoding="utf-8"?>' + tostring(root, "utf-8")
    shop = asking.shop
    given = {
        "method": method,
        "timestamp": written(asking.now_ms),
        "format": "xml",
        "app_key": value(shop, "app_key"),
        "v": "2.0",
        "sign_method": "md5",
        "customerId": value(shop, "customer_id"),
    }
    keeps_empty = value(shop, "empty_values") == KEPT
    secret = shop.secrets[0] if shop.secrets else ""
    made = sign(parameters(urlencode(given)) or {}, body, secret, keeps_empty=keeps_empty)
    query = urlencode({**given, "sign": made.decode()})
    return Request(
        url=f"{value(shop, 'api_url')}?{query}",
        headers={"content-type": "text/xml; charset=utf-8"},
        body=body,
    )


_AGAIN = Bilingual("It is tried again.", "会自动重试。")
_CARRIER = Bilingual("Ask the carrier to turn it round.", "请让承运商退回。")
_WAREHOUSE = Bilingual("Ask the warehouse.", "请询问仓库。")


def _read(reply: Reply, *, may_have_acted: bool = False) -> Element:
    """The answer of a yes. Raise a PlatformFailure for everything else."""
    try:
        answer = documents.read(reply.body, reply.headers)
    except MalformedMessage:
        answer = Element("none")
    flag = (said(answer, "flag") or "").lower()
    if flag == "success":
        return answer
    if flag == "failure" or answer.tag == "error_response":
        raise _failure(answer, reply)
    raise PlatformBusy(
        Bilingual(
            f"Qimen's gateway answered {reply.status}, and no document of its own.",
            f"奇门网关返回 {reply.status}，没有给出应答文档。",
        ),
        hint=_AGAIN,
        may_have_acted=may_have_acted and reply.status not in (429, 503),
    )


def _failure(answer: Element, reply: Reply) -> PlatformFailure:
    code = said(answer, "sub_code", "code") or str(reply.status)
    message = said(answer, "message", "sub_message", "sub_msg", "msg") or ""
    why = quoted(message) if message else NO_REASON
    told = Bilingual(
        f"The warehouse said no: {why.en} ({code}).", f"仓库拒绝：{why.zh}（{code}）。"
    )
    is_limited = said(answer, "code") == _LIMITED
    if is_limited or code.startswith("isp.") or reply.status in (429, 503):
        return PlatformBusy(told, hint=_AGAIN, code=code)
    if "sign" in code or code in _GATEWAYS:
        hint = Bilingual(
            "Compare app key, app secret and customerId with the console.",
            "请与控制台核对 App Key、App Secret 和 customerId。",
        )
        return PlatformRefused(told, hint=hint, code=code)
    if any(word in message or word in code for word in _GONE):
        return PlatformTooLate(told, hint=_CARRIER, code=code)
    return PlatformRefused(told, hint=_WAREHOUSE, code=code)
