"""The `intercept_parcel` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "intercept_parcel",
    title={"zh": "拦截在途包裹", "en": "Intercept parcels"},
    says={"zh": "请承运方退回{orders}单", "en": "Ask the carrier to return {orders} parcels"},
    connects=SignedHttp,
)
