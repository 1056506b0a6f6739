"""A running fold behind the API, fed through the real intake; access from a real control.db."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from tests.settlement.files import formats

from orderguard.api import Metrics, make_api
from orderguard.app import guides
from orderguard.bilingual import Bilingual
from orderguard.channels import discover, discover_calls, discover_feeds
from orderguard.commands.doctor.finding import Finding, note
from orderguard.domain.accounts import Role
from orderguard.domain.entries import ListKind
from orderguard.domain.ports import RawMessage
from orderguard.errors import BadInput
from orderguard.flows.challenges import Challenges
from orderguard.flows.contacts import Contacts
from orderguard.flows.ingest import Intake
from orderguard.flows.live import Live, LiveSettings
from orderguard.flows.live_library import Published
from orderguard.flows.screen import Screen, ScreenLimits
from orderguard.flows.senders import Senders
from orderguard.flows.shop_desk import ShopDesk
from orderguard.flows.shop_test import Known
from orderguard.flows.statements import StatementImport
from orderguard.kit.clock import MS_PER_SECOND, ManualClock, rfc3339
from orderguard.kit.sealing import Keyring
from orderguard.kit.signing import sign_webhook, webhook_key
from orderguard.settings import Settings
from orderguard.settings_file import shown
from orderguard.stores.memory import MemoryLog, MemoryState
from orderguard.stores.sqlite.control import Control

LIBRARY = Path(__file__).resolve().parents[2] / "src" / "orderguard" / "library"
HOST = "orderguard.test"
START_MS = 1_794_326_400_000
"""2026-11-11T00:00:00+08:00: the sale begins."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.

Event = dict[str, Any]


def library(preset: str = "micro") -> Published:
    files = {
        path.relative_to(LIBRARY).as_posix(): path.read_text("utf-8")
        for path in sorted(LIBRARY.rglob("*.yaml"))
    }
    return Published(files=files, preset=preset)


def listed_value(kind: ListKind, text: str) -> tuple[str, str]:
    """Phones become tokens, as in a server; all else stands as it is."""
    if kind is not ListKind.PHONE:
        return text, text
    if not text.isdigit():
        raise BadInput("This is no phone number.", hint="Write its digits.")
    return f"token-of-{text}", f"{text[:3]}****{text[-4:]}"


def paid(order_id: str, buyer: str, *, at_ms: int, sku: str = "shoe-42") -> Event:
    """`order.paid` of one line."""
    return {
        "id": f"evt_{order_id}",
        "type": "order.paid",
        "occurred_at": rfc3339(at_ms),
        "data": {
            "order": {
                "order_id": order_id,
                "status": "paid",
                "created_at": rfc3339(at_ms),
                "paid_at": rfc3339(at_ms),
                "buyer": {"id": buyer, "phone": "13800138000", "name": "王小明"},
                "lines": [{"line_id": "1", "sku": sku, "quantity": 1, "unit_price": "59.00"}],
                "amount": "59.00",
                "currency": "CNY",
            }
        },
    }


@dataclass
class Installation:
    """A server without its HTTP: what the API works on, and who sends it events."""

    live: Live
    control: Control
    keyring: Keyring
    clock: ManualClock
    senders: Senders
    metrics: Metrics
    log: MemoryLog
    state: MemoryState
    sent: int = 0

    async def tell(self, *events: Event, shop: str = "demo") -> None:
        """Send events as the shop would; their alerts stand when this returns."""
        body = json.dumps(events).encode()
        self.sent += 1
        timestamp = str(self.clock.now_ms() // MS_PER_SECOND)
        signature = sign_webhook(webhook_key(SECRET), f"msg_{self.sent}", timestamp, body)
        headers = {
            "webhook-id": f"msg_{self.sent}",
            "webhook-timestamp": timestamp,
            "webhook-signature": signature,
        }
        await self.intake().receive("standard", shop, RawMessage(headers, "", body))
        await self.live.writer.until_folded()  # The answer comes before.

    def intake(self) -> Intake:
        return Intake(
            channels=discover(),
            shops=self.control,
            keys=self.keyring,
            writer=self.live.writer,
            clock=self.clock,
            on_refused=self.senders.refused,
        )

    async def burst(self, buyer: str, orders: int = 5, *, first: int = 1) -> list[str]:
        """One buyer orders one product again and again, a second apart: a high alert.

        Lists of alerts may be a moment behind; `live.flush` spares the wait.
        """
        ids = [f"{buyer}-{number}" for number in range(first, first + orders)]
        for order_id in ids:
            self.clock.advance(MS_PER_SECOND)
            await self.tell(paid(order_id, buyer, at_ms=self.clock.now_ms()))
        return ids

    def token(self, role: Role) -> dict[str, str]:
        token = self.control.accounts.token_add(f"a {role} program", role)
        return {"authorization": f"Bearer {token}"}

    def api(
        self,
        screen: Screen | None = None,
        *,
        storefronts: str = "",
        written: dict[str, str] | None = None,
        supplies: Mapping[str, frozenset[str]] | None = None,
    ) -> FastAPI:
        """`written`: where files of the library are laid that the API changes."""
        folder: dict[str, str] = {} if written is None else written
        return make_api(
            self.live,
            self.control.accounts,
            self.metrics,
            clock=self.clock,
            listed_value=listed_value,
            screening=screen or self.screen(),
            storefronts=storefronts,
            statements=StatementImport(formats(), self.intake()),
            desk=self.desk(),
            examine=lambda: [
                Finding("files", Bilingual("in order.", "正常。")),
                note("disk", Bilingual("Nearly full.", "快满了。"), Bilingual("Tidy.", "请清理。")),
            ],
            settings=shown(Settings()),
            person=self.contacts().person,
            write_rule=folder.__setitem__,
            supplies=supplies or {},
        )

    def desk(self) -> ShopDesk:
        return ShopDesk(
            shops=self.control,
            senders=self.senders,
            known=Known(discover(), discover_calls(), discover_feeds(), self.control.memory),
            guides=guides(),
            public_url="https://guard.example.com/",
        )

    def contacts(self) -> Contacts:
        return Contacts(
            event_log=self.log,
            keys=self.keyring,
            channels=discover(),
            shops=self.control,
            timeline=self.live.timeline,
        )

    def screen(self, *, asks_per_s_max: float = 100.0, is_shadow: bool = False) -> Screen:
        return Screen(
            live=self.live,
            shops=self.control,
            keys=self.keyring,
            clock=self.clock,
            challenges=Challenges(self.clock),
            limits=ScreenLimits(asks_per_s_max=asks_per_s_max),
            is_shadow=is_shadow,
        )

    def restarted(self) -> Live:
        """Another server over the same log and state; its measurements begin anew."""
        self.metrics = Metrics()
        return Live(
            event_log=self.log,
            store=self.state,
            clock=self.clock,
            mailbox=self.control,
            settings=LiveSettings(),
            observer=self.metrics,
        )


def connect(api: FastAPI, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A client of the API in this process; failures are answers, as over a wire."""
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", headers=headers)


@asynccontextmanager
async def served(api: FastAPI) -> AsyncIterator[str]:
    """The API on a loopback port, on the loop that owns the fold; its address."""
    config = uvicorn.Config(
        api,
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells nobody.
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
