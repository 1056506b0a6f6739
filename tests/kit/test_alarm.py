import asyncio

from orderguard.kit.alarm import Alarm
from orderguard.kit.clock import ManualClock


async def test_sleepers_wake_in_the_order_of_their_times_by_the_clock_given() -> None:
    clock, woken = ManualClock(), list[str]()
    alarm = Alarm(clock)

    async def sleep(name: str, seconds: float) -> None:
        await alarm.sleep(seconds)
        woken.append(name)

    sleepers = [asyncio.create_task(sleep(name, s)) for name, s in (("b", 60), ("a", 30))]
    gone = asyncio.create_task(sleep("gone", 10))
    await asyncio.sleep(0)
    gone.cancel()
    for at_ms, expected in ((29_999, []), (30_000, ["a"]), (90_000, ["a", "b"])):
        clock.advance(at_ms - clock.now_ms())
        alarm.look()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert woken == expected
    await asyncio.gather(*sleepers)


async def test_it_runs_by_itself() -> None:
    clock = ManualClock()
    alarm = Alarm(clock)
    running = asyncio.create_task(alarm.run())
    sleeper = asyncio.create_task(alarm.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3_600_000)
    await sleeper
    running.cancel()
