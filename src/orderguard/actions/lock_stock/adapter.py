"""The `lock_stock` action: a signed call to the merchant's own system, once by its key."""

from collections.abc import Mapping

from msgspec import Struct

from orderguard.domain.merchant import MerchantSettings, asked, told, undone
from orderguard.domain.ports import Doing, Receipt
from orderguard.kit.outgoing import SignedHttp

NAME = "lock_stock"


class LockStock:
    def __init__(self, settings: MerchantSettings) -> None:
        self.is_repeatable = settings.knows_ids
        self._http = SignedHttp(
            settings.url,
            settings.secret,
            seconds_max=settings.seconds_max,
            parallel_max=settings.parallel_max,
            knows_ids=settings.knows_ids,
        )

    async def run(self, doing: Doing) -> Receipt:
        return told(doing.key, await self._http.post(doing.key, asked(NAME, doing)))

    async def undo(self, receipt: Receipt) -> Receipt:
        key, body = undone(NAME, receipt)
        return told(receipt.key, await self._http.post(key, body))

    def describe(self, doing: Doing) -> str:
        orders = len(doing.orders)
        return (
            f"为{orders}单锁定库存"
            if doing.language == "zh"
            else f"Set the stock of {orders} orders aside"
        )

    async def close(self) -> None:
        await self._http.close()


class LockStockKind:
    name = NAME
    title: Mapping[str, str] = {"zh": "锁定库存", "en": "Lock stock"}
    settings: type[Struct] = MerchantSettings

    def connect(self, settings: Struct) -> LockStock:
        assert isinstance(settings, MerchantSettings)
        return LockStock(settings)
