"""Everybody outside, in one process: the message providers, the merchant's own system, the buyers.

They listen on ports of this machine alone, which the installation's settings name.
"""

import http.client
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from multiprocessing.connection import Connection
from random import Random
from typing import Any
from urllib.parse import urlsplit

from orderguard.app import actions
from orderguard.commands.demo.children import HOST
from orderguard.domain.merchant import MerchantSettings
from orderguard.simulate.merchant import SECRET, MerchantSystem
from orderguard.simulate.providers.meeting import Group
from orderguard.simulate.providers.notify import DingTalk
from orderguard.simulate.providers.sms import LINK_START, Tencent

PUBLIC_URL = "{0.scheme}://{0.netloc}".format(urlsplit(LINK_START))
"""What messages name as our address; buyers of the demo find the server behind it."""
TELL_S = 0.1
SMS_PACKAGES = ("tencentcloud", "phonenumbers")
"""Extras: without them no text messages are sent."""
SECONDS_BETWEEN = 0.5
"""Between two gathered messages to a group: a sale of hours is played in a minute."""
CONFIRMING_SHARE = 0.6
"""Of honest buyers who are asked whether an order is theirs; all others say nothing."""
ANSWER_S_MAX = 10.0

_ASKED = re.compile(r"订单(\S+?)是您.*" + re.escape(LINK_START) + r"(\S+)")


@dataclass(frozen=True, slots=True)
class Connected:
    """The tables of settings that connect each action, by its name."""

    tables: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Open:
    """The server takes answers at this port; which orders their buyers know nothing of."""

    port: int
    bad: frozenset[str]
    seed: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the merchant's system took for the first time, at `at_s` (monotonic)."""

    at_s: float
    action: str
    alert_id: str
    order_ids: tuple[str, ...]
    is_undo: bool


@dataclass(frozen=True, slots=True)
class News:
    """Since the last: calls. In all: messages by what they are, and buyers who confirmed."""

    calls: tuple[Call, ...] = ()
    messages: Mapping[str, int] = field(default_factory=dict)
    confirmed: int = 0


class Merchant(MerchantSystem):
    """Remembers what it was asked to do, and does it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.told: deque[Call] = deque()
        self._known: set[str] = set()

    def take(self, key: str, body: Any, *, is_signed: bool) -> tuple[str, bytes]:
        answer = super().take(key, body, is_signed=is_signed)
        if is_signed and key not in self._known:
            self._known.add(key)
            orders = tuple(order["order_id"] for order in body.get("orders", ()))
            self.told.append(
                Call(
                    at_s=time.monotonic(),
                    action=body["action"],
                    alert_id=body.get("alert_id", ""),
                    order_ids=orders,
                    is_undo="undoes" in body,
                )
            )
        return answer


class Buyers:
    """Answer the messages that ask whether an order is theirs."""

    def __init__(self, opened: Open) -> None:
        self._bad = opened.bad
        self._rng = Random(opened.seed)  # noqa: S311 - a simulation.
        self._connection = http.client.HTTPConnection(HOST, opened.port, timeout=ANSWER_S_MAX)
        self.confirmed = 0

    def read(self, texts: Iterable[str]) -> None:
        for text in texts:
            asked = _ASKED.search(text)
            if asked and asked[1] not in self._bad and self._rng.random() < CONFIRMING_SHARE:
                self._confirm(asked[2])

    def _confirm(self, tail: str) -> None:
        """A server that has no time gets no answer: buyers do not try again."""
        try:
            self._connection.request("POST", f"/x/{tail}")
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
        else:
            self.confirmed += answer.status == http.HTTPStatus.OK


def outside(pipe: Connection) -> None:
    """Say how everybody is reached, then what was asked of them, until the process is ended."""
    merchant, chat, group = Merchant(), DingTalk(), Group()
    chat.is_limited = group.is_limited = False
    sms = Tencent() if all(map(find_spec, SMS_PACKAGES)) else None
    merchant.start()
    pipe.send(Connected(_tables(merchant, chat, group, sms)))
    buyers: Buyers | None = None
    read = 0
    while True:
        if buyers is None and pipe.poll():
            buyers = Buyers(pipe.recv())
        texts = sms.effects if sms else []
        if buyers is not None:
            buyers.read(texts[read:])
            read = len(texts)
        messages = Counter(notify=len(chat.effects), meeting=len(group.effects), sms=len(texts))
        calls = []
        with suppress(IndexError):
            while True:
                calls.append(merchant.told.popleft())
        pipe.send(News(tuple(calls), messages, buyers.confirmed if buyers else 0))
        time.sleep(TELL_S)


def _tables(
    merchant: Merchant, chat: DingTalk, group: Group, sms: Tencent | None
) -> dict[str, Mapping[str, Any]]:
    own = {"url": merchant.url, "secret": SECRET}
    tables: dict[str, Mapping[str, Any]] = {
        name: own for name, kind in actions().items() if kind.settings is MerchantSettings
    }
    pace = {"seconds_between": SECONDS_BETWEEN}
    tables["notify"] = {**chat.connection(), **pace}
    tables["meeting"] = {**group.connection(), **pace}
    if sms is not None:
        tables["sms"] = sms.connection()
    return tables
