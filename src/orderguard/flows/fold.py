"""The fold: one deterministic function of the log, live, replayed or tried out.

Its clock is the running maximum of `received_ms`. Deadlines due by then fire before the next
entry, in the order of (deadline, id).
"""

import heapq
import logging
from collections.abc import Callable, Iterator
from itertools import islice

from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.domain.entries import (
    CampaignChanged,
    CaseChanged,
    CaseChecked,
    CaseDisposed,
    CaseReopened,
    DaySigned,
    Entry,
    LabelKind,
    LabelRecorded,
    LibraryPublished,
    ListChanged,
    ModeSet,
    RelationChanged,
    ResponseReceipt,
    RuleDrafted,
    SkusMapped,
    SnoozeSet,
    Stopped,
    ZoneSet,
)
from orderguard.domain.events import EventType, OrderEvent
from orderguard.domain.facts import FactKind
from orderguard.domain.health import HealthRule
from orderguard.domain.ports import StateStore
from orderguard.errors import StoreFailure
from orderguard.flows.cases import PREFIX, Desk
from orderguard.flows.detect import Detector
from orderguard.flows.duplicates import Duplicates
from orderguard.flows.engine import Engine
from orderguard.flows.health import WAKE_PREFIX, Health
from orderguard.flows.learn import KEPT_PREFIX, PART_PREFIX, Learner
from orderguard.flows.ledger import Ledger
from orderguard.flows.limits import LIMITS, Limits
from orderguard.flows.mend import Mender
from orderguard.flows.respond import Responder
from orderguard.flows.results import Results
from orderguard.flows.rulebook import Rulebook
from orderguard.flows.settlement import RECONCILER, Reconciler
from orderguard.flows.shop_alarms import KEEPER as SHOP_ALARMS
from orderguard.flows.shop_alarms import ShopAlarms
from orderguard.flows.skus import mapping_events
from orderguard.flows.stock import KEEPER as STOCK
from orderguard.flows.stock import StockKeeper
from orderguard.flows.tables import CACHED_MAX, Tables
from orderguard.labels import Label

OUTCOMES = frozenset(
    {
        FactKind.REFUND_SUCCEEDED,
        FactKind.RETURN_RECEIVED,
        FactKind.DISPUTE_OPENED,
        FactKind.COMPLAINT_OPENED,
        FactKind.DELIVERED,
    }
)
"""The facts that tell how an order turned out."""


SHIPPED = frozenset({FactKind.SHIPPED, FactKind.IN_TRANSIT, FactKind.DELIVERED, FactKind.COMPLETED})
"""The facts that tell that a parcel has left."""

FAULTS_LOGGED_MAX = 20
"""Entries that could not be folded are logged up to here; after that they are only counted."""

log = logging.getLogger(__name__)

OnAlert = Callable[[Alert, tuple[int, int]], None]
"""Told of each alert that opened or grew, with its place among all changes."""
OnCase = Callable[[Case, tuple[int, int]], None]
"""Told of each case that changed, in the same way."""


