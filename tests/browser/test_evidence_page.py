"""The page of evidence that a meeting is called with, as a browser prints it."""

import re
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

import orderguard
from orderguard.actions.meeting.page import bundle
from orderguard.domain.ports import Doing

FIXTURES = Path(orderguard.__file__).parent / "actions" / "meeting" / "fixtures"
BURST = msgspec.json.decode((FIXTURES / "burst_in_chinese.json").read_bytes(), type=Doing)


def _many(doing: Doing) -> Doing:
    hit = doing.alert.hits[0]
    features = {f"buyer.feature_{number}": number for number in range(20)}
    hits = tuple(
        replace(hit, rule=f"velocity.rule_{number}", features=features) for number in range(30)
    )
    return replace(doing, orders=doing.orders * 100, alert=replace(doing.alert, hits=hits))


@pytest.mark.parametrize("doing", [BURST, _many(BURST)], ids=["few", "many"])
def test_it_is_one_page_and_asks_nothing_of_anybody(chromium: Browser, doing: Doing) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(bundle(doing))
    assert page.locator("h1").inner_text() == "【高】风险预警 standard/demo 5 笔订单"
    assert page.locator(".act a").count() == 2
    assert re.findall(rb"/Count (\d+)", page.pdf(prefer_css_page_size=True)) == [b"1"]
    assert asked == []
    page.close()
