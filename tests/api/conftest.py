"""Servers in the states that the API meets, and who calls them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.installation import SECRET, START_MS, Installation, connect, library

from orderguard.api import Disk, Metrics
from orderguard.domain.accounts import Role
from orderguard.domain.ports import ShopConfig
from orderguard.flows.live import Live, LiveSettings
from orderguard.flows.senders import Senders
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog, MemoryState
from orderguard.stores.sqlite.control import Control


@pytest.fixture
def control(tmp_path: Path, clock: ManualClock, keyring: Keyring) -> Iterator[Control]:
    control = Control(tmp_path / "control.db", keyring, clock=clock)
    control.shop_add(ShopConfig(channel="standard", shop="demo", secrets=(SECRET,)))
    yield control
    control.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.create()


@pytest.fixture
def starting(control: Control, clock: ManualClock, keyring: Keyring) -> Installation:
    """A server that is not ready yet."""
    log, state, metrics = MemoryLog(), MemoryState(), Metrics()
    senders = Senders(control.senders, clock)
    live = Live(
        event_log=log,
        store=state,
        clock=clock,
        mailbox=control,
        settings=LiveSettings(),
        senders=senders,
        observer=metrics,
    )
    metrics.watch(live, clock, senders, lambda: Disk(stores={"log": 1}, free=2))
    return Installation(live, control, keyring, clock, senders, metrics, log, state)


@pytest.fixture
async def running(starting: Installation) -> AsyncIterator[Installation]:
    await starting.live.start(library())
    yield starting
    await starting.live.stop()


@pytest.fixture
async def stranger(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is not signed in."""
    async with connect(running.api()) as client:
        yield client


@pytest.fixture
async def analyst(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may read."""
    async with connect(running.api(), running.token(Role.ANALYST)) as client:
        yield client


@pytest.fixture
async def risk_team(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may change lists."""
    async with connect(running.api(), running.token(Role.RISK)) as client:
        yield client


@pytest.fixture
async def admin(running: Installation) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may connect shops and let people in."""
    async with connect(running.api(), running.token(Role.ADMIN)) as client:
        yield client
