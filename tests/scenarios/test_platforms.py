"""All simulated platforms at once through a real server: pushes are lost, repeated and reordered.

Where a platform has a list of changed orders, what was lost is found and mended; elsewhere the
gaps are counted.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from tests.contracts.platform_contract import life
from tests.scenarios.installation import (
    HOST,
    Client,
    Server,
    api_headers,
    installed,
    is_proof,
)

from orderguard.app import Installation
from orderguard.channels import discover_calls
from orderguard.domain.orders import Order, OrderStatus
from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels import discover
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.channels.postman import Letter, Postman, Troubles, troubled

PUSHES = 20_000 if is_proof() else 1_000
TROUBLES = Troubles(lost=0.01, repeated=0.05, reordered=0.05)
AGO_MS = 9 * 86_400_000
"""Lives last up to a week, and none may end in the future."""
MENDED_S_MAX = 600.0 if is_proof() else 60.0
SETTINGS = {
    "ORDERGUARD_REPAIR_EVERY_S": "1",
    "ORDERGUARD_REPAIR_SETTLE_S": "0",
    "ORDERGUARD_REPAIR_FIRST_S": "864000",
}
FURTHEST = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@contextmanager
def platforms() -> Iterator[list[Platform]]:
    """One of each, with its shop."""
    with ExitStack() as stack:
        made = []
        for _, kind in sorted(discover().items()):
            platform = kind(now_ms=SystemClock().now_ms)
            stack.callback(platform.close)
            made.append(platform)
        yield made


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with Server(tmp_path / "data") as server:
        yield server


def lives(platforms: list[Platform], pushes: int) -> list[Letter]:
    """What all platforms push, an order at a time on each; about as many as asked for."""
    rng, now_ms, letters, number = random.Random(11), SystemClock().now_ms(), [], 0
    told: dict[str, list[Letter]] = {platform.channel: [] for platform in platforms}
    while sum(map(len, told.values())) < pushes:
        for platform in platforms:
            for event in life(rng, number, now_ms - AGO_MS):
                messages = platform.happened(event)
                told[platform.channel] += [Letter(platform, message) for message in messages]
            number += 1
    # Beside one another, as they come in a sale.
    longest = max(map(len, told.values()))
    for place in range(longest):
        letters += [one[place] for one in told.values() if place < len(one)]
    return letters


def test_what_was_lost_is_found_where_there_is_a_list(server: Server) -> None:
    with platforms() as played:
        installation = installed(server.folder)
        with closing(installation.open_control()) as control:
            for platform in played:
                control.shop_add(platform.connected())
        headers = api_headers(installation)
        letters = lives(played, PUSHES)
        server.start()
        postman = Postman(f"http://{HOST}:{server.port}")
        postman.bring(troubled(letters, TROUBLES, seed=5))
        postman.close()
        listed = [one for one in played if _lists(one)]
        with Client(server.port, headers) as client:
            for platform in listed:
                _await_truth(client, platform)
        _await_listed(installation, {platform.channel for platform in listed})
        assert server.stop() == 0
    with closing(installation.open_control()) as control:
        found = {one.channel: one for one in control.senders.load()}
    mended = 0
    for platform in played:
        record = found[platform.channel]
        if platform in listed:
            connection = record.connection
            assert connection is not None
            assert not connection.failure, (platform.channel, connection.failure)
            assert connection.listed_ms, platform.channel
            assert connection.gaps_found == connection.gaps_mended
            mended += connection.gaps_mended
    assert mended, "nothing that was lost had to be mended"
    assert sum(found[one.channel].gaps for one in played if one not in listed)


def _lists(platform: Platform) -> bool:
    calls = discover_calls().get(platform.channel)
    return calls is not None and calls.lists and calls.is_ready(platform.connected())


def _await_listed(installation: Installation, channels: set[str]) -> None:
    """Each was asked for its list once: pushes alone may have told the whole truth before."""
    limit = time.monotonic() + MENDED_S_MAX
    with closing(installation.open_control()) as control:
        while channels:
            for record in control.senders.load():
                if record.connection is not None and record.connection.listed_ms:
                    channels.discard(record.channel)
            assert time.monotonic() < limit, f"never listed: {channels}"
            time.sleep(0.5 if channels else 0)


def _await_truth(client: Client, platform: Platform) -> None:
    """Every order of the platform stands as it stands there."""
    limit, left = time.monotonic() + MENDED_S_MAX, list(platform.orders)
    while left:
        left = [order_id for order_id in left if not _is_true(client, platform, order_id)]
        assert time.monotonic() < limit, f"{platform.channel}: {len(left)}, as {left[:3]}"
        time.sleep(0.5 if left else 0)


def _is_true(client: Client, platform: Platform, order_id: str) -> bool:
    shop = platform.shop
    answer = client.ask("GET", f"/api/v1/orders/{shop.channel}/{shop.shop}/{order_id}")
    if answer.status != 200:
        return False
    truth = platform.tellable(platform.orders[order_id])
    return bool(answer.json["status"] in _statuses(platform, truth))


def _statuses(platform: Platform, truth: Order) -> set[str]:
    """How an order may stand that is so on the platform: its parcel may be further on its way."""
    assert truth.status is not None
    if truth.status in FURTHEST and platform.ships:
        return {str(one) for one in FURTHEST}
    return {str(truth.status)}