class Fold:
    """Applies entries in the order of the log; `save` makes what it did durable."""

    def __init__(
        self,
        store: StateStore,
        *,
        on_alert: OnAlert | None = None,
        on_case: OnCase | None = None,
        cached_max: int = CACHED_MAX,
    ) -> None:
        self.tables = Tables(store, cached_max=cached_max)
        self._on_alert, self._on_case = on_alert, on_case
        library = self.tables.library.get("")
        engine = Engine.empty() if library is None else self._engine(library)
        self.detector = Detector(self.tables, engine)
        self.ledger = Ledger(self.tables)
        self.responder = Responder(self.detector, self.ledger)
        self.learner = Learner(self.detector, self.ledger, self._wake)
        self.desk = Desk(self.detector, self.learner, wake=self._wake, act=self._act)
        self.health = Health(self.tables, self._ailments, self.detector.next_place, self._wake)
        self.health.keepers["duplicates"] = Duplicates(self.health)
        self.limits = self.health.keepers[LIMITS] = Limits(self.tables, self._ailments)
        self.reconciler = Reconciler(self.health)
        self.health.keepers[RECONCILER] = self.reconciler
        self.stock = StockKeeper(self.health)
        self.health.keepers[STOCK] = self.stock
        self.mender = Mender(self.responder)
        self.results = Results(self.tables)
        self.rulebook = Rulebook(self.tables)
        self._told: dict[str, tuple[int, int]] = {}
        """Health alerts that changed and are still to be told of."""
        self.alarms = self.health.keepers[SHOP_ALARMS] = ShopAlarms(self.health)
        self._deadlines = [(due, alert_id) for alert_id, due in self.tables.due.items()]
        heapq.heapify(self._deadlines)

    @property
    def engine(self) -> Engine:
        return self.detector.engine

    @property
    def cursor(self) -> int:
        """The offset of the last entry applied."""
        return self.tables.cursor

    @property
    def clock_ms(self) -> int:
        return self.tables.progress.clock_ms

    def _ailments(self) -> tuple[HealthRule, ...]:
        """The health rules in force."""
        return self.detector.engine.library.health

    def apply(self, offset: int, entry: Entry) -> None:
        """Apply the entry at this offset; entries already applied are passed over."""
        if offset <= self.tables.cursor:
            return
        try:
            self.advance(entry.received_ms)
            self.detector.begin(offset)
            if isinstance(entry, OrderEvent):
                self._apply_event(entry)
            else:
                self._apply_note(entry)
            self._answer()
            self._mend(self.clock_ms)
            self._tell_cases()
            self._tell_health()
            self.results.take()
        except StoreFailure:
            # The entry is good and the store is not: what was begun must never be saved.
            raise
        except Exception:
            # One entry must not stop the shop: it stays in the log, is counted, and is passed.
            if self.tables.progress.faults < FAULTS_LOGGED_MAX:
                log.exception("entry %d cannot be folded and is passed over", offset)
            self.tables.progress.faults += 1
        self.tables.cursor = offset

    def advance(self, now_ms: int, most: int | None = None) -> bool:
        """Move the clock, which never goes back, and fire what falls due by then.

        With `most` only so many, the first; False where there are more, and the clock stands.
        """
        due = self.next_due
        if due is not None and due <= now_ms:
            for due_ms, alert_id in islice(self._due_by(now_ms), most):
                self.tables.fired += 1
                self.results.take()
                if isinstance(alert_id, int):
                    self.health.fire(due_ms, alert_id)
                    self._mend(due_ms, by_itself=True)
                    continue
                if alert_id.startswith(WAKE_PREFIX):
                    self.health.fire_wake(alert_id, due_ms)
                    self._mend(due_ms, by_itself=True)
                    continue
                if alert_id.startswith(PREFIX):
                    self.desk.fire(alert_id, due_ms)
                    continue
                if alert_id.startswith(PART_PREFIX):
                    self.learner.go_on(alert_id)
                    continue
                if alert_id.startswith(KEPT_PREFIX):
                    self.learner.fire(alert_id, due_ms)
                    continue
                self.responder.fire(alert_id, due_ms)
                self._schedule(alert_id, due_ms)
                self.desk.follow(alert_id, due_ms, by_itself=True)
            self._tell_cases()
            self._tell_health()
            self.results.take()
            due = self.next_due
            if most is not None and due is not None and due <= now_ms:
                return False
        progress = self.tables.progress
        progress.clock_ms = max(progress.clock_ms, now_ms)
        return True

    @property
    def next_due(self) -> int | None:
        """When the next deadline falls due, in ms since the epoch."""
        named, orders = self._deadlines, self.tables.deadlines.next_due
        if not named:
            return orders
        return named[0][0] if orders is None else min(named[0][0], orders)

    def save(self) -> None:
        """Write all that changed in one commit."""
        self.tables.store.save(self.tables.changes())
        self.tables.settle()

    def _due_by(self, now_ms: int) -> Iterator[tuple[int, str | int]]:
        """What falls due by then, the earliest first: names, and numbers of orders.

        At one instant orders come first, and what they set off with them.
        """
        named, orders = self._deadlines, self.tables.deadlines
        while True:
            until = min(now_ms, named[0][0]) if named else now_ms
            order = orders.pop_due(until)
            if order is not None:
                yield order
            elif named and named[0][0] <= now_ms:
                due_ms, name = heapq.heappop(named)
                if self.tables.due.get(name) == due_ms:
                    yield due_ms, name
            else:
                return

    def _schedule(self, alert_id: str, before: int | None) -> None:
        due = self.tables.due.get(alert_id)
        if due is not None and due != before:
            heapq.heappush(self._deadlines, (due, alert_id))

    def _wake(self, name: str, due_ms: int) -> None:
        heapq.heappush(self._deadlines, (due_ms, name))

    def _tell_cases(self) -> None:
        """Tell of the cases that changed, in the order of their places."""
        changed = self.desk.changed
        self.results.cases(changed)
        if self._on_case is not None:
            for case_id in sorted(changed, key=changed.__getitem__):
                case = self.tables.cases.get(case_id)
                if case is not None:
                    self._on_case(case, changed[case_id])
        changed.clear()

    def _mend(self, now_ms: int, *, by_itself: bool = False) -> None:
        """Respond to the health alerts that opened, grew or ended."""
        news = self.health.alerts.news
        for alert_id in sorted(news, key=news.__getitem__) if news else ():
            place = self._told[alert_id] = news.pop(alert_id)
            before = self.tables.due.get(alert_id)
            self.mender.follow(alert_id, place, now_ms)
            self._schedule(alert_id, before)
            self.desk.follow(alert_id, now_ms, by_itself=by_itself)

    def _tell_health(self) -> None:
        """Tell of the health alerts that opened, grew or ended, in the order of their places."""
        news = self._told
        if self._on_alert is not None:
            for alert_id in sorted(news, key=news.__getitem__):
                alert = self.tables.alerts.get(alert_id)
                if alert is not None:
                    self._on_alert(alert, news[alert_id])
        news.clear()

    def _apply_event(self, event: OrderEvent) -> None:
        progress = self.tables.progress
        progress.events += 1
        progress.unknown += event.type is EventType.UNKNOWN
        self.detector.apply(event)
        change = self.detector.change
        if change is None:
            self.health.saw(event)
        else:
            self.health.apply(change)
            self.results.ordered(change)
            for told in change.told:
                if told.amends is None and told.kind in OUTCOMES:
                    self.learner.turned_out(change.key, told.kind, self.clock_ms)
                if told.amends is None and told.kind in SHIPPED:
                    self.ledger.shipped(change.key, self.clock_ms)

    def _answer(self) -> None:
        """Respond to the alerts that the entry opened or changed, and tell of what grew."""
        touched, grown = self.detector.touched, self.detector.grown
        if not touched:
            return
        for alert_id in tuple(touched):
            before = self.tables.due.get(alert_id)
            self.responder.respond(alert_id, self.clock_ms)
            self._schedule(alert_id, before)
        self.results.attacked(touched)
        for alert_id in tuple(touched):
            self.desk.follow(alert_id, self.clock_ms)
        if self._on_alert is None:
            return
        # In the order of their places: a listener resumes after the last one that it saw.
        for alert_id in sorted(grown, key=touched.__getitem__):
            alert = self.tables.alerts.get(alert_id)
            if alert is not None:
                self._on_alert(alert, (self.detector.offset, touched[alert_id]))

    def _apply_note(self, note: Entry) -> None:
        tables = self.tables
        match note:
            case LibraryPublished():
                self._publish(note)
            case ListChanged():
                self._change_list(note)
            case RelationChanged():
                self._relate(note)
            case CampaignChanged():
                name = f"{note.channel}/{note.shop}/{note.campaign_id}"
                tables.campaigns.put(name, note) if note.on else tables.campaigns.drop(name)
            case LabelRecorded():
                bad = note.label is LabelKind.BAD
                self.learner.label(note.order, Label(bad, note.source, note.received_ms))
            case CaseDisposed() | CaseReopened() | CaseChanged() | CaseChecked():
                self.results.worked(note)
                self.desk.take(note)
            case SnoozeSet():
                name = f"{note.rule}/{note.subject_type}/{note.subject_key}"
                tables.snoozes.put(name, note)
            case _:
                self._apply_word(note)

    def _apply_word(self, note: Entry) -> None:
        """What came back of a response, and what people say of all responses."""
        tables = self.tables
        match note:
            case ResponseReceipt():
                before = tables.due.get(note.alert_id)
                self.results.received(note)
                self.responder.receive(note, self.clock_ms)
                self._schedule(note.alert_id, before)
                self.desk.follow(note.alert_id, self.clock_ms)
            case RuleDrafted():
                self.rulebook.drafted(note)
            case ModeSet():
                tables.mode.put("", note)
                self.results.set_mode(note)
            case SkusMapped():
                for event in mapping_events(note):
                    self.health.saw(event)
            case Stopped():
                name = f"{note.kind}/{note.name}"
                tables.stopped.put(name, note) if note.on else tables.stopped.drop(name)
            case ZoneSet():
                self.reconciler.set_zone(note)
            case DaySigned():
                self.reconciler.sign(note)

    def _publish(self, note: LibraryPublished) -> None:
        """Judge by this library from here on.

        Features that it shares with the one before go on where they were. A library that does
        not pass its checks raises before anything has changed.
        """
        self.detector.engine = self._engine(note)
        self.rulebook.published(note)
        self.tables.library.put("", note)

    def _engine(self, note: LibraryPublished) -> Engine:
        return Engine.compile(note.files, preset=note.preset, states=self.tables.group)

    def _change_list(self, note: ListChanged) -> None:
        name = f"{note.name}/{note.kind}/{note.value}"
        self.tables.lists.put(name, note) if note.on else self.tables.lists.drop(name)

    def _relate(self, note: RelationChanged) -> None:
        scope = f"{note.channel}/{note.shop}"
        former = [
            name
            for name, household in self.tables.households.items()
            if household == note.relation_id and name.startswith(f"{scope}/")
        ]
        for name in former:
            self.tables.households.drop(name)
        for buyer in note.buyers:
            self.tables.households.put(f"{scope}/{buyer}", note.relation_id)

    def _act(self, case: Case, due_ms: int) -> None:
        """A disposition can no longer be taken back: the runs of its alerts end as it says."""
        assert case.decision is not None, "only a decided case acts"
        for alert_id in case.alert_ids:
            before = self.tables.due.get(alert_id)
            self.responder.close(alert_id, case.decision.action, due_ms)
            self._schedule(alert_id, before)
