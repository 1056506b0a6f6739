"""Every screen of the workbench over a demo that was played to its end: the pictures of the docs.

`make pictures` keeps them.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import WAIT_MS_MAX
from tests.browser.seen import picture, serious
from tests.scenarios.installation import HOST, Client
from tests.scenarios.test_demo import await_line, demo, interrupt

from orderguard.api import workbench
from orderguard.app import Installation
from orderguard.domain.accounts import Role

PLAYED_S_MAX = 400.0
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PAGES = {
    "live": "live",
    "inbox": "inbox?view=all",
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
    """A demo whose sale is over, and whose server stays."""

    port: int
    installation: Installation
    places: dict[str, str]

    def link(self, role: Role = Role.ADMIN) -> str:
        with closing(self.installation.open_control()) as control:
            return control.accounts.link_add("li", role)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    scratch = tmp_path_factory.mktemp("demo")
    folder = scratch / "kept"
    asked = ("--fast", "--stay", "--json", "--port", "0", "--data", str(folder))
    with demo(scratch, *asked, seconds_max=PLAYED_S_MAX) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(await_line(process.stdout, r"^\{.*\}$")[0])
        port = int(await_line(process.stderr, rf"http://{HOST}:(\d+) until Ctrl-C")[1])
        installation = Installation(folder)
        with closing(installation.open_control()) as control:
            token = control.accounts.token_add("tour", Role.ADMIN)
        headers = {"authorization": f"Bearer {token}"}
        with Client(port, headers) as client:
            alert = client.ask("GET", "/api/v1/alerts?severity=critical&limit=1").json["items"][0]
            cases = client.ask("GET", "/api/v1/cases?limit=200").json["items"]
        case = next(one for one in cases if alert["alert_id"] in one["alert_ids"])
        order = f"{alert['channel']}/{alert['shop']}/{alert['order_ids'][0]}"
        places = {"case": case["case_id"], "order": order}
        yield Played(port, installation, places)
        interrupt(process)


@pytest.fixture(scope="module", params=LOCALES)
def reader(request: pytest.FixtureRequest, chromium: Browser, played: Played) -> Iterator[Page]:
    """Somebody signed in, in one of the languages; no page may complain."""
    context = chromium.new_context(
        locale=LOCALES[request.param], viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(WAIT_MS_MAX)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"http://{HOST}:{played.port}/sign-in?token={played.link()}")
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_has_something_to_show(reader: Page, played: Played, name: str) -> None:
    language = str(reader.evaluate("document.documentElement.lang"))[:2]
    path = PAGES[name].format(**played.places)
    reader.goto(f"http://{HOST}:{played.port}/workbench/{path}")
    reader.wait_for_selector(".og-freshness[data-line=live]")
    busy = reader.locator(".ant-skeleton, .ant-spin-spinning, .ant-result")
    expect(busy).to_have_count(0, timeout=WAIT_MS_MAX)
    picture(reader, f"{name}-{language}")
    assert serious(reader) == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(reader.locator("#page").inner_text()) > 50
