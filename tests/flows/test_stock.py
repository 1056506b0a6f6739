"""Stock alerts: who goes without, what is locked for nobody, what no mapping explains."""

from typing import Any

from tests.flows.stories import START_MS, published, taken_in

from orderguard.domain.alerts import Alert
from orderguard.domain.entries import SkuMeaning, SkusMapped
from orderguard.domain.ports import AlertQuery
from orderguard.flows.fold import Fold
from orderguard.flows.stock_view import coverage, sold_skus, stock_json
from orderguard.kit.clock import MS_PER_HOUR, MS_PER_MINUTE, rfc3339
from orderguard.stores.memory import MemoryState

Json = dict[str, Any]


class Shop:
    """A fold under the standard library, and a clock in minutes."""

    def __init__(self) -> None:
        self.store = MemoryState()
        self.fold = Fold(self.store)
        self.fold.apply(1, published())
        self.count = 1

    def tell(self, kind: str, minute: float, data: Json, *, late: float = 0) -> None:
        self.count += 1
        at = START_MS + round(minute * MS_PER_MINUTE)
        document = {
            "id": f"e{self.count}",
            "type": kind,
            "occurred_at": rfc3339(at),
            "channel": "standard",
            "shop": "demo",
            "data": data,
        }
        received_ms = max(at + round(late * MS_PER_MINUTE), self.fold.clock_ms)
        self.fold.apply(self.count, taken_in(document, received_ms))

    def order(self, order_id: str, minute: float, kind: str = "paid", **line: Any) -> None:
        lines = [{"sku": "shoe", "quantity": 1, **line}]
        order = {"order_id": order_id, "buyer": {"id": f"b{order_id}"}, "lines": lines}
        self.tell(f"order.{kind}", minute, {"order": order})

    def stock(self, minute: float, **told: Any) -> None:
        self.tell("inventory.changed", minute, {"sku": "shoe", **told})

    def restart(self) -> None:
        self.fold.save()
        self.fold = Fold(self.store)

    def alerts(self, rule: str) -> list[Alert]:
        self.fold.save()
        found = self.store.alerts(AlertQuery(limit=1_000))
        return sorted(
            (alert for alert in found if rule in alert.rules), key=lambda alert: alert.detected_at
        )

    def loses(self) -> list[str]:
        """Who goes without, by the one alert that says so."""
        (alert,) = self.alerts("stock.oversold")
        assert not alert.closed
        return [key.order_id for key in alert.orders]


def test_who_paid_last_goes_without_and_the_alert_follows_the_stock() -> None:
    shop = Shop()
    shop.stock(0, available=3, on_hand=3, locked=0)
    for number in range(1, 6):
        shop.order(str(number), number)
    (alert,) = shop.alerts("stock.oversold")
    assert alert.detected_at == START_MS + 4 * MS_PER_MINUTE, "the moment the fourth is paid"
    assert shop.loses() == ["5", "4"]
    shop.tell("order.cancelled", 6, {"order": {"order_id": "2"}})
    assert shop.loses() == ["5"]
    shop.restart()
    shop.order("6", 7)
    assert shop.loses() == ["6", "5"]
    shop.stock(8, available=2, on_hand=7, locked=5)
    (alert,) = shop.alerts("stock.oversold")
    assert alert.closed
    assert alert.subject.key == "shoe"


def test_a_late_payment_takes_its_place_by_when_it_was_paid() -> None:
    shop = Shop()
    shop.stock(0, on_hand=1)
    shop.order("first", 1, "created")
    shop.order("second", 2)
    shop.order("third", 3)
    paid_at = rfc3339(START_MS + MS_PER_MINUTE)
    shop.tell("order.paid", 1, {"order": {"order_id": "first", "paid_at": paid_at}}, late=9)
    assert shop.loses() == ["third", "second"]


def test_orders_of_before_the_snapshot_are_in_what_is_available() -> None:
    shop = Shop()
    for number in range(1, 4):
        shop.order(str(number), number)
    shop.stock(5, available=1)
    shop.order("4", 6)
    assert shop.alerts("stock.oversold") == []
    shop.order("5", 7)
    assert shop.loses() == ["5"]


def test_a_snapshot_that_comes_before_the_word_of_the_shipment_raises_nothing() -> None:
    shop = Shop()
    shop.stock(0, on_hand=1, locked=0)
    shop.order("1", 1)
    shop.stock(30, on_hand=0, locked=0)
    shop.tell("shipment.shipped", 29.9, {"order_id": "1"}, late=0.5)
    shop.fold.advance(START_MS + MS_PER_HOUR)
    assert shop.alerts("stock.oversold") == []


def test_a_snapshot_that_stays_too_small_is_told_a_while_later() -> None:
    shop = Shop()
    shop.stock(0, on_hand=2)
    shop.order("1", 1)
    shop.order("2", 2)
    shop.stock(30, on_hand=1)
    assert shop.alerts("stock.oversold") == []
    shop.restart()
    shop.fold.advance(START_MS + 36 * MS_PER_MINUTE)
    assert shop.loses() == ["2"]


