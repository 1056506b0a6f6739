"""Lives that real shops lead, as files through a replay: what each rule says of them, and when."""

from pathlib import Path

import pytest
from tests.flows.life_files import MONEY, REFUND, REQUEST, SHIP, File, at_ms

from orderguard.domain.orders import OrderKey
from orderguard.kit.clock import rfc3339


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
    assert result.of(SHIP).detected_at == at_ms(24)
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
    assert result.of(REQUEST).detected_at == at_ms(2)


def test_a_time_in_the_future_counts_from_its_receipt(file: File) -> None:
    file.paid(30, known=0)
    result = file.until(2.2)
    assert result.of(REQUEST).detected_at == at_ms(2)


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
    assert alert.detected_at == at_ms(11 + 48)


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
    assert result.of(SHIP).detected_at == at_ms(26)


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
    file.order("updated", 3, status="shipped", updated_at=rfc3339(at_ms(2.1)))
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
    file.order("updated", 3, status="paid", updated_at=rfc3339(at_ms(3)))
    file.sent(4)
    file.order("updated", 6.5, status="shipped", updated_at=rfc3339(at_ms(6.5)))
    result = file.until(70)
    assert result.rules == []


def test_a_cancelled_order_that_had_left_and_came_back(file: File) -> None:
    file.paid(0)
    file.sent(1)
    file.order("updated", 3.2, status="shipped", updated_at=rfc3339(at_ms(3.2)))
    file.order("cancelled", 10, status="cancelled")
    file.refund("requested", 10, "r")
    file.tell("return.received", 60, {"order_id": "a"})
    file.refund("succeeded", 61, "r")
    assert file.until(120).open() == []


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
