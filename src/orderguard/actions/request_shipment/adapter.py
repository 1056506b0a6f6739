"""The `request_shipment` action: a signed call to the merchant's own system, once by its key."""

from orderguard.domain.merchant import MerchantKind
from orderguard.kit.outgoing import SignedHttp

KIND = MerchantKind(
    "request_shipment",
    title={"zh": "补推发货单", "en": "Request shipments again"},
    says={
        "zh": "向仓库补推{orders}单的发货单",
        "en": "Send the picking requests of {orders} orders to the warehouse again",
    },
    connects=SignedHttp,
)
