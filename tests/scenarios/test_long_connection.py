"""A real server on a long connection: messages lost, repeated, reordered; a connection that ends.

What was sent is taken until it is confirmed; what was never sent is found in the list.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.platform_contract import life
from tests.scenarios.installation import Client, Server, api_headers, installed, is_proof

from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels.postman import Troubles
from orderguard.simulate.channels.tmall import TmallPlatform

ORDERS = 1_000 if is_proof() else 60
TROUBLES = Troubles(lost=0.02, repeated=0.1, reordered=0.5)
AGO_MS = 9 * 86_400_000
WAIT_S_MAX = 600.0 if is_proof() else 90.0
SETTINGS = {
    "ORDERGUARD_REPAIR_EVERY_S": "1",
    "ORDERGUARD_REPAIR_SETTLE_S": "0",
    "ORDERGUARD_REPAIR_FIRST_S": "864000",
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with Server(tmp_path / "data") as server:
        yield server


def await_(holds: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + WAIT_S_MAX
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.1)


def test_orders_come_over_the_connection(server: Server) -> None:
    installation = installed(server.folder)
    with closing(TmallPlatform(now_ms=SystemClock().now_ms)) as platform:
        shop = platform.connected()
        with closing(installation.open_control()) as control:
            control.shop_add(shop)
        headers = api_headers(installation)
        platform.tmc.trouble(TROUBLES, seed=6)
        server.start()
        await_(lambda: platform.tmc.connects == 1, "it never connected")
        rng, now_ms = random.Random(13), SystemClock().now_ms()
        for number in range(ORDERS):
            for event in life(rng, number, now_ms - AGO_MS):
                platform.tmc.publish(platform.happened(event))
            if number == ORDERS // 2:
                platform.tmc.part()
        await_(lambda: platform.tmc.settled(0.1), "not all was confirmed")
        with Client(server.port, headers) as client:
            left = set(platform.orders)

            def all_true() -> bool:
                for order_id in list(left):
                    answer = client.ask("GET", f"/api/v1/orders/tmall/{shop.shop}/{order_id}")
                    truth = platform.tellable(platform.orders[order_id]).status
                    if answer.status == 200 and answer.json["status"] == truth:
                        left.discard(order_id)
                return not left

            await_(all_true, "orders are not as they are there")
        assert server.stop() == 0
    assert platform.tmc.connects == 2
    assert platform.tmc.failed == []
