"""What each notification tells, as canonical events."""

import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import Struct

from orderguard.channels.wechat_pay import shapes
from orderguard.channels.wechat_pay.values import (
    Scalar,
    currency,
    identity,
    instant,
    text,
    yuan,
)
from orderguard.domain.events import Data, EventType, OrderData, RefundData, UnknownData
from orderguard.domain.orders import Order, OrderStatus, Payment
from orderguard.errors import MalformedMessage

SUPPLIES = frozenset(
    {
        *("order_id", "status", "paid_at"),
        *("payment", "payment.id", "payment.method", "payment.account", "payment.amount"),
        *("payment.currency", "payment.paid_at"),
    }
)
TYPE_NAME_LENGTH_MAX = 128
METHOD = "wechat"


class Told(Struct, frozen=True):
    """One event; its id is made of `parts`, so that a repeat has the same."""

    type: EventType
    data: Data
    at: dt.datetime
    parts: tuple[str, ...]
    type_name: str = ""
    """The platform's own, where the type is unknown."""


def tell(notification: shapes.Notification, mchid: str) -> list[Told]:
    """Raise MalformedMessage for one of another merchant."""
    resource = notification.resource or shapes.Resource()
    _check_merchant(resource, mchid)
    name = text(notification.event_type)
    created_at = instant(notification.create_time)
    teller = _TELLERS.get(name or "")
    if name is None or created_at is None:
        raise MalformedMessage("The members `event_type` and `create_time` say what and when.")
    if teller is not None:
        return teller(resource, name, created_at)
    return [_unknown(name, created_at, needed("id", notification.id))]


def needed(member: str, value: Scalar) -> str:
    known = identity(value)
    if known is None:
        raise MalformedMessage(f"The member `{member}` is missing or no id.")
    return known


def _check_merchant(resource: shapes.Resource, mchid: str) -> None:
    """The platform's key is not one merchant's alone: what it signs may be meant for another."""
    told = {
        text(one)
        for part in (resource, *(resource.sub_orders or ()))
        for one in (part.mchid, part.sp_mchid, part.sub_mchid)
    }
    told = (told | {text(resource.combine_mchid)}) - {None}
    if told and mchid not in told:
        raise MalformedMessage(
            "The notification is about another merchant.",
            hint="Compare the shop's mchid with the merchant number (商户号).",
        )


def _paid(resource: shapes.Resource, name: str, created_at: dt.datetime) -> list[Told]:
    """A combined payment pays several orders at once."""
    payer = resource.payer or resource.combine_payer_info
    parts = resource.sub_orders if resource.sub_orders is not None else (resource,)
    return [_payment(part, payer, name, created_at) for part in parts]


def _payment(
    payment: shapes.Payment, payer: shapes.Payer | None, name: str, created_at: dt.datetime
) -> Told:
    order_id = needed("out_trade_no", payment.out_trade_no)
    number = identity(payment.transaction_id)
    parts = (name, number or order_id)
    if text(payment.trade_state) not in {None, "SUCCESS"}:
        return _unknown(name, created_at, *parts)
    paid_at = instant(payment.success_time)
    amount = payment.amount or shapes.Amount()
    order = Order(
        order_id=order_id,
        status=OrderStatus.PAID,
        paid_at=paid_at,
        payment=Payment(
            id=number,
            method=METHOD,
            account=_account(payer),
            amount=yuan(amount.total if amount.total is not None else amount.total_amount),
            currency=currency(amount.currency),
            paid_at=paid_at,
        ),
    )
    return Told(EventType.ORDER_PAID, OrderData(order=order), paid_at or created_at, parts)


def _account(payer: shapes.Payer | None) -> str | None:
    """Who paid; a service provider's payer has an openid with it and one with the merchant."""
    if payer is None:
        return None
    return text(payer.openid) or text(payer.sub_openid) or text(payer.sp_openid)


def _refund(kind: EventType) -> Callable[[shapes.Resource, str, dt.datetime], list[Told]]:
    def told(resource: shapes.Resource, name: str, created_at: dt.datetime) -> list[Told]:
        number = identity(resource.refund_id)
        amount = resource.amount or shapes.Amount()
        data = RefundData(
            order_id=needed("out_trade_no", resource.out_trade_no),
            # The merchant's own number, as the order's is: by it other systems speak of it too.
            refund_id=needed("out_refund_no", resource.out_refund_no or resource.refund_id),
            amount=yuan(amount.refund),
            currency=currency(amount.currency),
        )
        at = instant(resource.success_time) or created_at
        return [Told(kind, data, at, (name, number or data.refund_id))]

    return told


def _unknown(name: str, at: dt.datetime, *parts: str) -> Told:
    short = name[:TYPE_NAME_LENGTH_MAX]
    return Told(EventType.UNKNOWN, UnknownData(), at, (short, *parts), short)


_TELLERS: Mapping[str, Callable[[shapes.Resource, str, dt.datetime], list[Told]]] = {
    "TRANSACTION.SUCCESS": _paid,
    "REFUND.SUCCESS": _refund(EventType.REFUND_SUCCEEDED),
    "REFUND.CLOSED": _refund(EventType.REFUND_REJECTED),
}
"""All others are kept as unknown with their name. `REFUND.ABNORMAL` is one of them: the money could
not be paid back to where it came from, and is neither refunded nor refused."""
