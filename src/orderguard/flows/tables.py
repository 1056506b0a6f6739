"""The fold's state: tables over the state store, and what of them has to be saved."""

from collections.abc import Callable, Sized
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from orderguard.domain.alerts import Alert, Standing
from orderguard.domain.attempts import Attempt, Challenged
from orderguard.domain.cases import Case
from orderguard.domain.entries import (
    CampaignChanged,
    LibraryPublished,
    ListChanged,
    ModeSet,
    RuleDrafted,
    SnoozeSet,
    Stopped,
)
from orderguard.domain.events import OrderEvent
from orderguard.domain.library import RuleVersion
from orderguard.domain.locks import Lock
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import AlertRow, CaseRow, Changes, StateStore, TimelineRow
from orderguard.features import GroupState, decode_group, encode_group, still
from orderguard.flows.deadlines import Deadlines
from orderguard.flows.lock_tables import LockTables, Numbers
from orderguard.flows.money_tables import MoneyTables
from orderguard.flows.saving import Cell, Places, Taken
from orderguard.flows.stock_tables import StockTables
from orderguard.kit.cache import Drawers, Kept, WriteBack
from orderguard.labels import LabelCount, OrderLabels
from orderguard.orders import OrderState
from orderguard.profiles import Profile
from orderguard.responses import Run
from orderguard.responses.locks import LockTotal
from orderguard.scoring import Posterior

V = TypeVar("V")

CACHED_MAX = 2_000_000
"""Values that a table may hold in memory; beyond them the least recently used are dropped."""
ORDERS_CACHED_MAX = 40_000
"""The same for orders, each of which takes some 10 KB and is left alone once it has arrived."""
OTHERS_CACHED_MAX = 200_000
"""The same for small values of each order that are seldom asked for again."""


class OrderRecord(Struct, frozen=True):
    """One order: what happened to it, and what we think of it.

    `wake` is when it is to be looked at next (ms), `faults` what is wrong with it: the cause by
    health rule.
    """

    state: OrderState
    standing: Standing = Standing()
    wake: int = 0
    faults: dict[str, str] = {}


class Progress(Struct, kw_only=True):
    """How far the fold has come: its clock, and counts of what it has seen; counted in place.

    `unknown` are events of a type this version does not know, `faults` entries it failed on,
    `fired` the changes that fell due by themselves. `cases` are those of risk.
    """

    clock_ms: int = 0
    orders: int = 0
    attempts: int = 0
    events: int = 0
    unknown: int = 0
    faults: int = 0
    cases: int = 0
    locks: int = 0
    fired: int = 0
    health_cases: int = 0


class ShopRecord(Struct, frozen=True):
    """What a shop's orders have told of it: its currency, and since when we watch it."""

    since: int
    currency: str | None = None


class CasePart(Struct, frozen=True, kw_only=True):
    """Orders of a case of which a person said at an instant that they are bad, or good.

    `bad` is None where it was taken back.
    """

    orders: tuple[OrderKey, ...]
    bad: bool | None
    at: int


class CaseLink(Struct, frozen=True):
    """The case that an alert belongs to, and how many of the alert's orders it has taken in."""

    case_id: str
    seen: int


class RuleCount(Struct, frozen=True):
    hits: int = 0
    orders: int = 0


class Uncounted(Struct, kw_only=True):
    """What the entry or deadline at hand changed, and results are still to count.

    `locks` have the row before, `mended` the alert, the instant (ms) and what is added.
    """

    orders: dict[OrderKey, None] = {}
    locks: list[tuple[Lock | None, Lock]] = []
    mended: list[tuple[Alert, int, Any]] = []

    def __bool__(self) -> bool:
        return bool(self.orders or self.locks or self.mended)


