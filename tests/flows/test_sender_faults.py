"""What is told of a sender, and whose clock is taken to be wrong."""

import pytest
from msgspec.structs import replace

from orderguard.domain.senders import SenderRecord
from orderguard.errors import SignatureFault
from orderguard.flows.sender_faults import REFUSED_MIN, sender_faults, span
from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE

NOW_MS = 1_794_326_400_000
OURS, THEIRS, UNKNOWN = "Set this machine's", "Set the sender's", "Compare both clocks"


def refused(*faults: SignatureFault, shop: str = "demo", channel: str = "c") -> SenderRecord:
    return SenderRecord(
        channel=channel,
        shop=shop,
        refused=dict.fromkeys(faults, REFUSED_MIN),
        refused_ms=NOW_MS,
        fault=faults[-1],
    )


def off(skew_ms: int, shop: str = "demo", *, spread_ms: int = 0) -> SenderRecord:
    fault = SignatureFault.TOO_NEW if skew_ms > 0 else SignatureFault.TOO_OLD
    return replace(refused(fault, shop=shop), skew_ms_min=skew_ms, skew_ms_max=skew_ms + spread_ms)


def heard(shop: str, *, channel: str = "c", at_ms: int = NOW_MS) -> SenderRecord:
    return SenderRecord(channel=channel, shop=shop, event_ms=at_ms)


def shorts(*records: SenderRecord) -> list[str]:
    return [one.short for one in sender_faults(records)]


def clock_of(record: SenderRecord, *others: SenderRecord, is_synchronised: bool = False) -> str:
    """How the mend for this one begins."""
    first = sender_faults((record, *others), is_synchronised=is_synchronised)[0]
    return next(one for one in (OURS, THEIRS, UNKNOWN) if first.mend.en.startswith(one))


def test_nothing_is_wrong_with_one_that_is_heard() -> None:
    assert sender_faults([heard("demo")]) == []
    assert sender_faults([SenderRecord(channel="c", shop="new")]) == []


def test_each_kind_is_told_once_it_repeats() -> None:
    assert shorts(refused(SignatureFault.WRONG)) == ["wrong secret"]
    assert shorts(refused(SignatureFault.MISSING)) == ["not signed"]
    both = refused(SignatureFault.WRONG, SignatureFault.MISSING)
    assert shorts(both) == ["wrong secret", "not signed"]
    rare = {SignatureFault.WRONG: REFUSED_MIN - 1, SignatureFault.MISSING: REFUSED_MIN - 1}
    assert shorts(replace(both, refused=rare)) == []


def test_old_and_new_ones_together_are_no_clock() -> None:
    mixed = {SignatureFault.TOO_OLD: 2, SignatureFault.TOO_NEW: 1}
    record = replace(off(-MS_PER_HOUR), refused=mixed, skew_ms_max=MS_PER_HOUR)
    assert shorts(record) == ["old signatures"]


def test_a_clock_may_drift_and_a_call_take_a_while() -> None:
    assert shorts(off(-400_000, spread_ms=MS_PER_MINUTE)) == ["clock 6 min 10 s behind"]
    assert shorts(off(-400_000, spread_ms=MS_PER_MINUTE + 1)) == ["old signatures"]


def test_alone_it_cannot_be_known_whose_clock_is_wrong() -> None:
    assert clock_of(off(400_000)) == UNKNOWN
    assert clock_of(off(400_000), off(-400_000, "other")) == UNKNOWN


def test_ours_is_right_where_something_keeps_it() -> None:
    assert clock_of(off(400_000), is_synchronised=True) == THEIRS
    assert clock_of(off(400_000), off(400_000, "other"), is_synchronised=True) == THEIRS


def test_several_that_differ_by_the_same_hardly_err_together() -> None:
    assert clock_of(off(400_000), off(430_000, "other")) == OURS
    assert clock_of(off(400_000), off(430_000, "other"), heard("third")) == OURS
    ahead = SenderRecord(channel="d", shop="x", event_ms=NOW_MS, ahead=5, ahead_ms=400_000)
    assert clock_of(off(400_000), ahead) == OURS
    assert clock_of(ahead, off(400_000)) == OURS


def test_theirs_is_wrong_where_others_get_through() -> None:
    assert clock_of(off(400_000), heard("other")) == THEIRS
    assert clock_of(off(400_000), heard("other", channel="d")) == UNKNOWN, "d may look at no time"
    long_ago = heard("other", at_ms=NOW_MS - MS_PER_DAY)
    assert clock_of(off(400_000), long_ago) == UNKNOWN


def test_events_of_the_future_are_told_once_they_are_several() -> None:
    record = SenderRecord(channel="c", shop="demo", event_ms=NOW_MS, ahead=3, ahead_ms=45_000)
    assert shorts(record) == ["clock 45 s ahead"]
    assert shorts(replace(record, ahead=2)) == []


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (-412_000, "6 min 52 s"),
        (MS_PER_HOUR, "1 h"),
        (MS_PER_HOUR + 1_000, "1 h 1 s"),
        (26 * MS_PER_HOUR + 59 * MS_PER_MINUTE, "1 d 2 h"),
    ],
)
def test_a_span_is_told_in_two_units(ms: int, said: str) -> None:
    assert span(ms).en == said
