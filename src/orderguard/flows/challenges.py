"""Challenges that buyers are asked to solve: each for one attempt, once, and for a short while.

They live in memory alone. After a restart a token counts as absent, and the buyer is asked again.
"""

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest

from orderguard.domain.ports import Clock
from orderguard.errors import NotFound
from orderguard.kit.clock import MS_PER_MINUTE

OPEN_MS_MAX = 2 * MS_PER_MINUTE
OPEN_MAX = 20_000
"""Challenges that are remembered; beyond them the oldest is forgotten."""
ID_BYTES = 16
TOKEN_BYTES = 24


@dataclass
class Opened:
    """One challenge. `token` is what the storefront shows for it, once it is solved."""

    attempt: str
    made_ms: int
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    kind: str = "slider"
    token: str | None = None


class Challenges:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, Opened] = {}
        self._by_attempt: dict[str, Opened] = {}

    def open(self, attempt: str) -> Opened:
        """The challenge of an attempt: a new one once the last is used or too old."""
        known = self._by_attempt.get(attempt)
        if known is not None and self._is_open(known):
            return known
        if known is not None:
            self._forget(known)
        while len(self._by_id) >= OPEN_MAX:
            self._forget(next(iter(self._by_id.values())))
        made = Opened(attempt, self._clock.now_ms())
        self._by_id[made.id] = self._by_attempt[attempt] = made
        return made

    def find(self, challenge_id: str) -> Opened:
        """Raise NotFound for one that was never there, is used or too old."""
        known = self._by_id.get(challenge_id)
        if known is None or not self._is_open(known):
            raise NotFound("The challenge is used up or too old.", hint="Ask the shop again.")
        return known

    def redeem(self, attempt: str, token: str) -> bool:
        """Use up a token; a wrong one, or one of another attempt, changes nothing."""
        known = self._by_attempt.get(attempt)
        if known is None or known.token is None or not self._is_open(known):
            return False
        if not compare_digest(known.token.encode(), token.encode()):
            return False
        self._forget(known)
        return True

    def _is_open(self, challenge: Opened) -> bool:
        return self._clock.now_ms() - challenge.made_ms < OPEN_MS_MAX

    def _forget(self, challenge: Opened) -> None:
        del self._by_id[challenge.id]
        del self._by_attempt[challenge.attempt]
