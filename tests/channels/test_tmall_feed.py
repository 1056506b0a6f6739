"""The long connection of `tmall` against a real websocket server that speaks TMC."""

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from tests.chinese import check_chinese

from orderguard.channels.tmall import CHANNEL, FEED, signer
from orderguard.domain.events import CanonicalEvent, EventType, OrderData
from orderguard.domain.feeds import WAITING_MAX
from orderguard.domain.orders import Order, OrderStatus
from orderguard.domain.ports import RawMessage, ShopConfig
from orderguard.errors import FeedLost, FeedRefused, MalformedMessage
from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels.postman import Troubles
from orderguard.simulate.channels.tmall import TmallPlatform

NOW_MS = 1_794_355_210_000
PATIENCE_S = 60.0
"""How long a test waits for what must come about; it never takes that long."""

Take = Callable[[RawMessage], Awaitable[None]]


@pytest.fixture
def platform() -> Iterator[TmallPlatform]:
    platform = TmallPlatform(now_ms=lambda: NOW_MS)
    yield platform
    platform.close()


def connected(platform: TmallPlatform, **settings: str) -> ShopConfig:
    shop = platform.connected()
    return replace(shop, settings={**shop.settings, "pull_s": "0.01", **settings})


def publish(platform: TmallPlatform, count: int, first: int = 1) -> None:
    kind = EventType.ORDER_CREATED
    for number in range(first, first + count):
        at = dt.datetime.fromtimestamp(NOW_MS / 1000, dt.UTC)
        order = Order(order_id=f"{number}", status=OrderStatus.PENDING_PAYMENT)
        event = CanonicalEvent(
            id=f"{number}",
            type=kind,
            type_name=kind.value,
            occurred_at=at,
            data=OrderData(order=order),
        )
        platform.tmc.publish(platform.happened(event))


class Taken:
    """What was taken in, by the id of its order."""

    def __init__(self, shop: ShopConfig) -> None:
        self.shop = shop
        self.orders: list[str] = []
        self.connected = 0

    async def take(self, message: RawMessage) -> None:
        for parsed in CHANNEL.parse(message, self.shop):
            assert isinstance(parsed.event.data, OrderData)
            self.orders.append(parsed.event.data.order.order_id)

    def on_connected(self) -> None:
        self.connected += 1


