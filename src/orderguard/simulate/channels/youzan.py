"""Youzan's cloud on this machine: one message a push out, calls with a token in.

Written from the platform's own documents, without the adapter's code.
"""

import datetime as dt
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

from msgspec.structs import replace

from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData, ShipmentData
from orderguard.domain.orders import Order, OrderStatus
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.channels.youzan_writing import (
    CHINA,
    EXPIRED,
    REFUND_STATUSES,
    REFUNDED,
    STATUSES,
    gateway_no,
    known_of,
    local,
    memo_no,
    memo_yes,
    no,
    refund_of,
    trade,
    yes,
)
from orderguard.simulate.providers.server import Asked, Fault, Told

KDT_ID = 12345678
PAGE_MAX = 100
DEPTH_MAX = 3_000
TOKEN_MS = 7 * 86_400_000
TYPES: Mapping[EventType, tuple[str, ...]] = {
    EventType.ORDER_CREATED: ("trade_TradeCreate",),
    EventType.ORDER_PAID: ("trade_TradePaid", "trade_TradeBuyerPay"),
    EventType.ORDER_UPDATED: ("trade_TradeMemoModified",),
    EventType.ORDER_COMPLETED: ("trade_TradeSuccess",),
    EventType.ORDER_CANCELLED: ("trade_TradeClose",),
    EventType.ORDER_CLOSED: ("trade_TradeClose",),
    EventType.SHIPMENT_SHIPPED: ("trade_TradeSellerShip",),
    EventType.REFUND_REQUESTED: ("youzan_trade_RefundCreated",),
    EventType.REFUND_APPROVED: ("youzan_trade_RefundSellerAgree",),
    EventType.REFUND_REJECTED: ("youzan_trade_RefundClosed",),
    EventType.REFUND_SUCCEEDED: ("youzan_trade_RefundSuccess",),
}
WHOLE = frozenset({"trade_TradeCreate", "trade_TradePaid", "trade_TradeBuyerPay"})
"""Messages that hold the order whole."""


