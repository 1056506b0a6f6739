"""How far a place lies from the places of other orders."""

import math
from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any, NamedTuple

from orderguard.domain.facts import Fact
from orderguard.features.layout import NO_NUMBER
from orderguard.features.tallies import Tally

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = math.radians(1) * EARTH_RADIUS_KM
ROUNDING_KM = 1e-6


class Spot(NamedTuple):
    """A place in degrees with its error in km."""

    latitude: float
    longitude: float
    error_km: float


class Placing(NamedTuple):
    """Where an order goes; `number` is NO_NUMBER where no order is concerned."""

    number: int
    spot: Spot


_made: Any = tuple.__new__


def placing_of(fact: Fact) -> Placing | None:
    place = fact.ship_to_place
    if place is None:
        return None
    number = NO_NUMBER if fact.number is None else fact.number
    # As Placing(number, Spot(…)) does, in a third of the time.
    spot = _made(Spot, (*place, fact.ship_to_error_km or 0.0))
    placing: Placing = _made(Placing, (number, spot))
    return placing


def apart_km(one: Spot, other: Spot) -> float:
    """The great-circle distance."""
    north, other_north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def nearest(placings: list[Placing], fact: Fact, least: int) -> float | None:
    """What `Nearest` amounts to, of a few placings at once."""
    mine = placing_of(fact)
    if mine is None:
        return None
    number, spot = mine
    others = [item for item in placings if item[0] not in (number, NO_NUMBER)]
    least = max(1, least)
    if len(others) < least or len({item[0] for item in others}) < least:
        return None
    spots = {item[1] for item in others}
    if spot in spots:
        return 0.0
    return max(0.0, min(apart_km(spot, other) - spot.error_km - other.error_km for other in spots))


class Nearest(Tally):
    """The different places with the orders that went there, sorted by latitude.

    Degrees of latitude bound the distance from below, so the search goes from the place outwards
    and ends early. Facts without an order are no order's place and do not count.
    """

    __slots__ = ("error_km_max", "least", "orders", "spots", "visits")

    def __init__(self, least: int) -> None:
        self.least = max(1, least)
        self.orders: dict[int, int] = {}
        self.visits: dict[Spot, dict[int, int]] = {}
        self.spots: list[Spot] = []
        self.error_km_max = 0.0

    def add(self, item: Placing, /) -> None:
        number, spot = item
        if number == NO_NUMBER:
            return
        self.orders[number] = self.orders.get(number, 0) + 1
        visits = self.visits.get(spot)
        if visits is None:
            visits = self.visits[spot] = {}
            insort(self.spots, spot)
            self.error_km_max = max(self.error_km_max, spot.error_km)
        visits[number] = visits.get(number, 0) + 1

    def take(self, item: Placing, /) -> None:
        number, spot = item
        if number == NO_NUMBER:
            return
        visits = self.visits[spot]
        for counts in (self.orders, visits):
            counts[number] -= 1
            if not counts[number]:
                del counts[number]
        if not visits:
            del self.visits[spot]
            del self.spots[bisect_left(self.spots, spot)]

    def value(self, fact: Fact, /) -> float | None:
        mine = placing_of(fact)
        if mine is None:
            return None
        number, spot = mine
        if len(self.orders) - (number in self.orders) < self.least:
            return None
        if self._others_went(number, spot):
            return 0.0
        middle = bisect_left(self.spots, spot)
        nearest = self._nearest(number, spot, range(middle, len(self.spots)), math.inf)
        nearest = self._nearest(number, spot, range(middle - 1, -1, -1), nearest)
        return max(0.0, nearest)

    def _nearest(self, number: int, spot: Spot, along: Iterable[int], nearest: float) -> float:
        within = spot.error_km + self.error_km_max + ROUNDING_KM
        for at in along:
            other = self.spots[at]
            if abs(other.latitude - spot.latitude) * KM_PER_DEGREE - within >= max(0.0, nearest):
                break
            if self._others_went(number, other):
                nearest = min(nearest, apart_km(spot, other) - spot.error_km - other.error_km)
            if nearest <= 0:
                break
        return nearest

    def _others_went(self, number: int, spot: Spot) -> bool:
        visits = self.visits.get(spot, ())
        return len(visits) > (number in visits)
