"""Amounts by instant, added up on either side of a cut that moves forward."""

from bisect import bisect_left, insort

BEFORE_ALL = -(1 << 62)
Amounts = list[tuple[int, int]]
"""(instant, amount), in any order."""


class Running:
    """`before` is the sum of what lies before the cut, `since` of what lies at it or after.

    What lies before the cut is a number alone; to take such an amount away again is to know it.
    """

    def __init__(self, cut: int = BEFORE_ALL) -> None:
        self.cut = cut
        self.before = 0
        self.since = 0
        self._later: Amounts = []

    def add(self, at: int, amount: int) -> None:
        if at < self.cut:
            self.before += amount
        else:
            self.since += amount
            insort(self._later, (at, amount))

    def remove(self, at: int, amount: int) -> None:
        """Take away what was added with these very figures."""
        if at < self.cut:
            self.before -= amount
        else:
            self.since -= amount
            del self._later[bisect_left(self._later, (at, amount))]

    def fill(self, amounts: Amounts) -> None:
        """Add many at once to one that holds nothing."""
        later = [one for one in amounts if one[0] >= self.cut]
        self.since = sum(amount for _, amount in later)
        self.before = sum(amount for _, amount in amounts) - self.since
        later.sort()
        self._later = later

    def advance(self, cut: int) -> None:
        """Move the cut; it never goes back."""
        if cut <= self.cut:
            return
        self.cut = cut
        if not self._later or self._later[0][0] >= cut:
            return
        passed = bisect_left(self._later, (cut,))
        amount = sum(amount for _, amount in self._later[:passed])
        self.before += amount
        self.since -= amount
        del self._later[:passed]


def alter(running: Running, at: int, amount: int, sign: int) -> None:
    """Add an amount (sign 1), or take it away again (-1)."""
    if sign > 0:
        running.add(at, amount)
    else:
        running.remove(at, amount)
