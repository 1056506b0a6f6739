"""JD on this machine: pushes as Daojia's, and JOS as POP shops ask it.

Pushes name an order and its state alone. JOS answers with whole orders, lists what changed page by
page, tells requests for refunds, takes remarks and renews tokens.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from orderguard.domain.calls import Access
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData, ShipmentData
from orderguard.domain.orders import Buyer, Coupon, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform, Refund
from orderguard.simulate.providers.server import Asked, Fault, Told

CHINA = dt.timezone(dt.timedelta(hours=8))
SKEW_MS_MAX = 600_000
PAGE_SIZE_MAX = 100
TOKEN_S = 86_400

_PUSHES = {
    EventType.ORDER_PAID: ("newOrder", "32000"),
    EventType.ORDER_CANCELLED: ("userCancelOrder", "20020"),
    EventType.ORDER_CLOSED: ("userCancelOrder", "20020"),
    EventType.ORDER_COMPLETED: ("finishOrder", "33060"),
    EventType.SHIPMENT_SHIPPED: ("deliveryOrder", "33040"),
    EventType.REFUND_REQUESTED: ("applyCancelOrder", "20030"),
}
_STATES = {
    OrderStatus.PENDING_PAYMENT: "NOT_PAY",
    OrderStatus.PAID: "WAIT_SELLER_STOCK_OUT",
    OrderStatus.FULFILLING: "WAIT_SELLER_DELIVERY",
    OrderStatus.SHIPPED: "WAIT_GOODS_RECEIVE_CONFIRM",
    OrderStatus.DELIVERED: "WAIT_GOODS_RECEIVE_CONFIRM",
    OrderStatus.COMPLETED: "FINISHED_L",
    OrderStatus.CANCELLED: "TRADE_CANCELED",
    OrderStatus.CLOSED: "TRADE_CANCELED",
}
_STAGES = {
    EventType.REFUND_REQUESTED: "0",
    EventType.REFUND_APPROVED: "1",
    EventType.REFUND_REJECTED: "2",
    EventType.REFUND_SUCCEEDED: "3",
}
"""That the money is back is told nowhere: what is told last is that JD's clerks agreed."""


