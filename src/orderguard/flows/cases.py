"""Alerts → cases → what people decide.

A case is state of the fold: it opens, grows and falls due by what the log says and by the engine's
clock. Of two dispositions of one case the first in the log decides.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from orderguard.cases import (
    DUE_MS,
    FAMILY_MAX,
    Proposal,
    acted,
    changed,
    checked,
    decided,
    escalated,
    gone_into,
    has_room,
    may_reopen,
    merged,
    next_due,
    open_case,
    opens_case,
    propose,
    reopened,
    with_alert,
)
from orderguard.domain.alerts import Alert, AlertKind, Severity
from orderguard.domain.cases import Case
from orderguard.domain.entities import BY_TYPE_JOIN, Entity, is_merchant_wide
from orderguard.domain.entries import (
    CaseAction,
    CaseChanged,
    CaseChecked,
    CaseDisposed,
    CaseReopened,
    Disposition,
    ListName,
)
from orderguard.domain.orders import OrderKey
from orderguard.flows.attempts import switch_off
from orderguard.flows.detect import Detector
from orderguard.flows.health_cases import HealthCases
from orderguard.flows.learn import Learner, Wake
from orderguard.flows.tables import CaseLink
from orderguard.responses import Run

PREFIX = "case_"
"""What a case's id begins with: deadlines are named by the ids of alerts and of cases."""
FIRED_FROM = 1_000_000
"""What falls due takes its places behind all changes that one entry can make."""
PROPOSALS_MAX = 20
MERGES_MAX = 100
"""How many mergers a case's id is followed through."""


Place = Callable[[], tuple[int, int]]
"""The next place among all changes."""
Act = Callable[[Case, int], None]
"""Do what a disposition asks for, at this instant: it can no longer be taken back."""


