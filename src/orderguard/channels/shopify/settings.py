"""What Shopify needs to know of a shop beyond the secret, so that it can be asked."""

from orderguard.domain.connecting import ShopSetting

API_VERSION = "2026-01"

SETTINGS = (
    ShopSetting(
        name="shop_domain",
        title={"zh": "店铺域名", "en": "Shop domain"},
        help={
            "zh": "形如 NAME.myshopify.com，在 Shopify 后台 → 设置 → 域名",
            "en": "NAME.myshopify.com, in the Shopify admin under Settings, Domains",
        },
        is_required=False,
    ),
    ShopSetting(
        name="access_token",
        title={"zh": "Admin API 访问令牌", "en": "Admin API access token"},
        help={
            "zh": "Shopify 后台 → 设置 → 应用 → 开发应用 → 你的应用 → API 凭据；"
            "需要 read_orders、write_orders 权限",
            "en": "Shopify admin, Settings, Apps, Develop apps, your app, API credentials; it needs"
            " the scopes read_orders and write_orders",
        },
        is_required=False,
        is_secret=True,
    ),
    ShopSetting(
        name="api_version",
        title={"zh": "API 版本", "en": "API version"},
        help={
            "zh": f"默认 {API_VERSION}；每个版本支持一年",
            "en": f"{API_VERSION}, unless it has ended: each is kept for a year",
        },
        is_required=False,
        default=API_VERSION,
    ),
    ShopSetting(
        name="api_url",
        title={"zh": "接口地址", "en": "Address of the API"},
        help={
            "zh": "默认 https://店铺域名",
            "en": "https:// and the shop's domain, unless you go by a proxy",
        },
        is_required=False,
    ),
)
