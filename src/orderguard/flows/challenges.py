"""Challenges that buyers are asked to solve: each for one attempt, once, and for a short while.

They live in memory alone. After a restart a token counts as absent, and the buyer is asked again.

    open ─► picture ─► slide ─┐
         ─► work ────► prove ─┼─► token ─► redeem, by the storefront that shows it
         ─► send_code ► check ┘
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.ports import Clock, CodeSender
from orderguard.errors import NotFound, TooManyGuesses
from orderguard.flows.codes import CODE_MS, PAUSE_MS, CodeGate, CodeLimits
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.kit.rates import Rates
from orderguard.puzzles import Picture, Point, Work, draw, fault, fits

OPEN_MS_MAX = 2 * MS_PER_MINUTE
OPEN_MAX = 20_000
"""Challenges that are remembered; beyond them the oldest is forgotten."""
GUESSES_MAX = 5
"""Of one challenge, of all its kinds together; after them the buyer waits until it is over."""
DRAWN_PER_S, DRAWN_BURST = 20.0, 60.0
"""Pictures drawn for everybody together: each takes some hundredths of a second."""
DRAWN_FOR_ONE_MAX = GUESSES_MAX + 5
CODE_DIGITS = 6
ID_BYTES, TOKEN_BYTES = 16, 24


class Guess(Struct, frozen=True):
    """What came of one: a token where it was right."""

    token: str | None
    guesses_left: int


@dataclass
class Opened:
    """One challenge. `token` is what the storefront shows for it, once it is solved."""

    attempt: str
    made_ms: int
    phone: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    kind: str = "slider"
    guesses: int = 0
    drawn: int = 0
    picture: Picture | None = None
    work: Work | None = None
    code: str | None = None
    code_until_ms: int = 0
    token: str | None = None


class Challenges:
    """On the loop's thread; pictures are drawn on another."""

    def __init__(
        self,
        clock: Clock,
        code_sender: CodeSender | None = None,
        code_limits: CodeLimits | None = None,
    ) -> None:
        self._clock, self._code_sender = clock, code_sender
        self._codes = CodeGate(code_limits or CodeLimits())
        self._by_id: dict[str, Opened] = {}
        self._by_attempt: dict[str, Opened] = {}
        self._drawn = Rates(per_s=DRAWN_PER_S, burst=DRAWN_BURST)
        self._drawing = asyncio.Semaphore(2)
        self._random = secrets.SystemRandom()
        self._work_key = secrets.token_hex(32)

    def open(self, attempt: str, phone: str | None = None) -> Opened:
        """The challenge of an attempt: a new one once the last is used or too old."""
        known = self._by_attempt.get(attempt)
        if known is not None and self._is_open(known):
            return known
        if known is not None:
            self._forget(known)
        while len(self._by_id) >= OPEN_MAX:
            self._forget(next(iter(self._by_id.values())))
        # A telephone number is kept only where it is of use, and no longer than this.
        sender = self._code_sender
        is_of_use = sender is not None and phone is not None and sender.reaches(phone)
        made = Opened(attempt, self._clock.now_ms(), phone if is_of_use else None)
        self._by_id[made.id] = self._by_attempt[attempt] = made
        return made

    def find(self, challenge_id: str) -> Opened:
        """Raise NotFound for one that was never there, is used or too old."""
        known = self._by_id.get(challenge_id)
        if known is None or not self._is_open(known):
            raise NotFound(
                Bilingual("The challenge is used up or too old.", "验证已用过或已过期。"),
                hint=Bilingual("Ask the shop again.", "请回到店铺重试。"),
            )
        return known

    def left_ms(self, opened: Opened) -> int:
        """For how long it is open: a code that was sent has its own time."""
        until_ms = max(opened.made_ms + OPEN_MS_MAX, opened.code_until_ms)
        return until_ms - self._clock.now_ms()

    def kinds(self, opened: Opened) -> list[str]:
        """How it may be solved."""
        has_code = self._code_sender is not None and opened.phone is not None
        return ["slider", "work", *(["code"] if has_code else [])]

    def redeem(self, attempt: str, token: str) -> bool:
        """Use up a token; a wrong one, or one of another attempt, changes nothing."""
        known = self._by_attempt.get(attempt)
        if known is None or known.token is None or not self._is_open(known):
            return False
        if not compare_digest(known.token.encode(), token.encode()):
            return False
        self._forget(known)
        return True

    async def picture(self, opened: Opened) -> Picture:
        """The one to be solved now. Raise TooManyGuesses where too many are asked for."""
        if opened.picture is not None:
            return opened.picture
        if opened.drawn >= DRAWN_FOR_ONE_MAX or not self._drawn.take("", self._clock.now_ms()):
            raise TooManyGuesses(
                Bilingual("Too many pictures are asked for.", "取图片太频繁，请稍候再试。"),
                retry_after_s=2,
            )
        opened.drawn += 1
        async with self._drawing:
            drawn = await asyncio.to_thread(draw, self._random)
        # Whoever asked at the same time must see the same.
        opened.picture = opened.picture or drawn
        return opened.picture

    def slide(self, opened: Opened, x: float, track: Sequence[Point]) -> Guess:
        """A piece was put at `x` along this track; a wrong guess makes another picture."""
        self._count(opened)
        picture, opened.picture = opened.picture, None
        is_right = picture is not None and fits(picture, x) and fault(track, x) is None
        return self._guessed(opened, is_right=is_right)

    def work(self, opened: Opened) -> Work:
        opened.work = opened.work or Work.make(self._work_key)
        return opened.work

    def prove(self, opened: Opened, payload: str) -> Guess:
        """The work is said to be done."""
        self._count(opened)
        work = opened.work
        is_done = work is not None and work.is_done(payload, self._work_key)
        return self._guessed(opened, is_right=is_done)

    async def send_code(self, opened: Opened) -> None:
        """A new code, in place of the one before.

        Raise NotFound where no code can be sent, TooManyGuesses where enough were, ActionFailure
        where the provider did not take it.
        """
        if self._code_sender is None or opened.phone is None:
            raise NotFound(
                Bilingual("No code can be sent.", "不能发送验证码。"),
                hint=Bilingual("Use another kind.", "请换一种方式。"),
            )
        now_ms = self._clock.now_ms()
        if not self._codes.take(opened.attempt, opened.phone, now_ms):
            raise TooManyGuesses(
                Bilingual("Enough codes were sent.", "验证码发得够多了，请稍候再试。"),
                retry_after_s=PAUSE_MS // 1000,
            )
        opened.code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        opened.code_until_ms = now_ms + CODE_MS
        await self._code_sender.send_code(opened.phone, opened.code)

    def check_code(self, opened: Opened, code: str) -> Guess:
        """Right but once, and not after its time."""
        self._count(opened)
        sent = opened.code if opened.code_until_ms > self._clock.now_ms() else None
        is_right = sent is not None and compare_digest(sent.encode(), code.strip().encode())
        if is_right:
            opened.code = None
        return self._guessed(opened, is_right=is_right)

    def _count(self, opened: Opened) -> None:
        if opened.guesses >= GUESSES_MAX:
            wait_s = max(1, -(-self.left_ms(opened) // 1000))
            raise TooManyGuesses(
                Bilingual("Too many wrong guesses.", "错误次数太多，请过一会儿再试。"),
                retry_after_s=wait_s,
            )
        opened.guesses += 1

    def _guessed(self, opened: Opened, *, is_right: bool) -> Guess:
        if is_right:
            # Solved once; a second right guess gets the same token.
            opened.token = opened.token or secrets.token_urlsafe(TOKEN_BYTES)
        return Guess(opened.token if is_right else None, GUESSES_MAX - opened.guesses)

    def _is_open(self, challenge: Opened) -> bool:
        return self.left_ms(challenge) > 0

    def _forget(self, challenge: Opened) -> None:
        del self._by_id[challenge.id]
        del self._by_attempt[challenge.attempt]
