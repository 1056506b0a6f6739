"""WeChat Shops: pushes name an order by its id, calls tell it whole, much of it masked."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from orderguard.domain.calls import Access
from orderguard.domain.events import (
    CanonicalEvent,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import Buyer, Coupon, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.domain.ports import RawMessage
from orderguard.kit.ids import stable_id
from orderguard.simulate.channels.platform import Platform, Refund
from orderguard.simulate.providers.server import Asked, Fault, Told

EXPIRES_S = 7_200
PAGE_SIZE_MAX = 100
WINDOW_S_MAX = 7 * 86_400
APP_SECRET = "simulated-app-secret"  # noqa: S105 - nobody's.
OK, BUSY, TOO_OFTEN, BAD_TOKEN, BAD_SECRET, BAD_ARGUMENT = 0, -1, 45011, 40001, 40125, 10020051

_EVENTS: Mapping[EventType, str] = {
    EventType.ORDER_CREATED: "channels_ec_order_new",
    EventType.ORDER_PAID: "channels_ec_order_pay",
    EventType.ORDER_UPDATED: "channels_ec_order_ext_info_update",
    EventType.ORDER_CANCELLED: "channels_ec_order_cancel",
    EventType.ORDER_CLOSED: "channels_ec_order_cancel",
    EventType.ORDER_COMPLETED: "channels_ec_order_confirm",
    EventType.SHIPMENT_SHIPPED: "channels_ec_order_deliver",
}
_STAGES: Mapping[EventType, str] = {
    EventType.REFUND_REQUESTED: "MERCHANT_PROCESSING",
    EventType.REFUND_APPROVED: "PLATFORM_REFUNDING",
    EventType.REFUND_REJECTED: "MERCHANT_REJECT_REFUND",
    EventType.REFUND_SUCCEEDED: "MERCHANT_REFUND_SUCCESS",
}
_STATUSES: Mapping[OrderStatus, int] = {
    OrderStatus.PENDING_PAYMENT: 10,
    OrderStatus.PAID: 20,
    OrderStatus.FULFILLING: 21,
    OrderStatus.SHIPPED: 30,
    OrderStatus.DELIVERED: 30,
    OrderStatus.COMPLETED: 100,
    OrderStatus.CLOSED: 200,
    OrderStatus.CANCELLED: 250,
}
_ADDRESS_CHANGED, _ALL_REFUNDED, _NEVER_PAID = 2, "3", "1"


class WechatPlatform(Platform):
    channel = "wechat"
    tells = frozenset({*_EVENTS, *_STAGES}) - {EventType.ORDER_UPDATED}
    access = Access(token="simulated-token")  # noqa: S106 - nobody's.

    def __init__(self, number: int = 1, *, now_ms: Callable[[], int]) -> None:
        super().__init__(number, now_ms=now_ms)
        self._left_ms: dict[str | None, int] = {}
        """When each parcel left, by its tracking number."""

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        match event.data:
            case OrderData() if event.type in _EVENTS:
                return [_push(_EVENTS[event.type], at_ms, {"order_info": self._order_info(event)})]
            case ShipmentData() if event.type in _EVENTS:
                self._left_ms[event.data.tracking_no] = at_ms
                return [_push(_EVENTS[event.type], at_ms, {"order_info": self._order_info(event)})]
            case RefundData() if event.type in _STAGES:
                status = {
                    "status": _STAGES[event.type],
                    "after_sale_order_id": event.data.refund_id,
                    "order_id": event.data.order_id,
                }
                members = {"finder_shop_aftersale_status_update": status}
                return [_push("channels_ec_aftersale_update", at_ms, members)]
            case _:
                return []

    def tellable(self, order: Order) -> Order:
        to, paid, buyer = order.ship_to, order.payment, order.buyer
        hides = _is_masked(order.order_id)
        return Order(
            order_id=order.order_id,
            status=order.status,
            created_at=order.created_at,
            paid_at=paid.paid_at if paid else None,
            updated_at=order.updated_at,
            buyer=Buyer(id=buyer.id) if buyer and buyer.id else None,
            lines=None if order.lines is None else tuple(map(_tellable_line, order.lines)),
            amount=order.amount,
            discount=order.discount,
            freight=order.freight,
            currency="CNY",
            coupons=tuple(Coupon(id=one.id) for one in order.coupons) if order.coupons else None,
            payment=paid
            and Payment(
                id=paid.id,
                method="wechat",
                amount=order.amount,
                currency="CNY",
                paid_at=paid.paid_at,
            ),
            ship_to=to
            and ShipTo(
                province=to.province,
                city=to.city,
                district=to.district,
                postcode=to.postcode,
                street=None if hides else to.street,
                name=None if hides else to.name,
                phone=None if hides else to.phone,
                address_token=_hash_code(to),
            ),
        )

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body in {b"success", b""}

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": url, "app_secret": APP_SECRET}

    def act(self, asked: Asked) -> Told:
        address = urlsplit(asked.path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        body: dict[str, Any] = json.loads(asked.body) if asked.body else {}
        if address.path in {"/cgi-bin/stable_token", "/cgi-bin/token"}:
            return self._token({**query, **body})
        if query.get("access_token") != self.access.token:
            return _told(BAD_TOKEN, "invalid credential, access_token is invalid or not latest")
        answers: Mapping[str, Callable[[dict[str, Any]], Told]] = {
            "/channels/ec/order/get": self._order,
            "/channels/ec/aftersale/getaftersaleorder": self._refund,
            "/channels/ec/order/list/get": self._list,
            "/channels/ec/order/merchantnotes/update": self._remark,
        }
        answer = answers.get(address.path)
        return answer(body) if answer else Told(404, b"")

    def fail(self, fault: Fault) -> Told:
        """Every refusal comes with a 200."""
        match fault:
            case Fault.BUSY:
                return _told(TOO_OFTEN, "api minute-quota reach limit, must slower")
            case Fault.REFUSING:
                return _told(BAD_ARGUMENT, "invalid argument")
            case _:
                return _told(BUSY, "system error")

    def _order_info(self, event: CanonicalEvent) -> dict[str, Any]:
        match event.data:
            case ShipmentData():
                # Some events bear the id as a number beyond 2^53.
                return {"order_id": int(event.data.order_id), "finish_delivery": 1}
            case OrderData():
                info: dict[str, Any] = {"order_id": event.data.order.order_id}
            case _:
                return {}
        match event.type:
            case EventType.ORDER_CREATED:
                info["order_id"] = int(info["order_id"])
            case EventType.ORDER_PAID:
                info["pay_time"] = str(_seconds(event.data.order.paid_at))
            case EventType.ORDER_CANCELLED:
                info["cancel_type"] = _NEVER_PAID
            case EventType.ORDER_CLOSED:
                info["cancel_type"] = _ALL_REFUNDED
            case EventType.ORDER_UPDATED:
                info["type"] = _ADDRESS_CHANGED
            case _:
                info["confirm_type"] = "1"
        return info

    def _token(self, given: Mapping[str, Any]) -> Told:
        if given.get("grant_type") != "client_credential":
            return _told(40002, "invalid grant_type")
        if given.get("appid") != self.shop.settings["app_id"]:
            return _told(40013, "invalid appid")
        if given.get("secret") != APP_SECRET:
            return _told(BAD_SECRET, "invalid appsecret")
        answer = {"access_token": self.access.token, "expires_in": EXPIRES_S}
        return Told(200, json.dumps(answer).encode())

    def _order(self, body: Mapping[str, Any]) -> Told:
        order = self.orders.get(str(body.get("order_id")))
        if order is None:
            return _told(BAD_ARGUMENT, "order not exist")
        return _told(OK, "ok", order=self._written(order))

    def _refund(self, body: Mapping[str, Any]) -> Told:
        refund = self.refunds.get(str(body.get("after_sale_order_id")))
        if refund is None:
            return _told(BAD_ARGUMENT, "aftersale order not exist")
        return _told(OK, "ok", after_sale_order=_written_refund(refund))

    def _list(self, body: Mapping[str, Any]) -> Told:
        """By the time of the last change, a page at a time; `next_key` says how many are behind."""
        window, size = body.get("update_time_range") or {}, int(body.get("page_size") or 10)
        start, end = int(window.get("start_time", 0)), int(window.get("end_time", 0))
        if not 0 < size <= PAGE_SIZE_MAX or not 0 <= end - start <= WINDOW_S_MAX:
            return _told(BAD_ARGUMENT, "invalid argument")
        changed = sorted(
            (at_ms, order_id)
            for order_id, at_ms in self.changed_ms.items()
            if start * 1000 <= at_ms <= end * 1000
        )
        behind = int(body.get("next_key") or 0)
        page = [order_id for _, order_id in changed[behind : behind + size]]
        following = behind + len(page)
        return _told(
            OK,
            "ok",
            order_id_list=page,
            next_key=str(following),
            has_more=following < len(changed),
        )

    def _remark(self, body: Mapping[str, Any]) -> Told:
        order_id, notes = str(body.get("order_id")), body.get("merchant_notes")
        if order_id not in self.orders or not isinstance(notes, str):
            return _told(BAD_ARGUMENT, "invalid argument")
        self.remarks[order_id] = notes
        self.effects.append(f"remark {order_id}")
        return _told(OK, "ok")

    def _written(self, order: Order) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "product_infos": [_written_line(line) for line in order.lines or ()],
            "price_info": {
                "order_price": _fen(order.amount),
                "freight": _fen(order.freight),
                "discounted_price": _fen(order.discount),
            },
            "pay_info": {"prepay_id": f"wx{order.order_id}", "payment_method": 1},
            "delivery_info": {
                "address_info": _written_address(order),
                "delivery_product_info": self._written_parcels(order),
            },
            "ext_info": {"merchant_notes": self.remarks.get(order.order_id, "")},
        }
        if order.coupons:
            detail["coupon_info"] = {"user_coupon_id": order.coupons[0].id}
        if order.payment:
            detail["pay_info"] |= {
                "transaction_id": order.payment.id,
                "pay_time": _seconds(order.payment.paid_at),
            }
        return {
            "order_id": order.order_id,
            "status": _STATUSES[order.status or OrderStatus.PENDING_PAYMENT],
            "create_time": _seconds(order.created_at),
            "update_time": _seconds(order.updated_at),
            "openid": order.buyer.id if order.buyer else "",
            "unionid": "",
            "order_detail": detail,
        }

    def _written_parcels(self, order: Order) -> list[dict[str, Any]]:
        skus = {line.sku: line.channel_sku for line in order.lines or ()}
        return [
            {
                "waybill_id": parcel.tracking_no,
                "delivery_id": parcel.carrier,
                "delivery_time": self._left_ms.get(parcel.tracking_no, 0) // 1000,
                "deliver_type": 1,
                "product_infos": [
                    {"sku_id": skus.get(line.sku), "product_cnt": line.quantity}
                    for line in parcel.lines or ()
                ],
            }
            for parcel in self.parcels.get(order.order_id, {}).values()
        ]


def _push(name: str, at_ms: int, members: Mapping[str, Any]) -> RawMessage:
    document = {
        "ToUserName": "gh_000000000000",
        "FromUserName": "oExampleOpenid0000000000000",
        "CreateTime": at_ms // 1000,
        "MsgType": "event",
        "Event": name,
        **members,
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return RawMessage({"content-type": "application/json"}, "", body)


def _told(code: int, said: str, **members: Any) -> Told:
    answer = {"errcode": code, "errmsg": said, **members}
    return Told(200, json.dumps(answer, ensure_ascii=False).encode())


def _written_line(line: Line) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "sku_id": line.channel_sku,
        "sku_code": line.sku,
        "title": line.title,
        "sku_cnt": line.quantity,
        "sale_price": _fen(line.unit_price),
    }


def _tellable_line(line: Line) -> Line:
    return Line(
        channel_sku=line.channel_sku,
        sku=line.sku,
        product_id=line.product_id,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
    )


def _written_address(order: Order) -> dict[str, Any]:
    to = order.ship_to or ShipTo()
    hides = _is_masked(order.order_id)
    name, phone, street = to.name or "", to.phone or "", to.street or ""
    return {
        "user_name": f"{name[:1]}**" if hides else name,
        "postal_code": to.postcode or "",
        "province_name": to.province,
        "city_name": to.city,
        "county_name": to.district,
        "detail_info": f"{street[:2]}****" if hides else street,
        "tel_number": f"{phone[:3]}****{phone[-4:]}" if hides else phone,
        "hash_code": _hash_code(to),
    }


def _written_refund(refund: Refund) -> dict[str, Any]:
    return {
        "after_sale_order_id": refund.data.refund_id,
        "order_id": refund.data.order_id,
        "status": _STAGES[refund.stage],
        "type": "REFUND",
        "reason": "NO_LONGER_WANT",
        "reason_text": refund.data.reason or "",
        "refund_info": {"amount": _fen(refund.data.amount)},
        "update_time": refund.changed_ms // 1000,
    }


def _is_masked(order_id: str) -> bool:
    """Two orders of three, so that both kinds are met."""
    return int(order_id) % 3 != 0


def _hash_code(to: ShipTo) -> str:
    parts = (to.province, to.city, to.district, to.street, to.name, to.phone)
    return stable_id("address", *(part or "" for part in parts))


def _fen(amount: str | None) -> int:
    yuan, _, fen = (amount or "0").partition(".")
    return int(yuan) * 100 + int(f"{fen:0<2}"[:2])


def _seconds(at: dt.datetime | None) -> int:
    return int(at.timestamp()) if at else 0


PLATFORM = WechatPlatform
