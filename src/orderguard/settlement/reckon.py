"""What of an order's money is owed, what was settled of it, and what is wrong with that.

`reckon` splits all of an order's money into lines, each in one currency and on one side. The lines
add up: what was settled less what is owed is the sum of their differences, to the last digit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal, Inexact
from enum import StrEnum
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.events import SettlementKind
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE
from orderguard.settlement.account import OrderMoney, Payment, Refund, Settlement

EXACT = Context(prec=60, traps=[Inexact])
"""Sums of amounts of 15 digits and 6 decimals never come near this; if they did, it raises."""

_ZERO = Decimal(0)


class Cause(StrEnum):
    """Why what was settled is not what is owed."""

    PAYMENT_MISSING = "payment_missing"
    REFUND_MISSING = "refund_missing"
    SHORT = "short"
    OVER = "over"
    DOUBLE = "double"
    WRONG_CURRENCY = "wrong_currency"
    SETTLED_UNPAID = "settled_unpaid"
    SETTLED_WITHOUT_REFUND = "settled_without_refund"
    REFUND_BEYOND_PAID = "refund_beyond_paid"


class Terms(Struct, frozen=True, kw_only=True):
    """From when on a difference counts, in ms.

    `payment_grace` and `refund_grace` run from when it was paid, or paid back. `settling` runs
    from when we learned of what is wrong. `unmatched` is how far apart the words of the channel and
    of finance may come: it runs from when we learned of one of them that has no counterpart.
    """

    payment_grace: int = 72 * MS_PER_HOUR
    refund_grace: int = 72 * MS_PER_HOUR
    settling: int = 0
    unmatched: int = 60 * MS_PER_MINUTE


class Line(Struct, frozen=True, kw_only=True):
    """A piece of an order's money in one currency.

    `at` is when it was paid, paid back, or, where there was no such thing, settled, in ms.
    `counts_at` is from when on `cause` is a fault; None where it never will be: the order was paid
    back in full before anything was settled. `amount` is how much is wrong, None where unknown.
    `of` is what opened it: a refund's id, a settlement's event, or nothing for the payment.
    """

    kind: SettlementKind
    currency: str | None
    at: int
    owed: Decimal = _ZERO
    got: Decimal = _ZERO
    cause: Cause | None = None
    counts_at: int | None = None
    amount: Decimal | None = None
    of: str = ""

    @property
    def effect(self) -> Decimal:
        """What the merchant has for it, less what he should have."""
        got = EXACT.subtract(self.got, self.owed)
        return got if self.kind is SettlementKind.PAYMENT else EXACT.minus(got)


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
        *_refund_lines(money, refunds, terms),
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


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    return reduce(EXACT.add, amounts, _ZERO)


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
    return known is not None and _ZERO < known[0] <= known[1]


def _never_owed(money: OrderMoney) -> Iterator[Line]:
    """Paid back in full before anything was settled: many settle neither."""
    payment = money.payment
    assert payment is not None, "what was paid back was paid"
    amount = payment.amount or _ZERO
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
            owed=refund.amount or _ZERO,
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
            yield _stray(one, name, Cause.SETTLED_UNPAID, one.known_at + terms.unmatched)
        return
    owed, currency = _owed(payment, settled)
    own = [one for _, one in settled if one.currency == currency]
    others = [(name, one) for name, one in settled if one.currency != currency]
    got = total(one.amount for one in own)
    line = Line(kind=SettlementKind.PAYMENT, currency=currency, at=payment.at, owed=owed or _ZERO)
    if own:
        yield _compared(line, owed, [(one.amount, one) for one in own], got, terms)
    elif others:
        counts_at = min(one.known_at for _, one in others) + terms.settling
        yield _wrong(line, Cause.WRONG_CURRENCY, counts_at, owed)
    elif owed == 0:
        yield line
    else:
        learned = payment.known_at + terms.unmatched
        counts_at = max(payment.at + terms.payment_grace, learned)
        yield _wrong(line, Cause.PAYMENT_MISSING, counts_at, owed)
    for name, one in others:
        counts_at = one.known_at + terms.settling
        yield _stray(one, name, Cause.WRONG_CURRENCY, counts_at, at=payment.at)


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


def _compared(
    line: Line,
    owed: Decimal | None,
    own: Sequence[tuple[Decimal, Settlement]],
    got: Decimal,
    terms: Terms,
) -> Line:
    """The line of what was settled in the right currency, in one piece or in several."""
    last = max((one for _, one in own), key=lambda one: (one.at, one.event_id))
    counts_at = max(one.known_at for _, one in own) + terms.settling
    if owed is None or got == owed:
        return replace(line, owed=got, got=got)
    too_much = Cause.DOUBLE if len(own) > 1 else Cause.OVER
    cause = Cause.SHORT if got < owed else too_much
    wrong = _wrong(line, cause, counts_at, abs(EXACT.subtract(got, owed)), of=last.event_id)
    return replace(wrong, got=got)


def _refund_lines(
    money: OrderMoney, settled: list[tuple[str, Settlement]], terms: Terms
) -> Iterator[Line]:
    """Settlements name no refund: equal amounts belong together, then what adds up, then pairs."""
    currency = None if money.payment is None else money.payment.currency
    refunds: dict[str | None, list[tuple[str, Refund]]] = defaultdict(list)
    for refund_id, refund in sorted(money.refunds.items(), key=lambda one: (one[1].at, one[0])):
        refunds[refund.currency or currency].append((refund_id, refund))
    strays: dict[str, list[tuple[str, Settlement]]] = defaultdict(list)
    for name, one in settled:
        strays[one.currency].append((name, one))
    if None in refunds:  # Without any currency an amount says nothing.
        nameless = [(refund_id, _amountless(one)) for refund_id, one in refunds.pop(None)]
        refunds[min(strays, default=None)] += nameless
    missing: list[Line] = []
    unmatched: list[tuple[str, Settlement, bool]] = []
    for told in sorted({*refunds, *strays}, key=lambda told: told or ""):
        matched = _Matched(told, refunds[told], strays[told or ""], terms)
        yield from matched.lines
        missing += matched.missing
        unmatched += matched.unmatched
    yield from _across_currencies(missing, unmatched, terms)


def _across_currencies(
    missing: list[Line], unmatched: list[tuple[str, Settlement, bool]], terms: Terms
) -> Iterator[Line]:
    """What is missing in one currency was perhaps settled in another."""
    for name, one, is_again in unmatched:
        counts_at = one.known_at + terms.settling
        if is_again:
            yield _stray(one, name, Cause.DOUBLE, counts_at)
        elif missing:
            line = missing.pop(0)
            yield _wrong(line, Cause.WRONG_CURRENCY, counts_at, line.amount, of=line.of)
            yield _stray(one, name, Cause.WRONG_CURRENCY, counts_at, at=line.at)
        else:
            counts_at = one.known_at + terms.unmatched
            yield _stray(one, name, Cause.SETTLED_WITHOUT_REFUND, counts_at)
    yield from missing


class _Matched:
    """The refunds and the settlements of refunds in one currency, brought together."""

    def __init__(
        self,
        currency: str | None,
        refunds: list[tuple[str, Refund]],
        settled: list[tuple[str, Settlement]],
        terms: Terms,
    ) -> None:
        self.lines: list[Line] = []
        self.missing: list[Line] = []
        self.unmatched: list[tuple[str, Settlement, bool]] = []
        """Name, settlement, and whether a refund of its amount is settled already."""
        self._currency, self._terms = currency, terms
        open_refunds, left = self._equal(refunds, settled)
        self._pair(open_refunds, left)

    def _equal(
        self, refunds: list[tuple[str, Refund]], settled: list[tuple[str, Settlement]]
    ) -> tuple[list[tuple[str, Refund]], list[tuple[str, Settlement]]]:
        left, open_refunds = list(settled), []
        for refund_id, refund in refunds:
            match = next((one for one in left if one[1].amount == refund.amount), None)
            if match is None:
                open_refunds.append((refund_id, refund))
            else:
                left.remove(match)
                self._settle(refund_id, refund, match[1].amount)
        return open_refunds, left

    def _pair(
        self, refunds: list[tuple[str, Refund]], settled: list[tuple[str, Settlement]]
    ) -> None:
        known = {line.owed for line in self.lines}
        again = [one for one in settled if one[1].amount in known]
        left = [one for one in settled if one[1].amount not in known]
        if refunds and not _is_unknown(refunds) and _sum(refunds) == _sum(left):
            for refund_id, refund in refunds:
                self._settle(refund_id, refund, refund.amount or _ZERO)
            refunds, left = [], []
        for refund_id, refund in refunds:
            if left:
                _, one = left.pop(0)
                line = _compared(
                    self._line(refund_id, refund),
                    refund.amount,
                    [(one.amount, one)],
                    one.amount,
                    self._terms,
                )
                self.lines.append(line)
            else:
                self._miss(refund_id, refund)
        self.unmatched += [(name, one, False) for name, one in left]
        self.unmatched += [(name, one, True) for name, one in again]

    def _line(self, refund_id: str, refund: Refund) -> Line:
        return Line(
            kind=SettlementKind.REFUND,
            currency=self._currency,
            at=refund.at,
            owed=refund.amount or _ZERO,
            of=refund_id,
        )

    def _settle(self, refund_id: str, refund: Refund, amount: Decimal) -> None:
        line = self._line(refund_id, refund)
        self.lines.append(replace(line, owed=amount, got=amount))

    def _miss(self, refund_id: str, refund: Refund) -> None:
        line = self._line(refund_id, refund)
        if refund.amount == 0:
            self.lines.append(line)
            return
        learned = refund.known_at + self._terms.unmatched
        counts_at = max(refund.at + self._terms.refund_grace, learned)
        line = _wrong(line, Cause.REFUND_MISSING, counts_at, refund.amount, of=refund_id)
        self.missing.append(line)


def _is_unknown(refunds: list[tuple[str, Refund]]) -> bool:
    return any(refund.amount is None for _, refund in refunds)


def _sum(amounts: Sequence[tuple[str, Refund | Settlement]]) -> Decimal:
    return total(one.amount or _ZERO for _, one in amounts)


def _amountless(refund: Refund) -> Refund:
    return Refund(refund.at, refund.known_at, refund.told_at)


def _stray(
    one: Settlement, name: str, cause: Cause, counts_at: int, *, at: int | None = None
) -> Line:
    """What was settled and is owed by nobody."""
    return Line(
        kind=one.kind,
        currency=one.currency,
        at=one.at if at is None else at,
        got=one.amount,
        cause=cause,
        counts_at=counts_at,
        amount=one.amount,
        of=name,
    )


def _wrong(
    line: Line, cause: Cause, counts_at: int, amount: Decimal | None, *, of: str = ""
) -> Line:
    return replace(line, cause=cause, counts_at=counts_at, amount=amount, of=of)
