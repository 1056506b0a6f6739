"""The outbox: what of the runs is due and not ended, made ready to be done.

It is no table of its own: a run says what is due, the log says what was begun and what came of it.
So nothing that is due is lost in a crash, and nothing that ended is done again.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from orderguard.domain.alerts import Alert
from orderguard.domain.calls import Routed
from orderguard.domain.entries import Note
from orderguard.domain.facts import FactKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.domain.ports import Action, Concerned, Doing, Receipt
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_DAY
from orderguard.orders import status_of
from orderguard.responses import Portion, PortionState, Run, RunStep

BEGUN_MS_MAX = MS_PER_DAY
"""What could not be begun in so long after it was due is not begun any more, unless the step says
otherwise. What takes something back has no such end."""

Phone = Callable[[OrderKey], str | None]
Parcels = Callable[[OrderKey], tuple[tuple[str, str], ...]]
"""(carrier, tracking number) of each parcel."""
Links = Callable[[str, str, str], Mapping[str, str]]
"""(alert, step, key) → one-time addresses by what they do."""


class LiveFold(Protocol):
    """The running fold, and its log."""

    @property
    def fold(self) -> Fold: ...

    @property
    def is_called(self) -> bool:
        """Whether shops wait for an answer, or what they told waits for the fold."""
        ...

    async def note(self, note: Note) -> object: ...


class Errand(Struct, frozen=True, kw_only=True):
    """One portion of one step, as it stands now. `action`: who does it, or did what it undoes."""

    alert: Alert
    step: RunStep
    portion: Portion
    action: str
    undone: Portion | None = None

    @property
    def is_begun(self) -> bool:
        return self.portion.state is PortionState.SENDING

    @property
    def until_ms(self) -> int | None:
        if self.undone is not None:
            return None
        give_up_ms = self.step.plan.give_up_ms
        return self.portion.due_at + (BEGUN_MS_MAX if give_up_ms is None else give_up_ms)

    @property
    def receipt(self) -> Receipt:
        """Of what is to be undone."""
        undone = self.undone
        assert undone is not None
        assert undone.outcome is not None
        return Receipt(
            key=undone.key,
            outcome=undone.outcome,
            reference=undone.reference,
            detail=undone.detail,
        )


class Outbox:
    def __init__(
        self, live: LiveFold, *, phone: Phone, links: Links, parcels: Parcels = lambda _order: ()
    ) -> None:
        self._live, self._phone, self._links, self._parcels = live, phone, links, parcels

    def changed(self) -> list[str]:
        """Alerts whose outbox changed since this was asked last; at a start all that have one."""
        unsent = self._live.fold.responder.unsent
        changed = sorted(unsent)
        unsent.clear()
        return changed

    def errands(self, alert_id: str) -> list[Errand]:
        """What is due or begun of an alert's run, in the order of its steps."""
        tables = self._live.fold.tables
        alert, run = tables.alerts.get(alert_id), tables.runs.get(alert_id)
        if alert is None or run is None:
            return []
        return [_errand(alert, run, step, portion) for step, portion in run.unsent]

    def errand(self, alert_id: str, key: str) -> Errand | None:
        """How it stands now; None when it has ended."""
        found = (one for one in self.errands(alert_id) if one.portion.key == key)
        return next(found, None)

    def doing(self, errand: Errand) -> Doing:
        """All that the action is told; a phone only where each order is done by itself."""
        step, portion = errand.step, errand.portion
        keys = step.orders[portion.first : portion.end]
        return Doing(
            key=portion.key,
            step=step.step,
            alert=errand.alert,
            orders=tuple(self._concerned(key, with_phone=step.plan.is_each) for key in keys),
            links=self._links(errand.alert.alert_id, step.step, portion.key)
            if step.plan.wait_ms
            else {},
            values=step.plan.values,
            until_ms=errand.until_ms,
        )

    def why_stopped(self, errand: Errand) -> str:
        """What a person has stopped; only a stopped action keeps from taking back."""
        why = self._live.fold.responder.why_stopped(errand.alert, errand.action)
        return why if errand.undone is None or why.startswith("action/") else ""

    def is_out_of_reach(self, errand: Errand, action: Action) -> bool:
        """Whether the action reaches no shop of these orders; taking back is always tried."""
        if errand.undone is not None or not isinstance(action, Routed):
            return False
        return not action.reaches(errand.step.orders[errand.portion.first : errand.portion.end])

    def _concerned(self, key: OrderKey, *, with_phone: bool) -> Concerned:
        record = self._live.fold.tables.orders.get(str(key))
        if record is None:
            return Concerned(key=key, status=OrderStatus.UNKNOWN)
        lines, status = record.state.members.get("lines", ()), status_of(record.state)
        return Concerned(
            key=key,
            status=status,
            parcels=self._parcels(key) if status is OrderStatus.SHIPPED else (),
            refunds=_open_refunds(record.state.told),
            lines=tuple((line.sku, line.quantity) for line in lines if line.sku),
            phone=self._phone(key) if with_phone else None,
        )


def _open_refunds(told: Mapping[str, int]) -> tuple[str, ...]:
    """Those that were asked for and have not ended."""
    asked = f"{FactKind.REFUND_REQUESTED}:"
    over = (FactKind.REFUND_SUCCEEDED, FactKind.REFUND_REJECTED)
    ids = [name.removeprefix(asked) for name in told if name.startswith(asked)]
    return tuple(one for one in ids if not any(f"{kind}:{one}" in told for kind in over))


def _errand(alert: Alert, run: Run, step: RunStep, portion: Portion) -> Errand:
    if not portion.undoes:
        return Errand(alert=alert, step=step, portion=portion, action=step.action)
    for other in run.steps:
        for one in other.portions:
            if one.key == portion.undoes:
                return Errand(
                    alert=alert, step=step, portion=portion, action=other.action, undone=one
                )
    return Errand(alert=alert, step=step, portion=portion, action=step.action)
