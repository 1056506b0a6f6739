"""Alert → playbook steps → what is due, and what came back of it.

A run moves when its alert grows, when a step falls due and when the log says what came of one: all
of that is part of the fold. In live mode what is due stands in the outbox, which is the runs
themselves; elsewhere it says what would have been done.
"""

from msgspec.structs import replace

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.entries import ResponseReceipt, StoppableKind
from orderguard.domain.library import CHALLENGE, HOLD, Playbook
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.flows.attempts import switch_on
from orderguard.flows.detect import Detector
from orderguard.flows.ledger import Ledger
from orderguard.kit.clock import MS_PER_HOUR
from orderguard.orders import status_of
from orderguard.responses import (
    PortionState,
    Run,
    RunStep,
    advance,
    again,
    close,
    finish,
    receive,
    start,
    take_over,
)

BY_A_PERSON = "person"
"""Who must say that a hold over its hourly budget may be done."""


class Responder:
    def __init__(self, detector: Detector, ledger: Ledger) -> None:
        self.detector, self.ledger = detector, ledger
        self.tables = detector.tables
        self.unsent = set(self.tables.outbox)
        """Alerts whose outbox changed since the dispatcher looked last; it takes them from here."""

    @property
    def is_live(self) -> bool:
        mode = self.tables.mode.get("")
        return mode is not None and mode.live

    def respond(self, alert_id: str, now_ms: int) -> None:
        """Start, extend or step up the run of an alert that opened or grew."""
        alert = self.tables.alerts.get(alert_id)
        if alert is None or alert.kind is not AlertKind.RISK or alert.closed:
            return
        if self._is_snoozed(alert, now_ms):
            return
        playbook = self.detector.engine.playbooks.get(alert.severity)
        run = self.tables.runs.get(alert_id)
        if playbook is None or (run is not None and run.closed):
            return
        held = 0 if run is None or run.playbook != playbook.id else run.seen
        if run is None or run.playbook != playbook.id:
            begun = self._start(alert, playbook, now_ms)
            run = begun if run is None else take_over(run, begun)
            alert = replace(alert, playbook=playbook.id)
            self.detector.save(alert)
        if playbook.challenges and not self.why_stopped(alert, CHALLENGE):
            switch_on(self.tables, alert, now_ms)
        if playbook.holds and not any(step.waits_for for step in run.steps):
            self._hold(alert.orders[held:])
        self._advance(run, alert, now_ms)

    def fire(self, alert_id: str, due_ms: int) -> None:
        """A step of the alert's run falls due."""
        run, alert = self.tables.runs.get(alert_id), self.tables.alerts.get(alert_id)
        if run is not None and alert is not None:
            self._advance(run, alert, due_ms)

    def receive(self, note: ResponseReceipt, now_ms: int) -> None:
        """A receipt, an answer or a person's word moves the run."""
        run, alert = self.tables.runs.get(note.alert_id), self.tables.alerts.get(note.alert_id)
        if run is None or alert is None:
            return
        waited = any(step.waits_for for step in run.steps)
        run = receive(
            run,
            step=note.step,
            key=note.key,
            outcome=note.outcome,
            reference=note.reference,
            detail=note.detail,
            at_ms=now_ms,
        )
        if waited and not any(step.waits_for for step in run.steps):
            self._hold(alert.orders)
        self._advance(run, alert, now_ms)

    def close(self, alert_id: str, action: str, now_ms: int) -> None:
        """A person has decided the alert's case."""
        run, alert = self.tables.runs.get(alert_id), self.tables.alerts.get(alert_id)
        if run is not None and alert is not None:
            self._advance(close(run, action, now_ms), alert, now_ms)

    def _start(self, alert: Alert, playbook: Playbook, now_ms: int) -> Run:
        run = start(alert, playbook, now_ms, acts=self.is_live)
        if not playbook.holds or self._has_budget(alert, playbook, now_ms):
            return run
        steps = tuple(
            replace(step, waits_for=BY_A_PERSON, waits_until=None) if step.action == HOLD else step
            for step in run.steps
        )
        return replace(run, steps=steps)

    def _has_budget(self, alert: Alert, playbook: Playbook, now_ms: int) -> bool:
        """Whether its rules may hold one more alert by themselves, which then counts."""
        most = playbook.holds_per_hour
        if most is None:
            return True
        rules = dict.fromkeys(hit.rule for hit in alert.hits)
        spent = {rule: self._held_lately(rule, now_ms) for rule in rules}
        if any(len(instants) >= most for instants in spent.values()):
            return False
        for rule, instants in spent.items():
            self.tables.budgets.put(rule, (*instants, now_ms))
        return True

    def _held_lately(self, rule: str, now_ms: int) -> tuple[int, ...]:
        instants = self.tables.budgets.get(rule) or ()
        return tuple(at for at in instants if at > now_ms - MS_PER_HOUR)

    def why_stopped(self, alert: Alert, action: str) -> str:
        """What a person has stopped that this would be: `rule/…`, `action/…` or `shop/…`."""
        names = [f"{StoppableKind.ACTION}/{action}"]
        names.append(f"{StoppableKind.SHOP}/{alert.channel}/{alert.shop}")
        names += [f"{StoppableKind.RULE}/{rule}" for rule in alert.rules]
        return next((name for name in names if self.tables.stopped.get(name)), "")

    def mend(self, alert: Alert, playbook: Playbook, now_ms: int) -> bool:
        """Start or extend the run that mends what a health alert says; whether it started."""
        run = self.tables.runs.get(alert.alert_id)
        if self._is_snoozed(alert, now_ms):
            return False
        known = run
        if run is None:
            run = self._start(alert, playbook, now_ms)
        elif run.closed:
            # Either it is back, or a person has said what becomes of it.
            run = again(run, self._start(alert, playbook, now_ms)) if run.mended else run
        if run.closed:
            return False
        is_new = known is None or known.turn != run.turn
        gathered = () if is_new else run.gathered
        added = tuple(key for key in alert.orders if key not in frozenset(gathered))
        run = replace(run, gathered=(*gathered, *added))
        if any(step.action == HOLD and not step.waits_for and not step.off for step in run.steps):
            self._hold(added)
        self._advance(run, alert, now_ms)
        return is_new

    def finish(self, alert: Alert, now_ms: int) -> Run | None:
        """What a health alert says is over: its run ends. None where it had none that stood."""
        run = self.tables.runs.get(alert.alert_id)
        if run is None or run.mended:
            return None
        is_unfounded = alert.ending is not None and alert.ending.late_ms == 0
        run = finish(run, now_ms, is_unfounded=is_unfounded)
        if any(step.action == HOLD and step.portions for step in run.steps):
            self._let_go(run)
        self._advance(run, alert, now_ms)
        return run

    def _let_go(self, run: Run) -> None:
        """The orders of the run are held no more, unless another alert of theirs holds them."""
        for key in run.gathered:
            record = self.tables.orders.get(str(key))
            if record is None or not record.standing.held:
                continue
            others = (self.tables.runs.get(name) for name in record.standing.alerts)
            if not any(
                step.action == HOLD and step.portions
                for other in others
                if other is not None and other.alert_id != run.alert_id and not other.closed
                for step in other.steps
            ):
                standing = replace(record.standing, held=False)
                self.tables.orders.put(str(key), replace(record, standing=standing))

    def _advance(self, run: Run, alert: Alert, now_ms: int) -> None:
        orders = run.gathered or alert.orders
        run = advance(
            run,
            orders[: run.seen] if run.closed else orders,
            self._status,
            now_ms,
            stopped=lambda action: self.why_stopped(alert, action),
            is_live=self.is_live,
        )
        before = self.tables.runs.get(run.alert_id)
        self.tables.runs.put(run.alert_id, run)
        self.ledger.follow(before, run, alert, now_ms)
        due = run.next_due
        if due is None:
            self.tables.due.drop(run.alert_id)
        elif self.tables.due.get(run.alert_id) != due:
            self.tables.due.put(run.alert_id, due)
        self._post(run)

    def _post(self, run: Run) -> None:
        """Keep the outbox: whose runs have something unsent."""
        if not run.acts:
            return
        unsent = len(run.unsent)
        if unsent:
            self.unsent.add(run.alert_id)
            if self.tables.outbox.get(run.alert_id) != unsent:
                self.tables.outbox.put(run.alert_id, unsent)
        else:
            self.tables.outbox.drop(run.alert_id)
        for step in run.steps:
            if step.plan.wait_ms:
                self._ask(run, step)

    def _ask(self, run: Run, step: RunStep) -> None:
        """Keep which questions are open: asked, perhaps, and neither answered nor timed out."""
        for portion in step.portions:
            is_open = portion.answer is None and portion.state is not PortionState.DUE
            if is_open and portion.key and not self.tables.asked.get(portion.key):
                self.tables.asked.put(portion.key, f"{run.alert_id}/{step.step}")
            elif not is_open:
                self.tables.asked.drop(portion.key)

    def _status(self, key: OrderKey) -> OrderStatus:
        record = self.tables.orders.get(str(key))
        return OrderStatus.UNKNOWN if record is None else status_of(record.state)

    def _hold(self, orders: tuple[OrderKey, ...]) -> None:
        for key in orders:
            record = self.tables.orders.get(str(key))
            if record is not None and not record.standing.held:
                held = replace(record.standing, held=True)
                self.tables.orders.put(str(key), replace(record, standing=held))

    def _is_snoozed(self, alert: Alert, now_ms: int) -> bool:
        for rule in alert.rules:
            snooze = self.tables.snoozes.get(f"{rule}/{alert.subject.type}/{alert.subject.key}")
            if snooze is None or snooze.until_ms <= now_ms:
                return False
        return True
