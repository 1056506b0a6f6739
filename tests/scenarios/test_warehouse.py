"""A warehouse behind Qimen speaks of the orders of a shop, through a real server."""

import random
from contextlib import closing
from pathlib import Path

from tests.contracts.platform_contract import life
from tests.scenarios.installation import HOST, Client, Server, api_headers, installed

from orderguard.domain.events import EventType, ShipmentData
from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.channels.postman import Letter, Postman
from orderguard.simulate.channels.standard import StandardPlatform
from orderguard.simulate.channels.wms_qimen import QimenPlatform

AGO_MS = 9 * 86_400_000
ORDERS = 20


def test_a_parcel_of_the_warehouse_is_one_of_the_shops_order(tmp_path: Path) -> None:
    now_ms = SystemClock().now_ms
    shop, warehouse = StandardPlatform(now_ms=now_ms), QimenPlatform(now_ms=now_ms)
    with closing(shop), closing(warehouse), Server(tmp_path / "data") as server:
        installation = installed(server.folder)
        with closing(installation.open_control()) as control:
            for platform in (shop, warehouse):
                control.shop_add(platform.connected())
        headers = api_headers(installation)
        letters, shipped = _told(shop, warehouse)
        server.start()
        with closing(Postman(f"http://{HOST}:{server.port}")) as postman:
            postman.bring(letters)
        with Client(server.port, headers) as client:
            assert shipped
            for order_id in shipped:
                order = client.get(f"/api/v1/orders/standard/demo/{order_id}")
                assert order["status"] == "shipped", order
        assert server.stop() == 0


def _told(shop: Platform, warehouse: Platform) -> tuple[list[Letter], list[str]]:
    """The shop tells of its orders until they are paid, the warehouse of their parcels."""
    rng, letters, shipped = random.Random(3), list[Letter](), list[str]()
    for number in range(ORDERS):
        for event in life(rng, number, SystemClock().now_ms() - AGO_MS):
            if isinstance(event.data, ShipmentData):
                shipped.append(event.data.order_id)
                letters += [Letter(warehouse, one) for one in warehouse.happened(event)]
            elif event.type is not EventType.ORDER_COMPLETED:
                letters += [Letter(shop, one) for one in shop.happened(event)]
    return letters, shipped
