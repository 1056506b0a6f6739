from random import Random

import msgspec
import pytest
from bench.live_streams import Stream, arrivals, is_met, judged, text_of, told

from orderguard.domain.events import OrderData
from orderguard.domain.wire import decode_event


def test_orders_come_at_the_pace_and_more_after_a_call() -> None:
    pace, hours = 0.5, 10
    seconds = list(arrivals(Random(1), pace, hours))
    assert seconds == sorted(seconds)
    assert seconds[-1] < hours * 3_600
    assert pace < len(seconds) / (hours * 3_600) < pace * 4


def test_what_is_told_is_a_stream_of_new_buyers() -> None:
    events = [
        decode_event(msgspec.json.encode(event)).event
        for event in told(Random(2), iter([0.4, 1.6, 2.7] * 200), 0.8, clock_ms=1_000)
    ]
    ids = {event.data.order.order_id for event in events if isinstance(event.data, OrderData)}
    assert len(ids) == 600
    assert {event.occurred_at.microsecond for event in events} == {0}


def test_a_stream_is_judged() -> None:
    stream = judged(3, hours=0.2, clock_ms=1)
    assert stream.orders > 50
    assert stream.flagged <= stream.orders


@pytest.mark.parametrize(
    ("flagged", "alerts", "met"),
    [
        (0, {}, True),
        (20, {"attack.product_script": 1}, True),
        (11, {"attack.product_script": 5}, False),
        (500, {"attack.ip_segment_script": 1}, False),
    ],
)
def test_limits(flagged: int, alerts: dict[str, int], met: bool) -> None:
    stream = Stream(
        seed=1, pace=0.5, new_share=0.8, hours=60, orders=108_000, flagged=flagged, alerts=alerts
    )
    assert is_met([stream]) is met
    assert f"{sum(alerts.values())}" in text_of([stream])
