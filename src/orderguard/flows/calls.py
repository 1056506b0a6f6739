"""Ask platforms: signed, in time, not too often, and again where that may help.

build (pure, the channel's) ─► a place in the app's rate ─► send ─► read (pure, the channel's)
▲                                                             │
└── fresh token ◄── token rejected ── a later try ◄── busy ◄──┘
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.calls import (
    Access,
    Asking,
    CallLimits,
    Calls,
    ChannelMemory,
    Reply,
    Request,
)
from orderguard.domain.ports import Clock, ShopConfig
from orderguard.errors import (
    ActionFailure,
    ActionRefused,
    BadInput,
    KeyErased,
    MaybeDone,
    PlatformBusy,
    PlatformRefused,
    TokenRejected,
)
from orderguard.kit.addresses import AddressGuard
from orderguard.kit.clock import MS_PER_MINUTE
from orderguard.kit.ids import stable_id
from orderguard.kit.outbound import Outbound

ACCESS = "access"
"""Under which name a shop's token is remembered."""
TOKEN_SETTING, REFRESH_SETTING = "access_token", "refresh_token"
ANSWER_BYTES_MAX = 8 * 1024 * 1024
ATTEMPTS_MAX = 4
RETRY_S_FIRST, RETRY_S_MAX = 0.5, 30.0
RENEW_BEFORE_MS = 5 * MS_PER_MINUTE
"""A token is renewed so long before its end."""
WAITING_MAX = 10_000
"""Calls of one app that may wait for their place."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

log = logging.getLogger(__name__)


class _Remembered(Struct, frozen=True):
    """`given`: a digest of what a person gave before this was got."""

    given: str
    access: Access


_decode_remembered = msgspec.msgpack.Decoder(_Remembered).decode


class Sends(Protocol):
    async def send(
        self, request: Request, limits: CallLimits, own_hosts: frozenset[str]
    ) -> Reply: ...

    async def close(self) -> None: ...


class PlatformHttp:
    """Sends over guarded addresses. A host that the shop's settings name may lie within."""

    def __init__(self) -> None:
        self._outbounds: dict[tuple[CallLimits, frozenset[str]], Outbound] = {}
        self._guards: dict[frozenset[str], AddressGuard] = {}

    async def send(self, request: Request, limits: CallLimits, own_hosts: frozenset[str]) -> Reply:
        key = (limits, own_hosts)
        if key not in self._outbounds:
            self._guards[own_hosts] = AddressGuard(own_hosts)
            self._outbounds[key] = Outbound(
                seconds_max=limits.seconds_max,
                parallel_max=limits.parallel_max,
                allowed_hosts=own_hosts,
                answer_bytes_max=ANSWER_BYTES_MAX,
            )
        address = self._guards[own_hosts].read(request.url)
        headers = {"accept-encoding": "identity", **request.headers}
        return await self._outbounds[key].send(request.method, address, headers, request.body)

    async def close(self) -> None:
        for outbound in self._outbounds.values():
            await outbound.close()


