"""Very many rows in the inbox while 50 updates a second come: nothing moves under who reads.

How smooth it is depends on the machine, and is told as figures (`--log-cli-level INFO`); what may
never happen at any speed is a test: a row that changes its place, a list that scrolls by itself, a
page that grows.

The figures: `frames`, how many of them were `blank` in the middle, the longest `gap` between two
but for 1 in 100 (ms), the share of the time in which the main thread was in `long` tasks, and the
`updates` on the stream in so many `seconds`.
"""

import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import WAIT_MS_MAX, Visitor
from tests.scenarios.installation import Sender, burst, is_proof, placed

from orderguard.api import workbench
from orderguard.domain.accounts import Role

ROWS, SECONDS = (10_000, 30.0) if is_proof() else (500, 6.0)
BURSTS_A_CALL = 20
GROWN_A_TURN, TURNS_A_S = 4, 5
"""Cases that grow each turn, besides one that opens: with their alerts 50 updates a second."""
KNOWN = 400
"""The newest cases, which grow: an old alert does not."""
DOM_ROWS_MAX = 80
ROW_PX, WHEEL_PX = 38, 1_500
PAUSE_MS, SCROLLED_S_MAX = 50, 600.0
OVER_THE_LIST = (500, 500)
ROWS_LOADED_MS_MAX = 180_000

WATCH = """() => {
  const list = document.querySelector('[role=grid] [role=rowgroup]');
  const seen = {places: new Map(), moved: [], rows: 0, frames: 0, blank: 0, long: 0, last: 0};
  const began = seen.last = performance.now();
  seen.gaps = [];
  new PerformanceObserver((told) => {
    for (const one of told.getEntries()) if (one.startTime > began) seen.long += one.duration;
  }).observe({type: 'longtask'});
  const look = (now) => {
    const box = list.getBoundingClientRect();
    const rows = [...list.querySelectorAll('[data-case]')];
    for (const row of rows) {
      const place = row.getBoundingClientRect().top - box.top + list.scrollTop;
      const known = seen.places.get(row.dataset.case);
      if (known === undefined) seen.places.set(row.dataset.case, place);
      else if (Math.abs(known - place) > 1) seen.moved.push([row.dataset.case, known, place]);
    }
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    seen.under = at?.closest('[data-case]')?.dataset.case ?? null;
    seen.blank += seen.under === null;
    seen.rows = Math.max(seen.rows, rows.length);
    seen.frames += 1;
    seen.gaps.push(now - seen.last);
    seen.last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.watched = () => ({
    moved: seen.moved.slice(0, 5), rows: seen.rows, frames: seen.frames, blank: seen.blank,
    under: seen.under, top: list.scrollTop, height: list.scrollHeight, shown: list.clientHeight,
    known: seen.places.size, places: new Set(seen.places.values()).size,
    long: seen.long / (performance.now() - began),
    gap: seen.gaps.toSorted((a, b) => a - b)[Math.floor(seen.gaps.length * 0.99)],
  });
}"""

log = logging.getLogger(__name__)

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")


@contextmanager
def updates(port: int) -> Iterator[list[int]]:
    """Cases that grow and cases that open, until the context ends; how many of each."""
    is_over, told = threading.Event(), [0, 0]

    def tell() -> None:
        began = time.monotonic()
        with Sender(port) as sender:
            while not is_over.wait(max(0.0, began + sum(told) / TURNS_A_S / 5 - time.monotonic())):
                turn = told[1]
                events = burst(f"new-{turn}")
                for number in range(GROWN_A_TURN):
                    buyer = f"row-{ROWS - 1 - (turn * GROWN_A_TURN + number) % KNOWN}"
                    name = f"{buyer}-more-{turn}"
                    events.append(placed(name, buyer, sku=f"for-{buyer}"))
                sender.tell(*events)
                told[0] += GROWN_A_TURN
                told[1] += 1

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


def fill(sender: Sender) -> None:
    for first in range(0, ROWS, BURSTS_A_CALL):
        names = [f"row-{number}" for number in range(first, min(first + BURSTS_A_CALL, ROWS))]
        sender.tell(*(event for name in names for event in burst(name)))


def open_inbox(visitor: Visitor) -> Page:
    with closing(visitor.installation.open_control()) as control:
        link = control.accounts.link_add("li", Role.OPERATIONS)
    page = visitor.arrive(f"/sign-in?token={link}", locale="en-GB", width=1440, height=900)
    page.goto(f"{visitor.address}/workbench/inbox")
    expect(page.locator(".og-freshness[data-line=live]")).to_be_visible()
    counted = page.get_by_text(f"{ROWS:,} cases", exact=True)
    expect(counted).to_be_visible(timeout=ROWS_LOADED_MS_MAX)
    return page


def watched(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("watched()")
    return found


def scroll_through(page: Page, way: int) -> None:
    """By the wheel from one end to the other."""
    page.mouse.move(*OVER_THE_LIST)
    limit = time.monotonic() + SCROLLED_S_MAX
    while (now := watched(page))["top"] != (0 if way < 0 else now["height"] - now["shown"]):
        assert time.monotonic() < limit, now
        page.mouse.wheel(0, way * WHEEL_PX)
        page.wait_for_timeout(PAUSE_MS)


def test_ten_thousand_rows_stand_still_under_fifty_updates_a_second(
    visitor: Visitor, sender: Sender
) -> None:
    expect.set_options(timeout=WAIT_MS_MAX)
    fill(sender)
    page = open_inbox(visitor)
    changed = page.get_by_role("button", name=re.compile("new|changed"))
    expect(changed).to_have_count(0)
    page.evaluate(WATCH)
    began = time.monotonic()
    with updates(visitor.server.port) as told:
        # Somebody reads in the middle of the list, and touches nothing.
        page.mouse.move(*OVER_THE_LIST)
        page.mouse.wheel(0, ROWS * ROW_PX // 2)
        page.wait_for_function("half => watched().top >= half", arg=ROWS * ROW_PX // 2)
        resting = watched(page)
        assert resting["top"] > 0
        until = time.monotonic() + SECONDS / 2
        while time.monotonic() < until:
            page.wait_for_timeout(250)
            now = watched(page)
            assert (now["under"], now["top"]) == (resting["under"], resting["top"])
        # Then all of it passes by, down to the end and up again.
        scroll_through(page, 1)
        scroll_through(page, -1)
    expect(changed).to_be_visible()
    found = watched(page)
    assert found["moved"] == []
    assert found["height"] == ROWS * ROW_PX, "none came in, none went"
    assert found["known"] == found["places"], "each has a place of its own"
    assert found["known"] > ROWS / 2, "they have passed by"
    assert found["rows"] <= DOM_ROWS_MAX, "only those in sight exist"
    expect(page.get_by_text(f"{ROWS:,} cases", exact=True)).to_be_visible()
    figures = {name: found[name] for name in ("frames", "blank", "gap", "long")}
    seconds = round(time.monotonic() - began)
    log.info("%s", {**figures, "updates": 2 * sum(told), "seconds": seconds})

    # What is new was announced, and comes in when it is asked for.
    expect(changed).to_contain_text(f"{told[1]:,}")
    page.keyboard.press("r")
    expect(page.get_by_text(f"{ROWS + told[1]:,} cases", exact=True)).to_be_visible()
