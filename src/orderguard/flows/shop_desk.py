"""The merchant's shops, for who connects them: add, change, test, and see them heard."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import quote

from orderguard.bilingual import Bilingual
from orderguard.domain.ports import Channel, ShopConfig
from orderguard.domain.senders import SenderRecord
from orderguard.errors import BadInput, UnknownChannel, UnknownShop
from orderguard.flows.senders import Senders
from orderguard.flows.shop_settings import changed_shop, fresh_secret, new_shop
from orderguard.flows.shop_test import Found, Known, tried

TEST_S_MAX = 20.0
"""A platform that answers later is told as one that does not."""


class ShopRecords(Protocol):
    """Where shops are kept. Any thread may call any method."""

    def all(self) -> list[ShopConfig]: ...

    def find(self, channel: str, shop: str) -> ShopConfig | None: ...

    def shop_add(self, shop: ShopConfig) -> None:
        """Raise NameTaken where there is one."""
        ...

    def shop_change(
        self, channel: str, shop: str, change: Callable[[ShopConfig], ShopConfig]
    ) -> ShopConfig:
        """Raise UnknownShop where there is none."""
        ...

    def shop_rotate(self, channel: str, shop: str, secret: str) -> ShopConfig: ...


class ShopDesk:
    """What `orderguard shop` does, for a running server."""

    def __init__(
        self,
        *,
        shops: ShopRecords,
        senders: Senders,
        known: Known,
        guides: Mapping[str, str],
        public_url: str = "",
    ) -> None:
        self._shops, self._senders, self._known = shops, senders, known
        self.guides, self.public_url = guides, public_url

    @property
    def channels(self) -> Iterable[Channel]:
        return self._known.channels.values()

    def can_be_asked(self, channel: str) -> bool:
        return channel in self._known.calls

    def is_fed(self, channel: str) -> bool:
        """Whether we connect to it, rather than it to us."""
        return channel in self._known.feeds

    def channel(self, name: str) -> Channel:
        if name not in self._known.channels:
            raise UnknownChannel(Bilingual(f"There is no channel {name}.", f"没有渠道 {name}。"))
        return self._known.channels[name]

    def all(self) -> list[tuple[ShopConfig, SenderRecord]]:
        heard = {(one.record.channel, one.record.shop): one.record for one in self._senders.all()}
        return [(shop, _heard(heard, shop)) for shop in self._shops.all()]

    def one(self, channel: str, shop: str) -> tuple[ShopConfig, SenderRecord]:
        for found in self.all():
            if (found[0].channel, found[0].shop) == (channel, shop):
                return found
        raise UnknownShop(
            Bilingual(f"There is no shop {shop} on {channel}.", f"{channel} 上没有店铺 {shop}。")
        )

    async def add(
        self, channel: str, name: str, secret: str | None, settings: Mapping[str, str]
    ) -> ShopConfig:
        """Raise BadInput for what the channel cannot work with, NameTaken for a second one."""
        known = self.channel(channel)
        given = {key: value.strip() for key, value in settings.items() if value.strip()}
        shop = new_shop(known, name, secret, given)
        await asyncio.to_thread(self._shops.shop_add, shop)
        return shop

    async def change(self, channel: str, name: str, settings: Mapping[str, str]) -> ShopConfig:
        """These settings in place of the former ones; an empty value takes one away."""
        known = self.channel(channel)
        given = {key: value.strip() for key, value in settings.items()}

        def change(shop: ShopConfig) -> ShopConfig:
            return changed_shop(known, shop, given)

        return await asyncio.to_thread(self._shops.shop_change, channel, name, change)

    async def rotate(self, channel: str, name: str, secret: str | None) -> ShopConfig:
        """A new secret; the one before stays valid until the next time."""
        signing = next((one for one in self.channel(channel).settings if one.signs), None)
        if secret is None and signing is not None and signing.is_required:
            raise BadInput(
                Bilingual(
                    f"The platform makes the secrets of {channel}.", f"{channel} 的密钥由平台生成。"
                ),
                hint=Bilingual(
                    "Make a new one there, and give it here.", "请在平台上生成新的，再填到这里。"
                ),
            )
        fresh = fresh_secret(self.channel(channel), secret)
        return await asyncio.to_thread(self._shops.shop_rotate, channel, name, fresh)

    async def test(self, channel: str, name: str) -> list[Found]:
        """How the connection looks from here. Raise BadInput where nothing answers in time."""
        shop, heard = self.one(channel, name)
        try:
            async with asyncio.timeout(TEST_S_MAX):
                return await tried(shop, heard, self._known)
        except TimeoutError as error:
            raise BadInput(
                Bilingual(
                    f"The platform did not answer within {TEST_S_MAX:.0f} s.",
                    f"平台在 {TEST_S_MAX:.0f} 秒内没有应答。",
                ),
                hint=Bilingual("Try again later.", "请稍后再试。"),
            ) from error


def webhook_path(shop: ShopConfig) -> str:
    """Where its channel shall send, below the server's address."""
    return f"/webhooks/{quote(shop.channel, safe='')}/{quote(shop.shop, safe='')}"


def _heard(heard: Mapping[tuple[str, str], SenderRecord], shop: ShopConfig) -> SenderRecord:
    unheard = SenderRecord(channel=shop.channel, shop=shop.shop)
    return heard.get((shop.channel, shop.shop), unheard)
