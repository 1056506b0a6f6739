import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from orderguard.channels import discover
from orderguard.channels.standard.signer import sign
from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Answer, RawMessage, ShopConfig
from orderguard.domain.record import decode, raw_of
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch, UnknownShop
from orderguard.flows.ingest import Intake
from orderguard.flows.writer import Committed, IntakeLimits, Writer
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.memory import MemoryLog

KEYRING = Keyring.for_replay()
CHANNELS = discover()
SECRET = CHANNELS["standard"].new_secret()
NOW_MS = 1_794_355_210_250


class Shops:
    def __init__(self, *shops: ShopConfig) -> None:
        self._shops = {(shop.channel, shop.shop): shop for shop in shops}

    def find(self, channel: str, shop: str) -> ShopConfig | None:
        return self._shops.get((channel, shop))

    def all(self) -> Iterable[ShopConfig]:
        return self._shops.values()


class Installation:
    def __init__(self) -> None:
        self.log, self.clock = MemoryLog(), ManualClock(NOW_MS)
        self.committed: Committed = []
        self.refused: list[tuple[str, SignatureFault]] = []
        self.writer = Writer(
            self.log, self.clock, limits=IntakeLimits(), on_committed=self.committed.extend
        )
        self.intake = Intake(
            channels=CHANNELS,
            shops=Shops(
                ShopConfig(channel="standard", shop="demo", secrets=(SECRET,)),
                ShopConfig(channel="standard", shop="other", secrets=(SECRET,)),
                ShopConfig(channel="gone", shop="demo", secrets=(SECRET,)),
            ),
            keys=KEYRING,
            writer=self.writer,
            clock=self.clock,
            on_refused=lambda shop, error: self.refused.append((shop.shop, error.fault)),
        )

    async def send(self, document: Any, shop: str = "demo", channel: str = "standard") -> Answer:
        body = json.dumps(document).encode()
        headers = sign(body, SECRET, self.clock.now_ms())
        return await self.intake.receive(channel, shop, RawMessage(headers, "", body))

    async def folded(self) -> Committed:
        """All that was handed on in the end, which is after the answers."""
        await self.writer.stop()
        return self.committed


@pytest.fixture
async def here() -> AsyncIterator[Installation]:
    installation = Installation()
    installation.writer.start()
    yield installation
    await installation.writer.stop()


def event(event_id: str = "e-1", **members: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": "order.created",
        "occurred_at": "2026-11-11T00:00:00+08:00",
        "data": {"order": {"order_id": "o-1", "buyer": {"id": "b-1", "phone": "13812345678"}}},
        **members,
    }


def counted(answer: Answer) -> tuple[int, int]:
    counts = json.loads(answer.body)
    return counts["accepted"], counts["duplicates"]


async def test_an_event_stands_in_the_log_when_it_is_answered(here: Installation) -> None:
    answer = await here.send(event())
    assert (answer.status, counted(answer)) == (202, (1, 0))
    (row,) = here.log.read(0, 10)
    stored = decode(row.record)
    assert isinstance(stored, OrderEvent)
    assert (stored.id, stored.channel, stored.shop) == ("e-1", "standard", "demo")
    assert stored.received_ms == row.received_ms == NOW_MS
    assert b"13812345678" not in row.record
    assert json.loads(raw_of(row.record, KEYRING)) == event()
    assert [offset for offset, _, _ in await here.folded()] == [1]


async def test_the_same_event_again_is_a_duplicate_for_its_shop(here: Installation) -> None:
    assert counted(await here.send(event())) == (1, 0)
    assert counted(await here.send(event(note="changed"))) == (0, 1)
    assert counted(await here.send([event("e-2"), event(), event("e-2")])) == (1, 2)
    assert counted(await here.send(event(), shop="other")) == (1, 0)
    assert len(await here.folded()) == 3


async def test_each_event_of_a_batch_is_sealed_alone(here: Installation) -> None:
    await here.send([event("a"), event("b")])
    raw = [json.loads(raw_of(row.record, KEYRING)) for row in here.log.read(0, 10)]
    assert raw == [event("a"), event("b")]


async def test_nothing_in_an_empty_batch(here: Installation) -> None:
    assert counted(await here.send([])) == (0, 0)
    assert here.log.last() == (0, 0)


@pytest.mark.parametrize("bad", [{"id": "half"}, event("old", occurred_at="1969-12-31T00:00:00Z")])
async def test_a_batch_is_refused_whole(here: Installation, bad: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        await here.send([event("good"), bad])
    assert caught.value.index == 1
    assert here.log.last() == (0, 0)
    assert counted(await here.send(event("good"))) == (1, 0)


async def test_forged_messages_are_not_parsed(here: Installation) -> None:
    body = b"not even JSON"
    headers = sign(body + b" ", SECRET, NOW_MS)
    with pytest.raises(SignatureMismatch):
        await here.intake.receive("standard", "demo", RawMessage(headers, "", body))
    assert here.refused == [("demo", SignatureFault.WRONG)]


@pytest.mark.parametrize(
    ("channel", "shop"), [("standard", "nobody"), ("nothing", "demo"), ("gone", "demo")]
)
async def test_who_is_not_here(here: Installation, channel: str, shop: str) -> None:
    with pytest.raises(UnknownShop):
        await here.send(event(), shop=shop, channel=channel)
    assert here.refused == [], "only of shops that are here anything is remembered"
