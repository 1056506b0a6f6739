"""Asking a platform, and completing what its pushes left out: over real HTTP."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.contracts.platform_contract import life

from orderguard.channels import discover, discover_calls
from orderguard.domain.calls import Asking, Reply, Request, Want
from orderguard.domain.events import OrderData
from orderguard.domain.ports import Draft, Parsed, ShopConfig
from orderguard.domain.record import encode_event
from orderguard.errors import PlatformBusy, PlatformRefused, TokenRejected
from orderguard.flows.calls import Platforms
from orderguard.flows.fetch import Fetcher, FetchLimits
from orderguard.flows.protect import protect
from orderguard.kit.clock import SystemClock
from orderguard.kit.sealing import Keyring
from orderguard.simulate.channels import discover as discover_platforms
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.providers.server import Fault
from orderguard.stores.memory import MemoryLog
from orderguard.stores.sqlite.control import Control

CHANNEL = "douyin"
CALLS = discover_calls()[CHANNEL]
KEYS = Keyring.for_replay()
WAIT_S_MAX = 10.0


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = discover_platforms()[CHANNEL](now_ms=SystemClock().now_ms)
    yield platform
    platform.close()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with closing(Control(tmp_path / "control.db", KEYS)) as control:
        yield control


class Slept:
    """Waits no longer than a moment, and remembers how long it was asked to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
async def platforms(control: Control, slept: Slept) -> AsyncIterator[Platforms]:
    platforms = Platforms(
        offered={CHANNEL: CALLS}, memory=control.memory, clock=SystemClock(), sleep=slept
    )
    yield platforms
    await platforms.close()


def ordered(platform: Platform, number: int = 1) -> str:
    """An order that the platform has."""
    for event in life(random.Random(number), number):
        platform.happened(event)
    return next(iter(platform.orders))


async def asked(platforms: Platforms, shop: ShopConfig, order_id: str) -> tuple[Parsed, ...]:
    want = Want(kind="order", id=order_id)

    def build(asking: Asking) -> Request:
        return CALLS.detail(want, asking)

    def read(reply: Reply, asking: Asking) -> tuple[Parsed, ...]:
        return CALLS.read_detail(want, reply, asking)

    return await platforms.ask(shop, build, read)


async def test_an_order_is_told(platforms: Platforms, platform: Platform) -> None:
    order_id = ordered(platform)
    told = await asked(platforms, platform.connected(), order_id)
    orders = [one.event.data.order for one in told if isinstance(one.event.data, OrderData)]
    assert [order.order_id for order in orders] == [order_id]


async def test_who_is_busy_is_asked_again_when_it_says(
    platforms: Platforms, platform: Platform, slept: Slept
) -> None:
    order_id = ordered(platform)
    platform.fault = Fault.BUSY
    with pytest.raises(PlatformBusy):
        await asked(platforms, platform.connected(), order_id)
    assert len(platform.asked) > 1
    assert len([one for one in slept.seconds if one >= 0.2]) >= len(platform.asked) - 1


async def test_who_is_away_is_asked_again_and_then_left(
    platforms: Platforms, platform: Platform
) -> None:
    order_id, shop = ordered(platform), platform.connected()
    platform.fault = Fault.DOWN
    platform.connection()  # Nobody listens from now on.
    with pytest.raises(PlatformBusy):
        await asked(platforms, shop, order_id)


async def test_an_order_that_is_not_there_is_asked_for_once(
    platforms: Platforms, platform: Platform
) -> None:
    with pytest.raises(PlatformRefused):
        await asked(platforms, platform.connected(), "4705288465508999999")
    assert len(platform.asked) == 1


async def test_a_token_that_ended_is_renewed_once_for_all_who_wait(
    platforms: Platforms, platform: Platform, control: Control
) -> None:
    order_id, shop = ordered(platform), platform.connected()
    settings = {**shop.settings, "access_token": "ended", "refresh_token": "simulated-refresh"}
    shop = replace(shop, settings=settings)
    told = await asyncio.gather(*(asked(platforms, shop, order_id) for _ in range(5)))
    assert all(told)
    renewals = [one for one in platform.asked if b"refresh" in one.body or "refresh" in one.path]
    assert len(renewals) == 1
    again = Platforms(offered={CHANNEL: CALLS}, memory=control.memory, clock=SystemClock())
    before = len(platform.asked)
    assert await asked(again, shop, order_id)
    assert len(platform.asked) == before + 1, "the token outlives the process"
    await again.close()


async def test_without_what_renews_it_a_rejected_token_is_told(
    platforms: Platforms, platform: Platform
) -> None:
    order_id, shop = ordered(platform), platform.connected()
    shop = replace(shop, settings={**shop.settings, "access_token": "ended"})
    with pytest.raises(TokenRejected):
        await asked(platforms, shop, order_id)


async def test_an_address_within_the_network_has_to_be_named_by_the_shop(
    platforms: Platforms, platform: Platform
) -> None:
    shop = platform.connected()
    inside = shop.settings["api_url"]

    def build(_: Asking) -> Request:
        return Request(url=f"{inside}/anything")

    bare = replace(shop, settings={"app_key": "a", "access_token": "t"})
    with pytest.raises(PlatformRefused):
        await platforms.ask(bare, build, lambda reply, _: reply.status)
    assert not platform.asked


