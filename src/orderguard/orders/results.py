"""What a merchant has of it: small counts by shop and quarter of an hour, and figures made of them.

What one order or one case adds is derived anew whenever something about it changes; the difference
to what it added before is posted. So nothing counts twice, and what is taken back is taken back.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from msgspec import Struct

from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from orderguard.orders.pulse import SLOT_MS

Cell = dict[str, int]
"""Counts by their name; those of money and of lengths have a part behind a slash."""

MONEY_UNIT = Decimal("0.0001")
"""Sums of money are whole numbers of it."""
_FINE = 8
"""Lengths are kept in buckets, so many to a doubling: each is told within 6 %."""
_FINE_BITS = 3


class Counted(StrEnum):
    """What is counted. Of an order by when it was placed, of a case by when it was opened."""

    ORDERS = "orders"
    FLAGGED = "flagged"
    SERIOUS = "serious"
    HELD = "held"
    IN_CASE = "in_case"
    BAD = "bad"
    BAD_FLAGGED = "bad_flagged"
    GOOD_REACHED = "good_reached"
    COMPLAINED = "complained"
    COMPLAINED_REACHED = "complained_reached"
    JUDGED = "judged"
    WRONG = "wrong"
    AVOIDED = "avoided"
    LOST = "lost"
    HELD_GOOD = "held_good"
    ENQUIRIES = "enquiries"
    REPEATED = "repeated"
    CASES = "cases"
    DECIDED = "decided"
    HANDLED_MS = "handled_ms"
    HANDLED = "handled"
    TIMED = "timed"
    TIMED_ORDERS = "timed_orders"
    WORKED_MS = "worked_ms"
    BEGUN = "begun"
    LOCKS = "locks"
    WRONG_LOCKS = "wrong_locks"
    WRONG_LOCK_MS = "wrong_lock_ms"
    FAULTS = "faults"
    ALONE = "alone"
    PERSON = "person"
    ITSELF = "itself"


class Known(Struct, frozen=True, kw_only=True):
    """What is known of an order, as far as results ask.

    `is_bad`: what a person, a dispute or another strong word says, None where none does.
    `is_genuine`: the label that counts says so, however weak. `said` is what a person decided, and
    `is_contradicted` that a strong word said otherwise later. `is_reached`: a run that acts asked
    its buyer, challenged, held or cancelled; `is_delayed`: held. `is_stopped`: cancelled, or held
    by a run that acts, before it left.
    """

    is_flagged: bool = False
    is_serious: bool = False
    is_held: bool = False
    is_in_case: bool = False
    is_reached: bool = False
    is_delayed: bool = False
    is_bad: bool | None = None
    is_genuine: bool = False
    said: bool | None = None
    is_contradicted: bool = False
    has_complained: bool = False
    has_left: bool = False
    is_stopped: bool = False
    amount: int = 0
    currency: str | None = None


class Posted(Struct, frozen=True, array_like=True):
    """What an order or a case has added, to which shop (`channel/shop`) and slot."""

    shop: str
    slot: int
    cell: Cell = {}


def added_by_order(known: Known, before: Mapping[str, int]) -> Cell:
    """What an order adds, its placing apart. That it was once held or in a case stays true."""
    is_held = known.is_held or Counted.HELD in before
    is_in_case = known.is_in_case or Counted.IN_CASE in before
    is_bad, is_good = known.is_bad is True, known.is_genuine
    said = {
        Counted.FLAGGED: known.is_flagged,
        Counted.SERIOUS: known.is_serious,
        Counted.HELD: is_held,
        Counted.IN_CASE: is_in_case,
        Counted.BAD: is_bad,
        Counted.BAD_FLAGGED: is_bad and known.is_flagged,
        Counted.GOOD_REACHED: is_good and known.is_reached,
        Counted.COMPLAINED: known.has_complained,
        Counted.COMPLAINED_REACHED: known.has_complained and known.is_reached,
        Counted.JUDGED: known.said is not None,
        Counted.WRONG: known.said is not None and known.is_contradicted,
    }
    cell: Cell = {name.value: 1 for name, is_so in said.items() if is_so}
    if known.currency is not None and known.amount > 0:
        for name, is_so in (
            (Counted.AVOIDED, is_bad and known.is_flagged and known.is_stopped),
            (Counted.LOST, is_bad and known.has_left),
            (Counted.HELD_GOOD, is_good and known.is_delayed),
        ):
            if is_so:
                cell[f"{name}/{known.currency}"] = known.amount
    return cell


def added_by_case(opened_ms: int, decided_ms: int | None) -> Cell:
    """What a case adds: that it was opened, and how long it took a person to decide it."""
    if decided_ms is None:
        return {Counted.CASES.value: 1}
    took_ms = max(0, decided_ms - opened_ms)
    return {
        Counted.CASES.value: 1,
        Counted.DECIDED.value: 1,
        Counted.HANDLED_MS.value: took_ms,
        f"{Counted.HANDLED}/{bucket_of(took_ms // MS_PER_SECOND)}": 1,
    }


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> Cell:
    """What to post so that `after` stands in the place of `before`."""
    found = {name: -count for name, count in before.items() if name not in after}
    for name, count in after.items():
        change = count - before.get(name, 0)
        if change:
            found[name] = change
    return found


def post(cell: Cell, change: Mapping[str, int]) -> None:
    """Add to a cell in place; what comes to nothing is not kept."""
    for name, count in change.items():
        total = cell.get(name, 0) + count
        if total:
            cell[name] = total
        else:
            cell.pop(name, None)


def result_slot(placed_ms: int, first_ms: int) -> int:
    """The slot of an order: where it was placed, but never later than it was heard of."""
    return min(placed_ms, first_ms) // SLOT_MS


def units_of(amount: Decimal) -> int:
    """An amount as a whole number of `MONEY_UNIT`."""
    return int((amount / MONEY_UNIT).to_integral_value(ROUND_HALF_EVEN))


def money_of(units: int) -> Decimal:
    return (units * MONEY_UNIT).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def bucket_of(length: int) -> int:
    """The bucket of a length, a whole number of any unit."""
    if length < _FINE:
        return max(0, length)
    doublings = length.bit_length() - 1 - _FINE_BITS
    return (doublings + 1) * _FINE + (length >> doublings) - _FINE


def length_of(bucket: int) -> float:
    """The middle of a bucket."""
    if bucket < _FINE:
        return float(bucket)
    doublings, step = bucket // _FINE - 1, bucket % _FINE
    return ((_FINE + step) << doublings) + ((1 << doublings) - 1) / 2


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The length within which this share of all lies; None of nothing."""
    total, seen = sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= share * total and seen > 0:
            return length_of(bucket)
    return None


