"""A browser before a real server. What it may never do is looked at after every test."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from tests.scenarios.installation import HOST, Sender, Server, installed, serving

from orderguard.app import Installation
from orderguard.domain.accounts import Role

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS_MAX = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For one module: while Playwright runs, its loop stands in the way of other tests' loops."""
    if not CHROMIUM.exists():
        assert "CI" not in os.environ, f"CI installs {CHROMIUM} itself: scripts/browser.sh"
        pytest.skip(f"no browser: {CHROMIUM} is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def installation(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Made only where there is a browser to look at it."""
    assert chromium.is_connected()
    return installed(tmp_path_factory.mktemp("shop") / "data", "demo", "second")


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    with serving(installation) as server:
        yield server


@pytest.fixture
def sender(server: Server) -> Iterator[Sender]:
    with Sender(server.port) as sender:
        yield sender


@dataclass
class Visitor:
    """Somebody with a browser; `faults` is what the browser complained of."""

    chromium: Browser
    installation: Installation
    server: Server
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server.port}"

    def arrive(
        self, path: str = "/simple", *, locale: str = "zh-CN", width: int = 1280, height: int = 800
    ) -> Page:
        """Open a page in a fresh browser."""
        context = self.chromium.new_context(
            locale=locale, viewport={"width": width, "height": height}
        )
        self.contexts.append(context)
        context.set_default_timeout(WAIT_MS_MAX)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._request)
        page.goto(f"{self.address}{path}")
        return page

    def sign_in(
        self, then: str = "", *, locale: str = "zh-CN", width: int = 1280, height: int = 800
    ) -> Page:
        """Use a one-time link, and wait until the page is live."""
        with closing(self.installation.open_control()) as control:
            link = control.accounts.link_add("li", Role.OPERATIONS)
        page = self.arrive(f"/sign-in?token={link}", locale=locale, width=width, height=height)
        page.goto(f"{self.address}/simple{then}")
        page.wait_for_selector(".line[data-line=live]")
        page.wait_for_selector(".state:not([data-state=unknown])")
        return page

    def _console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"}:
            self.faults.append(f"{kind}: {text}")

    def _request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)


@pytest.fixture
def visitor(chromium: Browser, installation: Installation, server: Server) -> Iterator[Visitor]:
    visitor = Visitor(chromium, installation, server)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.faults == []
    assert visitor.hosts == {f"{HOST}:{server.port}"}, "no other host is asked for anything"
