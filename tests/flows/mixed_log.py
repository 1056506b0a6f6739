"""A log as a busy month leaves it: a sale, and what people noted while it ran."""

import datetime as dt
import json
import random

from tests.flows.stories import LIBRARY, published, taken_in

from orderguard.domain.alerts import Alert
from orderguard.domain.entries import (
    CampaignChanged,
    CaseAction,
    CaseChanged,
    CaseChecked,
    CaseDisposed,
    CaseReopened,
    CheckKind,
    Disposition,
    Entry,
    Inbox,
    LabelKind,
    LabelRecorded,
    ListChanged,
    ListKind,
    ListName,
    Note,
    RelationChanged,
    SnoozeSet,
)
from orderguard.domain.events import OrderData, OrderEvent
from orderguard.domain.orders import OrderKey
from orderguard.domain.wire import decode_event
from orderguard.flows.fold import Fold
from orderguard.kit.clock import MS_PER_DAY, to_ms
from orderguard.simulate.sale import make_sale
from orderguard.stores.memory import MemoryState

START = dt.datetime.fromisoformat("2026-11-11T00:00:00+08:00")
NOTE_SHARE = 0.04
CASE_SHARE = 0.5
"""Of the notes about alerts that have a case, so many are work on the case."""


def mixed_log(seed: int, orders: int) -> list[Entry]:
    """A sale's events, each once, between notes about what had been found by then."""
    rng = random.Random(seed)
    told: list[Alert] = []
    fold = Fold(MemoryState(), on_alert=lambda alert, _: told.append(alert))
    events = sale_events(seed, orders)
    publications = {0: published(), len(events) // 2: published(stricter_library())}
    entries: list[Entry] = []
    for place, event in enumerate(events):
        added: list[Entry] = [publications[place]] if place in publications else []
        added.append(event)
        if told and rng.random() < NOTE_SHARE:
            about = rng.choice(told)
            case = fold.desk.case_of(about.alert_id)
            is_of_case = case is not None and rng.random() < CASE_SHARE
            added.append(
                case_note(rng, event.received_ms, case.case_id, about)
                if case is not None and is_of_case
                else some_note(rng, event, about)
            )
        for entry in added:
            entries.append(entry)
            fold.apply(len(entries), entry)
    return entries


def sale_events(seed: int, orders: int) -> list[OrderEvent]:
    events: dict[str, OrderEvent] = {}
    clock_ms = 0
    for document in make_sale(seed, orders=orders, days_of_history=30, start=START).events:
        if document["id"] not in events:
            clock_ms = max(clock_ms, received_ms(document))
            events[document["id"]] = taken_in(document, clock_ms)
    return list(events.values())


def received_ms(document: dict[str, object]) -> int:
    at = decode_event(json.dumps(document).encode()).received_at
    assert at is not None, "a sale tells it"
    return to_ms(at)


def stricter_library() -> dict[str, str]:
    name = "velocity/same_item_burst.yaml"
    text = LIBRARY[name].replace("orders_10m >= 5", "orders_10m >= 4")
    assert text != LIBRARY[name]
    return {**LIBRARY, name: text}


def case_note(rng: random.Random, now_ms: int, case_id: str, alert: Alert) -> Note:
    """What somebody may do with a case."""
    at = now_ms
    notes: list[Note] = [
        *(
            CaseDisposed(
                received_ms=at,
                case_id=case_id,
                alert_ids=(alert.alert_id,),
                disposition=rng.choice(list(Disposition)),
                action=rng.choice(list(CaseAction)),
            )
            for _ in range(2)
        ),
        CaseReopened(received_ms=at, case_id=case_id),
        CaseChanged(received_ms=at, case_id=case_id, assignee=rng.choice(["", "li"]), comment="?"),
        CaseChanged(received_ms=at, case_id=case_id, inbox=Inbox.RISK, is_waiting=True),
        CaseChecked(received_ms=at, case_id=case_id, kind=CheckKind.CALL, has_passed=True),
    ]
    return rng.choice(notes)


def some_note(rng: random.Random, event: OrderEvent, alert: Alert) -> Note:
    """What somebody may note about an alert, or about the order that has just come."""
    order = event.data.order if isinstance(event.data, OrderData) else None
    buyer = order.buyer.id if order and order.buyer and order.buyer.id else "nobody"
    now_ms = event.received_ms
    notes: list[Note] = [
        LabelRecorded(
            received_ms=now_ms,
            order=rng.choice(alert.orders or (OrderKey("standard", "flagship", "nobody"),)),
            label=rng.choice(list(LabelKind)),
            source="dispute",
        ),
        CaseDisposed(
            received_ms=now_ms,
            case_id=f"case of {alert.alert_id}",
            alert_ids=(alert.alert_id,),
            disposition=rng.choice(list(Disposition)),
        ),
        SnoozeSet(
            received_ms=now_ms,
            rule=alert.rules[0],
            subject_type=alert.subject.type,
            subject_key=alert.subject.key,
            until_ms=now_ms + rng.randrange(MS_PER_DAY),
        ),
        ListChanged(
            received_ms=now_ms,
            name=rng.choice(list(ListName)),
            kind=ListKind.BUYER,
            value=buyer,
            on=rng.random() < 0.8,
            until_ms=rng.choice([None, now_ms + rng.randrange(MS_PER_DAY)]),
        ),
        RelationChanged(
            received_ms=now_ms,
            relation_id=f"family {rng.randrange(5)}",
            buyers=rng.choice([(), (buyer, "nobody")]),
            channel=event.channel,
            shop=event.shop,
        ),
        CampaignChanged(
            received_ms=now_ms,
            campaign_id=f"campaign {rng.randrange(3)}",
            starts_ms=now_ms,
            ends_ms=now_ms + MS_PER_DAY,
            on=rng.random() < 0.5,
            channel=event.channel,
            shop=event.shop,
        ),
    ]
    return rng.choice(notes)