class JdPlatform(Platform):
    """`locked`: orders that JD holds back for a request."""

    channel = "jd"
    tells = frozenset({EventType.SHIPMENT_SHIPPED})
    access: ClassVar[Access] = Access(token="simulated-token")  # noqa: S106 - nobody's.

    def __init__(self, number: int = 1, *, now_ms: Callable[[], int]) -> None:
        self.locked: set[str] = set()
        self.token, self.refresh, self.renewed = "simulated-token", "simulated-refresh", 0
        super().__init__(number, now_ms=now_ms)

    def tellable(self, order: Order) -> Order:
        buyer, payment = order.buyer or Buyer(), order.payment or Payment()
        paid_at = payment.paid_at or order.paid_at
        ship_to = order.ship_to or ShipTo()
        return Order(
            order_id=order.order_id,
            status=_told_status(order, is_paid=paid_at is not None),
            created_at=order.created_at,
            paid_at=paid_at,
            updated_at=order.updated_at,
            buyer=Buyer(id=buyer.id),
            lines=tuple(replace(line, line_id=None, hs_code=None) for line in order.lines or ()),
            amount=order.amount,
            discount=order.discount,
            freight=order.freight,
            currency="CNY",
            coupons=tuple(Coupon(amount=coupon.amount) for coupon in order.coupons or ()),
            payment=Payment(method="online", paid_at=paid_at),
            ship_to=ShipTo(
                province=ship_to.province,
                city=ship_to.city,
                district=ship_to.district,
                street=ship_to.street,
                name=ship_to.name,
                phone=ship_to.phone,
            ),
        )

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        match event.data:
            case OrderData():
                order_id = event.data.order.order_id
            case ShipmentData() | RefundData():
                order_id = event.data.order_id
            case _:
                return []
        if event.type not in _PUSHES:
            return []
        interface, status = _PUSHES[event.type]
        told = {"billId": order_id, "statusId": status, "timestamp": _written(at_ms)}
        return [RawMessage({}, "", json.dumps(told).encode(), path=f"djsw/{interface}")]

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body == b'{"code":"0","msg":"success","data":""}'

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": f"{url}/routerjson", "oauth_url": f"{url}/oauth2/refresh_token"}

    def act(self, asked: Asked) -> Told:
        path, query = urlsplit(asked.path).path, urlsplit(asked.path).query
        if path == "/oauth2/refresh_token":
            return self._renewed(dict(parse_qsl(query)))
        given = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        if fault := self._fault(given):
            return _error(*fault)
        told = json.loads(given["360buy_param_json"])
        return self._answered(given["method"], told)

    def fail(self, fault: Fault) -> Told:
        match fault:
            case Fault.BUSY:
                return _error("2", "调用频率超限", "Call limited")
            case Fault.REFUSING:
                return _error("12", "无效签名", "Invalid signature")
            case _:
                return Told(502, b"<html>Bad Gateway</html>")

    def _answered(self, method: str, told: Mapping[str, Any]) -> Told:
        match method:
            case "jingdong.pop.order.get":
                return self._got(str(told["order_id"]))
            case "jingdong.pop.order.search":
                return self._found(told)
            case "jingdong.pop.afs.soa.refundapply.queryPageList":
                return self._refunds_of(str(told["orderId"]))
            case "jingdong.pop.order.modifyVenderRemark":
                self.remarks[str(told["order_id"])] = told["remark"]
                self.effects.append(f"remark {told['order_id']}")
                done = {"modifyvenderremark_result": {"success": True}}
                return _answer("jingdong_pop_order_modifyVenderRemark", done)
            case _:
                return _error("22", "无效的方法名", "Invalid method")

    def _fault(self, given: Mapping[str, str]) -> tuple[str, str, str] | None:
        """What the gateway finds wrong with a call, in its own code and words."""
        secret = self.shop.secrets[0]
        pairs = "".join(name + given[name] for name in sorted(given) if name != "sign")
        made = hashlib.md5(f"{secret}{pairs}{secret}".encode(), usedforsecurity=False).hexdigest()
        if given.get("app_key") != self.shop.settings["app_key"]:
            return "11", "无效app_key", "Invalid app_key"
        if given.get("sign") != made.upper():
            return "12", "无效签名", "Invalid signature"
        if given.get("access_token") != self.token:
            return "19", "token已过期或者不存在，请重新授权", "Invalid access_token"
        try:
            sent = dt.datetime.strptime(given.get("timestamp", ""), "%Y-%m-%d %H:%M:%S.%f%z")
        except ValueError:
            return "8", "非法的时间戳参数", "Invalid timestamp"
        if abs(sent.timestamp() * 1000 - self.now_ms()) > SKEW_MS_MAX:
            return "8", "非法的时间戳参数", "Invalid timestamp"
        return None

    def _got(self, order_id: str) -> Told:
        if order_id not in self.orders:
            no = {"success": False, "chineseErrCode": "订单不存在", "numberCode": 10100036}
            return _answer("jingdong_pop_order_get", {"orderDetailInfo": {"apiResult": no}})
        told = {"apiResult": {"success": True}, "orderInfo": self._order(self.orders[order_id])}
        return _answer("jingdong_pop_order_get", {"orderDetailInfo": told})

    def _found(self, told: Mapping[str, Any]) -> Told:
        size, page = int(told["page_size"]), int(told["page"])
        since, until = _read_ms(told["start_date"]), _read_ms(told["end_date"])
        states = set(told["order_state"].split(","))
        if size > PAGE_SIZE_MAX or told["dateType"] != 0:
            return _error("11", "参数错误", "Invalid arguments")
        found = sorted(
            (changed_ms, order_id)
            for order_id, changed_ms in self.changed_ms.items()
            if since <= changed_ms <= until and self._state(self.orders[order_id]) in states
        )
        rows = [order_id for _, order_id in found[(page - 1) * size : page * size]]
        result = {
            "apiResult": {"success": True, "numberCode": 0},
            "orderTotal": len(found),
            "orderInfoList": [self._order(self.orders[order_id]) for order_id in rows],
        }
        return _answer("jingdong_pop_order_search", {"searchorderinfo_result": result})

    def _refunds_of(self, order_id: str) -> Told:
        rows = [_refund(one) for one in self.refunds.values() if one.data.order_id == order_id]
        told = {"success": True, "totalCount": len(rows), "result": rows}
        return _answer("jingdong_pop_afs_soa_refundapply_queryPageList", {"queryResult": told})

    def _renewed(self, given: Mapping[str, str]) -> Told:
        is_known = given.get("app_secret") == self.shop.secrets[0]
        if not is_known or given.get("refresh_token") != self.refresh:
            told: dict[str, Any] = {"code": 405, "msg": "refresh_token is invalid"}
        else:
            self.renewed += 1
            self.token = f"token-{self.renewed}"
            told = {"code": 0, "access_token": self.token, "expires_in": TOKEN_S}
            told["refresh_token"] = self.refresh
        return Told(200, json.dumps(told).encode())

    def _state(self, order: Order) -> str:
        if order.order_id in self.locked:
            return "LOCKED"
        return _STATES.get(order.status or OrderStatus.UNKNOWN, "UNKNOWN")

    def _order(self, order: Order) -> dict[str, Any]:
        ship_to = order.ship_to or ShipTo()
        paid_at = (order.payment or Payment()).paid_at or order.paid_at
        regions = (ship_to.province, ship_to.city, ship_to.district, ship_to.street)
        parcels = self.parcels.get(order.order_id, {}).values()
        told = {
            "orderId": order.order_id,
            "orderState": self._state(order),
            "payType": "4-在线支付",
            "orderPayment": order.amount,
            "sellerDiscount": order.discount,
            "freightPrice": order.freight,
            "orderStartTime": _moment(order.created_at),
            "paymentConfirmTime": _moment(paid_at),
            "modified": _moment(order.updated_at),
            "pin": "jd_****",
            "open_id_buyer": (order.buyer or Buyer()).id,
            "waybill": ",".join(parcel.tracking_no or "" for parcel in parcels),
            "logisticsId": "467" if parcels else "",
            "consigneeInfo": {
                "fullname": ship_to.name,
                "mobile": ship_to.phone,
                "province": ship_to.province,
                "city": ship_to.city,
                "county": ship_to.district,
                "fullAddress": "".join(filter(None, regions)),
            },
            "itemInfoList": [_item(line) for line in order.lines or ()],
            "couponDetailList": [
                {"orderId": order.order_id, "couponType": "41-优惠券", "couponPrice": one.amount}
                for one in order.coupons or ()
            ],
        }
        return {name: value for name, value in told.items() if value is not None}


