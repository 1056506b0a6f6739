"""Events about money, told shortly; instants are hours after the first."""

from decimal import Decimal

from orderguard.domain.events import (
    EventType,
    OrderEvent,
    RefundData,
    SettlementData,
    SettlementKind,
)
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.settlement import (
    Line,
    OrderMoney,
    Payment,
    Terms,
    faults,
    reckon,
    with_payment,
    with_refund,
    with_settlement,
)

START = 1_794_000_000_000
TERMS = Terms()


def at(hours: float) -> int:
    return START + round(hours * MS_PER_HOUR)


def paid(
    amount: str | None = "100.00",
    currency: str | None = "CNY",
    *,
    hours: float = 0,
    order: tuple[str, str] | None = None,
) -> Payment:
    order_amount, order_currency = order or (amount, currency)
    return Payment(
        at=at(hours),
        known_at=at(hours),
        amount=None if amount is None else Decimal(amount),
        currency=currency,
        order_amount=None if order_amount is None else Decimal(order_amount),
        order_currency=order_currency,
    )


def refunded(
    refund_id: str, amount: str | None, hours: float = 1, currency: str | None = "CNY"
) -> OrderEvent:
    data = RefundData(order_id="1", refund_id=refund_id, amount=amount, currency=currency)
    return _event(f"r-{refund_id}-{hours}", EventType.REFUND_SUCCEEDED, data, hours)


def settled(
    settlement_id: str | None,
    amount: str,
    hours: float = 24,
    currency: str = "CNY",
    *,
    kind: SettlementKind | None = SettlementKind.PAYMENT,
    event_id: str | None = None,
) -> OrderEvent:
    data = SettlementData(
        order_id="1", kind=kind, amount=amount, currency=currency, settlement_id=settlement_id
    )
    name = event_id or f"s-{settlement_id}-{hours}"
    return _event(name, EventType.SETTLEMENT_RECORDED, data, hours)


def paid_out(
    settlement_id: str, amount: str, hours: float = 24, currency: str = "CNY"
) -> OrderEvent:
    """A refund that finance settled."""
    return settled(settlement_id, amount, hours, currency, kind=SettlementKind.REFUND)


def money(payment: Payment | None, *events: OrderEvent) -> OrderMoney:
    known = OrderMoney() if payment is None else with_payment(OrderMoney(), payment)
    for event in events:
        is_refund = isinstance(event.data, RefundData)
        known = with_refund(known, event) if is_refund else with_settlement(known, event)
    return known


def wrong(known: OrderMoney, hours: float = 10_000, terms: Terms = TERMS) -> list[tuple[str, str]]:
    """(cause, amount) of all that is wrong by then."""
    return [(str(line.cause), str(line.amount)) for line in faulty(known, hours, terms)]


def faulty(known: OrderMoney, hours: float = 10_000, terms: Terms = TERMS) -> tuple[Line, ...]:
    return faults(reckon(known, terms), at(hours))


def _event(
    name: str, kind: EventType, data: RefundData | SettlementData, hours: float
) -> OrderEvent:
    return OrderEvent(
        id=name,
        type=kind,
        channel="standard",
        shop="demo",
        occurred_ms=at(hours),
        received_ms=at(hours),
        data=data,
    )
