"""Whether what a list or a detail tells is news, by the very state machine that the fold runs."""

from enum import IntEnum

from orderguard.domain.ports import Clock, Parsed, ShopConfig
from orderguard.errors import MalformedMessage
from orderguard.flows.live import Live
from orderguard.flows.protect import Tokens, protect
from orderguard.orders import derive, order_key


class News(IntEnum):
    """What an event would change of the order as it is known."""

    NOTHING = 0
    DETAILS = 1
    """A member has another value: an address, a remark's time."""
    FACTS = 2
    """Something happened that nobody has told us of: a push was lost, or is late."""


class Gaps:
    """Compares; reads the fold and changes nothing."""

    def __init__(self, live: Live, tokens: Tokens, clock: Clock) -> None:
        self._live, self._tokens, self._clock = live, tokens, clock

    def news(self, shop: ShopConfig, parsed: Parsed) -> News:
        try:
            event = protect(
                parsed.event,
                channel=shop.channel,
                shop=shop.shop,
                received_ms=self._clock.now_ms(),
                tokens=self._tokens,
            )
        except MalformedMessage:
            return News.NOTHING  # It can never stand in the log.
        key = order_key(event)
        if key is None:
            return News.DETAILS  # Not of an order: the log's own deduplication decides.
        record = self._live.order(key)
        if record is None:
            return News.FACTS
        after, _ = derive(record.state, event)
        if after.instants.keys() - record.state.instants.keys():
            return News.FACTS
        return News.NOTHING if after.members == record.state.members else News.DETAILS
