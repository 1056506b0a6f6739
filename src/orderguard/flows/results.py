"""What results are made of, counted as the log goes by.

    order placed, enquiry ────────────────► counts of its slot
    flagged, held, in a case, labelled ─┐
    complained, left, cancelled ────────┴─► what the order adds now ─ less what it added ─► counts
    case, lock, mended fault, attack ─────► the same

A slot is a quarter of an hour of a shop, so that days of any zone and planned sales are sums of
slots, sales that are named afterwards too.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case, CaseStatus
from orderguard.domain.entries import (
    CaseChanged,
    CaseChecked,
    CaseDisposed,
    CaseReopened,
    ModeSet,
    ResponseReceipt,
)
from orderguard.domain.facts import FactKind
from orderguard.domain.library import CHALLENGE, HOLD
from orderguard.domain.locks import Lock
from orderguard.domain.orders import OrderKey
from orderguard.flows.health import Change
from orderguard.flows.mend import MendCount
from orderguard.flows.tables import OrderRecord, Tables, Uncounted
from orderguard.kit.cache import WriteBack
from orderguard.kit.clock import MS_PER_DAY, MS_PER_MINUTE
from orderguard.labels import PERSON, OrderLabels
from orderguard.orders.pulse import SLOT_MS, SLOTS_A_DAY
from orderguard.orders.results import (
    Cell,
    Counted,
    Known,
    Posted,
    added_by_case,
    added_by_order,
    bucket_of,
    difference,
    post,
    result_slot,
    units_of,
)
from orderguard.responses import APPROVED, SENDING, PortionState, Run
from orderguard.responses.locks import counted

DAYS_KEPT = 400
DAYS_CACHED_MAX = 400
"""Days of shops that may be held in memory; each has up to 96 slots, of some 300 bytes."""
ATTACKS_MAX = 1_000
"""Attacks that are remembered, the newest."""
MODES_MAX = 100
"""Changes of the mode that are remembered: the first ones, then the newest."""
WORKERS_MAX = 10_000
PAUSE_MS = 15 * MS_PER_MINUTE
"""Who says nothing about cases for longer than this was not at work on them meanwhile."""
STRONG = 0.9
"""A label of this weight or more counts as the truth: a person's, a file's, a dispute."""

LEFT = frozenset({FactKind.SHIPPED, FactKind.IN_TRANSIT, FactKind.DELIVERED, FactKind.COMPLETED})
_OVER = frozenset({FactKind.CANCELLED, FactKind.CLOSED})
_TOLD = frozenset(
    {FactKind.PLACED, FactKind.ENQUIRY_OPENED, FactKind.COMPLAINT_OPENED, *LEFT, *_OVER}
)
_ENQUIRY, _COMPLAINT = f"{FactKind.ENQUIRY_OPENED}:", f"{FactKind.COMPLAINT_OPENED}:"
_REACHING = frozenset({HOLD, CHALLENGE, "cancel_order"})
_KEPT = "kept"
"""The label of an order of which nothing was heard: every order gets one in time."""


class ShopDay(Struct, array_like=True):
    """A day of UTC of one shop: its counts by slot. It changes in place."""

    slots: dict[int, Cell]

    def still(self) -> "ShopDay":
        return ShopDay({slot: dict(cell) for slot, cell in self.slots.items()})


class Span(Struct, frozen=True, array_like=True):
    """The first and the last day of which a shop has counts, by their number in UTC."""

    first: int
    last: int


class Attack(Struct, frozen=True, kw_only=True):
    """A script attack. `accepted` are the orders that were in when the challenge stood.

    None where none was asked for. `is_shadow`: it would have been.
    """

    alert_id: str
    channel: str
    shop: str
    at: int
    accepted: int | None
    is_shadow: bool


class Results:
    """Keeps the counts; read by `slots`, `attacks` and `modes`."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._days = tables.cached("result_day", ShopDay, DAYS_CACHED_MAX, ShopDay.still)
        self._orders = tables.cached("result_order", Posted)
        self._cases = tables.cached("result_case", Posted)
        self.shops = tables.kept("result_shop", Span)
        """By channel/shop."""
        self._attacks = tables.kept("result_attack", Attack)
        self._workers = tables.kept("result_worker", int)
        """When people last said something about a case."""
        self._modes = tables.kept("result_mode", tuple[tuple[int, bool], ...])

    @property
    def modes(self) -> tuple[tuple[int, bool], ...]:
        """Since when (ms) runs that begin act outside, or only watch; the oldest first."""
        return self._modes.get("") or ()

    @property
    def attacks(self) -> list[Attack]:
        """Those remembered, the oldest first."""
        return sorted(self._attacks.values(), key=lambda one: (one.at, one.alert_id))

    def slots(self, shop: str, day: int) -> Iterator[tuple[int, Cell]]:
        """What was counted on a day of UTC, by the numbers of its slots."""
        known = self._days.get(f"{shop}/{day}")
        if known is not None:
            yield from sorted(known.slots.items())

    def people(self, since_ms: int) -> int:
        """How many people said something about a case since then."""
        return sum(at >= since_ms for at in self._workers.values())

    def ordered(self, change: Change) -> None:
        """An event spoke of an order."""
        asked = 0
        for one in change.told:
            kind = one.kind
            if one.amends is not None or kind not in _TOLD:
                continue
            if kind is FactKind.PLACED:
                self._add_of(change, {Counted.ORDERS.value: 1})
            elif kind is FactKind.ENQUIRY_OPENED:
                asked += 1
            elif kind is FactKind.COMPLAINT_OPENED or self._is_flagged(change.key):
                self.tables.uncounted.orders[change.key] = None
        if asked:
            all_asked = sum(name.startswith(_ENQUIRY) for name in change.state.told)
            again = asked if all_asked > asked else asked - 1
            counts = {Counted.ENQUIRIES.value: asked, Counted.REPEATED.value: again}
            self._add_of(change, counts)

    def take(self) -> None:
        """Count what the entry or the deadline at hand changed."""
        todo = self.tables.uncounted
        if not todo:
            return
        self.tables.uncounted = Uncounted()
        for key in todo.orders:
            self._look(key)
        for before, lock in todo.locks:
            self._lock(before, lock)
        for alert, at_ms, count in todo.mended:
            self._mended(alert, at_ms, count)

    def cases(self, case_ids: Iterable[str]) -> None:
        """These cases changed."""
        for case_id in case_ids:
            case = self.tables.cases.get(case_id)
            if case is not None and case.kind is AlertKind.RISK:
                self._case(case)

    def worked(self, note: CaseDisposed | CaseReopened | CaseChanged | CaseChecked) -> None:
        """A person said something about a case, which is looked at before it is done."""
        case = self.tables.cases.get(note.case_id)
        last = self._workers.get(note.by)
        if last is not None or len(self._workers) < WORKERS_MAX:
            self._workers.put(note.by, note.received_ms)
        if case is None or last is None or not 0 <= note.received_ms - last <= PAUSE_MS:
            return
        change = {Counted.WORKED_MS.value: note.received_ms - last}
        if isinstance(note, CaseDisposed) and case.is_open:
            change |= {Counted.TIMED.value: 1, Counted.TIMED_ORDERS.value: len(case.orders)}
        posted = self._cases.get(case.case_id)
        if posted is not None:
            self._add(posted.shop, posted.slot, change)

    def attacked(self, alert_ids: Iterable[str]) -> None:
        """Among these alerts, which were answered, may be new attacks."""
        for alert_id in alert_ids:
            alert = self.tables.alerts.get(alert_id)
            if alert is None or alert.severity is not Severity.CRITICAL:
                continue
            if alert.kind is AlertKind.RISK and self._attacks.get(alert_id) is None:
                run = self.tables.runs.get(alert_id)
                challenges = run is not None and _has(run, CHALLENGE)
                attack = Attack(
                    alert_id=alert_id,
                    channel=alert.channel,
                    shop=alert.shop,
                    at=alert.occurred_at,
                    accepted=len(alert.orders) if challenges else None,
                    is_shadow=run is None or not run.acts,
                )
                self._attacks.put(alert_id, attack)
                if len(self._attacks) > ATTACKS_MAX:
                    self._attacks.drop(self.attacks[0].alert_id)

    def received(self, note: ResponseReceipt) -> None:
        """What came back of a response, before it is taken in: when something is first begun."""
        if note.outcome not in (SENDING, APPROVED):
            return
        run, alert = self.tables.runs.get(note.alert_id), self.tables.alerts.get(note.alert_id)
        if run is None or alert is None:
            return
        if note.outcome == APPROVED:
            self.tables.uncounted.orders.update(dict.fromkeys(alert.orders))
            return
        for step in run.steps:
            for portion in step.portions if step.step == note.step else ():
                if portion.key == note.key and portion.state is PortionState.DUE:
                    waited = bucket_of(note.received_ms - portion.due_at)
                    change = {f"{Counted.BEGUN}/{waited}": 1}
                    self._add(f"{alert.channel}/{alert.shop}", portion.due_at // SLOT_MS, change)
                    return

    def set_mode(self, note: ModeSet) -> None:
        modes = self.modes
        if not modes or modes[-1][1] is not note.live:
            kept = (*modes, (note.received_ms, note.live))
            self._modes.put("", (*kept[:2], *kept[2:][-MODES_MAX:]))

    def _is_flagged(self, key: OrderKey) -> bool:
        record = self.tables.orders.get(str(key))
        return record is not None and bool(record.standing.hits)

    def _add_of(self, change: Change, counts: Cell) -> None:
        key, state = change.key, change.state
        slot = result_slot(state.told[FactKind.PLACED], state.first_ms)
        self._add(f"{key.channel}/{key.shop}", slot, counts)

    def _look(self, key: OrderKey) -> None:
        """Post what an order adds as it stands now."""
        name = str(key)
        record = self.tables.orders.get(name)
        if record is None or FactKind.PLACED not in record.state.told:
            return
        labels = self.tables.labels.get(name)
        has_complained = any(one.startswith(_COMPLAINT) for one in record.state.told)
        is_plain = labels is None or all(one.source == _KEPT for one in labels.labels)
        is_untold = labels is not None and bool(labels.labels) and is_plain
        if is_untold and not (record.standing.hits or has_complained):
            return
        state = record.state
        slot = result_slot(state.told[FactKind.PLACED], state.first_ms)
        posted = self._orders.get(name) or Posted(f"{key.channel}/{key.shop}", slot)
        known = self._known(record, labels, has_complained=has_complained)
        cell = added_by_order(known, posted.cell)
        self._post(self._orders, name, posted, cell)

    def _known(
        self, record: OrderRecord, labels: OrderLabels | None, *, has_complained: bool
    ) -> Known:
        state, standing = record.state, record.standing
        truth = None if labels is None else labels.counted
        is_strong = truth is not None and truth.weight >= STRONG
        said = None if labels is None else _said(labels)
        is_genuine = truth is not None and not truth.bad
        has_left = not LEFT.isdisjoint(state.told)
        is_judged = truth is not None or has_complained
        runs = [self.tables.runs.get(one) for one in standing.alerts] if is_judged else []
        acting = [run for run in runs if run is not None and run.acts]
        is_delayed = any(_has(run, HOLD) for run in acting)
        is_over = not _OVER.isdisjoint(state.told)
        amount = state.members.get("order_amount")
        severity = standing.risk_severity
        return Known(
            is_flagged=bool(standing.hits),
            is_serious=severity is not None and severity.rank >= Severity.MEDIUM.rank,
            is_held=standing.held and bool(standing.hits),
            is_in_case=bool(standing.hits) and self._is_in_case(state.key),
            is_reached=any(_reaches(run) for run in acting),
            is_delayed=is_delayed,
            is_bad=truth.bad if truth is not None and is_strong else None,
            is_genuine=is_genuine,
            said=None if said is None else said[0],
            is_contradicted=said is not None and said[1],
            has_complained=has_complained,
            has_left=has_left,
            is_stopped=not has_left and (is_over or (standing.held and is_delayed)),
            amount=0 if amount is None else units_of(amount),
            currency=state.members.get("order_currency"),
        )

    def _is_in_case(self, key: OrderKey) -> bool:
        return self.tables.case_orders.get(str(key)) is not None

    def _case(self, case: Case) -> None:
        posted = self._cases.get(case.case_id)
        if posted is None:
            posted = Posted(self._shop_of(case), case.created_at // SLOT_MS)
        cell: Cell = {}
        if case.status is not CaseStatus.MERGED:
            decision = case.decision
            cell = added_by_case(case.created_at, None if decision is None else decision.at)
        self._post(self._cases, case.case_id, posted, cell)

    def _shop_of(self, case: Case) -> str:
        """A case of several shops counts for that of its first alert."""
        alert = self.tables.alerts.get(case.alert_ids[0]) if case.alert_ids else None
        return "" if alert is None else f"{alert.channel}/{alert.shop}"

    def _lock(self, before: Lock | None, lock: Lock) -> None:
        if lock.is_shadow:
            return  # What was never set aside cost nobody a sale.
        was, now = (Cell() if one is None else _lock_cell(one) for one in (before, lock))
        shop = f"{lock.order.channel}/{lock.order.shop}"
        self._add(shop, lock.locked_at // SLOT_MS, difference(was, now))

    def _mended(self, alert: Alert, at_ms: int, count: MendCount) -> None:
        named = (
            (Counted.FAULTS, count.begun),
            (Counted.ALONE, count.alone),
            (Counted.PERSON, count.person),
            (Counted.ITSELF, count.itself),
        )
        change = {name.value: found for name, found in named if found}
        self._add(f"{alert.channel}/{alert.shop}", at_ms // SLOT_MS, change)

    def _post(self, table: WriteBack[Posted], name: str, posted: Posted, cell: Cell) -> None:
        change = difference(posted.cell, cell)
        if change:
            table.put(name, Posted(posted.shop, posted.slot, cell))
            self._add(posted.shop, posted.slot, change)

    def _add(self, shop: str, slot: int, change: Cell) -> None:
        day, today = slot // SLOTS_A_DAY, self.tables.progress.clock_ms // MS_PER_DAY
        if day <= today - DAYS_KEPT:
            return
        name = f"{shop}/{day}"
        known = self._days.get(name)
        if known is None:
            known = ShopDay({})
            self._begin(shop, day)
        cell = known.slots.get(slot)
        if cell is None:
            cell = known.slots[slot] = {}
        post(cell, change)
        self._days.put(name, known)

    def _begin(self, shop: str, day: int) -> None:
        """A shop has a new day; the oldest go."""
        span = self.shops.get(shop) or Span(day, day)
        last = max(span.last, day)
        first = max(min(span.first, day), last - DAYS_KEPT + 1)
        for gone in range(span.first, first):
            self._days.drop(f"{shop}/{gone}")
        self.shops.put(shop, Span(first, last))


def _said(labels: OrderLabels) -> tuple[bool, bool] | None:
    """What a person decided, and whether a strong word said otherwise later."""
    said = next((one for one in labels.labels if one.source == PERSON), None)
    if said is None:
        return None
    return said.bad, any(
        one.weight >= STRONG and one.bad is not said.bad and one.at > said.at
        for one in labels.labels
        if one.source != PERSON
    )


def _has(run: Run, action: str) -> bool:
    return any(step.action == action and step.portions for step in run.steps)


def _reaches(run: Run) -> bool:
    """Whether buyers noticed: they were asked, challenged, or made to wait."""
    return any(
        step.portions and (step.action in _REACHING or step.plan.wait_ms) for step in run.steps
    )


def _lock_cell(lock: Lock) -> Cell:
    total = counted(lock)
    return {
        Counted.LOCKS.value: total.locks,
        Counted.WRONG_LOCKS.value: total.wrong,
        Counted.WRONG_LOCK_MS.value: total.wrong_unit_ms,
    }
