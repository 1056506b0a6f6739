import asyncio

import pytest

from orderguard.kit import bells
from orderguard.kit.bells import Bells


async def test_one_is_woken_at_a_time_and_all_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bells, "PAUSE_S", 3600.0)
    told, events = Bells(), [asyncio.Event() for _ in range(3)]
    for event in [*events, *events]:  # Asked for twice, each is woken once.
        told.ring(event)
    assert not any(event.is_set() for event in events), "who asks goes on first"
    await asyncio.sleep(0)
    assert [event.is_set() for event in events] == [True, False, False]

    monkeypatch.setattr(bells, "PAUSE_S", 0.0)
    told = Bells()
    for event in events:
        event.clear()
        told.ring(event)
    async with asyncio.timeout(5):
        await asyncio.gather(*(event.wait() for event in events))


async def test_who_has_left_is_not_woken() -> None:
    told, one, other = Bells(), asyncio.Event(), asyncio.Event()
    told.ring(one)
    told.ring(other)
    told.forget(one)
    async with asyncio.timeout(5):
        await other.wait()
    assert not one.is_set()


async def test_nobody_is_woken_while_somebody_waits_for_an_answer_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bells, "PAUSE_S", 0.0)
    monkeypatch.setattr(bells, "PATIENCE_S", 3600.0)
    called = True
    told, events = Bells(lambda: called), [asyncio.Event() for _ in range(2)]
    for event in events:
        told.ring(event)
    await asyncio.sleep(5 * bells.LOOK_S)
    assert not any(event.is_set() for event in events)
    called = False
    async with asyncio.timeout(5):
        await asyncio.gather(*(event.wait() for event in events))

    called = True
    monkeypatch.setattr(bells, "PATIENCE_S", 0.0)
    for event in events:
        event.clear()
        told.ring(event)
    async with asyncio.timeout(5):
        await asyncio.gather(*(event.wait() for event in events))
