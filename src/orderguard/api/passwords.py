"""Passwords are checked one at a time, away from the loop, and not as often as a guesser likes."""

import asyncio

from orderguard.api.needs import AccessControl
from orderguard.bilingual import Bilingual
from orderguard.domain.accounts import Account
from orderguard.domain.ports import Clock
from orderguard.errors import NotSignedIn, TooManyGuesses

WAITING_MAX = 8
GUESSES_FREE = 5
"""Wrong passwords in a row for one name before each further one has to wait."""
PAUSE_S = 30
NAMES_MAX = 10_000
"""Names whose wrong passwords are remembered; beyond them the oldest is forgotten."""


class PasswordGate:
    def __init__(self, control: AccessControl, clock: Clock) -> None:
        self._control, self._clock = control, clock
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._wrong: dict[str, tuple[int, int]] = {}

    async def account(self, name: str, password: str) -> Account:
        """The person. Raise NotSignedIn, or TooManyGuesses before anything is tried.

        A wrong name takes as long as a wrong password, and sounds the same.
        """
        if self._waiting >= WAITING_MAX:
            raise TooManyGuesses(
                Bilingual("Too many people sign in at once.", "同时登录的人太多，请稍候再试。"),
                retry_after_s=1,
            )
        self._waiting += 1
        try:
            async with self._turn:
                self._pause(name)
                account = await asyncio.to_thread(self._control.check_password, name, password)
        finally:
            self._waiting -= 1
        if account is None:
            self._remember(name)
            raise NotSignedIn(Bilingual("The name or the password is wrong.", "用户名或密码不对。"))
        self._wrong.pop(name, None)
        return account

    def _pause(self, name: str) -> None:
        count, last_ms = self._wrong.get(name, (0, 0))
        left_ms = last_ms + PAUSE_S * 1000 - self._clock.now_ms()
        if count >= GUESSES_FREE and left_ms > 0:
            raise TooManyGuesses(
                Bilingual("Too many wrong passwords.", "密码错误次数太多，请过一会儿再试。"),
                retry_after_s=-(-left_ms // 1000),
            )

    def _remember(self, name: str) -> None:
        count, _ = self._wrong.pop(name, (0, 0))
        while len(self._wrong) >= NAMES_MAX:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[name] = (count + 1, self._clock.now_ms())
