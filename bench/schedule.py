"""Arrival times of an open loop: fixed before the first request is sent."""

from array import array
from random import Random

NS_PER_S = 1_000_000_000


def evenly(rate: float, seconds: float) -> "array[int]":
    """So many arrivals a second at equal distances, in ns since the start."""
    count = round(rate * seconds)
    return array("q", (round(number * NS_PER_S / rate) for number in range(count)))


def at_random(rate: float, seconds: float, seed: int) -> "array[int]":
    """As independent senders come: at this mean rate, each knowing nothing of the others."""
    random = Random(seed)
    at, arrivals = 0.0, array("q")
    while (at := at + random.expovariate(rate)) < seconds:
        arrivals.append(round(at * NS_PER_S))
    return arrivals
