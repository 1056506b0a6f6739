"""Screen: an attempt at the checkout → the log → judged as an order would be → a decision.

    ask ─► read ─► rate ─► log (durable) ─► fold ─► hits, challenges that are on ─► decision

A shop must be able to sell when we fail: then the answer is `allow`, and says that nothing was
looked at. Who asks too often is challenged instead, so that a flood opens no door.
"""

import asyncio
import logging
from enum import StrEnum

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.alerts import Severity
from orderguard.domain.attempts import Attempt
from orderguard.domain.events import CanonicalEvent, CheckoutData, EventType
from orderguard.domain.orders import Id, Text
from orderguard.domain.ports import Clock, Draft, ShopDirectory
from orderguard.domain.record import encode_event
from orderguard.errors import MalformedMessage, NotFound, NotReady
from orderguard.flows.attempts import is_challenged
from orderguard.flows.challenges import Challenges
from orderguard.flows.ingest import Keys
from orderguard.flows.live import Live
from orderguard.flows.protect import protect
from orderguard.flows.writer import Submission
from orderguard.kit import jsontext
from orderguard.kit.clock import from_ms
from orderguard.kit.ids import digest16
from orderguard.kit.rates import Rates

BURST_S = 5
"""A caller may ask at once as often as else in so many seconds."""
FAILURES_TOLD_EVERY_MS = 10_000

log = logging.getLogger(__name__)


class Asked(CheckoutData, frozen=True, kw_only=True):
    """What a storefront asks about: an attempt, whose it is, and a challenge that was solved."""

    channel: Id
    shop: Id
    challenge_token: Text | None = None


class Decided(StrEnum):
    ALLOW = "allow"
    CHALLENGE = "challenge"
    REVIEW = "review"


class Offered(Struct, frozen=True):
    """A challenge to be shown to the buyer; `url` is a path of this server."""

    id: str
    url: str
    kind: str


class Decision(Struct, frozen=True, kw_only=True):
    """`unchecked`: no rule has looked at the attempt. `shadow`: the shop shall let it pass."""

    decision: Decided
    severity: Severity | None = None
    score: int = 0
    rules: tuple[str, ...] = ()
    unchecked: bool = False
    challenge: Offered | None = None
    shadow: bool = False


class ScreenLimits(Struct, frozen=True, kw_only=True):
    """How often one shop and one token may ask, and how long an answer may take."""

    asks_per_s_max: float = 100.0
    answer_s_max: float = 1.0


_decode = msgspec.json.Decoder(Asked).decode


