import threading

import pytest

from orderguard.errors import MaybeDone, NotDone
from orderguard.kit.blocking import BlockingCalls


async def test_a_call_gives_what_it_returns_or_raises() -> None:
    calls = BlockingCalls("test", 1)
    assert await calls.call(lambda: 7, 20) == 7
    with pytest.raises(ZeroDivisionError):
        await calls.call(lambda: 1 // 0, 20)
    calls.close()


async def test_a_call_that_hangs_may_have_happened_and_the_next_has_not_begun() -> None:
    calls, release, begun = BlockingCalls("test", 1), threading.Event(), []

    def hang() -> None:
        begun.append("first")
        release.wait(60)
        raise OSError("nobody is told of this any more")

    with pytest.raises(MaybeDone):
        await calls.call(hang, 0.3)
    with pytest.raises(NotDone):
        await calls.call(lambda: begun.append("second"), 0.1)
    release.set()
    assert await calls.call(lambda: list(begun), 20) == ["first"]
    calls.close()
