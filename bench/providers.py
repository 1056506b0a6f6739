"""Providers in a process of their own: `python -m bench.providers FOLDER`.

One line of its output says how each action is connected, as JSON. Each call is a line in the
folder's calls.jsonl, written before the call is answered. The process leaves when its input ends.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from orderguard.simulate.providers.meeting import Group
from orderguard.simulate.providers.merchant import Merchant
from orderguard.simulate.providers.notify import DingTalk
from orderguard.simulate.providers.server import Asked, Fault, HttpProvider, Told

CALLS = "calls.jsonl"
PROVIDERS: Mapping[str, Callable[[], HttpProvider]] = {
    "hold_shipment": Merchant,
    "lock_stock": Merchant,
    "meeting": Group,
    "notify": DingTalk,
}


class Call(Struct, frozen=True, kw_only=True):
    """`at_ns` on the monotonic clock, which the processes of a machine share.

    `key` and `orders` are empty where the provider is not told of them. `is_taken`: it acted.
    """

    action: str
    at_ns: int
    is_taken: bool
    key: str = ""
    orders: tuple[str, ...] = ()


class Recorder(HttpProvider):
    """A provider that has each of its calls written down."""

    def __init__(self, action: str, inner: HttpProvider, write: Callable[[Call], None]) -> None:
        super().__init__()
        self._action, self._inner, self._write = action, inner, write

    def settings(self, url: str) -> Mapping[str, Any]:
        return self._inner.settings(url)

    def secrets(self) -> tuple[str, ...]:
        return self._inner.secrets()

    def fail(self, fault: Fault) -> Told:
        return self._inner.fail(fault)

    def act(self, asked: Asked) -> Told:
        at_ns, before = time.monotonic_ns(), len(self._inner.effects)
        told = self._inner.act(asked)
        orders = json.loads(asked.body).get("orders", ())
        self._write(
            Call(
                action=self._action,
                at_ns=at_ns,
                is_taken=len(self._inner.effects) > before,
                key=asked.headers.get("webhook-id", ""),
                orders=tuple(order["order_id"] for order in orders),
            )
        )
        return told


def calls_in(folder: Path) -> list[Call]:
    """All calls so far, in the order in which they came to their end."""
    lines = (folder / CALLS).read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n")]
    return [msgspec.json.decode(line, type=Call) for line in whole]


def serve(folder: Path) -> None:
    one_at_a_time = threading.Lock()
    with (folder / CALLS).open("ab", buffering=0) as file:

        def write(call: Call) -> None:
            with one_at_a_time:
                file.write(msgspec.json.encode(call) + b"\n")

        listening = {name: Recorder(name, make(), write) for name, make in PROVIDERS.items()}
        tables = {name: provider.connection() for name, provider in listening.items()}
        print(json.dumps(tables), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
