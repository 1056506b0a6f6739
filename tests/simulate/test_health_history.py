"""The planted history: repeatable, well formed, and true to what it says of itself.

The healthy orders are measured here from what was told alone, without the code that drew them.
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orderguard.domain.wire import decode_event
from orderguard.simulate.health.history import START, History, make_history
from orderguard.simulate.health.incidents import PENDING, SALE, STUCK, SURGE, Window
from orderguard.simulate.health.truth import LIMITS_MS, Kind
from orderguard.simulate.model import HOUR_MS

ORDERS = 2_500
KINDS_OF_STUCK = {
    Kind.PAYMENT_PENDING: ("placed", ("paid", "cancelled", "closed")),
    Kind.REQUEST_LATE: ("paid", ("requested", "cancelled")),
    Kind.REQUEST_MISSING: ("paid", ("requested", "cancelled")),
    Kind.NOT_PICKED: ("accepted", ("picked", "cancelled")),
    Kind.NOT_SHIPPED: ("picked", ("shipped", "cancelled")),
    Kind.NO_TRACE: ("shipped", ("in_transit", "delivered")),
}
NAMES = {"created": "placed"}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture(scope="module")
def history() -> History:
    return make_history(3, orders=ORDERS)


@pytest.fixture(scope="module")
def lives(history: History) -> dict[str, dict[str, int]]:
    """Of each order the first instant of everything that is told of it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for event in history.events:
        data = event["data"].get("order", event["data"])
        if "order_id" in data:
            family, _, verb = event["type"].partition(".")
            name = verb if family in {"order", "shipment"} else event["type"]
            at = ms(event["occurred_at"])
            life = found[data["order_id"]]
            name = NAMES.get(name, name)
            life[name] = min(life.get(name, at), at)
            if "created_at" in data:
                life["placed"] = ms(data["created_at"])
    return found


def test_a_seed_fixes_every_byte(tmp_path: Path) -> None:
    for name, seed, hash_seed in (("one", "7", "0"), ("again", "7", "1"), ("other", "8", "0")):
        command = [sys.executable, "-m", "orderguard.simulate.health.history", "--seed", seed]
        subprocess.run(
            [*command, "--orders", "300", "--out", str(tmp_path / name)],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": "America/Lima"},
        )
    for file in ("events.jsonl", "faults.jsonl"):
        one, again, other = (
            (tmp_path / name / file).read_bytes() for name in ("one", "again", "other")
        )
        assert one == again
        assert one != other


def test_every_event_is_canonical_and_they_come_in_order(history: History) -> None:
    received = [ms(event["received_at"]) for event in history.events]
    assert all(before <= after for before, after in pairwise(received))
    for event in history.events[:3_000]:
        decode_event(json.dumps(event).encode())


def test_witnesses_are_late_and_repeat_themselves(history: History) -> None:
    ids = Counter((event["shop"], event["id"]) for event in history.events)
    assert 0.02 < sum(count > 1 for count in ids.values()) / len(ids) < 0.04
    first: dict[str, int] = {}
    overtaken = 0
    for event in history.events:
        order = event["data"].get("order_id") or event["data"].get("order", {}).get("order_id")
        if order is not None:
            at = ms(event["occurred_at"])
            overtaken += at < first.get(order, 0)
            first[order] = max(first.get(order, 0), at)
    assert overtaken > 50
    assert len({(event["channel"], event["shop"]) for event in history.events}) == 4
    currencies = {
        event["data"]["order"].get("currency")
        for event in history.events
        if event["type"] == "order.created"
    }
    assert currencies >= {"CNY", "USD", "EUR"}


def test_every_kind_is_planted(history: History) -> None:
    planted = Counter(fault.kind for fault in history.faults)
    assert set(planted) == set(Kind)
    assert history.healthy >= ORDERS
    for fault in history.faults:
        assert fault.orders or fault.kind in {
            Kind.VOLUME_SURGE,
            Kind.SHIPPING_RATE_LOW,
            Kind.PAYMENT_PENDING_SHARE,
        }


@pytest.mark.parametrize("kind", KINDS_OF_STUCK)
def test_who_is_stuck_passed_the_deadline_and_nobody_else(
    history: History, lives: dict[str, dict[str, int]], kind: Kind
) -> None:
    of_kind = [fault for fault in history.faults if fault.kind is kind]
    begins, ends = KINDS_OF_STUCK[kind]
    assert of_kind
    last = ms(history.events[-1]["received_at"])
    for fault in of_kind:
        [key] = fault.orders
        life = lives[key.order_id]
        reached = [life[name] for name in ends if name in life]
        assert fault.due is not None
        assert fault.due - fault.since == LIMITS_MS[fault.rule]
        assert fault.since in {life.get(begins), life.get("requested")}
        assert fault.due < min(reached, default=last)
    faulty = {key.order_id for fault in history.faults for key in fault.orders}
    limit_ms = LIMITS_MS[of_kind[0].rule]
    healthy = 0
    for order_id, life in lives.items():
        if order_id in faulty or begins not in life:
            continue
        reached = [life[name] for name in ends if name in life]
        # Ten minutes are left for whoever tells it late.
        assert min(reached, default=last) < life[begins] + limit_ms - HOUR_MS / 6
        healthy += 1
    assert healthy > ORDERS * 0.6


