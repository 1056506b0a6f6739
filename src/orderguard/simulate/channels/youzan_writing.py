"""How the simulated Youzan writes what it knows, and encrypts what nobody may read.

Written from the platform's own documents, without the adapter's code.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from orderguard.domain.events import EventType, ShipmentData
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.kit.ids import stable_id
from orderguard.simulate.channels.platform import Refund
from orderguard.simulate.providers.server import Told

CHINA = dt.timezone(dt.timedelta(hours=8))
STATUSES: Mapping[OrderStatus | None, str] = {
    OrderStatus.PENDING_PAYMENT: "WAIT_BUYER_PAY",
    OrderStatus.PAID: "WAIT_SELLER_SEND_GOODS",
    OrderStatus.FULFILLING: "WAIT_SELLER_SEND_GOODS",
    OrderStatus.SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
    OrderStatus.DELIVERED: "WAIT_BUYER_CONFIRM_GOODS",
    OrderStatus.COMPLETED: "TRADE_SUCCESS",
    OrderStatus.CANCELLED: "TRADE_CLOSED",
    OrderStatus.CLOSED: "TRADE_CLOSED",
}
REFUND_STATUSES: Mapping[EventType, str] = {
    EventType.REFUND_REQUESTED: "WAIT_SELLER_AGREE",
    EventType.REFUND_APPROVED: "WAIT_BUYER_RETURN_GOODS",
    EventType.REFUND_REJECTED: "CLOSED",
    EventType.REFUND_SUCCEEDED: "SUCCESS",
}
METHODS: Mapping[str | None, tuple[int, str]] = {
    "wechat": (10, "WEIXIN_DAIXIAO"),
    "alipay": (2, "ALIPAY"),
    "unionpay": (0, "UNIONPAY"),
}
OTHER_METHOD = (0, "OTHER")
EXPIRED, REFUNDED = 1, 2
"""Values of `close_type`."""


def known_of(order: Order) -> Order:
    """What of an order the platform can tell, as exactly as it can tell it."""
    status = OrderStatus.SHIPPED if order.status is OrderStatus.DELIVERED else order.status
    telephone = _telephone(order)
    return Order(
        order_id=order.order_id,
        status=status,
        created_at=_whole_second(order.created_at),
        paid_at=_whole_second(order.paid_at),
        updated_at=_whole_second(order.updated_at),
        buyer=Buyer(
            id=order.buyer.id if order.buyer else None,
            phone_token=encrypted(telephone) if telephone else None,
        ),
        lines=tuple(replace(line, hs_code=None) for line in order.lines) if order.lines else None,
        amount=order.amount,
        discount=order.discount,
        freight=order.freight,
        currency="CNY",
        payment=_known_payment(order) if order.paid_at else None,
        ship_to=_known_ship_to(order.ship_to or ShipTo()),
    )


def _known_payment(order: Order) -> Payment:
    payment = order.payment or Payment()
    methods = {"alipay": "alipay", "wechat": "wechat", "unionpay": "unionpay"}
    return Payment(
        id=payment.id,
        method=methods.get(payment.method or "", "other"),
        amount=order.amount,
        currency="CNY",
        paid_at=_whole_second(order.paid_at),
    )


def _known_ship_to(ship_to: ShipTo) -> ShipTo:
    regions = (ship_to.province, ship_to.city, ship_to.district)
    door = encrypted(ship_to.street)
    return ShipTo(
        country="CN" if ship_to.province else None,
        province=ship_to.province,
        city=ship_to.city,
        district=ship_to.district,
        postcode=ship_to.postcode,
        address_token=stable_id("yz", *(one or "" for one in regions), door) if door else None,
    )


def trade(order: Order, memo: str, parcels: Iterable[ShipmentData]) -> dict[str, Any]:
    """As the detail, the list and some pushes have it."""
    payment, ship_to = order.payment or Payment(), order.ship_to or ShipTo()
    way, name = METHODS.get(payment.method, OTHER_METHOD) if order.paid_at else (0, "")
    full = {
        "order_info": {
            "tid": order.order_id,
            "status": STATUSES.get(order.status, "TRADE_PAID"),
            "type": 0,
            "created": local(order.created_at),
            "update_time": local(order.updated_at),
            "pay_time": local(order.paid_at),
            "consign_time": "",
            "pay_type": way,
            "pay_type_str": name,
            "close_type": REFUNDED if order.status is OrderStatus.CLOSED else 0,
        },
        "orders": [_item(line) for line in order.lines or ()],
        "pay_info": {
            "payment": order.amount or "",
            "post_fee": order.freight or "",
            "transaction": [payment.id] if payment.id else [],
            "outer_transactions": [],
            "phase_payments": [],
        },
        "buyer_info": {
            "yz_open_id": order.buyer.id if order.buyer else "",
            "buyer_phone": encrypted(order.buyer.phone) if order.buyer else "",
            "fans_id": 0,
        },
        "address_info": {
            "delivery_province": ship_to.province or "",
            "delivery_city": ship_to.city or "",
            "delivery_district": ship_to.district or "",
            "delivery_address": encrypted(ship_to.street),
            "delivery_postal_code": ship_to.postcode or "",
            "receiver_name": encrypted(ship_to.name),
            "receiver_tel": encrypted(ship_to.phone),
        },
        "remark_info": {"buyer_message": "", "trade_memo": memo},
        "child_info": {"child_orders": []},
    }
    discount = order.discount
    fees = {} if discount is None else {"item_discount_fee": "0.00", "order_discount_fee": discount}
    return {
        "full_order_info": full,
        "order_promotion": {**fees, "item": [], "order": []},
        "refund_order": [],
        "delivery_order": [_delivery(parcel, order) for parcel in parcels],
    }


def refund_of(refund: Refund) -> dict[str, Any]:
    changed_at = dt.datetime.fromtimestamp(refund.changed_ms // 1000, CHINA)
    return {
        "refund_id": refund.data.refund_id,
        "tid": refund.data.order_id,
        "status": REFUND_STATUSES[refund.stage],
        "refund_fee": refund.data.amount or "",
        "demand": 1,
        "version": refund.changed_ms,
        "modified": local(changed_at),
        "return_goods": False,
    }


def encrypted(text: str | None) -> str:
    """`$…$1$`; here only a stand-in for what nobody can read."""
    if not text:
        return ""
    cipher = base64.b64encode(hashlib.sha256(b"shop" + text.encode()).digest()[:16]).decode()
    return f"${cipher}$1$"


def local(at: dt.datetime | None) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def yes(data: Any) -> Told:
    answer = {"trace_id": "yz7", "code": 200, "success": True, "message": "successful"}
    return _told({**answer, "data": data})


def no(code: int, message: str) -> Told:
    return _told({"trace_id": "yz7", "code": code, "success": False, "message": message})


def gateway_no(code: int, message: str) -> Told:
    return _told({"gw_err_resp": {"trace_id": "yz7", "err_msg": message, "err_code": code}})


def memo_yes() -> Told:
    return _told({"response": {"is_success": True}})


def memo_no() -> Told:
    return _told({"error_response": {"msg": "订单不存在", "code": 50000}})


def _told(answer: Mapping[str, Any]) -> Told:
    return Told(200, json.dumps(answer, ensure_ascii=False).encode())


def _item(line: Line) -> dict[str, Any]:
    return {
        "oid": line.line_id or "",
        "item_id": int(line.product_id or 0),
        "sku_id": int(line.channel_sku or 0),
        "outer_item_id": "",
        "outer_sku_id": line.sku or "",
        "title": line.title or "",
        "num": line.quantity,
        "price": line.unit_price or "",
    }


def _delivery(parcel: ShipmentData, order: Order) -> dict[str, Any]:
    sent = {line.sku for line in parcel.lines or ()}
    express = {"express_id": parcel.carrier, "express_no": parcel.tracking_no}
    return {
        "express_state": 1,
        "express_type": 1,
        "oids": [{"oid": line.line_id} for line in order.lines or () if line.sku in sent],
        "dists": [{"dist_id": parcel.shipment_id, "express_info": express}],
    }


def _telephone(order: Order) -> str | None:
    """The buyer's own, else the parcel's."""
    buyer, ship_to = order.buyer or Buyer(), order.ship_to or ShipTo()
    return buyer.phone or ship_to.phone


def _whole_second(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(microsecond=0) if at else None
