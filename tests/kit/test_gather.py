import asyncio
from collections.abc import Sequence

import pytest

from orderguard.errors import NotDone
from orderguard.kit.gather import Gathering


class Sent:
    """What went out, message by message, and when by the loop's clock."""

    def __init__(self) -> None:
        self.messages: list[list[str]] = []
        self.at_s: list[float] = []
        self.fault: Exception | None = None

    async def send(self, items: Sequence[str]) -> int:
        self.messages.append(list(items))
        number = len(self.messages)
        self.at_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        return number


async def test_what_comes_too_fast_is_gathered_and_nothing_is_lost() -> None:
    sent = Sent()
    gathering = Gathering(sent.send, burst=3, seconds_between=0.2)
    numbers = await asyncio.gather(*(gathering.put(str(n)) for n in range(50)))
    assert sent.messages == [["0"], ["1"], ["2"], [str(n) for n in range(3, 50)]]
    assert numbers == [1, 2, 3] + [4] * 47
    await gathering.close()


async def test_no_window_has_more_than_the_burst_and_one_each_interval() -> None:
    sent = Sent()
    gathering = Gathering(sent.send, burst=4, seconds_between=0.05)

    async def put_many() -> None:
        for number in range(40):
            await gathering.put(str(number))

    await asyncio.gather(*(put_many() for _ in range(3)))
    for start in sent.at_s:
        window = [at for at in sent.at_s if start <= at < start + 0.5]
        assert len(window) <= 4 + 10
    assert sorted(item for message in sent.messages for item in message) == sorted(
        str(number) for number in range(40) for _ in range(3)
    )
    await gathering.close()


async def test_what_fails_is_told_to_all_whose_message_it_was() -> None:
    sent = Sent()
    sent.fault = NotDone("busy", retry_after_s=7)
    gathering = Gathering(sent.send, burst=1, seconds_between=0.05)
    told = await asyncio.gather(*(gathering.put(str(n)) for n in range(5)), return_exceptions=True)
    assert all(isinstance(one, NotDone) and one.retry_after_s == 7 for one in told)
    assert len(sent.messages) == 2
    await gathering.close()


async def test_who_stops_waiting_is_left_out() -> None:
    sent = Sent()
    gathering = Gathering(sent.send, burst=1, seconds_between=0.3)
    await gathering.put("first")
    gone, stays = (asyncio.create_task(gathering.put(item)) for item in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 2
    assert sent.messages == [["first"], ["stays"]]
    await gathering.close()


async def test_what_still_waits_at_the_end_was_surely_not_sent() -> None:
    sent = Sent()
    gathering = Gathering(sent.send, burst=1, seconds_between=60)
    await gathering.put("first")
    waiting = asyncio.create_task(gathering.put("second"))
    await asyncio.sleep(0)
    await gathering.close()
    with pytest.raises(NotDone):
        await waiting
    assert sent.messages == [["first"]]
