"""The `unlock_stock` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "unlock_stock",
    title={"zh": "释放库存", "en": "Unlock stock"},
    says={
        "zh": "释放{orders}单仍锁定的库存",
        "en": "Release what is still locked for {orders} orders",
    },
    connects=SignedHttp,
)
