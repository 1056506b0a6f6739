"""What of an order's lines is wrong by now, what will be, and how to say it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from orderguard.domain.events import SettlementKind
from orderguard.settlement.lines import Cause, Line

TITLES: dict[Cause, tuple[str, str]] = {
    Cause.PAYMENT_MISSING: ("payment not settled", "付款未结算"),
    Cause.REFUND_MISSING: ("refund not settled", "退款未结算"),
    Cause.SHORT: ("settled too little", "少结"),
    Cause.OVER: ("settled too much", "多结"),
    Cause.DOUBLE: ("settled twice", "重复结算"),
    Cause.WRONG_CURRENCY: ("settled in another currency", "结算币种不符"),
    Cause.SETTLED_UNPAID: ("settled, but not paid", "未付款却已结算"),
    Cause.SETTLED_WITHOUT_REFUND: ("settled as a refund that is not known", "无对应退款的退款结算"),
    Cause.REFUND_BEYOND_PAID: ("paid back more than was paid", "退款超过实付"),
}
"""Each cause in English and Chinese."""

_KINDS = {SettlementKind.PAYMENT: ("payment", "付款"), SettlementKind.REFUND: ("refund", "退款")}


def faults(lines: Iterable[Line], now_ms: int) -> tuple[Line, ...]:
    """The lines that are wrong by now, the one that has been so for longest first."""
    wrong = [line for line in lines if line.counts_at is not None and line.counts_at <= now_ms]
    return tuple(sorted(wrong, key=lambda line: (line.counts_at or 0, line.kind, line.of)))


def expected(lines: Iterable[Line], since_ms: int) -> tuple[Line, ...]:
    """The lines, where what was paid or paid back before `since_ms` is not expected to be settled.

    A shop may tell no settlements at all, or tell them only from some day on.
    """
    if not since_ms:
        return tuple(lines)
    return tuple(
        replace(line, counts_at=None)
        if line.cause in {Cause.PAYMENT_MISSING, Cause.REFUND_MISSING} and line.at < since_ms
        else line
        for line in lines
    )


def next_due(lines: Iterable[Line], now_ms: int) -> int | None:
    """When the next of them will be wrong, if nothing comes, in ms since the epoch."""
    coming = [line.counts_at for line in lines if line.counts_at is not None]
    return min((due for due in coming if due > now_ms), default=None)


def money_text(amount: Decimal | None) -> str:
    """An amount with at least two decimals, equal for equal amounts; a dash where unknown."""
    if amount is None:
        return "-"
    text = f"{amount.normalize() + 0:f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def explain(wrong: Sequence[Line]) -> tuple[str, str]:
    """All that is wrong, in English and in Chinese, one sentence a line of money."""
    said = [_sentence(line) for line in wrong]
    return " ".join(en for en, _ in said), "".join(zh for _, zh in said)


def _sentence(line: Line) -> tuple[str, str]:
    en, zh = TITLES[line.cause] if line.cause is not None else ("", "")
    kind_en, kind_zh = _KINDS[line.kind]
    currency = line.currency or ""
    owed, got, amount = (money_text(one) for one in (line.owed, line.got, line.amount))
    return (
        f"{kind_en.capitalize()}: {en}; owed {owed}, settled {got}, difference {amount}"
        f" {currency}".rstrip()
        + ".",
        f"{kind_zh}：{zh}；应结 {owed}，已结 {got}，差额 {amount} {currency}".rstrip() + "。",
    )
