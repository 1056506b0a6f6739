"""Tell from what is remembered of the senders what is wrong with each, and whose clock is.

Anybody may call a path, so a call or two that are refused say nothing. Several, and no event that
was accepted since, say that the sender's own calls are refused.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from orderguard.bilingual import Bilingual
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

_UNITS = (
    (Bilingual("d", "天"), MS_PER_DAY),
    (Bilingual("h", "小时"), MS_PER_HOUR),
    (Bilingual("min", "分钟"), MS_PER_MINUTE),
    (Bilingual("s", "秒"), MS_PER_SECOND),
)
_STALE = (SignatureFault.TOO_OLD, SignatureFault.TOO_NEW)


class Whose(StrEnum):
    """Whose clock is likely wrong."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"


_SIGN = Bilingual(
    "Switch signing on at the sender, and let every proxy on the way pass its headers. Where they"
    " arrive, a stranger calls.",
    "请在发送方打开签名，并让途中的代理放行它的请求头。如果请求头都到了，那就是陌生人在调用。",
)
_SIGN_ANEW = Bilingual(
    "Let the sender sign each attempt anew: what comes late with its old signature is refused."
    " Where it does, a stranger repeats its calls.",
    "请让发送方每次重试都重新签名：带着旧签名迟到的推送会被拒绝。"
    "如果已经这样做，那就是陌生人在重放它的调用。",
)
_SET_CLOCK = {
    Whose.OURS: Bilingual(
        "Set this machine's clock, best by NTP: it likely is the wrong one.",
        "请校准本机时钟，最好用 NTP：错的很可能是它。",
    ),
    Whose.THEIRS: Bilingual(
        "Set the sender's clock, best by NTP: it likely is the wrong one, not ours.",
        "请校准发送方的时钟，最好用 NTP：错的很可能是它，不是我们的。",
    ),
    Whose.UNKNOWN: Bilingual(
        "Compare both clocks with a third, and set the wrong one, best by NTP.",
        "请拿第三个时钟与两边比较，校准错的那个，最好用 NTP。",
    ),
}


class SenderFault(Struct, frozen=True, kw_only=True):
    """What is wrong with one shop's sender: in a word or two, in a sentence, and what to do."""

    channel: str
    shop: str
    short: str
    found: Bilingual
    mend: Bilingual


def sender_faults(
    records: Sequence[SenderRecord], *, is_synchronised: bool = False
) -> list[SenderFault]:
    """In the order of the records. `is_synchronised`: the system says that it keeps its clock."""
    return [
        SenderFault(
            channel=record.channel,
            shop=record.shop,
            short=short,
            found=Bilingual(
                f"{record.channel}/{record.shop}: {found.en}",
                f"{record.channel}/{record.shop}：{found.zh}",
            ),
            mend=mend,
        )
        for record in records
        for short, found, mend in _faults(
            record, _whose(record, records, is_synchronised=is_synchronised)
        )
    ]


def span(ms: int) -> Bilingual:
    """A length of time in its two largest units."""
    rest = abs(ms)
    parts: list[tuple[int, Bilingual]] = []
    for unit, size in _UNITS:
        if rest >= size or (size == MS_PER_SECOND and not parts):
            parts.append((rest // size, unit))
            rest %= size
    return Bilingual(
        " ".join(f"{count} {unit.en}" for count, unit in parts[:2]),
        " ".join(f"{count} {unit.zh}" for count, unit in parts[:2]),
    )


def _faults(record: SenderRecord, whose: Whose) -> Iterator[tuple[str, Bilingual, Bilingual]]:
    """(short, found, mend) of each."""
    since = _since(record)
    if (wrong := record.refused.get(SignatureFault.WRONG, 0)) >= REFUSED_MIN:
        found = Bilingual(
            f"{wrong} calls were signed with another secret; {since.en}.",
            f"{wrong} 次推送用的是别的密钥签名；{since.zh}。",
        )
        yield "wrong secret", found, _agree(record)
    if (missing := record.refused.get(SignatureFault.MISSING, 0)) >= REFUSED_MIN:
        found = Bilingual(
            f"{missing} calls lacked what signs them; {since.en}.",
            f"{missing} 次推送没有带签名；{since.zh}。",
        )
        yield "not signed", found, _SIGN
    if (stale := _stale_count(record)) >= REFUSED_MIN:
        yield _stale_fault(record, stale, whose)
    if record.ahead >= AHEAD_MIN:
        by = span(record.ahead_ms)
        found = Bilingual(
            f"its last {record.ahead} events bear a time {by.en} or more after their receipt.",
            f"最近 {record.ahead} 个事件的发生时间比接收时间晚 {by.zh}以上。",
        )
        yield f"clock {by.en} ahead", found, _SET_CLOCK[whose]


def _agree(record: SenderRecord) -> Bilingual:
    rotate = f"orderguard shop rotate-secret {record.shop} --channel {record.channel}"
    return Bilingual(
        f"Take over the sender's secret by `{rotate} --secret SECRET`, or give it the new one that"
        " this prints without --secret. Where both are the same, something on the way changes the"
        " body, or a stranger calls.",
        f"用 `{rotate} --secret SECRET` 换成发送方的密钥，"
        "或不写 --secret，把打印出的新密钥交给发送方。"
        "如果两边本来相同，那就是途中有东西改了报文，或有陌生人在调用。",
    )


def _stale_fault(
    record: SenderRecord, stale: int, whose: Whose
) -> tuple[str, Bilingual, Bilingual]:
    since, skew_ms = _since(record), _steady_skew_ms(record)
    if skew_ms is None:
        off = _bounds(record)
        found = Bilingual(
            f"{stale} calls were rightly signed, but at times {off.en} off; {since.en}.",
            f"{stale} 次推送签名正确，但时间相差 {off.zh}；{since.zh}。",
        )
        return "old signatures", found, _SIGN_ANEW
    by = span(skew_ms)
    off = Bilingual(f"{by.en} behind", f"比我们的时钟慢 {by.zh}")
    if skew_ms > 0:
        off = Bilingual(f"{by.en} ahead of", f"比我们的时钟快 {by.zh}")
    found = Bilingual(
        f"{stale} calls were rightly signed, but bear a time {off.en} our clock; {since.en}.",
        f"{stale} 次推送签名正确，但时间{off.zh}；{since.zh}。",
    )
    return f"clock {off.en.removesuffix(' of')}", found, _SET_CLOCK[whose]


def _stale_count(record: SenderRecord) -> int:
    return sum(record.refused.get(fault, 0) for fault in _STALE)


def _bounds(record: SenderRecord) -> Bilingual:
    skews = (record.skew_ms_min or 0, record.skew_ms_max or 0)
    least, most = (span(skew) for skew in sorted(skews, key=abs))
    return Bilingual(f"{least.en} to {most.en}", f"{least.zh}到 {most.zh}")


def _since(record: SenderRecord) -> Bilingual:
    last = rfc3339(record.refused_ms)
    if record.event_ms:
        since = rfc3339(record.event_ms)
        return Bilingual(
            f"the last refused at {last}; nothing was accepted since {since}",
            f"最后一次拒绝在 {last}；自 {since} 起没有接受过推送",
        )
    return Bilingual(
        f"the last refused at {last}; nothing was ever accepted",
        f"最后一次拒绝在 {last}；从来没有接受过推送",
    )


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
