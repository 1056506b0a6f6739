"""Lives that real shops lead, as files through a replay: what each rule says of them, and when."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.flows.stories import LIBRARY, START_MS, Json

from orderguard.domain.alerts import Alert, AlertKind
from orderguard.domain.orders import OrderKey
from orderguard.domain.ports import AlertQuery
from orderguard.flows.replay import Replay
from orderguard.kit.clock import MS_PER_HOUR, rfc3339
from orderguard.stores.memory import MemoryState

REQUEST, PICK = "lifecycle.paid_not_requested", "lifecycle.not_picked"
SHIP, TRACE = "lifecycle.not_shipped", "lifecycle.no_trace"
PENDING, REFUND = "lifecycle.payment_pending", "lifecycle.refund_unanswered"
STATUS, AMOUNT = "sync.status_mismatch", "sync.amount_mismatch"
MONEY, TWICE = "settlement.unreconciled", "duplicate.paid_twice"
SHORT, LOCKED = "stock.oversold", "stock.phantom_lock"
UNMAPPED, AMBIGUOUS = "catalog.sku_unmapped", "catalog.sku_ambiguous"


class File:
    """Events in the order in which they arrive. Instants are hours since the sale began."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        self.events: list[Json] = []

    def tell(
        self,
        kind: str,
        at: float,
        data: Json,
        *,
        known: float | None = None,
        shop: str = "demo",
        said_at: str | None = None,
    ) -> None:
        self.events.append(
            {
                "id": f"e{len(self.events)}",
                "type": kind,
                "occurred_at": said_at or rfc3339(_ms(at)),
                "received_at": rfc3339(_ms(at if known is None else known)),
                "channel": "standard",
                "shop": shop,
                "data": data,
            }
        )

    def order(self, verb: str, at: float, order_id: str = "a", **members: Any) -> None:
        """The channel's word; `lines`, `amount` and the like come with what is first told."""
        rest = {name: members.pop(name) for name in ("known", "shop", "said_at") if name in members}
        self.tell(f"order.{verb}", at, {"order": {"order_id": order_id, **members}}, **rest)

    def paid(self, at: float, order_id: str = "a", **members: Any) -> None:
        whole = {
            "status": "paid",
            "buyer": {"id": f"b-{order_id}"},
            "lines": [{"sku": "shoe", "quantity": 1}],
            "amount": "100.00",
            "currency": "CNY",
            "paid_at": rfc3339(_ms(at)),
        }
        self.order("paid", at, order_id, **{**whole, **members})

    def parcel(self, verb: str, at: float, order_id: str = "a", **members: Any) -> None:
        rest = {name: members.pop(name) for name in ("known", "shop") if name in members}
        self.tell(f"shipment.{verb}", at, {"order_id": order_id, **members}, **rest)

    def refund(self, verb: str, at: float, refund_id: str, amount: str = "100.00") -> None:
        data = {"order_id": "a", "refund_id": refund_id, "amount": amount, "currency": "CNY"}
        self.tell(f"refund.{verb}", at, data)

    def settled(
        self, at: float, settlement_id: str, amount: str = "100.00", kind: str = "payment", **m: Any
    ) -> None:
        data = {"kind": kind, "amount": amount, "currency": "CNY", "settlement_id": settlement_id}
        self.tell("settlement.recorded", at, {"order_id": "a", **data, **m})

    def stock(self, at: float, sku: str = "shoe", **told: Any) -> None:
        self.tell("inventory.changed", at, {"sku": sku, **told})

    def sent(self, at: float, order_id: str = "a", **members: Any) -> None:
        """From the request until it is in motion, each an hour after the other."""
        verbs = ("requested", "picked", "shipped", "in_transit")
        for step, verb in enumerate(verbs):
            self.parcel(verb, at + step, order_id, **members)

    def until(self, at: float) -> "Result":
        """What a replay says of it once the clock has come to this instant."""
        self.tell("unheard.of", at, {})
        lines = "".join(json.dumps(event) + "\n" for event in self.events)
        self.path.write_text(lines)
        replay = Replay(LIBRARY, "standard", store=MemoryState(), strict=True)
        replay.run([self.path])
        assert replay.fold.tables.progress.faults == 0
        return Result(replay)