class _App:
    """One app's rate and width on its platform."""

    def __init__(self, limits: CallLimits) -> None:
        self.slots = asyncio.Semaphore(limits.parallel_max)
        self.waiting = 0
        self._gap_s, self._next_at = 1 / limits.per_s, 0.0

    async def turn(self, sleep: Sleep) -> None:
        """Wait for our place: calls are spread evenly, so that no second has a burst."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_at)
        self._next_at = at + self._gap_s
        if at > now:
            await sleep(at - now)

    def rest(self, seconds: float) -> None:
        """The platform asked to be left alone."""
        at = asyncio.get_running_loop().time() + seconds
        self._next_at = max(self._next_at, at)


class Platforms:
    """Asks any channel that can be asked; `offered` are their calls, by name."""

    def __init__(
        self,
        *,
        offered: Mapping[str, Calls],
        memory: ChannelMemory,
        clock: Clock,
        sends: Sends | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.offered = offered
        self._memory, self._clock, self._sleep = memory, clock, sleep
        self._sends: Sends = sends or PlatformHttp()
        self._apps: dict[str, _App] = {}
        self._access: dict[tuple[str, str], Access] = {}
        self._renewing: dict[tuple[str, str], asyncio.Lock] = {}

    def calls(self, shop: ShopConfig) -> Calls | None:
        """What can be asked of this shop's platform; None where nothing can, or not yet."""
        calls = self.offered.get(shop.channel)
        return calls if calls is not None and calls.is_ready(shop) else None

    async def ask(
        self,
        shop: ShopConfig,
        build: Callable[[Asking], Request],
        read: Callable[[Reply, Asking], T],
        *,
        is_effect: bool = False,
        attempts: int = ATTEMPTS_MAX,
    ) -> T:
        """What the platform answers.

        An effect is asked for once only where it may have come about. Raise PlatformRefused,
        PlatformBusy when no try did, TokenRejected where a fresh token did not help either.
        """
        calls = self.offered[shop.channel]
        has_renewed, failures = False, 0
        while True:
            asking = await self._asking(shop, calls)
            try:
                reply = await self._send(shop, calls, build(asking), is_effect=is_effect)
                return read(reply, asking)
            except TokenRejected:
                if has_renewed or not await self._renew(shop, calls, asking.access):
                    raise
                has_renewed = True
            except PlatformBusy as error:
                failures += 1
                if failures >= attempts or (is_effect and error.may_have_acted):
                    raise
                await self._back_off(shop, calls, error, failures)

    async def close(self) -> None:
        await self._sends.close()

    async def _back_off(
        self, shop: ShopConfig, calls: Calls, error: PlatformBusy, failures: int
    ) -> None:
        longest = min(RETRY_S_MAX, RETRY_S_FIRST * 2 ** (failures - 1))
        pause_s = random.uniform(longest / 2, longest)  # noqa: S311 - spreads tries, hides nothing.
        if error.retry_after_s is not None:
            pause_s = max(pause_s, min(error.retry_after_s, RETRY_S_MAX))
            self._app(shop, calls).rest(pause_s)
        await self._sleep(pause_s)

    async def _send(
        self, shop: ShopConfig, calls: Calls, request: Request, *, is_effect: bool
    ) -> Reply:
        app = self._app(shop, calls)
        if app.waiting >= WAITING_MAX:
            place = f"{shop.channel}/{shop.shop}"
            raise PlatformBusy(
                Bilingual(
                    f"{WAITING_MAX} calls of {place} wait already.",
                    f"{place} 已有 {WAITING_MAX} 次调用在等待。",
                )
            )
        app.waiting += 1
        try:
            async with app.slots:
                await app.turn(self._sleep)
                return await self._sends.send(request, calls.limits, _own_hosts(shop))
        except (ActionRefused, BadInput) as error:
            raise PlatformRefused(error.said, hint=error.advised) from error
        except ActionFailure as error:
            raise PlatformBusy(
                error.said,
                hint=error.advised,
                retry_after_s=error.retry_after_s,
                may_have_acted=is_effect and isinstance(error, MaybeDone),
            ) from error
        finally:
            app.waiting -= 1

    def _app(self, shop: ShopConfig, calls: Calls) -> _App:
        name = f"{shop.channel}:{calls.app(shop)}"
        app = self._apps.get(name)
        if app is None:
            app = self._apps[name] = _App(calls.limits)
        return app

    async def _asking(self, shop: ShopConfig, calls: Calls) -> Asking:
        access, now_ms = self._known_access(shop), self._clock.now_ms()
        if (
            access.expires_ms is not None and access.expires_ms - RENEW_BEFORE_MS <= now_ms
        ) or not access.token:
            await self._renew(shop, calls, access)
            access = self._known_access(shop)
        return Asking(shop=shop, access=access, now_ms=self._clock.now_ms())

    def _known_access(self, shop: ShopConfig) -> Access:
        """What was renewed last, else what the shop was set up with."""
        key = shop.channel, shop.shop
        if key not in self._access:
            self._access[key] = self._remembered(shop)
        return self._access[key]

    def _remembered(self, shop: ShopConfig) -> Access:
        try:
            saved = self._memory.load(shop.channel, shop.shop, ACCESS)
        except KeyErased:
            saved = None
        given = _given(shop)
        if saved is not None:
            remembered = _decode_remembered(saved)
            if remembered.given == _digest(given):
                return remembered.access
        return given

    async def _renew(self, shop: ShopConfig, calls: Calls, former: Access) -> bool:
        """Get a fresh token, once for all who need it; whether there is another one now."""
        key = shop.channel, shop.shop
        async with self._renewing.setdefault(key, asyncio.Lock()):
            known = self._known_access(shop)
            if known != former:
                return True
            asking = Asking(shop=shop, access=known, now_ms=self._clock.now_ms())
            request = calls.renew(asking)
            if request is None:
                return False
            reply = await self._send(shop, calls, request, is_effect=False)
            fresh = calls.read_renewed(reply, asking)
            encoded = msgspec.msgpack.encode(_Remembered(_digest(_given(shop)), fresh))
            await asyncio.to_thread(self._memory.save, *key, ACCESS, encoded)
            self._access[key] = fresh
            return True


def _given(shop: ShopConfig) -> Access:
    """What a person gave; it counts again as soon as somebody gives another."""
    return Access(
        token=shop.settings.get(TOKEN_SETTING, ""), refresh=shop.settings.get(REFRESH_SETTING, "")
    )


def _digest(given: Access) -> str:
    return stable_id("given", given.token, given.refresh)


def _own_hosts(shop: ShopConfig) -> frozenset[str]:
    """The hosts that the shop's settings name: who wrote them there means them."""
    return frozenset(
        host
        for value in shop.settings.values()
        if value.startswith(("http://", "https://")) and (host := urlsplit(value).hostname)
    )
