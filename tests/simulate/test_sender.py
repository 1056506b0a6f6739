"""What is sent is signed, taken once, and sent again when the server asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.simulate.webhooks import SECRET, Taker, taking

from orderguard.kit.clock import ManualClock
from orderguard.kit.signing import verify_webhook, webhook_key
from orderguard.simulate.sender import (
    ATTEMPTS_MAX,
    BACK_OFF_S,
    CONNECTIONS,
    WAIT_S_MAX,
    NotTaken,
    Post,
    Sender,
)

NOW_MS = 1_794_326_400_123


def posts(count: int) -> list[Post]:
    return [Post(f"msg_{number}", "flagship", b'{"id": "%d"}' % number) for number in range(count)]


@contextmanager
def sending(taker: Taker, clock: ManualClock, waits: list[float]) -> Iterator[Sender]:
    """A sender whose waiting moves the clock instead of taking time."""

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(round(seconds * 1000))

    secrets = {"flagship": SECRET}
    sender = Sender(
        "127.0.0.1", taker.port, secrets, now_s=lambda: clock.now_ms() // 1000, sleep=sleep
    )
    try:
        yield sender
    finally:
        sender.close()


def test_each_post_is_signed_and_taken_once() -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    with taking(clock) as taker, sending(taker, clock, waits) as sender:
        sender.send(posts(2 * CONNECTIONS + 3))
    assert sorted(one.events[0]["id"] for one in taker.received) == sorted(
        str(number) for number in range(2 * CONNECTIONS + 3)
    )
    for one in taker.received:
        assert one.path == "/webhooks/standard/flagship"
        assert one.headers["webhook-timestamp"] == str(NOW_MS // 1000)
        assert verify_webhook(
            webhook_key(SECRET),
            message_id=one.headers["webhook-id"],
            timestamp=one.headers["webhook-timestamp"],
            body=one.body,
            signatures=one.headers["webhook-signature"],
        )
    assert (sender.posted, sender.repeated, waits) == (2 * CONNECTIONS + 3, 0, [])


def test_after_503_it_waits_as_told_and_signs_the_same_post_anew() -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    busy = [(503, {"retry-after": "2", "connection": "close"}), (503, {"retry-after": "3"})]
    with taking(clock, busy) as taker, sending(taker, clock, waits) as sender:
        sender.send(posts(1))
    assert waits == [2.0, 3.0]
    assert {one.headers["webhook-id"] for one in taker.received} == {"msg_0"}
    assert [int(one.headers["webhook-timestamp"]) for one in taker.received] == [
        NOW_MS // 1000 + passed_s for passed_s in (0, 2, 5)
    ]
    assert (sender.posted, sender.repeated) == (1, 2)


def test_only_those_that_were_not_taken_are_sent_again() -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    with taking(clock, [(503, {"retry-after": "1"})]) as taker:
        with sending(taker, clock, waits) as sender:
            sender.send(posts(CONNECTIONS))
        ids = [one.headers["webhook-id"] for one in taker.received]
    assert len(ids) == CONNECTIONS + 1
    assert len(set(ids)) == CONNECTIONS


@pytest.mark.parametrize(
    ("headers", "wait_s"), [({}, BACK_OFF_S), ({"retry-after": "999"}, WAIT_S_MAX)]
)
def test_the_wait_is_bounded(headers: dict[str, str], wait_s: float) -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    with taking(clock, [(503, headers)]) as taker, sending(taker, clock, waits) as sender:
        sender.send(posts(1))
    assert waits == [wait_s]


def test_a_refusal_ends_it_and_says_why() -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    with (
        taking(clock, [(401, {})]) as taker,
        sending(taker, clock, waits) as sender,
        pytest.raises(NotTaken, match="answered 401 to a post of flagship"),
    ):
        sender.send(posts(1))


def test_a_server_that_is_gone_is_given_up_after_many_attempts() -> None:
    clock, waits = ManualClock(NOW_MS), list[float]()
    with taking(clock) as taker:
        pass
    with sending(taker, clock, waits) as sender, pytest.raises(NotTaken, match="took nothing"):
        sender.send(posts(1))
    assert waits == [BACK_OFF_S] * ATTEMPTS_MAX