class Tables:
    """All state of the fold. Only the fold writes it; the API reads it."""

    def __init__(self, store: StateStore, *, cached_max: int = CACHED_MAX) -> None:
        self.store = store
        self._cached_max = cached_max
        self.cursor = store.cursor()
        self._cached: dict[str, WriteBack[Any]] = {}
        self._kept: dict[str, Kept[Any] | Deadlines] = {}
        self._drawers: dict[str, Drawers[Any]] = {}
        self.orders: WriteBack[OrderRecord] = self.cached("order", OrderRecord, ORDERS_CACHED_MAX)
        self.keys: WriteBack[OrderKey] = self.cached("number", OrderKey, OTHERS_CACHED_MAX)
        self.buyers: WriteBack[int] = self.cached("buyer", int)
        """When a buyer was first seen to order, by channel/shop/id."""
        self.runs: WriteBack[Run] = self.cached("run", Run)
        self.open_alerts: WriteBack[str] = self.cached("open", str)
        self.reached: WriteBack[int] = self.cached("reached", int)
        """How far an alert has the orders of a window: the instant of the last hit by it."""
        self.alerts: WriteBack[Alert] = WriteBack(
            load=self._load_alert,
            encode=msgspec.msgpack.encode,
            decode=msgspec.msgpack.Decoder(Alert).decode,
            capacity=cached_max,
            below_is_empty=self.cursor == 0,
        )
        self.cases: WriteBack[Case] = WriteBack(
            load=self._load_case,
            encode=msgspec.msgpack.encode,
            decode=msgspec.msgpack.Decoder(Case).decode,
            capacity=cached_max,
            below_is_empty=self.cursor == 0,
        )
        self.case_links: WriteBack[CaseLink] = self.cached("case_link", CaseLink)
        self.case_orders: WriteBack[str] = self.cached("case_order", str)
        """The newest case that an order belongs to."""
        self.case_subjects: WriteBack[str] = self.cached("case_subject", str)
        """The newest case of a subject."""
        self.groups: dict[str, WriteBack[GroupState]] = {}
        self.attempts: WriteBack[Attempt] = self.cached("attempt", Attempt)
        """By channel/shop/attempt_id."""
        self.pending: Kept[int] = self.kept("pending", int)
        """The numbers of the attempts that count now."""
        self.checkouts: Kept[str] = self.kept("checkout", str)
        """The attempt at which a buyer is, by channel/shop/id."""
        self.challenged: Kept[Challenged] = self.kept("challenged", Challenged)
        self.due: Kept[int] = self.kept("due", int)
        self.outbox: Kept[int] = self.kept("outbox", int)
        """Alerts whose runs have steps that are due or begun, with how many."""
        self.asked: Kept[str] = self.kept("asked", str)
        """Questions that are open, by their key: `alert/step`."""
        self.mode: Kept[ModeSet] = self.kept("mode", ModeSet)
        self.stopped: Kept[Stopped] = self.kept("stopped", Stopped)
        self.budgets: Kept[tuple[int, ...]] = self.kept("budget", tuple[int, ...])
        """When each rule's alerts of the last hour were held by themselves."""
        self.ledger = LockTables(
            locks=self.cached("lock", Lock),
            of_orders=self.cached("order_lock", Numbers),
            standing=self.kept("standing_lock", int),
            totals=self.kept("lock_total", LockTotal),
        )
        self._open_words()
        self.deadlines = self.instants("deadline")
        self._progress: Kept[Progress] = self.kept("progress", Progress)
        self.progress = self._progress.get("") or Progress()
        self.money = MoneyTables(self.cached, self.kept, self.drawers)
        self.stock = StockTables(self, cached_max)
        self.fired = self._fired_taken = self._fired_saved = 0
        """What fell due since the start; it changes the state where no entry does."""
        self.timeline: list[TimelineRow] = []
        self._timeline_saving: list[TimelineRow] = []
        self._alert_places, self._case_places = Places(), Places()

    def _open_words(self) -> None:
        """What people say and settle, and what is learned of it."""
        self.uncounted = Uncounted()
        self.lists: Kept[ListChanged] = self.kept("list", ListChanged)
        self.households: Kept[str] = self.kept("household", str)
        self.campaigns: Kept[CampaignChanged] = self.kept("campaign", CampaignChanged)
        self.snoozes: Kept[SnoozeSet] = self.kept("snooze", SnoozeSet)
        self.labels: WriteBack[OrderLabels] = self.cached("label", OrderLabels, ORDERS_CACHED_MAX)
        self.parts: Kept[CasePart] = self.kept("case_part", CasePart)
        """Parts of decided cases whose orders are still to be labelled."""
        # Orders that arrived within the same few minutes, by number.
        self.arrived: Drawers[int] = self.drawers("arrived", int)
        self.label_counts: Kept[LabelCount] = self.kept("label_count", LabelCount)
        self.profiles: Kept[Profile] = self.kept("profile", Profile)
        self.posteriors: Kept[Posterior] = self.kept("posterior", Posterior)
        self.shops: Kept[ShopRecord] = self.kept("shop", ShopRecord)
        self.rule_counts: Kept[RuleCount] = self.kept("rule_count", RuleCount)
        self.library: Kept[LibraryPublished] = self.kept("library", LibraryPublished)
        self.drafts: Kept[RuleDrafted] = self.kept("rule_draft", RuleDrafted)
        self.rule_histories: Kept[tuple[RuleVersion, ...]] = self.kept(
            "rule_history", tuple[RuleVersion, ...]
        )
        """The versions of each rule that was ever changed here, oldest first."""

    def group(self, space: str) -> WriteBack[GroupState]:
        """The states of one group of features; the engine asks for it by the group's name."""
        name = f"group:{space}"
        if name not in self.groups:
            self.groups[name] = WriteBack(
                load=lambda key: self.store.load(name, key),
                encode=encode_group,
                decode=decode_group,
                still=still,
                capacity=self._cached_max,
                below_is_empty=self.store.is_empty(name),
            )
        return self.groups[name]

    def put_alert(self, alert: Alert, changed: tuple[int, int]) -> None:
        """`changed` is the offset of the entry and the alert's place among that entry's changes."""
        self.alerts.put(alert.alert_id, alert)
        self._alert_places.changed[alert.alert_id] = changed

    def put_case(self, case: Case, changed: tuple[int, int]) -> None:
        """`changed` as for an alert."""
        self.cases.put(case.case_id, case)
        self._case_places.changed[case.case_id] = changed

    def tell(self, key: OrderKey, offset: int, event: OrderEvent) -> None:
        """Add an event to the timeline of its order."""
        self.timeline.append(
            TimelineRow(
                order=key,
                offset=offset,
                event_id=event.id,
                type=event.type_name or event.type,
                occurred_ms=event.occurred_ms,
                received_ms=event.received_ms,
            )
        )

    def pending_timeline(self, key: OrderKey) -> list[TimelineRow]:
        """The order's rows that are not in the store yet."""
        return [row for row in (*self._timeline_saving, *self.timeline) if row.order == key]

    @property
    def is_dirty(self) -> bool:
        return self.fired != self._fired_saved or self.cursor != self.store.cursor()

    def changes(self) -> Changes:
        """Everything that is not yet safe below, encoded; to be saved in one commit."""
        taken = self.take()
        return taken.changes([cell for part in taken.encoded() for cell in part])

    def take(self) -> Taken:
        """The same as it stands now, to be encoded piece by piece."""
        self._progress.put("", self.progress)
        self._fired_taken = self.fired
        kept: list[Cell] = []
        for space, table in self._tables():
            kept += [(space, key, encoded) for key, encoded in table.changes()]
        for space, drawers in self._drawers.items():
            kept += [(f"{space}:{one}", key, cell) for one, key, cell in drawers.changes()]
        alert_places, case_places = self._alert_places.take(), self._case_places.take()
        alerts = [
            AlertRow(alert=alert, changed=alert_places[alert_id])
            for alert_id, alert in self.alerts.take().items()
            if alert is not None
        ]
        cases = [
            CaseRow(case=case, changed=case_places[case_id])
            for case_id, case in self.cases.take().items()
            if case is not None
        ]
        self._timeline_saving += self.timeline
        self.timeline = []
        return Taken(
            cursor=self.cursor,
            kept=kept,
            cached=[(space, cache.encode, cache.take()) for space, cache in self._caches()],
            timeline=tuple(self._timeline_saving),
            alerts=alerts,
            cases=cases,
        )

    def settle(self) -> None:
        """What was taken last is saved."""
        self._fired_saved = self._fired_taken
        for _, cache in self._caches():
            cache.settle()
        for _, kept in self._tables():
            kept.settle()
        for drawers in self._drawers.values():
            drawers.settle()
        self.alerts.settle()
        self.cases.settle()
        self._alert_places.saving = {}
        self._case_places.saving = {}
        self._timeline_saving = []

    def held(self) -> dict[str, int]:
        """How many keys of each table are in memory."""
        caches: list[tuple[str, Sized]] = [
            ("alert", self.alerts),
            ("case", self.cases),
            *self._caches(),
            *self._drawers.items(),
        ]
        return {name: len(table) for name, table in (*caches, *self._tables())}

    def _caches(self) -> list[tuple[str, WriteBack[Any]]]:
        return [*self._cached.items(), *self.groups.items()]

    def _tables(self) -> list[tuple[str, Kept[Any] | Deadlines]]:
        return list(self._kept.items())

    def _load_alert(self, alert_id: str) -> bytes | None:
        alert = self.store.alert(alert_id)
        return None if alert is None else msgspec.msgpack.encode(alert)

    def _load_case(self, case_id: str) -> bytes | None:
        case = self.store.case(case_id)
        return None if case is None else msgspec.msgpack.encode(case)

    def cached(
        self,
        space: str,
        shape: type[V],
        most: int = CACHED_MAX,
        still: Callable[[V], V] | None = None,
    ) -> WriteBack[V]:
        """Open a table of which a bounded part is in memory; it is saved with all others.

        `still` copies a value that changes in place.
        """
        encode, decode = codec(shape)
        table = WriteBack(
            load=lambda key: self.store.load(space, key),
            encode=encode,
            decode=decode,
            capacity=min(most, self._cached_max),
            below_is_empty=self.cursor == 0,
            still=still,
        )
        self._cached[space] = table
        return table

    def kept(self, space: str, shape: type[V]) -> Kept[V]:
        """Open a table that is small enough to be held whole; it is saved with all others."""
        encode, decode = codec(shape)
        table = Kept(self.store.scan(space), encode=encode, decode=decode)
        self._kept[space] = table
        return table

    def drawers(self, space: str, shape: type[V]) -> Drawers[V]:
        """Open a table of many small groups, none of which is held; saved with all others."""
        encode, decode = codec(shape)
        table = Drawers(
            scan=lambda drawer: self.store.scan(f"{space}:{drawer}"),
            encode=encode,
            decode=decode,
            below_is_empty=self.cursor == 0,
        )
        self._drawers[space] = table
        return table

    def instants(self, space: str) -> Deadlines:
        """Open a table of what falls due for numbers of orders; saved with all others."""
        table = Deadlines(self.store.scan(space))
        self._kept[space] = table
        return table


def codec(shape: type[V]) -> tuple[Callable[[V], bytes], Callable[[bytes], V]]:
    return msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(shape).decode
