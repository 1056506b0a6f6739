"""The `lock_stock` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "lock_stock",
    title={"zh": "锁定库存", "en": "Lock stock"},
    says={"zh": "为{orders}单锁定库存", "en": "Set the stock of {orders} orders aside"},
    connects=SignedHttp,
)
