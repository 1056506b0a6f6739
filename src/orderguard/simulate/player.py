"""Plays a sale to a server: history as fast as it goes, the sale at a pace that can be watched."""

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

import msgspec

from orderguard.simulate.clock import PlayedClock
from orderguard.simulate.model import MINUTE_MS, SECOND_MS
from orderguard.simulate.sender import CONNECTIONS, Post
from orderguard.simulate.wire import Json

POST_EVENTS_MAX = 500
ROUND_EVENTS_MAX = 1_000
"""Events on their way at once."""
HISTORY_ROUND_MS = 45 * MINUTE_MS
"""Simulated time told in one go. What falls due is looked at before a round, so nothing that a
shop does in time may come to more than two hours with it: the least that rules wait for."""
SALE_ROUND_MS = MINUTE_MS
"""The same in the sale, where a machine that cannot keep up tells more in one go."""
SPOTLIGHT_ROUND_MS = SECOND_MS // 4
BY_COUNT = 0.6
"""How much of a stage's time goes by the number of its events, and not by their times: the
opening rush lasts longer than its share of the hours, the calm after it shorter."""
PAUSE_S_MIN = 0.004

Arrivals = Sequence[tuple[int, Json]]


class Sends(Protocol):
    """Brings posts to where they go; when it returns they are durable there."""

    def send(self, posts: Sequence[Post]) -> None: ...


@dataclass(frozen=True, slots=True)
class Spotlight:
    """Simulated time that is played slowly, within `seconds`."""

    since_ms: int
    until_ms: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Arrivals [start, end) told together; `seconds` is None for as fast as it goes."""

    start: int
    end: int
    round_ms: int
    seconds: float | None = None
    spotlight: Spotlight | None = None


def schedule(times: Sequence[int], seconds: float, spotlight: Spotlight | None) -> list[float]:
    """When each arrival is due, in seconds since the first; `seconds` in all, spotlight apart."""
    span_ms, count = max(times[-1] - times[0], 1), len(times)

    def due_s(before: int, after: int) -> float:
        share = BY_COUNT / count + (1 - BY_COUNT) * (after - before) / span_ms
        lit_s = 0.0
        if spotlight is not None:
            lit_ms = min(after, spotlight.until_ms) - max(before, spotlight.since_ms)
            length_ms = spotlight.until_ms - spotlight.since_ms
            lit_s = max(lit_ms, 0) / length_ms * spotlight.seconds
        return share * seconds + lit_s

    return list(accumulate((due_s(*pair) for pair in pairwise(times)), initial=0.0))


def _round_end(now_ms: int, stage: Stage) -> int:
    """The last instant that may be told together with this one."""
    lit = stage.spotlight
    if lit is None or now_ms >= lit.until_ms:
        return now_ms + stage.round_ms
    if now_ms >= lit.since_ms:
        return now_ms + SPOTLIGHT_ROUND_MS
    return min(now_ms + stage.round_ms, lit.since_ms)


class Player:
    """Moves the clock to each round of arrivals and sends them; the next round waits for them.

    `before_round` is told the arrivals [start, end) that come next, before the clock moves to the
    last of them; `on_round` how many are durable now.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        clock: PlayedClock,
        sender: Sends,
        *,
        on_round: Callable[[int], None],
        before_round: Callable[[int, int], None] = lambda _start, _end: None,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._arrivals, self._clock, self._sender = arrivals, clock, sender
        self._on_round, self._before_round = on_round, before_round
        self._now_s, self._sleep = now_s, sleep
        self._encode = msgspec.json.Encoder().encode
        self._posted = 0

    def play(self, stage: Stage) -> None:
        """Raise NotTaken when the server does not take what it is sent."""
        times = [received_ms for received_ms, _ in self._arrivals[stage.start : stage.end]]
        if not times:
            return
        due_s = None
        if stage.seconds is not None:
            due_s = schedule(times, stage.seconds, stage.spotlight)
        began_s, place = self._now_s(), 0
        while place < len(times):
            until_ms = _round_end(times[place], stage)
            end = min(place + ROUND_EVENTS_MAX, bisect_right(times, until_ms, lo=place + 1))
            if due_s is not None:
                self._sleep(max(PAUSE_S_MIN, began_s + due_s[place] - self._now_s()))
                end = min(end, bisect_right(due_s, self._now_s() - began_s, lo=place + 1))
            self._before_round(stage.start + place, stage.start + end)
            self._clock.move_to(times[end - 1])
            size = POST_EVENTS_MAX if due_s is None else -(-(end - place) // CONNECTIONS)
            self._sender.send(list(self._posts(stage.start + place, stage.start + end, size)))
            place = end
            self._on_round(stage.start + place)

    def _posts(self, start: int, end: int, size: int) -> Iterator[Post]:
        """The arrivals of each shop in their order, at most `size` in a post."""
        by_shop: dict[str, list[Json]] = defaultdict(list)
        for _, event in self._arrivals[start:end]:
            by_shop[event["shop"]].append(event)
        for shop, events in by_shop.items():
            for first in range(0, len(events), size):
                batch = events[first : first + size]
                self._posted += 1
                body = self._encode(batch if len(batch) > 1 else batch[0])
                yield Post(f"msg_{self._posted}", shop, body)
