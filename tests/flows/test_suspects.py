"""A mapping that the warehouse does not keep to."""

from tests.flows.test_stock import Shop


def sold(shop: Shop, order_id: str, minute: float, left: str) -> None:
    shop.order(order_id, minute, sku=None, channel_sku="c-9")
    parcel = {"order_id": order_id, "lines": [{"sku": left, "quantity": 1}]}
    shop.tell("shipment.shipped", minute + 1, parcel)


def test_other_goods_in_a_row_are_told_until_the_mapping_is_mended() -> None:
    shop = Shop()
    shop.tell("sku.mapped", 0, {"channel_sku": "c-9", "sku": "shoe"})
    sold(shop, "1", 1, "boot")
    sold(shop, "2", 3, "boot")
    assert shop.alerts("catalog.sku_suspect") == [], "twice may be a slip"
    shop.restart()
    sold(shop, "3", 5, "boot")
    sold(shop, "4", 7, "boot")
    (alert,) = shop.alerts("catalog.sku_suspect")
    assert [key.order_id for key in alert.orders] == ["1", "2", "3", "4"]
    assert alert.hits[-1].features == {"meant": "shoe", "moved": "boot", "orders": 4}
    shop.tell("sku.mapped", 9, {"channel_sku": "c-9", "sku": None})
    shop.tell("sku.mapped", 10, {"channel_sku": "c-9", "sku": "boot"})
    sold(shop, "5", 11, "boot")
    assert [alert.closed for alert in shop.alerts("catalog.sku_suspect")] == [True]


def test_one_parcel_told_three_times_is_one() -> None:
    shop = Shop()
    shop.tell("sku.mapped", 0, {"channel_sku": "c-9", "sku": "shoe"})
    sold(shop, "1", 1, "boot")
    for minute in (3, 4, 5):
        parcel = {"order_id": "1", "lines": [{"sku": "boot", "quantity": 1}]}
        shop.tell("shipment.shipped", minute, parcel)
    assert shop.alerts("catalog.sku_suspect") == []


def test_goods_that_are_right_in_between_end_it() -> None:
    shop = Shop()
    shop.tell("sku.mapped", 0, {"channel_sku": "c-9", "sku": "shoe"})
    for number, left in enumerate(("boot", "boot", "shoe", "boot", "boot", "hat")):
        sold(shop, str(number), 1 + 2 * number, left)
    assert shop.alerts("catalog.sku_suspect") == []
