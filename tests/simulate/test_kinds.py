"""Each kind of order is what its name says, whatever the seed."""

from collections.abc import Callable
from itertools import pairwise
from statistics import mean, pstdev

import pytest

from orderguard.simulate import anomalies, neighbours
from orderguard.simulate.model import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Purchase, Shop
from orderguard.simulate.places import CITIES, km_between
from orderguard.simulate.sale import make_regulars
from orderguard.simulate.world import World

OPENING_MS = 1_794_326_400_000
Plant = Callable[[World, Shop], list[Purchase]]


@pytest.fixture(scope="module", params=range(8))
def world(request: pytest.FixtureRequest) -> World:
    world = World(request.param, orders=500, days_of_history=30, opening_ms=OPENING_MS)
    make_regulars(world, 150)
    return world


def scenes(world: World, plant: Plant, times: int = 5) -> list[list[Purchase]]:
    """The first shop tells everything, so that every kind can be planted there."""
    return [plant(world, world.shops[0]) for _ in range(times)]


def span_ms(purchases: list[Purchase]) -> int:
    moments = [purchase.placed_at for purchase in purchases]
    return max(moments) - min(moments)


def unevenness(purchases: list[Purchase]) -> float:
    """0 for a metronome, about 1 for people who know nothing of each other."""
    moments = sorted(purchase.placed_at for purchase in purchases)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return pstdev(gaps) / mean(gaps)


def new_share(world: World, purchases: list[Purchase]) -> float:
    young_since = world.opening_ms - 30 * DAY_MS
    return mean(purchase.buyer.registered_at > young_since for purchase in purchases)


def products(purchases: list[Purchase]) -> set[str]:
    return {line.product.product_id for purchase in purchases for line in purchase.lines}


def segments(purchases: list[Purchase]) -> set[str]:
    return {
        ":".join(purchase.ip.split(":")[:3])
        if ":" in purchase.ip
        else purchase.ip.rpartition(".")[0]
        for purchase in purchases
    }


def test_same_item_burst(world: World) -> None:
    for scene in scenes(world, anomalies.same_item_burst):
        assert 5 <= len(scene) <= 12
        assert len({purchase.buyer.id for purchase in scene}) == 1
        assert len(products(scene)) == 1
        assert span_ms(scene) < 10 * MINUTE_MS


def test_far_address(world: World) -> None:
    for scene in scenes(world, anomalies.far_address, 20):
        buyer = scene[0].buyer
        earlier = [known for known in world.history if known.buyer.id == buyer.id]
        assert len(earlier) >= 2
        nearest_km = min(km_between(known.place, scene[0].place) for known in earlier)
        assert nearest_km > 50


def test_shared_account(world: World) -> None:
    for scene in scenes(world, anomalies.shared_account):
        assert 3 <= len({purchase.buyer.id for purchase in scene}) == len(scene) <= 10
        assert len({purchase.payer for purchase in scene}) == 1
        assert len({purchase.place.doorstep for purchase in scene}) == len(scene)
        assert all(purchase.pays for purchase in scene)


def test_near_threshold(world: World) -> None:
    amounts = set()
    for (purchase,) in scenes(world, anomalies.near_threshold, 12):
        assert 97_000 <= purchase.amount_fen <= 99_900
        assert purchase.coupon_fen == 0
        assert purchase.placed_at - purchase.buyer.registered_at < 30 * DAY_MS
        amounts.add(purchase.amount_fen)
    assert len(amounts) > 3


def test_low_stock_rush(world: World) -> None:
    for scene in scenes(world, anomalies.low_stock_rush):
        (sku,) = {line.sku for purchase in scene for line in purchase.lines}
        low_at, available = world.stock_pins[sku]
        assert available < 3
        assert min(purchase.placed_at for purchase in scene) > low_at
        assert 5 <= len(scene) <= 12
        assert span_ms(scene) < 60 * SECOND_MS


def test_script_segment(world: World) -> None:
    for scene in scenes(world, anomalies.script_segment):
        assert 28 <= len(scene) <= 70
        assert len(segments(scene)) == len(products(scene)) == 1
        assert len({purchase.device.id for purchase in scene}) <= 6
        assert new_share(world, scene) > 0.75
        assert unevenness(scene) < 0.4
        assert 15 * SECOND_MS < span_ms(scene) < 50 * SECOND_MS


