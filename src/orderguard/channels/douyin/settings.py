"""What Douyin needs to know of a shop, and where on its pages that stands."""

from orderguard.channels.douyin.signing import EITHER, HMAC, MD5, PUSH_SIGN
from orderguard.domain.connecting import ShopSetting

API_URL = "https://openapi-fxg.jinritemai.com"
_CONSOLE = {
    "zh": "抖店开放平台（op.jinritemai.com）→ 控制台 → 应用 → 应用详情",
    "en": "op.jinritemai.com, Console, the app, its details",
}

SETTINGS = (
    ShopSetting(
        name="app_key",
        title={"zh": "应用 app_key", "en": "App key"},
        help={"zh": f"{_CONSOLE['zh']}，19 位数字", "en": f"{_CONSOLE['en']}: 19 digits"},
    ),
    ShopSetting(
        name="app_secret",
        title={"zh": "应用 app_secret", "en": "App secret"},
        help={"zh": f"{_CONSOLE['zh']}，点“查看”", "en": f"{_CONSOLE['en']}: press “查看” (show)"},
        is_secret=True,
        signs=True,
    ),
    ShopSetting(
        name="shop_id",
        title={"zh": "店铺 ID", "en": "Shop id"},
        help={
            "zh": "抖店后台 → 店铺 → 店铺设置 → 店铺信息。自用型应用凭它取 access_token；"
            "填了以后，同一应用其他店铺的消息不收",
            "en": "Shop backend, shop settings, shop information. An app of your own gets its"
            " access token by it; once given, messages of the app's other shops are not taken",
        },
        is_required=False,
    ),
    ShopSetting(
        name="access_token",
        title={"zh": "access_token", "en": "Access token"},
        help={
            "zh": "工具型应用：店铺授权后得到。自用型应用不用填，填 shop_id 即可",
            "en": "For an app used by several merchants: what the shop's authorization gave you."
            " An app of your own needs shop_id instead",
        },
        is_required=False,
        is_secret=True,
    ),
    ShopSetting(
        name="refresh_token",
        title={"zh": "refresh_token", "en": "Refresh token"},
        help={
            "zh": "工具型应用：与 access_token 一起得到，用来续期",
            "en": "Comes with the access token, and gets the next one",
        },
        is_required=False,
        is_secret=True,
    ),
    ShopSetting(
        name=PUSH_SIGN,
        title={"zh": "推送签名算法", "en": "How pushes are signed"},
        help={
            "zh": "默认 md5；推送头里有 sign-method: hmac-sha256 时改成 hmac-sha256，"
            "不确定时用 either",
            "en": "md5, unless pushes come with the header `sign-method: hmac-sha256`;"
            " `either` takes both",
        },
        is_required=False,
        default=MD5,
        choices=(MD5, HMAC, EITHER),
    ),
    ShopSetting(
        name="api_url",
        title={"zh": "接口地址", "en": "Address of the API"},
        help={
            "zh": f"默认 {API_URL}；沙箱是 https://openapi-sandbox.jinritemai.com",
            "en": f"{API_URL}, unless you use the sandbox, https://openapi-sandbox.jinritemai.com",
        },
        is_required=False,
        default=API_URL,
    ),
)