class Result:
    def __init__(self, replay: Replay) -> None:
        self.fold = replay.fold
        found = self.fold.tables.store.alerts(AlertQuery(kind=AlertKind.HEALTH, limit=1_000))
        self.alerts: list[Alert] = found[::-1]

    @property
    def rules(self) -> list[str]:
        return sorted(rule for alert in self.alerts for rule in alert.rules)

    def of(self, rule: str) -> Alert:
        (alert,) = [alert for alert in self.alerts if rule in alert.rules]
        return alert

    def open(self) -> list[str]:
        return sorted(alert.rules[0] for alert in self.alerts if not alert.closed)


def _ms(at: float) -> int:
    return START_MS + round(at * MS_PER_HOUR)


def ids(alert: Alert) -> list[str]:
    return [key.order_id for key in alert.orders]


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


# --- order of arrival, instants ---


def test_a_life_told_backwards_is_as_healthy_as_told_forwards(file: File) -> None:
    file.parcel("delivered", 30, known=40)
    file.parcel("in_transit", 5, known=40)
    file.parcel("shipped", 4, known=40)
    file.parcel("picked", 3, known=40)
    file.parcel("requested", 1, known=40)
    file.paid(0.5, known=40)
    file.order("created", 0, known=40, status="pending_payment")
    result = file.until(70)
    assert result.rules == []
    record = result.fold.tables.orders.get("standard/demo/a")
    assert record is not None
    assert record.standing.marks == ()


def test_one_order_id_in_two_shops_is_two_orders(file: File) -> None:
    file.paid(0, shop="demo")
    file.paid(0, shop="other")
    file.parcel("requested", 1, shop="other")
    result = file.until(2.5)
    assert result.of(REQUEST).shop == "demo"
    assert result.of(REQUEST).orders == (OrderKey("standard", "demo", "a"),)


def test_an_order_first_heard_of_from_its_warehouse_is_watched(file: File) -> None:
    file.parcel("picked", 0)
    result = file.until(25)
    assert result.of(SHIP).detected_at == _ms(24)
    assert result.rules == [SHIP]


def test_what_happens_exactly_at_the_deadline_is_in_time(file: File) -> None:
    file.paid(0)
    file.parcel("requested", 2)
    assert file.until(3).open() == []


def test_offsets_of_time_zones_are_one_instant(file: File) -> None:
    file.order(
        "paid",
        0,
        status="paid",
        said_at="2026-11-10T11:00:00-05:00",
        lines=[{"sku": "shoe", "quantity": 1}],
        paid_at="2026-11-10T21:30:00+05:30",
    )
    result = file.until(2.1)
    assert result.of(REQUEST).detected_at == _ms(2)


def test_a_time_in_the_future_counts_from_its_receipt(file: File) -> None:
    file.paid(30, known=0)
    result = file.until(2.2)
    assert result.of(REQUEST).detected_at == _ms(2)


# --- money ---


def test_refunds_in_parts_are_each_answered_and_settled(file: File) -> None:
    file.paid(0)
    file.settled(1, "s1")
    file.sent(1)
    for number, amount in enumerate(("30.00", "20.00")):
        file.refund("requested", 30 + number, f"r{number}", amount)
        file.refund("approved", 31 + number, f"r{number}", amount)
        file.refund("succeeded", 32 + number, f"r{number}", amount)
        file.settled(33 + number, f"sr{number}", amount, "refund")
    assert file.until(150).rules == []


def test_of_several_refunds_the_unanswered_one_is_told(file: File) -> None:
    file.paid(0)
    file.sent(0.5)
    for number in range(3):
        file.refund("requested", 10 + number, f"r{number}", "10.00")
    file.refund("rejected", 11, "r0", "10.00")
    file.refund("succeeded", 13, "r2", "10.00")
    alert = file.until(60).of(REFUND)
    assert alert.detected_at == _ms(11 + 48)


def test_a_settlement_in_two_parts_adds_up(file: File) -> None:
    file.paid(0)
    file.sent(0.5)
    file.settled(1, "s1", "60.00")
    file.settled(2, "s2", "40.00")
    result = file.until(100)
    assert result.open() == []


