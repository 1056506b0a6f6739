"""Whether a hand may have drawn a track: a program's is straight, and as even as a ruler."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, pstdev

Point = tuple[float, float, float]
"""Where the pointer was, in pixels from where it began, and when, in ms from then."""

POINTS_MIN, POINTS_MAX = 6, 2_000
DURATION_MS_MIN, DURATION_MS_MAX = 150, 60_000
START_MAX = 30
"""How far from the beginning the first point may be."""
STRAIGHT_MAX = 0.6
"""How far, in pixels, points stray from the line that is still called straight."""
EVEN_MAX = 0.06
"""Below this spread, relative to their mean, steps or speeds are as even as a machine's."""
JUMP_SHARE_MAX = 0.6
"""A hand does not cover more than this share of the way in one step."""


def fault(track: Sequence[Point], x: float) -> str | None:
    """What no hand does, in a word; None for a track that may be one's. `x` is where it ends."""
    if not POINTS_MIN <= len(track) <= POINTS_MAX:
        return "length"
    steps = [(b[0] - a[0], b[2] - a[2]) for a, b in pairwise(track)]
    took_ms = track[-1][2] - track[0][2]
    if min(dt for _, dt in steps) < 0 or not DURATION_MS_MIN <= took_ms <= DURATION_MS_MAX:
        return "time"
    if abs(track[0][0]) > START_MAX or abs(track[-1][0] - x) > 1:
        return "ends"
    if max(abs(dx) for dx, _ in steps) > JUMP_SHARE_MAX * max(abs(x), 1):
        return "jump"
    if _is_straight(track) and (
        _is_even([dx for dx, _ in steps]) or _is_even([dx / dt for dx, dt in steps if dt > 0])
    ):
        return "machine"
    return None


def _is_straight(track: Sequence[Point]) -> bool:
    (x0, y0, _), (x1, y1, _) = track[0], track[-1]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    if length == 0:
        return False
    return all(
        abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length <= STRAIGHT_MAX
        for x, y, _ in track
    )


def _is_even(steps: Sequence[float]) -> bool:
    """The last step may be cut short."""
    whole = steps[:-1]
    mean = fmean(whole) if whole else 0.0
    return mean > 0 and pstdev(whole) <= EVEN_MAX * mean
