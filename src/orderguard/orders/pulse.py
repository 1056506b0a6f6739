"""The pulse of a shop: what comes and goes in a quarter of an hour, and what is usual.

A slot counts; a reading adds slots up to windows as they were known then; a judgement holds a
reading against those of the days before at the same time of day. Medians make single odd days,
a sale or an outage, count for nothing. Nothing here reads a clock.
"""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from itertools import accumulate
from math import inf, log, sqrt
from statistics import median, median_low

from msgspec import Struct

from orderguard.kit.clock import MS_PER_DAY, MS_PER_MINUTE

SLOT_MS = 15 * MS_PER_MINUTE
SLOTS_A_DAY = MS_PER_DAY // SLOT_MS
SETTLING_MS = 5 * MS_PER_MINUTE
"""A slot is read so long after its end, since witnesses are late."""
HISTORY_DAYS = 28
SURGE_SLOTS = (1, 2, 4)
SHIPPING_SLOTS = (8, 16, 32, 96)
COHORT_SLOTS = (4, 8, 12, 96)
"""Windows that are looked at, in slots; the last of the cohorts says what is usual of a day."""
PROMPT_MS = 30 * MS_PER_MINUTE
COHORT_LAG_SLOTS = 3
"""An order has half an hour to be paid, and a quarter more until that is told."""
COHORT_LEAST = 5
"""Orders of which a share says something."""
RELAXED = 0.6
"""What has begun is over below this part of what begins it."""
RECOVERED = 0.8
"""Shipping is well again from this part of what is due on."""
UNPAID_LEAST, UNPAID_ABOVE = 0.05, 0.2
"""At least so many are taken to be unpaid usually; an alarm is so much above what is usual."""
_MAD_TO_SIGMA = 1.4826
_SIGMAS = 6


class Slot(Struct, frozen=True, array_like=True):
    """A quarter of an hour. `prompt`: of the placed, those that were paid within half an hour."""

    number: int
    placed: int = 0
    prompt: int = 0
    shipped: int = 0
    paid: int = 0


class Reading(Struct, frozen=True, array_like=True):
    """Windows that end with a slot.

    `backlog` are paid orders that have not left. `work` are for each window of shipping those of
    its start and what was paid in it, -1 where nobody knows. `cohorts` have the orders that had
    time to be paid, and those of them that were.
    """

    number: int
    placed: tuple[int, ...]
    shipped: tuple[int, ...]
    backlog: int
    work: tuple[int, ...]
    cohorts: tuple[tuple[int, int], ...]


class State(Enum):
    FAULTY = auto()
    UNCLEAR = auto()
    FINE = auto()


class Verdict(Struct, frozen=True, kw_only=True):
    """`slots` is the window that shows it best, `seen` of `expected` what it has."""

    state: State
    slots: int = 0
    seen: int = 0
    expected: float = 0.0
    of: int = 0


class Known(Struct, frozen=True):
    """Readings of the days before at the same time of day; `weekly` those of the same weekday."""

    daily: tuple[Reading, ...]
    weekly: tuple[Reading, ...]


UNCLEAR, FINE = Verdict(state=State.UNCLEAR), Verdict(state=State.FINE)


def slot_of(at: int) -> int:
    return at // SLOT_MS


def unlikely(count: int, expected: float) -> float:
    """How unlikely it is that chance makes so many, or so few, of what is expected: -ln of it."""
    if expected <= 0:
        return inf if count else 0.0
    return (count * log(count / expected) if count else 0.0) - count + expected


def unlikely_share(part: int, count: int, usual: float) -> float:
    """The same of a part of so many, where `usual` is the share that is expected."""
    share = part / count
    if share <= usual:
        return 0.0
    rest = 0.0 if share == 1 else (1 - share) * log((1 - share) / (1 - usual))
    return count * (share * log(share / usual) + rest)


def _scatter(samples: Sequence[float]) -> float:
    """How much samples differ beyond what chance does to counts."""
    middle = median(samples)
    sigma = _MAD_TO_SIGMA * median(abs(one - middle) for one in samples)
    return sqrt(max(0.0, sigma * sigma - middle))


class SurgeTerms(Struct, frozen=True, kw_only=True):
    factor: float
    least: int
    unlikely: float


def surge_limits(
    terms: SurgeTerms, known: Known, planned: Sequence[float | None]
) -> tuple[tuple[float, float], ...]:
    """Of each window what is expected, and how many orders are far above it.

    `planned` are orders that a sale adds to the window; None where it does not say how many.
    """
    limits = []
    for place, extra in enumerate(planned):
        samples = [reading.placed[place] for reading in known.daily]
        expected = float(median(samples))
        if known.weekly:
            expected = max(expected, median(reading.placed[place] for reading in known.weekly))
        scatter = _scatter(samples)
        if extra is None or (extra > 0 and place < len(planned) - 1):
            # Nobody knows how a planned sale spreads over its minutes.
            limits.append((expected, inf))
            continue
        expected += extra
        least = max(terms.least, terms.factor * expected, expected + _SIGMAS * scatter)
        limits.append((expected, _enough(least, expected, terms.unlikely)))
    return tuple(limits)


def _enough(least: float, expected: float, wanted: float) -> float:
    """The least count from `least` on that chance hardly makes."""
    step = max(1.0, least / 20)
    while unlikely(round(least), expected) < wanted:
        least += step
    return least


