"""The `remark_order` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "remark_order",
    title={"zh": "标记订单", "en": "Remark orders"},
    says={"zh": "标记{orders}单", "en": "Tag {orders} orders"},
    connects=SignedHttp,
)
