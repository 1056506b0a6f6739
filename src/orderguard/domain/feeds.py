"""The third part of the channel port: a platform that does not push, and that we connect to.

A channel's folder that offers it has `FEED` beside `CHANNEL`.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from orderguard.domain.ports import Clock, RawMessage, ShopConfig

Take = Callable[[RawMessage], Awaitable[None]]
"""Takes one message in; when it returns the events are durable and may be confirmed.

Raises MalformedMessage for one that will never be read: it is counted, and may be confirmed too.
Whatever else it raises, the message is to come again.
"""


class Feed(Protocol):
    """A connection that we open, and hear of orders on."""

    def is_ready(self, shop: ShopConfig) -> bool:
        """Whether the shop has all that the connection needs."""
        ...

    def is_off(self, shop: ShopConfig) -> bool:
        """Whether the shop's settings say that nothing is to be connected to."""
        ...

    async def listen(
        self, shop: ShopConfig, take: Take, clock: Clock, on_connected: Callable[[], None]
    ) -> None:
        """Connect, sign in, and take what comes until the connection ends.

        Raise FeedLost where it may be tried again, FeedRefused where the platform says no to our
        key. What waits to be taken is bounded by `WAITING_MAX`.
        """
        ...


WAITING_MAX = 256
"""Messages of one feed that may be under way at once."""
