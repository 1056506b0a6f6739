"""The `reserve_stock` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "reserve_stock",
    title={"zh": "库存转为预留", "en": "Reserve stock"},
    says={
        "zh": "将{orders}单的锁定转为预留",
        "en": "Turn the locks of {orders} orders into reservations",
    },
    connects=SignedHttp,
)