class Figures(Struct, frozen=True, kw_only=True):
    """The results of some orders. Shares are from 0 to 1, None where nothing is known.

    Sums of money are by currency. `wrong_lock_minutes` are units times minutes.
    """

    orders: int
    flagged: int
    anomaly_share: float | None
    held: int
    bad_known: int
    bad_flagged: int
    recognised: float | None
    orders_in_cases: int
    person_share: float | None
    cases: int
    cases_decided: int
    handling_median_s: float | None
    handling_mean_s: float | None
    complaints: int
    complaint_share: float | None
    complaints_reached: int
    good_reached: int
    enquiries: int
    repeat_enquiries: int
    repeats_per_100_orders: float | None
    orders_judged: int
    orders_wrong: int
    wrong_share: float | None
    person_hours: float
    cases_per_person_hour: float | None
    orders_per_person_hour: float | None
    loss_avoided: dict[str, Decimal]
    loss_suffered: dict[str, Decimal]
    held_genuine: dict[str, Decimal]
    locks: int
    wrong_locks: int
    wrong_lock_minutes: float
    actions: int
    action_ms_p50: float | None
    action_ms_p95: float | None
    faults: int
    mended_alone: int
    mended_person: int
    mended_itself: int
    unmended: int


def figures_of(cell: Mapping[str, int]) -> Figures:
    """The figures that a sum of cells comes to."""

    def count(name: Counted) -> int:
        return max(0, cell.get(name, 0))

    orders, worked_ms = count(Counted.ORDERS), count(Counted.WORKED_MS)
    handled = _buckets(cell, Counted.HANDLED)
    begun = _buckets(cell, Counted.BEGUN)
    decided, faults = count(Counted.DECIDED), count(Counted.FAULTS)
    mended = [count(name) for name in (Counted.ALONE, Counted.PERSON, Counted.ITSELF)]
    return Figures(
        orders=orders,
        flagged=count(Counted.FLAGGED),
        anomaly_share=_share(count(Counted.FLAGGED), orders),
        held=count(Counted.HELD),
        bad_known=count(Counted.BAD),
        bad_flagged=count(Counted.BAD_FLAGGED),
        recognised=_share(count(Counted.BAD_FLAGGED), count(Counted.BAD)),
        orders_in_cases=count(Counted.IN_CASE),
        person_share=_share(count(Counted.IN_CASE), orders),
        cases=count(Counted.CASES),
        cases_decided=decided,
        handling_median_s=quantile(handled, 0.5),
        handling_mean_s=_rate(count(Counted.HANDLED_MS) / MS_PER_SECOND, decided),
        complaints=count(Counted.COMPLAINED),
        complaint_share=_share(count(Counted.COMPLAINED), orders),
        complaints_reached=count(Counted.COMPLAINED_REACHED),
        good_reached=count(Counted.GOOD_REACHED),
        enquiries=count(Counted.ENQUIRIES),
        repeat_enquiries=count(Counted.REPEATED),
        repeats_per_100_orders=_rate(100 * count(Counted.REPEATED), orders),
        orders_judged=count(Counted.JUDGED),
        orders_wrong=count(Counted.WRONG),
        wrong_share=_share(count(Counted.WRONG), count(Counted.JUDGED)),
        person_hours=round(worked_ms / MS_PER_HOUR, 4),
        cases_per_person_hour=_rate(count(Counted.TIMED) * MS_PER_HOUR, worked_ms),
        orders_per_person_hour=_rate(count(Counted.TIMED_ORDERS) * MS_PER_HOUR, worked_ms),
        loss_avoided=_sums(cell, Counted.AVOIDED),
        loss_suffered=_sums(cell, Counted.LOST),
        held_genuine=_sums(cell, Counted.HELD_GOOD),
        locks=count(Counted.LOCKS),
        wrong_locks=count(Counted.WRONG_LOCKS),
        wrong_lock_minutes=round(count(Counted.WRONG_LOCK_MS) / MS_PER_MINUTE, 2),
        actions=sum(begun.values()),
        action_ms_p50=quantile(begun, 0.5),
        action_ms_p95=quantile(begun, 0.95),
        faults=faults,
        mended_alone=mended[0],
        mended_person=mended[1],
        mended_itself=mended[2],
        unmended=max(0, faults - sum(mended)),
    )


def total(cells: Iterable[Mapping[str, int]]) -> Cell:
    found: Cell = {}
    for cell in cells:
        post(found, cell)
    return found


def _share(part: int, whole: int) -> float | None:
    return _rate(part, whole)


def _rate(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole > 0 else None


def _buckets(cell: Mapping[str, int], name: Counted) -> dict[int, int]:
    return {
        int(part): count
        for full, count in cell.items()
        if count > 0 and (part := _part(full, name)) is not None
    }


def _sums(cell: Mapping[str, int], name: Counted) -> dict[str, Decimal]:
    return {
        part: money_of(count)
        for full, count in sorted(cell.items())
        if count > 0 and (part := _part(full, name)) is not None
    }


def _part(full: str, name: Counted) -> str | None:
    head, _, part = full.partition("/")
    return part if part and head == name else None
