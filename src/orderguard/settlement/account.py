"""The money of one order: what was to be paid, was paid, paid back, and settled.

Every amount is an exact decimal in its own currency; nothing is ever converted.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.events import OrderEvent, RefundData, SettlementData, SettlementKind

REFUNDS_MAX = 1_000
"""Refunds kept of one order; what a broken source tells beyond them is not reconciled."""
SETTLEMENTS_MAX = 1_000
"""The same for settlements."""


class Payment(Struct, frozen=True, array_like=True):
    """That the order was paid. `at` is when, `known_at` when we learned of it, in ms.

    `amount` and `currency` are what its payment names, or the order where it names none; None is
    unknown. The `order_` members are the order's own.
    """

    at: int
    known_at: int
    amount: Decimal | None = None
    currency: str | None = None
    order_amount: Decimal | None = None
    order_currency: str | None = None


class Refund(Struct, frozen=True, array_like=True):
    """One refund that succeeded; the first witness has the instant, the newest the amount."""

    at: int
    known_at: int
    told_at: int
    amount: Decimal | None = None
    currency: str | None = None


class Settlement(Struct, frozen=True, array_like=True):
    """What finance recorded once, gross and positive. `event_id`: who told of it last."""

    kind: SettlementKind
    amount: Decimal
    currency: str
    at: int
    known_at: int
    event_id: str


class OrderMoney(Struct, frozen=True, array_like=True):
    """All of it, by `refund_id`, and by kind and `settlement_id`."""

    payment: Payment | None = None
    refunds: dict[str, Refund] = {}
    settlements: dict[str, Settlement] = {}

    @property
    def is_empty(self) -> bool:
        return self.payment is None and not self.refunds and not self.settlements


def with_payment(money: OrderMoney, payment: Payment) -> OrderMoney:
    """The order as it stands now was paid; when we learned that it was stays as it is."""
    if money.payment is not None:
        payment = replace(payment, known_at=money.payment.known_at)
    return money if payment == money.payment else replace(money, payment=payment)


def with_refund(money: OrderMoney, event: OrderEvent) -> OrderMoney:
    """A refund succeeded. Told again it is the same: the newest word on its amount stands."""
    data = event.data
    assert isinstance(data, RefundData), "only a refund is taken"
    former = money.refunds.get(data.refund_id)
    if former is None and len(money.refunds) >= REFUNDS_MAX:
        return money
    amount = None if data.amount is None else abs(Decimal(data.amount))
    told_at = event.occurred_ms
    if former is None:
        refund = Refund(told_at, event.received_ms, told_at, amount, data.currency)
    else:
        is_newer = told_at >= former.told_at
        named = (amount, former.amount) if is_newer else (former.amount, amount)
        currencies = (data.currency, former.currency)
        refund = Refund(
            at=min(former.at, told_at),
            known_at=former.known_at,
            told_at=max(former.told_at, told_at),
            amount=named[0] if named[0] is not None else named[1],
            currency=_first(currencies if is_newer else currencies[::-1]),
        )
    return replace(money, refunds={**money.refunds, data.refund_id: refund})


def with_settlement(money: OrderMoney, event: OrderEvent) -> OrderMoney:
    """Finance recorded something. The same `settlement_id` again is the same: the newest stands.

    Without an id each event is a settlement of its own.
    """
    data = event.data
    assert isinstance(data, SettlementData), "only a settlement is taken"
    kind = data.kind or SettlementKind.PAYMENT
    name = f"{kind}:{data.settlement_id or event.id}"
    former = money.settlements.get(name)
    if former is None and len(money.settlements) >= SETTLEMENTS_MAX:
        return money
    settlement = Settlement(
        kind=kind,
        amount=abs(Decimal(data.amount)),
        currency=data.currency,
        at=event.occurred_ms,
        known_at=event.received_ms,
        event_id=event.id,
    )
    if former is not None and _order(former) > _order(settlement):
        return money
    return replace(money, settlements={**money.settlements, name: settlement})


def _order(one: Settlement) -> tuple[int, int, str]:
    """A corrected bill tells the same instant again: then the later word stands."""
    return one.at, one.known_at, one.event_id


def _first(values: tuple[str | None, ...]) -> str | None:
    return next((value for value in values if value is not None), None)
