"""The `refetch_order` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "refetch_order",
    title={"zh": "重新拉取订单", "en": "Ask for orders again"},
    says={"zh": "向渠道重新拉取{orders}单", "en": "Ask the channel for {orders} orders again"},
    connects=SignedHttp,
)
