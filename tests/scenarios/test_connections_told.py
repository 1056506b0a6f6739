"""What keeps us from the platforms, as `doctor` tells of it beside a real server."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.contracts.platform_contract import life
from tests.scenarios.installation import HOST, Sender, Server, event, installed

from orderguard.cli import main
from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels.douyin import DouyinPlatform
from orderguard.simulate.channels.postman import Letter, Postman
from orderguard.simulate.channels.tmall import TmallPlatform
from orderguard.simulate.providers.server import Fault

TOLD_S_MAX = 60.0
AGO_MS = 9 * 86_400_000
SETTINGS = {
    "ORDERGUARD_REPAIR_EVERY_S": "1",
    "ORDERGUARD_REPAIR_SETTLE_S": "0",
    "ORDERGUARD_STATE_CHECKPOINT_S": "0.1",
}

Told = dict[str, str]


@pytest.fixture
def platforms(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        yield stack


def told(server: Server, place: str) -> list[Told]:
    result = CliRunner().invoke(main, ("doctor", "--data", str(server.folder), "--json"))
    checks: list[Told] = json.loads(result.stdout)["checks"]
    own = [one for one in checks if one["check"] == "connections"]
    return [one for one in own if one["found"].startswith(f"{place}: ")]


def within(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    """What was seen is told of in seconds."""
    give_up_at = time.monotonic() + TOLD_S_MAX
    while not holds():
        assert time.monotonic() < give_up_at, what()
        time.sleep(0.2)


def test_what_keeps_us_from_the_platforms_is_told(tmp_path: Path, platforms: ExitStack) -> None:
    now_ms = SystemClock().now_ms
    douyin, tmall = DouyinPlatform(now_ms=now_ms), TmallPlatform(now_ms=now_ms)
    platforms.enter_context(closing(douyin))
    platforms.enter_context(closing(tmall))
    douyin.fault = Fault.REFUSING
    installation = installed(tmp_path / "data", "demo")
    with closing(installation.open_control()) as control:
        for platform in (douyin, tmall):
            control.shop_add(platform.connected())
    tmall.tmc.close()  # Nobody is there to connect to.
    server = platforms.enter_context(Server(installation.folder))
    server.start()
    postman = Postman(f"http://{HOST}:{server.port}")
    platforms.callback(postman.close)
    for one in life(random.Random(6), 0, now_ms() - AGO_MS):
        postman.bring([Letter(douyin, message) for message in douyin.happened(one)])
    order = {"order_id": "late", "status": "shipped", "amount": "59.00", "currency": "CNY"}
    with Sender(server.port) as sender:
        sender.tell(event("late.shipped", "order.updated", {"order": order}))

    places = (f"douyin/{douyin.shop.shop}", f"tmall/{tmall.shop.shop}", "standard/demo")

    def found() -> dict[str, list[Told]]:
        return {place: told(server, place) for place in places}

    counts = {places[0]: 2, places[1]: 1, places[2]: 1}
    within(lambda: {place: len(some) for place, some in found().items()} == counts, found)
    (asked, details), (connection,), (gap,) = found().values()

    assert "the platform cannot be asked" in asked["found"]
    assert asked["grade"] == "fault"
    assert f"`orderguard shop test {douyin.shop.shop} --channel douyin`" in asked["mend"]
    assert "details could not be had" in details["found"]
    assert details["grade"] == "note"
    assert "the connection to the platform does not stand" in connection["found"]
    assert connection["grade"] == "fault"
    assert "docs/howto/connect-tmall.md" in connection["mend"]
    assert "1 facts came without the message that tells of them" in gap["found"]
    assert gap["grade"] == "note"

    douyin.fault = None
    within(lambda: len(told(server, places[0])) == 1, found)
    assert "details could not be had" in told(server, places[0])[0]["found"]
    assert server.stop() == 0
