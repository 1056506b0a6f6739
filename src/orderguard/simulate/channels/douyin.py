"""The Douyin shop platform on this machine: arrays of messages out, signed calls in.

Written from the platform's own documents, without the adapter's code: it signs and encrypts anew.
"""

import datetime as dt
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from orderguard.domain.events import (
    CanonicalEvent,
    EventType,
    OrderData,
    RefundData,
    ShipmentData,
)
from orderguard.domain.orders import Order, ShipTo
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.douyin_writing import (
    AFTER_SALES,
    CODES,
    METHODS,
    OTHER_METHOD,
    PAID,
    SHOP_ID,
    TAGS,
    TIMES,
    encrypted,
    fen,
    known_of,
    no,
    page_of,
    place_of,
    regions,
    seconds,
    shop_order,
    telephone_of,
    yes,
)
from orderguard.simulate.channels.platform import Platform, Refund
from orderguard.simulate.providers.server import RETRY_AFTER_S, Asked, Fault, Told

CHINA = dt.timezone(dt.timedelta(hours=8))
CLOCK_S_MAX = 600
TOKEN_S = 7 * 86_400


class DouyinPlatform(Platform):
    channel = "douyin"
    tells = frozenset(TAGS) - {EventType.ORDER_UPDATED}

    def __init__(self, number: int = 1, **kwargs: Any) -> None:
        self._messages = itertools.count(1)
        super().__init__(number, **kwargs)

    def calls_settings(self, url: str) -> Mapping[str, str]:
        return {"api_url": url, "access_token": self.access.token}

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        try:
            return status == 200 and json.loads(body)["code"] == 0
        except (ValueError, KeyError, TypeError):
            return False

    # What it pushes.

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:
        tag = TAGS.get(event.type)
        if tag is None:
            return []
        at = at_ms // 1000
        match event.data:
            case OrderData():
                data = self._traded(event.data.order.order_id, tag, at)
            case ShipmentData() if event.data.order_id in self.orders:
                data = self._shipped(event.data, at)
            case RefundData():
                data = self._refunded(self.refunds[event.data.refund_id], tag, at)
            case _:
                return []
        return [self._push(tag, data, at)]

    def _push(self, tag: str, data: Mapping[str, Any], at: int) -> RawMessage:
        number = next(self._messages)
        message = {
            "tag": tag,
            "msg_id": f"{SHOP_ID}::{tag}:{at}:{number}",
            "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        }
        body = json.dumps([message], ensure_ascii=False).encode()
        return RawMessage({"content-type": "application/json"}, "", body)

    def _base(self, order_id: str) -> dict[str, Any]:
        order = self.orders[order_id]
        lines = [int(line.line_id or 0) for line in order.lines or ()]
        return {
            "p_id": int(order_id),
            "s_ids": lines or [int(order_id)],
            "shop_id": SHOP_ID,
            "order_status": CODES.get(order.status, 2),
            "order_type": 0,
            "biz": 2,
        }

    def _traded(self, order_id: str, tag: str, at: int) -> dict[str, Any]:
        data = self._base(order_id) | {TIMES[tag]: at}
        if tag == PAID:
            order = self.orders[order_id]
            if order.paid_at is None:
                order = replace(order, paid_at=order.updated_at)
                self.orders[order_id] = order
            method = order.payment.method if order.payment else None
            data |= {
                "pay_type": METHODS.get(method, OTHER_METHOD)[0],
                "pay_time": seconds(order.paid_at),
                "pay_amount": fen(order.amount),
            }
        return data

    def _shipped(self, parcel: ShipmentData, at: int) -> dict[str, Any]:
        order = self.orders[parcel.order_id]
        numbers = {line.sku: line for line in order.lines or ()}
        shipped = [
            {
                "shipped_order_id": known.line_id if (known := numbers.get(one.sku)) else "0",
                "sku_id": known.channel_sku if known else "0",
                "sku_num": str(known.quantity if known else one.quantity),
                "shipped_num": str(one.quantity),
            }
            for one in parcel.lines or ()
        ]
        ship_to = order.ship_to or ShipTo()
        return self._base(parcel.order_id) | {
            "update_time": at,
            "receiver_msg": {
                "name": "",
                "encrypt_name": encrypted("#", ship_to.name),
                "tel": "",
                "encrypt_tel": encrypted("$", telephone_of(order)),
                "addr": json.dumps(
                    regions(ship_to)
                    | {"detail": "", "encrypt_detail": encrypted("#", ship_to.street)}
                ),
            },
            "logistics_msg": {
                "express_company_id": parcel.carrier,
                "logistics_code": parcel.tracking_no,
                "pack_id": parcel.shipment_id,
                "shipped_order_info": shipped,
            },
        }

    def _refunded(self, refund: Refund, tag: str, at: int) -> dict[str, Any]:
        state, _ = AFTER_SALES[refund.stage]
        return {
            "p_id": int(refund.data.order_id),
            "s_id": int(refund.data.order_id),
            "shop_id": SHOP_ID,
            "aftersale_id": refund.data.refund_id,
            "aftersale_status": state,
            "aftersale_type": 2,
            "refund_amount": fen(refund.data.amount),
            "refund_post_amount": 0,
            "reason_code": 15,
            TIMES[tag]: at,
            "refund_voucher_num": 0,
        }

    # What it can tell.

    def tellable(self, order: Order) -> Order:
        return known_of(order)

    # What it answers.

    def act(self, asked: Asked) -> Told:
        if self.detail_s:
            time.sleep(self.detail_s)
        parts = urlsplit(asked.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        method = query.get("method", "")
        if parts.path.strip("/").replace("/", ".") != method:
            return no(40003, "isv.method-invalid", "method与请求路径不一致")
        if refusal := self._refusal(query, asked.body):
            return refusal
        answers = {
            "order.orderDetail": self._detail,
            "order.searchList": self._list,
            "order.addOrderRemark": self._remark,
            "afterSale.Detail": self._after_sale,
            "afterSale.List": self._after_sales,
            "afterSale.applyLogisticsIntercept": self._intercept,
            "token.create": self._token,
            "token.refresh": self._token,
        }
        if method not in answers:
            return no(40003, "isv.method-invalid", "接口不存在")
        return answers[method](json.loads(asked.body))

    def fail(self, fault: Fault) -> Told:
        if fault is Fault.BUSY:
            busy = no(40003, "isv.flow-limit", "请求太频繁，请稍后重试")
            return Told(429, busy.body, {"retry-after": str(RETRY_AFTER_S)})
        if fault is Fault.REFUSING:
            return no(50002, "isv.business-failed:10001", "订单不存在")
        return no(20000, "isp.service-error:2", "服务异常")

    def _refusal(self, query: Mapping[str, str], body: bytes) -> Told | None:
        """What is wrong with the envelope of a call."""
        secret = self.shop.secrets[0]
        names = ("app_key", "method", "timestamp", "v")
        if query.get("app_key") != self.shop.settings["app_key"]:
            return no(40003, "isv.app-id-invalid", "app_key格式不正确")
        given = {name: query.get(name, "") for name in names} | {"param_json": body.decode()}
        text = "".join(f"{name}{given[name]}" for name in sorted(given))
        sign = hmac.new(secret.encode(), f"{secret}{text}{secret}".encode(), hashlib.sha256)
        if query.get("sign_method") != "hmac-sha256" or query.get("sign") != sign.hexdigest():
            return no(40003, "isv.signature-invalid", "签名校验失败")
        if abs(_sent_at(given["timestamp"]) - self.now_ms() // 1000) > CLOCK_S_MAX:
            return no(40003, "isv.timestamp-invalid", "时间戳与当前时间相差太多")
        if not given["method"].startswith("token.") and (
            query.get("access_token") != self.access.token
        ):
            return no(40003, "isv.access-token-expired", "access_token已过期")
        if (
            body
            != json.dumps(
                json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
            ).encode()
        ):
            return no(40003, "isv.parameter-format-invalid", "param_json未按字典序排序")
        return None

    def _detail(self, params: Mapping[str, Any]) -> Told:
        order = self.orders.get(params["shop_order_id"])
        if order is None:
            return no(50002, "isv.business-failed:4", "订单不存在")
        return yes({"shop_order_detail": self._order(order)})

    def _list(self, params: Mapping[str, Any]) -> Told:
        if params.get("order_by") != "update_time":
            return no(40004, "isv.parameter-invalid:1", "order_by非法")
        since, until = params["update_time_start"], params["update_time_end"]
        found = sorted(
            (self.changed_ms[order_id] // 1000, order_id)
            for order_id in self.orders
            if since <= self.changed_ms[order_id] // 1000 < until
        )
        shown = page_of(found, params)
        orders = [self._order(self.orders[order_id]) for _, order_id in shown]
        return yes({"shop_order_list": orders, **place_of(found, params)})

    def _after_sale(self, params: Mapping[str, Any]) -> Told:
        refund = self.refunds.get(params["after_sale_id"])
        if refund is None:
            return no(50002, "isv.business-failed:5", "售后单不存在")
        state, money = AFTER_SALES[refund.stage]
        info = {
            "after_sale_id": int(refund.data.refund_id),
            "after_sale_status": state,
            "refund_status": money,
            "after_sale_type": 2,
            "refund_total_amount": fen(refund.data.amount),
            "real_refund_amount": fen(refund.data.amount) if money == 3 else 0,
            "reason": refund.data.reason or "",
            "update_time": refund.changed_ms // 1000,
        }
        order_info = {"shop_order_id": int(refund.data.order_id), "sku_order_infos": []}
        return yes({"process_info": {"after_sale_info": info}, "order_info": order_info})

    def _after_sales(self, params: Mapping[str, Any]) -> Told:
        since, until = params["update_start_time"], params["update_end_time"]
        found = sorted(
            (refund.changed_ms // 1000, refund_id)
            for refund_id, refund in self.refunds.items()
            if since <= refund.changed_ms // 1000 < until
        )
        items = []
        for at, refund_id in page_of(found, params):
            refund = self.refunds[refund_id]
            state, money = AFTER_SALES[refund.stage]
            info = {
                "aftersale_id": refund_id,
                "aftersale_status": state,
                "refund_status": money,
                "aftersale_type": 2,
                "refund_amount": fen(refund.data.amount),
                "update_time": at,
            }
            order_info = {"shop_order_id": int(refund.data.order_id)}
            items.append({"aftersale_info": info, "order_info": order_info})
        place = place_of(found, params)
        has_more = (params["page"] + 1) * params["size"] < len(found)
        return yes({"items": items, "has_more": has_more, **place})

    def _remark(self, params: Mapping[str, Any]) -> Told:
        if params["order_id"] not in self.orders:
            return no(50002, "isv.business-failed:4", "订单不存在")
        self.remarks[params["order_id"]] = params["remark"]
        self.effects.append(f"remark_order {params['order_id']}")
        return yes(None)

    def _intercept(self, params: Mapping[str, Any]) -> Told:
        known = {
            parcel.tracking_no for parcels in self.parcels.values() for parcel in parcels.values()
        }
        results = []
        for target in params["intercept_targets"]:
            is_ours = target["tracking_no"] in known
            if is_ours:
                self.effects.append(f"intercept_parcel {target['tracking_no']}")
            reason = "" if is_ours else "运单号不存在"
            results.append({**target, "is_success": is_ours, "unavailable_reason": reason})
        done = sum(one["is_success"] for one in results)
        failed = len(results) - done
        return yes({"intercept_results": results, "success_count": done, "failed_count": failed})

    def _token(self, params: Mapping[str, Any]) -> Told:
        known = (params.get("refresh_token"), params.get("shop_id"))
        if not any(known):
            return no(50001, "dop.token-generate-failed:token-invalid", "生成token失败")
        token = {"access_token": self.access.token, "refresh_token": "simulated-refresh"}
        return yes({**token, "expires_in": TOKEN_S, "shop_id": SHOP_ID})

    def _order(self, order: Order) -> dict[str, Any]:
        parcels = self.parcels.get(order.order_id, {}).values()
        return shop_order(order, self.remarks.get(order.order_id, ""), parcels)


def _sent_at(timestamp: str) -> int:
    """Unix seconds, or the local time of China."""
    if timestamp.isdigit():
        return int(timestamp)
    try:
        moment = dt.datetime.fromisoformat(timestamp)
    except ValueError:
        return 0
    return int(moment.replace(tzinfo=CHINA).timestamp())


PLATFORM = DouyinPlatform
