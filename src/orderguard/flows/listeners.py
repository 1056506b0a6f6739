"""Who listens to alerts and cases as they change, and what waits for each of them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from orderguard.domain.alerts import Alert
from orderguard.domain.cases import Case
from orderguard.kit.bells import Bells

WAITING_MAX = 1_000
"""Changes that wait for one slow listener before it is cut off and has to resume."""
TOGETHER_MAX = 100
"""Changes that a listener takes at once: in a flood each turn of a busy loop brings many."""

RECENT_MAX = 2_000
"""Changes that are kept for who comes back after a cut, so that nothing is saved and read."""

Place = tuple[int, int]
"""Where a change of an alert or a case stands among all: (offset, number within the entry)."""
Told = Alert | Case


class Listener:
    """One who listens. Its bell is rung whenever there may be something to take."""

    def __init__(self, bell: asyncio.Event) -> None:
        self.bell = bell
        self._waiting: deque[tuple[Place, Told]] = deque()
        self._is_cut = False

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more: it was too slow, or the server stops."""
        return self._is_cut and not self._waiting

    def take(self) -> list[tuple[Place, Told]]:
        """The next that wait, in their order."""
        count = min(len(self._waiting), TOGETHER_MAX)
        return [self._waiting.popleft() for _ in range(count)]

    def put(self, place: Place, told: Told) -> bool:
        """Whether there was room for it."""
        if len(self._waiting) >= WAITING_MAX:
            return False
        self._waiting.append((place, told))
        return True

    def cut(self) -> None:
        self._is_cut = True


class Listeners:
    """All of them. Each change is kept once, however many wait to be told of it."""

    def __init__(self, bells: Bells) -> None:
        self._bells = bells
        self._all: dict[Listener, None] = {}
        self._recent: deque[tuple[Place, Told]] = deque(maxlen=RECENT_MAX)
        self._are_dismissed = False

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def listening(self, bell: asyncio.Event) -> Iterator[Listener]:
        """Be told of all changes from now on."""
        listener = Listener(bell)
        if self._are_dismissed:
            listener.cut()
        else:
            self._all[listener] = None
        try:
            yield listener
        finally:
            self._all.pop(listener, None)
            self._bells.forget(bell)

    def since(self, place: Place) -> list[tuple[Place, Told]] | None:
        """All changes after a place, None where it is older than what is kept."""
        if not self._recent or place < self._recent[0][0]:
            return None
        newer = takewhile(lambda change: change[0] > place, reversed(self._recent))
        return list(newer)[::-1]

    def tell(self, told: Told, place: Place) -> None:
        self._recent.append((place, told))
        for listener in tuple(self._all):
            if not listener.put(place, told):
                del self._all[listener]
                listener.cut()
            self._bells.ring(listener.bell)

    def dismiss(self) -> None:
        """Let go of all of them, for good: they may come back to the next start."""
        self._are_dismissed = True
        for listener in self._all:
            listener.cut()
            listener.bell.set()
        self._all.clear()
