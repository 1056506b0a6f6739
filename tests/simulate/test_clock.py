"""The clock of a played sale."""

import time
from multiprocessing import get_context

from orderguard.simulate.clock import PlayedClock


def move_on(clock: PlayedClock, by_ms: int) -> None:
    clock.move_to(clock.now_ms() + by_ms)


def test_it_stands_where_it_was_put() -> None:
    clock = PlayedClock(1_000)
    clock.move_to(5_000)
    time.sleep(0.01)
    assert clock.now_ms() == 5_000


def test_it_never_goes_back() -> None:
    clock = PlayedClock(1_000)
    clock.move_to(5_000)
    clock.move_to(4_000)
    assert clock.now_ms() == 5_000


def test_once_let_go_it_runs_from_where_it_stood() -> None:
    clock = PlayedClock(5_000)
    began_ns = time.monotonic_ns()
    clock.let_go()
    first_ms = clock.now_ms()
    time.sleep(0.02)
    passed_ms = (time.monotonic_ns() - began_ns) // 1_000_000
    assert 5_000 <= first_ms < clock.now_ms() <= 5_000 + passed_ms + 1


def test_another_process_sees_and_moves_the_same_clock() -> None:
    clock = PlayedClock(1_000)
    process = get_context("spawn").Process(target=move_on, args=(clock, 77))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert clock.now_ms() == 1_077
