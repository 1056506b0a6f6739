"""The order state machine.

Every event is a witness' word; witnesses repeat themselves, contradict each other and come late.
The state keeps for each member the value of the newest document that named it, and tells a fact
the first time any witness says so. Both depend on what was said, not on the order of arrival; only
an instant that no document names is that of the witness who came first.
"""

from msgspec import Struct

from orderguard.domain.events import (
    AftersaleData,
    EventType,
    OrderData,
    OrderEvent,
    RefundData,
    SettlementData,
    ShipmentData,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.kit.clock import to_ms
from orderguard.orders.facts import Told
from orderguard.orders.members import Members, order_members
from orderguard.orders.witnesses import Witness, Word, heard

TOLD_MAX = 1_000
"""Facts kept of one order, beside those that happen but once; what a broken source tells beyond
them is stored but not judged."""

_DERIVED: dict[str, frozenset[str]] = {
    "buyer_id": frozenset({"buyer_household", "buyer_is_new"}),
    "buyer_registered_at": frozenset({"buyer_account_age_days", "buyer_is_new"}),
    "exchange_rate": frozenset({"payment_rate", "payment_rate_error"}),
    "payment_currency": frozenset({"payment_rate_error"}),
    "payment_amount": frozenset({"payment_rate_error"}),
    "customs_declared_value": frozenset({"customs_declared_share"}),
    "customs_declared_currency": frozenset({"customs_declared_share"}),
}
"""What of a fact becomes known with a member."""


PARCELS_MAX = 100
"""Parcels kept apart of one order."""
_OF_PARCELS = (
    FactKind.REQUESTED,
    FactKind.ACCEPTED,
    FactKind.PICKED,
    FactKind.SHIPPED,
    FactKind.IN_TRANSIT,
    FactKind.DELIVERED,
)


class Parcel(Struct, frozen=True, array_like=True):
    """What happened to one of several parcels, and how many units are in it, where that is told."""

    instants: dict[str, int]
    units: int | None = None


class OrderState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one order.

    `newest_ms` is the modification time of the newest document; `older_ms` has the time of each
    member whose value comes from an older one. `told` has every fact told so far with its instant,
    `waiting` those that a witness has told of an order that is not yet known to be placed.
    `words` has what each witness says by itself, `warehouse` and `carrier` who has the parcel.
    `parcel` is the number of the first one; `parcels` has each, as soon as there are two.
    `tracking` are the carriers' numbers, by which people look for an order.
    """

    key: OrderKey
    number: int
    members: Members = {}
    newest_ms: int = -1
    older_ms: dict[str, int] = {}
    first_ms: int
    told: dict[str, int] = {}
    waiting: dict[str, int] = {}
    doorsteps: tuple[str, ...] = ()
    words: dict[Witness, Word] = {}
    warehouse: str | None = None
    carrier: str | None = None
    parcel: str | None = None
    parcels: dict[str, Parcel] = {}
    tracking: tuple[str, ...] = ()

    @property
    def instants(self) -> dict[str, int]:
        """Every fact that a witness has told, of an order that is not known to be placed too."""
        return {**self.told, **self.waiting} if self.waiting else self.told


_BY_STATUS: dict[OrderStatus, tuple[FactKind, ...]] = {
    OrderStatus.PAID: (FactKind.PAID,),
    OrderStatus.FULFILLING: (FactKind.PAID,),
    OrderStatus.SHIPPED: (FactKind.PAID, FactKind.SHIPPED),
    OrderStatus.DELIVERED: (FactKind.PAID, FactKind.DELIVERED),
    OrderStatus.COMPLETED: (FactKind.PAID, FactKind.COMPLETED),
    OrderStatus.CANCELLED: (FactKind.CANCELLED,),
    OrderStatus.CLOSED: (FactKind.CLOSED,),
}

_BY_TYPE: dict[EventType, FactKind] = {
    EventType.ORDER_PAID: FactKind.PAID,
    EventType.ORDER_CANCELLED: FactKind.CANCELLED,
    EventType.ORDER_CLOSED: FactKind.CLOSED,
    EventType.ORDER_COMPLETED: FactKind.COMPLETED,
    EventType.SHIPMENT_REQUESTED: FactKind.REQUESTED,
    EventType.SHIPMENT_ACCEPTED: FactKind.ACCEPTED,
    EventType.SHIPMENT_PICKED: FactKind.PICKED,
    EventType.SHIPMENT_SHIPPED: FactKind.SHIPPED,
    EventType.SHIPMENT_IN_TRANSIT: FactKind.IN_TRANSIT,
    EventType.SHIPMENT_DELIVERED: FactKind.DELIVERED,
    EventType.SHIPMENT_HELD: FactKind.HELD,
    EventType.SHIPMENT_RELEASED: FactKind.RELEASED,
    EventType.REFUND_REQUESTED: FactKind.REFUND_REQUESTED,
    EventType.REFUND_APPROVED: FactKind.REFUND_APPROVED,
    EventType.REFUND_REJECTED: FactKind.REFUND_REJECTED,
    EventType.REFUND_SUCCEEDED: FactKind.REFUND_SUCCEEDED,
    EventType.RETURN_RECEIVED: FactKind.RETURN_RECEIVED,
    EventType.DISPUTE_OPENED: FactKind.DISPUTE_OPENED,
    EventType.COMPLAINT_OPENED: FactKind.COMPLAINT_OPENED,
    EventType.ENQUIRY_OPENED: FactKind.ENQUIRY_OPENED,
    EventType.SETTLEMENT_RECORDED: FactKind.SETTLED,
}

_RECURRING = {
    FactKind.HELD,
    FactKind.RELEASED,
    FactKind.RETURN_RECEIVED,
    FactKind.DISPUTE_OPENED,
    FactKind.COMPLAINT_OPENED,
    FactKind.ENQUIRY_OPENED,
}

NUMBERED = frozenset(
    {
        *_RECURRING,
        FactKind.ADDRESS_CHANGED,
        FactKind.REFUND_REQUESTED,
        FactKind.REFUND_APPROVED,
        FactKind.REFUND_REJECTED,
        FactKind.REFUND_SUCCEEDED,
        FactKind.SETTLED,
    }
)
"""The facts that may happen several times: what tells them apart is in their names."""

_STATUS_BY_FACT: tuple[tuple[FactKind, OrderStatus], ...] = (
    (FactKind.CANCELLED, OrderStatus.CANCELLED),
    (FactKind.CLOSED, OrderStatus.CLOSED),
    (FactKind.COMPLETED, OrderStatus.COMPLETED),
    (FactKind.DELIVERED, OrderStatus.DELIVERED),
    (FactKind.IN_TRANSIT, OrderStatus.SHIPPED),
    (FactKind.SHIPPED, OrderStatus.SHIPPED),
    (FactKind.PICKED, OrderStatus.FULFILLING),
    (FactKind.ACCEPTED, OrderStatus.FULFILLING),
    (FactKind.REQUESTED, OrderStatus.FULFILLING),
    (FactKind.PAID, OrderStatus.PAID),
    (FactKind.PLACED, OrderStatus.PENDING_PAYMENT),
)


def order_key(event: OrderEvent) -> OrderKey | None:
    """The order that an event speaks of, None where it speaks of none."""
    match event.data:
        case OrderData(order=order):
            return OrderKey(event.channel, event.shop, order.order_id)
        case ShipmentData() | RefundData() | AftersaleData() | SettlementData():
            return OrderKey(event.channel, event.shop, event.data.order_id)
    return None


def status_of(state: OrderState) -> OrderStatus:
    """Where the order stands, by the furthest of its facts."""
    for kind, status in _STATUS_BY_FACT:
        if kind in state.told or kind in state.waiting:
            return status
    return state.members.get("status", OrderStatus.UNKNOWN)


def status_at(state: OrderState, at_ms: int) -> OrderStatus:
    """Where the order stood at an instant, by the furthest of its facts until then."""
    instants = state.instants
    for kind, status in _STATUS_BY_FACT:
        if instants.get(kind, at_ms + 1) <= at_ms:
            return status
    return OrderStatus.UNKNOWN


def derive(state: OrderState, event: OrderEvent) -> tuple[OrderState, tuple[Told, ...]]:
    """The state after an event, and the facts that it tells: new ones, and old ones amended."""
    members, newest_ms, older_ms = state.members, state.newest_ms, state.older_ms
    learned: frozenset[str] = frozenset()
    if isinstance(event.data, OrderData):
        order = event.data.order
        named = order_members(event, order)
        modified = to_ms(order.updated_at) if order.updated_at else event.occurred_ms
        members, newest_ms, older_ms, learned = _merge(state, named, modified)
    first_ms = min(state.first_ms, event.occurred_ms)
    told, waiting, doorsteps = state.told, state.waiting, state.doorsteps
    has_room = len(told) + len(waiting) < TOLD_MAX
    fresh = {
        name: at
        for name, at in _witnessed(event).items()
        if name not in told and name not in waiting and (has_room or _is_single(name))
    }
    if fresh:
        waiting = {**waiting, **fresh}
    new: list[Told] = []
    if FactKind.PLACED not in told and _is_placed(members, waiting):
        waiting = {FactKind.PLACED: members.get("created_at", first_ms), **waiting}
    if FactKind.PLACED in told or FactKind.PLACED in waiting:
        new = _amended(told, learned) if learned else []
        if waiting:
            new += _in_order(waiting)
            told, waiting = {**told, **waiting}, {}
        doorstep = members.get("ship_to_doorstep")
        if doorstep is not None and doorstep not in doorsteps and has_room:
            doorsteps = (*doorsteps, doorstep)
            if len(doorsteps) > 1:
                name = f"{FactKind.ADDRESS_CHANGED}:{len(doorsteps) - 1}"
                told = {**told, name: event.occurred_ms}
                new.append(Told(FactKind.ADDRESS_CHANGED, event.occurred_ms))
    parcel, parcels = _parcels(state, event)
    after = OrderState(
        key=state.key,
        number=state.number,
        members=members,
        newest_ms=newest_ms,
        older_ms=older_ms,
        first_ms=first_ms,
        told=told,
        waiting=waiting,
        doorsteps=doorsteps,
        words=heard(state.words, event),
        warehouse=_named(event, "warehouse") or state.warehouse,
        carrier=_named(event, "carrier") or state.carrier,
        parcel=parcel,
        parcels=parcels,
        tracking=_tracking(state.tracking, event),
    )
    return after, tuple(new)


def _named(event: OrderEvent, who: str) -> str | None:
    """The warehouse or carrier that a word about a parcel names."""
    if not isinstance(event.data, ShipmentData):
        return None
    return event.data.warehouse if who == "warehouse" else event.data.carrier


def _tracking(known: tuple[str, ...], event: OrderEvent) -> tuple[str, ...]:
    told = event.data.tracking_no if isinstance(event.data, ShipmentData) else None
    is_new = told is not None and told not in known and len(known) < PARCELS_MAX
    return (*known, told) if is_new and told is not None else known


def _parcels(state: OrderState, event: OrderEvent) -> tuple[str | None, dict[str, Parcel]]:
    """The parcels of the order after the event; what befell a first one is what befell the order.

    Words without a number are of a parcel of their own where there are several.
    """
    known = state.parcels
    if not isinstance(event.data, ShipmentData):
        return state.parcel, known
    name, kind = event.data.shipment_id, _BY_TYPE.get(event.type)
    if state.parcel is None or (not known and name in (None, state.parcel)):
        return state.parcel or name, known
    if not known:
        instants = state.instants
        former: dict[str, int] = {one: instants[one] for one in _OF_PARCELS if one in instants}
        known = {state.parcel: Parcel(former)}
    parcel = known.get(name or "", Parcel({}))
    units = parcel.units
    if event.data.lines:
        quantities = [line.quantity for line in event.data.lines]
        units = None if None in quantities else sum(one or 0 for one in quantities)
    instants = parcel.instants
    if kind in _OF_PARCELS and kind is not None:
        first = min(instants.get(kind, event.occurred_ms), event.occurred_ms)
        instants = {**instants, kind: first}
    if name not in known and len(known) >= PARCELS_MAX:
        return state.parcel, known
    return state.parcel, {**known, name or "": Parcel(instants, units)}


def _in_order(waiting: dict[str, int]) -> list[Told]:
    """The facts that wait no longer: that it was placed first, then by instant."""
    told = [Told(_kind(name), at) for name, at in waiting.items()]
    if len(told) > 1:
        told.sort(key=lambda one: (one.kind is not FactKind.PLACED, one.at, one.kind))
    return told


_KINDS: dict[str, FactKind] = {kind: kind for kind in FactKind}


def _kind(name: str) -> FactKind:
    return _KINDS.get(name) or _KINDS[name.partition(":")[0]]


def _is_single(name: str) -> bool:
    """Whether a fact of this name happens to an order once at most."""
    return ":" not in name


def _is_placed(members: Members, waiting: dict[str, int]) -> bool:
    """Its lines are known, and its buyer; a shop without buyer ids shows it by the payment."""
    return "lines" in members and (
        "buyer_id" in members or "buyer_phone_token" in members or FactKind.PAID in waiting
    )


def _witnessed(event: OrderEvent) -> dict[str, int]:
    """What the event says to have happened: fact name to instant.

    A fact that can happen to an order several times bears in its name what tells them apart.
    """
    said: dict[str, int] = {}
    kind = _BY_TYPE.get(event.type)
    if kind is not None:
        name: str = kind
        if isinstance(event.data, RefundData):
            name = f"{kind}:{event.data.refund_id}"
        elif isinstance(event.data, SettlementData):
            name = f"{kind}:{event.data.settlement_id or event.id}"
        elif kind in _RECURRING:
            name = f"{kind}:{event.occurred_ms}"
        said[name] = event.occurred_ms
    if isinstance(event.data, OrderData):
        order = event.data.order
        if order.status is not None:
            for implied in _BY_STATUS.get(order.status, ()):
                said.setdefault(implied, event.occurred_ms)
        paid_at = order.paid_at or (order.payment.paid_at if order.payment else None)
        if paid_at is not None:
            said[FactKind.PAID] = min(to_ms(paid_at), event.received_ms)
    return said


def _merge(
    state: OrderState, named: Members, modified: int
) -> tuple[Members, int, dict[str, int], frozenset[str]]:
    """The members after a document: for each the newest document that named it has the word."""
    known, newest, times = state.members, state.newest_ms, state.older_ms
    if not known and modified >= newest:
        return named, modified, times, frozenset(named)
    learned = frozenset(named.keys() - known.keys())
    if modified >= newest:
        older = {name: times.get(name, newest) for name in known if name not in named}
        return {**known, **named}, modified, older, learned
    taken = {
        name: value
        for name, value in named.items()
        if name not in known or modified >= times.get(name, newest)
    }
    older = {**times, **dict.fromkeys(taken, modified)}
    merged: Members = {**known, **taken}  # type: ignore[typeddict-item]  # a part of Members
    return merged, newest, older, learned


def _amended(told: dict[str, int], learned: frozenset[str]) -> list[Told]:
    """The facts told before, once more for what had been unknown in them."""
    amends = learned
    for name, derived in _DERIVED.items():
        if name in learned:
            amends |= derived
    return [
        Told(_kind(name), at, amends)
        for name, at in told.items()
        if _kind(name) in (FactKind.PLACED, FactKind.PAID)
    ]
