"""What of an order's money is owed, what was settled of it, and what is wrong with that.

`reckon` splits all of an order's money into lines, each in one currency and on one side. The lines
add up: what was settled less what is owed is the sum of their differences, to the last digit.
"""

from collections.abc import Iterator
from decimal import Decimal

from orderguard.domain.events import SettlementKind
from orderguard.settlement.account import OrderMoney, Payment, Settlement
from orderguard.settlement.lines import (
    EXACT,
    ZERO,
    Cause,
    Line,
    Terms,
    compared,
    stray,
    total,
    wrong,
)
from orderguard.settlement.refunds import refund_lines


def reckon(money: OrderMoney, terms: Terms) -> tuple[Line, ...]:
    """All lines of an order: the payment's, the refunds' by time, what has no counterpart."""
    if not money.refunds and len(money.settlements) < 2:
        plain = _plain(money, terms)
        if plain is not None:
            return (plain,)
    payments = _settled(money, SettlementKind.PAYMENT)
    refunds = _settled(money, SettlementKind.REFUND)
    if not payments and not refunds and _is_paid_back(money):
        return (*_never_owed(money), *_beyond(money, terms))
    return (
        *_payment_lines(money.payment, payments, terms),
        *refund_lines(money, refunds, terms),
        *_beyond(money, terms),
    )


def _plain(money: OrderMoney, terms: Terms) -> Line | None:
    """The line of an order as most are, which shall cost little: paid, and perhaps settled.

    None where something is out of the ordinary.
    """
    payment = money.payment
    if payment is None or not payment.amount or payment.currency is None:
        return None
    for one in money.settlements.values():
        is_whole = one.kind is SettlementKind.PAYMENT and one.amount == payment.amount
        if not is_whole or one.currency != payment.currency:
            return None
        return Line(
            kind=SettlementKind.PAYMENT,
            currency=payment.currency,
            at=payment.at,
            owed=one.amount,
            got=one.amount,
        )
    return Line(
        kind=SettlementKind.PAYMENT,
        currency=payment.currency,
        at=payment.at,
        owed=payment.amount,
        cause=Cause.PAYMENT_MISSING,
        counts_at=max(payment.at + terms.payment_grace, payment.known_at + terms.unmatched),
        amount=payment.amount,
    )


def _settled(money: OrderMoney, kind: SettlementKind) -> list[tuple[str, Settlement]]:
    """The settlements of a kind, by the instant at which they happened."""
    own = [(name, one) for name, one in money.settlements.items() if one.kind is kind]
    return sorted(own, key=lambda named: (named[1].at, named[0]))


def _paid_back(money: OrderMoney) -> tuple[Decimal, Decimal] | None:
    """What was paid, and what was paid back of it in its currency; None where it is unknown."""
    payment = money.payment
    if payment is None or payment.amount is None:
        return None
    amounts = [
        refund.amount
        for refund in money.refunds.values()
        if refund.amount is not None and refund.currency in {None, payment.currency}
    ]
    return payment.amount, total(amounts)


def _is_paid_back(money: OrderMoney) -> bool:
    known = _paid_back(money)
    return known is not None and ZERO < known[0] <= known[1]


def _never_owed(money: OrderMoney) -> Iterator[Line]:
    """Paid back in full before anything was settled: many settle neither."""
    payment = money.payment
    assert payment is not None, "what was paid back was paid"
    amount = payment.amount or ZERO
    yield Line(
        kind=SettlementKind.PAYMENT,
        currency=payment.currency,
        at=payment.at,
        owed=amount,
        cause=Cause.PAYMENT_MISSING,
        amount=amount,
    )
    for refund_id, refund in sorted(money.refunds.items()):
        yield Line(
            kind=SettlementKind.REFUND,
            currency=refund.currency or payment.currency,
            at=refund.at,
            owed=refund.amount or ZERO,
            cause=Cause.REFUND_MISSING,
            amount=refund.amount,
            of=refund_id,
        )


def _beyond(money: OrderMoney, terms: Terms) -> Iterator[Line]:
    """More was paid back than was ever paid: owed to the buyer or not, it is gone."""
    known = _paid_back(money)
    payment = money.payment
    if payment is None or known is None or known[1] <= known[0]:
        return
    last = max(money.refunds.values(), key=lambda refund: (refund.at, refund.known_at))
    yield Line(
        kind=SettlementKind.REFUND,
        currency=payment.currency,
        at=last.at,
        cause=Cause.REFUND_BEYOND_PAID,
        counts_at=max(refund.known_at for refund in money.refunds.values()) + terms.settling,
        amount=EXACT.subtract(known[1], known[0]),
        of="all",
    )


def _payment_lines(
    payment: Payment | None, settled: list[tuple[str, Settlement]], terms: Terms
) -> Iterator[Line]:
    if payment is None:
        for name, one in settled:
            yield stray(one, name, Cause.SETTLED_UNPAID, one.known_at + terms.unmatched)
        return
    owed, currency = _owed(payment, settled)
    own = [one for _, one in settled if one.currency == currency]
    others = [(name, one) for name, one in settled if one.currency != currency]
    got = total(one.amount for one in own)
    line = Line(kind=SettlementKind.PAYMENT, currency=currency, at=payment.at, owed=owed or ZERO)
    if own:
        yield compared(line, owed, [(one.amount, one) for one in own], got, terms)
    elif others:
        counts_at = min(one.known_at for _, one in others) + terms.settling
        yield wrong(line, Cause.WRONG_CURRENCY, counts_at, owed)
    elif owed == 0:
        yield line
    else:
        learned = payment.known_at + terms.unmatched
        counts_at = max(payment.at + terms.payment_grace, learned)
        yield wrong(line, Cause.PAYMENT_MISSING, counts_at, owed)
    for name, one in others:
        counts_at = one.known_at + terms.settling
        yield stray(one, name, Cause.WRONG_CURRENCY, counts_at, at=payment.at)


def _owed(
    payment: Payment, settled: list[tuple[str, Settlement]]
) -> tuple[Decimal | None, str | None]:
    """What shall be settled: the payment as it was made, or as the order has it in its currency.

    An order in dollars that was paid in yuan may be settled in either; no rate is needed, since
    both amounts were told. Without any currency the amount says nothing.
    """
    told = {one.currency for _, one in settled}
    if payment.currency is None:
        return None, min(told, default=None)
    has_other = payment.order_currency in told and payment.currency not in told
    if has_other and payment.order_amount is not None:
        return payment.order_amount, payment.order_currency
    return payment.amount, payment.currency
