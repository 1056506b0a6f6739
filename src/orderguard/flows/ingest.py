"""Ingest: raw message → verified → parsed → protected → log."""

from collections.abc import Callable, Mapping
from typing import Protocol

from orderguard.domain.ports import (
    Answer,
    Channel,
    Clock,
    Draft,
    Parsed,
    RawMessage,
    ShopConfig,
    ShopDirectory,
)
from orderguard.domain.record import Sealer, encode_event
from orderguard.errors import MalformedMessage, SignatureMismatch, UnknownShop
from orderguard.flows.protect import Tokens, protect
from orderguard.flows.writer import Submission, Writer
from orderguard.kit.ids import digest16

OnRefused = Callable[[ShopConfig, SignatureMismatch], None]
"""Told of each call to a shop whose signature is not accepted."""


class Keys(Sealer, Tokens, Protocol):
    """What seals the raw messages, and makes tokens of what is personal in them."""


class Intake:
    """Takes in what channels push. An answer means that the events are durable."""

    def __init__(
        self,
        *,
        channels: Mapping[str, Channel],
        shops: ShopDirectory,
        keys: Keys,
        writer: Writer,
        clock: Clock,
        on_refused: OnRefused = lambda _shop, _error: None,
    ) -> None:
        self._channels, self._shops, self._keys = channels, shops, keys
        self._writer, self._clock, self._on_refused = writer, clock, on_refused

    async def receive(self, channel: str, shop: str, message: RawMessage) -> Answer:
        known, config = self._find(channel, shop)
        try:
            known.verify(message, config, self._clock.now_ms())
        except SignatureMismatch as error:
            self._on_refused(config, error)
            raise
        parsed = known.parse(message, config)
        accepted = await self._append(parsed, config, is_told_first=True) if parsed else 0
        return known.acknowledge(accepted, len(parsed) - accepted)

    async def take(self, channel: str, shop: str, parsed: tuple[Parsed, ...]) -> int:
        """Take in events that a person brought, and not the channel; how many of them are new."""
        _, config = self._find(channel, shop)
        return await self._append(parsed, config) if parsed else 0

    def _find(self, channel: str, shop: str) -> tuple[Channel, ShopConfig]:
        known, config = self._channels.get(channel), self._shops.find(channel, shop)
        if known is None or config is None:
            raise UnknownShop(
                "There is no such shop here.", hint="`orderguard shop add` prints its webhook path."
            )
        return known, config

    async def _append(
        self, parsed: tuple[Parsed, ...], shop: ShopConfig, *, is_told_first: bool = False
    ) -> int:
        """How many of them are new."""
        # Nothing may be awaited between the stamp and the queue: its order is that of the clock.
        received_ms = self._writer.stamp()
        submissions = []
        for index, one in enumerate(parsed):
            try:
                submissions.append(self._submission(one, shop, received_ms))
            except MalformedMessage as error:
                raise MalformedMessage(error.message, hint=error.hint, index=index) from error
        offsets = await self._writer.submit(submissions, is_told_first=is_told_first)
        return sum(offset is not None for offset in offsets)

    def _submission(self, parsed: Parsed, shop: ShopConfig, received_ms: int) -> Submission:
        event = protect(
            parsed.event,
            channel=shop.channel,
            shop=shop.shop,
            received_ms=received_ms,
            tokens=self._keys,
        )
        record = encode_event(event, parsed.raw, self._keys)
        digest = digest16(shop.channel, shop.shop, event.id)
        return Submission(event, Draft(received_ms, record, digest))
