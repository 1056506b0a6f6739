"""The storefront of docs/howto/screen-before-checkout.md, run as it stands there.

The shop's pages and OrderGuard are of different origins here, as they are in the field.
"""

import json
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.actions.test_examples import examples
from tests.browser.conftest import WAIT_MS_MAX
from tests.browser.test_screen import HOLE, drag
from tests.repository.tree import ROOT
from tests.scenarios.installation import HOST, Json, Server, api_headers, installed, serving

from orderguard.app import Installation
from orderguard.kit.clock import SystemClock, rfc3339
from orderguard.settings import FILE_NAME

HOWTO = ROOT / "docs" / "howto" / "screen-before-checkout.md"
NAMED = "https://orderguard.example"
HOUR_MS = 3_600_000


@dataclass
class Shop:
    """A merchant's own backend: the page of the howto, and its function behind one path."""

    page: str = ""
    screen: Callable[..., Json] | None = None
    buyer: Json = field(default_factory=dict)
    ip: str = "203.0.113.9"
    answers: list[Json] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path == "/"
                self._answer(200 if is_page else 404, "text/html", shop.page if is_page else "")

            def do_POST(self) -> None:
                attempt = json.loads(self.rfile.read(int(self.headers["content-length"])))
                assert shop.screen is not None
                shop.answers.append(shop.screen(attempt, shop.buyer, shop.ip))
                self._answer(200, "application/json", json.dumps(shop.answers[-1]))

            def _answer(self, status: int, kind: str, text: str) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None: ...

        return Handler


@pytest.fixture
def shop() -> Iterator[tuple[Shop, int]]:
    shop = Shop()
    server = ThreadingHTTPServer((HOST, 0), shop.handler())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield shop, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def orderguard(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, shop: tuple[Shop, int]
) -> Iterator[tuple[Installation, Server]]:
    """An installation with the settings of the howto, for this shop's origin."""
    assert chromium.is_connected()
    (told,) = examples(HOWTO, "toml")
    settings = tomllib.loads(told)
    settings["screen"]["storefronts"] = f"http://{HOST}:{shop[1]}"
    installation = installed(tmp_path_factory.mktemp("howto") / "data", "demo")
    (installation.folder / FILE_NAME).write_text(
        "\n".join(
            f"[{name}]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
            for name, table in settings.items()
        )
    )
    with serving(installation) as server:
        yield installation, server


def opened(
    shop: tuple[Shop, int],
    orderguard: tuple[Installation, Server],
    chromium: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Page:
    """The howto's page in a browser, its function in the shop's backend."""
    backend, port = shop
    installation, server = orderguard
    address = f"http://{HOST}:{server.port}"
    token = api_headers(installation)["authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("SHOP_ORDERGUARD", address)
    monkeypatch.setenv("SHOP_ORDERGUARD_TOKEN", token)
    (code,), (page,) = examples(HOWTO, "python"), examples(HOWTO, "html")
    shown: dict[str, Any] = {}
    exec(code, shown)  # noqa: S102 - it is our own page.
    backend.screen, backend.page = shown["screen"], page.replace(NAMED, address)
    expect.set_options(timeout=WAIT_MS_MAX)
    browser_page = chromium.new_page(locale="en-GB")
    browser_page.goto(f"http://{HOST}:{port}/")
    return browser_page


def robots(backend: Shop, count: int) -> list[str]:
    """A script asks from the segment at which the buyer sits."""
    assert backend.screen is not None
    registered_at = rfc3339(SystemClock().now_ms() - HOUR_MS)
    told = []
    for number in range(count):
        attempt = {
            "attempt_id": f"robot-{number}",
            "device": {"id": f"bot-{number % 2}"},
            "lines": [{"sku": "limited", "quantity": 1, "unit_price": "999.00"}],
        }
        buyer = {"id": f"robot-{number}", "registered_at": registered_at}
        told.append(backend.screen(attempt, buyer, f"203.0.113.{number + 20}")["decision"])
    return told


def test_the_storefront_of_the_howto_lets_buy_and_shows_the_challenge(
    shop: tuple[Shop, int],
    orderguard: tuple[Installation, Server],
    chromium: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, backend = opened(shop, orderguard, chromium, monkeypatch), shop[0]
    backend.buyer = {"id": "li", "registered_at": "2024-01-01T00:00:00+08:00"}
    page.get_by_role("button", name="Buy").click()
    expect(page.locator("#told")).to_have_text("Thank you")
    assert [one["decision"] for one in backend.answers] == ["allow"]

    assert robots(backend, 10) == ["allow"] * 3 + ["challenge"] * 7
    page.reload()
    page.get_by_role("button", name="Buy").click()
    frame = page.frame_locator("dialog iframe")
    expect(frame.locator("#scene")).to_be_visible()
    inner = page.frames[1]
    inner.wait_for_function(
        "() => [...document.images].every((image) => image.complete && image.naturalWidth)"
    )
    own = HOLE.replace("document.querySelector('dialog iframe').contentDocument", "document")
    drag(page, frame, inner.evaluate(own))
    expect(page.locator("#told")).to_have_text("Thank you")
    assert [one["decision"] for one in backend.answers[-2:]] == ["challenge", "allow"]
    page.close()


def test_the_shop_of_the_howto_goes_on_selling_without_us(
    shop: tuple[Shop, int],
    orderguard: tuple[Installation, Server],
    chromium: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, backend = opened(shop, orderguard, chromium, monkeypatch), shop[0]
    orderguard[1].stop()
    page.get_by_role("button", name="Buy").click()
    expect(page.locator("#told")).to_have_text("Thank you")
    assert backend.answers == [{"decision": "allow", "unchecked": True, "challenge": None}]
    page.close()