def test_a_refund_in_full_before_shipping_frees_the_units() -> None:
    shop = Shop()
    shop.stock(0, on_hand=1)
    shop.order("1", 1)
    shop.order("2", 2)
    shop.tell("refund.succeeded", 3, {"order_id": "1", "refund_id": "r1"})
    assert [alert.closed for alert in shop.alerts("stock.oversold")] == [True]


def test_a_lock_that_outlives_its_order_names_the_order() -> None:
    shop = Shop()
    shop.order("1", 0)
    shop.order("2", 1)
    shop.stock(10, on_hand=9, locked=2)
    shop.tell("order.cancelled", 60, {"order": {"order_id": "1"}})
    shop.stock(70, on_hand=9, locked=2)
    shop.restart()
    shop.fold.advance(START_MS + 24 * MS_PER_HOUR)
    assert shop.alerts("stock.phantom_lock") == []
    shop.fold.advance(START_MS + 25 * MS_PER_HOUR)
    (alert,) = shop.alerts("stock.phantom_lock")
    assert [key.order_id for key in alert.orders] == ["1"]
    assert alert.hits[-1].features["units"] == 1
    shop.stock(26 * 60, on_hand=9, locked=1)
    (alert,) = shop.alerts("stock.phantom_lock")
    assert alert.closed


def test_a_mapping_that_comes_takes_the_orders_in_and_ends_the_alert() -> None:
    shop = Shop()
    shop.stock(0, on_hand=1)
    shop.order("1", 1)
    shop.order("2", 2, sku=None, channel_sku="c-9", title="Shoe, red")
    shop.order("3", 2.5, sku=None, channel_sku="c-9")
    assert shop.alerts("catalog.sku_unmapped") == [], "its mapping may be on its way"
    shop.restart()
    shop.fold.advance(START_MS + 3 * MS_PER_MINUTE)
    (alert,) = shop.alerts("catalog.sku_unmapped")
    assert (alert.subject.key, [key.order_id for key in alert.orders]) == ("c-9", ["2", "3"])
    assert coverage(sold_skus(shop.fold))["orders"]["unmapped"] == 2
    shop.restart()
    note = SkusMapped(
        received_ms=START_MS + 4 * MS_PER_MINUTE,
        meanings=(SkuMeaning("standard", "demo", "c-9", (("shoe", 2),)),),
    )
    shop.fold.apply(shop.count + 1, note)
    shop.count += 1
    (alert,) = shop.alerts("catalog.sku_unmapped")
    assert alert.closed
    assert stock_json(shop.fold, "shoe")["paid"] == 5
    shop.fold.advance(START_MS + 10 * MS_PER_MINUTE)
    assert shop.loses() == ["3", "2"]


def test_two_mappings_at_once_concern_the_orders_from_then_on() -> None:
    shop = Shop()
    shop.tell("sku.mapped", 0, {"channel_sku": "c-9", "sku": "shoe"})
    shop.order("1", 1, sku=None, channel_sku="c-9")
    shop.tell("sku.mapped", 2, {"channel_sku": "c-9", "sku": "boot"})
    shop.order("2", 3, sku=None, channel_sku="c-9")
    assert shop.alerts("catalog.sku_ambiguous") == [], "the first may be removed in a moment"
    shop.fold.advance(START_MS + 7 * MS_PER_MINUTE)
    shop.order("3", 8, sku=None, channel_sku="c-9")
    (alert,) = shop.alerts("catalog.sku_ambiguous")
    assert [key.order_id for key in alert.orders] == ["2", "3"]
    shop.tell("sku.mapped", 9, {"channel_sku": "c-9", "sku": None})
    shop.tell("sku.mapped", 10, {"channel_sku": "c-9", "sku": "boot"})
    (alert,) = shop.alerts("catalog.sku_ambiguous")
    assert alert.closed
    assert stock_json(shop.fold, "shoe")["held"] == 1
    assert stock_json(shop.fold, "boot")["held"] == 2


def test_time_to_zero_is_what_is_left_at_the_rate_of_the_last_hour() -> None:
    shop = Shop()
    shop.stock(0, on_hand=10)
    assert stock_json(shop.fold, "shoe")["zero_in_s"] is None
    for number in range(4):
        shop.order(str(number), 1 + number)
    assert stock_json(shop.fold, "shoe")["zero_in_s"] == 6 * 3_600 // 4


def test_what_is_forgotten_stays_in_the_stock() -> None:
    shop = Shop()
    shop.stock(0, on_hand=3)
    shop.order("1", 1)
    shop.tell("shipment.shipped", 2, {"order_id": "1"})
    days = 5 * 24 * 60
    shop.order("2", days)
    assert list(shop.fold.tables.stock.claims.of("shoe")) == ["2"]
    assert stock_json(shop.fold, "shoe")["shippable"] == 2
    shop.restart()
    assert stock_json(shop.fold, "shoe")["shippable"] == 2
    shop.tell("shipment.shipped", days + 1, {"order_id": "1"})
    assert stock_json(shop.fold, "shoe")["shippable"] == 2, "told again, it does not ship again"
    shop.tell("return.received", days + 2, {"order_id": "1"})
    assert stock_json(shop.fold, "shoe")["shippable"] == 3
