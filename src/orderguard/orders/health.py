"""What is wrong with the life of one order: what did not happen, and which witnesses disagree.

Each check looks at the state of one order and says since when something is wrong, and when it
counts: a fault whose `due_ms` has not come yet is no fault. Nothing here reads a clock.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import FactKind
from orderguard.domain.health import ParameterValue, WorkHours
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_HOUR, rfc3339
from orderguard.orders.state import NUMBERED, OrderState
from orderguard.orders.witnesses import HOW_FAR, Witness, Word
from orderguard.orders.working_time import after_working

Limits = Mapping[str, ParameterValue]


class Found(Struct, frozen=True, kw_only=True):
    """What is, or at `due_ms` becomes, a fault of one order.

    `cause` is the same each time the same fault is found; `values` are the rule's evidence.
    """

    due_ms: int
    since_ms: int
    cause: str
    values: dict[str, FeatureValue]
    orders: tuple[OrderKey, ...] = ()


class Life(Struct, frozen=True):
    """The life of an order as the checks look at it: made once, for all of them.

    `instants` has each fact that a witness told; where only the channel's word tells that it was
    placed, that too. `kinds` are the facts without the numbers that some bear in their names.
    """

    state: OrderState
    instants: dict[str, int]
    kinds: frozenset[str]


def life_of(state: OrderState) -> Life:
    instants = state.instants
    if FactKind.PLACED not in instants and Witness.CHANNEL in state.words:
        placed_at = state.members.get("created_at", state.first_ms)
        instants = {FactKind.PLACED: placed_at, **instants}
    kinds = frozenset([name.partition(":")[0] if ":" in name else name for name in instants])
    return Life(state, instants, kinds)


class Absence(Struct, frozen=True, kw_only=True):
    """The limits of an absence, ready to be looked at for each event."""

    after: tuple[str, ...]
    expects: frozenset[str]
    ends: frozenset[str]
    within: int
    hours: WorkHours | None

    @classmethod
    def of(cls, limits: Limits) -> "Absence":
        after, expects, ends = limits["after"], limits["expects"], limits["ends"]
        within, hours = limits["within"], limits["hours"]
        assert isinstance(after, tuple)
        assert isinstance(expects, tuple)
        assert isinstance(ends, tuple)
        assert isinstance(within, int)
        assert hours is None or isinstance(hours, WorkHours)
        return cls(
            after=after,
            expects=frozenset(expects),
            ends=frozenset(ends),
            within=within,
            hours=hours,
        )

    def may_find(self, kinds: frozenset[str], has_parcels: bool) -> bool:
        """Whether a life with these facts may lack something."""
        kind = next((one for one in self.after if one in kinds), None)
        if kind is None or not kinds.isdisjoint(self.ends):
            return False
        return has_parcels or kind in NUMBERED or kinds.isdisjoint(self.expects)


def absence(limits: Absence, life: Life) -> Found | None:
    """What should have followed by now, and did not."""
    instants, kinds = life.instants, life.kinds
    for kind in limits.after:
        if kind in kinds:
            break
    else:
        return None
    if not kinds.isdisjoint(limits.ends):
        return None
    if kind in instants:
        name, since = kind, instants[kind]
        if not kinds.isdisjoint(limits.expects):
            late = _late_parcel(limits, life)
            if late is None:
                return None
            name, since = late
            kind = name.partition(":")[0]
    else:
        unmet = [
            (at, name)
            for name, at in instants.items()
            if name.startswith(f"{kind}:") and not _is_met(name, limits.expects, instants)
        ]
        if not unmet:
            return None
        since, name = min(unmet)
    if FactKind.HELD in kinds:
        held, released = _pause(instants)
        if released < held:
            return None
        since = max(since, released)
    within = limits.within
    due = since + within if limits.hours is None else after_working(since, within, limits.hours)
    return Found(
        due_ms=due,
        since_ms=since,
        cause=f"{name}@{since}",
        values={"after": str(kind), "hours": _hours(due - since), "limit_h": _hours(within)},
    )


def _late_parcel(limits: Absence, life: Life) -> tuple[str, int] | None:
    """Of several parcels, of which one is where it should be: the first that is not.

    A parcel that goes on under another number is none: one that begins in the middle stands for it,
    and so do others with all that was ordered in them.
    """
    parcels = life.state.parcels
    if not parcels or FactKind.COMPLETED in life.kinds:
        return None
    late: list[tuple[int, str]] = []
    begun_midway, units = 0, 0
    for number, parcel in parcels.items():
        after = next((kind for kind in limits.after if kind in parcel.instants), None)
        if not limits.expects.isdisjoint(parcel.instants):
            begun_midway += after is None
            units += parcel.units or 0
        elif after is not None:
            late.append((parcel.instants[after], f"{after}:{number}"))
    ordered = life.state.members.get("order_quantity")
    if len(late) <= begun_midway or (ordered is not None and units >= ordered):
        return None
    since, name = sorted(late)[begun_midway]
    return name, since


class Promise(Struct, frozen=True, kw_only=True):
    """The limits of a promise: `told_in` is the member of the order that bears it."""

    told_in: Literal["ship_by", "deliver_by"]
    over: frozenset[str]
    ahead: int

    @classmethod
    def of(cls, limits: Limits) -> "Promise":
        expects, ends, ahead = limits["expects"], limits["ends"], limits["ahead"]
        assert isinstance(expects, tuple)
        assert isinstance(ends, tuple)
        assert isinstance(ahead, int)
        is_delivery = FactKind.DELIVERED in expects and FactKind.SHIPPED not in expects
        told_in: Literal["ship_by", "deliver_by"] = "deliver_by" if is_delivery else "ship_by"
        return cls(told_in=told_in, over=frozenset((*expects, *ends)), ahead=ahead)

    def may_find(self, kinds: frozenset[str], has_parcels: bool) -> bool:  # noqa: ARG002 - one of a table of such.
        """Whether a life with these facts may break it."""
        return FactKind.PAID in kinds and kinds.isdisjoint(self.over)


def promise(limits: Promise, life: Life) -> Found | None:
    """The instant at which what the platform promised the buyer is broken."""
    promised = life.state.members.get(limits.told_in)
    if promised is None or FactKind.PAID not in life.instants:
        return None
    if not life.kinds.isdisjoint(limits.over):
        return None
    return Found(
        due_ms=max(promised - limits.ahead, life.instants[FactKind.PAID]),
        since_ms=promised,
        cause=f"promised@{promised}",
        values={"promised": rfc3339(promised), "hours_left": _hours(limits.ahead)},
    )


class StatusLimits(Struct, frozen=True, kw_only=True):
    """How long the channel and the warehouse, and the channel and finance, may disagree; ms."""

    warehouse: int
    finance: int

    @classmethod
    def of(cls, limits: Limits) -> "StatusLimits":
        warehouse, finance = limits["channel_warehouse"], limits["channel_finance"]
        assert isinstance(warehouse, int)
        assert isinstance(finance, int)
        return cls(warehouse=warehouse, finance=finance)


def status_mismatch(limits: StatusLimits, life: Life, *, has_warehouse: bool) -> Found | None:
    """Where the channel, the warehouse and finance tell different stories of one order.

    `has_warehouse`: the shop's warehouse is known to speak, so that its silence says something.
    """
    words = life.state.words
    channel, finance = words.get(Witness.CHANNEL), words.get(Witness.FINANCE)
    grace = limits.warehouse
    if finance is not None and FactKind.PAID not in life.instants:
        said = "unpaid" if channel is None else str(channel.kind)
        return _mismatch("settled_but_unpaid", finance.at, limits.finance, said, "settled")
    parcel = _furthest(words.get(Witness.WAREHOUSE), words.get(Witness.CARRIER))
    if channel is not None and channel.kind in _ENDED:
        return _cancelled_yet_sent(life, channel, parcel, grace)
    is_shipped = _has_left(channel)
    if channel is None or is_shipped == _has_left(parcel):
        return None
    if not is_shipped and parcel is not None and channel.at > parcel.at:
        cause, other = "sent_but_not_shipped", str(parcel.kind)
    elif is_shipped and (parcel is not None or has_warehouse):
        cause, other = "shipped_but_not_sent", "nothing" if parcel is None else str(parcel.kind)
    else:
        return None  # One of them has not spoken since.
    return _mismatch(cause, channel.at, grace, str(channel.kind), other)


_ENDED = (FactKind.CANCELLED, FactKind.CLOSED)
_AFTERSALE = frozenset(
    {FactKind.REFUND_REQUESTED, FactKind.REFUND_SUCCEEDED, FactKind.RETURN_RECEIVED}
)


def _has_left(word: Word | None) -> bool:
    return word is not None and HOW_FAR[word.kind] >= HOW_FAR[FactKind.SHIPPED]


def _cancelled_yet_sent(life: Life, channel: Word, parcel: Word | None, grace: int) -> Found | None:
    """An order that was ended goes on at the warehouse, or is gone and nobody takes it back."""
    if parcel is None or HOW_FAR[parcel.kind] < HOW_FAR[FactKind.PICKED]:
        return None
    if not _has_left(parcel) and parcel.at <= channel.at + grace:
        return None
    # Sent first and taken back after is an ordinary return; sent after the end never is.
    if parcel.at <= channel.at and not life.kinds.isdisjoint(_AFTERSALE):
        return None
    since = max(channel.at, parcel.at)
    return _mismatch("cancelled_but_sent", since, grace, str(channel.kind), str(parcel.kind))


def _mismatch(cause: str, since: int, grace: int, one: str, other: str) -> Found:
    values: dict[str, FeatureValue] = {
        "cause": cause,
        "one": one,
        "other": other,
        "hours": _hours(grace),
    }
    return Found(due_ms=since + grace, since_ms=since, cause=cause, values=values)


class AmountLimits(Struct, frozen=True, kw_only=True):
    """What may differ, and how long a second document may take (ms)."""

    tolerance: Decimal
    grace: int

    @classmethod
    def of(cls, limits: Limits) -> "AmountLimits":
        cents, grace = limits["tolerance_cents"], limits["grace"]
        assert isinstance(cents, int)
        assert isinstance(grace, int)
        return cls(tolerance=Decimal(cents) / 100, grace=grace)


def amount_mismatch(limits: AmountLimits, life: Life) -> Found | None:
    """What was ordered against what was paid, in one currency."""
    state = life.state
    members = state.members
    ordered, paid = members.get("order_amount"), members.get("payment_amount")
    if ordered is None or paid is None or ordered == paid or FactKind.PAID not in life.instants:
        return None
    currency = members.get("order_currency")
    if members.get("payment_currency", currency) != currency:
        return None
    if abs(ordered - paid) <= limits.tolerance:
        return None
    if paid > ordered and FactKind.REFUND_SUCCEEDED in life.kinds:
        return None  # A channel that takes a refund off the order's amount.
    older, newest = state.older_ms, state.newest_ms
    times = older.get("order_amount", newest), older.get("payment_amount", newest)
    since = max(times)
    return Found(
        due_ms=since if times[0] == times[1] else since + limits.grace,
        since_ms=since,
        cause=f"{ordered}/{paid}",
        values={
            "ordered": format(ordered, "f"),
            "paid": format(paid, "f"),
            "difference": format(paid - ordered, "f"),
            "currency": currency,
        },
    )


def _is_met(name: str, expects: frozenset[str], instants: Mapping[str, int]) -> bool:
    """Whether what was asked with this number has been answered under it."""
    number = name.partition(":")[2]
    return any(f"{kind}:{number}" in instants for kind in expects)


def _pause(instants: Mapping[str, int]) -> tuple[int, int]:
    """When the shipment was held last, and when released; -1 for never."""
    held = [at for name, at in instants.items() if name.startswith("held")]
    released = [at for name, at in instants.items() if name.startswith("released")]
    return max(held), max(released, default=-1)


def _furthest(*words: Word | None) -> Word | None:
    known = [word for word in words if word is not None]
    return max(known, key=lambda word: HOW_FAR[word.kind]) if known else None


def _hours(ms: int) -> float:
    return round(ms / MS_PER_HOUR, 2)


def basket(state: OrderState) -> str | None:
    """Who bought what: the same text for the same buyer, SKUs and quantities."""
    members = state.members
    buyer = members.get("buyer_id") or members.get("buyer_phone_token")
    lines = members.get("lines")
    if not buyer or not lines or any(line.sku is None for line in lines):
        return None
    units: dict[str, int] = {}
    for line in lines:
        assert line.sku is not None
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    what = ",".join(f"{sku}*{quantity}" for sku, quantity in sorted(units.items()))
    return f"{state.key.channel}/{state.key.shop}/{buyer}|{what}"