class Screen:
    """Answers for attempts of all shops, on the thread of the loop that owns the fold."""

    def __init__(
        self,
        *,
        live: Live,
        shops: ShopDirectory,
        keys: Keys,
        clock: Clock,
        challenges: Challenges,
        limits: ScreenLimits,
        is_shadow: bool,
    ) -> None:
        self._live, self._shops, self._keys, self._clock = live, shops, keys, clock
        self.challenges, self._limits, self._is_shadow = challenges, limits, is_shadow
        per_s = limits.asks_per_s_max
        self._rates = Rates(per_s=per_s, burst=per_s * BURST_S)
        self._failure_told_ms = -FAILURES_TOLD_EVERY_MS

    async def ask(self, body: bytes, by: str) -> Decision:
        """Decide for one attempt; `by` is who asks.

        Raise MalformedMessage for what is no attempt, NotFound for a shop that is not here. All
        else that goes wrong is answered.
        """
        asked = read_asked(body)
        name = f"{asked.channel}/{asked.shop}/{asked.attempt_id}"
        try:
            return await self._decide(asked, name, body, by)
        except NotFound:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the shop must go on selling.
            self._tell(error)
            return Decision(decision=Decided.ALLOW, unchecked=True, shadow=self._is_shadow)

    async def _decide(self, asked: Asked, name: str, body: bytes, by: str) -> Decision:
        if self._shops.find(asked.channel, asked.shop) is None:
            raise NotFound(
                Bilingual("There is no such shop here.", "这里没有这个店铺。"),
                hint=Bilingual(
                    "`orderguard shop add` makes one.", "请用 `orderguard shop add` 添加。"
                ),
            )
        token, now_ms = asked.challenge_token, self._clock.now_ms()
        is_solved = token is not None and self.challenges.redeem(name, token)
        may_ask = [
            self._rates.take(f"shop {asked.channel}/{asked.shop}", now_ms),
            self._rates.take(f"caller {by}", now_ms),
        ]
        if not is_solved and not all(may_ask):
            return self._challenged(asked, name, Decision(decision=Decided.ALLOW, unchecked=True))
        if not self._live.is_ready:
            raise NotReady(
                Bilingual("The server is starting.", "服务器正在启动。"), retry_after_s=1
            )
        async with asyncio.timeout(self._limits.answer_s_max):
            await self._append(asked, body)
        # The fold has applied what is durable before anybody who waits for it goes on.
        attempt = self._live.fold.tables.attempts.get(name)
        if attempt is None:
            return Decision(decision=Decided.ALLOW, unchecked=True, shadow=self._is_shadow)
        return self._judged(asked, name, attempt, is_solved=is_solved)

    async def _append(self, asked: Asked, body: bytes) -> None:
        """The attempt is durable and folded on return; told again it is a duplicate."""
        received_ms = self._live.writer.stamp()
        data = CheckoutData(
            **{name: getattr(asked, name) for name in CheckoutData.__struct_fields__}
        )
        told = CanonicalEvent(
            id=f"screen:{asked.attempt_id}",
            type=EventType.CHECKOUT_ATTEMPTED,
            type_name=EventType.CHECKOUT_ATTEMPTED,
            occurred_at=from_ms(received_ms),
            data=data,
        )
        event = protect(
            told,
            channel=asked.channel,
            shop=asked.shop,
            received_ms=received_ms,
            tokens=self._keys,
        )
        draft = Draft(
            received_ms,
            encode_event(event, body, self._keys),
            digest16(asked.channel, asked.shop, event.id),
        )
        await self._live.writer.submit([Submission(event, draft)])

    def _judged(self, asked: Asked, name: str, attempt: Attempt, *, is_solved: bool) -> Decision:
        is_on = is_challenged(self._live.fold.tables, attempt, self._live.fold.clock_ms)
        seen = Decision(
            decision=decided(attempt, is_challenged=is_on, is_solved=is_solved),
            severity=attempt.severity,
            score=attempt.score,
            rules=tuple(sorted(attempt.hits)),
            shadow=self._is_shadow,
        )
        if seen.decision is not Decided.CHALLENGE:
            return seen
        return self._challenged(asked, name, seen)

    def _challenged(self, asked: Asked, name: str, seen: Decision) -> Decision:
        """With a challenge to show; the same one as long as it can be solved."""
        phone = asked.buyer.phone if asked.buyer else None
        opened = self.challenges.open(name, phone)
        return msgspec.structs.replace(
            seen,
            decision=Decided.CHALLENGE,
            challenge=Offered(opened.id, f"/challenge/{opened.id}", opened.kind),
            shadow=self._is_shadow,
        )

    def _tell(self, error: Exception) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._failure_told_ms >= FAILURES_TOLD_EVERY_MS:
            self._failure_told_ms = now_ms
            log.error("attempts pass unchecked: %s", error, exc_info=error)


def decided(attempt: Attempt, *, is_challenged: bool, is_solved: bool) -> Decided:
    """What becomes of an attempt.

    Who is on the allow list is never challenged: an attack is told by the crowd, not by them.
    """
    severity = attempt.severity
    if is_solved:
        return Decided.ALLOW
    if is_challenged or severity is Severity.CRITICAL:
        return Decided.ALLOW if attempt.is_allowed else Decided.CHALLENGE
    if severity is not None and severity.rank >= Severity.MEDIUM.rank:
        return Decided.REVIEW
    return Decided.ALLOW


def read_asked(body: bytes) -> Asked:
    """Raise MalformedMessage for anything that is no attempt."""
    if fault := jsontext.fault(body):
        raise MalformedMessage(Bilingual(f"Not an attempt: {fault}.", f"不是下单请求：“{fault}”。"))
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise MalformedMessage(
            Bilingual(f"Not an attempt: {error}.", f"不是下单请求：“{error}”。"),
            hint=Bilingual(
                "Send the data of `checkout.attempted`, with `channel` and `shop`.",
                "请发送 `checkout.attempted` 的数据，带上 `channel` 和 `shop`。",
            ),
        ) from error
