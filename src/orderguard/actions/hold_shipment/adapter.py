"""The `hold_shipment` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "hold_shipment",
    title={"zh": "拦截发货", "en": "Hold shipments"},
    says={"zh": "发货前拦下{orders}单", "en": "Stop {orders} parcels before they leave"},
    connects=SignedHttp,
)
