"""What comes when the sale is over: told once, of minutes that are past, by the sale's shops."""

from datetime import UTC, datetime

from orderguard.simulate.latecomers import latecomers
from orderguard.simulate.sale import make_sale, shop_names

NOW_MS = 1_795_000_000_000
SEED = 1


def test_they_are_of_the_shops_of_the_sale_and_in_order() -> None:
    told = latecomers(SEED, NOW_MS)
    assert {shop for shop, _ in told} <= set(shop_names(SEED))
    times = [datetime.fromisoformat(event["occurred_at"]) for _, event in told]
    assert times == sorted(times)
    assert times[-1] <= datetime.fromtimestamp(NOW_MS / 1_000, UTC)
    ids = [event["id"] for _, event in told]
    assert len(set(ids)) == len(ids)
    assert latecomers(SEED, NOW_MS) == told


def test_no_order_and_no_buyer_is_one_of_the_sale() -> None:
    start = datetime.fromtimestamp(NOW_MS / 1_000, UTC)
    sale = make_sale(SEED, orders=200, start=start)
    known = {event["data"]["order"]["order_id"] for _, event in sale.arrivals if _is_whole(event)}
    buyers = {
        event["data"]["order"]["buyer"]["id"] for _, event in sale.arrivals if _is_whole(event)
    }
    late = [event["data"]["order"] for _, event in latecomers(SEED, NOW_MS)]
    assert known
    assert known.isdisjoint(order["order_id"] for order in late)
    assert buyers.isdisjoint(order["buyer"]["id"] for order in late)


def _is_whole(event: dict[str, object]) -> bool:
    data = event["data"]
    return isinstance(data, dict) and "buyer" in data.get("order", {})
