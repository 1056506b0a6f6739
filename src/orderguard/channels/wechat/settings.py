"""What a shop on WeChat has to be given, and where it stands on the platform's pages."""

from orderguard.domain.connecting import ShopSetting
from orderguard.domain.ports import ShopConfig

SAFE, PLAIN = "safe", "plain"
API_URL = "https://api.weixin.qq.com"
TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path.

SETTINGS = (
    ShopSetting(
        name="token",
        title={"zh": "令牌 Token", "en": "Token"},
        help={
            "zh": "微信小店后台 → 消息推送：您自己填写的 Token（3 至 32 位字母数字）",
            "en": "Shop console, 消息推送 (message push): the Token that you make up, 3 to 32"
            " letters and digits",
        },
        is_secret=True,
        signs=True,
    ),
    ShopSetting(
        name="encoding_aes_key",
        title={"zh": "消息加解密密钥 EncodingAESKey", "en": "EncodingAESKey"},
        help={
            "zh": "同一页面的 EncodingAESKey，43 位字母数字",
            "en": "On the same page: EncodingAESKey, 43 letters and digits",
        },
        is_secret=True,
    ),
    ShopSetting(
        name="app_id",
        title={"zh": "小店 AppID", "en": "AppID"},
        help={
            "zh": "微信小店后台的 AppID，以 wx 开头",
            "en": "The shop's AppID in the console; it begins with wx",
        },
    ),
    ShopSetting(
        name="mode",
        title={"zh": "消息加密方式", "en": "Encryption"},
        help={
            "zh": "safe：安全模式（兼容模式也可）；plain：明文模式，签名不覆盖正文，"
            "见过一次请求的人可以伪造",
            "en": "safe: 安全模式 or 兼容模式; plain: 明文模式, whose signature leaves the body"
            " out, so that whoever has seen one call can forge others",
        },
        is_required=False,
        default=SAFE,
        choices=(SAFE, PLAIN),
    ),
    ShopSetting(
        name="app_secret",
        title={"zh": "AppSecret", "en": "AppSecret"},
        help={
            "zh": "同一后台的 AppSecret；用来查询订单详情。没有它只接收推送",
            "en": "The AppSecret from the same console: with it, orders are asked for whole",
        },
        is_required=False,
        is_secret=True,
    ),
    ShopSetting(
        name="access_token",
        title={"zh": "接口调用凭证", "en": "Access token"},
        help={
            "zh": "只在凭证由别的系统（如第三方平台）管理时填写，代替 AppSecret",
            "en": "Only where another system keeps the token, in place of the AppSecret",
        },
        is_required=False,
        is_secret=True,
    ),
    ShopSetting(
        name="api_url",
        title={"zh": "接口地址", "en": "Address of the interface"},
        help={
            "zh": "一般不用改",
            "en": "Leave it as it is",
        },
        is_required=False,
        default=API_URL,
    ),
    ShopSetting(
        name="token_path",
        title={"zh": "获取凭证的路径", "en": "Path that gives tokens"},
        help={
            "zh": "默认使用稳定版接口，不会使其他系统的凭证失效；/cgi-bin/token 会",
            "en": "The stable one leaves other systems' tokens valid; /cgi-bin/token ends them",
        },
        is_required=False,
        default=TOKEN_PATH,
    ),
)
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def setting(shop: ShopConfig, name: str) -> str:
    """The shop's own value, or the documented one."""
    return shop.settings.get(name) or _DEFAULTS[name]


def is_plain(shop: ShopConfig) -> bool:
    return setting(shop, "mode") == PLAIN
