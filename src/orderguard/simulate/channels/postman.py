"""Brings a platform's pushes to a webhook as platforms do: some are lost, some come twice or late.

What is not acknowledged comes again; what was chosen to be lost never comes at all.
"""

import http.client
import random
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from msgspec import Struct

from orderguard.domain.ports import RawMessage
from orderguard.simulate.channels.platform import Platform

ATTEMPTS_MAX = 20
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
    """Sends over a kept connection to the server at `base`, such as `http://127.0.0.1:8080`."""

    def __init__(self, base: str) -> None:
        place = urlsplit(base)
        assert place.hostname
        self._connection = http.client.HTTPConnection(
            place.hostname, place.port, timeout=ANSWER_S_MAX
        )
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
        """One attempt: the status and the body of the answer; status 0 where none came."""
        shop, message = letter.platform.shop, letter.message
        below = f"/{message.path}" if message.path else ""
        query = f"?{message.query}" if message.query else ""
        target = f"/webhooks/{shop.channel}/{quote(shop.shop, safe='')}{below}{query}"
        try:
            self._connection.request(message.method, target, message.body, dict(message.headers))
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, str(error).encode()

    def close(self) -> None:
        self._connection.close()