def test_script_rotating(world: World) -> None:
    for scene in scenes(world, anomalies.script_rotating):
        assert len(segments(scene)) > 0.9 * len(scene)
        assert len({purchase.device.id for purchase in scene}) == len(scene)
        clients = {purchase.device.user_agent for purchase in scene}
        doorsteps = {purchase.place.doorstep for purchase in scene}
        assert min(len(clients), len(doorsteps)) == 1
        if len(doorsteps) == 1:
            assert len({purchase.place.written for purchase in scene}) > 5
        assert unevenness(scene) < 0.4


def test_shared_doorstep(world: World) -> None:
    for scene in scenes(world, anomalies.shared_doorstep):
        assert 4 <= len({purchase.buyer.id for purchase in scene}) <= 15
        assert len({purchase.place.doorstep for purchase in scene}) == 1
        assert span_ms(scene) < HOUR_MS
        amounts = [purchase.amount_fen for purchase in scene]
        assert len(products(scene)) == 1 or max(amounts) < 1.05 * min(amounts) + 1_200


def test_device_shared(world: World) -> None:
    for scene in scenes(world, anomalies.device_shared):
        assert len({purchase.device.id for purchase in scene}) == 1
        assert 3 <= len({purchase.buyer.id for purchase in scene}) <= 8
        assert len({purchase.place.doorstep for purchase in scene}) >= 3
        assert span_ms(scene) < 7 * DAY_MS


def test_virtual_phone(world: World) -> None:
    for scene in scenes(world, anomalies.virtual_phone):
        buyers = [purchase.buyer for purchase in scene]
        registered = [buyer.registered_at for buyer in buyers]
        assert 3 <= len(buyers) <= 15
        assert len({buyer.phone[:7] for buyer in buyers}) == 1
        assert max(registered) - min(registered) < HOUR_MS
        assert all(buyer in world.registrations for buyer in buyers)
        assert all(0 < purchase.amount_fen <= 100 and purchase.pays for purchase in scene)


@pytest.mark.parametrize("plant", [neighbours.campus, neighbours.mobile_carrier])
def test_honest_crowds_share_a_segment_and_nothing_else(world: World, plant: Plant) -> None:
    for scene in scenes(world, plant):
        assert 25 <= len(scene) <= 60
        assert len(segments(scene)) == 1
        assert len({purchase.device.id for purchase in scene}) == len(scene)
        assert new_share(world, scene) < 0.75
        assert unevenness(scene) > 0.5


def test_families_have_one_home(world: World) -> None:
    for scene in scenes(world, neighbours.family_payer):
        assert len({purchase.payer for purchase in scene}) == 1
        assert len({purchase.place.doorstep for purchase in scene}) == 1
        assert 2 <= len({purchase.buyer.id for purchase in scene}) <= 4
    for scene in scenes(world, neighbours.family_tablet):
        assert len({purchase.device.id for purchase in scene}) == 1
        assert len({purchase.place.doorstep for purchase in scene}) == 1


def test_gifts_come_from_a_known_device(world: World) -> None:
    for (purchase,) in scenes(world, neighbours.gift):
        earlier = [known for known in world.history if known.buyer == purchase.buyer]
        assert purchase.device in {known.device for known in earlier}
        assert purchase.place.doorstep not in {known.place.doorstep for known in earlier}


def test_live_stream(world: World) -> None:
    for scene in scenes(world, neighbours.live_stream, 2):
        assert len({purchase.device.user_agent for purchase in scene}) <= 3
        assert 0.35 < new_share(world, scene) < 0.9
        assert unevenness(scene) > 0.6


def test_last_units_go_at_a_normal_pace(world: World) -> None:
    for scene in scenes(world, neighbours.last_units):
        assert len(scene) <= 4


def test_dormitories_hold_established_buyers_with_mixed_baskets(world: World) -> None:
    for scene in scenes(world, neighbours.dormitory):
        assert len({purchase.place.doorstep for purchase in scene}) == 1
        assert new_share(world, scene) < 0.7
        assert len(products(scene)) > 1


def test_cities_lie_within_china() -> None:
    for districts in CITIES.values():
        for _, lat, lng in districts:
            assert 18 < lat < 54
            assert 73 < lng < 136
