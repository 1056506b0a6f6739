"""How long something usually takes: a histogram of bounded size, and the limit that it suggests."""

from bisect import bisect_left
from itertools import accumulate

from msgspec import Struct

from orderguard.kit.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE

COUNT_MIN = 100
"""From fewer lives no limit is suggested: the one in a hundred would be a single order."""
DIFFERS_BY = 1.5
"""A limit that is within this factor of what is suggested may stay."""
MARGIN_DIVISOR = 4
"""A quarter is added to what 99 of 100 kept, since the next months are not like the last."""


def _bounds() -> tuple[int, ...]:
    """Upper ends in ms, each about an eighth above the one before, to 180 days."""
    found = [MS_PER_MINUTE]
    while found[-1] < 180 * MS_PER_DAY:
        found.append(found[-1] + max(MS_PER_MINUTE, found[-1] // 8))
    return tuple(found)


BOUNDS = _bounds()
_ROUNDED = (
    (2 * MS_PER_HOUR, 5 * MS_PER_MINUTE),
    (12 * MS_PER_HOUR, 30 * MS_PER_MINUTE),
    (3 * MS_PER_DAY, MS_PER_HOUR),
    (180 * MS_PER_DAY, 6 * MS_PER_HOUR),
)
"""To what a limit up to so long is rounded up."""


class Spread(Struct, frozen=True):
    """How many lives took how long: counts by the place of the bound that they reached."""

    counts: dict[int, int] = {}

    def plus(self, took_ms: int) -> "Spread":
        place = min(bisect_left(BOUNDS, took_ms), len(BOUNDS) - 1)
        return Spread({**self.counts, place: self.counts.get(place, 0) + 1})

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def within(self, hundredths: int) -> int:
        """So many of a hundred took no longer than this; ms, the upper end of the bound."""
        places = sorted(self.counts)
        needed = -(-self.count * hundredths // 100)
        reached = accumulate(self.counts[place] for place in places)
        return next((BOUNDS[p] for p, n in zip(places, reached, strict=True) if n >= needed), 0)


def suggested(spread: Spread, limit_ms: int) -> int | None:
    """The limit that fits what was seen, rounded up; None where the one in force is near it."""
    if spread.count < COUNT_MIN:
        return None
    usual = spread.within(99)
    wanted = usual + usual // MARGIN_DIVISOR
    step = next((step for most, step in _ROUNDED if wanted <= most), 6 * MS_PER_HOUR)
    wanted = min(-(-wanted // step) * step, 180 * MS_PER_DAY)
    is_near = wanted <= limit_ms * DIFFERS_BY and limit_ms <= wanted * DIFFERS_BY
    return None if is_near else wanted