def test_money_without_decimals(file: File) -> None:
    payment = {"amount": "12000", "currency": "JPY"}
    file.paid(0, amount="12000", currency="JPY", payment=payment)
    file.sent(0.5)
    file.settled(1, "s1", "11999", currency="JPY")
    result = file.until(10)
    assert result.rules == [MONEY]
    features = result.of(MONEY).hits[-1].features
    assert (features["owed"], features["difference"]) == ("12000.00", "1.00")


def test_a_full_refund_settled_twice_is_told(file: File) -> None:
    file.paid(0)
    file.sent(0.5)
    file.settled(1, "s1")
    file.refund("requested", 20, "r")
    file.refund("succeeded", 21, "r")
    file.settled(22, "s2", kind="refund")
    file.settled(23, "s3", kind="refund")
    result = file.until(30)
    assert result.rules == [MONEY]
    assert result.of(MONEY).hits[-1].features["difference"] == "100.00"


# --- parcels ---


def test_an_order_in_two_parcels_with_one_late_is_told(file: File) -> None:
    lines = [{"sku": "shoe", "quantity": 1}, {"sku": "hat", "quantity": 1}]
    file.paid(0, lines=lines)
    for parcel in ("p1", "p2"):
        file.parcel("requested", 1, shipment_id=parcel)
        file.parcel("picked", 2, shipment_id=parcel)
    file.parcel("shipped", 3, shipment_id="p1")
    file.parcel("in_transit", 4, shipment_id="p1")
    result = file.until(28)
    assert result.of(SHIP).detected_at == _ms(26)


def test_an_order_in_two_parcels_in_time(file: File) -> None:
    file.paid(0, lines=[{"sku": "shoe", "quantity": 1}, {"sku": "hat", "quantity": 1}])
    for parcel, later in (("p1", 0), ("p2", 15)):
        for step, verb in enumerate(("requested", "picked", "shipped", "in_transit", "delivered")):
            file.parcel(verb, 1 + later + step, shipment_id=parcel)
    assert file.until(70).rules == []


def test_goods_paid_on_delivery_ship_unpaid(file: File) -> None:
    file.order(
        "created",
        0,
        status="pending_payment",
        buyer={"id": "b"},
        lines=[{"sku": "shoe", "quantity": 1}],
        amount="100.00",
        currency="CNY",
        payment={"method": "cod"},
    )
    file.parcel("requested", 0.5)
    for step, verb in enumerate(("picked", "shipped", "in_transit", "delivered")):
        file.parcel(verb, 1 + step)
    file.order("updated", 3, status="shipped", updated_at=rfc3339(_ms(2.1)))
    file.paid(6, status="delivered")
    file.settled(20, "s1")
    result = file.until(120)
    assert result.rules == []
    record = result.fold.tables.orders.get("standard/demo/a")
    assert record is not None
    assert record.standing.marks == ()


def test_an_order_that_is_opened_again_is_watched_again(file: File) -> None:
    file.paid(0)
    file.order("cancelled", 1, status="cancelled")
    file.order("updated", 3, status="paid", updated_at=rfc3339(_ms(3)))
    file.sent(4)
    file.order("updated", 6.5, status="shipped", updated_at=rfc3339(_ms(6.5)))
    result = file.until(70)
    assert result.rules == []


def test_a_cancelled_order_that_had_left_and_came_back(file: File) -> None:
    file.paid(0)
    file.sent(1)
    file.order("updated", 3.2, status="shipped", updated_at=rfc3339(_ms(3.2)))
    file.order("cancelled", 10, status="cancelled")
    file.refund("requested", 10, "r")
    file.tell("return.received", 60, {"order_id": "a"})
    file.refund("succeeded", 61, "r")
    assert file.until(120).open() == []


# --- stock and mappings ---


def test_each_warehouse_counts_for_itself(file: File) -> None:
    file.stock(0, warehouse="east", available=1, on_hand=1, locked=0)
    file.stock(0, warehouse="west", available=1, on_hand=1, locked=0)
    file.paid(0.1, "1")
    file.paid(0.2, "2")
    file.paid(0.3, "3")
    result = file.until(0.5)
    assert ids(result.of(SHORT)) == ["3"]


