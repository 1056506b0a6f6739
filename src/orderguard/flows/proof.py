"""The tests inside health rules: short lives of events, through the fold of live traffic."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from orderguard.domain.health import HealthRule, LifeEvent, LifeTest
from orderguard.domain.library import Library
from orderguard.domain.ports import AlertQuery, StateStore
from orderguard.domain.wire import decode_event
from orderguard.domain.wording import RuleStatus
from orderguard.flows.engine import Engine
from orderguard.flows.fold import Fold
from orderguard.flows.protect import protect
from orderguard.kit.clock import rfc3339
from orderguard.kit.sealing import Keyring
from orderguard.rules import RuleTestResult

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z, a Thursday: when every test begins."""

CHANNEL, SHOP = "standard", "test"

_ORDER: dict[str, Any] = {
    "order_id": "1",
    "buyer": {"id": "buyer-1"},
    "lines": [{"sku": "sku-1", "quantity": 1, "unit_price": "100.00"}],
    "amount": "100.00",
    "currency": "CNY",
}
"""What an order of a test is, where the test does not say otherwise."""
_PAYMENT: dict[str, Any] = {"id": "pay-1", "amount": "100.00", "currency": "CNY"}


def run_life_tests(library: Library, store: Callable[[], StateStore]) -> list[RuleTestResult]:
    """Every test of every health rule, in the order of the library; each with a store of its own.

    A rule's test looks for alerts of that rule alone, whatever its status.
    """
    return [_result(rule, test, store()) for rule in library.health for test in rule.tests]


def _result(rule: HealthRule, test: LifeTest, store: StateStore) -> RuleTestResult:
    fold = Fold(store)
    live = replace(rule, status=RuleStatus.LIVE)
    library = Library(version="", preset="", features=(), rules=(), playbooks=(), health=(live,))
    fold.detector.engine = Engine(library, states=fold.tables.group)
    tokens = Keyring.for_replay()
    for place, event in enumerate(_told(test.life), start=1):
        wire = decode_event(msgspec.json.encode(_canonical(place, event)))
        received_ms = START_MS + event.at_ms
        told = protect(
            wire.event, channel=CHANNEL, shop=SHOP, received_ms=received_ms, tokens=tokens
        )
        fold.apply(place, told)
    fold.advance(START_MS + test.until_ms)
    fold.save()
    alerts = fold.tables.store.alerts(AlertQuery(limit=len(test.life) * 10))
    severities = [alert.severity for alert in alerts if rule.id in alert.rules]
    severity = max(severities, key=lambda one: one.rank, default=None)
    is_broken = fold.tables.progress.faults > 0
    return RuleTestResult(rule.id, test.name, test.hit, None, severity, is_broken)


def _told(life: tuple[LifeEvent, ...]) -> list[LifeEvent]:
    """Every event of a life in order of time; one that happens often names an order each time."""
    events = [
        event if event.times == 1 else _one_of(event, number)
        for event in life
        for number in range(event.times)
    ]
    return sorted(events, key=lambda event: event.at_ms)


def _one_of(event: LifeEvent, number: int) -> LifeEvent:
    data = dict(event.data)
    data["order_id"] = f"{data.get('order_id', _ORDER['order_id'])}-{number}"
    if event.type.startswith("order."):
        named = data.get("order", {})
        assert isinstance(named, dict), "an order is a mapping"
        data["order"] = {"buyer": {"id": f"buyer-of-{data['order_id']}"}, **named}
    return replace(event, at_ms=event.at_ms + number * event.every_ms, data=data, times=1)


def _canonical(place: int, event: LifeEvent) -> dict[str, Any]:
    """The event in full: what a test leaves out is as usual."""
    data: dict[str, Any] = dict(event.data)
    family = event.type.partition(".")[0]
    if family == "order":
        named = data.pop("order", {})
        order_id = data.pop("order_id", named.get("order_id", _ORDER["order_id"]))
        payment = named.get("payment", {})
        order = {"order_id": order_id}
        if event.type != "order.updated":
            order = {**_ORDER, **order}
        if event.type == "order.paid":
            order["payment"] = _PAYMENT
        order |= named
        if payment:
            order["payment"] = {**_PAYMENT, **payment}
        data["order"] = order
    elif family not in ("inventory", "sku", "buyer", "checkout", "behaviour"):
        data.setdefault("order_id", _ORDER["order_id"])
    return {
        "id": f"event-{place}",
        "type": event.type,
        "occurred_at": rfc3339(START_MS + event.at_ms),
        "channel": CHANNEL,
        "shop": SHOP,
        "data": data,
    }