class YouzanPlatform(Platform):
    channel = "youzan"
    tells = frozenset(TYPES) - {EventType.ORDER_UPDATED}

    def __init__(self, number: int = 1, **kwargs: Any) -> None:
        self._messages = itertools.count(1)
        super().__init__(number, **kwargs)

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": url, "access_token": self.access.token}

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and b"success" in body

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        types = TYPES.get(event.type, ())
        match event.data:
            case RefundData():
                return [self._refunded(name, event.data.refund_id, at_ms) for name in types]
            case OrderData():
                order = self.orders[event.data.order.order_id]
            case ShipmentData() if event.data.order_id in self.orders:
                order = self.orders[event.data.order_id]
            case _:
                return []
        if event.type is EventType.ORDER_PAID and order.paid_at is None:
            order = self.orders[order.order_id] = replace(order, paid_at=order.updated_at)
        return [self._traded(name, order, at_ms // 1000) for name in types]

    def _traded(self, name: str, order: Order, version: int) -> RawMessage:
        status = STATUSES.get(order.status, "TRADE_PAID")
        message: dict[str, Any] = {"tid": order.order_id, "update_time": local(order.updated_at)}
        if name == "trade_TradeClose":
            is_refunded = order.status is OrderStatus.CLOSED
            message["close_type"] = REFUNDED if is_refunded else EXPIRED
        if name in WHOLE:
            message = self._trade(order)
        if name == "trade_TradePaid":
            status = message["full_order_info"]["order_info"]["status"] = "TRADE_PAID"
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        return self._push(name, order.order_id, status, quote(text, safe=""), version)

    def _refunded(self, name: str, refund_id: str, at_ms: int) -> RawMessage:
        refund = self.refunds[refund_id]
        message = {
            "tid": refund.data.order_id,
            "refund_id": refund_id,
            "version": at_ms,
            "refunded_fee": refund.data.amount,
            "refund_type": "REFUND_ONLY",
        }
        status = REFUND_STATUSES[refund.stage]
        return self._push(name, refund.data.order_id, status, message, at_ms)

    def _push(self, name: str, thing: str, status: str, message: Any, version: int) -> RawMessage:
        document = {
            "client_id": self.shop.settings["client_id"],
            "kdt_id": KDT_ID,
            "kdt_name": "示例店",
            "root_kdt_id": KDT_ID,
            "id": thing,
            "type": name,
            "status": status,
            "msg": message,
            "msg_id": str(UUID(int=next(self._messages))),
            "version": version,
            "sendCount": 0,
            "test": False,
            "mode": 1,
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        return RawMessage({"content-type": "application/json", "event-type": name}, "", body)

    def tellable(self, order: Order) -> Order:
        return known_of(order)

    def act(self, asked: Asked) -> Told:
        if self.detail_s:
            time.sleep(self.detail_s)
        parts = urlsplit(asked.path)
        if asked.headers.get("content-type") != "application/json":
            return gateway_no(4007, "非法的请求姿势")
        try:
            params = json.loads(asked.body)
        except ValueError:
            return gateway_no(4004, "非法的Content")
        if parts.path == "/auth/token":
            return self._token(params)
        answers = {
            "/api/youzan.trade.get/4.0.2": self._detail,
            "/api/youzan.trades.sold.get/4.0.4": self._list,
            "/api/youzan.trade.refund.get/3.0.1": self._refund,
            "/api/youzan.trade.refund.search/3.0.1": self._refunds,
            "/api/youzan.trade.memo.update/3.0.0": self._memo,
            "/api/youzan.trade.close/3.0.0": self._close,
            "/api/youzan.trade.order.set.close/1.0.0": self._close,
        }
        if parts.path not in answers:
            return gateway_no(4005, "非法的API")
        given = parse_qs(parts.query).get("access_token", [""])[0]
        if given != self.access.token:
            return gateway_no(4203 if given else 4201, "Token 不存在")
        return answers[parts.path](params)

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            return gateway_no(4101, "请求太频繁")
        if fault is Fault.REFUSING:
            return gateway_no(4204, "无权限访问")
        return Told(502, b"<html>502 Bad Gateway</html>")

    def _trade(self, order: Order) -> dict[str, Any]:
        parcels = self.parcels.get(order.order_id, {}).values()
        return trade(order, self.remarks.get(order.order_id, ""), parcels)

    def _detail(self, params: Mapping[str, Any]) -> Told:
        order = self.orders.get(params["tid"])
        return yes(self._trade(order)) if order else no(5000, "trade not found")

    def _list(self, params: Mapping[str, Any]) -> Told:
        if params["page_size"] > PAGE_MAX:
            return no(5000, "每页最多显示100条数据")
        since, until = params["start_update"], params["end_update"]
        if since > until:
            return no(5000, "开始时间不能大于结束时间")
        found = sorted(
            (local(order.updated_at), order_id)
            for order_id, order in self.orders.items()
            if since <= local(order.updated_at) <= until
        )
        rows = [self._trade(self.orders[order_id]) for _, order_id in _page(found, params)]
        return yes({"full_order_info_list": rows, "total_results": len(found)})

    def _refund(self, params: Mapping[str, Any]) -> Told:
        refund = self.refunds.get(params["refund_id"])
        return yes(refund_of(refund)) if refund else no(103011024, "退款记录不存在")

    def _refunds(self, params: Mapping[str, Any]) -> Told:
        if params["page_no"] * params["page_size"] > DEPTH_MAX:
            return no(53001, "超过ES搜索最大深度")
        since, until = params["update_time_start"], params["update_time_end"]
        found = sorted(
            (str(refund.changed_ms), refund_id)
            for refund_id, refund in self.refunds.items()
            if since <= refund.changed_ms // 1000 <= until
        )
        rows = [refund_of(self.refunds[refund_id]) for _, refund_id in _page(found, params)]
        return yes({"refunds": rows, "total": len(found)})

    def _memo(self, params: Mapping[str, Any]) -> Told:
        if params["tid"] not in self.orders:
            return memo_no()
        self.remarks[params["tid"]] = params["memo"]
        self.effects.append(f"remark_order {params['tid']}")
        return memo_yes()

    def _close(self, params: Mapping[str, Any]) -> Told:
        order = self.orders.get(params["tid"])
        if order is None:
            return no(105000016, "订单不存在")
        if order.status is not OrderStatus.PENDING_PAYMENT:
            return no(101305001, "订单状态不允许关闭")
        now = dt.datetime.fromtimestamp(self.now_ms() // 1000, CHINA)
        closed = replace(order, status=OrderStatus.CANCELLED, updated_at=now)
        self.orders[order.order_id] = closed
        self.changed_ms[order.order_id] = self.now_ms()
        self.effects.append(f"cancel_order {order.order_id}")
        return yes({"is_success": True})

    def _token(self, params: Mapping[str, Any]) -> Told:
        mine = (self.shop.settings["client_id"], self.shop.secrets[0])
        if (params.get("client_id"), params.get("client_secret")) != mine:
            return no(1103, "Client 不存在")
        if not (params.get("grant_id") or params.get("refresh_token")):
            return no(1105, "grant_id 不能为空")
        token = {"access_token": self.access.token, "refresh_token": "simulated-refresh"}
        return yes({**token, "expires": self.now_ms() + TOKEN_MS, "authority_id": str(KDT_ID)})


def _page(found: Sequence[tuple[str, str]], params: Mapping[str, Any]) -> list[tuple[str, str]]:
    first = (params["page_no"] - 1) * params["page_size"]
    return list(found[first : first + params["page_size"]])


PLATFORM = YouzanPlatform
