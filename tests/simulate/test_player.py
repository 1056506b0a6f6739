"""A played sale: all of it, in order, at its own time, as fast as the stage asks for."""

from dataclasses import dataclass, field

import pytest
from tests.simulate.webhooks import SECRET, Taker, taking

from orderguard.simulate.clock import PlayedClock
from orderguard.simulate.player import (
    POST_EVENTS_MAX,
    ROUND_EVENTS_MAX,
    Arrivals,
    Player,
    Spotlight,
    Stage,
    schedule,
)
from orderguard.simulate.sender import Sender

START_MS = 1_794_326_400_000
SHOPS = ("flagship", "live")


def arrivals(*times_ms: int) -> Arrivals:
    return [
        (START_MS + at, {"id": f"evt_{place}", "shop": SHOPS[place % 2]})
        for place, at in enumerate(times_ms)
    ]


@dataclass
class Time:
    """Real time as the player sees it; it passes only while the player waits."""

    now_s: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_s += seconds


def played(told: Arrivals, stage: Stage, time: Time | None = None) -> tuple[Taker, list[int]]:
    """What the server took, and the places that `on_round` was told."""
    clock, time, places = PlayedClock(0), time or Time(), list[int]()
    with taking(clock) as taker:
        secrets = dict.fromkeys(SHOPS, SECRET)
        sender = Sender("127.0.0.1", taker.port, secrets, now_s=lambda: clock.now_ms() // 1000)
        player = Player(
            told,
            clock,
            sender,
            on_round=places.append,
            now_s=lambda: time.now_s,
            sleep=time.sleep,
        )
        player.play(stage)
        sender.close()
    return taker, places


def test_everything_arrives_once_and_in_the_order_of_its_shop() -> None:
    told = arrivals(*range(0, 300_000, 1_000))
    taker, places = played(told, Stage(0, 300, round_ms=60_000))
    for shop in SHOPS:
        sent = [event["id"] for event in taker.events if event["shop"] == shop]
        assert sent == [event["id"] for _, event in told if event["shop"] == shop]
    assert len(taker.events) == 300
    assert places == sorted(places)
    assert places[-1] == 300


def test_only_the_stage_is_played() -> None:
    taker, places = played(arrivals(*range(10)), Stage(3, 7, round_ms=1_000))
    assert {event["id"] for event in taker.events} == {"evt_3", "evt_4", "evt_5", "evt_6"}
    assert places == [7]


def test_an_empty_stage_is_over_at_once() -> None:
    taker, places = played(arrivals(1, 2), Stage(2, 2, round_ms=1_000))
    assert (taker.received, places) == ([], [])


def test_the_clock_shows_the_newest_of_a_round_and_no_round_is_longer_than_allowed() -> None:
    told = arrivals(0, 10, 999, 1_000, 5_000, 5_500, 9_000)
    taker, places = played(told, Stage(0, 7, round_ms=1_000))
    assert places == [4, 6, 7]
    assert sorted({one.at_ms - START_MS for one in taker.received}) == [1_000, 5_500, 9_000]


def test_many_at_once_are_cut_into_rounds_and_posts() -> None:
    count = ROUND_EVENTS_MAX + 200
    taker, places = played(arrivals(*[0] * count), Stage(0, count, round_ms=1_000))
    assert places == [ROUND_EVENTS_MAX, count]
    assert max(len(one.events) for one in taker.received) <= POST_EVENTS_MAX


def test_a_paced_stage_lasts_as_long_as_asked_and_sends_few_events_one_by_one() -> None:
    time = Time()
    told = arrivals(*range(0, 100_000, 1_000))
    taker, _ = played(told, Stage(0, 100, round_ms=60_000, seconds=10.0), time)
    assert time.now_s == pytest.approx(10.0, abs=0.2)
    assert len(taker.received) == 100
    assert [one.at_ms for one in taker.received] == [at for at, _ in told]


def test_what_fell_behind_is_caught_up_in_batches() -> None:
    time = Time()
    count = 400
    told = arrivals(*range(0, 1_000 * count, 1_000))
    # A wait as long as the whole stage: everything is due at once afterwards.
    slow = Stage(0, count, round_ms=500_000, seconds=1e-6)
    taker, places = played(told, slow, time)
    assert len(taker.events) == count
    assert len(places) < 10
    assert max(len(one.events) for one in taker.received) > 10


def test_the_spotlight_slows_the_clock() -> None:
    times = list(range(0, 1_000_000, 1_000))
    lit = Spotlight(500_000, 530_000, seconds=8.0)
    due = schedule(times, 10.0, lit)
    assert due[0] == 0.0
    assert due == sorted(due)
    assert due[-1] == pytest.approx(18.0, rel=0.01)
    assert due[530] - due[500] == pytest.approx(8.0 + 0.3, rel=0.05)


def test_a_round_does_not_run_into_the_spotlight() -> None:
    times = [0, 100, 4_900, 5_000, 5_100, 5_200, 5_900, 6_100, 50_000]
    lit = Spotlight(START_MS + 5_000, START_MS + 6_000, seconds=1.0)
    _, places = played(arrivals(*times), Stage(0, 9, round_ms=60_000, spotlight=lit))
    assert places == [4, 6, 8, 9]


def test_a_rush_gets_more_than_its_share_of_the_hours() -> None:
    rush, calm = list(range(0, 10_000, 10)), list(range(10_000, 1_000_000, 1_000))
    due = schedule(rush + calm, 60.0, None)
    assert due[len(rush)] > 15  # And not the 0.6 s of its share.
