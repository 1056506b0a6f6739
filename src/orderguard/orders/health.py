"""What is wrong with the life of one order: what did not happen, and which witnesses disagree.

Each check looks at the state of one order and says since when something is wrong, and when it
counts: a fault whose `due_ms` has not come yet is no fault. Nothing here reads a clock.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from orderguard.domain.alerts import FeatureValue
from orderguard.domain.facts import FactKind
from orderguard.domain.health import ParameterValue, WorkHours
from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import MS_PER_HOUR, rfc3339
from orderguard.orders.state import OrderState
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


def absence(limits: Limits, state: OrderState) -> Found | None:
    """What should have followed by now, and did not."""
    instants = _instants(state)
    if _any_of(instants, limits["ends"]):
        return None
    base = _base(instants, limits)
    if base is None:
        return None
    name, since = base
    pause = _pause(instants)
    if pause is not None:
        held, released = pause
        if released < held:
            return None
        since = max(since, released)
    within, hours = limits["within"], limits["hours"]
    assert isinstance(within, int)
    due = after_working(since, within, hours if isinstance(hours, WorkHours) else None)
    return Found(
        due_ms=due,
        since_ms=since,
        cause=f"{name}@{since}",
        values={
            "after": name.partition(":")[0],
            "hours": _hours(due - since),
            "limit_h": _hours(within),
        },
    )


def promise(limits: Limits, state: OrderState) -> Found | None:
    """The instant at which what the platform promised the buyer is broken."""
    promised = state.members.get("ship_by")
    instants = _instants(state)
    if promised is None or FactKind.PAID not in instants:
        return None
    if _any_of(instants, limits["ends"]) or _any_of(instants, limits["expects"]):
        return None
    ahead = limits["ahead"]
    assert isinstance(ahead, int)
    return Found(
        due_ms=max(promised - ahead, instants[FactKind.PAID]),
        since_ms=promised,
        cause=f"promised@{promised}",
        values={"promised": rfc3339(promised), "hours_left": _hours(ahead)},
    )


def status_mismatch(limits: Limits, state: OrderState, *, has_warehouse: bool) -> Found | None:
    """Where the channel, the warehouse and finance tell different stories of one order.

    `has_warehouse`: the shop's warehouse is known to speak, so that its silence says something.
    """
    channel, finance = state.words.get(Witness.CHANNEL), state.words.get(Witness.FINANCE)
    parcel = _furthest(state.words.get(Witness.WAREHOUSE), state.words.get(Witness.CARRIER))
    grace, finance_grace = limits["channel_warehouse"], limits["channel_finance"]
    assert isinstance(grace, int)
    assert isinstance(finance_grace, int)
    if finance is not None and FactKind.PAID not in state.instants:
        said = "unpaid" if channel is None else str(channel.kind)
        return _mismatch("settled_but_unpaid", finance.at, finance_grace, said, "settled")
    if channel is not None and channel.kind in (FactKind.CANCELLED, FactKind.CLOSED):
        return _cancelled_yet_sent(state, channel, parcel, grace)
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


def _has_left(word: Word | None) -> bool:
    return word is not None and HOW_FAR[word.kind] >= HOW_FAR[FactKind.SHIPPED]


def _cancelled_yet_sent(
    state: OrderState, channel: Word, parcel: Word | None, grace: int
) -> Found | None:
    """An order that was ended goes on at the warehouse, or is gone and nobody takes it back."""
    if parcel is None or HOW_FAR[parcel.kind] < HOW_FAR[FactKind.PICKED]:
        return None
    if not _has_left(parcel) and parcel.at <= channel.at + grace:
        return None
    aftersale = (FactKind.REFUND_REQUESTED, FactKind.REFUND_SUCCEEDED, FactKind.RETURN_RECEIVED)
    instants = state.instants
    is_over = any(name.partition(":")[0] in aftersale for name in instants)
    # Sent first and taken back after is an ordinary return; sent after the end never is.
    if is_over and parcel.at <= channel.at:
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
    return Found(due_ms=since + grace, since_ms=since, cause=f"{cause}@{since}", values=values)


def amount_mismatch(limits: Limits, state: OrderState) -> Found | None:
    """What was ordered against what was paid, in one currency."""
    members = state.members
    ordered, paid = members.get("order_amount"), members.get("payment_amount")
    instants = state.instants
    if ordered is None or paid is None or FactKind.PAID not in instants:
        return None
    currency = members.get("order_currency")
    if members.get("payment_currency", currency) != currency:
        return None
    tolerance, grace = limits["tolerance_cents"], limits["grace"]
    assert isinstance(tolerance, int)
    assert isinstance(grace, int)
    if abs(ordered - paid) <= Decimal(tolerance) / 100:
        return None
    refunded = any(name.startswith(FactKind.REFUND_SUCCEEDED) for name in instants)
    if refunded and paid > ordered:
        return None  # A channel that takes a refund off the order's amount.
    times = [
        state.older_ms.get(name, state.newest_ms) for name in ("order_amount", "payment_amount")
    ]
    since = max(times)
    return Found(
        due_ms=since if times[0] == times[1] else since + grace,
        since_ms=since,
        cause=f"{ordered}/{paid}",
        values={
            "ordered": format(ordered, "f"),
            "paid": format(paid, "f"),
            "difference": format(paid - ordered, "f"),
            "currency": currency,
        },
    )


def _instants(state: OrderState) -> dict[str, int]:
    """The facts of an order, with when it was placed where only the channel's word tells."""
    instants = state.instants
    if FactKind.PLACED in instants or Witness.CHANNEL not in state.words:
        return instants
    return {FactKind.PLACED: state.members.get("created_at", state.first_ms), **instants}


def _base(instants: Mapping[str, int], limits: Limits) -> tuple[str, int] | None:
    """The fact that the time counts from, where nothing has met it yet."""
    after, expects = limits["after"], limits["expects"]
    assert isinstance(after, tuple)
    assert isinstance(expects, tuple)
    if any(kind in instants for kind in expects):
        return None
    for kind in after:
        if kind in instants:
            return kind, instants[kind]
        recurring = [
            (at, name)
            for name, at in instants.items()
            if name.startswith(f"{kind}:") and not _is_met(name, expects, instants)
        ]
        if recurring:
            at, name = min(recurring)
            return name, at
    return None


def _is_met(name: str, expects: Sequence[str], instants: Mapping[str, int]) -> bool:
    """Whether what was asked with this number has been answered under it."""
    number = name.partition(":")[2]
    return any(f"{kind}:{number}" in instants for kind in expects)


def _any_of(instants: Mapping[str, int], kinds: ParameterValue) -> bool:
    assert isinstance(kinds, tuple)
    if any(kind in instants for kind in kinds):
        return True
    recurring = [kind for kind in kinds if kind.startswith("re")]
    return bool(recurring) and any(name.partition(":")[0] in recurring for name in instants)


def _pause(instants: Mapping[str, int]) -> tuple[int, int] | None:
    """When the shipment was held last, and when released; None where it never was held."""
    held = [at for name, at in instants.items() if name.startswith("held")]
    if not held:
        return None
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