class Desk:
    """All work on cases. `changed`: those that the entry at hand changed, each with its place."""

    def __init__(self, detector: Detector, learner: Learner, *, wake: Wake, act: Act) -> None:
        self.detector, self.learner = detector, learner
        self.tables = detector.tables
        self.changed: dict[str, tuple[int, int]] = {}
        self._wake, self._act = wake, act
        self._health = HealthCases(self.tables)

    def case(self, case_id: str) -> Case | None:
        """A case by its id, or the one that it was merged into."""
        case = self.tables.cases.get(case_id)
        for _ in range(MERGES_MAX):
            if case is None or case.merged_into is None:
                break
            case = self.tables.cases.get(case.merged_into)
        return case

    def case_of(self, alert_id: str) -> Case | None:
        link = self.tables.case_links.get(alert_id)
        return None if link is None else self.case(link.case_id)

    def case_of_order(self, key: OrderKey) -> Case | None:
        """The newest case that the order belongs to."""
        case_id = self.tables.case_orders.get(str(key))
        return None if case_id is None else self.case(case_id)

    def proposals(self, case: Case) -> list[Proposal]:
        """What would have spared honest people the case, once somebody found that they are."""
        decision = case.decision
        is_false = decision is not None and decision.disposition is Disposition.FALSE_ALARM
        if not is_false or case.kind is not AlertKind.RISK:
            return []
        found: dict[str, Proposal] = {}
        for alert_id in case.alert_ids:
            alert = self.tables.alerts.get(alert_id)
            if alert is not None:
                for proposal in propose(alert, self._buyers(alert)):
                    found.setdefault(proposal.proposal_id, proposal)
        return list(found.values())[:PROPOSALS_MAX]

    def is_accepted(self, proposal: Proposal) -> bool:
        """Whether what is proposed is in force."""
        if proposal.kind is not None:
            name = f"{ListName.ALLOW}/{proposal.kind}/{proposal.value}"
            return self.tables.lists.get(name) is not None
        scope = f"{proposal.channel}/{proposal.shop}"
        households = {self.tables.households.get(f"{scope}/{one}") for one in proposal.buyers}
        return len(households) == 1 and None not in households

    def follow(self, alert_id: str, now_ms: int, *, by_itself: bool = False) -> None:
        """Open or extend the case of an alert that opened or grew, or whose run moved.

        `by_itself`: it moved because something fell due.
        """
        alert, run = self.tables.alerts.get(alert_id), self.tables.runs.get(alert_id)
        if alert is not None and alert.kind is AlertKind.HEALTH:
            self._follow_health(alert, run, now_ms, by_itself=by_itself)
            return
        is_asked_for = run is not None and run.asks_for_person
        if alert is None or not opens_case(alert, is_asked_for=is_asked_for):
            return
        link = self.tables.case_links.get(alert_id)
        own = None if link is None else self.case(link.case_id)
        if link is not None and (own is None or not own.is_open):
            return
        seen = 0 if link is None else link.seen
        if own is not None and seen == len(alert.orders) and _is_within(alert, own):
            return
        joining = alert.orders[seen:]
        cluster = self._cluster(alert, joining, own)
        case = cluster[0] if cluster else open_case(alert, now_ms, self._due)
        self.tables.progress.cases += not cluster
        place = self._fired_place if by_itself else self.detector.next_place
        for younger in cluster[1:]:
            case = self._merge(case, younger, now_ms, place)
        self._put(with_alert(case, alert, self._taken(case, joining), now_ms, self._due), place())
        self.tables.case_links.put(alert_id, CaseLink(case.case_id, len(alert.orders)))
        self.tables.case_subjects.put(_subject(alert), case.case_id)

    def _follow_health(
        self, alert: Alert, run: Run | None, now_ms: int, *, by_itself: bool
    ) -> None:
        place = self._fired_place if by_itself else self.detector.next_place
        self._health.follow(alert, run, now_ms, lambda case: self._put(case, place()))

    def take(self, note: CaseDisposed | CaseReopened | CaseChanged | CaseChecked) -> None:
        """What a person did with a case."""
        match note:
            case CaseDisposed():
                self._dispose(note)
            case CaseReopened():
                self._reopen(note)
            case _:
                self._change(note)

    def _change(self, note: CaseChanged | CaseChecked) -> None:
        case = self.case(note.case_id)
        if case is not None:
            after = (
                changed(case, note, self.detector.offset)
                if isinstance(note, CaseChanged)
                else checked(case, note)
            )
            if after is not case:
                self._put(after)

    def _dispose(self, note: CaseDisposed) -> None:
        """What a person found closes the case and its alerts, labels its orders, and acts."""
        case = self.case(note.case_id)
        if case is not None and not case.is_open:
            return
        alert_ids = note.alert_ids if case is None else case.alert_ids
        self._close(alert_ids, note.received_ms)
        if note.disposition is Disposition.FALSE_ALARM:
            self._switch_off(alert_ids)
        if case is None:
            return
        is_release = note.action is CaseAction.RELEASE
        released = self._release(case.orders) if is_release else ()
        if case.kind is AlertKind.RISK:  # Who is served late is not thereby a bad buyer.
            self.learner.decided(case, note.disposition, note.received_ms)
        self._put(decided(case, note, self.detector.offset, released))

    def _reopen(self, note: CaseReopened) -> None:
        """Take a disposition back, with all that it did."""
        case = self.case(note.case_id)
        if case is None or not may_reopen(case, note.received_ms):
            return
        assert case.decision is not None, "may_reopen says so"
        for key in case.decision.released:
            self._set_held(key, held=True)
        self._close(case.alert_ids, note.received_ms, closed=False)
        if case.kind is AlertKind.RISK:
            self.learner.undecided(case, note.received_ms)
        self._put(reopened(case, note.by, note.received_ms))

    def fire(self, case_id: str, due_ms: int) -> None:
        """The case is overdue, or its disposition can no longer be taken back."""
        case = self.tables.cases.get(case_id)
        if case is None or next_due(case) is None:
            self.tables.due.drop(case_id)
            return
        place = self._fired_place()
        if case.decision is None:
            due = self._due if case.kind is AlertKind.RISK else DUE_MS.__getitem__
            self._put(escalated(case, due_ms, due), place)
        else:
            self._put(acted(case), place)
            self._act(case, due_ms)

    def _fired_place(self) -> tuple[int, int]:
        self.tables.progress.fired += 1
        return self.tables.cursor, FIRED_FROM + self.tables.progress.fired

    def _due(self, severity: Severity) -> int:
        """How long a case may wait by the playbook that is in force for its severity."""
        playbook = self.detector.engine.playbooks.get(severity)
        said = None if playbook is None else playbook.case_due_ms
        return DUE_MS[severity] if said is None else said

    def _cluster(self, alert: Alert, joining: Iterable[OrderKey], own: Case | None) -> list[Case]:
        """The open cases of the alert's cluster that can be one, the oldest first."""
        ids = dict.fromkeys([self.tables.case_subjects.get(_subject(alert))])
        ids |= dict.fromkeys(self.tables.case_orders.get(str(key)) for key in joining)
        cases = [self.case(case_id) for case_id in ids if case_id is not None]
        found = {case.case_id: case for case in (own, *cases) if case is not None and case.is_open}
        ordered = sorted(found.values(), key=lambda case: (case.created_at, case.case_id))
        cluster, alerts = list[Case](), 0
        for case in sorted(ordered, key=lambda case: case is not own):
            if has_room(case, alerts + (own is None)):
                cluster.append(case)
                alerts += len(case.alert_ids)
        return [case for case in ordered if case in cluster]

    def _merge(self, case: Case, younger: Case, now_ms: int, place: Place) -> Case:
        for alert_id in younger.alert_ids:
            link = self.tables.case_links.get(alert_id)
            if link is not None:
                self.tables.case_links.put(alert_id, CaseLink(case.case_id, link.seen))
        orders = self._taken(case, younger.orders)
        self.tables.progress.cases -= 1
        self._put(gone_into(younger, case.case_id, now_ms), place())
        return merged(case, younger, orders, now_ms, self._due)

    def _taken(self, case: Case, orders: Iterable[OrderKey]) -> tuple[OrderKey, ...]:
        """Those of the orders that the case does not have yet; from now on it does."""
        new = tuple(key for key in orders if self.tables.case_orders.get(str(key)) != case.case_id)
        for key in new:
            self.tables.case_orders.put(str(key), case.case_id)
            self.tables.uncounted.orders[key] = None
        return new

    def _put(self, case: Case, place: tuple[int, int] | None = None) -> None:
        where = place or self.detector.next_place()
        self.tables.put_case(case, where)
        self.changed[case.case_id] = where
        due, known = next_due(case), self.tables.due.get(case.case_id)
        if due is None:
            self.tables.due.drop(case.case_id)
        elif due != known:
            self.tables.due.put(case.case_id, due)
            self._wake(case.case_id, due)

    def _buyers(self, alert: Alert) -> list[str]:
        """The buyers of the alert's orders in its own shop, as many as can matter."""
        found: dict[str, None] = {}
        for key in alert.orders:
            record = self.tables.orders.get(str(key))
            buyer = None if record is None else record.state.members.get("buyer_id")
            if buyer is not None and (key.channel, key.shop) == (alert.channel, alert.shop):
                found[buyer] = None
            if len(found) > FAMILY_MAX:
                break
        return list(found)

    def _close(self, alert_ids: Iterable[str], at: int, *, closed: bool = True) -> None:
        for alert_id in alert_ids:
            alert = self.tables.alerts.get(alert_id)
            if alert is not None and alert.kind is AlertKind.RISK:
                self.detector.save(replace(alert, closed=closed, updated_at=at))

    def _switch_off(self, alert_ids: Iterable[str]) -> None:
        """Those who were asked to solve a puzzle on account of these alerts are asked no more."""
        for alert_id in alert_ids:
            alert = self.tables.alerts.get(alert_id)
            if alert is not None:
                switch_off(self.tables, alert)

    def _release(self, orders: Iterable[OrderKey]) -> tuple[OrderKey, ...]:
        """Those of the orders that were held; from now on they are not."""
        return tuple(key for key in orders if self._set_held(key, held=False))

    def _set_held(self, key: OrderKey, *, held: bool) -> bool:
        """Whether that is a change."""
        record = self.tables.orders.get(str(key))
        if record is None or record.standing.held is held:
            return False
        standing = replace(record.standing, held=held)
        self.tables.orders.put(str(key), replace(record, standing=standing))
        return True


def _is_within(alert: Alert, case: Case) -> bool:
    return alert.severity.rank <= case.severity.rank and alert.alert_id in case.alert_ids


def _subject(alert: Alert) -> str:
    """Whom the alert is about, within the shop where that means the same."""
    subject = alert.subject
    is_wide = is_merchant_wide(tuple(map(Entity, subject.type.split(BY_TYPE_JOIN))))
    scope = "" if is_wide else f"{alert.channel}/{alert.shop}"
    return f"{scope}|{subject.type}|{subject.key}"
