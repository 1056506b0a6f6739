import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import pytest

from orderguard.domain.entries import SnoozeSet
from orderguard.domain.ports import Draft
from orderguard.errors import NotReady, Overloaded, StoreFailure
from orderguard.flows.writer import FOLDED_AT_ONCE, Committed, IntakeLimits, Submission, Writer
from orderguard.kit.clock import ManualClock
from orderguard.stores.memory import MemoryLog


class GatedLog(MemoryLog):
    """A log that can be made to wait, or to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.batches: list[int] = []

    def append(self, drafts: Sequence[Draft]) -> list[int | None]:
        self.gate.wait(10)
        self.batches.append(len(drafts))
        if self.fault:
            raise self.fault
        return super().append(drafts)

    @contextmanager
    def shut(self) -> Iterator[None]:
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()


def submission(name: str, record: bytes = b"r") -> Submission:
    note = SnoozeSet(received_ms=0, rule=name, subject_type="order", subject_key=name, until_ms=1)
    return Submission(note, Draft(0, record, name.encode().ljust(16)))


def names(committed: Committed) -> list[tuple[int, str]]:
    return [(offset, entry.rule) for offset, entry, _ in committed if isinstance(entry, SnoozeSet)]


@asynccontextmanager
async def writing(
    log: GatedLog, limits: IntakeLimits | None = None
) -> AsyncIterator[tuple[Writer, list[Committed]]]:
    batches: list[Committed] = []
    writer = Writer(
        log, ManualClock(1_000), limits=limits or IntakeLimits(), on_committed=batches.append
    )
    writer.start()
    try:
        yield writer, batches
    finally:
        log.gate.set()
        await writer.stop()


async def test_offsets_come_when_the_entries_are_durable() -> None:
    async with writing(GatedLog()) as (writer, batches):
        assert await writer.submit([submission("a"), submission("b")]) == [1, 2]
        assert await writer.submit([submission("c")]) == [3]
        assert [names(batch) for batch in batches] == [[(1, "a"), (2, "b")], [(3, "c")]]
        assert writer.in_flight == 0


async def test_a_batch_is_what_queued_while_the_last_was_written() -> None:
    log = GatedLog()
    async with writing(log) as (writer, batches):
        with log.shut():
            waiting = [writer.submit([submission(str(number))]) for number in range(50)]
            await asyncio.sleep(0.05)
            assert writer.in_flight == 50
            assert not batches
        assert await asyncio.gather(*waiting) == [[number] for number in range(1, 51)]
        assert len(log.batches) <= 2  # One if the thread came late to the first.
        assert [name for batch in batches for _, name in names(batch)] == list(map(str, range(50)))


async def test_duplicates_are_told_and_not_handed_on() -> None:
    async with writing(GatedLog()) as (writer, batches):
        first = writer.submit([submission("a"), submission("a"), submission("b")])
        again = writer.submit([submission("a")])
        assert await first == [1, None, 2]
        assert await again == [None]
        assert [pair for batch in batches for pair in names(batch)] == [(1, "a"), (2, "b")]


async def test_who_is_acknowledged_hears_before_the_fold_and_all_others_after_it() -> None:
    heard: list[str] = []
    writer = Writer(
        GatedLog(),
        ManualClock(),
        limits=IntakeLimits(),
        on_committed=lambda entries: heard.extend(f"folded {n}" for _, n in names(entries)),
        on_durable=lambda entries: heard.append(f"{entries} durable"),
    )
    writer.start()

    async def told(name: str, *, is_told_first: bool) -> None:
        await writer.submit([submission(name)], is_told_first=is_told_first)
        heard.append(f"told {name}")

    await told("a", is_told_first=True)
    assert heard == ["1 durable", "told a"]
    assert (writer.in_flight, writer.is_called) == (1, True)
    await told("b", is_told_first=False)
    assert heard[2:] == ["folded a", "1 durable", "folded b", "told b"]
    assert (writer.in_flight, writer.is_called) == (0, False)
    await writer.stop()


async def test_what_is_durable_is_folded_in_turns_and_in_flight_until_then() -> None:
    log, seen = GatedLog(), list[tuple[int, bool]]()
    async with writing(log, IntakeLimits(turn_s=0)) as (writer, batches):
        with log.shut():
            calls = [writer.submit([submission(name)], is_told_first=True) for name in "abcd"]
        await calls[0]
        while writer.in_flight:
            seen.append((sum(map(len, batches)), writer.is_called))
            await asyncio.sleep(0)
        assert [name for batch in batches for _, name in names(batch)] == list("abcd")
        assert len(set(seen)) >= 3, "others had their turns in between"
        assert all(is_called for _, is_called in seen)
        assert not writer.is_called


async def test_a_long_submission_is_handed_on_in_parts_and_told_of_after_the_last() -> None:
    async with writing(GatedLog()) as (writer, batches):
        count = 2 * FOLDED_AT_ONCE + 1
        submissions = [submission(str(number)) for number in range(count)]
        offsets = await writer.submit(submissions, is_told_first=True)
        assert offsets == list(range(1, count + 1))
        assert [len(batch) for batch in batches] == [FOLDED_AT_ONCE, FOLDED_AT_ONCE, 1]


async def test_nobody_is_told_first_while_the_fold_is_far_behind() -> None:
    async with writing(GatedLog(), IntakeLimits(unfolded_max=0)) as (writer, batches):
        await writer.submit([submission("a")], is_told_first=True)
        assert [names(batch) for batch in batches] == [[(1, "a")]]


async def test_a_failure_reaches_everyone_and_keeps_nothing() -> None:
    log = GatedLog()
    async with writing(log) as (writer, batches):
        log.fault = OSError("no space left")
        with log.shut():
            waiting = [writer.submit([submission(name)]) for name in "abc"]
        for offsets in waiting:
            with pytest.raises(StoreFailure, match="no space left"):
                await offsets
        assert (writer.in_flight, batches, log.last()) == (0, [], (0, 0))
        log.fault = None
        assert await writer.submit([submission("d")]) == [1]


@pytest.mark.parametrize(
    "limits", [IntakeLimits(queue_entries_max=3), IntakeLimits(queue_bytes_max=30)]
)
async def test_a_full_queue_refuses(limits: IntakeLimits) -> None:
    log = GatedLog()
    async with writing(log, limits) as (writer, _):
        with log.shut():
            waiting = [writer.submit([submission(name, b"r" * 10)]) for name in "abc"]
            with pytest.raises(Overloaded) as caught:
                writer.submit([submission("d")])
            assert caught.value.retry_after_s == 1
        await asyncio.gather(*waiting)
        assert await writer.submit([submission("d")]) == [4]


async def test_who_hung_up_does_not_disturb_the_others() -> None:
    log = GatedLog()
    async with writing(log) as (writer, batches):
        with log.shut():
            gone, there = writer.submit([submission("a")]), writer.submit([submission("b")])
            gone.cancel()
        assert await there == [2]
        assert sum(map(len, batches)) == 2


async def test_a_clean_stop_drains() -> None:
    log = GatedLog()
    async with writing(log) as (writer, batches):
        with log.shut():
            waiting = [writer.submit([submission(str(number))]) for number in range(20)]
            stopping = asyncio.create_task(writer.stop())
            await asyncio.sleep(0.05)
            with pytest.raises(NotReady):
                writer.submit([submission("late")])
        await stopping
        assert all(offsets.done() for offsets in waiting)
        assert sum(map(len, batches)) == 20


async def test_the_time_of_receipt_never_goes_back() -> None:
    log, clock = MemoryLog(), ManualClock(5_000)
    log.append([Draft(7_000, b"r")])
    writer = Writer(log, clock, limits=IntakeLimits(), on_committed=lambda _: None)
    assert writer.stamp() == 7_000
    clock.advance(4_000)
    assert writer.stamp() == 9_000
    clock.advance(-8_000)
    assert writer.stamp() == 9_000
