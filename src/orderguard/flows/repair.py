"""Find what pushes lost: list what changed on the platform, and take in what we do not know.

[last look − overlap, now − settle] ─► pages ─► whole orders, or ids ─► details
known already ─► passed over
a gap ─► log, counted as found and mended
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
from msgspec import Struct

from orderguard.bilingual import Bilingual, Text, quoted
from orderguard.domain.calls import Calls, ChannelMemory, Page, Want
from orderguard.domain.ports import Clock, Parsed, ShopConfig, ShopDirectory
from orderguard.domain.senders import FAILURE_LENGTH_MAX
from orderguard.errors import OrderGuardError, PlatformBusy, PlatformRefused
from orderguard.flows.calls import Platforms
from orderguard.flows.fetch import Take
from orderguard.flows.gaps import News
from orderguard.kit.clock import MS_PER_SECOND

LOOKED = "repaired"
LOOK_S = 1.0
"""How often shops are looked through for one whose time has come."""

NewsOf = Callable[[ShopConfig, Parsed], News]
"""What an event that a list or a detail told would change."""

log = logging.getLogger(__name__)


class RepairLimits(Struct, frozen=True, kw_only=True):
    """How often and how far back lists are read.

    Each shop every `every_s`, again from `overlap_s` before the last look, up to `settle_s` before
    now; at first from `first_s` ago. `pages_max` of one span.
    """

    every_s: float = 120.0
    overlap_s: float = 300.0
    settle_s: float = 20.0
    first_s: float = 86_400.0
    pages_max: int = 2_000
    details_parallel_max: int = 8


class Looked(Struct, kw_only=True):
    """How far a shop's list was read, and what came of it; instants in ms.

    `found`: changes that the list told and no push had; `mended`: those that are in the log now.
    """

    until_ms: int = 0
    found: int = 0
    mended: int = 0
    failure: Text = ""
    failed_ms: int = 0


_decode = msgspec.msgpack.Decoder(Looked).decode


class Repair:
    """`run` beside the server."""

    def __init__(
        self,
        *,
        platforms: Platforms,
        shops: ShopDirectory,
        clock: Clock,
        memory: ChannelMemory,
        news_of: NewsOf,
        take: Take,
        limits: RepairLimits | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._platforms, self._shops, self._clock = platforms, shops, clock
        self._memory, self._news_of, self._take = memory, news_of, take
        self._limits, self._sleep = limits or RepairLimits(), sleep
        self.looked: dict[tuple[str, str], Looked] = {}
        self._next_ms: dict[tuple[str, str], int] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            while True:
                for shop in self._shops.all():
                    self._begin(shop)
                await self._sleep(LOOK_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def look(self, shop: ShopConfig) -> Looked:
        """Look through what changed since the last time, now."""
        calls = self._platforms.calls(shop)
        looked = await self._known(shop)
        if calls is None or not calls.lists:
            return looked
        until_ms = self._clock.now_ms() - round(self._limits.settle_s * MS_PER_SECOND)
        since_ms = looked.until_ms - round(self._limits.overlap_s * MS_PER_SECOND)
        if not looked.until_ms:
            since_ms = until_ms - round(self._limits.first_s * MS_PER_SECOND)
        longest_ms = calls.limits.window_s_max * MS_PER_SECOND
        while since_ms < until_ms:
            end_ms = min(until_ms, since_ms + longest_ms)
            await self._span(shop, calls, looked, since_ms, end_ms)
            looked.until_ms, since_ms = max(looked.until_ms, end_ms), end_ms
            await self._remember(shop, looked)
        looked.failure = ""
        return looked

    def _begin(self, shop: ShopConfig) -> None:
        place, now_ms = (shop.channel, shop.shop), self._clock.now_ms()
        calls = self._platforms.calls(shop)
        task = self._tasks.get(place)
        if calls is None or not calls.lists or (task and not task.done()):
            return
        if now_ms >= self._next_ms.get(place, 0):
            self._next_ms[place] = now_ms + round(self._limits.every_s * MS_PER_SECOND)
            self._tasks[place] = asyncio.create_task(self._tried(shop))

    async def _tried(self, shop: ShopConfig) -> None:
        try:
            await self.look(shop)
        except OrderGuardError as error:
            await self._failed(shop, error.whole)
        except Exception as error:
            log.exception("The list of %s/%s could not be read.", shop.channel, shop.shop)
            await self._failed(shop, quoted(f"{type(error).__name__}: {error}"))

    async def _failed(self, shop: ShopConfig, failure: Bilingual) -> None:
        looked = await self._known(shop)
        if not looked.failure:
            log.warning("%s/%s cannot be looked through: %s", shop.channel, shop.shop, failure.en)
        looked.failure, looked.failed_ms = failure.cut(FAILURE_LENGTH_MAX), self._clock.now_ms()
        with suppress(OrderGuardError):
            await self._remember(shop, looked)

    async def _span(
        self, shop: ShopConfig, calls: Calls, looked: Looked, since_ms: int, until_ms: int
    ) -> None:
        following: str | None = None
        for _ in range(self._limits.pages_max):
            page = await self._page(shop, calls, since_ms, until_ms, following)
            await self._mend(shop, looked, page.parsed)
            for start in range(0, len(page.wants), self._limits.details_parallel_max):
                some = page.wants[start : start + self._limits.details_parallel_max]
                for parsed in await asyncio.gather(*(self._detail(shop, calls, w) for w in some)):
                    await self._mend(shop, looked, parsed)
            if page.next is None:
                return
            if page.next == following:
                raise PlatformBusy(
                    Bilingual(
                        "The list names the same page as its next one.",
                        "平台列表的下一页还是这一页。",
                    )
                )
            following = page.next
        raise PlatformBusy(
            Bilingual(
                f"A list of {self._limits.pages_max} pages is not read to its end.",
                f"列表读了 {self._limits.pages_max} 页还没有读完。",
            ),
            hint=Bilingual("Shorten the span of one list call.", "请缩短每次查询列表的时间范围。"),
        )

    async def _page(
        self, shop: ShopConfig, calls: Calls, since_ms: int, until_ms: int, page: str | None
    ) -> Page:
        return await self._platforms.ask(
            shop,
            lambda asking: calls.changed(since_ms, until_ms, page, asking),
            lambda reply, asking: calls.read_changed(reply, asking, page),
        )

    async def _detail(self, shop: ShopConfig, calls: Calls, want: Want) -> tuple[Parsed, ...]:
        try:
            return await self._platforms.ask(
                shop,
                lambda asking: calls.detail(want, asking),
                lambda reply, asking: calls.read_detail(want, reply, asking),
            )
        except PlatformRefused as error:
            # One order that the platform will not tell must not keep all others from us.
            log.warning("%s/%s will not tell %s: %s", shop.channel, shop.shop, want.id, error)
            return ()

    async def _mend(self, shop: ShopConfig, looked: Looked, parsed: tuple[Parsed, ...]) -> None:
        told = [(one, self._news_of(shop, one)) for one in parsed]
        news = tuple(one for one, what in told if what is not News.NOTHING)
        if not news:
            return
        # Where this fails, the next look finds them again, and counts them then.
        await self._take(shop.channel, shop.shop, news)
        gaps = [one for one, what in told if what is News.FACTS]
        looked.found += len(gaps)
        looked.mended += sum(self._news_of(shop, one) is not News.FACTS for one in gaps)

    async def _known(self, shop: ShopConfig) -> Looked:
        place = (shop.channel, shop.shop)
        if place not in self.looked:
            saved = await asyncio.to_thread(self._memory.load, *place, LOOKED)
            self.looked.setdefault(place, Looked() if saved is None else _decode(saved))
        return self.looked[place]

    async def _remember(self, shop: ShopConfig, looked: Looked) -> None:
        encoded = msgspec.msgpack.encode(looked)
        await asyncio.to_thread(self._memory.save, shop.channel, shop.shop, LOOKED, encoded)