def _told_status(order: Order, *, is_paid: bool) -> OrderStatus | None:
    """JD has one word for what was cancelled, and one for all that is under way."""
    match order.status:
        case OrderStatus.CANCELLED | OrderStatus.CLOSED:
            return OrderStatus.CLOSED if is_paid else OrderStatus.CANCELLED
        case OrderStatus.DELIVERED:
            return OrderStatus.SHIPPED
        case status:
            return status


def _item(line: Line) -> dict[str, Any]:
    return {
        "skuId": line.channel_sku,
        "outerSkuId": line.sku,
        "wareId": line.product_id,
        "skuName": line.title,
        "itemTotal": str(line.quantity),
        "jdPrice": line.unit_price,
    }


def _refund(refund: Refund) -> dict[str, Any]:
    stage, data = _STAGES[refund.stage], refund.data
    told = {
        "id": int(data.refund_id),
        "orderId": data.order_id,
        "status": int(stage),
        "applyRefundSum": int((data.amount or "0").replace(".", "")),
        "applyTime": _written(refund.changed_ms),
        "reason": data.reason,
    }
    return told if stage == "0" else {**told, "checkTime": _written(refund.changed_ms)}


def _moment(at: dt.datetime | None) -> str | None:
    return None if at is None else _written(round(at.timestamp() * 1000))


def _written(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _read_ms(written: str) -> int:
    naive = dt.datetime.fromisoformat(written)
    return round(naive.replace(tzinfo=CHINA).timestamp() * 1000)


def _answer(method: str, told: Mapping[str, Any]) -> Told:
    body = {f"{method}_responce": {"code": "0", **told}}
    return Told(200, json.dumps(body, ensure_ascii=False).encode())


def _error(code: str, zh: str, en: str) -> Told:
    body = {"error_response": {"code": code, "zh_desc": zh, "en_desc": en}}
    return Told(200, json.dumps(body, ensure_ascii=False).encode())


PLATFORM = JdPlatform
