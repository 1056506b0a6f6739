"""The `cancel_order` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "cancel_order",
    title={"zh": "取消订单", "en": "Cancel orders"},
    says={"zh": "取消{orders}单", "en": "Cancel {orders} orders"},
    connects=SignedHttp,
)
