"""The shop's own checkout in a played sale: it asks the screen before it accepts an order.

Only the first shop asks, and only where a script would come: before it sells a limited release. The
others are places on platforms, which let nobody in before checkout.
"""

import http.client
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from orderguard.simulate.model import SECOND_MS
from orderguard.simulate.player import Arrivals
from orderguard.simulate.sender import CONNECTIONS
from orderguard.simulate.shops import LIMITED_TITLE
from orderguard.simulate.wire import Json

TOGETHER_MS = SECOND_MS // 4
"""Attempts of so much simulated time may be asked about side by side."""
ANSWER_S_MAX = 10.0
CHALLENGE = "challenge"
SHOWN = ("buyer", "device", "lines", "amount", "currency", "ship_to")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, before the arrival at `place`, which is the first of its order."""

    place: int
    at_ms: int
    order_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Screened:
    """Attempts asked about; of them those challenged and those nobody looked at, by order."""

    asked: int = 0
    unchecked: int = 0
    challenged: tuple[str, ...] = ()


NOTHING_SCREENED = Screened()


class _Answer(Struct):
    decision: str
    unchecked: bool = False


def attempts_of(arrivals: Arrivals, start: int, shop: str) -> list[Attempt]:
    """The attempts at limited releases whose orders come from `start` on, in order of arrival.

    What a channel tells of an order later its own checkout knows at once. Each of these orders is
    given the number of its attempt, so that both count once.
    """
    first: dict[str, int] = {}
    told: dict[str, list[Json]] = defaultdict(list)
    before = {order_id for order, order_id in _orders(arrivals, 0, start, shop)}
    for place in range(start, len(arrivals)):
        for order, order_id in _orders(arrivals, place, place + 1, shop):
            if order_id in before:
                continue
            first.setdefault(order_id, place)
            told[order_id].append(order)
    encode = msgspec.json.Encoder().encode
    found = []
    for order_id, place in first.items():
        whole = next((one for one in told[order_id] if "lines" in one), None)
        if whole is not None and _is_limited(whole):
            asked = {name: whole[name] for name in SHOWN if name in whole}
            asked |= {"attempt_id": f"at-{order_id}", "channel": "standard", "shop": shop}
            for one in told[order_id]:
                one["attempt_id"] = asked["attempt_id"]
            found.append(Attempt(place, arrivals[place][0], order_id, encode(asked)))
    return found


def _orders(arrivals: Arrivals, start: int, end: int, shop: str) -> Iterator[tuple[Json, str]]:
    for _, event in arrivals[start:end]:
        order = event["data"].get("order")
        if event["shop"] == shop and order is not None:
            yield order, order["order_id"]


def _is_limited(order: Json) -> bool:
    return any(line["title"].startswith(LIMITED_TITLE) for line in order["lines"])


@dataclass
class Storefront:
    """Asks about the attempts of each round before it is told. `port` is the server's."""

    host: str
    port: int
    headers: Mapping[str, str]
    attempts: Sequence[Attempt]
    screened: Screened = NOTHING_SCREENED
    _next: int = 0
    _connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connections = [
            http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_S_MAX)
            for _ in range(CONNECTIONS)
        ]

    def due(self, end: int) -> Iterator[list[Attempt]]:
        """Attempts before the arrival at `end`, those of one moment together."""
        while self._next < len(self.attempts) and self.attempts[self._next].place < end:
            first = self.attempts[self._next]
            following = self.attempts[self._next : self._next + CONNECTIONS]
            until_ms = first.at_ms + TOGETHER_MS
            group = [one for one in following if one.place < end and one.at_ms < until_ms]
            self._next += len(group)
            yield group

    def ask(self, group: Sequence[Attempt]) -> None:
        """A shop whose question is not answered goes on selling."""
        pairs = list(zip(group, self._connections, strict=False))
        sent = [(one, link) for one, link in pairs if self._request(one, link)]
        answers = [(one, self._answer(link)) for one, link in sent]
        known = self.screened
        self.screened = Screened(
            asked=known.asked + len(group),
            unchecked=known.unchecked
            + len(group)
            - sum(answer is not None and not answer.unchecked for _, answer in answers),
            challenged=known.challenged
            + tuple(
                one.order_id
                for one, answer in answers
                if answer is not None and answer.decision == CHALLENGE
            ),
        )

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _request(self, attempt: Attempt, connection: http.client.HTTPConnection) -> bool:
        try:
            connection.request("POST", "/api/v1/screen", attempt.body, dict(self.headers))
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return True

    def _answer(self, connection: http.client.HTTPConnection) -> _Answer | None:
        try:
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        if answer.status != http.HTTPStatus.OK:
            return None
        return msgspec.json.decode(body, type=_Answer)
