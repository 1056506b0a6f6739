"""Brings a platform's pushes to a webhook as platforms do: some are lost, some come twice or late.

What is not acknowledged comes again; what was chosen to be lost never comes at all.
"""

import random
from collections.abc import Sequence

import httpcore
from msgspec import Struct

from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform

ATTEMPTS_MAX = 20
CONNECTIONS = 8
ANSWER_S_MAX = 30.0


class Troubles(Struct, frozen=True, kw_only=True):
    """Shares of all pushes."""

    lost: float = 0.0
    repeated: float = 0.0
    reordered: float = 0.0
    reach: int = 20
    """How many pushes later a reordered one comes at most."""


NO_TROUBLES = Troubles()


class Letter(Struct, frozen=True):
    """One push, ready to be sent."""

    platform: Platform
    message: RawMessage


class NotTaken(Exception):
    """The server did not acknowledge a push, however often it came."""


def troubled(letters: Sequence[Letter], troubles: Troubles, seed: int) -> list[Letter]:
    """As they arrive."""
    rng = random.Random(seed)
    placed: list[tuple[float, int, Letter]] = []
    for number, letter in enumerate(letters):
        if rng.random() < troubles.lost:
            continue
        for _ in range(1 + (rng.random() < troubles.repeated)):
            late = rng.randint(1, troubles.reach) if rng.random() < troubles.reordered else 0
            placed.append((number + late + 0.5 * bool(late), len(placed), letter))
    placed.sort(key=lambda one: one[:2])
    return [letter for *_, letter in placed]


class Postman:
    """Sends over kept connections to the server at `base`, such as `http://127.0.0.1:8080`."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._pool = httpcore.ConnectionPool(max_connections=CONNECTIONS)
        self.sent = self.again = 0

    def bring(self, letters: Sequence[Letter]) -> None:
        """In this order, each until it is acknowledged. Raise NotTaken for one that never is."""
        for letter in letters:
            for _ in range(ATTEMPTS_MAX):
                status, body = self.post(letter)
                self.sent += 1
                if letter.platform.is_acknowledged(status, body):
                    break
                self.again += 1
            else:
                raise NotTaken(f"{letter.platform.channel}: {status} {body[:200]!r}")

    def post(self, letter: Letter) -> tuple[int, bytes]:
        """One attempt: the status and the body of the answer."""
        shop, message = letter.platform.shop, letter.message
        below = f"/{message.path}" if message.path else ""
        query = f"?{message.query}" if message.query else ""
        answer = self._pool.request(
            message.method,
            f"{self._base}/webhooks/{shop.channel}/{shop.shop}{below}{query}",
            headers=list(message.headers.items()),
            content=message.body,
            extensions={"timeout": {"read": ANSWER_S_MAX, "connect": ANSWER_S_MAX}},
        )
        return answer.status, answer.content

    def close(self) -> None:
        self._pool.close()
