"""Each honest occasion is what its name says, whatever the seed."""

from collections.abc import Callable

import pytest

from orderguard.simulate import occasions
from orderguard.simulate.model import HOUR_MS, MINUTE_MS, SECOND_MS, Purchase, Shop
from orderguard.simulate.places import km_between
from orderguard.simulate.sale import make_regulars
from orderguard.simulate.showcase import plant_attack
from orderguard.simulate.world import World

OPENING_MS = 1_794_326_400_000
Plant = Callable[[World, Shop], list[Purchase]]


@pytest.fixture(scope="module", params=range(5))
def world(request: pytest.FixtureRequest) -> World:
    world = World(request.param, orders=500, days_of_history=30, opening_ms=OPENING_MS)
    make_regulars(world, 150)
    return world


def scenes(world: World, plant: Plant) -> list[list[Purchase]]:
    return [plant(world, world.shops[0]) for _ in range(5)]


def span_ms(purchases: list[Purchase]) -> int:
    moments = [purchase.placed_at for purchase in purchases]
    return max(moments) - min(moments)


def products(purchases: list[Purchase]) -> set[str]:
    return {line.product.product_id for purchase in purchases for line in purchase.lines}


def buyers(purchases: list[Purchase]) -> set[str]:
    return {purchase.buyer.id for purchase in purchases}


def test_operator_campaign(world: World) -> None:
    for scene in scenes(world, occasions.operator_campaign):
        assert max(purchase.amount_fen for purchase in scene) <= 100
        assert len({purchase.buyer.phone[:7] for purchase in scene}) > 1
        assert all(
            purchase.buyer.phone[:3] in {"170", "171", "162", "165", "167"} for purchase in scene
        )
        assert all(purchase.placed_at > purchase.buyer.registered_at for purchase in scene)


def test_home_for_the_holidays(world: World) -> None:
    for scene in scenes(world, occasions.home_for_the_holidays):
        (student,) = {purchase.buyer for purchase in scene}
        assert sum(known.buyer == student for known in world.history) >= 2
        assert min(km_between(place, scene[0].place) for place in student.places) > 50
        assert all(purchase.device == student.device for purchase in scene)


def test_school_class(world: World) -> None:
    for scene in scenes(world, occasions.school_class):
        assert len(products(scene)) == len({purchase.ip for purchase in scene}) == 1
        assert 1 < len({purchase.device.id for purchase in scene}) <= 8 < len(buyers(scene))
        assert all(
            purchase.placed_at - purchase.buyer.registered_at < 10 * MINUTE_MS for purchase in scene
        )


def test_counter_device(world: World) -> None:
    for scene in scenes(world, occasions.counter_device):
        assert len({purchase.device.id for purchase in scene}) == 1
        assert len(buyers(scene)) == len(scene) >= 4
        assert len({purchase.place.doorstep for purchase in scene}) > 1


def test_company_payer(world: World) -> None:
    for scene in scenes(world, occasions.company_payer):
        assert len({purchase.payer for purchase in scene}) == 1
        assert len(buyers(scene)) == len(scene) >= 3
        assert all(
            purchase.buyer.registered_at < OPENING_MS - 1_000 * HOUR_MS for purchase in scene
        )


def test_last_call(world: World) -> None:
    for scene in scenes(world, occasions.last_call):
        (sku,) = {line.sku for purchase in scene for line in purchase.lines}
        low_at, available = world.stock_pins[sku]
        assert scene[0].placed_at > low_at
        assert sum(purchase.pays for purchase in scene) == available
        assert span_ms(scene) < 90 * SECOND_MS


def test_stale_stock(world: World) -> None:
    for scene in scenes(world, occasions.stale_stock):
        (sku,) = {line.sku for purchase in scene for line in purchase.lines}
        low_at, available = world.stock_pins[sku]
        told_at, units = world.stock_arrivals[sku]
        assert low_at < min(purchase.placed_at for purchase in scene)
        assert max(purchase.placed_at for purchase in scene) <= told_at
        assert available < len(scene) <= units


def test_group_buyer(world: World) -> None:
    for scene in scenes(world, occasions.group_buyer):
        assert len(buyers(scene)) == len(products(scene)) == 1
        assert len({purchase.place.doorstep for purchase in scene}) == len(scene) >= 4


def test_checkout_fault(world: World) -> None:
    for scene in scenes(world, occasions.checkout_fault):
        assert len(buyers(scene)) == len({purchase.lines for purchase in scene}) == 1
        assert all(purchase.pays for purchase in scene)
        assert span_ms(scene) < 8 * MINUTE_MS


def test_the_showcased_attack(world: World) -> None:
    attack, planted = plant_attack(world)
    scene = [purchase for _, purchase in planted]
    assert [purchase.order_id for purchase in scene] == list(attack.order_ids)
    assert len(scene) == len(buyers(scene)) == 47
    assert span_ms(scene) <= 30 * SECOND_MS
    assert products(scene) == {attack.product_id}
    assert len({purchase.ip.rpartition(".")[0].rpartition(":")[0] for purchase in scene}) == 1
    (product,) = {line.product for purchase in scene for line in purchase.lines}
    assert sum(world.stock_firsts[sku] for sku in product.skus) == attack.units == 3_000
    assert product.released_at < attack.began_ms < world.closing_ms
