"""WeChat Pay: it sees the payments and the refunds of a merchant's orders, and nothing else."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from orderguard.domain.events import CanonicalEvent, EventType, OrderData, RefundData
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform

_REFUNDS: Mapping[EventType, str] = {
    EventType.REFUND_SUCCEEDED: "SUCCESS",
    EventType.REFUND_REJECTED: "CLOSED",
}


class WechatPayPlatform(Platform):
    channel = "wechat_pay"
    tells = frozenset({EventType.ORDER_PAID, *_REFUNDS})
    ships = False

    def pushes(self, event: CanonicalEvent, at_ms: int) -> list[RawMessage]:  # noqa: ARG002
        at = event.occurred_at
        match event.data:
            case OrderData() if event.type is EventType.ORDER_PAID:
                paid = self._payment(event.data.order, at)
                return [_notification("TRANSACTION.SUCCESS", at, paid)]
            case RefundData() if event.type in _REFUNDS:
                status = _REFUNDS[event.type]
                refund = self._refund(event.data, status, at)
                return [_notification(f"REFUND.{status}", at, refund)]
            case _:
                return []

    def tellable(self, order: Order) -> Order:
        """Nothing that came after the payment, however the order went on."""
        paid = order.payment or Payment()
        return Order(
            order_id=order.order_id,
            status=OrderStatus.PAID,
            paid_at=paid.paid_at,
            payment=Payment(
                id=paid.id,
                method="wechat",
                account=paid.account,
                amount=paid.amount,
                currency=paid.currency,
                paid_at=paid.paid_at,
            ),
        )

    def is_acknowledged(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        return status in {200, 204}

    def _payment(self, order: Order, at: dt.datetime) -> dict[str, Any]:
        paid = order.payment or Payment()
        return {
            "mchid": self.shop.settings["mchid"],
            "out_trade_no": order.order_id,
            "transaction_id": paid.id,
            "trade_type": "JSAPI",
            "trade_state": "SUCCESS",
            "success_time": (paid.paid_at or at).isoformat(),
            "payer": {"openid": paid.account},
            "amount": {
                "total": _fen(paid.amount),
                "payer_total": _fen(paid.amount),
                "currency": paid.currency,
                "payer_currency": paid.currency,
            },
        }

    def _refund(self, refund: RefundData, status: str, at: dt.datetime) -> dict[str, Any]:
        order = self.orders.get(refund.order_id)
        paid = (order.payment if order else None) or Payment()
        told = {
            "mchid": self.shop.settings["mchid"],
            "transaction_id": paid.id,
            "out_trade_no": refund.order_id,
            "refund_id": f"5{refund.refund_id}",
            "out_refund_no": refund.refund_id,
            "refund_status": status,
            "user_received_account": "支付用户零钱",
            "amount": {"total": _fen(paid.amount), "refund": _fen(refund.amount)},
        }
        return told | ({"success_time": at.isoformat()} if status == "SUCCESS" else {})


def _notification(name: str, at: dt.datetime, resource: Mapping[str, Any]) -> RawMessage:
    number = resource.get("refund_id") or resource["transaction_id"]
    document = {
        "id": f"EV-{name}-{number}",
        "create_time": at.isoformat(),
        "resource_type": "encrypt-resource",
        "event_type": name,
        "summary": "",
        "resource": resource,
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return RawMessage({"content-type": "application/json"}, "", body)


def _fen(amount: str | None) -> int:
    yuan, _, fen = (amount or "0").partition(".")
    return int(yuan) * 100 + int(f"{fen:0<2}"[:2])


PLATFORM = WechatPayPlatform
