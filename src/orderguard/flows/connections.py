"""All that reaches out to the platforms beside the log: completion, repair, and our own feeds."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from orderguard.bilingual import Text
from orderguard.domain.calls import Calls, ChannelMemory
from orderguard.domain.feeds import Feed
from orderguard.domain.ports import Action, Clock, EventLog, ShopDirectory
from orderguard.domain.senders import Connection
from orderguard.flows.answer_back import REFETCH, AnswerBack
from orderguard.flows.calls import Platforms
from orderguard.flows.feeds import Feeds
from orderguard.flows.fetch import Fetcher
from orderguard.flows.gaps import Gaps
from orderguard.flows.ingest import Intake
from orderguard.flows.live import Live
from orderguard.flows.protect import Tokens
from orderguard.flows.repair import Repair, RepairLimits
from orderguard.flows.senders import Senders

TELL_S = 2.0
"""How often `shop list` gets to know how the connections stand."""


class Reach(NamedTuple):
    """Whom we can ask and connect to, and what is remembered of it."""

    calls: Mapping[str, Calls]
    feeds: Mapping[str, Feed]
    shops: ShopDirectory
    memory: ChannelMemory
    clock: Clock


class Connections:
    """`run` beside the server, from when it is ready until it leaves."""

    def __init__(
        self,
        reach: Reach,
        live: Live,
        event_log: EventLog,
        intake: Intake,
        tokens: Tokens,
        senders: Senders,
        limits: RepairLimits | None = None,
    ) -> None:
        calls, feeds, shops, memory, clock = reach
        self._shops, self._senders = shops, senders
        self.platforms = Platforms(offered=calls, memory=memory, clock=clock)
        self.fetcher = Fetcher(
            platforms=self.platforms,
            shops=shops,
            event_log=event_log,
            log_end=lambda: live.log_end[0],
            take=intake.take,
            memory=memory,
        )
        self.repair = Repair(
            platforms=self.platforms,
            shops=shops,
            clock=clock,
            memory=memory,
            news_of=Gaps(live.order, tokens, clock).news,
            take=intake.take,
            limits=limits,
        )
        self.feeds = Feeds(feeds=feeds, shops=shops, clock=clock, hear=intake.hear)
        intake.on_taken = self.fetcher
        intake.on_spoke = senders.spoke

    def with_platforms(self, actions: Mapping[str, Action]) -> dict[str, Action]:
        """The actions, with those that platforms do themselves done by them where they can."""
        names: Iterable[str] = {REFETCH}.union(
            *(calls.does for calls in self.platforms.offered.values())
        )
        joined = {
            name: AnswerBack(
                name,
                platforms=self.platforms,
                shops=self._shops,
                fetcher=self.fetcher,
                merchant=actions.get(name),
            )
            for name in sorted(names)
        }
        return {**actions, **joined}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self.fetcher.run, self.repair.run, self.feeds.run, self._tell):
                    group.create_task(work())
        finally:
            await self.platforms.close()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            waiting = self.fetcher.waiting()
            for shop in self._shops.all():
                if connection := self._state(shop.channel, shop.shop, waiting):
                    self._senders.connected(shop, connection)

    def _state(
        self, channel: str, shop: str, waiting: Mapping[tuple[str, str], int]
    ) -> Connection | None:
        place = (channel, shop)
        looked, feed = self.repair.looked.get(place), self.feeds.states.get(place)
        if channel not in self.platforms.offered and feed is None:
            return None
        failures: tuple[Text, ...] = (
            looked.failure if looked else "",
            feed.failure if feed else "",
            self.fetcher.failure.get(place, "") if waiting.get(place) else "",
        )
        return Connection(
            details_waiting=waiting.get(place, 0),
            details_fetched=self.fetcher.fetched[place],
            details_failed=self.fetcher.failed[place],
            listed_ms=looked.until_ms if looked else 0,
            gaps_found=looked.found if looked else 0,
            gaps_mended=looked.mended if looked else 0,
            is_connected=feed.is_connected if feed else None,
            failure=next((one for one in failures if one), ""),
        )
