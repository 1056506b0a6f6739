"""What a shop on WeChat Pay has to be given, and where it stands on the platform's pages."""

from orderguard.domain.connecting import ShopSetting
from orderguard.domain.ports import ShopConfig

SETTINGS = (
    ShopSetting(
        name="public_key",
        title={"zh": "微信支付公钥或平台证书", "en": "Public key or certificate of WeChat Pay"},
        help={
            "zh": "商户平台 → 账户中心 → API安全：pub_key.pem 或平台证书；可依次放多个",
            "en": "Merchant platform, 账户中心 (account), API安全 (API security): pub_key.pem, or"
            " the platform's certificates; several may follow each other",
        },
        signs=True,
    ),
    ShopSetting(
        name="api_v3_key",
        title={"zh": "APIv3密钥", "en": "APIv3 key"},
        help={
            "zh": "同一页面设置的 APIv3密钥，32 个字符",
            "en": "The APIv3 key (APIv3密钥) set on the same page, 32 characters",
        },
        is_secret=True,
    ),
    ShopSetting(
        name="mchid",
        title={"zh": "商户号", "en": "Merchant number"},
        help={
            "zh": "商户平台首页的商户号；服务商填服务商或特约商户的号",
            "en": "The merchant number (商户号, mchid) on the merchant platform's first page",
        },
    ),
    ShopSetting(
        name="orders_of",
        title={"zh": "所付订单的店铺", "en": "Shops whose orders are paid"},
        help={
            "zh": "out_trade_no 是哪些店铺的订单号：渠道/店铺，多个用逗号隔开",
            "en": "The shops whose order number is the out_trade_no: channel/shop, several with"
            " commas between them",
        },
        is_required=False,
    ),
)


def orders_of(shop: ShopConfig) -> tuple[tuple[str, str], ...]:
    """The (channel, shop) of each; what is no pair is passed by."""
    pairs = (one.strip().split("/") for one in shop.settings.get("orders_of", "").split(","))
    return tuple((pair[0], pair[1]) for pair in pairs if len(pair) == 2 and all(pair))


def are_readable(shop: ShopConfig) -> bool:
    """Whether every one of the shops named is a pair."""
    named = [one for one in shop.settings.get("orders_of", "").split(",") if one.strip()]
    return len(named) == len(orders_of(shop))
