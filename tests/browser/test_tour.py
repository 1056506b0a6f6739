"""Every screen of the workbench over a demo that was played to its end: the pictures of the docs.

`make pictures` keeps them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import WAIT_MS_MAX
from tests.browser.demo import LOCALES, TOURS_IN, Playing, playing
from tests.browser.seen import picture, serious
from tests.scenarios.installation import HOST

from orderguard.api import workbench

PAGES = {
    "live": "live",
    "inbox": "inbox",
    "case": "cases/{case}",
    "orders": "orders",
    "order": "orders/{order}",
    "rules": "rules",
    "rule": "rules/velocity.same_item_burst",
    "canvas": "rules/canvas",
    "playbooks": "playbooks?id=high",
    "lists": "lists",
    "stock": "stock",
    "mappings": "stock?tab=mappings",
    "money": "stock?tab=money",
    "connectors": "connectors",
    "results": "results",
    "actions": "actions",
    "admin": "admin",
    "account": "account",
}

pytestmark = pytest.mark.skipif(workbench.built() is None, reason="no workbench (make setup)")


@dataclass
class Played:
    """A demo whose sale is over, and where its attack is looked at."""

    demo: Playing
    places: dict[str, str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with playing(tmp_path_factory.mktemp("demo")) as demo:
        demo.await_over()
        asker = demo.asker()
        alert = asker.get("/api/v1/alerts", severity="critical")["items"][0]
        (case,) = asker.get("/api/v1/cases", alert_id=alert["alert_id"])["items"]
        order = f"{alert['channel']}/{alert['shop']}/{alert['order_ids'][0]}"
        yield Played(demo, {"case": case["case_id"], "order": order})


@pytest.fixture(scope="module", params=TOURS_IN)
def reader(request: pytest.FixtureRequest, chromium: Browser, played: Played) -> Iterator[Page]:
    """Somebody signed in, in one of the languages; no page may complain."""
    context = chromium.new_context(
        locale=LOCALES[request.param], viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(WAIT_MS_MAX)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"http://{HOST}:{played.demo.port}/sign-in?token={played.demo.link()}")
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_has_something_to_show(reader: Page, played: Played, name: str) -> None:
    path = PAGES[name].format(**played.places)
    reader.goto(f"http://{HOST}:{played.demo.port}/workbench/{path}")
    reader.wait_for_selector(".og-freshness[data-line=live]")
    busy = reader.locator(".ant-skeleton, .ant-spin-spinning, .ant-result, .ant-progress")
    expect(busy).to_have_count(0, timeout=WAIT_MS_MAX)
    language = str(reader.evaluate("document.documentElement.lang"))[:2]
    picture(reader, f"{name}-{language}")
    assert serious(reader) == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(reader.locator("#page").inner_text()) > 50
