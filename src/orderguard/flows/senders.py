"""Watch the senders: when each shop was last heard, and what was refused of it since.

A refused call costs some additions and no write: what changed is saved with the checkpoint, so
that nobody keeps the disk busy by forging. An event that is accepted makes an end of what was
refused before it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec.structs import replace

from orderguard.domain.events import OrderEvent
from orderguard.domain.ports import Clock, ShopConfig
from orderguard.domain.senders import Connection, SenderRecord
from orderguard.errors import SignatureFault, SignatureMismatch
from orderguard.flows.protect import AHEAD_MS_MAX
from orderguard.kit.clock import MS_PER_SECOND

AHEAD_MS_MIN = 10 * MS_PER_SECOND
"""An event that happened so long after it was received bears a wrong time."""


class SenderStore(Protocol):
    def load(self) -> list[SenderRecord]: ...

    def save(self, records: Sequence[SenderRecord]) -> None:
        """Replace what is kept of these shops. May be called on any thread."""
        ...


class Sender:
    """One shop's, while the server runs: its record, and counts since the start."""

    def __init__(self, record: SenderRecord) -> None:
        self._record, self._counted = record, 0
        self.saved: SenderRecord | None = record
        self.event_ms = record.event_ms
        self.ahead, self.ahead_ms = record.ahead, record.ahead_ms
        self.lag_ms, self.gaps = record.lag_ms, record.gaps
        self.events = 0
        self.refusals: Counter[SignatureFault] = Counter()

    @property
    def record(self) -> SenderRecord:
        """As it stands now."""
        if self._counted != self.events:
            self._counted = self.events
            self._record = SenderRecord(
                channel=self._record.channel,
                shop=self._record.shop,
                event_ms=self.event_ms,
                ahead=self.ahead,
                ahead_ms=self.ahead_ms,
                lag_ms=self.lag_ms,
                gaps=self.gaps,
                connection=self._record.connection,
            )
        return self._record

    def connected(self, connection: Connection) -> None:
        """How what we do ourselves towards its platform stands."""
        if self._record.connection != connection:
            self._record = replace(self.record, connection=connection)

    def spoke(self, received_ms: int) -> None:
        """It told of another shop's order."""
        self.events += 1
        self.event_ms = received_ms

    def told(self, event: OrderEvent, *, is_gap: bool) -> None:
        """It sent a new event with a signature that was accepted."""
        self.events += 1
        self.gaps += is_gap
        self.event_ms = event.received_ms
        ahead_ms = AHEAD_MS_MAX if event.clamped else event.occurred_ms - event.received_ms
        if ahead_ms >= AHEAD_MS_MIN:
            self.ahead_ms = min(ahead_ms, self.ahead_ms) if self.ahead else ahead_ms
            self.ahead += 1
        elif self.ahead:
            self.ahead = self.ahead_ms = 0
        self.lag_ms = max(0, event.received_ms - event.occurred_ms)

    def refused(self, error: SignatureMismatch, now_ms: int) -> None:
        self.refusals[error.fault] += 1
        former, skew_ms = self.record, error.skew_ms
        lowest, highest = former.skew_ms_min, former.skew_ms_max
        if skew_ms is not None:
            lowest = skew_ms if lowest is None else min(lowest, skew_ms)
            highest = skew_ms if highest is None else max(highest, skew_ms)
        count = former.refused.get(error.fault, 0) + 1
        self._record = replace(
            former,
            refused={**former.refused, error.fault: count},
            refused_ms=now_ms,
            fault=error.fault,
            skew_ms_min=lowest,
            skew_ms_max=highest,
        )


class Senders:
    """All of them. There is one for each shop, since only calls to a shop's path are counted.

    Without a store they are forgotten with the process.
    """

    def __init__(self, store: SenderStore | None, clock: Clock) -> None:
        self._store, self._clock = store, clock
        known = store.load() if store else []
        self._senders = {(one.channel, one.shop): Sender(one) for one in known}

    def told(self, event: OrderEvent, *, is_gap: bool = False) -> None:
        """A new event is in the log. Called for each, so it does next to nothing.

        `is_gap`: it shows that one before it never came.
        """
        sender = self._senders.get((event.channel, event.shop))
        if sender is None:
            sender = self._add(event.channel, event.shop)
        sender.told(event, is_gap=is_gap)

    def refused(self, shop: ShopConfig, error: SignatureMismatch) -> None:
        """A call's signature was not accepted."""
        sender = self._senders.get((shop.channel, shop.shop))
        if sender is None:
            sender = self._add(shop.channel, shop.shop)
        sender.refused(error, self._clock.now_ms())

    def connected(self, shop: ShopConfig, connection: Connection) -> None:
        """How what we do ourselves towards a shop's platform stands."""
        self._of(shop).connected(connection)

    def spoke(self, shop: ShopConfig, received_ms: int) -> None:
        """A warehouse or a payment provider told of another shop's order."""
        self._of(shop).spoke(received_ms)

    def _of(self, shop: ShopConfig) -> Sender:
        sender = self._senders.get((shop.channel, shop.shop))
        return sender if sender is not None else self._add(shop.channel, shop.shop)

    def all(self) -> Iterable[Sender]:
        return self._senders.values()

    async def save(self) -> None:
        """Save what changed since the last time, if anything did."""
        changed = [one for one in self._senders.values() if one.record is not one.saved]
        if self._store and changed:
            records = [one.record for one in changed]
            await asyncio.to_thread(self._store.save, records)
            for sender, record in zip(changed, records, strict=True):
                sender.saved = record

    def _add(self, channel: str, shop: str) -> Sender:
        sender = self._senders[channel, shop] = Sender(SenderRecord(channel=channel, shop=shop))
        return sender
