"""The widget and its challenge in a shop's page: a real server, a real Chromium, a hand's drag."""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.scenarios.installation import Server, installed

from orderguard.api.demo_shop import SHOP
from orderguard.app import Installation
from orderguard.puzzles import SIZE, WIDTH

WORDS: dict[str, dict[str, Any]] = {
    "zh-CN": {
        "buy": "立即购买",
        "attack": "放出抢购脚本",
        "placed": "下单成功",
        "stopped": "未完成验证，订单未提交",
        "title": "请完成安全验证",
        "work": "让浏览器计算几秒钟",
        "wrong": "没有对准，请再试一次",
        "close": "关闭",
    },
    "en-GB": {
        "buy": "Buy now",
        "attack": "Let a script loose",
        "placed": "Thank you for your order",
        "stopped": "The check was not passed; no order was placed",
        "title": "A quick security check",
        "work": "Let the browser work instead",
        "wrong": "Not quite. Please try again",
        "close": "Close",
    },
}
ROBOTS = 10
DEMO = (
    "import sys; from pathlib import Path; from orderguard.server import serve;"
    "serve(Path(sys.argv[1]), host=None, port=int(sys.argv[2]), is_demo=True,"
    " on_ready=lambda address, _: print(f'orderguard ready {address}', flush=True))"
)


@dataclass
class DemoServer(Server):
    """A server with the demo's shop page."""

    def launch(self) -> None:
        command = [sys.executable, "-c", DEMO, str(self.folder), str(self.port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )


@pytest.fixture(scope="module")
def installation(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    assert chromium.is_connected()
    return installed(tmp_path_factory.mktemp("screen") / "data", SHOP)


@pytest.fixture
def server(installation: Installation) -> Iterator[Server]:
    """Started anew for each test: what is challenged is forgotten with the state."""
    for path in installation.store_paths:
        for beside in path.parent.glob(f"{path.name}*"):
            if not beside.name.startswith("control"):
                beside.unlink()
    with DemoServer(installation.folder) as server:
        server.start()
        yield server


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=WAIT_MS_MAX)


def attacked(visitor: Visitor, locale: str, width: int = 1280) -> Page:
    """The shop, after a script was let loose."""
    page, words = visitor.arrive("/demo/shop", locale=locale, width=width), WORDS[locale]
    page.get_by_role("button", name=words["attack"]).click()
    expect(page.locator("#answers li")).to_have_count(ROBOTS)
    expect(page.locator("#answers [data-decision=allow]")).to_have_count(3)
    return page


def challenged(page: Page, locale: str) -> FrameLocator:
    """The visitor buys, and is asked."""
    page.get_by_role("button", name=WORDS[locale]["buy"]).click()
    frame = page.frame_locator("dialog iframe")
    expect(frame.locator("h1")).to_have_text(WORDS[locale]["title"])
    expect(frame.locator("#scene")).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelector('dialog iframe').contentDocument.images]"
        ".every((image) => image.complete && image.naturalWidth)"
    )
    return frame


HOLE = """async () => {
  const scene = document.querySelector('dialog iframe').contentDocument.getElementById('scene');
  const piece = document.querySelector('dialog iframe').contentDocument.getElementById('piece');
  const pixels = (image) => {
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
  };
  const [whole, part] = [pixels(scene), pixels(piece)];
  const top = Math.round((parseFloat(piece.style.top) / 100) * whole.height);
  let best = [Infinity, 0];
  for (let x = 60; x <= whole.width - part.width; x += 1) {
    let [sum, squares, count] = [0, 0, 0];
    for (let row = 4; row < part.height - 4; row += 2) {
      for (let column = 4; column < part.width - 4; column += 2) {
        const at = (row * part.width + column) * 4;
        const there = ((top + row) * whole.width + x + column) * 4;
        if (part.data[at + 3] < 255) continue;
        const ratio = (whole.data[there + 1] + 1) / (part.data[at + 1] + 1);
        sum += ratio;
        squares += ratio * ratio;
        count += 1;
      }
    }
    const mean = sum / count;
    const spread = squares / count - mean * mean;
    if (mean < 0.75 && spread < best[0]) best = [spread, x];
  }
  return best[1];
}"""
"""Where an eye sees that the piece fits: there its colours are those of the hole, but darker."""


def drag(page: Page, frame: FrameLocator, x: float) -> None:
    """As a hand does it: slow at both ends, a little up and down."""
    rng, handle = random.Random(8), frame.locator("#handle").bounding_box()
    rail = frame.locator("#rail").bounding_box()
    assert handle is not None
    assert rail is not None
    begin_x, begin_y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    way = x / (WIDTH - SIZE) * (rail["width"] - handle["width"] - 4)
    page.mouse.move(begin_x, begin_y)
    page.mouse.down()
    for step in range(1, 26):
        share = (1 - cos(pi * step / 25)) / 2
        wobble = 0 if step == 25 else rng.uniform(-1, 1)
        page.mouse.move(begin_x + way * share + wobble, begin_y + 5 * sin(share * 3))
        page.wait_for_timeout(rng.uniform(8, 30))
    page.mouse.up()


@pytest.mark.parametrize("locale", list(WORDS))
def test_a_buyer_slides_and_the_order_is_placed(visitor: Visitor, locale: str) -> None:
    page = attacked(visitor, locale)
    frame = challenged(page, locale)
    drag(page, frame, page.evaluate(HOLE))
    expect(page.locator("#told")).to_have_text(WORDS[locale]["placed"])
    expect(page.locator("dialog")).to_have_count(0)
    told = page.locator("#answers li").first
    expect(told).to_have_attribute("data-decision", "allow")


def test_nobody_is_asked_for_anything_before(visitor: Visitor) -> None:
    page = visitor.arrive("/demo/shop", locale="en-GB")
    page.get_by_role("button", name="Buy now").click()
    expect(page.locator("#told")).to_have_text("Thank you for your order")
    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("locale", list(WORDS))
def test_who_cannot_slide_lets_the_browser_work(visitor: Visitor, locale: str) -> None:
    page = attacked(visitor, locale, width=360)
    frame = challenged(page, locale)
    box = frame.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    frame.get_by_role("button", name=WORDS[locale]["work"]).click()
    expect(page.locator("#told")).to_have_text(WORDS[locale]["placed"])


def test_a_wrong_place_and_a_closed_dialog_place_no_order(visitor: Visitor) -> None:
    page, words = attacked(visitor, "en-GB"), WORDS["en-GB"]
    frame = challenged(page, "en-GB")
    found = page.evaluate(HOLE)
    drag(page, frame, found - 40)
    expect(frame.locator("#told")).to_have_text(words["wrong"])
    page.get_by_role("button", name=words["close"]).click()
    expect(page.locator("#told")).to_have_text(words["stopped"])


def test_an_unknown_challenge_says_so(visitor: Visitor) -> None:
    page = visitor.arrive("/challenge/none?lang=en", locale="zh-CN")
    expect(page.locator("#told")).to_contain_text("This check is over")
    expect(page.locator("#slider")).to_be_hidden()
    visitor.faults.clear()  # The browser itself tells of the 404.
