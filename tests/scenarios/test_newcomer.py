"""A newcomer connects six platforms by their pages alone, step by step, and sees orders arrive.

The steps are the numbered list below `## Connect …` of each `docs/howto/connect-…`. What they say
is done: commands are run, and the address that they name is where the platform sends from then on.
"""

import random
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace
from tests.contracts.platform_contract import life
from tests.scenarios.installation import COMMAND, HOST, Client, Server, api_headers, installed

from orderguard.channels import discover as discover_channels
from orderguard.channels import discover_calls, discover_feeds
from orderguard.domain.events import OrderData
from orderguard.kit.clock import SystemClock
from orderguard.simulate.channels import discover
from orderguard.simulate.channels.platform import Platform
from orderguard.simulate.channels.postman import Letter, Postman

PAGES = Path(__file__).resolve().parents[2] / "docs" / "howto"
PLATFORMS = ("tmall", "douyin", "wechat", "jd", "youzan", "wms_qimen")
STEPS_MAX = 60
SEEN_S_MAX = 20.0
AGO_MS = 9 * 86_400_000
_STEP = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(orderguard (?!serve)[^`]+)`")
_ADDRESS = re.compile(r"`https://YOUR[.-]HOST(/webhooks/[^`]+)`")


class Step(Struct, frozen=True):
    """One step of a page: its text, the commands in it, and the webhook's path that it names."""

    text: str
    commands: tuple[str, ...]
    path: str | None


def steps_of(channel: str) -> list[Step]:
    page = (PAGES / f"connect-{channel}.md").read_text("utf-8")
    _, found, rest = page.partition("\n## Connect")
    assert found, f"{channel}: its page has no section that begins with Connect"
    section = rest.partition("\n## ")[0]
    # What stands between a list and the next heading, at the margin, is no step.
    listed = re.split(r"\n\n(?=\S)(?!\d+\. )", section)
    text = "\n\n".join(part for part in listed if re.search(r"^\d+\. ", part, re.MULTILINE))
    return [_step(found[2]) for found in _STEP.finditer(text)]


def _step(text: str) -> Step:
    fenced = [line.strip() for block in _FENCED.findall(text) for line in _joined(block)]
    inline = _INLINE.findall(_FENCED.sub("", text))
    address = _ADDRESS.search(text)
    commands = (*(one for one in fenced if one.startswith("orderguard ")), *inline)
    return Step(text, commands, address[1] if address else None)


def _joined(block: str) -> list[str]:
    """The lines of a block, those that end with a backslash with the next one."""
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


class Newcomer:
    """Has an installation and a platform's console, and does what the page says."""

    def __init__(self, server: Server, platform: Platform) -> None:
        self.server, self.platform = server, platform
        self.shop = platform.connected()
        settings = discover_channels()[platform.channel].settings
        self.signs = next((one.name for one in settings if one.signs), "")
        self.path: str | None = None
        self.steps = 0

    def follow(self) -> None:
        for step in steps_of(self.platform.channel):
            self.steps += 1
            for command in step.commands:
                self._run(command)
            if step.path is not None:
                self.path = step.path.replace("NAME", self.shop.shop)

    def _run(self, command: str) -> None:
        words = [self._word(word) for word in self._known_words(shlex.split(command))]
        if words[1:3] == ["shop", "add"]:
            words += self._not_in_the_command(words)
        done = subprocess.run(
            [COMMAND, *words[1:]], capture_output=True, text=True, timeout=60, check=False
        )
        # What doctor finds is about the whole installation: a disk, a clock.
        worst = 1 if words[1] == "doctor" else 0
        told = (self.platform.channel, command, done.stdout, done.stderr)
        assert done.returncode <= worst, told

    def _word(self, word: str) -> str:
        """What a page writes in capitals is what the platform's console shows."""
        key, equals, value = word.partition("=")
        if equals and key in self.shop.settings and not value.startswith("@"):
            return f"{key}={self.shop.settings[key]}"
        if equals and key == self.signs:
            return f"{key}={self.shop.secrets[0]}"
        known = {
            "NAME": self.shop.shop,
            "DIR": str(self.server.folder),
            "APP_SECRET": self.shop.secrets[0],
            "SECRET": self.shop.secrets[0],
        }
        return known.get(word, word)

    def _known_words(self, words: list[str]) -> list[str]:
        """Without settings that this platform's console does not show: they may be left out."""
        kept: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            is_shown = key in self.shop.settings or key == self.signs or not value.isupper()
            if equals and kept and kept[-1] == "--set" and not is_shown:
                kept.pop()
            else:
                kept.append(word)
        return kept

    def _not_in_the_command(self, words: list[str]) -> list[str]:
        """Where the simulator stands, and what its console shows for the page's other choices."""
        given = {word.partition("=")[0] for word in words}
        return [
            part
            for key, value in self.shop.settings.items()
            if key not in given
            for part in ("--set", f"{key}={value}")
        ]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("ORDERGUARD_REPAIR_EVERY_S", "1")
    monkeypatch.setenv("ORDERGUARD_REPAIR_SETTLE_S", "0")
    monkeypatch.setenv("ORDERGUARD_REPAIR_FIRST_S", "864000")
    with Server(tmp_path / "data") as server:
        yield server


def test_six_platforms_are_connected_by_their_pages(server: Server) -> None:
    installation = installed(server.folder)
    headers = api_headers(installation)
    steps = 0
    with ExitStack() as stack:
        server.start()
        postman = Postman(f"http://{HOST}:{server.port}")
        stack.callback(postman.close)
        for number, channel in enumerate(PLATFORMS):
            platform = discover()[channel](now_ms=SystemClock().now_ms)
            stack.callback(platform.close)
            platform.shop = replace(platform.shop, shop=f"my-{channel}")
            newcomer = Newcomer(server, platform)
            newcomer.follow()
            steps += newcomer.steps
            where = f"/webhooks/{channel}/{newcomer.shop.shop}"
            # Who neither connects out nor lists can only be told at the address.
            is_pushed_only = channel not in discover_feeds() and not _lists(channel)
            assert (newcomer.path or where).startswith(where), channel
            assert newcomer.path or not is_pushed_only, channel
            _sees_an_order(server, headers, platform, postman, number)
        assert server.stop() == 0
    assert steps <= STEPS_MAX, f"{steps} steps"


def _lists(channel: str) -> bool:
    calls = discover_calls().get(channel)
    return calls is not None and calls.lists


def _sees_an_order(
    server: Server, headers: dict[str, str], platform: Platform, postman: Postman, number: int
) -> None:
    rng, now_ms, order_id = random.Random(number), SystemClock().now_ms(), ""
    letters: list[Letter] = []
    while not letters:  # A warehouse has nothing to say of an order that is cancelled.
        for event in life(rng, number, now_ms - AGO_MS):
            if isinstance(event.data, OrderData):
                order_id = event.data.order.order_id
            letters += [Letter(platform, message) for message in platform.happened(event)]
        number += len(PLATFORMS)
    postman.bring(letters)
    shop, limit = platform.connected(), time.monotonic() + SEEN_S_MAX
    place = shop.settings.get("orders_of") or f"{shop.channel}/{shop.shop}"
    path = f"/api/v1/orders/{place}/{order_id}"
    with Client(server.port, headers) as client:
        while client.ask("GET", path).status != 200:
            assert time.monotonic() < limit, f"{path} never came"
            time.sleep(0.1)
    asks = discover_calls().get(platform.channel)
    while asks is not None and asks.lists and not platform.asked:
        assert time.monotonic() < limit, f"{platform.channel} was never asked"
        time.sleep(0.1)
