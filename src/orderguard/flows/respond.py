"""Alert → playbook steps.

A run moves when its alert grows and when a step falls due; both are part of the fold. No action is
connected yet: a step that is due says what would be done.
"""

from msgspec.structs import replace

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.orders import OrderKey, OrderStatus
from orderguard.flows.attempts import switch_on
from orderguard.flows.detect import Detector
from orderguard.orders import status_of
from orderguard.responses import Run, advance, start, take_over


class Responder:
    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.tables = detector.tables

    def respond(self, alert_id: str, now_ms: int) -> None:
        """Start, extend or step up the run of an alert that opened or grew."""
        alert = self.tables.alerts.get(alert_id)
        if alert is None or alert.kind is not AlertKind.RISK or self._is_snoozed(alert, now_ms):
            return
        playbook = self.detector.engine.playbooks.get(alert.severity)
        if playbook is None:
            return
        run = self.tables.runs.get(alert_id)
        held = 0 if run is None or run.playbook != playbook.id else run.seen
        if run is None or run.playbook != playbook.id:
            begun = start(alert, playbook, now_ms)
            run = begun if run is None else take_over(run, begun)
            alert = replace(alert, playbook=playbook.id)
            self.detector.save(alert)
        if playbook.challenges and not alert.closed:
            switch_on(self.tables, alert, now_ms)
        if playbook.holds:
            self._hold(alert.orders[held:])
        self._advance(run, alert.orders, now_ms)

    def fire(self, alert_id: str, due_ms: int) -> None:
        """A step of the alert's run falls due."""
        run, alert = self.tables.runs.get(alert_id), self.tables.alerts.get(alert_id)
        if run is not None and alert is not None:
            self._advance(run, alert.orders, due_ms)

    def _advance(self, run: Run, orders: tuple[OrderKey, ...], now_ms: int) -> None:
        run = advance(run, orders, self._status, now_ms)
        self.tables.runs.put(run.alert_id, run)
        due = run.next_due
        if due is None:
            self.tables.due.drop(run.alert_id)
        elif self.tables.due.get(run.alert_id) != due:
            self.tables.due.put(run.alert_id, due)

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
