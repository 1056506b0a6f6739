"""Tell from what is remembered of the senders what is wrong with each, and whose clock is.

Anybody may call a path, so a call or two that are refused say nothing. Several, and no event that
was accepted since, say that the sender's own calls are refused.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from orderguard.domain.senders import SenderRecord
from orderguard.errors import SignatureFault
from orderguard.kit.clock import (
    MS_PER_DAY,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    MS_PER_SECOND,
    rfc3339,
)

REFUSED_MIN = 3
AHEAD_MIN = 3
"""Events in a row that bear a time after their receipt before it is called a fault."""
STEADY_MS_MAX = MS_PER_MINUTE
"""Clocks that differ do so by the same each time; messages that lay about do not."""
HEARD_MS_MAX = MS_PER_HOUR

_UNITS = (("d", MS_PER_DAY), ("h", MS_PER_HOUR), ("min", MS_PER_MINUTE), ("s", MS_PER_SECOND))
_STALE = (SignatureFault.TOO_OLD, SignatureFault.TOO_NEW)


class Whose(StrEnum):
    """Whose clock is likely wrong."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"


_AGREE = (
    "Take over the sender's secret by `{rotate} --secret SECRET`, or give it the new one that this"
    " prints without --secret. Where both are the same, something on the way changes the body, or"
    " a stranger calls."
)
_SIGN = (
    "Switch signing on at the sender, and let every proxy on the way pass its headers. Where they"
    " arrive, a stranger calls."
)
_SIGN_ANEW = (
    "Let the sender sign each attempt anew: what comes late with its old signature is refused."
    " Where it does, a stranger repeats its calls."
)
_SET_CLOCK = {
    Whose.OURS: "Set this machine's clock, best by NTP: it likely is the wrong one.",
    Whose.THEIRS: "Set the sender's clock, best by NTP: it likely is the wrong one, not ours.",
    Whose.UNKNOWN: "Compare both clocks with a third, and set the wrong one, best by NTP.",
}


class SenderFault(Struct, frozen=True, kw_only=True):
    """What is wrong with one shop's sender: in a word or two, in a sentence, and what to do."""

    channel: str
    shop: str
    short: str
    found: str
    mend: str


def sender_faults(
    records: Sequence[SenderRecord], *, is_synchronised: bool = False
) -> list[SenderFault]:
    """In the order of the records. `is_synchronised`: the system says that it keeps its clock."""
    return [
        SenderFault(
            channel=record.channel,
            shop=record.shop,
            short=short,
            found=f"{record.channel}/{record.shop}: {found}",
            mend=mend,
        )
        for record in records
        for short, found, mend in _faults(
            record, _whose(record, records, is_synchronised=is_synchronised)
        )
    ]


def span(ms: int) -> str:
    """A length of time in its two largest units."""
    rest = abs(ms)
    parts: list[str] = []
    for unit, size in _UNITS:
        if rest >= size or (unit == "s" and not parts):
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts[:2])


def _faults(record: SenderRecord, whose: Whose) -> Iterator[tuple[str, str, str]]:
    """(short, found, mend) of each."""
    since = _since(record)
    if (wrong := record.refused.get(SignatureFault.WRONG, 0)) >= REFUSED_MIN:
        found = f"{wrong} calls were signed with another secret; {since}."
        rotate = f"orderguard shop rotate-secret {record.shop} --channel {record.channel}"
        yield "wrong secret", found, _AGREE.format(rotate=rotate)
    if (missing := record.refused.get(SignatureFault.MISSING, 0)) >= REFUSED_MIN:
        yield "not signed", f"{missing} calls lacked what signs them; {since}.", _SIGN
    if (stale := _stale_count(record)) >= REFUSED_MIN:
        skew_ms = _steady_skew_ms(record)
        if skew_ms is None:
            found = (
                f"{stale} calls were rightly signed, but at times {_bounds(record)} off; {since}."
            )
            yield "old signatures", found, _SIGN_ANEW
        else:
            short, of = ("ahead", "ahead of") if skew_ms > 0 else ("behind", "behind")
            apart = f"bear a time {span(skew_ms)} {of} our clock"
            found = f"{stale} calls were rightly signed, but {apart}; {since}."
            yield f"clock {span(skew_ms)} {short}", found, _SET_CLOCK[whose]
    if record.ahead >= AHEAD_MIN:
        by = span(record.ahead_ms)
        found = f"its last {record.ahead} events bear a time {by} or more after their receipt."
        yield f"clock {by} ahead", found, _SET_CLOCK[whose]


def _stale_count(record: SenderRecord) -> int:
    return sum(record.refused.get(fault, 0) for fault in _STALE)


def _bounds(record: SenderRecord) -> str:
    skews = (record.skew_ms_min or 0, record.skew_ms_max or 0)
    return " to ".join(span(skew) for skew in sorted(skews, key=abs))


def _since(record: SenderRecord) -> str:
    last = f"the last refused at {rfc3339(record.refused_ms)}"
    if record.event_ms:
        return f"{last}; nothing was accepted since {rfc3339(record.event_ms)}"
    return f"{last}; nothing was ever accepted"


def _whose(
    record: SenderRecord, records: Sequence[SenderRecord], *, is_synchronised: bool
) -> Whose:
    """A clock that the system keeps by a source of time is right; else the most senders are.

    Several that differ from us by the same are right, for they hardly err together. One that
    differs is wrong where others of its channel, whose time is looked at too, get through.
    """
    skew_ms = _skew_ms(record)
    if is_synchronised or skew_ms is None:
        return Whose.THEIRS
    others = [one for one in records if one is not record]
    skews = [other for one in others if (other := _skew_ms(one)) is not None]
    if any(abs(other - skew_ms) <= STEADY_MS_MAX for other in skews):
        return Whose.OURS
    at_ms = max(record.refused_ms, record.event_ms)
    for one in others:
        is_heard = one.channel == record.channel and one.event_ms >= at_ms - HEARD_MS_MAX
        if is_heard and _skew_ms(one) is None:
            return Whose.THEIRS
    return Whose.UNKNOWN


def _skew_ms(record: SenderRecord) -> int | None:
    """By how much its clock is ahead of ours, where it surely is apart."""
    if record.ahead >= AHEAD_MIN:
        return record.ahead_ms
    if _stale_count(record) >= REFUSED_MIN:
        return _steady_skew_ms(record)
    return None


def _steady_skew_ms(record: SenderRecord) -> int | None:
    lowest, highest = record.skew_ms_min, record.skew_ms_max
    if lowest is None or highest is None or highest - lowest > STEADY_MS_MAX:
        return None
    return (lowest + highest) // 2
