"""A code by a text message in place of the slider: good once, for a while, and of bounded cost."""

import re

import pytest
from tests.api.installation import Installation, connect
from tests.api.test_challenge import NAME, at
from tests.api.test_metrics import told as measured
from tests.contracts.action_contract import Bench

from orderguard.api import families
from orderguard.domain.ports import CodeSender
from orderguard.errors import NotFound, TooManyGuesses
from orderguard.flows.challenges import GUESSES_MAX, OPEN_MS_MAX, Challenges
from orderguard.flows.codes import CODE_MS, FOR_ONE_MAX, PAUSE_MS, CodeLimits
from orderguard.kit.clock import MS_PER_HOUR, ManualClock
from orderguard.simulate.providers.server import Fault


class Postbox:
    """Where the codes of this test arrive."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def reaches(self, phone: str) -> bool:
        return phone.isdigit()

    async def send_code(self, phone: str, code: str) -> None:
        self.sent.append((phone, code))


async def test_a_code_is_offered_where_it_can_be_sent() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post)
    opened = challenges.open(NAME, "13800138000")
    assert challenges.kinds(opened) == ["slider", "work", "code"]
    assert challenges.check_code(opened, "").token is None, "none was sent yet"
    await challenges.send_code(opened)
    [(phone, code)] = post.sent
    assert (phone, len(code)) == ("13800138000", 6)
    assert challenges.check_code(opened, "x" + code).token is None
    token = challenges.check_code(opened, f" {code}").token
    assert token is not None
    assert challenges.redeem(NAME, token)
    assert challenges.kinds(challenges.open("standard/demo/b", None)) == ["slider", "work"]


async def test_a_code_is_good_once_and_for_five_minutes() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post)
    opened = challenges.open(NAME, "13800138000")
    clock.advance(OPEN_MS_MAX - 1)
    await challenges.send_code(opened)
    clock.advance(CODE_MS - 1)
    assert challenges.find(opened.id) is opened, "who waits for a message is not cut off"
    assert challenges.check_code(opened, post.sent[0][1]).token
    assert challenges.check_code(opened, post.sent[0][1]).token is None, "it is used up"
    clock.advance(1)
    with pytest.raises(NotFound):
        challenges.find(opened.id)


async def test_an_old_code_and_one_that_was_replaced_are_wrong() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post)
    opened = challenges.open(NAME, "13800138000")
    await challenges.send_code(opened)
    clock.advance(PAUSE_MS)
    await challenges.send_code(opened)
    (_, first), (_, second) = post.sent
    assert challenges.check_code(opened, first).token is None or first == second
    clock.advance(CODE_MS)
    assert challenges.check_code(opened, second).token is None


async def test_a_code_is_tried_five_times_however_many_are_sent() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post)
    opened = challenges.open(NAME, "13800138000")
    await challenges.send_code(opened)
    for _ in range(GUESSES_MAX):
        assert challenges.check_code(opened, "no").token is None
    clock.advance(PAUSE_MS)
    await challenges.send_code(opened)
    with pytest.raises(TooManyGuesses):
        challenges.check_code(opened, post.sent[-1][1])


async def test_one_number_one_attempt_and_all_together_have_so_many_codes() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post, CodeLimits(per_hour_max=5))

    async def is_sent(attempt: str, phone: str) -> bool:
        try:
            await challenges.send_code(challenges.open(attempt, phone))
        except TooManyGuesses:
            return False
        return True

    assert await is_sent("a", "1")
    assert not await is_sent("b", "1"), "a pause between two to one number"
    for _ in range(2):
        clock.advance(PAUSE_MS)
        assert await is_sent("b", "1")
    clock.advance(PAUSE_MS)
    assert not await is_sent("c", "1"), "three an hour, whoever asks"
    assert await is_sent("d", "2")
    assert await is_sent("e", "3")
    assert not await is_sent("f", "4"), "five an hour to everybody"
    clock.advance(MS_PER_HOUR)
    assert await is_sent("g", "4")
    assert len(post.sent) == 6


async def test_an_attempt_has_three_codes_whatever_numbers_it_names() -> None:
    clock, post = ManualClock(1_000), Postbox()
    challenges = Challenges(clock, post)
    for phone in ("1", "2", "3", "4"):
        opened = challenges.open(NAME, phone)
        opened.phone = phone
        if len(post.sent) < FOR_ONE_MAX:
            await challenges.send_code(opened)
        else:
            with pytest.raises(TooManyGuesses):
                await challenges.send_code(opened)
        clock.advance(PAUSE_MS)


async def test_a_masked_number_is_offered_no_code() -> None:
    challenges = Challenges(ManualClock(1_000), Postbox())
    assert challenges.kinds(challenges.open(NAME, "138****8000")) == ["slider", "work"]


async def test_a_code_comes_by_a_text_message_and_is_counted(running: Installation) -> None:
    bench = Bench("sms", "aliyun")
    action = bench.connect()
    assert isinstance(action, CodeSender)
    screen = running.screen()
    screen.challenges = Challenges(running.clock, action)
    opened = screen.challenges.open(NAME, "138 0013 8000")
    async with connect(running.api(screen)) as browser:
        state = (await browser.get(at(opened, "/state"))).json()
        assert state["kinds"] == ["slider", "work", "code"]
        assert (await browser.post(at(opened, "/code"))).status_code == 204
        assert (await browser.post(at(opened, "/code"))).status_code == 429
        ((text),) = bench.provider.effects
        (code,) = re.findall(r"验证码(\d{6})", text)
        for typed, is_right in (("000000" if code != "000000" else "1", False), (code, True)):
            guess = (await browser.post(at(opened, "/code/check"), json={"code": typed})).json()
            assert (guess["token"] is not None) is is_right
        running.clock.advance(PAUSE_MS)
        bench.provider.fault = Fault.REFUSING
        answer = await browser.post(at(opened, "/code"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    await action.close()
    bench.provider.close()
    counts = {"sent": 1, "limited": 1, "failed": 1, "wrong": 1, "right": 1}
    assert measured(running.metrics, families.CODES) == {(k,): n for k, n in counts.items()}
