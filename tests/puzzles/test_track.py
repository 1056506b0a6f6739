from itertools import pairwise
from math import cos, pi, sin
from random import Random

import pytest

from orderguard.puzzles import Point, fault

END = 180.0


def by_hand(seed: int, *, points: int = 40, end: float = END) -> list[Point]:
    """Slow at first and at the end, a little up and down, at uneven instants."""
    rng = Random(seed)
    track, t = [(0.0, 0.0, 0.0)], 0.0
    for number in range(1, points + 1):
        t += rng.uniform(8, 30)
        share = (1 - cos(pi * number / points)) / 2
        x = end if number == points else end * share + rng.uniform(-0.5, 0.5)
        track.append((x, 4 * sin(share * 3) + rng.uniform(-1, 1), t))
    return track


def ruled(points: int, *, y: float = 0.0, ms: float = 16.0) -> list[Point]:
    return [(END * n / points, y * n / points, n * ms) for n in range(points + 1)]


@pytest.mark.parametrize("seed", range(50))
def test_a_hand_is_believed(seed: int) -> None:
    assert fault(by_hand(seed, points=12 + seed), END) is None


@pytest.mark.parametrize("points", [12, 30, 100])
@pytest.mark.parametrize("y", [0.0, 25.0], ids=["level", "slanted"])
def test_a_straight_and_even_track_is_a_machines(points: int, y: float) -> None:
    assert fault(ruled(points, y=y), END) == "machine"


def test_even_steps_at_uneven_instants_are_a_machines() -> None:
    rng = Random(3)
    instants = sorted(rng.uniform(1, 900) for _ in range(30))
    track = [(0.0, 0.0, 0.0)]
    track += [(END * n / 30, 0.0, t) for n, t in enumerate(instants, 1)]
    assert fault(track, END) == "machine"


def test_an_even_speed_at_uneven_instants_is_a_machines() -> None:
    rng = Random(4)
    instants = [0.0, *sorted(rng.uniform(1, 899) for _ in range(30)), 900.0]
    assert fault([(END * t / 900, 0.0, t) for t in instants], END) == "machine"


def test_what_no_hand_can_do_is_refused() -> None:
    good = by_hand(1)
    assert fault(good[:4], END) == "length"
    assert fault(good * 100, END) == "length"
    assert fault([], END) == "length"
    assert fault([(x, y, t / 100) for x, y, t in good], END) == "time", "in some ms"
    assert fault([(x, y, t * 1000) for x, y, t in good], END) == "time", "in an hour"
    assert fault([*good[:-1], (END, 0.0, 0.0)], END) == "time", "back in time"
    assert fault(good, END - 20) == "ends", "it ends elsewhere"
    assert fault([(x + 100, y, t) for x, y, t in good], END + 100) == "ends", "it begins elsewhere"
    jump = [(0.0, y, t) for _, y, t in good[:-1]]
    assert fault([*jump, (END, 0.0, good[-1][2] + 20)], END) == "jump"


def test_the_hand_of_these_tests_is_uneven() -> None:
    steps = [round(after[0] - before[0]) for before, after in pairwise(by_hand(1))]
    assert len(set(steps)) > 5
