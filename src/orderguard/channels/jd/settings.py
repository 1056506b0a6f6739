"""What a JD shop is told of by a person, and what is made of it."""

import re
from collections.abc import Mapping

from orderguard.bilingual import Bilingual
from orderguard.domain.connecting import ShopSetting
from orderguard.domain.events import EventType
from orderguard.domain.ports import ShopConfig
from orderguard.errors import BadInput

API_URL = "https://api.jd.com/routerjson"
OAUTH_URL = "https://open-oauth.jd.com/oauth2/refresh_token"
WINDOW_MINUTES_MAX = 10_080

_STATES = (
    "WAIT_SELLER_STOCK_OUT,WAIT_SELLER_DELIVERY,WAIT_GOODS_RECEIVE_CONFIRM,FINISHED_L,"
    "TRADE_CANCELED,LOCKED,PAUSE,POP_ORDER_PAUSE"
)
_PUSHES = (
    "20020=order.cancelled,20040=order.cancelled,33040=shipment.shipped,33060=order.completed,"
    "userCancelOrder=order.cancelled,orderWaitOutStore=order.updated,"
    "applyCancelOrder=order.updated,pickFinishOrder=shipment.picked,"
    "deliveryOrder=shipment.shipped,finishOrder=order.completed"
)
_MEANT = re.compile(r"([A-Za-z0-9_]{1,50})=([a-z_.]+)")

MEANINGS: Mapping[str, EventType] = {
    kind.value: kind
    for kind in (
        *(EventType.ORDER_CREATED, EventType.ORDER_PAID, EventType.ORDER_UPDATED),
        *(EventType.ORDER_CANCELLED, EventType.ORDER_CLOSED, EventType.ORDER_COMPLETED),
        *(EventType.SHIPMENT_ACCEPTED, EventType.SHIPMENT_PICKED, EventType.SHIPMENT_SHIPPED),
        *(EventType.SHIPMENT_IN_TRANSIT, EventType.SHIPMENT_DELIVERED, EventType.UNKNOWN),
    )
}
"""What a push can be said to mean: it names an order, and no refund."""


def _setting(
    name: str, zh: tuple[str, str], en: tuple[str, str], *, default: str = "", **flags: bool
) -> ShopSetting:
    return ShopSetting(
        name=name,
        title={"zh": zh[0], "en": en[0]},
        help={"zh": zh[1], "en": en[1]},
        default=default,
        is_required=flags.get("is_required", False),
        is_secret=flags.get("is_secret", False),
        signs=flags.get("signs", False),
    )


SETTINGS: tuple[ShopSetting, ...] = (
    _setting(
        "app_secret",
        ("AppSecret", "宙斯控制台（open.jd.com › 应用管理）或京东到家开放平台（秒送）的应用详情页"),
        ("App secret", "JOS console (open.jd.com › applications), or Daojia's open platform"),
        is_required=True,
        is_secret=True,
        signs=True,
    ),
    _setting(
        "app_key",
        ("AppKey", "同一页；填写后只接受这个应用的推送，调用接口时必填"),
        ("App key", "On the same page. Given, only this app's pushes are taken; calls need it"),
    ),
    _setting(
        "access_token",
        ("access_token", "POP 店铺：店铺授权给应用后得到，调用接口时必填；秒送店铺留空"),
        ("Access token", "POP shops: what the shop grants the app; calls need it. Daojia: none"),
        is_secret=True,
    ),
    _setting(
        "refresh_token",
        ("refresh_token", "与 access_token 一起得到，用来续期；不填则到期后手工更换"),
        ("Refresh token", "Comes with the access token and renews it; without it, by hand"),
        is_secret=True,
    ),
    _setting(
        "push_map",
        ("推送对应", "秒送推送的接口名或 statusId 各是什么意思；statusId 优先"),
        ("Meaning of pushes", "What each interface or statusId of Daojia means; statusId first"),
        default=_PUSHES,
    ),
    _setting(
        "window_minutes",
        (
            "时间戳容差（分钟）",
            "推送的 timestamp 与本机时钟最多相差多少；京东会重推 4 小时；0 表示不检查",
        ),
        ("Timestamp window, minutes", "How far a push's timestamp may be off; JD repeats for 4 h"),
        default="300",
    ),
    _setting(
        "order_states",
        ("查询的订单状态", "列订单时的 order_state，用逗号隔开"),
        ("Order states", "The order_state of our list calls, with commas between"),
        default=_STATES,
    ),
    _setting(
        "refund_method",
        ("退款单接口", "查询取消订单退款审核单的接口名"),
        ("Refund method", "The method that lists requests for refunds"),
        default="jingdong.pop.afs.soa.refundapply.queryPageList",
    ),
    _setting(
        "remark_method",
        ("备注接口", "写商家备注的接口名；它会覆盖原有备注"),
        ("Remark method", "The method that writes the seller's remark; it replaces the former one"),
        default="jingdong.pop.order.modifyVenderRemark",
    ),
    _setting(
        "remark_flag",
        ("备注颜色", "0 到 5"),
        ("Colour of remarks", "0 to 5"),
        default="1",
    ),
    _setting(
        "api_url",
        ("接口地址", "正式环境不用改"),
        ("Address of JOS", "Leave it, unless a sandbox is to be called"),
        default=API_URL,
    ),
    _setting(
        "oauth_url",
        ("续期地址", "正式环境不用改"),
        ("Address that renews tokens", "Leave it, unless a sandbox is to be called"),
        default=OAUTH_URL,
    ),
)

_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def value(shop: ShopConfig, name: str) -> str:
    """As it was given, else its default."""
    return shop.settings.get(name) or _DEFAULTS[name]


def window_ms(shop: ShopConfig) -> int:
    """How far a timestamp may be off; 0 where it is not looked at. Raise BadInput."""
    written = value(shop, "window_minutes")
    if not (written.isascii() and written.isdigit() and int(written[:6]) <= WINDOW_MINUTES_MAX):
        raise BadInput(
            Bilingual("`window_minutes` is no number of minutes.", "`window_minutes` 不是分钟数。"),
            hint=Bilingual(
                f"Give one from 0 to {WINDOW_MINUTES_MAX}; 0 does not look at timestamps.",
                f"请填 0 到 {WINDOW_MINUTES_MAX} 的整数；0 表示不检查时间戳。",
            ),
        )
    return int(written) * 60_000


def meanings(shop: ShopConfig) -> dict[str, EventType]:
    """By interface or statusId; what is given counts before the default. Raise BadInput."""
    told: dict[str, EventType] = {}
    written = f"{_PUSHES},{shop.settings.get('push_map', '')}"
    for pair in filter(None, map(str.strip, written.split(","))):
        match = _MEANT.fullmatch(pair)
        if match is None or match.group(2) not in MEANINGS:
            raise BadInput(
                Bilingual(
                    f"`push_map` has {pair!r}, which names no event.",
                    f"`push_map` 里的 {pair!r} 没有写明事件。",
                ),
                hint=Bilingual(
                    f"Write INTERFACE=EVENT; events are {', '.join(MEANINGS)}.",
                    f"请写成“接口=事件”；可用的事件：{'、'.join(MEANINGS)}。",
                ),
            )
        told[match.group(1)] = MEANINGS[match.group(2)]
    return told
