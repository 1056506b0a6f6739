"""How the simulated Douyin writes what it knows, and encrypts what nobody may read.

Written from the platform's own documents, without the adapter's code.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from orderguard.domain.events import EventType, ShipmentData
from orderguard.domain.orders import Buyer, Line, Order, OrderStatus, Payment, ShipTo
from orderguard.simulate.providers.server import Told

SHOP_ID = 12345
PAGE_SIZE_MAX = 100
CREATED, PAID, SHIPPED, FINISHED, CANCELLED, REMARKED = "100", "101", "102", "103", "106", "113"
TAGS: Mapping[EventType, str] = {
    EventType.ORDER_CREATED: CREATED,
    EventType.ORDER_PAID: PAID,
    EventType.ORDER_COMPLETED: FINISHED,
    EventType.ORDER_CANCELLED: CANCELLED,
    EventType.ORDER_UPDATED: REMARKED,
    EventType.SHIPMENT_SHIPPED: SHIPPED,
    EventType.REFUND_REQUESTED: "200",
    EventType.REFUND_APPROVED: "201",
    EventType.REFUND_REJECTED: "204",
    EventType.REFUND_SUCCEEDED: "206",
}
TIMES: Mapping[str, str] = {
    CREATED: "create_time",
    PAID: "pay_time",
    FINISHED: "complete_time",
    CANCELLED: "cancel_time",
    REMARKED: "modify_time",
    SHIPPED: "update_time",
    "200": "apply_time",
    "201": "agree_time",
    "204": "refuse_time",
    "206": "success_time",
}
CODES: Mapping[OrderStatus | None, int] = {
    OrderStatus.PENDING_PAYMENT: 1,
    OrderStatus.PAID: 2,
    OrderStatus.FULFILLING: 101,
    OrderStatus.SHIPPED: 3,
    OrderStatus.DELIVERED: 3,
    OrderStatus.COMPLETED: 5,
    OrderStatus.CANCELLED: 4,
    OrderStatus.CLOSED: 4,
}
REFUNDED = 22
"""The `main_status` of an order that is closed because its money went back."""
METHODS: Mapping[str | None, tuple[int, str]] = {
    "wechat": (1, "wechat"),
    "alipay": (2, "alipay"),
    "unionpay": (4, "bank_card"),
}
OTHER_METHOD = (5, "balance")
AFTER_SALES: Mapping[EventType, tuple[int, int]] = {
    EventType.REFUND_REQUESTED: (6, 1),
    EventType.REFUND_APPROVED: (12, 2),
    EventType.REFUND_REJECTED: (27, 0),
    EventType.REFUND_SUCCEEDED: (12, 3),
}
"""The status of the after-sale, and of its money."""


def known_of(order: Order) -> Order:
    """What of an order the platform can tell, as exactly as it can tell it."""
    status = order.status
    if status is OrderStatus.DELIVERED:
        status = OrderStatus.SHIPPED
    telephone = telephone_of(order)
    return Order(
        order_id=order.order_id,
        status=status,
        created_at=_whole_second(order.created_at),
        paid_at=_whole_second(order.paid_at),
        updated_at=_whole_second(order.updated_at),
        ship_by=_whole_second(order.ship_by),
        buyer=Buyer(
            id=order.buyer.id if order.buyer else None,
            phone_token=_index(telephone) if telephone else None,
        ),
        lines=tuple(_line(line) for line in order.lines) if order.lines else None,
        amount=order.amount,
        discount=order.discount,
        freight=order.freight,
        currency="CNY",
        coupons=tuple(
            replace(one, id=one.id and _coupon_number(one.id)) for one in order.coupons or ()
        ),
        payment=_payment(order) if order.paid_at else None,
        ship_to=_ship_to(order.ship_to or ShipTo()),
    )


def _coupon_number(named: str) -> str:
    """Coupons have numbers here, whatever the sale calls them."""
    return "".join(filter(str.isdecimal, named)) or "0"


def shop_order(order: Order, remark: str, parcels: Iterable[ShipmentData]) -> dict[str, Any]:
    """As the detail and the list have it."""
    payment = order.payment or Payment()
    ship_to = order.ship_to or ShipTo()
    code = CODES.get(order.status, 2)
    coupons = [
        {"coupon_id": int(_coupon_number(coupon.id or "")), "coupon_amount": fen(coupon.amount)}
        for coupon in order.coupons or ()
    ]
    return {
        "order_id": order.order_id,
        "shop_id": SHOP_ID,
        "order_level": 2,
        "order_status": code,
        "main_status": REFUNDED if order.status is OrderStatus.CLOSED else code,
        "create_time": seconds(order.created_at),
        "pay_time": seconds(order.paid_at),
        "update_time": seconds(order.updated_at),
        "exp_ship_time": seconds(order.ship_by),
        "doudian_open_id": order.buyer.id if order.buyer else "",
        "open_address_id": _token(ship_to),
        "encrypt_post_tel": encrypted("$", telephone_of(order)),
        "encrypt_post_receiver": encrypted("#", ship_to.name),
        "post_addr": regions(ship_to) | {"encrypt_detail": encrypted("#", ship_to.street)},
        "pay_type": METHODS.get(payment.method, OTHER_METHOD)[0],
        "channel_payment_no": payment.id or "",
        "order_amount": fen(order.amount) + fen(order.discount),
        "pay_amount": fen(order.amount),
        "post_amount": fen(order.freight),
        "promotion_amount": fen(order.discount),
        "promotion_detail": {"shop_discount_detail": {"coupon_info": coupons}},
        "seller_words": remark,
        "logistics_info": [
            {"tracking_no": one.tracking_no, "company": one.carrier} for one in parcels
        ],
        "sku_order_list": [_sku_order(line, order.order_id) for line in order.lines or ()],
    }


def _sku_order(line: Line, order_id: str) -> dict[str, Any]:
    price, units = fen(line.unit_price), line.quantity or 0
    return {
        "order_id": line.line_id or "",
        "parent_order_id": order_id,
        "product_id": int(line.product_id or 0),
        "sku_id": int(line.channel_sku or 0),
        "code": line.sku or "",
        "product_name": line.title or "",
        "item_num": units,
        "origin_amount": price,
        "sum_amount": price * units,
    }


def _line(line: Line) -> Line:
    return replace(line, hs_code=None)


def _payment(order: Order) -> Payment:
    payment = order.payment or Payment()
    return Payment(
        id=payment.id,
        method=METHODS.get(payment.method, OTHER_METHOD)[1],
        amount=order.amount,
        currency="CNY",
        paid_at=_whole_second(order.paid_at),
    )


def _ship_to(ship_to: ShipTo) -> ShipTo:
    return ShipTo(
        country="CN",
        province=ship_to.province,
        city=ship_to.city,
        district=ship_to.district,
        address_token=_token(ship_to),
    )


def regions(ship_to: ShipTo) -> dict[str, Any]:
    names = {"province": ship_to.province, "city": ship_to.city, "town": ship_to.district}
    return {part: {"name": name or "", "id": "0"} for part, name in names.items()}


def telephone_of(order: Order) -> str | None:
    """The parcel's, which stands for the buyer's."""
    ship_to, buyer = order.ship_to or ShipTo(), order.buyer or Buyer()
    return ship_to.phone or buyer.phone


def _token(ship_to: ShipTo) -> str:
    """`open_address_id`: the same for the same person at the same door."""
    parts = (ship_to.name, ship_to.phone, ship_to.city, ship_to.district, ship_to.street)
    return f"#{_index(chr(31).join(map(str, parts)))}"


def _index(text: str) -> str:
    return base64.b64encode(hashlib.sha256(b"index" + text.encode()).digest()).decode()


def encrypted(mark: str, text: str | None) -> str:
    """`$$index*cipher$1$$`; here the cipher is only a stand-in for what nobody can read."""
    if not text:
        return ""
    cipher = base64.b64encode(hashlib.sha256(b"cipher" + text.encode()).digest()).decode()
    return f"{mark * 2}{_index(text)}*{cipher}{mark}1{mark * 2}"


def page_of(found: Sequence[tuple[int, str]], params: Mapping[str, Any]) -> list[tuple[int, str]]:
    size = min(params["size"], PAGE_SIZE_MAX)
    return list(found[params["page"] * size : (params["page"] + 1) * size])


def place_of(found: Sequence[tuple[int, str]], params: Mapping[str, Any]) -> dict[str, int]:
    return {"page": params["page"], "size": params["size"], "total": len(found)}


def yes(data: Mapping[str, Any] | None) -> Told:
    answer = {"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "data": data}
    return Told(200, json.dumps(answer, ensure_ascii=False).encode())


def no(code: int, sub_code: str, sub_msg: str) -> Told:
    answer = {"code": code, "msg": "非法的参数", "sub_code": sub_code, "sub_msg": sub_msg}
    return Told(200, json.dumps(answer, ensure_ascii=False).encode())


def fen(amount: str | None) -> int:
    whole, _, part = (amount or "0").partition(".")
    return int(f"{whole}{part[:2]:0<2}")


def seconds(at: dt.datetime | None) -> int:
    return int(at.timestamp()) if at else 0


def _whole_second(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(microsecond=0) if at else None
