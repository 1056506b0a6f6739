"""The refunds of an order against what was settled as refunds, which names none of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from orderguard.domain.events import SettlementKind
from orderguard.settlement.account import OrderMoney, Refund, Settlement
from orderguard.settlement.lines import ZERO, Cause, Line, Terms, compared, stray, total, wrong


def refund_lines(
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
            yield stray(one, name, Cause.DOUBLE, counts_at)
        elif missing:
            line = missing.pop(0)
            yield wrong(line, Cause.WRONG_CURRENCY, counts_at, line.amount, of=line.of)
            yield stray(one, name, Cause.WRONG_CURRENCY, counts_at, at=line.at)
        else:
            counts_at = one.known_at + terms.unmatched
            yield stray(one, name, Cause.SETTLED_WITHOUT_REFUND, counts_at)
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
                self._settle(refund_id, refund, refund.amount or ZERO)
            refunds, left = [], []
        for refund_id, refund in refunds:
            if left:
                _, one = left.pop(0)
                line = compared(
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
            owed=refund.amount or ZERO,
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
        line = wrong(line, Cause.REFUND_MISSING, counts_at, refund.amount, of=refund_id)
        self.missing.append(line)


def _is_unknown(refunds: list[tuple[str, Refund]]) -> bool:
    return any(refund.amount is None for _, refund in refunds)


def _sum(amounts: Sequence[tuple[str, Refund | Settlement]]) -> Decimal:
    return total(one.amount or ZERO for _, one in amounts)


def _amountless(refund: Refund) -> Refund:
    return Refund(refund.at, refund.known_at, refund.told_at)
