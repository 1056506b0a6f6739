import asyncio
from itertools import pairwise

from orderguard.flows.courtesy import Courtesy


class Guests:
    """Who asks for turns, and whether somebody else waits for an answer meanwhile."""

    def __init__(self, patience_s: float = 60.0) -> None:
        self.is_called = True
        self.gone_on: list[int] = []
        self.courtesy = Courtesy(lambda: self.is_called, patience_s=patience_s)

    def ask(self, count: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._go_on(number)) for number in range(count)]

    async def _go_on(self, number: int) -> None:
        await self.courtesy.turn()
        self.gone_on.append(number)


async def test_nobody_goes_on_while_somebody_waits_for_an_answer() -> None:
    guests = Guests()
    asked = guests.ask(3)
    await asyncio.sleep(0.02)
    assert guests.gone_on == []
    guests.is_called = False
    await asyncio.gather(*asked)
    assert guests.gone_on == [0, 1, 2]


async def test_only_one_goes_on_each_turn_of_the_loop() -> None:
    guests = Guests()
    guests.is_called = False
    asked, seen = guests.ask(20), list[int]()
    while len(guests.gone_on) < 20:
        seen.append(len(guests.gone_on))
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert max(after - before for before, after in pairwise(seen)) == 1


async def test_patience_ends() -> None:
    guests = Guests(patience_s=0.0)
    await asyncio.gather(*guests.ask(3))
    assert guests.gone_on == [0, 1, 2]


async def test_who_gives_up_takes_no_turn() -> None:
    guests = Guests()
    first, second, third = guests.ask(3)
    await asyncio.sleep(0.01)
    first.cancel()
    third.cancel()
    guests.is_called = False
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert guests.gone_on == [1]
    await asyncio.gather(*guests.ask(1))
    assert guests.gone_on == [1, 0]


async def test_at_the_end_nobody_waits_any_more() -> None:
    guests = Guests()
    asked = guests.ask(2)
    await asyncio.sleep(0.01)
    guests.courtesy.end()
    await asyncio.gather(*asked, *guests.ask(1))
    assert sorted(guests.gone_on) == [0, 0, 1]