def test_honest_refunds_are_answered_and_payments_settled(
    history: History, lives: dict[str, dict[str, int]]
) -> None:
    faulty = {key.order_id for fault in history.faults for key in fault.orders}
    last = ms(history.events[-1]["received_at"])
    asked = settled = 0
    outlet = {
        event["data"]["order"]["order_id"]
        for event in history.events
        if event["shop"] == "outlet" and event["type"].startswith("order.")
    }
    for order_id in lives.keys() - faulty:
        life = lives[order_id]
        if "refund.requested" in life:
            answers = [
                life[name] for name in ("refund.approved", "refund.rejected") if name in life
            ]
            assert min(answers, default=last) < life["refund.requested"] + 47 * HOUR_MS
            asked += 1
        if "paid" in life and order_id not in outlet:
            assert life.get("settlement.recorded", last) < life["paid"] + 70 * HOUR_MS
            settled += 1
    assert asked > 50
    assert settled > ORDERS * 0.7


def test_there_is_always_enough_of_what_is_not_oversold(history: History) -> None:
    limited = {sku for fault in history.faults for sku in fault.skus}
    counts: dict[str, list[Any]] = defaultdict(list)
    for event in history.events:
        if event["type"] == "inventory.changed":
            counts[event["data"]["sku"]].append(event["data"])
    assert len(counts) > 30
    for sku, told in counts.items():
        assert all(one["available"] == one["on_hand"] - one["locked"] for one in told)
        if sku not in limited:
            # A warehouse sets nothing aside that is not there, so what is left over tells it.
            assert min(one["available"] for one in told) >= 25


def test_more_is_paid_than_can_ship_only_where_it_is_planted(history: History) -> None:
    [*oversold] = [fault for fault in history.faults if fault.kind is Kind.OVERSOLD]
    assert len(oversold) >= 3
    for fault in oversold:
        [sku] = fault.skus
        paid: dict[str, tuple[int, int]] = {}
        units = None
        for event in history.events:
            data = event["data"]
            if event["type"] == "inventory.changed" and data["sku"] == sku and units is None:
                units = data["on_hand"]
            if event["type"] == "order.paid":
                order = data["order"]
                wanted = sum(line["quantity"] for line in order["lines"] if line.get("sku") == sku)
                if wanted:
                    paid[order["order_id"]] = (ms(order["paid_at"]), wanted)
        assert units is not None
        left, beyond = units, []
        for order_id, (_, wanted) in sorted(paid.items(), key=lambda one: one[1]):
            left -= wanted
            if left < 0:
                beyond.append(order_id)
        assert beyond == [key.order_id for key in fault.orders]


def test_incidents_stand_out_in_their_shop_alone(history: History) -> None:
    """Orders, unpaid orders and parcels of the hours of an incident, against the same elsewhere."""
    began = ms(START)
    placed: Counter[tuple[str, int]] = Counter()
    shipped: Counter[tuple[str, int]] = Counter()
    created: dict[str, tuple[str, int]] = {}
    paid: dict[str, int] = {}
    for event in {(event["shop"], event["id"]): event for event in history.events}.values():
        order, shop = event["data"].get("order", {}), event["shop"]
        if "created_at" in order and order["order_id"] not in created:
            created[order["order_id"]] = (shop, ms(order["created_at"]))
            placed[shop, (ms(order["created_at"]) - began) // HOUR_MS] += 1
        if event["type"] == "order.paid":
            paid[order["order_id"]] = ms(order["paid_at"])
        if event["type"] == "shipment.shipped":
            shipped[shop, (ms(event["occurred_at"]) - began) // HOUR_MS] += 1

    def per_day(counts: Counter[tuple[str, int]], shop: str, window: Window) -> list[int]:
        hours = range(window.from_h % 24, window.to_h - window.from_h + window.from_h % 24)
        return [sum(counts[shop, day * 24 + hour] for hour in hours) for day in range(1, 14)]

    for counts, window, least, most in (
        (placed, SURGE, 2.5, 9.0),
        (placed, SALE, 2.5, 9.0),
        (shipped, STUCK, 0.2, 0.65),
    ):
        days = per_day(counts, "flagship", window)
        at = window.from_h // 24 - 1
        usual = sorted(days[:at] + days[at + 1 :])[len(days) // 2]
        assert least < days[at] / usual < most
        others = per_day(counts, "brand", window)
        assert others[at] < 3 * max(others[:at] + others[at + 1 :])
    in_window = [
        order_id
        for order_id, (shop, at) in created.items()
        if shop == "flagship" and PENDING.from_h <= (at - began) / HOUR_MS < PENDING.to_h
    ]
    waiting = [one for one in in_window if paid.get(one, 2**62) - created[one][1] > HOUR_MS]
    assert len(waiting) / len(in_window) > 0.5


def test_the_planned_sale_is_announced(history: History) -> None:
    campaign = history.campaign
    assert campaign.starts_ms == ms(START) + SALE.from_h * HOUR_MS
    assert campaign.products == tuple(campaign.orders_per_minute)
    hours = (campaign.ends_ms - campaign.starts_ms) / HOUR_MS
    expected = sum(campaign.orders_per_minute.values()) * 60 * hours
    told = {
        event["data"]["order"]["order_id"]
        for event in history.events
        if event["type"] == "order.created"
        and event["shop"] == campaign.shop
        and campaign.starts_ms <= ms(event["occurred_at"]) < campaign.ends_ms
    }
    assert 0.6 < len(told) / expected < 1.4
