"""What a shop is asked for, and how its settings are read."""

import re
from collections.abc import Mapping

from orderguard.bilingual import Bilingual
from orderguard.channels.tmall.signing import METHODS
from orderguard.domain.connecting import ShopSetting
from orderguard.domain.ports import ShopConfig

OFF = "off"
_CONSOLE_ZH = "淘宝开放平台控制台 → 应用管理 → 您的应用 → 概览"
_CONSOLE_EN = "Open Platform console → applications → yours → overview"


def _text(zh: str, en: str) -> Mapping[str, str]:
    return {"zh": zh, "en": en}


_KEYS = (
    ShopSetting(
        name="app_key",
        title=_text("应用 App Key", "App key"),
        help=_text(f"{_CONSOLE_ZH}：App Key。", f"{_CONSOLE_EN}: App Key."),
    ),
    ShopSetting(
        name="app_secret",
        title=_text("应用 App Secret", "App secret"),
        help=_text(f"{_CONSOLE_ZH}：App Secret。", f"{_CONSOLE_EN}: App Secret."),
        is_secret=True,
        signs=True,
    ),
    ShopSetting(
        name="session",
        title=_text("店铺授权 SessionKey", "Session key of the shop"),
        help=_text(
            "店铺主账号授权给应用后得到的 access_token；没有它只能听消息，不能查订单。",
            "The access_token that the shop's main account grants the app; without it messages are"
            " heard, and no order is asked for.",
        ),
        is_required=False,
        is_secret=True,
    ),
)
_PLACES = (
    ShopSetting(
        name="tmc_url",
        title=_text("消息长连接地址", "Address of the message channel"),
        help=_text(
            f"一般不用改；沙箱是 ws://mc.api.tbsandbox.com/；填 {OFF} 则不连接，只收 SPI 推送。",
            f"Leave it; the sandbox is ws://mc.api.tbsandbox.com/; {OFF} connects to nothing, and"
            " only inbound calls are taken.",
        ),
        is_required=False,
        default="ws://mc.api.taobao.com/",
    ),
    ShopSetting(
        name="api_url",
        title=_text("接口地址", "Address of the API"),
        help=_text(
            "一般不用改；海外机房可用 https://api.taobao.com/router/rest。",
            "Leave it; from overseas https://api.taobao.com/router/rest is near.",
        ),
        is_required=False,
        default="https://gw.api.taobao.com/router/rest",
    ),
    ShopSetting(
        name="group_name",
        title=_text("消息分组", "Message group"),
        help=_text(
            "控制台 → 消息服务 → 消息分组；没有分组就用 default。",
            "Console → message service → groups; without groups it is default.",
        ),
        is_required=False,
        default="default",
    ),
)
_WAYS = (
    ShopSetting(
        name="sign_method",
        title=_text("签名方法", "Sign method"),
        help=_text("调用接口所用的签名方法。", "How our calls are signed."),
        is_required=False,
        default="hmac-sha256",
        choices=tuple(METHODS),
    ),
    ShopSetting(
        name="list_method",
        title=_text("增量订单接口", "Method that lists changed trades"),
        help=_text(
            "开放平台 API 文档 → 交易 API；须接受 start_modified、end_modified。",
            "API documents → trade API; it has to take start_modified and end_modified.",
        ),
        is_required=False,
        default="taobao.trades.sold.increment.get",
    ),
    ShopSetting(
        name="memo_method",
        title=_text("备注接口", "Method that writes a remark"),
        help=_text(
            "update 会覆盖订单已有的卖家备注；add 只给没有备注的订单加备注。",
            "update replaces the seller's remark that an order has; add only writes where none is.",
        ),
        is_required=False,
        default="taobao.trade.memo.update",
        choices=("taobao.trade.memo.update", "taobao.trade.memo.add"),
    ),
    ShopSetting(
        name="status_code_bytes",
        title=_text("状态码字节数", "Bytes of a status code"),
        help=_text(
            "长连接帧里状态码的宽度，两种实现不一致；两种都能读，这里只定先试哪种。",
            "Width of a status code on the long connection; either is read, this one first.",
        ),
        is_required=False,
        default="4",
        choices=("4", "2"),
    ),
)
_TIMES = tuple(
    ShopSetting(
        name=name,
        title=_text(title_zh, title_en),
        help=_text(help_zh, help_en),
        is_required=False,
        default=default,
    )
    for name, default, title_zh, title_en, help_zh, help_en in (
        (
            *("pull_s", "5", "拉取间隔（秒）", "Seconds between pulls"),
            *("隔多久向长连接要一次消息。", "How often the long connection is asked for messages."),
        ),
        (
            *("ping_s", "20", "心跳间隔（秒）", "Seconds between pings"),
            *("0 表示不发心跳。", "0 sends none."),
        ),
        (
            *("idle_s", "300", "静默上限（秒）", "Seconds of silence at most"),
            *(
                "这么久没有任何帧就重连；0 表示不限。",
                "Then it is connected anew; 0 waits for ever.",
            ),
        ),
        (
            *("spi_window_min", "10", "SPI 时间窗（分钟）", "Minutes that an inbound call is good"),
            *("SPI 请求的时间戳最多差多久。", "How far its timestamp may be off."),
        ),
    )
)

SETTINGS = (*_KEYS, *_PLACES, *_WAYS, *_TIMES)
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
_NUMBER = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?")
_METHOD = re.compile(r"[a-z]+(?:\.[a-z0-9]+){1,8}")


def setting(shop: ShopConfig, name: str) -> str:
    return shop.settings.get(name) or _DEFAULTS[name]


def number(shop: ShopConfig, name: str) -> float:
    """A setting that `fault` found to be a number."""
    return float(setting(shop, name))


def fault(shop: ShopConfig) -> Bilingual | None:
    """What forbids these settings from ever working."""
    for one in _TIMES:
        if not _NUMBER.fullmatch(setting(shop, one.name)):
            return Bilingual(
                f"`{one.name}` is no number of at least 0: {setting(shop, one.name)!r}.",
                f"`{one.name}` 应为不小于 0 的数字，而不是 {setting(shop, one.name)!r}。",
            )
    if not number(shop, "pull_s"):
        return Bilingual(
            "`pull_s` is 0: the connection would be asked without a pause.",
            "`pull_s` 不能为 0：那样会不停地向长连接要消息。",
        )
    for one in SETTINGS:
        if one.choices and setting(shop, one.name) not in one.choices:
            return Bilingual(
                f"`{one.name}` is none of {', '.join(one.choices)}.",
                f"`{one.name}` 只能是 {'、'.join(one.choices)} 之一。",
            )
    if not _METHOD.fullmatch(setting(shop, "list_method")):
        return Bilingual("`list_method` is no name of a method.", "`list_method` 不是接口名。")
    if not setting(shop, "tmc_url").startswith(("ws://", "wss://")) and not is_off(shop):
        return Bilingual(
            f"`tmc_url` begins with neither ws:// nor wss://, and is not {OFF}.",
            f"`tmc_url` 应以 ws:// 或 wss:// 开头，或者填 {OFF}。",
        )
    return None


def is_off(shop: ShopConfig) -> bool:
    return setting(shop, "tmc_url") == OFF
