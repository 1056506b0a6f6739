"""Locks of which nobody has told at which warehouse they are."""

from orderguard.stock.claim import Part
from orderguard.stock.running import Amounts, Running, alter


class Placeless:
    """The units of such locks.

    The snapshot that holds one may be any between the oldest and the newest that count.
    """

    def __init__(self, oldest: int, newest: int) -> None:
        self.oldest, self.newest = oldest, newest
        self._begun, self._ended, self._open = Running(newest), Running(oldest), Running(oldest)

    def advance(self, oldest: int, newest: int) -> None:
        for running, cut in ((self._begun, newest), (self._ended, oldest), (self._open, oldest)):
            running.advance(cut)
        self.oldest, self.newest = max(self.oldest, oldest), max(self.newest, newest)

    def count(self, part: Part, sign: int) -> None:
        alter(self._begun, part.locked_at, part.units, sign)
        if (unlocked_at := part.unlocked_at) is None:
            alter(self._open, part.locked_at, part.units, sign)
        else:
            alter(self._ended, unlocked_at, part.units, sign)

    def fill(self, parts: list[Part]) -> None:
        """Count many at once in one that holds nothing."""
        begun, ended, still = Amounts(), Amounts(), Amounts()
        for part in parts:
            units, locked_at = part.units, part.locked_at
            begun.append((locked_at, units))
            if (unlocked_at := part.unlocked_at) is None:
                still.append((locked_at, units))
            else:
                ended.append((unlocked_at, units))
        self._begun.fill(begun)
        self._ended.fill(ended)
        self._open.fill(still)

    @property
    def least(self) -> int:
        """Units that were locked at each instant between the two, and are still."""
        return self._open.before

    @property
    def most(self) -> int:
        """Units that were locked at some instant between the two."""
        return self._begun.before - self._ended.before
