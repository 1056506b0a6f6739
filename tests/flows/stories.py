"""A log told in a few words, and all that a fold knows in the end."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from orderguard.app import PACKAGED_LIBRARY, read_library
from orderguard.domain.alerts import Alert, Standing
from orderguard.domain.cases import Case
from orderguard.domain.entries import Entry, LibraryPublished, Note
from orderguard.domain.events import OrderEvent
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import AlertQuery, StateStore
from orderguard.domain.wire import decode_event
from orderguard.flows.fold import Fold
from orderguard.flows.protect import protect
from orderguard.kit.clock import MS_PER_SECOND, rfc3339
from orderguard.kit.sealing import Keyring
from orderguard.responses import Run
from orderguard.stores.memory import MemoryState

LIBRARY = read_library(PACKAGED_LIBRARY)
START_MS = 1_794_326_400_000
"""2026-11-11T00:00:00+08:00: the sale begins."""
SHANGHAI = {"country": "CN", "lat": 31.15, "lng": 121.39}
BEIJING = {"country": "CN", "lat": 39.9, "lng": 116.41}
ALL = 1_000_000

_KEYS = Keyring.for_replay()

Json = dict[str, Any]


def published(
    files: Mapping[str, str] = LIBRARY, *, preset: str = "standard", received_ms: int = 0
) -> LibraryPublished:
    return LibraryPublished(
        received_ms=received_ms, by="a test", version="", preset=preset, files=dict(files)
    )


def taken_in(document: Json, received_ms: int) -> OrderEvent:
    """A canonical event as the log keeps it."""
    wire = decode_event(json.dumps(document).encode())
    return protect(
        wire.event,
        channel=wire.channel or "standard",
        shop=wire.shop or "demo",
        received_ms=received_ms,
        tokens=_KEYS,
    )


def order_document(order_id: str, buyer: str, at: int, **members: Any) -> Json:
    """An order of one shoe by an old customer who pays with an account of his own."""
    return {
        "order_id": order_id,
        "status": "pending_payment",
        "created_at": rfc3339(at),
        "updated_at": rfc3339(at),
        "buyer": {"id": buyer, "registered_at": "2024-01-01T00:00:00+08:00"},
        "lines": [{"line_id": "1", "sku": "shoe", "quantity": 1, "unit_price": "59.00"}],
        "amount": "59.00",
        "currency": "CNY",
        "coupons": [{"id": "welcome", "amount": "5.00"}],
        "payment": {"method": "alipay", "account": f"account-of-{buyer}"},
        "device": {"id": f"phone-of-{buyer}"},
        "ship_to": SHANGHAI,
        **members,
    }


class Story:
    """A log that is folded as it grows. Instants are seconds since the sale began."""

    def __init__(self, store: StateStore | None = None, *, preset: str = "standard") -> None:
        self.entries: list[Entry] = []
        self.told: list[Alert] = []
        self.store = store or MemoryState()
        self.fold = Fold(self.store, on_alert=lambda alert, _: self.told.append(alert))
        self.note(published(preset=preset))

    def entry(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.fold.apply(len(self.entries), entry)

    def note(self, note: Note, *, at: float = 0) -> None:
        received_ms = max(self.fold.clock_ms, START_MS + round(at * MS_PER_SECOND))
        self.entry(replace(note, received_ms=received_ms))

    def event(self, kind: str, data: Json, *, at: float, known: float | None = None) -> None:
        """What happened `at` an instant and was `known` then or later."""
        at_ms, known_ms = _ms(at), _ms(at if known is None else known)
        document = {
            "id": f"evt_{len(self.entries)}",
            "type": kind,
            "occurred_at": rfc3339(at_ms),
            "data": data,
        }
        self.entry(taken_in(document, max(self.fold.clock_ms, known_ms)))

    def placed(
        self, order_id: str, buyer: str, /, *, at: float, known: float | None = None, **members: Any
    ) -> None:
        order = {**order_document(order_id, buyer, _ms(at)), **members}
        self.event("order.created", {"order": order}, at=at, known=known)

    def paid(
        self,
        order_id: str,
        buyer: str,
        *,
        at: float,
        known: float | None = None,
        account: str | None = None,
        **members: Any,
    ) -> None:
        """An order heard of when it is paid, or once more then."""
        payment = {"method": "alipay", "account": account or f"account-of-{buyer}"}
        order = order_document(
            order_id,
            buyer,
            _ms(at),
            **{"status": "paid", "paid_at": rfc3339(_ms(at)), "payment": payment, **members},
        )
        self.event("order.paid", {"order": order}, at=at, known=known)

    def burst(self, buyer: str, *, at: float, orders: int = 5) -> list[str]:
        """So many orders of one product, a minute apart."""
        ids = [f"{buyer}-{number}" for number in range(1, orders + 1)]
        for number, order_id in enumerate(ids):
            self.placed(order_id, buyer, at=at + 60 * number)
        return ids

    def alerts(self, rule: str | None = None) -> list[Alert]:
        """Oldest first."""
        self.fold.save()
        return self.store.alerts(AlertQuery(rule=rule, limit=ALL))[::-1]

    def alert(self, rule: str) -> Alert:
        (alert,) = self.alerts(rule)
        return alert

    def case(self, rule: str) -> Case:
        """The case of the rule's only alert."""
        case = self.fold.desk.case_of(self.alert(rule).alert_id)
        assert case is not None, "the alert has a case"
        return case

    def run(self, alert: Alert) -> Run | None:
        return self.fold.tables.runs.get(alert.alert_id)

    def standing(self, order_id: str) -> Standing:
        record = self.fold.tables.orders.get(str(OrderKey("standard", "demo", order_id)))
        assert record is not None, f"{order_id} is known"
        return record.standing

    @property
    def faults(self) -> int:
        return self.fold.tables.progress.faults


def _ms(at: float) -> int:
    return START_MS + round(at * MS_PER_SECOND)


def ids(alert: Alert) -> set[str]:
    return {key.order_id for key in alert.orders}


def everything(fold: Fold) -> dict[str, Any]:
    """All that the fold knows, byte for byte, from its store after a save."""
    fold.save()
    tables, store = fold.tables, fold.tables.store
    spaces = [name for name, _ in (*tables._caches(), *tables._tables())]
    known: dict[str, Any] = {space: dict(store.scan(space)) for space in spaces}
    numbers = range(1, tables.progress.orders + 1)
    keys = [key for key in (tables.keys.get(str(number)) for number in numbers) if key]
    known["timeline"] = {key: store.timeline(key) for key in keys}
    known["alerts"] = store.alerts_changed((0, 0), ALL)
    known["cases"] = store.cases_changed((0, 0), ALL)
    known["cursor"] = store.cursor()
    return known


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two folds know different things, each by its space and key."""
    found = []
    for space in sorted(one.keys() | other.keys()):
        left, right = one.get(space), other.get(space)
        if isinstance(left, dict) and isinstance(right, dict):
            keys = left.keys() | right.keys()
            found += [f"{space} {key}" for key in keys if left.get(key) != right.get(key)]
        elif left != right:
            found.append(space)
    return found
