"""Complete what pushes left out: id-only events are acknowledged first, the detail comes after.

    push ─► log ─► ack            wants ─► one queue an app ─► detail ─► order.updated ─► log
                    └─► wants ──────┘           ▲ again later, so often

What is wanted follows from the log alone. A cursor remembers up to where all of it has been
fetched; after a crash the entries behind it are looked through again.
"""

import asyncio
import datetime as dt
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import count

from msgspec import Struct

from orderguard.bilingual import Bilingual
from orderguard.domain.calls import ChannelMemory, Want
from orderguard.domain.events import CanonicalEvent, OrderEvent
from orderguard.domain.ports import EventLog, Parsed, ShopConfig, ShopDirectory
from orderguard.domain.record import decode
from orderguard.errors import OrderGuardError, PlatformFailure, PlatformRefused, TokenRejected
from orderguard.flows.calls import Platforms

CURSOR = "fetched"
ROWS_AT_ONCE = 1_000
SAVE_S = 5.0

Take = Callable[[str, str, tuple[Parsed, ...]], Awaitable[int]]
"""Takes the events of a shop in; how many of them are new."""
Place = tuple[str, str]

log = logging.getLogger(__name__)


class FetchLimits(Struct, frozen=True, kw_only=True):
    """How hard a detail is tried for.

    `tries_max` rounds of calls for one thing, `again_s_first` apart and then twice as long each
    time up to `again_s_max`; after them it is left to the repair. `wanted_max` things may wait.
    """

    tries_max: int = 6
    again_s_first: float = 15.0
    again_s_max: float = 900.0
    wanted_max: int = 100_000


class _Errand(Struct, kw_only=True):
    """`since`: the log's end before the oldest push that wants it."""

    shop: ShopConfig
    want: Want
    since: int
    tries: int = 0
    is_asking: bool = False
    is_wanted_again: bool = False


