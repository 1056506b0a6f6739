"""A line: a piece of an order's money in one currency, with what is owed and what was settled."""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, Inexact
from enum import StrEnum
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from orderguard.domain.events import SettlementKind
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE
from orderguard.settlement.account import Settlement

EXACT = Context(prec=60, traps=[Inexact])
"""Sums of amounts of 15 digits and 6 decimals never come near this; if they did, it raises."""

ZERO = Decimal(0)


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
    owed: Decimal = ZERO
    got: Decimal = ZERO
    cause: Cause | None = None
    counts_at: int | None = None
    amount: Decimal | None = None
    of: str = ""

    @property
    def effect(self) -> Decimal:
        """What the merchant has for it, less what he should have."""
        got = EXACT.subtract(self.got, self.owed)
        return got if self.kind is SettlementKind.PAYMENT else EXACT.minus(got)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    return reduce(EXACT.add, amounts, ZERO)


def compared(
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
    faulty = wrong(line, cause, counts_at, abs(EXACT.subtract(got, owed)), of=last.event_id)
    return replace(faulty, got=got)


def stray(
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


def wrong(
    line: Line, cause: Cause, counts_at: int, amount: Decimal | None, *, of: str = ""
) -> Line:
    return replace(line, cause=cause, counts_at=counts_at, amount=amount, of=of)
