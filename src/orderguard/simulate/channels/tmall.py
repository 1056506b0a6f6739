"""Taobao and Tmall on this machine: TMC's connection, inbound calls in SPI form, and TOP's gateway.

`happened` gives calls to the webhook; `tmc.publish` of them lets them come by the connection.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from orderguard.domain.calls import Access
from orderguard.domain.events import (
    AftersaleData,
    CanonicalEvent,
    EventType,
    InventoryData,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform, Refund
from orderguard.simulate.channels.tmc import TmcServer
from orderguard.simulate.channels.top import is_near, no, number_of, page, yes
from orderguard.simulate.providers.server import Asked, Fault, Told

STATUSES = {
    OrderStatus.PENDING_PAYMENT: "WAIT_BUYER_PAY",
    OrderStatus.PAID: "WAIT_SELLER_SEND_GOODS",
    OrderStatus.FULFILLING: "SELLER_CONSIGNED_PART",
    OrderStatus.SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
    # Only cash on delivery has a word for it.
    OrderStatus.DELIVERED: "WAIT_BUYER_CONFIRM_GOODS",
    OrderStatus.COMPLETED: "TRADE_FINISHED",
    OrderStatus.CLOSED: "TRADE_CLOSED",
    OrderStatus.CANCELLED: "TRADE_CLOSED_BY_TAOBAO",
}
TOPICS = {
    EventType.ORDER_CREATED: "taobao_trade_TradeCreate",
    EventType.ORDER_PAID: "taobao_trade_TradeBuyerPay",
    EventType.ORDER_UPDATED: "taobao_trade_TradeChanged",
    EventType.ORDER_CANCELLED: "taobao_trade_TradeClose",
    EventType.ORDER_CLOSED: "taobao_trade_TradeClose",
    EventType.ORDER_COMPLETED: "taobao_trade_TradeSuccess",
    EventType.SHIPMENT_SHIPPED: "taobao_trade_TradeSellerShip",
    EventType.SHIPMENT_IN_TRANSIT: "taobao_logistics_LogsticDetailTrace",
    EventType.SHIPMENT_DELIVERED: "taobao_logistics_LogsticDetailTrace",
    EventType.REFUND_REQUESTED: "taobao_refund_RefundCreated",
    EventType.REFUND_APPROVED: "taobao_refund_RefundSellerAgreeAgreement",
    EventType.REFUND_REJECTED: "taobao_refund_RefundSellerRefuseAgreement",
    EventType.REFUND_SUCCEEDED: "taobao_refund_RefundSuccess",
    EventType.DISPUTE_OPENED: "taobao_refund_TaobaoInterApplied",
    EventType.INVENTORY_CHANGED: "taobao_item_ItemStockChanged",
}
STEPS = {EventType.SHIPMENT_IN_TRANSIT: "GOT", EventType.SHIPMENT_DELIVERED: "SIGNED"}
STAGES = {
    EventType.REFUND_REQUESTED: "WAIT_SELLER_AGREE",
    EventType.REFUND_APPROVED: "WAIT_BUYER_RETURN_GOODS",
    EventType.REFUND_REJECTED: "SELLER_REFUSE_BUYER",
    EventType.REFUND_SUCCEEDED: "SUCCESS",
}


class TmallPlatform(Platform):
    channel = "tmall"
    tells = frozenset(TOPICS) - {EventType.ORDER_UPDATED}
    access = Access()
    """A seller's session is a setting of the shop."""

    def __init__(self, number: int = 1, *, now_ms: Callable[[], int]) -> None:
        super().__init__(number, now_ms=now_ms)
        self._numbers = itertools.count(1)
        self.tmc = TmcServer(frames=self.signer.frames, admits=self._admits)

    def close(self) -> None:
        self.tmc.close()
        super().close()

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": f"{url}/router/rest", "tmc_url": self.tmc.url}

    def secrets(self) -> tuple[str, ...]:
        return (*self.shop.secrets, self.shop.settings["session"])

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and json.loads(body).get("success") is True

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        topic = TOPICS.get(event.type)
        if topic is None:
            return []
        content = self._content(event, at_ms)
        message = {
            "id": 6_000_000_000_000_000_000 + next(self._numbers),
            "topic": topic,
            "pub_time": self.signer.china_time(at_ms),
            "time": at_ms,
            "user_id": 2_200_000_000_001,
            "user_nick": "示例旗舰店",
            "content": json.dumps(content, ensure_ascii=False),
        }
        return [RawMessage({}, "", json.dumps(message, ensure_ascii=False).encode())]

    def tellable(self, order: Order) -> Order:
        buyer, ship_to, payment = order.buyer, order.ship_to, order.payment
        told = OrderStatus.SHIPPED if order.status is OrderStatus.DELIVERED else order.status
        return Order(
            order_id=order.order_id,
            status=told,
            created_at=order.created_at,
            paid_at=order.paid_at,
            updated_at=order.updated_at,
            buyer=Buyer(id=buyer.id) if buyer and buyer.id else None,
            lines=tuple(replace(line, hs_code=None) for line in order.lines or ()),
            amount=order.amount,
            discount=order.discount,
            freight=order.freight,
            currency="CNY",
            coupons=order.coupons or None,
            payment=Payment(amount=order.amount, currency="CNY", paid_at=order.paid_at)
            if payment and order.paid_at
            else None,
            ship_to=ShipTo(
                province=ship_to.province,
                city=ship_to.city,
                district=ship_to.district,
                postcode=ship_to.postcode,
                address_token=f"{self.shop.settings['app_key']}:{self._oaid(ship_to)}",
            )
            if ship_to
            else None,
        )

    def act(self, asked: Asked) -> Told:
        given = dict(parse_qsl(urlsplit(asked.path).query, keep_blank_values=True))
        given |= dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        if refusal := self._refusal(given):
            return no(*refusal)
        answer = {
            "taobao.trade.fullinfo.get": self._trade_got,
            "taobao.refund.get": self._refund_got,
            "taobao.trades.sold.increment.get": self._trades_listed,
            "taobao.refunds.receive.get": self._refunds_listed,
            "taobao.trade.memo.update": self._remarked,
            "taobao.trade.memo.add": self._remarked,
            "taobao.trade.close": self._closed,
        }.get(given.get("method", ""))
        return answer(given) if answer else no("22", "Invalid Method")

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            said = "This ban will last for 1 more seconds"
            return no("7", "App Call Limited", "accesscontrol.limited-by-api-access-count", said)
        if fault is Fault.REFUSING:
            return no("15", "Remote service error", "isv.invalid-parameter", "非法参数")
        return Told(500, b"<html><body>500</body></html>", {"content-type": "text/html"})

    def _keep(self, event: CanonicalEvent, told: Order, at_ms: int) -> None:
        """Steps of a parcel beyond its leaving change nothing of the trade."""
        is_step = isinstance(event.data, ShipmentData)
        if not is_step or event.type is EventType.SHIPMENT_SHIPPED:
            super()._keep(event, told, at_ms)

    def _admits(self, headers: Mapping[str, Any]) -> bool:
        app_key, group = self.shop.settings["app_key"], headers.get("group_name", "")
        expected = self.signer.signing.connect_sign(
            app_key, group, headers.get("timestamp", ""), self.shop.secrets[0]
        )
        return headers.get("app_key") == app_key and headers.get("sign") == expected

    def _content(self, event: CanonicalEvent, at_ms: int) -> dict[str, Any]:
        modified = self.signer.china_time(at_ms)
        match event.data:
            case ShipmentData() as parcel if event.type in STEPS:
                return {
                    "tid": number_of(parcel.order_id),
                    "action": STEPS[event.type],
                    "out_sid": parcel.tracking_no,
                    "company_name": parcel.carrier,
                    "desc": "【杭州】快件已处理",
                    "time": modified,
                }
            case OrderData(order=Order(order_id=order_id)) | ShipmentData(order_id=order_id):
                return self._trade_content(order_id)
            case RefundData() as refund:
                return {
                    **self._trade_content(refund.order_id),
                    "refund_id": number_of(refund.refund_id),
                    "refund_fee": refund.amount,
                    "bill_type": "refund_bill",
                    "refund_phase": "onsale",
                    "modified": modified,
                }
            case AftersaleData(order_id=order_id, amount=amount):
                return {
                    **self._trade_content(order_id),
                    "refund_fee": amount,
                    "modified": modified,
                }
            case InventoryData(sku=sku, available=available):
                sku_id = number_of(sku.removeprefix("tmall_sku:"))
                return {"num_iid": 600_000_000_001, "sku_id": sku_id, "sku_num": available}
        return {}

    def _trade_content(self, order_id: str) -> dict[str, Any]:
        order = self.orders.get(order_id) or Order(order_id=order_id)
        lines = order.lines or ()
        alone = len(lines) == 1
        content = {
            "tid": number_of(order_id),
            "oid": number_of(lines[0].line_id or order_id) if lines else number_of(order_id),
            "buyer_nick": "t**1",
            "buyer_open_uid": order.buyer.id if order.buyer else None,
            "seller_nick": "示例旗舰店",
            "payment": order.amount,
            "post_fee": order.freight if alone else "0.00",
            "status": STATUSES.get(order.status or OrderStatus.UNKNOWN),
            "type": "guarantee_trade",
        }
        return {name: value for name, value in content.items() if value is not None}

    def _oaid(self, ship_to: ShipTo) -> str:
        """The same addressee in the same shop by the same app, for a week."""
        parts = (self.shop.settings["app_key"], self.shop.shop, ship_to.name, ship_to.phone)
        whole = (*parts, ship_to.province, ship_to.city, ship_to.district, ship_to.street)
        return hashlib.sha256("\x1f".join(str(one) for one in whole).encode()).hexdigest()

    def _refusal(self, given: Mapping[str, str]) -> tuple[str, ...] | None:
        """What TOP looks at before it looks at the method, in its order."""
        if given.get("app_key") != self.shop.settings["app_key"]:
            return "29", "Invalid app Key"
        signing, way = self.signer.signing, given.get("sign_method", "md5")
        if way not in signing.METHODS:
            return "41", "Invalid arguments:sign_method"
        if given.get("sign") != signing.request_sign(given, self.shop.secrets[0], way):
            return "25", "Invalid signature"
        now = self.signer.china_time(self.now_ms())
        if not is_near(given.get("timestamp", ""), now):
            return "31", "Invalid timestamp"
        if given.get("session") != self.shop.settings["session"]:
            return "27", "Invalid session", "sessionkey-not-generated-by-server", "授权已失效"
        return None

    def _trade_got(self, given: Mapping[str, str]) -> Told:
        order = self.orders.get(given.get("tid", ""))
        if order is None:
            return no("15", "Remote service error", "isv.trade-not-exist", "交易订单不存在")
        return yes("trade_fullinfo_get_response", {"trade": self._trade(order)})

    def _trade(self, order: Order) -> dict[str, Any]:
        time = self._time
        trade: dict[str, Any] = {
            "tid": number_of(order.order_id),
            "tid_str": order.order_id,
            "status": STATUSES.get(order.status or OrderStatus.UNKNOWN),
            "type": "fixed",
            "created": time(order.created_at),
            "pay_time": time(order.paid_at),
            "modified": time(order.updated_at),
            "buyer_nick": "t**1",
            "buyer_open_uid": order.buyer.id if order.buyer else None,
            "payment": order.amount,
            "discount_fee": order.discount,
            "post_fee": order.freight,
            "orders": {"order": [self._sub_order(order, one) for one in order.lines or ()]},
        }
        if order.coupons:
            promotions = [
                {"id": order.order_id, "promotion_id": one.id, "discount_fee": one.amount}
                for one in order.coupons
            ]
            trade["promotion_details"] = {"promotion_detail": promotions}
        if order.ship_to:
            trade |= {
                "receiver_name": "收**",
                "receiver_mobile": "*******0000",
                "receiver_address": "文*****",
                "receiver_state": order.ship_to.province,
                "receiver_city": order.ship_to.city,
                "receiver_district": order.ship_to.district,
                "receiver_zip": order.ship_to.postcode or "000000",
                "oaid": self._oaid(order.ship_to),
            }
        return {name: value for name, value in trade.items() if value is not None}

    def _sub_order(self, order: Order, line: Line) -> dict[str, Any]:
        sent = [
            one
            for one in self.parcels.get(order.order_id, {}).values()
            if one.lines is None or line.sku in {part.sku for part in one.lines}
        ]
        told = {
            "oid": number_of(line.line_id or ""),
            "sku_id": line.channel_sku,
            "outer_sku_id": line.sku,
            "num_iid": number_of(line.product_id or ""),
            "title": line.title,
            "num": line.quantity,
            "price": line.unit_price,
            "discount_fee": "0.00",
            "status": STATUSES.get(order.status or OrderStatus.UNKNOWN),
            "refund_status": "NO_REFUND",
            "invoice_no": sent[0].tracking_no if sent else None,
            "logistics_company": sent[0].carrier if sent else None,
            "consign_time": self._time(order.updated_at) if sent else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _refund_got(self, given: Mapping[str, str]) -> Told:
        refund = self.refunds.get(given.get("refund_id", ""))
        if refund is None:
            return no("15", "Remote service error", "isv.refund-not-exist", "退款不存在")
        return yes("refund_get_response", {"refund": self._refund(refund)})

    def _refund(self, refund: Refund) -> dict[str, Any]:
        data = refund.data
        lines = data.lines or ()
        told = {
            "refund_id": data.refund_id,
            "tid": number_of(data.order_id),
            "status": STAGES[refund.stage],
            "modified": self.signer.china_time(refund.changed_ms),
            "refund_fee": data.amount,
            "reason": data.reason,
            "num": lines[0].quantity if lines else None,
            "outer_id": lines[0].sku if lines else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _trades_listed(self, given: Mapping[str, str]) -> Told:
        rows = [
            {
                "tid": number_of(order_id),
                "tid_str": order_id,
                "status": STATUSES.get(self.orders[order_id].status or OrderStatus.UNKNOWN),
                "modified": self.signer.china_time(at_ms),
            }
            for order_id, at_ms in list(self.changed_ms.items())
        ]
        return page("trades_sold_increment_get_response", ("trades", "trade"), rows, given)

    def _refunds_listed(self, given: Mapping[str, str]) -> Told:
        rows = [self._refund(one) for one in list(self.refunds.values())]
        return page("refunds_receive_get_response", ("refunds", "refund"), rows, given)

    def _remarked(self, given: Mapping[str, str]) -> Told:
        tid = given.get("tid", "")
        if tid not in self.orders:
            return no("15", "Remote service error", "isv.trade-not-exist", "交易订单不存在")
        verb = given["method"].removeprefix("taobao.trade.memo.")
        if verb == "add" and tid in self.remarks:
            return no("15", "Remote service error", "isv.memo-already-exist", "备注已存在")
        self.remarks[tid] = given.get("memo", "")
        self.effects.append(f"remark {tid}")
        trade = {"tid": number_of(tid), "modified": self.signer.china_time(self.now_ms())}
        return yes(f"trade_memo_{verb}_response", {"trade": trade})

    def _closed(self, given: Mapping[str, str]) -> Told:
        order = self.orders.get(given.get("tid", ""))
        if order is None:
            return no("15", "Remote service error", "isv.trade-not-exist", "交易订单不存在")
        if order.status is not OrderStatus.PENDING_PAYMENT:
            return no("15", "Remote service error", "isv.invalid-trade-status", "交易已付款")
        self.orders[order.order_id] = replace(order, status=OrderStatus.CANCELLED)
        self.changed_ms[order.order_id] = self.now_ms()
        self.effects.append(f"close {order.order_id}")
        return yes("trade_close_response", {"trade": {"tid": number_of(order.order_id)}})

    def _time(self, moment: Any) -> str | None:
        return self.signer.china_time(round(moment.timestamp() * 1000)) if moment else None


PLATFORM = TmallPlatform
