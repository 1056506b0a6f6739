"""A small demo that stays: what people do in a browser while its sale is played, and after it."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from tests.browser.conftest import Visitor
from tests.browser.seen import PICTURES
from tests.scenarios.installation import HOST, Client, Json, Server, is_proof
from tests.scenarios.test_demo import Demo, await_line, demo, interrupt

from orderguard.app import Installation
from orderguard.domain.accounts import Role

PLAYED_S_MAX = 1_200.0
PATIENCE_MS = 60_000
"""A demo and a browser on a machine with other work; nothing here is a measure of speed."""
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
JOURNEYS_IN = tuple(LOCALES) if is_proof() else ("zh",)
TOURS_IN = tuple(LOCALES) if is_proof() or PICTURES else ("en",)
"""One language each in CI, both in a proof; other tests see pages in both as well."""


@dataclass
class Playing:
    """A demo whose server answers; its sale may still be played."""

    process: Demo
    port: int
    installation: Installation
    figures: Json = field(default_factory=dict)

    def await_over(self) -> Json:
        """Until the sale is over and the simulated people have gone home; what it came to."""
        if not self.figures:
            assert self.process.stdout is not None
            assert self.process.stderr is not None
            self.figures = json.loads(await_line(self.process.stdout, r"^\{.*\}$")[0])
            await_line(self.process.stderr, rf"http://{HOST}:\d+ until Ctrl-C")
        return self.figures

    def link(self, role: Role = Role.ADMIN, name: str = "li") -> str:
        """The token of a one-time link."""
        with closing(self.installation.open_control()) as control:
            return control.accounts.link_add(name, role)

    def asker(self) -> "Asker":
        """Who reads the API as a program would."""
        with closing(self.installation.open_control()) as control:
            token = control.accounts.token_add("a reader", Role.ADMIN)
        return Asker(self.port, token)


@dataclass(frozen=True)
class Asker:
    """Reads the API; each time anew, since the server ends a connection that idles meanwhile."""

    port: int
    token: str

    def get(self, path: str, **query: str) -> Any:
        with Client(self.port, {"authorization": f"Bearer {self.token}"}) as client:
            return client.get(path, **query)

    def alerts(self, **query: str) -> list[Json]:
        with Client(self.port, {"authorization": f"Bearer {self.token}"}) as client:
            return client.alerts(**query)


@contextmanager
def playing(scratch: Path, *, is_watched: bool = False) -> Iterator[Playing]:
    """From when its server can be signed in to; ended as people end it.

    `is_watched`: the sale takes the minute that eyes need, and not as little as it can.
    """
    folder = scratch / "kept"
    asked = ["--stay", "--json", "--no-browser", "--port", "0", "--data", str(folder)]
    asked += [] if is_watched else ["--fast"]
    with demo(scratch, *asked, seconds_max=PLAYED_S_MAX) as process:
        assert process.stderr is not None
        port = int(await_line(process.stderr, rf"http://{HOST}:(\d+)  sign in once")[1])
        yield Playing(process, port, Installation(folder))
        interrupt(process)


def visiting(chromium: Browser, demo: Playing) -> Visitor:
    """Somebody with a browser before the demo's server."""
    return Visitor(chromium, demo.installation, Server(demo.installation.folder, demo.port))


def left(visitor: Visitor) -> None:
    """Go, and tell what the browser complained of."""
    for context in visitor.contexts:
        context.close()
    assert visitor.faults == []
    assert visitor.hosts == {visitor.address.removeprefix("http://")}, "no other host is asked"


def enter(
    visitor: Visitor, demo: Playing, language: str, role: Role, then: str, *, name: str = ""
) -> Page:
    """Sign in with a one-time link, and go to a page of the workbench."""
    link = demo.link(role, name or f"{role}-{language}")
    page = visitor.arrive(
        f"/sign-in?token={link}", locale=LOCALES[language], width=1440, height=900
    )
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{visitor.address}/workbench/{then}")
    page.wait_for_selector(".og-freshness[data-line=live]")
    return page