@asynccontextmanager
async def listening(
    shop: ShopConfig, taken: Taken, take: Take | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(
        FEED.listen(shop, take or taken.take, SystemClock(), taken.on_connected)
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled(platform: TmallPlatform, count: int) -> None:
    assert await asyncio.to_thread(platform.tmc.settled, PATIENCE_S, count)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the server lives in another thread.
        await asyncio.sleep(0.005)


async def test_what_is_published_is_taken_and_then_confirmed(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken = Taken(shop)
    publish(platform, 50)
    async with listening(shop, taken):
        await settled(platform, 50)
        publish(platform, 10, first=51)
        await settled(platform, 60)
    assert sorted(map(int, taken.orders)) == list(range(1, 61))
    assert taken.connected == platform.tmc.connects == 1


async def test_nothing_is_confirmed_before_it_was_taken(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken, gate = Taken(shop), asyncio.Event()

    async def take(message: RawMessage) -> None:
        await taken.take(message)
        await gate.wait()

    publish(platform, 5)
    async with listening(shop, taken, take):
        await until(lambda: len(taken.orders) == 5)
        await until(lambda: platform.tmc.pulls >= 20)
        assert platform.tmc.confirmed == []
        gate.set()
        await settled(platform, 5)
    assert len(taken.orders) == 5


async def test_what_could_not_be_taken_comes_again(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken, failures = Taken(shop), 0

    async def take(message: RawMessage) -> None:
        nonlocal failures
        if failures < 3:
            failures += 1
            raise RuntimeError
        await taken.take(message)

    publish(platform, 3)
    async with listening(shop, taken, take):
        await settled(platform, 3)
    assert len(platform.tmc.failed) == 3
    assert sorted(taken.orders) == ["1", "2", "3"]


async def test_what_nobody_can_read_is_confirmed_too(platform: TmallPlatform) -> None:
    shop = connected(platform)

    async def take(message: RawMessage) -> None:
        raise MalformedMessage(message.headers["topic"])

    publish(platform, 2)
    async with listening(shop, Taken(shop), take):
        await settled(platform, 2)
    assert platform.tmc.failed == []


async def test_a_lost_confirmation_brings_it_again(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken = Taken(shop)
    platform.tmc.redeliver_s = 0.0
    platform.tmc.is_confirming_lost = True
    publish(platform, 1)
    async with listening(shop, taken):
        await until(lambda: len(taken.orders) >= 2)
        platform.tmc.is_confirming_lost = False
        await settled(platform, 1)


async def test_a_broken_connection_is_lost_and_the_next_one_brings_the_rest(
    platform: TmallPlatform,
) -> None:
    shop = connected(platform)
    taken, gate = Taken(shop), asyncio.Event()

    async def take(message: RawMessage) -> None:
        await gate.wait()
        await taken.take(message)

    publish(platform, 20)
    async with listening(shop, taken, take) as task:
        await until(lambda: platform.tmc.sent >= 20)
        platform.tmc.drop()
        with pytest.raises(FeedLost):
            await task
    assert taken.orders == []
    gate.set()
    async with listening(shop, taken, take):
        await settled(platform, 20)
    assert sorted(map(int, taken.orders)) == list(range(1, 21))
    assert taken.connected == 2


async def test_repeats_and_another_order_are_borne(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken = Taken(shop)
    platform.tmc.trouble(Troubles(lost=0.2, repeated=0.3, reordered=1.0), seed=4)
    publish(platform, 200)
    waits = len(platform.tmc.waiting)
    async with listening(shop, taken):
        await settled(platform, waits)
    assert 0 < len(set(taken.orders)) < 200
    assert len(taken.orders) == waits > len(set(taken.orders))
    assert taken.orders != sorted(taken.orders, key=int)


async def test_what_is_under_way_is_bounded(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken, gate = Taken(shop), asyncio.Event()
    underway = most = 0

    async def take(message: RawMessage) -> None:
        nonlocal underway, most
        underway += 1
        most = max(most, underway)
        await gate.wait()
        await taken.take(message)
        underway -= 1

    platform.tmc.redeliver_s = PATIENCE_S
    publish(platform, 3 * WAITING_MAX)
    async with listening(shop, taken, take):
        await until(lambda: underway == WAITING_MAX)
        await until(lambda: platform.tmc.sent > WAITING_MAX)
        gate.set()
        await settled(platform, 3 * WAITING_MAX)
    assert most == WAITING_MAX
    assert len(taken.orders) == 3 * WAITING_MAX


async def test_a_wrong_secret_is_refused(platform: TmallPlatform) -> None:
    shop = replace(connected(platform), secrets=signer.shop(2).secrets)
    with pytest.raises(FeedRefused) as caught:
        await FEED.listen(shop, Taken(shop).take, SystemClock(), Taken(shop).on_connected)
    assert caught.value.code == "21"
    assert "sign error" in caught.value.message
    check_chinese(caught.value.whole)


@pytest.mark.parametrize("sent", [2, 4])
@pytest.mark.parametrize("expected", ["2", "4"])
async def test_a_status_code_of_either_width_is_understood(
    platform: TmallPlatform, sent: int, expected: str
) -> None:
    platform.tmc.code_bytes = sent
    shop = connected(platform, status_code_bytes=expected)
    taken = Taken(shop)
    publish(platform, 1)
    async with listening(shop, taken):
        await settled(platform, 1)
    platform.tmc.is_refusing = True
    with pytest.raises(FeedRefused) as caught:
        await FEED.listen(shop, taken.take, SystemClock(), taken.on_connected)
    assert caught.value.code == "21"


async def test_a_frame_that_is_none_is_passed_by(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken = Taken(shop)
    async with listening(shop, taken):
        await until(lambda: platform.tmc.connects == 1)
        for data in (b"", b"\x02\x02\x63", b"\xff" * 40):
            await asyncio.to_thread(platform.tmc.blurt, data)
        publish(platform, 2)
        await settled(platform, 2)
    assert len(taken.orders) == 2


async def test_a_silent_connection_is_lost(platform: TmallPlatform) -> None:
    shop = connected(platform, idle_s="0.05")
    taken = Taken(shop)
    with pytest.raises(FeedLost) as caught:
        async with asyncio.timeout(PATIENCE_S):
            await FEED.listen(shop, taken.take, SystemClock(), taken.on_connected)
    check_chinese(caught.value.whole)
    assert taken.connected == 1


async def test_an_orderly_end_is_no_failure(platform: TmallPlatform) -> None:
    shop = connected(platform)
    taken = Taken(shop)
    async with listening(shop, taken) as task:
        await until(lambda: platform.tmc.connects == 1)
        await asyncio.to_thread(platform.tmc.part)
        await task
    assert taken.connected == 1


async def test_nobody_there_is_lost(platform: TmallPlatform) -> None:
    shop = connected(platform)
    platform.tmc.close()
    with pytest.raises(FeedLost) as caught:
        await FEED.listen(shop, Taken(shop).take, SystemClock(), Taken(shop).on_connected)
    check_chinese(caught.value.whole)


@pytest.mark.parametrize(
    "url",
    [
        "ws://",
        "https://mc.api.taobao.com/",
        "ws://user@127.0.0.1/",
        "ws://169.254.169.254/latest/meta-data",
        "ws://100.100.100.200/",
        "ws://[::ffff:127.0.0.1]/",
        "ws://0x7f.1/",
    ],
)
async def test_no_address_is_refused(platform: TmallPlatform, url: str) -> None:
    shop = connected(platform, tmc_url=url)
    with pytest.raises(FeedRefused) as caught:
        await FEED.listen(shop, Taken(shop).take, SystemClock(), Taken(shop).on_connected)
    check_chinese(caught.value.whole)


async def test_a_name_that_leads_to_metadata_is_refused(
    platform: TmallPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a name server that somebody else keeps may answer."""

    async def metadata(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", metadata)
    shop = connected(platform, tmc_url="ws://tmc.example.com/")
    with pytest.raises(FeedRefused, match=r"169\.254\.169\.254") as caught:
        await FEED.listen(shop, Taken(shop).take, SystemClock(), Taken(shop).on_connected)
    check_chinese(caught.value.whole)


def test_it_connects_where_it_is_meant_to(platform: TmallPlatform) -> None:
    assert FEED.is_off(connected(platform, tmc_url="off"))
    assert not FEED.is_off(platform.shop)
    assert FEED.is_ready(platform.shop)
    assert not FEED.is_ready(connected(platform, tmc_url="off"))
    assert not FEED.is_ready(replace(platform.shop, secrets=()))
