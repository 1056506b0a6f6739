"""Ingest: raw message → verified → parsed → protected → log."""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec.structs import replace

from orderguard.bilingual import Bilingual
from orderguard.domain.events import (
    AftersaleData,
    CanonicalEvent,
    Data,
    OrderData,
    RefundData,
    SettlementData,
    ShipmentData,
)
from orderguard.domain.orders import OrderKey
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
from orderguard.errors import MalformedMessage, SignatureMismatch, UnknownShop, WrongMethod
from orderguard.flows.protect import Tokens, protect
from orderguard.flows.writer import Submission, Writer
from orderguard.kit.ids import digest16, stable_id

OnRefused = Callable[[ShopConfig, SignatureMismatch], None]
"""Told of each call to a shop whose signature is not accepted."""
Knows = Callable[[OrderKey], bool]
"""Whether there is such an order."""

ID_LENGTH_MAX = 128


class OnTaken(Protocol):
    """Whoever completes what pushes leave out."""

    def begin(self) -> int:
        """Something is about to be taken in; the log's end now."""
        ...

    def end(self, began: int, shop: ShopConfig, parsed: tuple[Parsed, ...]) -> None:
        """It is durable; nothing is given where it was not taken."""
        ...


class _Nobody:
    def begin(self) -> int:
        return 0

    def end(self, began: int, shop: ShopConfig, parsed: tuple[Parsed, ...]) -> None: ...


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
        knows: Knows = lambda _order: False,
    ) -> None:
        self._channels, self._shops, self._keys = channels, shops, keys
        self._writer, self._clock, self._on_refused = writer, clock, on_refused
        self._knows = knows
        self.on_taken: OnTaken = _Nobody()
        self.on_spoke: Callable[[ShopConfig, int], None] = lambda _shop, _received_ms: None
        """Told when a shop spoke of another's orders, and when."""

    async def receive(self, channel: str, shop: str, message: RawMessage) -> Answer:
        known, config = self._find(channel, shop)
        if message.path and not known.takes_paths:
            raise UnknownShop(
                Bilingual(
                    "There is nothing below a shop's webhook path.",
                    "店铺的推送地址下面没有别的路径。",
                ),
                hint=Bilingual(
                    "`orderguard shop add` prints the whole path.",
                    "完整地址由 `orderguard shop add` 打印。",
                ),
            )
        if message.method != "POST" and not known.greets:
            raise WrongMethod(Bilingual("Webhooks are posted.", "推送要用 POST。"))
        try:
            known.verify(message, config, self._clock.now_ms())
        except SignatureMismatch as error:
            self._on_refused(config, error)
            raise
        if message.method != "POST":
            return known.greet(message, config)
        parsed = known.parse(message, config)
        accepted = await self._append(parsed, config, is_told_first=True) if parsed else 0
        return known.acknowledge(accepted, len(parsed) - accepted)

    def refusal(self, channel: str, status: int, reason: str) -> Answer | None:
        """A refusal in the platform's own words; None where ours will do."""
        known = self._channels.get(channel)
        return known.refuse(status, reason) if known else None

    async def hear(self, shop: ShopConfig, message: RawMessage) -> None:
        """Take in what came over a connection that we opened: it is signed by being ours."""
        known, config = self._find(shop.channel, shop.shop)
        if parsed := known.parse(message, config):
            await self._append(parsed, config)

    async def take(self, channel: str, shop: str, parsed: tuple[Parsed, ...]) -> int:
        """Take in events that a person brought, and not the channel; how many of them are new."""
        _, config = self._find(channel, shop)
        return await self._append(parsed, config) if parsed else 0

    def _find(self, channel: str, shop: str) -> tuple[Channel, ShopConfig]:
        known, config = self._channels.get(channel), self._shops.find(channel, shop)
        if known is None or config is None:
            raise UnknownShop(
                Bilingual("There is no such shop here.", "这里没有这个店铺。"),
                hint=Bilingual(
                    "`orderguard shop add` prints its webhook path.",
                    "推送地址由 `orderguard shop add` 打印。",
                ),
            )
        return known, config

    async def _append(
        self, parsed: tuple[Parsed, ...], shop: ShopConfig, *, is_told_first: bool = False
    ) -> int:
        """How many of them are new."""
        began, taken = self.on_taken.begin(), tuple[Parsed, ...]()
        try:
            # Nothing may be awaited between the stamp and the queue: its order is the clock's.
            received_ms = self._writer.stamp()
            submissions = []
            for index, one in enumerate(parsed):
                try:
                    submissions.append(self._submission(one, shop, received_ms))
                except MalformedMessage as error:
                    raise MalformedMessage(error.message, hint=error.hint, index=index) from error
            offsets = await self._writer.submit(submissions, is_told_first=is_told_first)
            taken = parsed
        finally:
            self.on_taken.end(began, shop, taken)
        return sum(offset is not None for offset in offsets)

    def _submission(self, parsed: Parsed, shop: ShopConfig, received_ms: int) -> Submission:
        channel, name, told = shop.channel, shop.shop, parsed.event
        if parsed.about and (place := self._place(parsed)):
            (channel, name), told = place, _by(shop, told)
            self.on_spoke(shop, received_ms)
        event = protect(
            told, channel=channel, shop=name, received_ms=received_ms, tokens=self._keys
        )
        record = encode_event(event, parsed.raw, self._keys)
        # Of who sent it, and not of whose order it is: a repeat may come when more is known.
        digest = digest16(shop.channel, shop.shop, parsed.event.id)
        return Submission(event, Draft(received_ms, record, digest))

    def _place(self, parsed: Parsed) -> tuple[str, str] | None:
        """The shop whose order this is; None where several may have it, and none does."""
        order_id = _order_id(parsed.event.data)
        if order_id is None:
            return None
        if len(parsed.about) == 1:
            return parsed.about[0]
        for channel, shop in parsed.about:
            if self._knows(OrderKey(channel, shop, order_id)):
                return channel, shop
        return None


def _order_id(data: Data) -> str | None:
    match data:
        case OrderData():
            return data.order.order_id
        case ShipmentData() | RefundData() | AftersaleData() | SettlementData():
            return data.order_id
        case _:
            return None


def _by(shop: ShopConfig, event: CanonicalEvent) -> CanonicalEvent:
    """With an id that no event of another sender has."""
    name = f"{shop.channel}:{shop.shop}:{event.id}"
    fits = len(name) <= ID_LENGTH_MAX
    return replace(event, id=name if fits else stable_id(shop.channel, shop.shop, event.id))