def test_what_is_available_may_be_negative(file: File) -> None:
    for number in range(4):
        file.paid(0.1 + number / 10, str(number))
    file.stock(1, available=-1)
    result = file.until(1.5)
    assert ids(result.of(SHORT)) == ["3"]


def test_stock_told_by_what_lies_there_and_is_locked(file: File) -> None:
    file.stock(0, on_hand=2, locked=0)
    for number in range(3):
        file.paid(0.1 + number / 10, str(number))
    file.parcel("shipped", 0.5, "0")
    file.stock(0.6, on_hand=1, locked=2)
    result = file.until(0.8)
    assert ids(result.of(SHORT)) == ["2"]


def test_only_the_locks_are_told(file: File) -> None:
    file.paid(0, "1")
    file.stock(0.5, locked=1)
    file.order("cancelled", 1, "1", status="cancelled")
    file.stock(1.5, locked=1)
    file.stock(20, locked=1)
    result = file.until(30)
    assert ids(result.of(LOCKED)) == ["1"]


def test_lines_by_the_channels_own_names_take_the_mapped_stock(file: File) -> None:
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.stock(0.1, available=1)
    for number in range(2):
        file.paid(1 + number / 10, str(number), lines=[{"channel_sku": "c1", "quantity": 1}])
    result = file.until(1.5)
    assert result.rules == [SHORT]
    assert result.of(SHORT).subject.key == "shoe"


def test_a_mapping_that_is_removed_and_comes_back(file: File) -> None:
    line = {"lines": [{"channel_sku": "c1", "quantity": 1}]}
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.paid(0.1, "before", **line)
    file.tell("sku.mapped", 0.2, {"channel_sku": "c1", "sku": None})
    file.paid(0.5, "without", **line)
    file.tell("sku.mapped", 1, {"channel_sku": "c1", "sku": "shoe"})
    file.paid(1.2, "after", **line)
    result = file.until(1.5)
    assert result.rules == [UNMAPPED]
    assert result.open() == []
    assert ids(result.of(UNMAPPED)) == ["without"]


def test_two_mappings_removed_and_none_put_in_their_place(file: File) -> None:
    line = {"lines": [{"channel_sku": "c1", "quantity": 1}]}
    file.tell("sku.mapped", 0, {"channel_sku": "c1", "sku": "shoe"})
    file.tell("sku.mapped", 0.1, {"channel_sku": "c1", "sku": "boot"})
    file.paid(0.5, "a", **line)
    file.tell("sku.mapped", 1, {"channel_sku": "c1", "sku": None})
    result = file.until(1.5)
    assert result.rules == [AMBIGUOUS, UNMAPPED]
    assert result.open() == [UNMAPPED]
    assert ids(result.of(UNMAPPED)) == ["a"]


def test_a_parcel_that_goes_on_under_another_number_is_not_late(file: File) -> None:
    file.paid(0)
    file.parcel("requested", 1, shipment_id="from the warehouse")
    file.parcel("picked", 2, shipment_id="from the warehouse")
    file.parcel("shipped", 3, shipment_id="from the carrier")
    file.parcel("in_transit", 4, shipment_id="from the carrier")
    assert file.until(60).rules == []


def test_what_was_packed_anew_with_all_in_it_is_not_late(file: File) -> None:
    lines = [{"sku": "shoe", "quantity": 2}]
    file.paid(0, lines=lines)
    file.parcel("requested", 1, shipment_id="p1", lines=lines)
    file.parcel("picked", 2, shipment_id="p1", lines=lines)
    file.sent(4, shipment_id="p2", lines=lines)
    assert file.until(60).rules == []


def test_the_lock_of_an_order_that_nobody_ever_ended(file: File) -> None:
    file.stock(0, on_hand=5, locked=0)
    file.order("created", 1, status="pending_payment", lines=[{"sku": "shoe", "quantity": 1}])
    for day in range(1, 34):
        file.stock(24 * day, on_hand=5, locked=1)
    result = file.until(24 * 34)
    assert ids(result.of(LOCKED)) == ["a"]
    assert result.of(LOCKED).detected_at == _ms(1 + 24 * 31)