def surge(
    placed: Sequence[int], limits: Sequence[tuple[float, float]], *, is_open: bool = False
) -> Verdict:
    """Whether any window has far more orders than usual; `is_open`: or has not calmed down yet."""
    found = [
        Verdict(state=State.FAULTY, slots=slots, seen=seen, expected=expected)
        for slots, seen, (expected, limit) in zip(SURGE_SLOTS, placed, limits, strict=True)
        if seen >= limit * (RELAXED if is_open else 1)
    ]
    return max(found, key=lambda one: one.seen / max(one.expected, 1), default=FINE)


class ShippingTerms(Struct, frozen=True, kw_only=True):
    share: float
    least: int
    unlikely: float


def shipping(terms: ShippingTerms, now: Reading, known: Known) -> Verdict:
    """Whether far less ships than usual at this time, though paid orders wait to be shipped."""
    verdict = UNCLEAR
    for place, slots in enumerate(SHIPPING_SLOTS):
        expected = _due(now, known, place)
        shipped = now.shipped[place]
        if expected >= terms.least / 2 and verdict is UNCLEAR and shipped >= RECOVERED * expected:
            return FINE
        if expected >= terms.least / 2:
            verdict = Verdict(state=State.UNCLEAR)
        if (
            expected >= terms.least
            and shipped <= terms.share * expected
            and unlikely(shipped, expected) >= terms.unlikely
            and shipped <= expected - _SIGMAS / 2 * _scatter(_shipped(known.daily, place))
        ):
            return Verdict(
                state=State.FAULTY, slots=slots, seen=shipped, expected=expected, of=now.backlog
            )
    return verdict


def _shipped(readings: Sequence[Reading], place: int) -> list[int]:
    return [reading.shipped[place] for reading in readings]


def _due(now: Reading, known: Known, place: int) -> float:
    """What should have shipped: as much as usual, or less where fewer orders wait than usual."""
    if now.work[place] < 0 or not known.weekly:
        return 0.0
    due = inf
    for readings, middle in ((known.daily, median), (known.weekly, median_low)):
        due = min(due, middle(_shipped(readings, place)))
        rates = [
            reading.shipped[place] / max(1, reading.work[place])
            for reading in readings
            if reading.work[place] >= 0
        ]
        due = min(due, now.work[place] * middle(rates) if rates else 0.0)
    return due


class PendingTerms(Struct, frozen=True, kw_only=True):
    share: float
    least: int
    unlikely: float


def pending(terms: PendingTerms, now: Reading, known: Known) -> Verdict:
    """Whether far more of the orders than usual are still unpaid after half an hour."""
    days = [_unpaid(reading.cohorts[-1]) for reading in known.daily if reading.cohorts[-1][0]]
    if not days:
        return UNCLEAR
    usual = median(days)
    usual += _MAD_TO_SIGMA * _SIGMAS / 2 * median(abs(day - usual) for day in days)
    verdict: Verdict | None = None
    for place, slots in enumerate(COHORT_SLOTS[:-1]):
        count, prompt = now.cohorts[place]
        shares = [
            _unpaid(reading.cohorts[place])
            for reading in known.daily
            if reading.cohorts[place][0] >= COHORT_LEAST
        ]
        at_this_time = max(usual, median(shares) if shares else 0.0, UNPAID_LEAST)
        limit = max(terms.share, at_this_time + UNPAID_ABOVE)
        if count < COHORT_LEAST or limit >= 1:
            continue
        unpaid = count - prompt
        if verdict is None:
            is_fine = unpaid / count < RECOVERED * limit
            verdict = FINE if is_fine else UNCLEAR
        is_much = count >= terms.least and unpaid / count >= limit
        if is_much and unlikely_share(unpaid, count, at_this_time) >= terms.unlikely:
            return Verdict(
                state=State.FAULTY, slots=slots, seen=unpaid, expected=at_this_time, of=count
            )
    return verdict or UNCLEAR


def _unpaid(cohort: tuple[int, int]) -> float:
    count, prompt = cohort
    return (count - prompt) / count


def read(number: int, slots: Sequence[Slot], backlog: int, waiting: Sequence[int]) -> Reading:
    """The windows that end with slot `number`.

    `slots` are that one and those before it, for more than a day; `waiting` is the backlog at the
    start of each window of shipping, -1 where nobody knows.
    """
    placed = _sums([slot.placed for slot in slots[: SURGE_SLOTS[-1]]], SURGE_SLOTS)
    shipped = _sums([slot.shipped for slot in slots], SHIPPING_SLOTS)
    paid = _sums([slot.paid for slot in slots], SHIPPING_SLOTS)
    work = tuple(
        -1 if before < 0 else before + new for before, new in zip(waiting, paid, strict=True)
    )
    told = slots[COHORT_LAG_SLOTS:]
    counts = _sums([slot.placed for slot in told], COHORT_SLOTS)
    prompts = _sums([slot.prompt for slot in told], COHORT_SLOTS)
    cohorts = tuple(zip(counts, prompts, strict=True))
    return Reading(number, placed, shipped, backlog, work, cohorts)


def _sums(counts: Iterable[int], windows: Sequence[int]) -> tuple[int, ...]:
    """Sums of the first so many, for each window."""
    sums = [0, *accumulate(counts)]
    return tuple([sums[min(window, len(sums) - 1)] for window in windows])
