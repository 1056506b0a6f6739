"""Keep the connections that we open: one for each shop of a channel that does not push."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from orderguard.bilingual import Text, quoted
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Clock, RawMessage, ShopConfig, ShopDirectory
from orderguard.domain.senders import FAILURE_LENGTH_MAX
from orderguard.errors import FeedLost, FeedRefused, MalformedMessage, OrderGuardError

CLOSED_S, LOST_S, REFUSED_S = 3.0, 15.0, 300.0
"""How long to wait before the next try: after an orderly end, a failure, a no to our key."""
LOOK_S = 1.0

Hear = Callable[[ShopConfig, RawMessage], Awaitable[None]]

log = logging.getLogger(__name__)


class FeedState(Struct, kw_only=True):
    """How a connection fares; instants in ms. `unreadable`: messages that nobody can parse."""

    is_connected: bool = False
    changed_ms: int = 0
    connections: int = 0
    unreadable: int = 0
    failure: Text = ""


class Feeds:
    """`run` beside the server. A shop that is added or changed is seen within a second."""

    def __init__(
        self,
        *,
        feeds: Mapping[str, Feed],
        shops: ShopDirectory,
        clock: Clock,
        hear: Hear,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._feeds, self._shops, self._clock = feeds, shops, clock
        self._hear, self._sleep = hear, sleep
        self.states: dict[tuple[str, str], FeedState] = {}
        self._tasks: dict[tuple[str, str], tuple[ShopConfig, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK_S)
        finally:
            tasks = [task for _, task in self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self) -> None:
        for shop in self._shops.all():
            feed, place = self._feeds.get(shop.channel), (shop.channel, shop.shop)
            if feed is None:
                continue
            known = self._tasks.get(place)
            if known and known[0] == shop:
                continue
            if known:
                known[1].cancel()
            if feed.is_ready(shop):
                self._tasks[place] = (shop, asyncio.create_task(self._keep(feed, shop)))
            else:
                self._tasks.pop(place, None)

    async def _keep(self, feed: Feed, shop: ShopConfig) -> None:
        state = self.states.setdefault((shop.channel, shop.shop), FeedState())

        def connected() -> None:
            state.is_connected, state.failure = True, ""
            state.connections += 1
            state.changed_ms = self._clock.now_ms()

        async def take(message: RawMessage) -> None:
            try:
                await self._hear(shop, message)
            except MalformedMessage:
                state.unreadable += 1
                raise

        while True:
            pause_s = CLOSED_S
            try:
                await feed.listen(shop, take, self._clock, connected)
            except FeedRefused as error:
                pause_s = self._failed(shop, state, error, REFUSED_S)
            except (FeedLost, OrderGuardError) as error:
                pause_s = self._failed(shop, state, error, LOST_S)
            except Exception as error:
                log.exception("The connection of %s/%s failed.", shop.channel, shop.shop)
                pause_s = self._failed(shop, state, error, LOST_S)
            finally:
                state.is_connected, state.changed_ms = False, self._clock.now_ms()
            await self._sleep(pause_s)

    def _failed(
        self, shop: ShopConfig, state: FeedState, error: Exception, pause_s: float
    ) -> float:
        said = error.whole if isinstance(error, OrderGuardError) else quoted(str(error))
        failure = said.cut(FAILURE_LENGTH_MAX)
        if failure != state.failure:
            log.warning("%s/%s is not connected: %s", shop.channel, shop.shop, error)
        state.failure = failure
        return pause_s
