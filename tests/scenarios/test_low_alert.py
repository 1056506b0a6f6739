"""A doubtful order in a server that acts: a message, an answer, a lock that ends, over a stop."""

import json
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.actions.merchant import Merchant, system
from tests.scenarios.installation import (
    HOST,
    Client,
    Json,
    Sender,
    Server,
    api_headers,
    entries_of,
    event,
    installed,
)

from orderguard.app import Installation
from orderguard.domain.entries import ResponseReceipt
from orderguard.domain.ports import Outcome
from orderguard.kit.clock import MS_PER_HOUR, SystemClock, rfc3339
from orderguard.server import serve
from orderguard.simulate.providers.sms import LINK_START, Aliyun

COME_S_MAX = 30.0
PHONES = {"answers": "13800138001", "silent": "13800138002"}


class LaterClock:
    """The machine's clock some hours on."""

    def __init__(self, hours: int) -> None:
        self._ms = hours * MS_PER_HOUR

    def now_ms(self) -> int:
        return SystemClock().now_ms() + self._ms


def _serve_later(folder: Path, port: int, hours: int) -> None:
    serve(folder, host=HOST, port=port, on_ready=lambda *_: None, clock=LaterClock(hours))


@contextmanager
def served_later(folder: Path, port: int, hours: int) -> Iterator[None]:
    later = multiprocessing.get_context("spawn").Process(
        target=_serve_later, args=(folder, port, hours)
    )
    later.start()
    try:
        yield
    finally:
        later.terminate()
        later.join()


def acting(folder: Path, merchant: Merchant, texts: Mapping[str, Any]) -> Installation:
    """In live mode, with a merchant's system and a provider of text messages."""
    installation = installed(folder, "demo")
    path = folder / "orderguard.toml"
    text = path.read_text().replace('mode = "shadow"', 'mode = "live"')
    text = text.replace('# public_url = ""', f'public_url = "{LINK_START.removesuffix("/x/")}"')
    own = {"url": merchant.url, "secret": merchant.settings.secret}
    for name, table in {"sms": texts, "lock_stock": own, "reserve_stock": own}.items():
        lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
        text += "\n".join([f"\n[actions.{name}]", *lines, ""])
    path.write_text(text)
    return installation


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def doubtful(order_id: str) -> Json:
    """Just below the threshold, by somebody new, without a coupon: a low alert."""
    now_ms = SystemClock().now_ms()
    order = {
        "order_id": order_id,
        "status": "pending_payment",
        "created_at": rfc3339(now_ms),
        "buyer": {
            "id": f"buyer-{order_id}",
            "registered_at": rfc3339(now_ms - MS_PER_HOUR),
            "phone": PHONES[order_id],
        },
        "lines": [{"line_id": "1", "sku": "shoe", "quantity": 2, "unit_price": "495.00"}],
        "amount": "990.00",
        "currency": "CNY",
        "coupons": [],
        "device": {"id": f"phone-of-{order_id}"},
    }
    return event(f"{order_id}.placed", "order.created", {"order": order})


def comes(what: Callable[[], bool]) -> None:
    limit = time.monotonic() + COME_S_MAX
    while not what():
        assert time.monotonic() < limit, "it never comes"
        time.sleep(0.05)


def test_a_buyer_confirms_by_a_link_and_the_lock_of_a_silent_one_ends_over_a_stop(
    tmp_path: Path,
) -> None:
    texts = Aliyun()
    with system() as merchant:
        installation = acting(tmp_path / "data", merchant, texts.connection())
        headers = api_headers(installation)
        with Server(installation.folder) as server:
            server.start()
            with Sender(server.port) as sender:
                sender.tell(doubtful("answers"), doubtful("silent"))
            comes(lambda: len(texts.effects) == 2 and len(merchant.effects) == 2)
            lock_of = {body["orders"][0]["order_id"]: key for key, body in merchant.bodies.items()}
            (asked,) = [text for text in texts.effects if PHONES["answers"] in text]
            (link,) = re.findall(rf"{LINK_START}(\S+)", asked)
            with Client(server.port) as buyer, Client(server.port, headers) as api:
                assert b"<form" in buyer.ask("GET", f"/x/{link}").body
                comes(lambda: buyer.ask("POST", f"/x/{link}").status in {200, 410})
                comes(lambda: "reserve_stock" in {b["action"] for b in merchant.bodies.values()})
                (run,) = api.order("answers")["responses"]
                (ask,) = [step for step in run["steps"] if step["step"] == "ask"]
                assert ask["sent"][0]["answer"] == "confirmed"
            assert server.stop() == 0
        assert not [key for key in merchant.effects if key.endswith(".undo")]

        with served_later(installation.folder, server.port, hours=3):
            comes(lambda: f"{lock_of['silent']}.undo" in merchant.effects)
            comes(lambda: _unlocked(installation) == 1)
        assert [key for key in merchant.effects if key.endswith(".undo")] == [
            f"{lock_of['silent']}.undo"
        ]
        assert set(merchant.effects.values()) == {1}
        assert len(texts.effects) == 2, "nobody is asked twice"
    texts.close()
    said = str([entry for entry in entries_of(installation) if isinstance(entry, ResponseReceipt)])
    assert not [phone for phone in PHONES.values() if phone in said], "the log knows no number"


def _unlocked(installation: Installation) -> int:
    return sum(
        isinstance(entry, ResponseReceipt)
        and (entry.step, entry.outcome) == ("unlock", Outcome.DONE)
        for entry in entries_of(installation)
    )
