"""The `hold_shipment` action: a signed call to the merchant's own system, once by its key."""

from collections.abc import Mapping

from msgspec import Struct

from orderguard.domain.merchant import MerchantSettings, asked, told, undone
from orderguard.domain.ports import Doing, Receipt
from orderguard.kit.outgoing import SignedHttp

NAME = "hold_shipment"


class HoldShipment:
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
            f"发货前拦下{orders}单"
            if doing.language == "zh"
            else f"Stop {orders} parcels before they leave"
        )

    async def close(self) -> None:
        await self._http.close()


class HoldShipmentKind:
    name = NAME
    title: Mapping[str, str] = {"zh": "拦截发货", "en": "Hold shipments"}
    settings: type[Struct] = MerchantSettings

    def connect(self, settings: Struct) -> HoldShipment:
        assert isinstance(settings, MerchantSettings)
        return HoldShipment(settings)