class Fetcher:
    """`run` beside the server. It is the intake's `on_taken`."""

    def __init__(
        self,
        *,
        platforms: Platforms,
        shops: ShopDirectory,
        event_log: EventLog,
        log_end: Callable[[], int],
        take: Take,
        memory: ChannelMemory,
        limits: FetchLimits | None = None,
    ) -> None:
        self._platforms, self._shops, self._log = platforms, shops, event_log
        self._log_end, self._take, self._memory = log_end, take, memory
        self._limits = limits or FetchLimits()
        self._errands: dict[tuple[str, str, Want], _Errand] = {}
        self._queues: dict[str, asyncio.Queue[_Errand]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._later: set[asyncio.TimerHandle] = set()
        self._under_way: dict[int, int] = {}
        self._numbers = count()
        self._is_running, self._is_behind = False, False
        self._saved = -1
        self.fetched: Counter[Place] = Counter()
        self.failed: Counter[Place] = Counter()
        self.failure: dict[Place, Bilingual] = {}

    def waiting(self) -> Counter[Place]:
        """How many details each shop waits for."""
        return Counter((channel, shop) for channel, shop, _ in self._errands)

    def begin(self) -> int:
        number = next(self._numbers)
        self._under_way[number] = self._log_end()
        return number

    def end(self, began: int, shop: ShopConfig, parsed: tuple[Parsed, ...]) -> None:
        since = self._under_way.pop(began)
        calls = self._platforms.calls(shop)
        if calls is not None and self._is_running:
            for one in parsed:
                for want in calls.wants(one.event):
                    self._want(shop, want, since)

    async def refetch(self, shop: ShopConfig, want: Want) -> int:
        """Ask for one thing now; how many new events came of it. Raise as `Platforms.ask` does."""
        calls = self._platforms.calls(shop)
        if calls is None:
            place = f"{shop.channel}/{shop.shop}"
            raise PlatformRefused(
                Bilingual(f"{place} cannot be asked.", f"{place} 的接口不能调用。")
            )
        parsed = await self._platforms.ask(
            shop,
            lambda asking: calls.detail(want, asking),
            lambda reply, asking: calls.read_detail(want, reply, asking),
        )
        return await self._take(shop.channel, shop.shop, parsed) if parsed else 0

    async def run(self) -> None:
        self._is_running = True
        try:
            await self._recover()
            while True:
                await asyncio.sleep(SAVE_S)
                await self._save()
                if self._is_behind and len(self._errands) < self._limits.wanted_max // 2:
                    await self._recover()
        finally:
            self._is_running = False
            for handle in self._later:
                handle.cancel()
            for worker in self._workers:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            with suppress(OrderGuardError):
                await self._save()

    def _want(self, shop: ShopConfig, want: Want, since: int) -> None:
        key = (shop.channel, shop.shop, want)
        errand = self._errands.get(key)
        if errand is not None:
            # What was asked for before this push may not show yet what it tells.
            errand.is_wanted_again = errand.is_wanted_again or errand.is_asking
            return
        if len(self._errands) >= self._limits.wanted_max:
            self._is_behind = True  # The cursor stands still, and the log keeps what is wanted.
            return
        errand = self._errands[key] = _Errand(shop=shop, want=want, since=since)
        self._queue(errand, self._platforms.offered[shop.channel].limits.settle_s)

    def _queue(self, errand: _Errand, after_s: float) -> None:
        calls = self._platforms.offered[errand.shop.channel]
        app = f"{errand.shop.channel}:{calls.app(errand.shop)}"
        queue = self._queues.get(app)
        if queue is None:
            queue = self._queues[app] = asyncio.Queue()
            width = range(calls.limits.parallel_max)
            self._workers += [asyncio.create_task(self._work(queue)) for _ in width]
        if after_s <= 0:
            queue.put_nowait(errand)
            return
        loop, due = asyncio.get_running_loop(), queue

        def put() -> None:
            self._later.discard(handle)
            due.put_nowait(errand)

        handle = loop.call_later(after_s, put)
        self._later.add(handle)

    async def _work(self, queue: asyncio.Queue[_Errand]) -> None:
        while True:
            errand = await queue.get()
            errand.is_asking, errand.is_wanted_again = True, False
            place = (errand.shop.channel, errand.shop.shop)
            try:
                await self.refetch(errand.shop, errand.want)
            except (PlatformRefused, TokenRejected) as error:
                self._give_up(errand, error)
            except OrderGuardError as error:
                self._try_again(errand, error)
            except Exception as error:
                # What an answer does to our own code must not end the work for this platform.
                log.exception("The detail of %s/%s could not be read.", *place)
                self._give_up(errand, PlatformFailure(f"{type(error).__name__}: {error}"))
            else:
                self.fetched[place] += 1
                self._done(errand)

    def _done(self, errand: _Errand) -> None:
        errand.is_asking, errand.tries = False, 0
        if errand.is_wanted_again:
            self._queue(errand, self._platforms.offered[errand.shop.channel].limits.settle_s)
            return
        del self._errands[errand.shop.channel, errand.shop.shop, errand.want]

    def _try_again(self, errand: _Errand, error: OrderGuardError) -> None:
        errand.is_asking = False
        errand.tries += 1
        self.failure[errand.shop.channel, errand.shop.shop] = error.whole
        if errand.tries >= self._limits.tries_max:
            self._give_up(errand, error)
            return
        pause_s = self._limits.again_s_first * 2 ** (errand.tries - 1)
        self._queue(errand, min(pause_s, self._limits.again_s_max))

    def _give_up(self, errand: _Errand, error: OrderGuardError) -> None:
        place = (errand.shop.channel, errand.shop.shop)
        if not self.failed[place]:
            log.warning("A detail of %s/%s cannot be had: %s", *place, error)
        self.failed[place] += 1
        self.failure[place] = error.whole
        errand.is_asking = errand.is_wanted_again = False
        self._done(errand)

    async def _recover(self) -> None:
        """Look again through the log behind the cursor."""
        saved = await asyncio.to_thread(self._memory.load, "", "", CURSOR)
        end = self._log_end()
        if saved is None and not self._is_behind:
            return  # Never fetched: what is older than this server is the repair's.
        after = int(saved or b"0")
        self._is_behind = False
        while after < end and not self._is_behind:
            rows = await asyncio.to_thread(self._log.read, after, ROWS_AT_ONCE)
            if not rows:
                break
            for row in rows:
                entry = decode(row.record)
                if isinstance(entry, OrderEvent):
                    self._look_at(entry, row.offset - 1)
            after = rows[-1].offset
            await asyncio.sleep(0)

    def _look_at(self, event: OrderEvent, since: int) -> None:
        shop = self._shops.find(event.channel, event.shop)
        calls = self._platforms.calls(shop) if shop else None
        if shop is None or calls is None:
            return
        for want in calls.wants(_canonical(event)):
            self._want(shop, want, since)

    async def _save(self) -> None:
        """The cursor stands before the oldest push that is not completed."""
        if self._is_behind or not any(map(self._platforms.calls, self._shops.all())):
            return
        held: Iterable[int] = (
            *self._under_way.values(),
            *(errand.since for errand in self._errands.values()),
        )
        cursor = min(held, default=self._log_end())
        if cursor != self._saved:
            await asyncio.to_thread(self._memory.save, "", "", CURSOR, str(cursor).encode())
            self._saved = cursor


def _canonical(event: OrderEvent) -> CanonicalEvent:
    return CanonicalEvent(
        id=event.id,
        type=event.type,
        type_name=event.type_name or event.type.value,
        occurred_at=dt.datetime.fromtimestamp(event.occurred_ms / 1000, dt.UTC),
        data=event.data,
    )