class Installation:
    """A log, a fetcher over it, and what that took in."""

    def __init__(self, platforms: Platforms, control: Control, platform: Platform) -> None:
        self.log = MemoryLog()
        self.taken: list[Parsed] = []
        self.shop = platform.connected()
        control.shop_add(self.shop)
        self.fetcher = self.started(platforms, control)

    def started(self, platforms: Platforms, control: Control) -> Fetcher:
        return Fetcher(
            platforms=platforms,
            shops=control,
            event_log=self.log,
            log_end=lambda: self.log.last()[0],
            take=self.take,
            memory=control.memory,
            limits=FetchLimits(again_s_first=0.01, again_s_max=0.02),
        )

    async def take(self, _channel: str, _shop: str, parsed: tuple[Parsed, ...]) -> int:
        self.taken += parsed
        return len(parsed)

    def push(self, fetcher: Fetcher, platform: Platform, number: int) -> None:
        """As the intake does: durable, then told of."""
        channel = discover()[CHANNEL]
        for event in life(random.Random(number), number):
            for message in platform.happened(event):
                began = fetcher.begin()
                parsed = channel.parse(message, self.shop)
                for one in parsed:
                    self.append(one)
                fetcher.end(began, self.shop, parsed)

    def append(self, parsed: Parsed) -> None:
        event = protect(
            parsed.event, channel=CHANNEL, shop=self.shop.shop, received_ms=1, tokens=KEYS
        )
        self.log.append([Draft(1, encode_event(event, parsed.raw, KEYS))])

    def orders(self) -> set[str]:
        told = [one.event.data for one in self.taken]
        return {data.order.order_id for data in told if isinstance(data, OrderData)}


@pytest.fixture
def here(platforms: Platforms, control: Control, platform: Platform) -> Installation:
    return Installation(platforms, control, platform)


async def until(is_so: Callable[[], bool], *, what: str) -> None:
    for _ in range(round(WAIT_S_MAX / 0.02)):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(what)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_pushes_left_out_is_fetched(here: Installation, platform: Platform) -> None:
    running = asyncio.create_task(here.fetcher.run())
    await asyncio.sleep(0)
    for number in range(5):
        here.push(here.fetcher, platform, number)
    await until(lambda: not here.fetcher.waiting(), what="the details never came")
    assert here.orders() == platform.orders.keys()
    await ended(running)


async def test_pushes_of_one_order_that_come_together_are_one_question(
    here: Installation, platform: Platform
) -> None:
    running = asyncio.create_task(here.fetcher.run())
    await asyncio.sleep(0)
    here.push(here.fetcher, platform, 1)
    pushes = len(here.log.read(0, 100))
    await until(lambda: not here.fetcher.waiting(), what="the detail never came")
    assert pushes > 1
    assert len(platform.asked) < pushes
    await ended(running)


async def test_what_was_not_fetched_before_a_kill_is_fetched_after_it(
    here: Installation, platforms: Platforms, platform: Platform, control: Control
) -> None:
    control.memory.save("", "", "fetched", b"0")
    platform.detail_s = 5.0
    running = asyncio.create_task(here.fetcher.run())
    await asyncio.sleep(0)
    for number in range(3):
        here.push(here.fetcher, platform, number)
    await ended(running)  # Long before the first answer.
    assert not here.taken
    platform.detail_s = 0.0
    after = here.started(platforms, control)
    running = asyncio.create_task(after.run())
    await until(lambda: here.orders() == platform.orders.keys(), what="it never came")
    await ended(running)
    assert control.memory.load("", "", "fetched") == str(here.log.last()[0]).encode()


async def test_a_platform_that_is_away_for_a_while_loses_nothing(
    here: Installation, platform: Platform
) -> None:
    running = asyncio.create_task(here.fetcher.run())
    await asyncio.sleep(0)
    platform.fault = Fault.BROKEN
    here.push(here.fetcher, platform, 1)
    await until(lambda: len(platform.asked) > 5, what="it was not asked again")
    platform.fault = None
    await until(lambda: not here.fetcher.waiting(), what="the detail never came")
    assert here.orders() == platform.orders.keys()
    await ended(running)


async def test_what_the_platform_will_not_tell_is_counted_and_let_go(
    here: Installation, platform: Platform
) -> None:
    running = asyncio.create_task(here.fetcher.run())
    await asyncio.sleep(0)
    platform.orders.clear()
    here.push(here.fetcher, platform, 1)
    platform.orders.clear()
    await until(lambda: not here.fetcher.waiting(), what="it is still asked for")
    assert here.fetcher.failed[CHANNEL, here.shop.shop]
    assert here.fetcher.failure[CHANNEL, here.shop.shop]
    await ended(running)


def test_a_token_is_sealed(control: Control, tmp_path: Path) -> None:
    control.memory.save(CHANNEL, "demo", "access", b"very-secret-token")
    assert control.memory.load(CHANNEL, "demo", "access") == b"very-secret-token"
    assert control.memory.load(CHANNEL, "other", "access") is None
    written = b"".join(path.read_bytes() for path in tmp_path.glob("control.db*"))
    assert b"very-secret-token" not in written
