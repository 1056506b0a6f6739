"""What Youzan needs to know of a shop, and where on its pages that stands."""

from orderguard.domain.connecting import ShopSetting

API_URL = "https://open.youzanyun.com"
CLOSE_CALL, MEMO_CALL = "close_call", "memo_call"
TRADE_CLOSE = "youzan.trade.close/3.0.0"
ORDER_SET_CLOSE = "youzan.trade.order.set.close/1.0.0"
TRADE_MEMO = "youzan.trade.memo.update/3.0.0"
_CONSOLE = {
    "zh": "有赞云（youzanyun.com）→ 控制台 → 应用 → 应用概况",
    "en": "youzanyun.com, console (控制台), the app, its overview (应用概况)",
}

SETTINGS = (
    ShopSetting(
        name="client_id",
        title={"zh": "应用 client_id", "en": "Client id"},
        help=_CONSOLE,
    ),
    ShopSetting(
        name="client_secret",
        title={"zh": "应用 client_secret", "en": "Client secret"},
        help=_CONSOLE,
        is_secret=True,
        signs=True,
    ),
    ShopSetting(
        name="kdt_id",
        title={"zh": "店铺 kdt_id", "en": "Shop id (kdt_id)"},
        help={
            "zh": "店铺后台 → 设置 → 店铺信息。自用型应用凭它取 access_token；"
            "填了以后，同一应用其他店铺的消息不收",
            "en": "Shop backend, settings, shop information. An app of your own gets its access"
            " token by it; once given, messages of the app's other shops are not taken",
        },
        is_required=False,
    ),
    ShopSetting(
        name="access_token",
        title={"zh": "access_token", "en": "Access token"},
        help={
            "zh": "工具型应用：店铺授权后得到。自用型应用不用填，填 kdt_id 即可",
            "en": "For an app used by several merchants: what the shop's authorization gave you."
            " An app of your own needs kdt_id instead",
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
        name=CLOSE_CALL,
        title={"zh": "关闭订单的接口", "en": "The call that closes an order"},
        help={
            "zh": "应用有哪个接口的能力包就选哪个；都只能关闭未付款的订单",
            "en": "The one that the app has a permission for; both close unpaid orders alone",
        },
        is_required=False,
        default=TRADE_CLOSE,
        choices=(TRADE_CLOSE, ORDER_SET_CLOSE),
    ),
    ShopSetting(
        name=MEMO_CALL,
        title={"zh": "修改备注的接口", "en": "The call that writes a memo"},
        help={
            "zh": f"接口名/版本，默认 {TRADE_MEMO}",
            "en": f"Its name and version, {TRADE_MEMO} unless Youzan has a later one",
        },
        is_required=False,
        default=TRADE_MEMO,
    ),
    ShopSetting(
        name="api_url",
        title={"zh": "接口地址", "en": "Address of the API"},
        help={"zh": f"默认 {API_URL}", "en": f"{API_URL}, unless you go by a proxy"},
        is_required=False,
        default=API_URL,
    ),
)
